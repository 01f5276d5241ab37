"""Lumps that turn out harmless: "the liver lesion is a hemangioma" says that a suspected deposit is none."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.types import Assertion

FLAG = "harmless"
"""Marks a denial that only says what a lump is: it holds where a deposit was suspected at the site before."""


def turned_out(line: Line, tumors: Sequence[TumorFact]) -> list[DepositFact]:
    """The organs of a sentence whose lump is said to be a benign one."""
    benign = [m for m in line.of("tumor") if m.concept == "benign_tumor" and m.attrs.get("behavior") == "benign"]
    if not benign:
        return []
    lumps = [f for f in tumors if f.mention.weak and f.place is not None and not f.place.test]
    return [
        implied(line, word, fact.place, Assertion.ABSENT, FLAG)
        for word in benign
        for fact in lumps[-1:]
        if word.assertion is Assertion.PRESENT and _said_of(line, fact, word)
    ]


def _said_of(line: Line, fact: TumorFact, word: Mention) -> bool:
    """Whether the words between the lump and the benign tumor say that the one is the other."""
    place: Place | None = fact.place
    start = max(fact.mention.end, place.end if place else 0)
    if start > word.start:
        return False
    at = line.sentence.start
    return line.within["site.turned_out"].fullmatch(line.text[start - at : word.start - at]) is not None
