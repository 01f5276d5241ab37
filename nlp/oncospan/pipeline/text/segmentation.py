"""What a note is cut into: its sections and sentences."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from oncospan.pipeline.text.value import value


class Section(NamedTuple):
    """A heading with its text, ``start`` to ``end``; ``name`` is None before the first heading and below an unknown one.

    This and :class:`Sentence` are named tuples, not frozen dataclasses like the other values: they are made for every sentence
    of a note, four times as fast.
    """

    name: str | None
    title_start: int
    title_end: int
    start: int
    end: int
    flags: frozenset[str]


class Sentence(NamedTuple):
    """A sentence, list item or heading, trimmed; sentences of one ``group`` stand in one paragraph, item or specimen."""

    start: int
    end: int
    section: int
    heading: bool
    list_item: bool
    line_start: bool
    group: int

    def lists(self, item: Sentence) -> bool:
        """Whether a sentence behind this one may be an item of the list it opens: marked as one, or a short line of its paragraph."""
        if item.list_item:
            return True
        line = item.line_start and not item.heading and item.end - item.start <= _ITEM
        return line and item.group == self.group and item.section == self.section


_ITEM = 60
"""How long a line without a mark may be to pass for an item of a list."""


@value
class Segmentation:
    """The sections and sentences of one note; every character that is not white space is in exactly one sentence."""

    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]

    def sentence_at(self, offset: int) -> int | None:
        """The index of the sentence that holds the character at ``offset``; None in white space between sentences."""
        i = bisect_left(self.sentences, offset + 1, key=lambda s: s.end)
        return i if i < len(self.sentences) and self.sentences[i].start <= offset else None
