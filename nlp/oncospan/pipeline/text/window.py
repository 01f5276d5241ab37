"""The sentences of a note that matter, side by side in one small spaCy Doc, with the way back to the note's offsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import add
from typing import Any

import numpy as np
from spacy.attrs import SENT_START  # type: ignore[import-not-found]  # compiled, without a stub
from spacy.tokens import Doc
from spacy.vocab import Vocab

from oncospan.pipeline.text.screen import words_of
from oncospan.pipeline.text.segment import Sentence
from oncospan.pipeline.text.tokens import LOWER_ONLY, starts_of
from oncospan.pipeline.text.value import value

MOST_WORDS = 20_000
"""How many different words a vocabulary holds before the next Doc gets a new one."""


_INSIDE = 2**64 - 1
"""How spaCy writes minus one, "begins no sentence"."""


class _Hashes(dict[str, int]):
    """spaCy's hash of each word of a vocabulary; a new word is added to it."""

    def __init__(self, vocab: Vocab) -> None:
        self._add = vocab.strings.add

    def __missing__(self, word: str) -> int:
        number = self[word] = self._add(word)
        return number


@value
class Window:
    """Whole sentences as a Doc: its words, the first of each sentence, where each stands in the note and in which of the sentences."""

    doc: Doc
    words: Sequence[str]
    opens: Sequence[int]
    sentences: Sequence[Sentence]
    texts: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    sentence_of: Sequence[int]

    def __repr__(self) -> str:
        return f"Window(<{len(self.sentences)} sentences>)"


class Windows:
    """Makes windows; holds the vocabulary of their Docs.

    spaCy keeps every word it ever saw, so the vocabulary is thrown away when it has grown; ``strings`` are those that every
    one must hold. Words go in by their hashes, kept here: twice as fast as spaCy's own look-up.
    """

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = tuple(strings)
        self._renew()

    def _renew(self) -> None:
        self._vocab = Vocab(lex_attr_getters=LOWER_ONLY)
        for string in self._strings:
            self._vocab.strings.add(string)
        self._hashes = _Hashes(self._vocab)

    def of(self, text: str, sentences: Sequence[Sentence]) -> Window:
        """The window of some sentences of ``text``."""
        words: list[str] = []
        starts: list[int] = []
        sentence_of: list[int] = []
        opens: list[int] = []
        for which, sentence in enumerate(sentences):
            its_words = words_of(text[sentence.start : sentence.end])
            opens.append(len(words))
            words += its_words
            starts += starts_of(text, its_words, sentence.start)
            sentence_of += [which] * len(its_words)
        return Window(
            doc=self._doc(words, opens),
            words=words,
            opens=opens,
            sentences=sentences,
            texts=[text[s.start : s.end] for s in sentences],
            starts=starts,
            ends=list(map(add, starts, map(len, words))),
            sentence_of=sentence_of,
        )

    def _doc(self, words: Sequence[str], opens: Sequence[int]) -> Doc:
        if len(self._hashes) > MOST_WORDS:
            self._renew()
        hashed: list[Any] = [self._hashes[word] for word in words]
        doc = Doc(self._vocab, words=hashed)
        starts: Any = np.full(len(words), _INSIDE, dtype=np.uint64)
        starts[opens] = 1
        doc.from_array([SENT_START], starts)  # what Doc itself makes of a list of them takes as long as all the rest
        return doc
