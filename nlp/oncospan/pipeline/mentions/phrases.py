"""Phrases of words found in a Doc: spaCy's PhraseMatcher in what it answers, unfolded only as far as notes ask.

The pack writes phrases with alternatives, ``(was|were) (later|) confirmed``: written out they are a hundred thousand, which
spaCy's matcher takes seconds and a hundred megabytes to hold. Here a phrase is kept as it is written, and a word of it is
looked at when a note holds the words before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.tokens import Doc

from oncospan.pipeline.text.screen import Words

Slot = tuple[Words, ...]
"""The words that may stand at one place of a phrase; no words at all may be one of the choices."""

Rest = tuple[int, Words, tuple[Slot, ...]]
"""What is left of a phrase: its number, the words that come next, and the places behind those."""


class _Node:
    """Where some words lead: the numbers of the phrases that end there, and the rests of the others by their next word."""

    __slots__ = ("ahead", "ends", "open")

    def __init__(self, rests: Iterable[Rest]) -> None:
        ends: dict[int, None] = {}
        self.open: dict[str, list[Rest]] = {}
        for number, words, slots in _unfolded(rests):
            if not words:
                ends[number] = None
            elif (those := self.open.get(words[0])) is not None:
                those.append((number, words[1:], slots))
            else:
                self.open[words[0]] = [(number, words[1:], slots)]
        self.ends = tuple(ends)
        self.ahead: dict[int, _Node | list[Rest]] | None = None
        """The nodes behind this one by the number of a word, or what they are made of; None before a note comes here."""


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
    """Finds phrases in Docs by one attribute of their tokens; build it from all phrases, each with a number."""

    def __init__(self, rests: Iterable[Rest], attribute: int, number_of: Callable[[str], int]) -> None:
        self._number_of = number_of
        self._attribute: list[int | str] = [attribute]
        self._first = self._ahead(_Node(rests))

    def __call__(self, doc: Doc) -> list[tuple[int, int, int]]:
        """The number, the first token and the end of every phrase in the Doc, overlapping ones too."""
        first = self._first
        words: list[Any] = doc.to_array(self._attribute).ravel().tolist()
        last = len(words)
        found = []
        for start in [at for at, word in enumerate(words) if word in first]:
            ahead, at = first, start
            while (node := ahead.get(words[at])) is not None:
                if isinstance(node, list):
                    node = ahead[words[at]] = _Node(node)
                at += 1
                if node.ends:
                    found += [(number, start, at) for number in node.ends]
                if at == last:
                    break
                ahead = node.ahead if node.ahead is not None else self._ahead(node)
        return found

    def _ahead(self, node: _Node) -> dict[int, _Node | list[Rest]]:
        number_of = self._number_of
        ahead: dict[int, _Node | list[Rest]] = {number_of(word): rests for word, rests in node.open.items()}
        node.ahead, node.open = ahead, {}
        return ahead


def clash(rests: Iterable[Rest]) -> tuple[Words, tuple[int, ...]] | None:
    """A phrase that several numbers have, and those numbers; None where there is none."""
    todo: list[tuple[Words, Iterable[Rest]]] = [((), rests)]
    while todo:
        words, these = todo.pop()
        node = _Node(these)
        if len(node.ends) > 1:
            return words, node.ends
        todo += [((*words, word), rest) for word, rest in node.open.items() if len({r[0] for r in rest}) > 1]
    return None
