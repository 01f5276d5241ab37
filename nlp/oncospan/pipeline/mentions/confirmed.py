"""Suspicions that the words behind them confirm: "FNA was suspicious for carcinoma. Thyroidectomy confirmed the diagnosis."."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.text.segmentation import Segmentation
from oncospan.signals import Signals
from oncospan.types import Assertion, Evidence

_RULE = "context.affirmed.confirmed_behind"
"""The id under which the confirming words stand among the cues."""
_REACH = 2
"""How many sentences behind a suspicion its confirmation is told."""
_TOLD = frozenset({"tumor", "metastasis"})


def confirmed(lines: Sequence[Line], text: str, segmentation: Segmentation, signals: Signals) -> list[Line]:
    """The lines; what is suspected is stated where the words behind it, or one of the next two sentences, confirm the diagnosis.

    A sentence that weighs several diagnoses stays as it is: nobody can tell which of them was confirmed.
    """
    return [ln if (words := _words(ln, text, segmentation, signals)) is None else _stated(ln, words) for ln in lines]


def _words(line: Line, text: str, segmentation: Segmentation, signals: Signals) -> Evidence | None:
    """The words that confirm what a sentence suspects."""
    suspected = [m for m in line.of(*_TOLD) if _suspected(m)]
    kinds = {m.concept for m in suspected if m.category == "tumor" and not m.weak}
    if not suspected or len(kinds) > 1 or line.says("talk.one_or_other"):
        return None
    own = signals["talk.confirmed_there"].search(text, suspected[-1].end, line.sentence.end)
    if own is not None:
        return _evidence(own.start("said"), own.end("said"), text)
    sentences = segmentation.sentences
    for i in range(line.index, min(line.index + _REACH + 1, len(sentences))):
        if sentences[i].section != line.sentence.section:
            return None
        start = suspected[-1].end if i == line.index else sentences[i].start
        for found in signals["talk.confirmed"].finditer(text, start, sentences[i].end):
            if signals["talk.not_yet"].search(text, max(start, found.start() - _NEAR), found.start()) is None:
                return _evidence(found.start(), found.end(), text)
    return None


_NEAR = 30
"""How far before the confirming words a denial or a condition may stand."""


def _suspected(mention: Mention) -> bool:
    return mention.assertion is Assertion.UNCERTAIN


def _evidence(start: int, end: int, text: str) -> Evidence:
    return Evidence(start=start, end=end, text=text[start:end], rule=_RULE)


def _stated(line: Line, words: Evidence) -> Line:
    """The line with its suspicions stated by the confirming words."""
    told = (replace(m, assertion=Assertion.PRESENT, cues=(words,)) if _suspected(m) else m for m in line.mentions)
    return replace(line, mentions=tuple(told))
