"""What a note says of a target: medspaCy ConText with the pack's whole rule set, and the decision from its cues.

Precedence, strongest first; the cues of the winning rung are what the decision stands on:

1. family: somebody else's, or a family section, unless the patient is the subject of the clause;
2. hypothetical: a condition or a risk ("if", "risk of");
3. absent: a denial, also with an uncertain cue ("no definite evidence of", "suspected … was ruled out");
4. uncertain, and hypothetical by purpose or plan ("evaluate for", "scheduled"): the nearer of the two; a plan also gives
   way to a nearer history ("scheduled for imaging after prior chemotherapy");
5. history: former or resolved;
6. present.

An affirming cue ("known", "no new", "are stable", "confirmed by biopsy") takes away the weaker claims (3, 4) whose cue
stands farther from the target on the same side; behind the target it also takes away those that stand before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any, Literal

from spacy.tokens import Span

from oncospan.pack import Pack
from oncospan.pipeline.mentions.context import GROUP, Target, build_context
from oncospan.pipeline.mentions.context_rules import SCOPE_ONLY, ContextRule, read_context
from oncospan.pipeline.text.forms import ticked_answers
from oncospan.pipeline.text.headings import read_sections
from oncospan.pipeline.text.segment import Segmenter
from oncospan.pipeline.text.segmentation import Segmentation
from oncospan.pipeline.text.tokens import Tokens, blank, doc_of, tokenize
from oncospan.pipeline.text.value import value
from oncospan.types import Assertion, Evidence


@value
class Cue:
    """A cue that applies to a target: tokens of the Doc, end exclusive, and the rule that found it."""

    start_token: int
    end_token: int
    rule_id: str
    category: str


@value
class Decision:
    """An assertion and the cues that decided it."""

    assertion: Assertion
    cues: tuple[Cue, ...] = field(default=())


_RUNGS: tuple[tuple[Assertion, frozenset[str]], ...] = (
    (Assertion.FAMILY, frozenset({"FAMILY"})),
    (Assertion.HYPOTHETICAL, frozenset({"HYPOTHETICAL"})),
    (Assertion.ABSENT, frozenset({"NEGATED_EXISTENCE"})),
    (Assertion.HYPOTHETICAL, frozenset({"PLANNED"})),
    (Assertion.UNCERTAIN, frozenset({"POSSIBLE_EXISTENCE"})),
    (Assertion.HISTORY, frozenset({"HISTORICAL", "RESOLVED"})),
    (Assertion.PRESENT, frozenset({"AFFIRMED"})),
)
_PRESENT = Decision(assertion=Assertion.PRESENT)
_SUPPOSING = frozenset({"hypothetical", "superseded"})
_SUPPOSED = Decision(assertion=Assertion.HYPOTHETICAL)
_SUSPECTED = Decision(assertion=Assertion.UNCERTAIN)
_SPEAKERS = frozenset({"PATIENT", "SUBJECT", "FAMILY"})
_NEARER_THAN_PLAN = frozenset({"POSSIBLE_EXISTENCE", "HISTORICAL", "RESOLVED"})
_WEAKER = frozenset({"NEGATED_EXISTENCE", "POSSIBLE_EXISTENCE", "PLANNED"})


def decide(span: Span, flags: frozenset[str] = frozenset()) -> Decision:
    """What the cues on a span decide, whose Doc went through ConText; ``flags`` are those of its section."""
    first = span.sent.start
    around = [m for m in span.doc._.context_graph.modifiers if first <= m.modifier_span[0]]
    return decided(Target(span.start, span.end, span.label_), span._.modifiers, around, flags)


def decided(target: Target, modifiers: Sequence[Any], around: Iterable[Any], flags: frozenset[str]) -> Decision:
    """What its modifiers decide of a target; ``around`` are all of its sentence.

    ``flags`` are those of its section: "family" makes all family that does not speak of the patient, "hypothetical"
    (consent, instructions) makes a bare mention hypothetical, "superseded" (a first reading) all that is not denied, "uncertain"
    (a provisional diagnosis) makes it uncertain. Whether a "history" section means history is for the case.
    """
    if not modifiers and not flags:
        return _PRESENT
    cues = [_cue(m) for m in modifiers]
    if len(cues) > 1:
        cues = sorted(set(cues), key=lambda c: (c.start_token, c.end_token, c.rule_id))
    if "family" in flags and not _patient_speaks(target, around):
        return Decision(assertion=Assertion.FAMILY, cues=tuple(c for c in cues if c.category == "FAMILY"))
    standing = _standing(cues, target)
    for assertion, categories in _RUNGS:
        deciding = tuple([c for c in standing if c.category in categories])
        if deciding:
            if "superseded" in flags and assertion is not Assertion.ABSENT:
                return _SUPPOSED
            return Decision(assertion=assertion, cues=deciding)
    if flags & _SUPPOSING:
        return _SUPPOSED
    return _SUSPECTED if "uncertain" in flags else _PRESENT


def _cue(modifier: Any) -> Cue:
    start, end = modifier.modifier_span
    rule = modifier.rule
    return Cue(start_token=start, end_token=end, rule_id=rule.metadata["id"], category=rule.category)


def _distance(cue: Cue, target: Target) -> int:
    return target.start - cue.end_token if cue.end_token <= target.start else cue.start_token - target.end


def _standing(cues: list[Cue], target: Target) -> list[Cue]:
    """The cues that no nearer cue takes away."""
    if len(cues) < 2:  # as for most
        return cues
    affirming = [c for c in cues if c.category == "AFFIRMED"]
    kept = [c for c in cues if c.category not in _WEAKER or not any(_outweighs(a, c, target) for a in affirming)]
    rivals = [c for c in kept if c.category in _NEARER_THAN_PLAN]
    planned = [_distance(c, target) for c in kept if c.category == "PLANNED"]
    if rivals and planned and min(_distance(c, target) for c in rivals) < min(planned):
        return [c for c in kept if c.category != "PLANNED"]
    return kept


def _outweighs(affirming: Cue, cue: Cue, target: Target) -> bool:
    if affirming.start_token >= target.end and cue.end_token <= target.start:
        return True
    same_side = (affirming.start_token >= target.end) == (cue.start_token >= target.end)
    return same_side and _distance(affirming, target) < _distance(cue, target)


def _patient_speaks(target: Target, around: Iterable[Any]) -> bool:
    """Whether the patient, and no relative after that, is named before the target in its sentence."""
    named = [m for m in around if m.modifier_span[0] < target.start and m.category in _SPEAKERS]
    return bool(named) and named[-1].category != "FAMILY"


_BOX = re.compile(
    r"\[[ \t]{0,3}([xX\u2713\u2714]?)[ \t]{0,3}\]|([\u2610\u25a1])|([\u2611\u2612\u25a0])|\([ \t]{0,3}([xX]?)[ \t]{0,3}\)"
)
_REFUSAL = re.compile(r"[ \t]{0,3}(?:no|none|absent|negative|n)\b(?![ \t]{1,3}\w)", re.IGNORECASE)


def checkbox(sentence: str, at: int | None = None) -> Literal["ticked", "unticked"] | None:
    """What a check box says of a sentence: ticked, unticked (which asserts nothing and denies nothing), None without a box.

    With ``at`` (an offset in the sentence) the box that governs that place: the nearest before it, else the first ticked
    one behind it. A ticked box in front of a bare "No" counts as unticked.
    """
    if sentence.isascii() and "[" not in sentence and "(" not in sentence:
        return None  # as for most
    boxes = [(m.start(), _ticked(m, sentence)) for m in _BOX.finditer(sentence)]
    if not boxes:
        return None
    before = [ticked for start, ticked in boxes if at is not None and start < at]
    ticked = before[-1] if before else any(t for _, t in boxes)
    return "ticked" if ticked else "unticked"


def _ticked(box: re.Match[str], sentence: str) -> bool:
    marked = bool(box.group(1) or box.group(3) or box.group(4))
    return marked and not _REFUSAL.match(sentence, box.end())


_MASK = "target"
"""Stands in for the words of a span that take part in a cue: no word of a span is its own cue."""


class SpanAsserter:
    """Asserts spans of texts with one pack's context rules and sections; holds a spaCy language, so build one a process."""

    def __init__(self, pack: Pack) -> None:
        self._segment = Segmenter(read_sections(pack.root))
        self._nlp = blank()
        self._context = build_context(self._nlp, read_context(pack.root))
        self._last: tuple[str, str, Segmentation] | None = None

    def of(self, text: str, start: int, end: int, label: str = GROUP) -> tuple[Assertion, tuple[Evidence, ...]]:
        """The assertion of ``text[start:end]`` and the cues that decided it; ``label`` is its kind of target, upper case.

        Part words count whole. A span beside an unticked check box is hypothetical: the form asserts and denies nothing.
        Raises ValueError when the span is empty or not within the text.
        """
        if not 0 <= start < end <= len(text):
            raise ValueError(f"span {start}:{end} is empty or not within the {len(text)} characters of the text")
        read, segmentation = self._segmented(text)
        touched = [s for s in segmentation.sentences if s.start < end and start < s.end]
        if not touched:
            return Assertion.PRESENT if read[start:end] == text[start:end] else Assertion.HYPOTHETICAL, ()
        first, last = touched[0].start, touched[-1].end
        section = segmentation.sections[touched[0].section]
        if not read[start:end].strip() or checkbox(read[first:last], start - first) == "unticked":
            return Assertion.HYPOTHETICAL, ()
        tokens = tokenize(read, first, last)
        inside = [i for i, (a, b) in enumerate(zip(tokens.starts, tokens.ends, strict=True)) if a < end and start < b]
        if not inside:
            return Assertion.PRESENT, ()
        decision = decide(self._target(tokens, inside, label), section.flags)
        return decision.assertion, tuple(
            Evidence(start=a, end=b, text=text[a:b], section=section.name, rule=c.rule_id)
            for c in decision.cues
            for a, b in [(tokens.starts[c.start_token], tokens.ends[c.end_token - 1])]
        )

    def _segmented(self, text: str) -> tuple[str, Segmentation]:
        """The text as its boxes have it and its segmentation, kept for the next span of the same text."""
        if self._last is None or self._last[0] != text:
            read = ticked_answers(text)
            self._last = (text, read, self._segment(read))
        return self._last[1:]

    def _target(self, tokens: Tokens, inside: Sequence[int], label: str) -> Span:
        """The span as a target with its cues; where its own words take part in a cue, they are masked."""
        target = self._read(tokens, inside, label)
        if not _meddles(target):
            return target
        words = list(tokens.words)
        for i in inside:
            words[i] = _MASK
        return self._read(Tokens(words, tokens.starts, tokens.ends), inside, label)

    def _read(self, tokens: Tokens, inside: Sequence[int], label: str) -> Span:
        doc = doc_of(self._nlp.vocab, tokens)
        target = Span(doc, inside[0], inside[-1] + 1, label=label)
        doc.spans[GROUP] = [target]
        self._context(doc)
        return target


def _meddles(target: Span) -> bool:
    """Whether a cue holds words of the target; a scope border that only ends at the target does no harm."""
    for modifier in target.doc._.context_graph.modifiers:
        start, end = modifier.modifier_span
        if start < target.end and target.start < end and (start >= target.start or modifier.category not in SCOPE_ONLY):
            return True
    return False


__all__ = [
    "GROUP",
    "ContextRule",
    "Cue",
    "Decision",
    "SpanAsserter",
    "build_context",
    "checkbox",
    "decide",
    "decided",
    "read_context",
]
