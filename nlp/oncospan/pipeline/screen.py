"""Is there anything in this note for us, and in which sentences? One automaton over the pack's words answers.

A sentence is kept when a carrier term stands in it, exactly as the target matcher would find it, so that reading only
the kept sentences changes no finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import ahocorasick_rs

from oncospan.pack import Pack, TermRule

_TOKEN = re.compile(r"\w+|[^\w\s]")


def lowered(text: str) -> str:
    """``text`` in lower case, of the same length: a character whose lower case is longer is kept as it is."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


class _Automaton:
    """Positions of whole-word literals in a text, white space between words of a literal being free."""

    def __init__(self, rules: Iterable[TermRule]) -> None:
        rests: dict[str, list[tuple[str, ...]]] = {}
        for literal in sorted({spelled.lower() for rule in rules for spelled in rule.literals()}):
            tokens = tuple(_TOKEN.findall(literal))
            rests.setdefault(max(tokens, key=len), []).append(tokens)
        self._seeds = sorted(rests)
        self._rests = [None if (s,) in rests[s] else tuple(rests[s]) for s in self._seeds]
        self._automaton = ahocorasick_rs.AhoCorasick(self._seeds or ["\0"], matchkind=ahocorasick_rs.MatchKind.Standard)

    def positions(self, low: str) -> Iterable[int]:
        """Where a literal stands in the lowered text: one position inside each, rising."""
        size = len(low)
        for which, start, end in self._automaton.find_matches_as_indexes(low, overlapping=True):
            if start and _word(low[start - 1]) and _word(low[start]):
                continue
            if end < size and _word(low[end]) and _word(low[end - 1]):
                continue
            rest = self._rests[which]
            if rest is None or any(_stands(low, start, end, tokens) for tokens in rest):
                yield start


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _stands(low: str, start: int, end: int, tokens: tuple[str, ...]) -> bool:
    """Whether the words of a literal stand around its longest word at ``start:end``, with any white space between them."""
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
"""How much white space may stand between two words of a literal."""


class Screen:
    """Tells whether a note matters and which of its sentences do."""

    def __init__(self, pack: Pack) -> None:
        self._anchors = _Automaton(r for r in pack.terms if r.anchor)
        self._carriers = _Automaton(r for r in pack.terms if r.carrier)

    def matters(self, low: str) -> bool:
        """Whether an anchor term stands anywhere in the lowered text."""
        return any(True for _ in self._anchors.positions(low))

    def kept(self, low: str, spans: Sequence[tuple[int, int]]) -> list[int]:
        """The indexes of the spans (ordered, disjoint) in which a carrier term stands."""
        out: list[int] = []
        i = 0
        for at in sorted(set(self._carriers.positions(low))):
            while i < len(spans) and spans[i][1] <= at:
                i += 1
            if i == len(spans):
                break
            if spans[i][0] <= at and (not out or out[-1] != i):
                out.append(i)
        return out


@lru_cache(maxsize=4)
def screen_of(pack: Pack) -> Screen:
    """The screen of a pack, built once."""
    return Screen(pack)
