"""Tumors of a specimen that are said to come from another organ: "Liver, biopsy: adenocarcinoma, compatible with a colonic primary"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.deposit_facts import DepositFact, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import DESTINATIONS, same_organ
from oncospan.types import Assertion


def settlers(line: Line, tumors: Sequence[TumorFact], specimen: Place | None) -> tuple[list[TumorFact], list[DepositFact]]:
    """The tumors of a line, those that came to its specimen from elsewhere marked as such, and the deposits they are."""
    origin = _origin(tumors, specimen)
    if specimen is None or origin is None or line.of("metastasis"):
        return list(tumors), []
    come = [f for f in tumors if _found_in(f, specimen, origin) and f.mention.end <= origin.start]
    made = [told_by(f, specimen) for f in come[:1]]
    return [replace(f, place=None, how="none", metastatic=origin.mention) if f in come else f for f in tumors], made


def _origin(tumors: Sequence[TumorFact], specimen: Place | None) -> TumorFact | None:
    """The words that name another organ than the specimen as the one the tumor began in."""
    if specimen is None or specimen.site not in DESTINATIONS:
        return None
    named = [
        f for f in tumors
        if f.mention.concept == "origin_word" and f.place is not None and not same_organ(f.place.site, specimen.site)
        and f.place.site not in DESTINATIONS and f.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN)
    ]  # fmt: skip
    return named[0] if named else None


def _found_in(fact: TumorFact, specimen: Place, origin: TumorFact) -> bool:
    """Whether a tumor is stated, and no organ is named for it but the specimen and its origin."""
    here = fact.place is None or fact.place is origin.place or same_organ(fact.place.site, specimen.site)
    return here and not fact.mention.weak and fact.assertion is Assertion.PRESENT
