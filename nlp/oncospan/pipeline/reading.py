"""From a note to its mentions: screen, segment, window, target matcher, ConText."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice
from types import MappingProxyType
from typing import NamedTuple

from oncospan.pack import CARRIERS, Pack, TermRule
from oncospan.pipeline.mentions.assertion import Decision, build_context, checkbox, decided, read_context
from oncospan.pipeline.mentions.confirmed import confirmed
from oncospan.pipeline.mentions.context import Target, reaching
from oncospan.pipeline.mentions.given_names import given_names, with_given_names
from oncospan.pipeline.mentions.mention import Line, Mention, Reading
from oncospan.pipeline.mentions.procedure_words import is_act, procedure_words_of
from oncospan.pipeline.mentions.talk import as_said
from oncospan.pipeline.mentions.targets import Match, Targets
from oncospan.pipeline.spread.superseded import settled
from oncospan.pipeline.text.coded_answers import coded_answers
from oncospan.pipeline.text.forms import answered, printed_choices, ticked_answers
from oncospan.pipeline.text.headings import read_sections
from oncospan.pipeline.text.line_stops import without_line_stops
from oncospan.pipeline.text.part_marks import GROSS, LISTED, mark_of, next_mark
from oncospan.pipeline.text.scans import Scans
from oncospan.pipeline.text.screen import lowered, screen_of
from oncospan.pipeline.text.segment import Segmenter
from oncospan.pipeline.text.segmentation import Segmentation, Sentence
from oncospan.pipeline.text.tokens import blank
from oncospan.pipeline.text.treatise import Treatise
from oncospan.pipeline.text.typed import as_typed
from oncospan.pipeline.text.window import Window, window_of
from oncospan.signals import signals
from oncospan.types import Assertion, Evidence

REFINING = frozenset({"side", "grade", "behavior"})
"""Categories that ConText has nothing to say of."""


_HOLDING = "status"
"""The category whose terms may hold the words of an anchor ("no evidence of metastatic disease")."""


_NO_NAMES: Mapping[str, TermRule] = MappingProxyType({})


class _Part(NamedTuple):
    """Sentences of a note that are read together: their indexes, their window, the terms matched in it, the traps among them."""

    indexes: Sequence[int]
    window: Window
    matches: Sequence[Match]
    traps: set[str]


class Reader:
    """Reads notes with one pack; holds the spaCy pipeline, so build one a process."""

    def __init__(self, pack: Pack) -> None:
        self._screen = screen_of(pack)
        sections, context = read_sections(pack.root), read_context(pack.root, tested=pack.tested)
        self._scans = Scans(
            chain(
                (term for rule in pack.terms for term in rule.terms),
                (term for rule in context for term in rule.terms),
                (header for rule in sections for header in rule.headers),
            )
        )
        self._segment = Segmenter(sections)
        nlp = blank()
        self._targets = Targets(nlp, pack)
        self._procedures = procedure_words_of(pack)
        self._context = build_context(nlp, context)
        self._signals = signals(pack)
        self._treatise = Treatise(self._signals)

    def matters(self, text: str) -> bool:
        """Whether a note may tell of a tumor: false for most, which are read no further."""
        return self._screen.matters(lowered(text))

    def read(self, text: str, *, whole: bool = False) -> Reading:
        """The mentions of a note by sentence; ``whole`` reads every sentence instead of those that matter."""
        if not self.matters(text):
            return Reading(text=text, lines=(), signals=self._signals)
        read, ends = self._scans.mend(without_line_stops(ticked_answers(coded_answers(as_typed(text)))))
        note = Reading(text=text, lines=(), signals=self._signals, ends=ends)
        segmentation = settled(self._segment(read), read, self._signals)
        sentences = segmentation.sentences
        names = given_names(read, sentences, self._targets, self._signals)
        if whole:
            kept = list(range(len(sentences)))
        else:
            carried = self._screen.kept(lowered(read), [s[:2] for s in sentences])
            kept = self._with_company(read, segmentation, {*carried, *_naming(read, sentences, names)} if names else carried)
        if not whole and kept and (lessons := self._treatise.taught(read, lowered(read), sentences, kept)):
            kept = [i for i in kept if i not in lessons]
        kept = _told(read, sentences, kept)
        part = self._matched(read, segmentation, kept, names)
        if not any(m.rule.anchor or m.rule.category == _HOLDING for m in part.matches):
            return note  # what the screen saw was no such term: a guard, a longer term or a lesson says so
        lines = confirmed(self._lines(read, segmentation, part, note), read, segmentation, self._signals)
        telling = [ln.index for ln in lines if any(_carries(m) for m in ln.mentions)]
        wanted = set(self._with_company(read, segmentation, telling))
        named = frozenset(s.name for s in segmentation.sections if s.name)
        return replace(note, lines=tuple(ln for ln in lines if ln.index in wanted), sections=named)

    def rules_in(self, text: str) -> set[str]:
        """The ids of the rules that match in a short text, whatever the screen says."""
        segmentation = self._segment(text)
        part = self._matched(text, segmentation, range(len(segmentation.sentences)))
        lines = self._lines(text, segmentation, part, Reading(text=text, lines=(), signals=self._signals))
        return {m.rule for ln in lines for m in ln.mentions} | part.traps

    def _matched(
        self, text: str, segmentation: Segmentation, indexes: Sequence[int], names: Mapping[str, TermRule] = _NO_NAMES
    ) -> _Part:
        """The sentences of those indexes in a window, with the terms and the short names that stand in them."""
        window = window_of(text, [segmentation.sentences[i] for i in indexes])
        found = self._targets(window)
        if names:
            found = with_given_names(found, window, names, self._signals)
        traps = {m.rule.id for m in found if m.rule.category == "trap"}
        return _Part(indexes, window, [m for m in found if m.rule.category != "trap"] if traps else found, traps)

    def _lines(self, text: str, segmentation: Segmentation, part: _Part, note: Reading) -> list[Line]:
        """The sentences of a part that have mentions."""
        indexes, window, matches, _ = part
        sentences = window.sentences
        flags = [segmentation.sections[s.section].flags for s in sentences]
        mentions: dict[int, list[Mention]] = {}
        for match, decision in zip(matches, self._decisions(window, matches, flags), strict=True):
            which = window.sentence_of[match.start]
            mentions.setdefault(which, []).append(_mention(match, decision, window, note, indexes[which]))
        for which, found in mentions.items():
            if any(is_act(m, text[m.start : m.end]) for m in found):
                found += self._procedures(window, which, indexes[which])
        return [
            as_said(
                Line(
                    sentence=s,
                    section=segmentation.sections[s.section],
                    index=indexes[which],
                    text=body,
                    mentions=tuple(found),
                    signals=self._signals,
                )
            )
            for which, found in mentions.items()
            for s, body in [(sentences[which], window.texts[which])]
            if checkbox(body) != "unticked"
        ]

    def _decisions(self, window: Window, matches: Sequence[Match], flags: Sequence[frozenset[str]]) -> list[Decision]:
        """What ConText makes of each match; ``flags`` are those of the section of each sentence."""
        sentence_of, opens = window.sentence_of, [*window.opens, len(window.words)]
        asked = {sentence_of[m.start] for m in matches}
        modifiers = self._context.modifiers(window.lowered, window.opens, sentence_of, asked)
        out = []
        for rule, start, end in matches:
            which = sentence_of[start]
            around = modifiers.get(which, ())
            target = Target(start, end, rule.category.upper())
            mine = reaching(around, target, window.lowered, opens[which + 1]) if around and rule.category not in REFINING else ()
            out.append(decided(target, mine, around, flags[which]))
        return out

    def _with_company(self, text: str, segmentation: Segmentation, telling: Iterable[int]) -> list[int]:
        """The telling sentences, each with the headings right before it and the list it opens with a colon, in order.

        The specimens of a report stay too: the letters in front of its diagnoses stand for them.
        """
        sentences = segmentation.sentences
        out: set[int] = set(_specimens(text, segmentation))
        for i in telling:
            out.add(i)
            before = i
            while before and sentences[before - 1].heading:
                before -= 1
                out.add(before)
            out.update(_label_before(text, sentences, i))
            out.update(_title_before(text, sentences, i))
            if text[sentences[i].end - 1] == ":" or self._titles(text, sentences, i):
                spread = self._signals["spread.lists_organs"].search(text, sentences[i].start, sentences[i].end) is not None
                for j in range(i + 1, min(len(sentences), i + 1 + _ITEMS)):
                    if not (sentences[i].lists(sentences[j]) if spread else sentences[j].list_item):
                        break
                    out.add(j)
        return sorted(out)

    def _titles(self, text: str, sentences: Sequence[Sentence], i: int) -> bool:
        """Whether a brief sentence opens a list of metastases without a colon."""
        this, following = sentences[i], sentences[i + 1 : i + 2]
        brief = this.end - this.start <= _BRIEF and bool(following) and following[0].list_item
        return brief and self._signals["spread.titles_list"].search(text[this.start : this.end]) is not None


_BRIEF = 40
"""How many characters a title has at most: an organ, or how it was taken."""
_SPOKEN = re.compile(r"\b(?:i|he|she|it|they|we|you|is|are|was|were|has|have|had|not?)\b", re.IGNORECASE)
"""Words that a sentence has and a title has not."""


def _title_before(text: str, sentences: Sequence[Sentence], i: int) -> Iterator[int]:
    """The one or two brief sentences right before one, in its line: they may be its title ("STOMACH. BIOPSY. ADENOCARCINOMA.")."""
    for before in (i - 1, i - 2):
        if before < 0 or (near := sentences[before]).end - near.start > _BRIEF or text[near.end - 1] != ".":
            return
        if "\n" in text[near.end : sentences[before + 1].start] or ":" in text[near.start : near.end]:
            return
        if _SPOKEN.search(text, near.start, near.end):
            return
        yield before


def _carries(mention: Mention) -> bool:
    if mention.category == "sight":  # only what is not seen tells anything
        return mention.concept != "shown" or mention.assertion is Assertion.ABSENT
    return mention.category in CARRIERS or mention.attrs.get("carrier") == "yes"


def _naming(text: str, sentences: Sequence[Sentence], names: Iterable[str]) -> Iterator[int]:
    """The sentences in which a short name of a tumor stands."""
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})s?\b")
    return (i for i, s in enumerate(sentences) if named.search(text, s.start, s.end))


def _told(text: str, sentences: Sequence[Sentence], kept: list[int]) -> list[int]:
    """The sentences that state something: those of a printed form only where they are answered."""
    form = printed_choices(text)
    if form is None:
        return kept
    return [i for i in kept if sentences[i].end <= form or answered(text[sentences[i].start : sentences[i].end])]


_ITEMS = 12
"""How many items of a list are read after the line that opens it."""


_LABELED = re.compile(r"\W{0,3}(?:part\s)?(?:[A-Z]|\d{1,2}|[IVX]{2,4})\s?[.):]\s{0,8}[A-Z][^:\n]{2,80}:", re.IGNORECASE)
_LABEL_REACH = 2
"""How many sentences behind its label a specimen's tumor may be denied ("B. OMENTUM: fat necrosis. No carcinoma.")."""


