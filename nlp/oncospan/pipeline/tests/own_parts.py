"""Words for the part of an organ that a primary lies in, which name its organ only once the note has told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tests.outcomes import abnormal
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ

_LUMP = {
    "pancreas": re.compile(r"\b(?:head|tail|uncinate|pancreatic body|body/tail)\s\Z", re.IGNORECASE),
    "cervix": re.compile(r"\bcervical\s(?:primary\s)?\Z", re.IGNORECASE),
}
"""What stands right before a lump of the organ: "tail mass", "cervical mass"."""

_SPOT = {
    "duodenum": re.compile(r"\b(?:D[1-4](?:/[1-4])?|duodenal bulb)\b"),
    "pancreas": re.compile(r"\bin the (?:tail|head|uncinate)\b(?! of)", re.IGNORECASE),
}
"""Parts that light up without a word for a lump: "uptake at D2"."""

_HOLDS = frozenset({("thymus", "mediastinum")})
"""Organs and the region that images name in their place."""


def seat(primary: str, place: str) -> bool:
    """Whether a place is the organ of the primary, or the region that images name instead ("anterior mediastinal mass")."""
    return same_organ(primary, place) or (primary, place) in _HOLDS


def part_of(primary: Primary, tumor: TumorFact) -> bool:
    """Whether a lump without an organ is told of in a part of the primary's ("uptake in the tail mass")."""
    line, pattern = tumor.line, _LUMP.get(primary.site)
    return pattern is not None and pattern.search(line.text, 0, tumor.mention.start - line.sentence.start) is not None


def is_the_primary(line: Line, word: Mention) -> bool:
    """Whether a word means the one primary of the note ("showed the primary and two metastases"), not one that is sought."""
    at = word.start - line.sentence.start
    if word.concept != "origin_word" or not line.word(word).startswith("primar"):
        return False
    named = line.within["test.primary_named"].search(line.text, 0, at) is not None
    end = word.end - line.sentence.start
    return named and (not line.text[end:].strip() or line.within["test.primary_noun"].match(line.text, end) is not None)


def spots(primary: Primary, line: Line, tests: tuple[Mention, ...]) -> Iterator[Mention]:
    """The test of a sentence that shows something abnormal at the very part of the skin or gut that the primary lies in."""
    pattern = _spot(primary)
    if pattern is None:
        return
    at = line.sentence.start
    for found in pattern.finditer(line.text):
        before = [t for t in tests if t.end - at <= found.start()]
        start, end = (before[-1].end - at if before else 0), found.end() + _BESIDE
        clause = max(start, *(m.end() for m in _STOP.finditer(line.text, 0, found.start())), 0)
        stop = _STOP.search(line.text, found.end())
        near = abnormal(line, clause, min(end, stop.start()) if stop else end)
        if before and near and not line.within["test.denied"].search(line.text, 0, found.start()):
            yield before[-1]


_STOP = re.compile(r";|\.(?=\s|\Z)|\A")
_BESIDE = 40
"""How many characters behind a part may say what lights up there."""


def _spot(primary: Primary) -> re.Pattern[str] | None:
    if primary.site != "skin":
        return _SPOT.get(primary.site)
    words = {f.line.word(m) for f in primary.facts if f.place is not None and f.place.site == "skin" for m in f.place.mentions}
    words -= {"skin", "cutaneous", "dermal", "dermis"}
    return re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(words))) + r")\b", re.IGNORECASE) if words else None
