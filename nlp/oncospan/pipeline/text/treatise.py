"""Passages that teach of a disease and tell nothing of the patient: the discussion of a case, what a report recalls of the literature."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import ahocorasick_rs

from oncospan.pipeline.text.segmentation import Sentence
from oncospan.signals import Signals, plain_words


class Treatise:
    """Finds the sentences that teach: those of a paragraph around a general statement, as far as none tells of the case."""

    def __init__(self, signals: Signals) -> None:
        self._lesson, self._case = signals.ways("talk.lesson"), signals.ways("talk.case")
        hints = plain_words(signals["talk.lesson_hint"])
        self._of_case = frozenset(plain_words(signals["talk.case_word"]))
        self._hints = ahocorasick_rs.AhoCorasick(
            hints, matchkind=ahocorasick_rs.MatchKind.Standard, implementation=ahocorasick_rs.Implementation.DFA
        )

    def taught(self, text: str, low: str, sentences: Sequence[Sentence], asked: Iterable[int]) -> set[int]:
        """The indexes of the sentences of ``text`` that teach, in the paragraphs of those asked for; ``low`` is the text lowered."""
        groups = {sentences[i].group for i in asked}
        out: set[int] = set()
        seen, at = -1, 0
        for _, start, _ in self._hints.find_matches_as_indexes(low):
            while at + 1 < len(sentences) and sentences[at].end <= start:
                at += 1
            if at == seen or at in out or sentences[at].group not in groups:
                continue
            seen = at
            start, end = sentences[at].start, sentences[at].end
            if (
                self._running(low, sentences[at])
                and self._lesson.stand_in(text, start, end)  # asked first: hardly a sentence teaches
                and not self._case.stand_in(text, start, end)
            ):
                out.add(at)
                out.update(self._around(text, low, sentences, at))
        return out

    def _general(self, text: str, low: str, sentence: Sentence) -> bool:
        """Whether a sentence is running text in which nothing ties it to the patient."""
        return self._running(low, sentence) and not self._case.stand_in(text, sentence.start, sentence.end)

    def _running(self, low: str, sentence: Sentence) -> bool:
        """Whether a sentence is running text without a word of the case."""
        plain = not sentence.heading and not sentence.list_item
        return plain and self._of_case.isdisjoint(low[sentence.start : sentence.end].split())

    def _around(self, text: str, low: str, sentences: Sequence[Sentence], at: int) -> Iterator[int]:
        """The sentences of the same paragraph that go on teaching; those before it only where they open the paragraph."""
        group = sentences[at].group
        after = at + 1
        while after < len(sentences) and sentences[after].group == group and self._general(text, low, sentences[after]):
            yield after
            after += 1
        first = at
        while first and sentences[first - 1].group == group:
            first -= 1
        if all(s.heading or self._general(text, low, s) for s in sentences[first:at]):
            yield from (i for i in range(first, at) if not sentences[i].heading)
