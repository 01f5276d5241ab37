"""The words of the sentences of a note that matter, side by side, with the way back to the note's offsets."""

from __future__ import annotations

from collections.abc import Sequence
from operator import add

from oncospan.pipeline.text.screen import words_of
from oncospan.pipeline.text.segmentation import Sentence
from oncospan.pipeline.text.tokens import starts_of
from oncospan.pipeline.text.value import value


@value
class Window:
    """The words of whole sentences: the first of each sentence, where each stands in the note and in which of the sentences."""

    words: Sequence[str]
    lowered: Sequence[str]
    opens: Sequence[int]
    sentences: Sequence[Sentence]
    texts: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    sentence_of: Sequence[int]

    def __repr__(self) -> str:
        return f"Window(<{len(self.sentences)} sentences>)"


def window_of(text: str, sentences: Sequence[Sentence]) -> Window:
    """The window of some sentences of ``text``."""
    words: list[str] = []
    starts: list[int] = []
    sentence_of: list[int] = []
    opens: list[int] = []
    texts = [text[s.start : s.end] for s in sentences]
    for which, (sentence, its_text) in enumerate(zip(sentences, texts, strict=True)):
        its_words = words_of(its_text)
        opens.append(len(words))
        words += its_words
        starts += starts_of(text, its_words, sentence.start)
        sentence_of += [which] * len(its_words)
    return Window(
        words=words,
        lowered=" ".join(words).lower().split(),  # no word holds a blank, nor gets one
        opens=opens,
        sentences=sentences,
        texts=texts,
        starts=starts,
        ends=list(map(add, starts, map(len, words))),
        sentence_of=sentence_of,
    )