def _label_before(text: str, sentences: Sequence[Sentence], i: int) -> list[int]:
    """The sentence that opens with the label of the specimen which a sentence behind it in the same paragraph speaks of."""
    near = [j for j in range(i - 1, max(-1, i - 1 - _LABEL_REACH), -1) if sentences[j].group == sentences[i].group]
    if _LABELED.match(text, sentences[i].start, sentences[i].end):
        return []
    return [j for j in near if _LABELED.match(text, sentences[j].start, sentences[j].end)][:1]


_SPECIMENS = 30
"""How many specimens of a list are read."""


def _specimens(text: str, segmentation: Segmentation) -> list[int]:
    """The lettered or numbered sentences of the lists of specimens, and the first sentence of each and of the gross description."""
    lists = {i for i, section in enumerate(segmentation.sections) if section.name == LISTED}
    opened = lists | {i for i, section in enumerate(segmentation.sections) if section.name == GROSS}
    if not opened:
        return []
    sentences = segmentation.sentences
    told = ((i, s.section in lists) for i, s in enumerate(sentences) if s.section in opened)
    listed = (i for i, marked in told if _opens(sentences, i) or (marked and _marked(text, sentences, i)))
    return list(islice(listed, _SPECIMENS))


def _opens(sentences: Sequence[Sentence], at: int) -> bool:
    """Whether a sentence is the first below the heading of its section."""
    return bool(at) and sentences[at - 1].heading and not sentences[at].heading


def _marked(text: str, sentences: Sequence[Sentence], at: int) -> bool:
    """Whether a letter or number stands in front of a sentence, if only at the end of the one before it."""
    this, before = sentences[at], sentences[at - 1] if at else None
    if mark_of(text[this.start : this.start + 24]):
        return True
    return (
        before is not None
        and before.section == this.section
        and next_mark(text[max(before.start, before.end - 8) : before.end]) is not None
    )


def _mention(match: Match, decision: Decision, window: Window, note: Reading, sentence: int) -> Mention:
    starts, ends, rule = window.starts, window.ends, match.rule
    places = [(*note.cut(starts[c.start_token], ends[c.end_token - 1]), c.rule_id) for c in decision.cues]
    return Mention(
        start=starts[match.start],
        end=ends[match.end - 1],
        category=rule.category,
        concept=rule.concept,
        rule=rule.id,
        attrs=rule.attrs,
        assertion=decision.assertion,
        cues=tuple([Evidence(start=a, end=b, text=words, rule=cue) for a, b, words, cue in places]),
        sentence=sentence,
    )


@lru_cache(maxsize=2)
def reader_of(pack: Pack) -> Reader:
    """The reader of a pack, built once a process."""
    return Reader(pack)
