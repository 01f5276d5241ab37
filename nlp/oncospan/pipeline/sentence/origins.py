"""Whether a sentence names a tumor only as the one a deposit came from: "metastases of a cecal carcinoid"."""

from __future__ import annotations

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.tumor_facts import TumorFact


def is_origin(line: Line, deposit: DepositFact, tumor: TumorFact) -> bool:
    """Whether a tumor is only named as the origin of a deposit ("metastases of a carcinoid", "metastatic NEC of the pancreas")."""
    if deposit.trigger.category != "metastasis" or deposit.trigger.end > tumor.start:
        return False
    return line.within["test.whence"].match(line.between(deposit.trigger, tumor.mention)) is not None
