"""Suspicions whose place stands in the sentence before them: "5 mm nodule of the lung. Metastasis cannot be excluded."."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts, Neighbors
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import REACHED, same_organ
from oncospan.types import Assertion

_NAMED = frozenset({"metastasis", "spread"})
"""Words of a suspicion that names no organ by itself."""


def pointed(facts: Sequence[DepositFact], lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts; a suspicion whose sentence names no organ is one of the lesion that the sentence before tells of."""
    around = Neighbors(lines)
    return [f if (place := _place(f, around, lines, primaries)) is None else f.lying(place) for f in facts]


def _place(fact: DepositFact, around: Neighbors, lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> Place | None:
    """Where the lesion lies that a suspicion speaks of, no primary's organ."""
    if not fact.somewhere or fact.trigger.concept not in _NAMED or fact.line.of("site", "imaging", "tissue"):
        return None
    aimed = fact.line.says("spread.pointed") is not None
    if fact.assertion is not Assertion.UNCERTAIN and not (aimed and fact.assertion is Assertion.ABSENT):
        return None
    before = next((b for step in (-1, -2) if (b := around.beside(fact.line, step)) is not None and b.places), None)
    place = (_finding(before, aimed) if before is not None else None) or _lump(fact, lines)
    home = place is not None and any(p.certain and same_organ(p.site, place.site) for p in primaries)
    return None if home else place


def _lump(fact: DepositFact, lines: Sequence[LineFacts]) -> Place | None:
    """The one organ in which the note told of the lump before that the sentence calls suspicious ("lung nodule … the nodule: granuloma vs metastasis")."""
    lumps = {m.concept for m in fact.line.of("tumor") if m.weak and m.concept in _LUMPS}
    if len(lumps) != 1 or fact.assertion is not Assertion.UNCERTAIN:
        return None
    told = [
        t for ln in lines if ln.line.index < fact.line.index for t in ln.tumors if t.mention.weak and t.mention.concept in lumps
    ]
    places = [t.place for t in told if t.place is not None and not t.place.test]
    one = len({p.site for p in places}) == 1
    return places[0] if one and (places[0].site in REACHED or places[0].node) else None


_LUMPS = frozenset({"nodule", "lesion", "mass"})


def _finding(facts: LineFacts, aimed: bool) -> Place | None:
    """The one organ in which a sentence tells of a lump, or of anything that images show or the next one points to."""
    lumps = [t.place for t in facts.tumors if t.mention.weak and t.mention.current and t.place is not None and not t.place.test]
    named = [p for p in facts.places if not p.region and not p.test]
    shown = [p for p in named if p.assertion is not Assertion.ABSENT]
    organs = lumps or (shown if aimed or facts.line.of("imaging") else [])
    one = len({p.site for p in (*organs, *named)}) == 1
    return organs[0] if organs and one and (organs[0].site in REACHED or organs[0].node) else None
