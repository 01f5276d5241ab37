"""Carcinomatous lymphangitis of a specimen of another organ than the lung: tumor in the lymph vessels there, no deposit."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import organ

_LYMPHANGITIC = ".lymphangitic"
"""Ends the rule of the words that mean the lung where nothing else is told."""
_CHEST = frozenset({"lung", "pleura", "mediastinum", "trachea"})
_BESIDE = 2
"""How many sentences off the words of the microscope may stand."""


def in_vessels(facts: Sequence[DepositFact], lines: Sequence[LineFacts], _primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts without lymphangitis of a specimen that the microscope examined, in a note that names nothing in the chest."""
    if not any(_by_word(f) for f in facts) or any(_of_chest(ln.line) for ln in lines):
        return list(facts)
    examined = [ln.line.index for ln in lines if ln.line.says("spread.microscope")]
    return [f for f in facts if not _by_word(f) or not any(abs(i - f.line.index) <= _BESIDE for i in examined)]


def _by_word(fact: DepositFact) -> bool:
    """Whether only the word says that the deposit is in the lung."""
    return fact.place is None and fact.trigger.rule.endswith(_LYMPHANGITIC)


def _of_chest(line: Line) -> bool:
    """Whether a sentence names an organ or an image of the chest."""
    return any(organ(m.concept) in _CHEST for m in line.of("site")) or bool(line.of("imaging"))
