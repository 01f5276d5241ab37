"""Scanned reports: their broken words mended to words the pack knows, each in its place, so that every offset stays.

Only the reading sees the mended text; evidence is cut from the note as it is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

_ODD = re.compile(
    r"(?<![\w|])(?=[A-Za-z01|]*(?:[A-Za-z]{2}[01|]|[01|][A-Za-z]{2}|[A-Z]{2}l|l[A-Z]{2}|[A-Z]l[A-Z]|[a-z]{2}I))[A-Za-z01|]{3,24}(?![\w|])"
)
"""Words with a figure or bar among their letters, or a small l among capitals."""
_CHOICES = {"0": "o", "1": "il", "|": "li", "l": "li", "I": "il"}
_MOST = 5
"""How many odd letters a word may have to be tried."""

_FEWEST = 2
"""How many mended words make a note a scan, in which blanks and marks are mended too."""

_PAIR = re.compile(r"(?<![\w-])(?=([A-Za-z]{1,16}) ([A-Za-z]{1,16})(?![\w]))")
_JOINED_FROM = 6
_ALONE = frozenset("aAiIoOsS")
"""Letters that stand alone as words: "a typical" is not "atypical"."""
_RN = re.compile(r"(?<![\w-])(?=\w{0,14}rn)[A-Za-z]{6,20}(?!\w)")
_OF = re.compile(r"(?<=\s)[cC] [fF](?=\s)")
_BEFORE_MARK = re.compile(r"(?<=[A-Za-z0-9)\]]) ([,:;.])(?=\s)")
_FRACTION = re.compile(r"(?<![\w/])[\dlIO]{1,2}\s?/\s?[\dlIO]{1,3}(?![\w/])")
_STAGE = re.compile(r"(?<!\w)(y?p[TNM])([lIO])(?=[a-d]?(?!\w))")
_FIGURES = str.maketrans("lIO", "110")


class Mended(NamedTuple):
    """The text to read, and where in the note the words end that became shorter: place in the text read, place in the note."""

    text: str
    ends: Mapping[int, int]


_UNTOUCHED: Mapping[int, int] = MappingProxyType({})


_MOST_SOUND = 50_000
"""How many different words are remembered as sound before they are looked at again."""


class Scans:
    """Mends scanned notes with the words of a pack; built once a pack, its words sought when the first odd one is seen.

    Most words of a note stood in the ones before it, so that those found sound are remembered.
    """

    def __init__(self, literals: Iterable[str]) -> None:
        self._literals = literals
        self._sound: set[str] = set()

    @cached_property
    def _spellings(self) -> str:
        return "\n".join(self._literals).lower()

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(re.findall(r"[a-z]{2,}", self._spellings))

    @cached_property
    def _written(self) -> frozenset[str]:
        return frozenset(word for word in set(re.findall(r"\w+", self._spellings)) if re.search(r"\d", word))

    def mend(self, text: str) -> Mended:
        """The text as it was before it was scanned, as far as the pack's words tell; the same object where nothing is odd."""
        if not self._broken_words(text):
            return Mended(text, _UNTOUCHED)
        mended = 0

        def letter_by_letter(match: re.Match[str]) -> str:
            nonlocal mended
            word = self._spelled(match[0])
            mended += word != match[0]
            return word

        read = _ODD.sub(letter_by_letter, text)
        if mended < _FEWEST:
            return Mended(read, _UNTOUCHED)
        read = _STAGE.sub(lambda m: m[1] + m[2].translate(_FIGURES), read)
        read = _FRACTION.sub(lambda m: m[0].translate(_FIGURES) if re.search(r"\d", m[0]) else m[0], read)
        read = _BEFORE_MARK.sub(r"\1 ", _OF.sub("of ", read))
        return self._joined(read)

    def _broken_words(self, text: str) -> set[str]:
        """The words of the text, between white space, that can be mended letter by letter."""
        new = set(text.split()) - self._sound
        row = " ".join(new)
        odd = (m.start() for m in _ODD.finditer(row) if self._spelled(m[0]) != m[0])
        broken = {row[row.rfind(" ", 0, at) + 1 :].partition(" ")[0] for at in odd}
        if len(self._sound) > _MOST_SOUND:
            self._sound.clear()
        self._sound |= new - broken
        return broken

    def _spelled(self, word: str) -> str:
        """The word of the pack that an odd one can stand for, in its case."""
        if word.lower() in self._written or word.lower() in self._words:
            return word
        capitals = sum(map(str.isupper, word)) * 2 >= sum(map(str.isalpha, word))
        odd = [i for i, c in enumerate(word) if c in ("01|l" if capitals else "01|I")]
        if not 0 < len(odd) <= _MOST:
            return word
        for letters in itertools.product(*(_CHOICES[word[i]] for i in odd)):
            tried = list(word.lower())
            for i, letter in zip(odd, letters, strict=True):
                tried[i] = letter
            if (made := "".join(tried)) in self._words:
                return made.upper() if capitals else made.capitalize() if word[0].isupper() else made
        return word

    def _joined(self, text: str) -> Mended:
        """The text with the words joined that a blank broke, and "rn" read as "m" where that makes a word."""
        cut = {
            m.end(1): m.end(2) for m in _PAIR.finditer(text) if self._broken(m[1], m[2])
        } | {
            at: m.end() for m in _RN.finditer(text) if m[0].lower() not in self._words
            and m[0].lower().replace("rn", "m", 1) in self._words for at in [m.start() + m[0].lower().index("rn") + 1]
        }  # fmt: skip
        out, ends, at = [], {}, 0
        for gap, end in sorted(cut.items()):
            if gap < at:
                continue
            kept = text[at:gap]
            out.append(
                (kept[:-1] + ("M" if kept[-1].isupper() else "m") if text[gap] != " " else kept) + text[gap + 1 : end] + " "
            )
            ends[end - 1] = end
            at = end
        out.append(text[at:])
        return Mended("".join(out), MappingProxyType(ends))

    def _broken(self, first: str, second: str) -> bool:
        """Whether two neighbors are the halves of one word, of which neither half stands for itself."""
        a, b = first.lower(), second.lower()
        if len(a) + len(b) < _JOINED_FROM or a + b not in self._words or first in _ALONE or first.isupper() != second.isupper():
            return False
        known = (a in self._words and len(a) > 1, b in self._words and len(b) > 1)
        return not any(known) if 1 in (len(a), len(b)) else not all(known)
