"""Is there anything in this note for us, and in which sentences? Automata over the pack's words answer.

A sentence is kept when a carrier term stands in it, exactly as the target matcher would find it, so that reading only
the kept sentences changes no finding. Most notes end here, so this is written for speed: the raw text is searched for one
word of each anchor term, and the sentences of the few notes that matter are searched in spaced form, whole terms at once.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

import ahocorasick_rs

from oncospan.pack import Pack, TermRule

_MARKS = tuple(m for m in string.punctuation if m != "_")
_TOKEN = re.compile(r"\w+|[^\w\s]")


def lowered(text: str) -> str:
    """``text`` in lower case, of the same length: a character whose lower case is longer is kept as it is."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def spaced(text: str) -> str:
    """The words and marks of ``text``, each between single blanks: what is left of it for a matcher of tokens."""
    if not text.isascii():
        return f" {' '.join(_TOKEN.findall(text))} "
    for mark in _MARKS:  # three times as fast as the pattern
        if mark in text:
            text = text.replace(mark, f" {mark} ")
    return f" {' '.join(text.split())} "


def _shortest(rules: Iterable[TermRule]) -> list[str]:
    """The spaced lower-case literals of the rules, without those that hold another one: where they stand, it stands too."""
    literals = sorted({spaced(spelled.lower()) for rule in rules for spelled in rule.literals()})
    every = _automaton(literals)
    return [literal for literal in literals if len(every.find_matches_as_indexes(literal, overlapping=True)) == 1]


def _automaton(literals: Sequence[str]) -> ahocorasick_rs.AhoCorasick:
    return ahocorasick_rs.AhoCorasick(
        literals or ["\0"],
        matchkind=ahocorasick_rs.MatchKind.Standard,
        implementation=ahocorasick_rs.Implementation.DFA,  # twice as fast as what is chosen by itself, for some megabytes
    )


class _Seeds:
    """Finds literals in raw text by the longest word of each, white space between the words of a literal being free."""

    def __init__(self, literals: Iterable[str]) -> None:
        rests: dict[str, list[tuple[str, ...]]] = {}
        for literal in literals:
            tokens = tuple(literal.split())
            rests.setdefault(max(tokens, key=len), []).append(tokens)
        seeds = sorted(rests)
        self._rests = [rests[s] for s in seeds]
        self._automaton = _automaton(seeds)

    def stand_in(self, low: str) -> bool:
        """Whether one of the literals stands in the lowered text."""
        size = len(low)
        for which, start, end in self._automaton.find_matches_as_indexes(low, overlapping=True):
            if start and _word(low[start - 1]) and _word(low[start]):
                continue
            if end < size and _word(low[end]) and _word(low[end - 1]):
                continue
            if any(_stands(low, start, end, tokens) for tokens in self._rests[which]):
                return True
        return False


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _stands(low: str, start: int, end: int, tokens: tuple[str, ...]) -> bool:
    """Whether the words of a literal stand around its longest word at ``start:end``, with any white space between them."""
    if len(tokens) == 1:
        return True
    which = tokens.index(low[start:end])
    at = start
    for token in reversed(tokens[:which]):
        stop = len(low[max(0, at - _GAP) : at].rstrip()) + max(0, at - _GAP)
        at = stop - len(token)
        if at < 0 or low[at:stop] != token:
            return False
    if at and _word(low[at - 1]) and _word(low[at]):
        return False
    at = end
    for token in tokens[which + 1 :]:
        ahead = low[at : at + _GAP]
        at += len(ahead) - len(ahead.lstrip())
        if low[at : at + len(token)] != token:
            return False
        at += len(token)
    return at >= len(low) or not (_word(low[at]) and _word(low[at - 1]))


_GAP = 200
"""How much white space may stand between two words of an anchor term."""


class Screen:
    """Tells whether a note matters and which of its sentences do."""

    def __init__(self, pack: Pack) -> None:
        self._anchors = _Seeds(_shortest(r for r in pack.terms if r.anchor))
        self._carriers = _automaton(_shortest(r for r in pack.terms if r.carrier))

    def matters(self, low: str) -> bool:
        """Whether an anchor term stands anywhere in the lowered text."""
        return self._anchors.stand_in(low)

    def kept(self, low: str, spans: Iterable[tuple[int, int]]) -> list[int]:
        """The indexes of the spans of the lowered text in which a carrier term stands."""
        pieces = [spaced(low[start:end]) for start, end in spans]
        borders = list(accumulate(map(len, pieces)))  # two blanks meet there, so no literal goes across
        out: list[int] = []
        border, which = 0, -1
        for _, start, _ in self._carriers.find_matches_as_indexes("".join(pieces), overlapping=True):
            while start >= border:
                which += 1
                border = borders[which]
                ...
        return out


@lru_cache(maxsize=4)
def screen_of(pack: Pack) -> Screen:
    """The screen of a pack, built once."""
    return Screen(pack)
