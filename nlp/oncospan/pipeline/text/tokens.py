"""Words of a text with their source offsets, and a spaCy language that cuts words the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.attrs import LOWER  # type: ignore[import-not-found]  # compiled, without a stub
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from oncospan.pipeline.medspacy_adapter import silence
from oncospan.pipeline.text.screen import words_of

silence()

LOWER_ONLY: Any = {LOWER: str.lower}
"""What spaCy computes of a new word. Only its lower-case form is ever asked for; the rest costs most of the time."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Words in order with the offsets of each in the source text; ``text[starts[i]:ends[i]] == words[i]``."""

    words: list[str]
    starts: list[int]
    ends: list[int]

    def __repr__(self) -> str:
        return f"Tokens(<{len(self.words)} words>)"

    @property
    def spaces(self) -> list[bool]:
        """Whether white space stands after each word, as spaCy's Doc wants it."""
        gaps = [after > end for end, after in zip(self.ends, self.starts[1:], strict=False)]
        return [*gaps, False] if self.words else []


def tokenize(text: str, start: int = 0, end: int | None = None) -> Tokens:
    """The words of ``text[start:end]``: runs of word characters, and every other visible character by itself."""
    words = words_of(text[start:end])
    starts = starts_of(text, words, start)
    return Tokens(words, starts, [a + len(word) for a, word in zip(starts, words, strict=True)])


def starts_of(text: str, words: Sequence[str], at: int) -> list[int]:
    """Where each of the words stands in ``text`` from ``at`` on, with only white space before it."""
    find = text.find
    starts: list[int] = []
    for word in words:
        at = find(word, at)
        starts.append(at)
        at += len(word)
    return starts


def doc_of(vocab: Vocab, tokens: Tokens) -> Doc:
    """A spaCy Doc of the words, as one sentence."""
    opens: list[bool | int | None] = [i == 0 for i in range(len(tokens.words))]
    return Doc(vocab, words=tokens.words, spaces=tokens.spaces, sent_starts=opens)


class Tokenizer:
    """Our word rule as ``nlp.tokenizer``, so that phrase patterns are cut exactly like notes."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """The Doc of a text, as one sentence."""
        return doc_of(self.vocab, tokenize(text))

    # spaCy calls these four when a Language is saved or loaded; there is nothing to keep.
    def to_bytes(self, **_: Any) -> bytes:
        """Nothing: the rule is code."""
        return b""

    def from_bytes(self, _data: bytes, **_: Any) -> Tokenizer:
        """This tokenizer."""
        return self

    def to_disk(self, _path: str | Path, **_: Any) -> None:
        """Writes nothing: the rule is code."""

    def from_disk(self, _path: str | Path, **_: Any) -> Tokenizer:
        """This tokenizer."""
        return self


def blank() -> Language:
    """An empty spaCy language that cuts words by our rule."""
    # spacy.blank would first build the English tokenizer, with its thousand exceptions
    return Language(Vocab(lex_attr_getters=LOWER_ONLY), create_tokenizer=lambda nlp: Tokenizer(nlp.vocab))
