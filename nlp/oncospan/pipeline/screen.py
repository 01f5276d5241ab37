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
        rests: dict[str, list[re.Pattern[str] | None]] = {}
        for literal in sorted({spelled.lower() for rule in rules for spelled in rule.literals()}):
            seed, pattern = _seed(literal)
            rests.setdefault(seed, []).append(pattern)
        self._seeds = sorted(rests)
        self._rests = [None if None in rests[s] else tuple(p for p in rests[s] if p) for s in self._seeds]
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
            if rest is None or any(p.search(low, max(0, start - 200), min(size, end + 200)) for p in rest):
                yield start


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _seed(literal: str) -> tuple[str, re.Pattern[str] | None]:
    """The longest word of a literal, and the pattern of the whole literal unless it is that one word."""
    tokens = _TOKEN.findall(literal)
    seed = max(tokens, key=len)
    if len(tokens) == 1:
        return seed, None
    return seed, re.compile(r"(?<!\w)" + r"\s{0,80}".join(map(re.escape, tokens)) + r"(?!\w)")


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
