"""From a note to its mentions: screen, segment, window, target matcher, ConText. The spaCy Doc ends here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from spacy.tokens import Doc

from oncospan.pack import CARRIERS, Pack
from oncospan.pipeline.assertion import Decision, build_context, checkbox, decide, read_context
from oncospan.pipeline.mention import Line, Mention, Reading
from oncospan.pipeline.screen import lowered, screen_of
from oncospan.pipeline.segment import Segmentation, Segmenter, Sentence, read_sections
from oncospan.pipeline.targets import Match, Targets
from oncospan.pipeline.tokens import blank, tokenize
from oncospan.types import Evidence

WINDOW_SENTENCES = 24
"""How many kept sentences share one Doc: ConText compares all cues of a Doc pairwise, so windows stay small."""


class Reader:
    """Reads notes with one pack; holds the spaCy pipeline, so build one a process."""

    def __init__(self, pack: Pack) -> None:
        self._screen = screen_of(pack)
        self._segment = Segmenter(read_sections(pack.root))
        self._nlp = blank()
        self._targets = Targets(self._nlp, pack)
        self._context = build_context(self._nlp, read_context(pack.root))

    def read(self, text: str, *, whole: bool = False) -> Reading:
        """The mentions of a note by sentence; ``whole`` reads every sentence instead of those that matter."""
        low = lowered(text)
        if not self._screen.matters(low):
            return Reading(text=text, lines=())
        segmentation = self._segment(text)
        sentences = segmentation.sentences
        if whole:
            kept = list(range(len(sentences)))
        else:
            kept = _with_headings(sentences, self._screen.kept(low, [(s.start, s.end) for s in sentences]))
        lines: list[Line] = []
        for at in range(0, len(kept), WINDOW_SENTENCES):
            lines += self._window(text, segmentation, kept[at : at + WINDOW_SENTENCES])
        telling = [ln.index for ln in lines if any(m.category in CARRIERS for m in ln.mentions)]
        wanted = set(_with_headings(sentences, telling))
        return Reading(text=text, lines=tuple(ln for ln in lines if ln.mentions and ln.index in wanted))

    def rules_in(self, text: str) -> set[str]:
        """The ids of the rules that match in a short text, whatever the screen says."""
        reading = self._window(text, self._segment(text), list(range(len(self._segment(text).sentences))))
        return {m.rule for ln in reading for m in ln.mentions} | self._targets.trapped

    def _window(self, text: str, segmentation: Segmentation, indexes: list[int]) -> list[Line]:
        sentences = [segmentation.sentences[i] for i in indexes]
        words: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        sentence_of: list[int] = []
        opens: list[bool] = []
        for which, sentence in enumerate(sentences):
            tokens = tokenize(text, sentence.start, sentence.end)
            words += tokens.words
            starts += tokens.starts
            ends += tokens.ends
            sentence_of += [which] * len(tokens.words)
            opens += [i == 0 for i in range(len(tokens.words))]
        doc = Doc(self._nlp.vocab, words=words, spaces=[True] * len(words), sent_starts=opens)
        texts = [text[s.start : s.end] for s in sentences]
        offsets = [
            (a - sentences[w].start, b - sentences[w].start) for a, b, w in zip(starts, ends, sentence_of, strict=True)
        ]
        matches = self._targets(doc, sentence_of, texts, offsets)
        if matches:
            self._context(doc)
        by_line: list[list[Mention]] = [[] for _ in sentences]
        for match in matches:
            which = sentence_of[match.span.start]
            section = segmentation.sections[sentences[which].section]
            by_line[which].append(_mention(match, starts, ends, text, indexes[which], section.flags))
        return [
            _line(text, sentence, segmentation, index, mentions)
            for sentence, index, mentions in zip(sentences, indexes, by_line, strict=True)
        ]


def _with_headings(sentences: Sequence[Sentence], telling: Iterable[int]) -> list[int]:
    """The telling sentences, each with the headings that stand right before it, in order."""
    out: set[int] = set()
    for i in telling:
        out.add(i)
        while i and sentences[i - 1].heading:
            i -= 1
            out.add(i)
    return sorted(out)


def _line(text: str, sentence: Sentence, segmentation: Segmentation, index: int, mentions: list[Mention]) -> Line:
    body = text[sentence.start : sentence.end]
    boxed = checkbox(body)
    kept = () if boxed == "unticked" else tuple(mentions)
    return Line(sentence=sentence, section=segmentation.sections[sentence.section], index=index, text=body, mentions=kept)


def _mention(
    match: Match, starts: list[int], ends: list[int], text: str, sentence: int, flags: frozenset[str]
) -> Mention:
    decision: Decision = decide(match.span, flags)
    cues = tuple(
        Evidence(
            start=starts[c.start_token], end=ends[c.end_token - 1], text=text[starts[c.start_token] : ends[c.end_token - 1]],
            rule=c.rule_id,
        )
        for c in decision.cues
    )  # fmt: skip
    return Mention(
        start=starts[match.span.start],
        end=ends[match.span.end - 1],
        category=match.rule.category,
        concept=match.rule.concept,
        rule=match.rule.id,
        attrs=match.rule.attrs,
        assertion=decision.assertion,
        cues=cues,
        sentence=sentence,
    )


@lru_cache(maxsize=2)
def reader_of(pack: Pack) -> Reader:
    """The reader of a pack, built once a process."""
    return Reader(pack)
