"""What the words of freedom from disease say: that nothing is left anywhere, or only that nothing is back in one place."""

from __future__ import annotations

import re

from oncospan.pipeline.mentions.mention import STATED, Line, Mention, Reading
from oncospan.types import Assertion


def says_free(line: Line, status: Mention) -> bool:
    """Whether the word says that no disease is left anywhere."""
    at, end = status.start - line.sentence.start, status.end - line.sentence.start
    told = status.concept == "ned" and status.assertion in STATED
    return told and line.signals["spread.free"].search(line.text, at, end) is not None


def not_back(line: Line, status: Mention) -> bool:
    """Whether the word denies that disease is back, in a clause that names no place and no tumor it would be back in or of."""
    if not none_left(status) or in_one_place(line, status):
        return False
    at = status.start - line.sentence.start
    opened = max((m.end() for m in _CLAUSE.finditer(line.text, 0, at)), default=0) + line.sentence.start
    if any(m.concept in _ONE_ORGAN for m in line.of("imaging")):
        return False
    named = [*line.of("site", "metastasis"), *(m for m in line.of("tumor") if not m.weak)]
    return not any(opened <= m.start and (m.end <= status.start or m.start >= status.end) for m in named)


_CLAUSE = re.compile(r"[,;]\s(?:(?:and|but)\s)?(?:(?:is|are|now|currently|remains?|with|without|no|has)\b)", re.IGNORECASE)
"""Begins a clause of its own about the state of the patient."""


_ASIDE = 40
"""How far from a word of freedom from recurrence the words may stand that name the place it speaks of."""


def in_one_place(line: Line, status: Mention) -> bool:
    """Whether a word of freedom from recurrence speaks of the place of an operation alone ("no recurrence at the anastomosis")."""
    at, end = status.start - line.sentence.start, status.end - line.sentence.start
    return line.within["spread.one_place"].search(line.text, max(0, at - _ASIDE), end + _ASIDE) is not None


_ONE_ORGAN = frozenset({"endoscopy", "mammography", "ultrasound", "endoscopic_ultrasound", "echocardiogram", "xray"})
"""Tests that see one organ: that nothing came back in it says nothing of the others."""


def left_nowhere(reading: Reading) -> int:
    """Where the note last says that treatment left nothing at all; -1 where it never does, or tells of a relapse afterwards."""
    told = list(reading.told("status"))
    left = max((m.start for ln, m in told if none_left(m) and (_answered(ln, m) or _none_anywhere(ln))), default=-1)
    back = any(m.concept == "recurrence" and m.assertion in STATED and m.start > left for _, m in told)
    return -1 if back or (left >= 0 and _still_treated(reading, left)) else left


_SOON = 2
"""How many sentences behind a complete response it is told that the treatment goes on."""


def _still_treated(reading: Reading, at: int) -> bool:
    """Whether the sentence of an offset, or one right behind it, says that the treatment goes on."""
    here = next((ln.index for ln in reading.lines if ln.sentence.start <= at < ln.sentence.end), -1)
    return any(0 <= ln.index - here <= _SOON and ln.says("course.still_treated") is not None for ln in reading.lines)


def _answered(line: Line, status: Mention) -> bool:
    """Whether the word tells of a complete response of all that there was, of no organ alone."""
    other = any(not status.start <= m.start < status.end for m in line.of("site", "metastasis"))
    if other or not line.signals["spread.complete"].search(
        line.text, status.start - line.sentence.start, status.end - line.sentence.start
    ):
        return False
    at = status.start - line.sentence.start
    return line.signals["spread.not_quite"].search(line.text, max(0, at - 20), at) is None


def _none_anywhere(line: Line) -> bool:
    """Whether a sentence that tells of freedom from recurrence denies spread anywhere as well, not in one organ ("no lung metastasis")."""
    words = line.of("metastasis")
    denied = any(
        m.assertion is Assertion.ABSENT and m.concept == "metastasis" and "site" not in m.attrs and not _of_organ(line, m)
        for m in words
    )
    return denied and all(m.assertion in (Assertion.ABSENT, Assertion.HISTORY) for m in words)


_IN = re.compile(r"\s(?:in|to|of|at)\s(?:(?:the|any|his|her|other)\s)?", re.IGNORECASE)


def _of_organ(line: Line, word: Mention) -> bool:
    """Whether a metastasis word names its organ right before or behind it."""
    sites = line.of("site")
    return any(0 <= word.start - s.end <= 1 for s in sites) or any(
        s.start > word.end and _IN.fullmatch(line.between(word, s)) for s in sites
    )


def none_left(status: Mention) -> bool:
    """Whether a status word says that no disease is left or came back."""
    if status.concept == "ned":
        return status.assertion in STATED
    return status.concept in ("recurrence", "residual") and status.assertion is Assertion.ABSENT
