"""Suspicions whose place, or answer, stands in the sentence beside them: "5 mm nodule of the lung. Metastasis cannot be excluded."."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import DESTINATIONS, same_organ
from oncospan.types import Assertion

_NAMED = frozenset({"metastasis", "spread"})
"""Words of a suspicion that names no organ by itself."""


_HELD = (Assertion.PRESENT, Assertion.UNCERTAIN)
_REACHED = DESTINATIONS | {"lung"}
"""Organs in which a lesion without a name may be a metastasis."""


def answered(facts: Sequence[DepositFact], lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts; a bare suspicion lies where the finding before it does, and one that tissue answers as benign is denied."""
    at = {ln.line.index: i for i, ln in enumerate(lines)}
    return [_placed(_refuted(f, lines, at), lines, at, primaries) for f in facts]


def _beside(fact: DepositFact, lines: Sequence[LineFacts], at: dict[int, int], step: int) -> LineFacts | None:
    """The sentence right before or behind that of a fact, in its section; a heading is none."""
    found = at.get(fact.line.index + step)
    beside = lines[found] if found is not None else None
    if beside is None or beside.line.section is not fact.line.section or beside.line.sentence.heading:
        return None
    return beside


def _placed(fact: DepositFact, lines: Sequence[LineFacts], at: dict[int, int], primaries: Sequence[Primary]) -> DepositFact:
    """The fact; a suspicion whose sentence names no organ is one of the lesion that the sentence before tells of."""
    if (
        fact.site != "unspecified"
        or fact.flags
        or fact.trigger.concept not in _NAMED
        or fact.line.of("site", "imaging", "tissue")
    ):
        return fact
    pointed = fact.line.says("spread.pointed") is not None
    if fact.assertion is not Assertion.UNCERTAIN and not (pointed and fact.assertion is Assertion.ABSENT):
        return fact
    before = next((b for step in (-1, -2) if (b := _beside(fact, lines, at, step)) is not None and b.places), None)
    place = _finding(before, pointed) if before is not None else None
    if place is None or any(p.certain and same_organ(p.site, place.site) for p in primaries):
        return fact
    return replace(fact, place=place, site=place.site, side=place.side)


def _finding(facts: LineFacts, pointed: bool) -> Place | None:
    """The one organ in which a sentence tells of a lump, or of anything that images show or the next one points to."""
    lumps = [t.place for t in facts.tumors if t.mention.weak and t.mention.current and t.place is not None and not t.place.test]
    named = [p for p in facts.places if not p.region and not p.test]
    shown = [p for p in named if p.assertion is not Assertion.ABSENT]
    organs = lumps or (shown if pointed or facts.line.of("imaging") else [])
    one = len({p.site for p in (*organs, *named)}) == 1
    return organs[0] if organs and one and (organs[0].site in _REACHED or organs[0].node) else None


def _refuted(fact: DepositFact, lines: Sequence[LineFacts], at: dict[int, int]) -> DepositFact:
    """The fact, denied where the next sentence tells that tissue or a scan showed something benign ("Biopsy: hemangioma, no carcinoma")."""
    if fact.assertion is not Assertion.UNCERTAIN or fact.site == "unspecified" or fact.flags:
        return fact
    behind = _beside(fact, lines, at, 1)
    if behind is None or not (_benign(behind) or _looks_benign(behind, fact.site)):
        return fact
    if any(not same_organ(p.site, fact.site) and not p.test for p in behind.places):
        return fact
    return replace(fact, assertion=Assertion.ABSENT)


def _benign(facts: LineFacts) -> bool:
    """Whether tissue is said to have shown a benign tumor or no cancer, and no cancer is stated."""
    tissue = facts.line.of("tissue")
    told = [t for t in facts.line.of("tumor") if tissue and t.start > tissue[0].start]
    if any(not t.weak and t.concept != "benign_tumor" and t.assertion is not Assertion.ABSENT for t in told):
        return False
    return any(
        (t.concept == "benign_tumor" and t.assertion is Assertion.PRESENT) or (not t.weak and t.assertion is Assertion.ABSENT)
        for t in told
    )


def _looks_benign(facts: LineFacts, site: str) -> bool:
    """Whether a scan, of no other organ, is said to have shown a benign tumor and nothing beside it ("MRI was diagnostic of hemangioma")."""
    scans = [m.end for m in facts.line.of("imaging") if m.current]
    if not scans or any(d.assertion in _HELD for d in facts.deposits) or facts.line.says("spread.not_alone"):
        return False
    if any(not same_organ(p.site, site) for p in facts.places):
        return False
    told = [t for t in facts.line.of("tumor") if t.start > scans[0]]
    if any(not t.weak and t.concept != "benign_tumor" and t.assertion in _HELD for t in told):
        return False
    return any(t.concept == "benign_tumor" and t.assertion is Assertion.PRESENT for t in told)
