"""The organ of a tumor that its sentence names only by the operation: "appendectomy 2019 for carcinoid"."""

from __future__ import annotations

from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family
from oncospan.sites import DESTINATIONS
from oncospan.types import Assertion

_NO_ORGAN = frozenset({"", "any", "metastasis", "spleen", "soft_tissue", "skin"})
"""What an operation removes without telling where a tumor began."""


def taken_out(fact: TumorFact) -> str | None:
    """The organ that the operation of which the tumor is the reason or the finding removes, for a neuroendocrine tumor; None elsewhere."""
    if family(fact) not in NEUROENDOCRINE or fact.metastatic is not None or fact.line.of("metastasis"):
        return None
    organs = {m.attrs.get("removes", "") for m in fact.line.of("treatment") if _for(fact, m)}
    organs = {
        o for o in organs if o not in _NO_ORGAN and not o.startswith("lymph_node") and (o == "lung" or o not in DESTINATIONS)
    }
    return organs.pop() if len(organs) == 1 else None


def _for(fact: TumorFact, operation: Mention) -> bool:
    """Whether the words between say that the operation was done for the tumor, or found it."""
    line, word = fact.line, fact.mention
    if operation.attrs.get("effect") != "surgery" or operation.assertion is Assertion.ABSENT:
        return False
    first, last = (operation, word) if operation.end <= word.start else (word, operation)
    if any(first.end <= m.start < last.start for m in line.of("site") if m.attrs.get("flag") is None):
        return False
    between = line.text[first.end - line.sentence.start : last.start - line.sentence.start]
    signal = "site.operation_for" if first is operation else "site.removed_by"
    return line.signals[signal].fullmatch(between) is not None
