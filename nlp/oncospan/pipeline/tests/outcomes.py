"""Tests whose own words say that they showed nothing, are not at hand, or are still to come."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention

_BREAK = re.compile(r";|\.(?=\s|\Z)|,? (?:but|however|although|whereas|while)\b")


def abnormal(line: Line, start: int = 0, end: int | None = None) -> bool:
    """Whether a part of a sentence tells an abnormal finding and does not deny it."""
    found = line.within["test.abnormal"].finditer(line.text, start, len(line.text) if end is None else end)
    return any(not line.within["test.denied"].search(line.text, 0, m.start()) for m in found)


def missed(line: Line, test: Mention) -> bool:
    """Whether the words right before a test say that it showed nothing ("not supported by EUS", "negative cytology")."""
    return line.within["test.missed"].search(line.text, 0, test.start - line.sentence.start) is not None


_AT_ONCE = 30
"""How many characters behind a tissue test may say that it showed nothing: further on the stains are told that were negative."""


def silent(line: Line, test: Mention, tests: Sequence[Mention], starts: Sequence[int]) -> bool:
    """Whether the words that follow a test say that it showed nothing or is to come, and no result is named among them.

    ``tests`` are those of the sentence, ``starts`` where in the note its results stand. Tests named in one list share their
    words ("EGD, colonoscopy and PET did not reveal a primary").
    """
    at = line.sentence.start
    last = test
    rest = [t for t in tests if t.start > test.start]
    while (
        rest
        and not line.within["test.own_result"].search(line.between(last, rest[0]))
        and not any(last.end <= s < rest[0].start for s in starts)
    ):
        last = rest.pop(0)
    end = rest[0].start - at if rest else len(line.text)
    stop = _BREAK.search(line.text, last.end - at, end)
    clause = stop.start() if stop else end
    own = [s - at for s in starts if last.end <= s]
    if own and line.within["test.gone"].search(line.text, last.end - at, min(*own, clause)):
        return True
    if any(s < clause for s in own):
        return False
    if not any(s < end for s in own) and (
        _benign(line, test, last, clause + at) or (rest and _harmless(line, last.end, end + at))
    ):
        return True
    if test.category == "tissue":
        clause = end = min(clause, last.end - at + _AT_ONCE)
    if line.within["test.nothing"].search(line.text, last.end - at, clause):
        turned = stop is not None and line.within["test.yet"].match(line.text, stop.start()) and any(s < end for s in own)
        return not turned and not _tells(line, last.end, clause + at)
    if any(s < end for s in own) or _tells(line, last.end, end + at):
        return False
    return any(line.within[s].search(line.text, last.end - at, clause) for s in ("test.negative", "test.to_come"))


def _tells(line: Line, start: int, end: int) -> bool:
    """Whether a part of a sentence names a lump or another abnormal finding."""
    at = line.sentence.start
    lumps = (m for m in line.of("tumor") if m.weak and m.current and start <= m.start < end)
    return any(lumps) or abnormal(line, start - at, end - at)


_SOON = 100


def _benign(line: Line, test: Mention, last: Mention, end: int) -> bool:
    """Whether what was sampled is called a benign tumor, and nothing else ("biopsy of a neck mass, which was a schwannoma")."""
    behind = [m for m in line.of("tumor") if last.end <= m.start < min(end, last.end + _SOON) and m.current]
    named = [m for m in behind if not m.weak or m.concept == "benign_tumor"]
    return test.category == "tissue" and bool(named) and all(m.concept == "benign_tumor" for m in named)


def _harmless(line: Line, start: int, end: int) -> bool:
    """Whether a part of a sentence names a finding that is no tumor, and no lump ("chest x-ray showed pneumonia, and a CT …")."""
    at = line.sentence.start
    if any(m.current and start <= m.start < end for m in line.of("tumor", "metastasis")):
        return False
    return line.within["test.harmless"].search(line.text, start - at, end - at) is not None
