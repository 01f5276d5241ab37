"""Notes in another layout: wrapped lines joined, doubled blanks and lines made one, fields behind a tab, and the way back to the note as it is.

Only the reading sees the folded text; evidence is cut from the note itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from oncospan.types import Evidence, Finding

_BLANKS = re.compile(r"  +|:\t")
"""Blanks between two words of a sentence, of which one is enough; wider gaps may part the columns of a table."""
_DOUBLED = re.compile(r"\n[ \t]*\n")
_SINGLE = re.compile(r"(?<!\n)\n(?![ \t]*\n)")
_FEWEST_LINES = 6
"""How many line ends, all of them doubled, make a note double-spaced."""

_NARROW, _WIDE = 50, 140
"""How wide wrapped notes are, in characters."""
_NEAR_EDGE = 12
"""How far before the edge a full line may end: the next word did not fit."""
_FEWEST_FULL = 3
"""How many full lines make a note wrapped."""
_MOSTLY = 0.7
"""The share of full lines that makes a paragraph prose, not a list."""
_OFTEN = 0.5
"""The share of full lines that makes a whole note wrapped, its items too."""
_OPENS = re.compile(r"\s*(?:[-*\u2022#>+~=_|]|\[|\(?\d{1,2}[.)\]:]|\(?[A-Za-z][.)]\s|[A-Z][\w /&()-]{1,40}:|[A-Z][A-Z /&-]{3,}$)")
"""How a line begins that goes on with no other: an item, a label, a heading."""
_UNFINISHED = re.compile(
    r"[\w,).] (?:no|not|of|the|with|without|and|or|to|in|for|an|is|was|are|were|by|from|at|has|have|had|that|which|than|be|been|into|versus|exclude|cannot|could|may|r/o)\s*\Z",
    re.IGNORECASE,
)
"""How a line ends whose sentence goes on."""
_HEADING = re.compile(r"\s*[A-Z][A-Z /&-]{3,40}:?\s*")


class Fold(NamedTuple):
    """The text to read, and the cuts that made it: where each lies in the folded text, and how many characters were cut up to it."""

    text: str
    at: Sequence[int]
    cut: Sequence[int]

    def place(self, offset: int) -> int:
        """Where a character of the folded text stands in the note."""
        return offset + self.cut[i - 1] if (i := bisect_right(self.at, offset)) else offset

    def unfolded(self, found: Iterable[Finding], text: str) -> tuple[Finding, ...]:
        """The findings of the folded text with their evidence in the note, whose text is given."""
        if not self.at:
            return tuple(found)
        return tuple(
            replace(f, evidence=tuple(self._spans(f.evidence, text)), cues=tuple(self._spans(f.cues, text))) for f in found
        )

    def _spans(self, spans: Iterable[Evidence], text: str) -> Iterator[Evidence]:
        for e in spans:
            start, end = self.place(e.start), self.place(e.end - 1) + 1
            yield replace(e, start=start, end=end, text=text[start:end])


def fold(text: str) -> Fold:
    """The text with one blank where two stand between words, a colon behind the names of fields, and without the line ends of its page.

    The same text where it is written so already.
    """
    cuts = [*_carriage_returns(text), *_line_ends(text), *_blanks(text), *_fields(text)]
    if not cuts:
        return Fold(text, (), ())
    out: list[str] = []
    at: list[int] = []
    cut: list[int] = []
    done = gone = 0
    for start, end, instead in sorted(cuts):
        if start < done:
            continue
        out += (text[done:start], instead)
        at.append(start - gone + len(instead))
        gone += end - start - len(instead)
        cut.append(gone)
        done = end
    return Fold("".join((*out, text[done:])), at, cut)


Cut = tuple[int, int, str]
"""From where to where something is cut out, and what stands there instead."""


def _carriage_returns(text: str) -> Iterator[Cut]:
    return ((m.start(), m.end(), "") for m in re.finditer(r"\r(?=\n)", text)) if "\r" in text else iter(())


def _blanks(text: str) -> Iterator[Cut]:
    if "  " in text or ":\t" in text:
        for m in _BLANKS.finditer(text):
            start, end = m.span()
            if text[start] == ":":
                yield start + 1, end, " "
            elif _between_words(text[start - 1 : start], text[end : end + 1], end - start):
                yield start, end, " "


_FIELD = re.compile(r"^ {0,3}[A-Z][A-Za-z()/ -]{2,40}[A-Za-z)](\t+)(?=\S)[^\t\n]*$", re.MULTILINE)
"""A line of a form: the name of a field, a tab and its value."""
_FEWEST_FIELDS = 4
"""How many such lines make a form."""


def _fields(text: str) -> Iterator[Cut]:
    """The tabs between the names of the fields of a form and their values, each of which a colon stands for."""
    if text.count("\t") >= _FEWEST_FIELDS and len(found := list(_FIELD.finditer(text))) >= _FEWEST_FIELDS:
        yield from ((*m.span(1), ": "[: len(m[1])]) for m in found)


def _between_words(before: str, after: str, blanks: int) -> bool:
    """Whether as many blanks stand between two words of a sentence."""
    if blanks == 2:
        return (before.isalnum() or before in _INNER) and (after.isalnum() or after in _NEXT)
    return (before.islower() or before == ",") and after.islower()


_INNER = frozenset("_,;)%")
"""Marks behind which a sentence goes on."""
_NEXT = frozenset("_(")
"""Marks with which it may go on."""


def _line_ends(text: str) -> Iterator[Cut]:
    """The second ends of lines that are all doubled; else the ends of lines that the edge of the page broke."""
    if text.count("\n\n") >= _FEWEST_LINES and _SINGLE.search(text) is None:
        yield from ((m.start() + 1, m.end(), "") for m in _DOUBLED.finditer(text))
    else:
        yield from _wraps(text)


def _wraps(text: str) -> Iterator[Cut]:
    """The line ends within a sentence: behind a word that ends none, and where the next word did not fit on the page."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(ln) + 1 for ln in lines)]
    pairs = [[i for i in paragraph[:-1] if _may_go_on(lines[i], lines[i + 1])] for paragraph in _paragraphs(lines)]
    for i in sorted({i for those in pairs for i in those if _UNFINISHED.search(lines[i])}.union(_full(lines, pairs))):
        yield starts[i] + len(lines[i].rstrip()), starts[i + 2] - 1 - len(lines[i + 1].lstrip()), " "


