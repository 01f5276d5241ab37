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
    own = lines[at[fact.line.index]]
    if _title_refuted(fact, own, _beside(fact, lines, at, 1)):
        return replace(fact, assertion=Assertion.ABSENT)
    if fact.assertion is not Assertion.UNCERTAIN or fact.site == "unspecified" or fact.flags:
        return fact
    if _benign(own, fact.trigger.end) or _seen_benign(own, fact) or _denied_next(fact, own):
        return replace(fact, assertion=Assertion.ABSENT)
    if _proven_next(fact, own):
        return replace(fact, assertion=Assertion.PRESENT)
    behind = _beside(fact, lines, at, 1)
    if behind is None or not (_benign(behind) or _looks_benign(behind, fact.site)):
        return fact
    if any(not same_organ(p.site, fact.site) and not p.test for p in behind.places):
        return fact
    return replace(fact, assertion=Assertion.ABSENT)


def _title_refuted(fact: DepositFact, own: LineFacts, behind: LineFacts | None) -> bool:
    """Whether the heading of a specimen calls it a metastasis, and the line below finds none ("Omental implant, excision:", "benign fat, no carcinoma")."""
    if not own.line.sentence.heading or behind is None or fact.assertion not in _HELD or not own.line.of("tissue", "treatment"):
        return False
    if behind.line.within["spread.answers_none"].match(behind.line.text) is None:
        return False
    return not any(t.mention.current and not t.mention.weak for t in behind.tumors) and not any(
        d.assertion in _HELD for d in behind.deposits
    )


_SAMPLES = frozenset({"biopsy", "fna", "cytology"})


def _proven_next(fact: DepositFact, facts: LineFacts) -> bool:
    """Whether a sample told next in its own sentence showed a cancer ("node suspicious for metastasis; FNA: papillary carcinoma")."""
    taken = [m for m in facts.line.of("tissue") if m.start >= fact.trigger.end and m.concept in _SAMPLES and m.current]
    shown = [t for t in facts.tumors if taken and t.start > taken[0].end and not t.mention.weak]
    return (
        bool(shown)
        and all(t.assertion is Assertion.PRESENT and t.place is None and not facts.line.of("status") for t in shown)
        and not any(taken[0].start <= p.start for p in facts.places)
    )


def _denied_next(fact: DepositFact, facts: LineFacts) -> bool:
    """Whether the next test of its own sentence denies what a fact suspects ("questionable on CT, MRI negative for metastasis")."""
    line = facts.line
    tests = [m for m in line.of("imaging", "tissue") if m.start >= fact.trigger.end]
    denied = [
        d.trigger
        for d in facts.deposits
        if d.assertion is Assertion.ABSENT and d.trigger.start >= fact.trigger.end and d.site in ("unspecified", fact.site)
    ]
    earlier = len(line.of("imaging", "tissue")) > len(tests) or len(tests) > 1
    return earlier and any(
        t.end <= d.start <= t.end + _NEXT and not any(c in line.between(t, d) for c in ";)") for t in tests for d in denied
    )


_NEXT = 40
"""How far behind the name of a test its answer may stand."""


def _benign(facts: LineFacts, since: int = 0) -> bool:
    """Whether tissue is said to have shown, from an offset on, a benign tumor or no cancer, and no cancer is stated."""
    tissue = [m for m in facts.line.of("tissue") if m.start >= since]
    told = [t for t in facts.line.of("tumor") if tissue and t.start > tissue[0].start]
    if any(not t.weak and t.concept != "benign_tumor" and t.assertion is not Assertion.ABSENT for t in told):
        return False
    return any(
        (t.concept == "benign_tumor" and t.assertion in _HELD) or (not t.weak and t.assertion is Assertion.ABSENT) for t in told
    )


def _seen_benign(facts: LineFacts, fact: DepositFact) -> bool:
    """Whether the next scan of its own sentence showed a benign tumor ("worrying for a metastasis; MRI showed a hemangioma")."""
    scans = [m.end for m in facts.line.of("imaging") if m.current and m.start >= fact.trigger.end]
    if not scans or facts.line.says("spread.not_alone"):
        return False
    if any(p.start >= scans[0] and not same_organ(p.site, fact.site) for p in facts.places):
        return False
    told = [t for t in facts.line.of("tumor", "metastasis") if t.start >= scans[0] and not t.weak]
    benign = [t for t in told if t.concept == "benign_tumor"]
    return bool(benign) and all(t.assertion is Assertion.PRESENT for t in benign) and len(benign) == len(told)


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
