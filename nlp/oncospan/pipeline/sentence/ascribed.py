"""Lumps of remote organs said to come from a cancer of another one: "the liver lesions were attributed to the rectal cancer"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.deposit_facts import DepositFact, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.subjects import listed_from
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import REACHED, same_organ
from oncospan.types import Assertion

_TOLD = frozenset({Assertion.PRESENT, Assertion.UNCERTAIN, Assertion.HISTORY})
_SMALL = frozenset({"nodule", "lesion"})


def ascribed(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[DepositFact]:
    """The deposits in the organs whose lumps a sentence puts down to a cancer that began elsewhere."""
    out: list[DepositFact] = []
    for fact in tumors:
        home = fact.mention.attrs.get("site") or (fact.place.site if fact.place is not None else None)
        if fact.mention.weak or home is None or fact.assertion not in _TOLD or fact.metastatic is not None:
            continue
        lumps = [t for t in tumors if t.mention.concept in _SMALL and t.mention.end <= fact.start and t.place is not None]
        if not lumps or not _led(line, fact) or line.within["spread.of_treatment"].match(_behind(line, fact)):
            continue
        sure = fact.assertion is not Assertion.UNCERTAIN and lumps[-1].assertion is Assertion.PRESENT
        sure = sure and not line.within["spread.perhaps"].search(line.between(lumps[-1].mention, fact.mention))
        told = replace(fact, mention=replace(fact.mention, assertion=Assertion.PRESENT if sure else Assertion.UNCERTAIN))
        out += [told_by(told, p) for p in _of_lump(line, lumps[-1], fact, found) if p.node or _afar(home, p)]
    return out


def _of_lump(line: Line, lump: TumorFact, fact: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The organs in which the lumps lie, as the sentence lists them before the cancer."""
    if lump.place is None or lump.assertion not in (Assertion.PRESENT, Assertion.UNCERTAIN):
        return []
    before = [p for p in found if p is not fact.place and lump.place.start <= p.start < fact.start and not p.test]
    return listed_from(line, before) if before else []


def _afar(home: str, place: Place) -> bool:
    """Whether a lump of the place can only have come there from the home of the cancer."""
    return place.site in REACHED and not same_organ(home, place.site)


def _led(line: Line, fact: TumorFact) -> bool:
    """Whether the words before the cancer put down to it what stands before them."""
    own = fact.place.start if fact.place is not None and fact.how in ("before", "inside") else fact.start
    head = line.text[: min(own, fact.start) - line.sentence.start]
    return line.within["spread.put_down_to"].search(head) is not None


def _behind(line: Line, fact: TumorFact) -> str:
    last = fact.place.end if fact.place is not None and fact.how == "after" else fact.mention.end
    return line.text[max(last, fact.mention.end) - line.sentence.start :]
