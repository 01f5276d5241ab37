"""What the pipeline hands up from spaCy: mentions of pack terms with their assertion, in source offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from oncospan.pipeline.text.segmentation import Section, Sentence
from oncospan.pipeline.text.value import value
from oncospan.signals import Signals
from oncospan.types import Assertion, Evidence

STATED = (Assertion.PRESENT, Assertion.HISTORY)
"""What is so, or was."""
HELD = (Assertion.PRESENT, Assertion.UNCERTAIN)
"""What is so, or may be."""
ONCE_HELD = (*HELD, Assertion.HISTORY)
"""What is so, may be or was."""
SAMPLES = frozenset({"biopsy", "fna", "cytology"})
"""Tests that take a part of a lesion and leave the rest."""

_NO_ENDS: Mapping[int, int] = MappingProxyType({})
_NO_ATTRS: Mapping[str, str] = MappingProxyType({})


@value
class Mention:
    """One match of a pack term: offsets into the note, its category and concept, and what ConText decided."""

    start: int
    end: int
    category: str
    concept: str
    rule: str
    attrs: Mapping[str, str] = field(default_factory=lambda: _NO_ATTRS)
    assertion: Assertion = Assertion.PRESENT
    cues: tuple[Evidence, ...] = field(default=(), repr=False)
    sentence: int = 0

    @property
    def weak(self) -> bool:
        """Whether the word names a lump without saying it is a tumor of concern (mass, lesion, nodule)."""
        return self.attrs.get("strength") == "weak"

    @property
    def current(self) -> bool:
        """Whether the mention speaks of the patient and neither denies nor merely supposes."""
        return self.assertion in STATED


class _ByCategory(dict[tuple[str, ...], Sequence[Mention]]):
    """The mentions of a line by the categories asked for: some fifty questions a line, most of them the same few."""

    __slots__ = ("_held", "_mentions")

    def __init__(self, mentions: tuple[Mention, ...]) -> None:
        self._mentions = mentions
        for mention in mentions:
            key = (mention.category,)
            self[key] = (*self[key], mention) if key in self else (mention,)
        self._held = {category for (category,) in self}

    def __missing__(self, categories: tuple[str, ...]) -> Sequence[Mention]:
        held = not self._held.isdisjoint(categories)
        found = self[categories] = tuple([m for m in self._mentions if m.category in categories]) if held else ()
        return found


_NOWHERE = re.compile(r"\A(?!)")
"""Matches nothing, and sees so at once."""


class _Within(dict[str, re.Pattern[str]]):
    """The patterns of the signals as far as they may stand in one sentence: each of the others matches nothing."""

    __slots__ = ("_found", "_signals")

    def __init__(self, signals: Signals, text: str) -> None:
        self._signals, self._found = signals, signals.found(text)

    def __missing__(self, signal: str) -> re.Pattern[str]:
        pattern = self[signal] = self._signals[signal] if signal in self._found else _NOWHERE
        return pattern


class _Said(dict[str, re.Match[str] | None]):
    """Where each signal first stands in a sentence, sought when it is first asked: most are ruled out at a glance."""

    __slots__ = ("_text", "_within")

    def __init__(self, within: _Within, text: str) -> None:
        self._within, self._text = within, text

    def __missing__(self, signal: str) -> re.Match[str] | None:
        pattern = self._within[signal]
        found = self[signal] = None if pattern is _NOWHERE else pattern.search(self._text)
        return found


@value
class Line:
    """A sentence that was read: where it stands, what its section says of it, and its mentions in order.

    ``flags`` are the trust flags of its section. ``within`` holds the pattern of every signal for a look at a part of this
    sentence, and at nothing else.
    """

    sentence: Sentence
    section: Section | None
    index: int
    text: str = field(repr=False)
    mentions: tuple[Mention, ...]
    signals: Signals = field(repr=False)
    flags: frozenset[str] = field(init=False, repr=False, compare=False)
    within: _Within = field(init=False, repr=False, compare=False)
    _by_category: _ByCategory = field(init=False, repr=False, compare=False)
    _said: _Said = field(init=False, repr=False, compare=False)
    _every: dict[str, tuple[re.Match[str], ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "flags", self.section.flags if self.section else frozenset())
        put(self, "within", _Within(self.signals, self.text))
        put(self, "_by_category", _ByCategory(self.mentions))
        put(self, "_said", _Said(self.within, self.text))
        put(self, "_every", {})

    def of(self, *categories: str) -> Sequence[Mention]:
        """The mentions of the named categories, in order."""
        return self._by_category[categories]

    def says(self, signal: str) -> re.Match[str] | None:
        """Where the signal of that id first stands in the sentence."""
        return self._said[signal]

    def every(self, signal: str) -> Sequence[re.Match[str]]:
        """Every place where the signal of that id stands in the sentence, in order."""
        if signal not in self._every:
            self._every[signal] = tuple(self.within[signal].finditer(self.text))
        return self._every[signal]

    def word(self, mention: Mention) -> str:
        """The words of a mention, lowered."""
        offset = self.sentence.start
        return self.text[mention.start - offset : mention.end - offset].lower()

    def between(self, a: Mention, b: Mention) -> str:
        """The text from the end of the earlier mention to the start of the later one."""
        if a.start > b.start:
            a, b = b, a
        offset = self.sentence.start
        return self.text[a.end - offset : b.start - offset]


@value
class Reading:
    """A note as the pipeline read it: the sentences that matter, in order; ``ends`` corrects those of mended words.

    ``sections`` names the sections of the whole note, also those without such a sentence.
    """

    text: str = field(repr=False)
    lines: tuple[Line, ...]
    signals: Signals = field(repr=False)
    ends: Mapping[int, int] = field(default_factory=lambda: _NO_ENDS, repr=False)
    sections: frozenset[str] = frozenset()
    _starts: list[int] = field(init=False, repr=False, compare=False)
    _holding: dict[str, list[Line]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", [ln.sentence.start for ln in self.lines])
        holding: dict[str, list[Line]] = {}
        for line in self.lines:
            for category in {m.category for m in line.mentions}:
                holding.setdefault(category, []).append(line)
        object.__setattr__(self, "_holding", holding)

    def holding(self, category: str) -> Sequence[Line]:
        """The sentences that hold a mention of the category, in order."""
        return self._holding.get(category, ())

    def told(self, category: str) -> Iterator[tuple[Line, Mention]]:
        """The mentions of the category with their sentences, in order."""
        return ((line, m) for line in self.holding(category) for m in line.of(category))

    def cut(self, start: int, end: int) -> tuple[int, int, str]:
        """Where a span of the text read stands in the note, and what stands there."""
        end = self.ends.get(end, end)
        return start, end, self.text[start:end]

    def evidence(self, start: int, end: int, rule: str) -> Evidence:
        """The span as evidence, with the section it stands in."""
        at = bisect_right(self._starts, start) - 1
        section = self.lines[at].section if at >= 0 and start < self.lines[at].sentence.end else None
        name = section.name if section else None
        start, end, words = self.cut(start, end)
        return Evidence(start=start, end=end, text=words, section=name, rule=rule)

    def of_mention(self, mention: Mention) -> Evidence:
        """The mention as evidence."""
        return self.evidence(mention.start, mention.end, mention.rule)
