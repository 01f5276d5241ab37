"""Clear cell carcinomas found in other organs of a patient whose kidney had one: they are its deposits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import STATED
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.lumps import one_lump, told_before
from oncospan.pipeline.tumors.of_operation import taken_out
from oncospan.pipeline.tumors.told_again import AGAIN
from oncospan.sites import guest_in
from oncospan.types import Assertion

_CLEAR_CELL = "clear_cell_carcinoma"
_OWN = frozenset("ovary uterus cervix vagina vulva fallopian_tube bladder urethra salivary_gland".split())
"""Organs in which carcinomas of clear cells begin themselves."""


def as_renal(facts: Sequence[TumorFact]) -> list[TumorFact]:
    """The tumor facts; where a cancer of the kidney is told, clear cell carcinomas of no organ of their own are the kidney's."""
    if not any(map(_of_kidney, facts)):
        return list(facts)
    return [replace(f, mention=replace(f.mention, attrs={**f.mention.attrs, "site": "kidney"})) if _came(f) else f for f in facts]


def _of_kidney(fact: TumorFact) -> bool:
    """Whether a fact tells of a carcinoma of the kidney."""
    if fact.mention.weak or fact.assertion not in STATED or fact.metastatic is not None:
        return False
    at_home = fact.place is not None and fact.place.site == "kidney"
    own = fact.mention.attrs.get("site") == "kidney" or at_home
    return own or (fact.mention.concept == _CLEAR_CELL and taken_out(fact) == "kidney")


def _came(fact: TumorFact) -> bool:
    """Whether a clear cell carcinoma lies in no organ where such begin."""
    if fact.mention.concept != _CLEAR_CELL or taken_out(fact) == "kidney":
        return False
    if fact.place is not None and fact.place.site in _OWN | {"kidney"}:
        return False
    organs = {m.concept for m in fact.line.of("site")} | {m.attrs.get("removes", "") for m in fact.line.of("treatment")}
    return not organs & _OWN


def clear_cells(fact: TumorFact, facts: Sequence[TumorFact]) -> list[TumorFact]:
    """The fact as a deposit, where it is a clear cell carcinoma of the kidney in the lump or the sample of another organ."""
    word = fact.mention
    if word.concept != _CLEAR_CELL or word.attrs.get("site") != "kidney" or fact.metastatic is not None:
        return []
    if fact.assertion is not Assertion.PRESENT:
        return []
    place = fact.place or one_lump([f for f in facts if f.line is fact.line and f.start < fact.start])
    place = place or one_lump(told_before(fact, facts, 1))
    if place is None or place.node or not guest_in("kidney", place.site) or not fact.line.of("tissue", "treatment"):
        return []
    return [replace(fact, place=place, how=AGAIN)]
