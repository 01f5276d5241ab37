"""Parts and sides of the primaries that operations, lumps and labels of the note name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import ONCE_HELD
from oncospan.pipeline.sentence.parts import FIELD
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.labels import side_by_labels
from oncospan.pipeline.tumors.of_operation import operated_on
from oncospan.pipeline.tumors.primary import (
    Primary,
)
from oncospan.sites import PAIRED, organ, same_organ


def refine(primaries: Sequence[Primary], facts: Sequence[TumorFact], lines: Sequence[LineFacts]) -> None:
    """Let operations, lumps and labels name the parts and sides of the primaries."""
    _refine_from_operations(primaries, lines, beside=True)
    for primary in primaries:
        if not primary.side and organ(primary.site) == "lung" and len(sides := _sides_taken(primary, lines)) == 1:
            primary.side = sides.pop()  # nodules of a lung may be told of either side
    _refine_from_lumps(primaries, facts)
    _refine_from_operations(primaries, lines)
    side_by_labels(primaries, lines)


_ATTACHED = frozenset({"testis.epididymis", "testis.spermatic_cord"})
"""Parts taken along with an organ: a lump measured from them lies in the organ."""
_ALONG = frozenset({"breast.axillary_tail"})
"""Parts that a specimen comes with: a lump described below one need not lie in it."""


def _refine_from_lumps(primaries: Sequence[Primary], facts: Sequence[TumorFact]) -> None:
    """Let lumps in the same organ name its part and side when the tumor word did not."""
    for fact in facts:
        if fact.place and fact.how == "specimen" and fact.place.subsite in _ALONG:
            continue
        if fact.mention.weak and fact.place and fact.assertion in ONCE_HELD and fact.place.subsite not in _ATTACHED:
            fits = [p for p in primaries if same_organ(p.site, fact.place.site)]
            if len(fits) > 1 and fact.place.subsite:  # "tumor of the eyelid … Merkel … the basal cell carcinoma of the nose"
                fits = [p for p in fits if p.subsite in (None, fact.place.subsite)]
            if len(fits) == 1:
                fits[0].locate(fact)
                if FIELD in fact.place.flags and fact.place.subsite:
                    fits[0].subsite = fact.place.subsite


def of_operated_side(fact: TumorFact) -> TumorFact:
    """The tumor with the side of the operation that its sentence tells of its organ ("left mastectomy in 2011 for breast cancer")."""
    place, line = fact.place, fact.line
    if place is None or place.side or place.node or fact.mention.weak or organ(place.site) not in PAIRED:
        return fact
    taken = [m for m in line.of("treatment") if same_organ(m.attrs.get("removes", ""), place.site) and m.current]
    sides = {s.concept for m in taken for s in line.of("side") if 0 <= m.start - s.end <= _BEFORE}
    sides |= {found[1].lower() for m in taken if (found := _SIDED.search(line.word(m)))}
    if len(sides) != 1 or not {s.concept for s in line.of("side")} <= sides:
        return fact
    return replace(fact, place=replace(place, side=sides.pop()))


_SOON = 3
"""How many sentences behind a lump its sample is told."""
_ONE_EACH = frozenset({"breast", "kidney"})
"""Paired organs that send hardly any metastases to one another."""


def of_other_side(facts: Sequence[TumorFact]) -> list[TumorFact]:
    """The facts, those at the lump before them that a sample of the other breast or kidney than the one told of shows."""
    return [_of_other_side(f, facts) for f in facts]


def _of_other_side(fact: TumorFact, facts: Sequence[TumorFact]) -> TumorFact:
    """The cancer a sample shows, in the lump told before it, where one of the other breast or kidney was told before that."""
    site = fact.mention.attrs.get("site", "")
    if organ(site) not in _ONE_EACH or fact.place is not None or not any(m.current for m in fact.line.of("tissue")):
        return fact
    if fact.line.says("spread.same_as_before"):
        return fact
    mine = [f for f in facts if f.start < fact.start and f.place is not None and f.place.side and same_organ(f.place.site, site)]
    lumps = [f for f in mine if f.mention.weak and f.assertion in ONCE_HELD and fact.line.index - f.line.index <= _SOON]
    if not lumps or not mine or mine[-1] is not lumps[-1] or lumps[-1].place is None:
        return fact
    sides = {f.place.side for f in mine if f.place is not None and not f.mention.weak}
    return replace(fact, place=lumps[-1].place, how="specimen") if len(sides) == 1 and lumps[-1].place.side not in sides else fact


_BEFORE = 3
"""How far before an operation its side may stand."""
_SIDED = re.compile(r"\b(left|right|bilateral)\b")


def _sides_taken(primary: Primary, lines: Sequence[LineFacts]) -> set[str]:
    """The sides on which operations took out the organ of the primary."""
    taken = [
        (ln.line, m) for ln in lines for m in ln.line.of("treatment") if same_organ(m.attrs.get("removes", ""), primary.site)
    ]
    sides = {s.concept for line, m in taken for s in line.of("side") if 0 <= m.start - s.end <= 25}
    sides |= {found[1].lower() for line, m in taken if (found := _SIDED.search(line.word(m)))}
    return sides or {
        s.concept for ln in lines for organ_ in operated_on(ln.line) if same_organ(organ_.concept, primary.site)
        for s in ln.line.of("side") if 0 <= organ_.start - s.end <= 10
    }  # fmt: skip


_AGAIN_NAMED = re.compile(r"\s?(?:\([^()]{1,24}\))?\s?[,;:-]\s?")


def _side_behind(fact: TumorFact, facts: LineFacts) -> set[str]:
    """The side of the organ named once more right behind the tumor's ("Seminoma of the testis (pT1), left testicle")."""
    place, line = fact.place, fact.line
    if place is None or place.side or fact.mention.weak:
        return set()
    end = max(place.end, fact.mention.end) - line.sentence.start
    again = [p for p in facts.places if p.side and p.start > place.start and same_organ(p.site, place.site)]
    sides = {s.start for s in line.of("side")}
    at = {p.side or "": min([s for s in sides if 0 <= p.start - s <= 12], default=p.start) - line.sentence.start for p in again}
    return {side for side, start in at.items() if start >= end and _AGAIN_NAMED.fullmatch(line.text, end, start)}


def _refine_from_operations(primaries: Sequence[Primary], lines: Sequence[LineFacts], *, beside: bool = False) -> None:
    """Let an operation name the side of a paired organ ("left nephrectomy"), when the note names only one.

    ``beside`` asks only the sentences that name the tumor: what they say goes before any lump of the organ.
    """
    for primary in primaries:
        if primary.side or organ(primary.site) not in PAIRED:
            continue
        sides = _sides_taken(primary, lines)
        if beside and (
            named_again := {s for ln in lines for f in primary.facts if f.line is ln.line for s in _side_behind(f, ln)}
        ):
            sides = named_again
        elif beside:  # what the tumor's own sentence says, where neither it nor another operation names the other side
            mine = [ln for ln in lines if any(f.line is ln.line for f in primary.facts)]
            named = {s.concept for ln in mine for s in ln.line.of("side")}
            sides = _sides_taken(primary, mine) if len(sides | named) == 1 else set()
        else:
            sides |= {s.concept for ln in lines for s in ln.line.of("side") if s.rule.endswith(".laterality")}
        if len(sides) == 1:
            primary.side = sides.pop()
