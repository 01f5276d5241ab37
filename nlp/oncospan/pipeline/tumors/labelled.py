"""Cancers of the skin whose place stands in a field of its own: "PREOP DIAGNOSIS: Basal cell carcinoma. LOCATION: Left cheek."."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.tumor_facts import TumorFact

_NEAR = 4
"""How many sentences lie between a diagnosis and the field that tells its place, at most."""
_OF_SKIN = frozenset({"skin", "oral_cavity"})
"""Where such a field may place a tumor: the skin and the lip."""


def labelled(facts: Sequence[TumorFact]) -> list[TumorFact]:
    """The facts without the labels of such fields; a cancer of the skin without a place has that of the one field beside it."""
    labels = [f for f in facts if f.mention.weak and f.line.word(f.mention).endswith(":")]
    if not labels:
        return list(facts)
    return [_placed(f, labels) for f in facts if f not in labels]


def _placed(fact: TumorFact, labels: Sequence[TumorFact]) -> TumorFact:
    if fact.place is not None or fact.metastatic is not None or not _may_be_of_skin(fact):
        return fact
    places = [f.place for f in labels if abs(f.line.index - fact.line.index) <= _NEAR]
    named = [p for p in places if p is not None]
    if len(places) != 1 or not named or named[0].site not in _OF_SKIN:
        return fact
    return replace(fact, place=named[0], how="after")


def _may_be_of_skin(fact: TumorFact) -> bool:
    """Whether the tumor begins in the skin, or may: a squamous cell carcinoma."""
    return fact.mention.attrs.get("site") == "skin" or fact.mention.concept == "squamous_cell_carcinoma"
