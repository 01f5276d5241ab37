"""What the words beside a tumor say of its behavior: benign, malignant, uncertain."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact

_TOLD = frozenset({"malignant", "benign", "uncertain"})


def behaviors(facts: Sequence[TumorFact]) -> list[str]:
    """The behaviors told of a tumor: those said outright first, then what invasion implies where it is not denied."""
    told = [
        (f.line, d)
        for f in facts
        for d in f.details
        if d.category == "behavior" and d.current and d.attrs.get("behavior") in _TOLD
    ]
    outright = [d.attrs["behavior"] for _, d in told if not d.weak]
    if {"benign", "malignant"} <= {*outright}:  # "then called benign … malignant recurrence": the later word holds
        outright.reverse()
    return outright + [d.attrs["behavior"] for line, d in told if d.weak and not _denied(line, d)]


def _denied(line: Line, word: Mention) -> bool:
    """Whether a word of invasion is denied ("without vascular or perineural invasion")."""
    start, end = word.start - line.sentence.start, word.end - line.sentence.start
    return (
        line.within["site.invasion_denied_before"].search(line.text, max(0, start - 70), start) is not None
        or line.within["site.invasion_denied_behind"].match(line.text, end) is not None
    )
