"""medspaCy ConText with the pack's whole rule set, over the targets of a Doc."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from oncospan.pipeline.medspacy_adapter import ConText, ConTextGraph, ConTextModifier, ConTextRule
from oncospan.pipeline.mentions.context_rules import ContextRule
from oncospan.pipeline.mentions.phrases import Phrases
from oncospan.pipeline.mentions.scope import Callback, Manner, Reach, answer, backward, either, forward

GROUP = "targets"
Match = tuple[int, int, int]
"""The number of a rule, and the first word and the end of its cue."""

_GUARDED = frozenset({"NEGATED_EXISTENCE", "POSSIBLE_EXISTENCE", "PLANNED", "HYPOTHETICAL", "AFFIRMED"})
"""Categories whose forward cues stop at a shielding noun ("progression of") and at a fresh clause."""


_DENYING = frozenset({"NEGATED_EXISTENCE", "POSSIBLE_EXISTENCE"})
"""Categories that say nothing of a target which only qualifies another noun ("tumor necrosis: not identified")."""
_DATED = frozenset({"PLANNED", "HISTORICAL", "RESOLVED"})
_COURSED = frozenset({"PLANNED", "HISTORICAL"})
"""Categories that reach a treatment through the counts of its course ("completed 6 cycles of carboplatin")."""
_TREATMENT = "TREATMENT"


class SentenceConText(ConText):  # type: ignore[misc]  # medspaCy has no types
    """medspaCy's ConText, comparing cues within their sentence only and asking each rule's test how far its cue reaches.

    The stock component compares all cues of a Doc pairwise, and skips a terminating cue when the scope lies strictly
    inside the terminator's own; it takes one literal a rule, and spaCy's matcher all of them written out. Rules, modifiers and
    the meaning of every direction are medspaCy's.
    """

    def __init__(self, nlp: Language, rules: Iterable[ContextRule]) -> None:
        super().__init__(nlp, rules=None, span_attrs=None, input_span_type="group", span_group_name=GROUP)
        rules = tuple(rules)
        self._numbered = [_medspacy_rule(rule) for rule in rules]
        self._cues = Phrases(phrase for number, rule in enumerate(rules) for phrase in rule.phrases(number))

    def __call__(self, doc: Doc, targets: str | None = None) -> Doc:
        """The Doc with ``span._.modifiers`` set on the targets and ``doc._.context_graph`` on itself."""
        del targets  # the span group is the only place targets come from
        opens = [sentence.start for sentence in doc.sents]
        sentence_of = [bisect_right(opens, token) - 1 for token in range(len(doc))]
        spans = list(doc.spans.get(self.span_group_name, ()))
        words = [token.lower_ for token in doc]
        modifiers = self.modifiers(words, opens, sentence_of, range(len(opens)))
        edges = []
        for span in spans:
            which = sentence_of[span.start]
            end = opens[which + 1] if which + 1 < len(opens) else len(doc)
            if found := reaching(modifiers.get(which, ()), Target(span.start, span.end, span.label_), words, end):
                span._.modifiers = found
                edges += [(span, m) for m in found]
        every = [m for group in modifiers.values() for m in group]
        doc._.context_graph = ConTextGraph(targets=spans, modifiers=every, edges=edges)
        return doc

    def modifiers(
        self, words: Sequence[str], opens: Sequence[int], sentence_of: Sequence[int], asked: Container[int]
    ) -> dict[int, list[Any]]:
        """The modifiers of the sentences asked for, in order; ``opens`` and ``sentence_of`` tell the sentences of the words."""
        borders = [*opens, len(words)]
        by_sentence: dict[int, list[Any]] = {}
        for number, start, end in _longest([m for m in self._cues(words) if sentence_of[m[1]] in asked], sentence_of):
            rule = self._numbered[number]
            which = sentence_of[start]
            left, right = _scope(rule, start, end, borders[which], borders[which + 1])
            by_sentence.setdefault(which, []).append(ConTextModifier(rule, start, end, None, scope_start=left, scope_end=right))
        for group in by_sentence.values():
            if len(group) > 1:
                _limit(group, words)
        return by_sentence


class Target(NamedTuple):
    """The tokens that cues may speak of, and what they name: a span without its Doc, made in a tenth of the time."""

    start: int
    end: int
    label: str


def reaching(modifiers: Iterable[Any], target: Target, words: Sequence[str], end: int) -> tuple[Any, ...]:
    """Those of a sentence's modifiers that reach a target; ``words`` are those of the Doc in lower case, ``end`` is the sentence's."""
    return tuple([m for m in modifiers if _modifies(m, target, words, end)])


def _longest(matches: Iterable[Match], sentence_of: Sequence[int]) -> list[Match]:
    """The matches in order without those that overlap a longer (or as long an earlier) one; no cue runs from one sentence into the next."""
    taken: set[int] = set()
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m[1] - m[2], m[1])):
        _, start, end = match
        place = range(start, end)
        if taken.isdisjoint(place) and sentence_of[start] == sentence_of[end - 1]:
            taken.update(place)
            kept.append(match)
    return sorted(kept, key=itemgetter(1, 2))


def _scope(rule: Any, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """The tokens a cue may reach in its sentence before any other cue cuts it."""
    most = rule.max_scope
    left = first if most is None else max(first, start - most)
    right = last if most is None else min(last, end + most)
    if rule.direction == "FORWARD":
        return end, right
    return (left, start) if rule.direction == "BACKWARD" else (left, right)


def _modifies(modifier: Any, target: Target, words: Sequence[str], end: int) -> bool:
    start, stop, label = target
    left, right = modifier.scope_span
    if left >= stop or start >= right:
        return False
    cue = modifier.modifier_span
    if cue[0] < stop and start < cue[1]:
        return False
    reaches = modifier.rule.metadata["treats" if label == _TREATMENT else "reaches"]
    return reaches is not None and bool(modifier.allows(label)) and bool(reaches(words, end, cue, (start, stop)))


def _limit(modifiers: Sequence[Any], words: Sequence[str]) -> None:
    """Cuts the scopes of one sentence's cues at terminating cues and at cues of the same category, as medspaCy does."""
    marks = [(m, *m.modifier_span, m.category, m.direction == "TERMINATE", m.rule.metadata["colon"]) for m in modifiers]
    for self, start, end, category, _, _ in marks:
        direction, by = self.direction, self.rule.terminated_by
        if direction in ("TERMINATE", "PSEUDO"):
            continue
        left, right = self.scope_span
        for other, other_start, other_end, other_category, ends, colon in marks:
            if other is self or not (ends or other_category in by or _alike(self, other, category, other_category)):
                continue
            if colon and (other_start == end or other_end == start):
                continue  # "negative for: a, b", "metastases: possible"
            if colon and category == "FAMILY" and _in_brackets(words[end:other_start]):
                continue  # "father (d. 61): lung cancer"
            if other_start > start and direction != "BACKWARD":
                right = min(right, other_start)
            if other_end < end and direction != "FORWARD":
                left = max(left, other_end)
        self._scope_start, self._scope_end = left, right


