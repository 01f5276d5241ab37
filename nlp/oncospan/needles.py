"""Literals of which a pattern always needs one: patterns whose literals are absent from a text need not be tried on it.

Trying a pattern of words in a sentence takes some ten microseconds, and most are in no sentence; one automaton finds the literals
of all patterns at once in less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from re import _constants as op  # type: ignore[attr-defined]  # how the standard library reads a pattern
from re import _parser  # type: ignore[attr-defined]  # the same
from typing import Any, NamedTuple

import ahocorasick_rs

_SHORTEST = 3
"""Shorter literals stand in every other sentence, and so do these; a pattern that asks for no other is always tried."""
_EVERYWHERE = frozenset(
    ["the", " the", "was", "were", "are", "and", " and ", "for", " of", "her", "his", "all", "can", "not", " not", "had", "that", "this", "from"]
)  # fmt: skip
_COMMON = frozenset(
    ["metasta", "metast", "metastas", "metastatic", "carcino", "carcinoma", "tumo", "cancer", "node", "nodul", "nodule", "mass",
     "lesion", "liver", "right", "disease", "patient", " patient", "patient ", "normal", "negative", "positive", "this ", "show", "shows", "used",
     "not ", "without ", "from ", "after ", "other", "diagnos"]
)  # fmt: skip
"""Literals of many sentences that are read: others are sought in their place where a pattern needs such too."""


class Written(NamedTuple):
    """A pattern that nobody compiled yet."""

    pattern: str
    flags: int


def needles(pattern: re.Pattern[str] | Written) -> frozenset[str] | None:
    """Lower-case literals of which one stands in every ASCII text that the pattern matches, whatever its case; None without such."""
    return _of_sequence(_parser.parse(pattern.pattern, pattern.flags))


def _of_sequence(parts: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """Those of the part with the rarest: every part of a sequence must match."""
    found = [n for n in _of_parts(parts) if n is not None and min(map(len, n)) >= _SHORTEST and not n & _EVERYWHERE]
    return max(found, key=lambda n: (n.isdisjoint(_COMMON), min(map(len, n)), -len(n)), default=None)


def _of_parts(parts: Iterable[tuple[Any, Any]]) -> list[frozenset[str] | None]:
    out: list[frozenset[str] | None] = []
    run = ""
    for kind, what in parts:
        if kind is op.LITERAL:
            run += chr(what).lower()
            continue
        if kind is op.AT:
            continue  # takes no character: a literal goes on behind it
        out += [frozenset({run})] if run else []
        run = ""
        out.append(_of_part(kind, what))
    return [*out, frozenset({run})] if run else out


def _of_part(kind: Any, what: Any) -> frozenset[str] | None:
    if kind is op.SUBPATTERN:
        return _of_sequence(what[-1])
    if kind is op.ATOMIC_GROUP:
        return _of_sequence(what)
    if kind is op.BRANCH:
        ways = [_of_sequence(way) for way in what[1]]
        return None if None in ways else frozenset().union(*(w for w in ways if w is not None))
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and what[0] > 0:
        return _of_sequence(what[2])
    return None  # a class of characters, something optional, or a look around, which takes none


class Needles:
    """Finds which of many patterns may match a text."""

    def __init__(self, patterns: Mapping[str, re.Pattern[str]] | Mapping[str, Written]) -> None:
        always: set[str] = set()
        owners: dict[str, set[str]] = {}
        for name, pattern in patterns.items():
            literals = needles(pattern)
            if literals is None:
                always.add(name)
            for literal in literals or ():
                owners.setdefault(literal, set()).add(name)
        self.always = frozenset(always)
        """The patterns that need no literal."""
        self._all = frozenset(patterns)
        self._owners = [owners[literal] for literal in sorted(owners)]
        self._automaton = ahocorasick_rs.AhoCorasick(
            sorted(owners) or ["\0"],
            matchkind=ahocorasick_rs.MatchKind.Standard,
            implementation=ahocorasick_rs.Implementation.DFA,
        )

    def found(self, text: str) -> AbstractSet[str]:
        """The patterns that may match ``text``: those in ``always`` and those of a literal that stands there.

        All where the text is not ASCII: then letters have odd other cases.
        """
        if not text.isascii():
            return self._all
        out = set(self.always)
        for which, _, _ in self._automaton.find_matches_as_indexes(text.lower(), overlapping=True):
            out |= self._owners[which]
        return out


class Ways:
    """A pattern of many alternatives, each compiled and tried only where one of its literals stands."""

    def __init__(self, ways: Iterable[Written]) -> None:
        self._ways = {str(number): way for number, way in enumerate(ways)}
        self._needles = Needles(self._ways)
        self._compiled: dict[str, re.Pattern[str]] = {}

    def stand_in(self, text: str, start: int, end: int) -> bool:
        """Whether one of the alternatives matches within these places of the text."""
        return any(self._pattern(way).search(text, start, end) for way in self._needles.found(text[start:end]))

    def _pattern(self, way: str) -> re.Pattern[str]:
        if (pattern := self._compiled.get(way)) is None:
            pattern = self._compiled[way] = re.compile(*self._ways[way])
        return pattern
