"""medspaCy's target matcher over the pack's terms: which pack rule matched which tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span

from oncospan.pack import Pack, TermRule
from oncospan.pipeline.medspacy_adapter import TargetMatcher, TargetRule

GROUP = "targets"
_GUARD_REACH = 40


@dataclass(frozen=True, slots=True)
class Match:
    """A pack rule and the span it matched."""

    rule: TermRule
    span: Span


class Targets:
    """Fills ``doc.spans["targets"]`` with the longest guarded matches of the pack's terms."""

    def __init__(self, nlp: Language, pack: Pack) -> None:
        self._matcher = TargetMatcher(nlp, result_type=None, prune=False)
        self._rules = {term.id: term for term in pack.terms}
        self.trapped: set[str] = set()
        """The trap rules that matched in the last Doc."""
        for term in pack.terms:
            self._matcher.add([self._target_rule(nlp, term, literal) for literal in term.literals()])

    @staticmethod
    def _target_rule(nlp: Language, term: TermRule, literal: str) -> TargetRule:
        # The label carries the rule id: spaCy keeps one extension value a span, whichever rules matched it.
        if not term.exact:
            return TargetRule(literal=literal, category=term.id)
        pattern = [{"ORTH": token.text} for token in nlp.tokenizer(literal)]
        return TargetRule(literal=literal, category=term.id, pattern=pattern)

    def __call__(self, doc: Doc, sentence_of: Sequence[int], sentences: Sequence[str], offsets: Sequence[tuple[int, int]]) -> list[Match]:
        """The matches in the doc, guards passed and overlaps settled for the longest; they are put in the span group.

        ``sentence_of`` gives each token's sentence, ``sentences`` the texts, ``offsets`` each token's place in its sentence.
        """
        found = []
        for span in self._matcher(doc):
            rule = self._rules[span.label_]
            which = sentence_of[span.start]
            if sentence_of[span.end - 1] == which and _passes(
                rule, sentences[which], offsets[span.start][0], offsets[span.end - 1][1]
            ):
                found.append(Match(rule, Span(doc, span.start, span.end, label=rule.category.upper())))
        settled = _longest(found)
        self.trapped = {m.rule.id for m in settled if m.rule.category == "trap"}
        kept = [m for m in settled if m.rule.category != "trap"]
        doc.spans[GROUP] = [m.span for m in kept if m.rule.category not in ("side", "grade", "behavior")]
        return kept


def _passes(rule: TermRule, sentence: str, start: int, end: int) -> bool:
    if rule.unless_before and rule.unless_before.search(sentence, max(0, start - _GUARD_REACH), start):
        return False
    if rule.unless_after and rule.unless_after.match(sentence, end, end + _GUARD_REACH):
        return False
    return not rule.needs or rule.needs.search(sentence) is not None


def _longest(matches: Iterable[Match]) -> list[Match]:
    """The matches without those that overlap a longer one; equal ones go to the earlier, then to the smaller rule id."""
    taken: list[tuple[int, int]] = []
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.span.start - m.span.end, m.span.start, m.rule.id)):
        span = (match.span.start, match.span.end)
        at = bisect_left(taken, span)
        before_clear = at == 0 or taken[at - 1][1] <= span[0]
        if before_clear and (at == len(taken) or span[1] <= taken[at][0]):
            taken.insert(at, span)
            kept.append(match)
    return sorted(kept, key=lambda m: m.span.start)
