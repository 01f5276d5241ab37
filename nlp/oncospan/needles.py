"""Literals of which a pattern always needs one: patterns whose literals are absent from a text need not be tried on it.

Trying a pattern of words in a sentence takes some ten microseconds, and most are in no sentence; one automaton finds the literals
of all patterns at once in less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import ahocorasick_rs

_SHORTEST = 3
"""Shorter literals stand in every other sentence, and so do these; a pattern that asks for no other is always tried."""
_MARKS = frozenset(":;-/?(=%")
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


_TOKEN = re.compile(
    r"""(?P<look> \(\?<?[=!] ) | (?P<group> \((?:\?(?:P<\w+>|[aiLmsu]*(?:-[ims]+)?:|>)|(?!\?)) ) | (?P<end> \) ) | (?P<bar> \| )
      | (?P<repeat> (?:[*+?]|\{\d*,?\d*\})[+?]? ) | (?P<place> \\[bBAZ] | [\^$] )
      | (?P<mark> \\[^\w\s] )
      | (?P<class> \\(?:x\w\w|u\w{4}|U\w{8}|N\{[^}]*\}|\d+|.) | \. | \[\^?\]?(?:\\.|[^\]\\])*\] | \(\?P=\w+\) )
      | (?P<text> [^\\()|*+?{\[.^$]+ | \{ ) | (?P<odd> . )""",
    re.DOTALL | re.VERBOSE,
)
"""What a pattern is written of; ``re`` would read it in three times the time, and a start reads hundreds."""

Literals = frozenset[str] | None


def needles(pattern: re.Pattern[str] | Written) -> Literals:
    """Lower-case literals of which one stands in every ASCII text that the pattern matches, whatever its case; None without such."""
    if pattern.flags & re.VERBOSE:
        return None
    try:
        return _of_ways(_TOKEN.finditer(pattern.pattern))
    except _OddError:
        return None


class _OddError(Exception):
    """The pattern holds something rare."""


def _of_ways(tokens: Iterator[re.Match[str]]) -> Literals:
    """Those of all alternatives up to the end of their group."""
    ways: list[Literals] = []
    parts: list[Literals] = []
    run = ""
    for token in tokens:
        kind, written = token.lastgroup, token[0]
        if kind == "place":  # takes no character: a literal goes on behind it
            continue
        if kind in ("text", "mark"):
            run += written.lower().removeprefix("\\")
            continue
        if kind == "repeat":
            optional = written.startswith(("?", "*", "{0", "{,"))
            if run:
                parts.append(frozenset({run[:-1] if optional else run}))
            elif optional and parts:
                parts[-1] = None
            run = ""
            continue
        if run:
            parts.append(frozenset({run}))
            run = ""
        if kind in ("group", "look"):
            within = _of_ways(tokens)
            parts.append(within if kind == "group" else None)  # a look takes no character, and may say what must not stand there
        elif kind == "class":
            parts.append(None)
        elif kind == "bar":
            ways.append(_best(parts))
            parts = []
        elif kind == "end":
            break
        else:
            raise _OddError
    ways.append(_best([*parts, frozenset({run})]))
    return None if None in ways else frozenset().union(*(way for way in ways if way is not None))


def _best(parts: Iterable[Literals]) -> Literals:
    """Those of the part with the rarest: every part of a sequence must match."""
    found = [n for n in parts if n is not None and min(map(_telling, n)) >= _SHORTEST and not n & _EVERYWHERE]
    return max(found, key=lambda n: (n.isdisjoint(_COMMON), min(map(len, n)), -len(n)), default=None)


def _telling(literal: str) -> int:
    """How much a literal tells, by its length; a mark that stands in few sentences tells as much as a short word."""
    return _SHORTEST if literal in _MARKS else len(literal)


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
