"""The lumps told right before a tumor word: what a biopsy told without its organ was taken of, or an operation removed."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.types import Assertion


def told_before(fact: TumorFact, facts: Sequence[TumorFact], reach: int) -> list[TumorFact]:
    """The tumor words of the ``reach`` sentences before that of a fact, in its section."""
    line = fact.line
    return [f for f in facts if 0 < line.index - f.line.index <= reach and f.line.section is line.section]


def one_lump(before: Sequence[TumorFact]) -> Place | None:
    """The place of the lumps among tumor words, where all of them lie in one organ."""
    places = {f.place.site: f.place for f in lumps(before) if f.place is not None}
    return next(iter(places.values())) if len(places) == 1 else None


def lumps(before: Sequence[TumorFact]) -> list[TumorFact]:
    """The lumps among tumor words that are there, and not called a cancer."""
    return [f for f in before if f.mention.weak and f.place is not None and f.assertion is Assertion.PRESENT]


def changed_organ(line: Line, lines: Sequence[LineFacts]) -> Place | None:
    """The place of the one organ that the sentence before another one names, where it tells of a change seen there or of its removal."""
    for told in lines:
        if line.index - told.line.index != 1 or told.line.section is not line.section:
            continue
        named = {p.site: p for p in told.places if not p.test and not p.region}
        done = [m for m in told.line.of("treatment") if m.attrs.get("effect") == "surgery" and m.current]
        if len(named) == 1 and (done or told.line.says("tumor.change_seen")):
            return next(iter(named.values()))
        removed = {m.attrs.get("removes", "any"): m for m in done}
        if not named and len(removed) == 1 and any(m.concept in _OF_SPECIMEN for m in line.of("tissue")):
            organ, word = removed.popitem()
            return (
                Place(site=organ, subsite=None, side=None, start=word.start, end=word.end, mentions=(word,))
                if organ != "any"
                else None
            )
    return None


_OF_SPECIMEN = frozenset({"other_tissue", "resection"})
"""Words of tissue that may speak of what an operation removed."""
