"""The sentences of a note that matter, side by side in one small spaCy Doc, with the way back to the note's offsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.tokens import Doc
from spacy.vocab import Vocab

from oncospan.pipeline.segment import Sentence
from oncospan.pipeline.tokens import LOWER_ONLY, tokenize

MOST_WORDS = 50_000
"""How many different words a vocabulary holds before the next Doc gets a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Whole sentences as a Doc: where each token stands in the note, and in which of the sentences."""

    doc: Doc
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
        self._hashes: dict[str, int] = {}

    def of(self, text: str, sentences: Sequence[Sentence]) -> Window:
        """The window of some sentences of ``text``."""
        words: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        sentence_of: list[int] = []
        opens: list[Any] = []
        for which, sentence in enumerate(sentences):
            tokens = tokenize(text, sentence.start, sentence.end)
            words += tokens.words
            starts += tokens.starts
            ends += tokens.ends
            sentence_of += [which] * len(tokens.words)
            opens.append(True)
            opens += [False] * (len(tokens.words) - 1)
        return Window(
            doc=self._doc(words, opens), sentences=sentences, texts=[text[s.start : s.end] for s in sentences],
            starts=starts, ends=ends, sentence_of=sentence_of,
        )  # fmt: skip

    def _doc(self, words: Sequence[str], opens: list[Any]) -> Doc:
        if len(self._hashes) > MOST_WORDS:
            self._renew()
        hashes, add = self._hashes, self._vocab.strings.add
        hashed: list[Any] = []
        for word in words:
            known = hashes.get(word)
            if known is None:
                known = hashes[word] = add(word)
            hashed.append(known)
        return Doc(self._vocab, words=hashed, sent_starts=opens)
