"""Words of a text with their source offsets, and a spaCy language that cuts words the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
from spacy.attrs import LOWER  # type: ignore[import-not-found]  # compiled, without a stub
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from oncospan.pipeline.medspacy_adapter import silence

silence()

_TOKEN = re.compile(r"\w+|[^\w\s]")


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
    found = list(_TOKEN.finditer(text, start, len(text) if end is None else end))
    return Tokens([m.group() for m in found], [m.start() for m in found], [m.end() for m in found])


def doc_of(vocab: Vocab, tokens: Tokens, sent_starts: Sequence[bool] | None = None) -> Doc:
    """A spaCy Doc of the words; ``sent_starts`` says which open a sentence (only the first when not given)."""
    opens: list[bool | int | None] = [i == 0 for i in range(len(tokens.words))]
    if sent_starts is not None:
        opens = list(sent_starts)
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
    """An empty English spaCy language that cuts words by our rule."""
    nlp = spacy.blank("en")
    # Only the lower-case form of a word is ever asked for; the other attributes cost most of the time of a new word.
    getters: dict[int, Any] = nlp.vocab.lex_attr_getters  # type: ignore[attr-defined]  # missing in the stub
    for attribute in [a for a in getters if a != LOWER]:
        del getters[attribute]
    nlp.tokenizer = Tokenizer(nlp.vocab)
    return nlp