def _in_brackets(words: Sequence[str]) -> bool:
    """Whether the words are one remark in brackets."""
    return len(words) > 2 and words[0] == "(" and words[-1] == ")" and ")" not in words[:-1]


def _alike(self: Any, other: Any, category: str, other_category: str) -> bool:
    # Stock ConText also asks for equal excluded types; a cue that leaves out one kind of target still opens a new scope.
    return category == other_category and self.allowed_types == other.allowed_types


def build_context(nlp: Language, rules: Iterable[ContextRule]) -> Any:
    """medspaCy ConText holding exactly ``rules``, working on ``doc.spans["targets"]``; call it with a Doc."""
    return SentenceConText(nlp, rules)


def _medspacy_rule(rule: ContextRule) -> Any:
    # What follows a forward cue ends where a new clause is opened ("which", ", multiple"); a relative's story goes on there.
    ahead = rule.direction in ("FORWARD", "ANSWER")
    return ConTextRule(
        literal=next(rule.literals()),
        category=rule.category,
        direction="BIDIRECTIONAL" if rule.direction == "ANSWER" else rule.direction,
        allowed_types=set(rule.allowed) if rule.allowed is not None else None,
        excluded_types=set(rule.excluded) if rule.excluded is not None else None,
        max_scope=rule.max_scope,
        max_targets=rule.max_targets,
        terminated_by=rule.terminated_by | ({"BREAK", "SUBJECT"} if ahead and rule.category != "FAMILY" else set()),
        metadata={
            "id": rule.id,
            "colon": rule.terms == (":",),
            "reaches": _test(rule),
            "treats": _test(rule, treatment=True),
        },
    )


def _test(rule: ContextRule, *, treatment: bool = False) -> Callback | None:
    making = {"FORWARD": forward, "BACKWARD": backward, "ANSWER": answer, "BIDIRECTIONAL": either}.get(rule.direction)
    manner = Manner(
        guarded=rule.category in _GUARDED,
        denies=rule.category in _DENYING,
        known=rule.category in _DENYING or rule.category == "PLANNED",
        # A treatment is supposed with its condition; a tumor spoken of before is there whatever becomes of it.
        spoken=rule.category == "HYPOTHETICAL" and not treatment,
        course=treatment and rule.category in _COURSED and rule.reach in (Reach.PHRASE, Reach.REMOVAL),
        timed=rule.category in _DATED,
        barred_by=rule.barred_by,
    )
    return making(rule.reach, manner) if making else None
