"""medspaCy's target matcher over the pack's terms: which pack rule matched which tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from spacy.language import Language

from oncospan.pack import Pack, TermRule
from oncospan.pipeline.medspacy_adapter import TargetMatcher, TargetRule
from oncospan.pipeline.mentions.phrases import Phrases, Rest
from oncospan.pipeline.text.screen import Words, spelled, words_of
from oncospan.pipeline.text.window import Window

_GUARD_REACH = 40


class Match(NamedTuple):
    """A pack rule and the tokens it matched, end exclusive."""

    rule: TermRule
    start: int
    end: int


class LiteralMatcher(TargetMatcher):  # type: ignore[misc]  # medspaCy has no types
    """medspaCy's target matcher with many literals a rule, which gives its matches as they are.

    The stock component wants a rule and a Doc for each literal, seconds for a pack, and a Doc of the note, of which it makes a span
    with an extension value for each match; most of these a guard or a longer match takes away again.
    """

    def __init__(self, nlp: Language, terms: Iterable[tuple[TermRule, Iterable[Words]]]) -> None:
        super().__init__(nlp, result_type=None, prune=False)
        matcher: Any = self._TargetMatcher__matcher
        self._rule_map, self._labels = matcher.rule_map, matcher.labels
        self._terms: list[TermRule] = []
        # Asked by itself: medspaCy asks a token matcher and a regex matcher too, which have no patterns here.
        self._phrases = Phrases(self._added(terms))

    def _added(self, terms: Iterable[tuple[TermRule, Iterable[Words]]]) -> Iterator[Rest]:
        """The phrases of the terms, each of which becomes a rule of the matcher."""
        for number, (term, literals) in enumerate(terms):
            self._rule_map[term.id] = TargetRule(literal=term.terms[0], category=term.id)
            self._labels.add(term.id)
            self._terms.append(term)
            for words in literals:
                yield number, words, ()

    def matches(self, words: Sequence[str]) -> list[tuple[TermRule, int, int]]:
        """The term rule, the first word and the end of every match."""
        return [(self._terms[number], start, end) for number, start, end in self._phrases(words)]


class Targets:
    """Finds the pack's terms in windows."""

    def __init__(self, nlp: Language, pack: Pack) -> None:
        # words of procedures refine tests and operations and must not push others aside
        terms = [term for term in pack.terms if term.category != "procedure"]
        lowered = spelled(pack)
        self._any_case = LiteralMatcher(nlp, ((t, lowered[t]) for t in terms if not t.exact))
        self._exact = LiteralMatcher(nlp, ((t, map(tuple, map(words_of, t.literals()))) for t in terms if t.exact))

    def __call__(self, window: Window) -> list[Match]:
        """The matches in the window, guards passed and overlaps settled for the longest, in order; traps are among them."""
        sentence_of = window.sentence_of
        every = [*self._any_case.matches(window.lowered), *self._exact.matches(window.words)]
        return _longest([m for m in every if sentence_of[m[1]] == sentence_of[m[2] - 1]], window)


def passes(rule: TermRule, sentence: str, start: int, end: int) -> bool:
    """Whether the guards of a rule let a match at these places of its sentence stand."""
    if rule.unless_before and rule.unless_before.search(sentence, max(0, start - _GUARD_REACH), start):
        return False
    if rule.unless_after and rule.unless_after.match(sentence, end, end + _GUARD_REACH):
        return False
    return not rule.needs or rule.needs.search(" ".join(sentence.split())) is not None


def _longest(matches: Iterable[tuple[TermRule, int, int]], window: Window) -> list[Match]:
    """The matches that pass their guards, without those that overlap a longer one; equal ones go to the earlier, then to the smaller rule id.

    The guards are asked last: half of the matches lie within a longer one.
    """
    taken: list[tuple[int, int]] = []
    kept: list[Match] = []
    for rule, start, end in sorted(matches, key=lambda m: (m[1] - m[2], m[1], m[0].id)):
        span = (start, end)
        at = bisect_left(taken, span)
        free = (at == 0 or taken[at - 1][1] <= start) and (at == len(taken) or end <= taken[at][0])
        if free and _stands(rule, start, end, window):
            taken.insert(at, span)
            kept.append(Match(rule, start, end))
    return sorted(kept, key=itemgetter(1))


_COLUMNS = " " * 6
"""The least blanks between two columns of a table."""


def _across_columns(words: str) -> bool:
    """Whether the words of one line stand in two columns ("margin: positive          lymph nodes: 12")."""
    return _COLUMNS in words and "\n" not in words


def _stands(rule: TermRule, start: int, end: int, window: Window) -> bool:
    """Whether the guards of a rule let a match of those tokens stand."""
    which = window.sentence_of[start]
    offset = window.sentences[which].start
    first, last = window.starts[start] - offset, window.ends[end - 1] - offset
    return not _across_columns(window.texts[which][first:last]) and passes(rule, window.texts[which], first, last)
