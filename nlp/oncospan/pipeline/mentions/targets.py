"""medspaCy's target matcher over the pack's terms: which pack rule matched which tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from oncospan.pack import Pack, TermRule
from oncospan.pipeline.medspacy_adapter import TargetMatcher, TargetRule
from oncospan.pipeline.text.screen import words_of
from oncospan.pipeline.text.window import Window

_GUARD_REACH = 40


class Match(NamedTuple):
    """A pack rule and the tokens it matched, end exclusive."""

    rule: TermRule
    start: int
    end: int


class LiteralMatcher(TargetMatcher):  # type: ignore[misc]  # medspaCy has no types
    """medspaCy's target matcher with many literals a rule, which gives its matches as they are.

    The stock component wants a rule and a Doc for each literal, seconds for a pack, and makes a span with an extension value
    of each match, most of which a guard or a longer match takes away again.
    """

    def __init__(self, nlp: Language, attribute: str) -> None:
        super().__init__(nlp, phrase_matcher_attr=attribute, result_type=None, prune=False)
        matcher: Any = self._TargetMatcher__matcher
        self._rule_map, self._labels = matcher.rule_map, matcher.labels
        # Asked by itself: medspaCy asks a token matcher and a regex matcher too, which have no patterns here.
        self._phrases: Any = matcher._MedspacyMatcher__phrase_matcher  # noqa: SLF001  # there is no door

    def add_literals(self, rule: TargetRule, literals: Iterable[str]) -> int:
        """Adds a rule with all its literals, in lower case for a matcher of ``LOWER``; its matches carry the number returned."""
        self._rule_map[rule.category] = rule
        self._labels.add(rule.category)
        hashed = self.nlp.vocab.strings.add
        self._phrases.add(rule.category, [[hashed(word) for word in words_of(literal)] for literal in literals])
        return int(hashed(rule.category))

    def matches(self, doc: Doc) -> list[tuple[int, int, int]]:
        """The number of the rule, the first token and the end of every match."""
        found: list[tuple[int, int, int]] = self._phrases(doc)
        return found


class Targets:
    """Finds the pack's terms in windows."""

    def __init__(self, nlp: Language, pack: Pack) -> None:
        self._any_case, self._exact = LiteralMatcher(nlp, "LOWER"), LiteralMatcher(nlp, "ORTH")
        self._rules: dict[int, TermRule] = {}
        for term in pack.terms:
            if term.category == "procedure":
                continue  # these words refine tests and operations and must not push others aside
            literals = list(term.literals()) if term.exact else [literal.lower() for literal in term.literals()]
            matcher = self._exact if term.exact else self._any_case
            rule = TargetRule(literal=literals[0], category=term.id)
            self._rules[matcher.add_literals(rule, literals)] = term

    def __call__(self, window: Window) -> list[Match]:
        """The matches in the window, guards passed and overlaps settled for the longest, in order; traps are among them."""
        found = []
        for number, start, end in [*self._any_case.matches(window.doc), *self._exact.matches(window.doc)]:
            rule = self._rules[number]
            which = window.sentence_of[start]
            if window.sentence_of[end - 1] == which:
                offset = window.sentences[which].start
                if passes(rule, window.texts[which], window.starts[start] - offset, window.ends[end - 1] - offset):
                    found.append(Match(rule, start, end))
        return _longest(found)


def passes(rule: TermRule, sentence: str, start: int, end: int) -> bool:
    """Whether the guards of a rule let a match at these places of its sentence stand."""
    if rule.unless_before and rule.unless_before.search(sentence, max(0, start - _GUARD_REACH), start):
        return False
    if rule.unless_after and rule.unless_after.match(sentence, end, end + _GUARD_REACH):
        return False
    return not rule.needs or rule.needs.search(sentence) is not None


def _longest(matches: Iterable[Match]) -> list[Match]:
    """The matches without those that overlap a longer one; equal ones go to the earlier, then to the smaller rule id."""
    taken: list[tuple[int, int]] = []
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start - m.end, m.start, m.rule.id)):
        span = (match.start, match.end)
        at = bisect_left(taken, span)
        before_clear = at == 0 or taken[at - 1][1] <= span[0]
        if before_clear and (at == len(taken) or span[1] <= taken[at][0]):
            taken.insert(at, span)
            kept.append(match)
    return sorted(kept, key=lambda m: m.start)
