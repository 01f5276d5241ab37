"""Fluids of body cavities, and the deposits that cancer cells in them tell of: "pleural fluid: adenocarcinoma"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import HELD, Line, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact, told_by
from oncospan.pipeline.sentence.places import FLUID, Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.types import Assertion

_COLLECTIONS = {"ascites": "peritoneum"}
"""Collections whose words may name the fluid; of a malignant effusion nobody says that the pleura holds deposits."""

_OF_THE_CAVITY = frozenset({"mesothelioma"})
"""Tumors that begin in the lining of the cavity itself."""


def in_fluids(
    line: Line, tumors: Sequence[TumorFact], found: Sequence[Place], specimen: Place | None
) -> tuple[list[TumorFact], list[DepositFact]]:
    """The tumor facts, those that name the cells of a fluid marked as metastatic, and the deposits they tell of."""
    marked: list[TumorFact] = []
    out: dict[str, DepositFact] = {}
    fluids = list(_fluids(line, found))
    under = specimen if specimen is not None and FLUID in specimen.flags else None
    for fact in tumors:
        place = _fluid_of(line, fact, fluids, under) if _cells(line, fact) else None
        if place is not None and fact.mention.concept in _OF_THE_CAVITY:
            marked.append(replace(fact, place=place, how="specimen") if fact.place is None else fact)
            continue
        marked.append(fact if place is None else replace(fact, metastatic=fact.metastatic or fact.mention))
        if place is not None and (place.site not in out or out[place.site].assertion is Assertion.UNCERTAIN):
            told = told_by(fact, place)
            out[place.site] = replace(told, tumor=None) if fact.mention.concept == "malignancy" else told
    return marked, list(out.values())


def _cells(line: Line, fact: TumorFact) -> bool:
    """Whether the word may name the cells of a fluid: a malignant tumor or its cells, no lymphoma, no cells only atypical."""
    mention = fact.mention
    named = not mention.weak or (mention.attrs.get("flag") == "cells" and "atypical" not in line.word(mention))
    malignant = named and mention.attrs.get("behavior") != "benign" and mention.attrs.get("family") != "hematologic"
    return malignant and fact.assertion in HELD


def _fluids(line: Line, found: Sequence[Place]) -> Iterator[tuple[Place, bool]]:
    """The fluids that a sentence names, and whether their name alone says that they were examined."""
    yield from ((p, True) for p in found if FLUID in p.flags)
    for word in line.of("complication"):
        site = _COLLECTIONS.get(word.concept)
        if site is not None and ("fluid" in line.word(word) or line.of("tissue") or _CELLS.search(line.text)):
            yield Place(site=site, subsite=None, side=_side(line, word), start=word.start, end=word.end, mentions=(word,)), False


_CELLS = re.compile(r"\b(?:cells|positive for)\b", re.IGNORECASE)
"""What says that a collection was examined under the microscope."""


def _side(line: Line, word: Mention) -> str | None:
    near = [s.concept for s in line.of("side") if 0 <= word.start - s.end <= 2]
    return near[-1] if near else None


def _fluid_of(line: Line, fact: TumorFact, fluids: Sequence[tuple[Place, bool]], under: Place | None) -> Place | None:
    """The fluid in which the tumor was found: one of the sentence, else the specimen of its heading."""
    at = line.sentence.start
    for place, examined in fluids:
        sign = "site.fluid_showed" if examined else "site.fluid_cells"
        if place.end <= fact.start and line.within[sign].fullmatch(line.text, place.end - at, fact.start - at):
            return place
        if fact.mention.end <= place.start and line.within["site.cells_in_fluid"].fullmatch(
            line.text, fact.mention.end - at, place.start - at
        ):
            return place
    if under is None or fact.place is not None or line.sentence.start <= under.start < line.sentence.end:
        return None
    return under if line.within["site.of_specimen"].fullmatch(line.text, 0, fact.start - at) else None
