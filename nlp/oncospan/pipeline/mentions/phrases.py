"""Phrases found among words: spaCy's PhraseMatcher in what it answers, unfolded only as far as notes ask.

The pack writes phrases with alternatives, ``(was|were) (later|) confirmed``: written out they are a hundred thousand, which
spaCy's matcher takes seconds and a hundred megabytes to hold. Here a phrase is kept as it is written, and a word of it is
looked at when a note holds the words before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

from oncospan.pipeline.text.screen import Words

Slot = tuple[Words, ...]
"""The words that may stand at one place of a phrase; no words at all may be one of the choices."""

Rest = tuple[int, Words, tuple[Slot, ...]]
"""What is left of a phrase: its number, the words that come next, and the places behind those."""


class _Node:
    """Where some words lead: the numbers of the phrases that end there, and what is behind by the next word.

    That is a node, or the rests it is made of when a note comes there.
    """

    __slots__ = ("ahead", "ends")

    def __init__(self, rests: Iterable[Rest]) -> None:
        ends: dict[int, None] = {}
        behind: dict[str, list[Rest]] = {}
        for number, words, slots in _unfolded(rests):
            if not words:
                ends[number] = None
            elif (those := behind.get(words[0])) is not None:
                those.append((number, words[1:], slots))
            else:
                behind[words[0]] = [(number, words[1:], slots)]
        self.ends = tuple(ends)
        self.ahead: dict[str, _Node | list[Rest]] = {**behind}


def _unfolded(rests: Iterable[Rest]) -> Iterator[Rest]:
    """The rests with the choices of the next place written out; those without words are at their end."""
    for rest in rests:
        number, words, slots = rest
        if words or not slots:
            yield rest
        else:
            rest_of = slots[1:]
            yield from _unfolded([(number, choice, rest_of) for choice in slots[0]])


class Phrases:
    """Finds phrases among words; build it from all phrases, each with a number."""

    def __init__(self, rests: Iterable[Rest]) -> None:
        self._first = _Node(rests).ahead

    def __call__(self, words: Sequence[str]) -> list[tuple[int, int, int]]:
        """The number, the first word and the end of every phrase among the words, overlapping ones too."""
        first = self._first
        words = [*words, _END]
        found = []
        for start in compress(range(len(words)), map(first.__contains__, words)):
            ahead, at = first, start
            while (node := ahead.get(words[at])) is not None:
                if isinstance(node, list):
                    node = ahead[words[at]] = _Node(node)
                at += 1
                if node.ends:
                    found += [(number, start, at) for number in node.ends]
                ahead = node.ahead
        return found


_END = ""
"""Stands behind the last word and is none of a phrase, so that every phrase ends there."""


def clash(rests: Iterable[Rest]) -> tuple[Words, tuple[int, ...]] | None:
    """A phrase that several numbers have, and those numbers; None where there is none."""
    todo: list[tuple[Words, Iterable[Rest]]] = [((), rests)]
    while todo:
        words, these = todo.pop()
        node = _Node(these)
        if len(node.ends) > 1:
            return words, node.ends
        todo += [
            ((*words, word), rest)
            for word, rest in node.ahead.items()
            if not isinstance(rest, _Node) and len({r[0] for r in rest}) > 1
        ]
    return None
