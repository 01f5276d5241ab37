"""What was only expected before an operation: the postoperative diagnosis stands where the two differ (IV.N)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.types import Assertion

_BEFORE, _AFTER = "preoperative_diagnosis", "postoperative_diagnosis"
_LUMPS = frozenset({"nodule", "mass", "lesion"})
"""Words after which nobody knows more than that something is there; "tumor" may stand for the cancer itself."""


def expected(facts: Sequence[TumorFact], lines: Sequence[LineFacts]) -> list[TumorFact]:
    """The facts; a cancer of the preoperative diagnosis alone is suspected where the operation found a lump, or a benign tumor."""
    after = [f for f in facts if _in(f, _AFTER)]
    if not (after or any(map(_found_benign, lines))) or any(f.mention.concept not in _LUMPS for f in after):
        return list(facts)
    sure = any(not f.mention.weak and f.assertion is Assertion.PRESENT and not _in(f, _BEFORE) for f in facts)
    return list(facts) if sure else [_suspected(f) if _in(f, _BEFORE) else f for f in facts]


def _found_benign(facts: LineFacts) -> bool:
    """Whether the postoperative diagnosis is a benign tumor ("endometrioma of the left ovary")."""
    section = facts.line.section
    told = facts.line.of("tumor") if section is not None and section.name == _AFTER else ()
    return any(m.concept == "benign_tumor" and m.assertion is Assertion.PRESENT for m in told)


def _in(fact: TumorFact, section: str) -> bool:
    return fact.line.section is not None and fact.line.section.name == section


def _suspected(fact: TumorFact) -> TumorFact:
    """The fact, a stated cancer as a suspicion."""
    if fact.mention.weak or fact.assertion is not Assertion.PRESENT:
        return fact
    return replace(fact, mention=replace(fact.mention, assertion=Assertion.UNCERTAIN))