def _full(lines: Sequence[str], pairs: Sequence[Sequence[int]]) -> Iterator[int]:
    """The indexes of the lines that the edge of the page ended, by paragraph: where most lines reach it, or the next goes on in small letters."""
    width = max(map(len, map(str.rstrip, lines)))
    if not _NARROW <= width <= _WIDE or sum(len(ln.rstrip()) > width - _NEAR_EDGE for ln in lines) < _FEWEST_FULL:
        return
    full = {i for those in pairs for i in those if _no_room(lines[i], lines[i + 1], width)}
    all_over = len(full) >= _OFTEN * sum(map(len, pairs))
    capitals = "".join(lines).isupper()
    for those in pairs:
        mine = full.intersection(those)
        prose = all_over or len(mine) >= _MOSTLY * len(those)
        yield from (i for i in mine if prose or lines[i + 1].lstrip()[0].islower() or (capitals and _unstopped(lines[i])))


def _unstopped(line: str) -> bool:
    """Whether a line of capitals, where no small letter tells that the next goes on, ends in a word or a comma."""
    return line.rstrip()[-1] not in ".:;!?"


def _may_go_on(line: str, following: str) -> bool:
    """Whether the next line is none that begins an item or a field, and the line is no heading."""
    if _OPENS.match(following) or (_HEADING.fullmatch(line) and not _UNFINISHED.search(line)):
        return False
    return not line.rstrip().endswith((":", "|")) or following.lstrip()[0].islower()


def _paragraphs(lines: Sequence[str]) -> Iterator[list[int]]:
    """The indexes of lines with no blank line between them."""
    paragraph: list[int] = []
    for i, line in enumerate([*lines, ""]):
        if line.strip():
            paragraph.append(i)
        elif paragraph:
            yield paragraph
            paragraph = []


def _no_room(line: str, following: str, width: int) -> bool:
    """Whether the first word of the next line did not fit on the line."""
    return len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) > width
