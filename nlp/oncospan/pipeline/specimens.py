"""Which specimen the lines of a report speak of: the headings, labels and operations that name it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mention import Line
from oncospan.pipeline.places import Place

OPERATION = "operation"
"""Marks a specimen named only by the operation that took it ("Specimen: gastrectomy"): a tumor's organ, no deposit's."""

_SPECIMEN = re.compile(r"[:\n]|\bpart\s+\d|^\W{0,3}[A-Z0-9]{1,2}[.):]")
_TAKEN_BY = re.compile(
    r"\W{0,4}(?:[A-Z0-9]{1,2}[.):]\s{0,2})?(?:specimen|procedure|operation|type of (?:specimen|procedure|resection))\b[^:\n]{0,30}:",
    re.IGNORECASE,
)
_NODE_FIELD = re.compile(
    r"\W{0,4}(?:regional\s)?(?:lymph\s)?nodes?(?:\s?\([^()\n]{0,12}\))?(?:\s(?:examined|status|sampling|involvement|metastasis))?\s?:",
    re.IGNORECASE,
)


_LABELS = frozenset({"specimens", "procedure"})
_NEAR = 30
"""How far from the start of a line under such a label the operation may stand."""


_TOLD = re.compile(
    r"\b(?:was|were|is|are|has|had|have|will|would|he|she|we|they|patient|her|his|showed|shows|underwent)\b", re.IGNORECASE
)
"""Words of a told sentence: what it says of an organ holds for itself, not for the sentences after it."""


def _told(line: Line) -> bool:
    """Whether the sentence tells a story instead of heading a specimen."""
    return not line.sentence.heading and _TOLD.search(line.text) is not None


def carried(line: Line, own: Place | None, specimen: Place | None) -> Place | None:
    """The specimen of the lines that follow: a told sentence, or a node field ("Lymph nodes: 0/4"), speaks for itself alone."""
    if own is None or _told(line) or (own.node and _NODE_FIELD.match(line.text) is not None and not line.sentence.heading):
        return specimen
    return own


def own_specimen(line: Line, found: Sequence[Place]) -> Place | None:
    """The place a specimen heading names: before any tumor word, beside a biopsy or resection word."""
    firsts = line.of("tumor", "metastasis")
    limit = firsts[0].start if firsts else line.sentence.end
    head = [p for p in found if p.end <= limit and (not p.test or line.sentence.heading)]
    if not head:
        return _taken(line, limit)
    if line.sentence.heading:
        return head[0]
    before = line.text[: limit - line.sentence.start]
    if re.fullmatch(r"[^.;:]{0,40}:\s*(?:[\w-]+,?\s+){0,5}", before[head[-1].end - line.sentence.start :]):
        return head[-1]
    titled = [p for p in head if p.node and re.match(r"\s*:", before[p.end - line.sentence.start :])]
    if titled:
        return titled[-1]
    tests = [m for m in line.of("tissue", "treatment") if m.start < limit]
    return head[0] if tests and (_SPECIMEN.search(before) or before.isupper()) else None


def _taken(line: Line, limit: int) -> Place | None:
    """The organ an operation took, where a label says that it is the specimen."""
    taken = [m for m in line.of("treatment") if m.attrs.get("removes", "any") != "any" and m.start < limit]
    under = (
        line.section is not None
        and line.section.name in _LABELS
        and bool(taken)
        and taken[0].start - line.sentence.start <= _NEAR
    )
    if not taken or not (under or _TAKEN_BY.match(line.text)):
        return None
    word = taken[0]
    sides = [s.concept for s in line.of("side") if 0 <= word.start - s.end <= 25]
    return Place(
        site=word.attrs["removes"], subsite=None, side=sides[-1] if sides else None, start=word.start, end=word.end,
        mentions=(word,), flags=frozenset({OPERATION}),
    )  # fmt: skip
