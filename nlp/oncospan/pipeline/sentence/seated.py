"""Disease said to lie, or to be back, in an organ that metastases reach: "progressive disease in the liver", "relapsed in the bones"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.mentions.talk import speaks_generally
from oncospan.pipeline.sentence.denials import remote
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.subjects import listed_behind, listed_to
from oncospan.types import Assertion

FLAG = "seated"
"""Marks disease that names no metastasis: it holds where the tumor began in another organ."""


def seated(line: Line, found: Sequence[Place]) -> list[DepositFact]:
    """The remote organs and nodes of a sentence in which disease is said to lie."""
    out: dict[tuple[int, str], DepositFact] = {}
    words = [m for m in line.of("sight") if m.concept == "disease"]
    words += [m for m in line.of("status") if m.concept == "recurrence" and "site" not in m.attrs]
    words = [m for m in words if m.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN)]
    if not words or speaks_generally(line):
        return []
    for word in words:
        if word.attrs.get("site"):
            out[word.start, word.attrs["site"]] = implied(line, word, None, word.assertion, FLAG)
            continue
        places = _places_of(line, word, [p for p in found if not p.test])
        for place in [*remote(line, places), *(p for p in places if p.node and not p.region)]:
            out[place.start, place.site] = implied(line, word, place, word.assertion, FLAG)
    return list(out.values())


def _places_of(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The list of places behind a word that ends in "in" or the like, else the one right before it."""
    opened = line.word(word).endswith(_INTO)
    return (
        listed_behind(line, word, found, opened=True)
        if opened
        else listed_to(line, word, found) or listed_behind(line, word, found)
    )


_INTO = (" in", " within", " involving", " throughout", " the")
