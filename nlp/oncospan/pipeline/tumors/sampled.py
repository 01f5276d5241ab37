"""Tumors found in a sample of an organ that metastases reach, while the note names another organ as their home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family, generic, site_of
from oncospan.sites import DESTINATIONS
from oncospan.types import Assertion

_NEAR = 30
"""How far from the organ the word of the sample may stand."""


def sampled(fact: TumorFact, strong: Sequence[TumorFact], lines: Sequence[LineFacts]) -> TumorFact | None:
    """The fact as a deposit where a sample of such an organ showed it ("biopsy of a liver lesion revealed a NET … an ileal primary")."""
    if fact.place is not None or fact.metastatic is not None or fact.assertion is not Assertion.PRESENT or generic(fact):
        return None
    if not fact.line.of("tissue"):
        return None
    found = next((ln.places for ln in lines if ln.line is fact.line), ())
    place = next((p for p in reversed(found) if p.end <= fact.start and _shown_in(fact, p)), None)
    if place is None or not any(_at_home(f, fact) for f in strong):  # the whole note is asked last
        return None
    return replace(fact, place=place, how="specimen")


def _at_home(other: TumorFact, fact: TumorFact) -> bool:
    """Whether another word of the note places the tumor in an organ that metastases do not usually reach."""
    site = site_of(other)[0]
    if site is None or site in DESTINATIONS or site.startswith("lymph_node") or other.assertion is not Assertion.PRESENT:
        return False
    if family(fact) not in NEUROENDOCRINE:
        return other is not fact and other.mention.concept == fact.mention.concept
    return other.mention.concept == "origin_word" or family(other) in NEUROENDOCRINE or family(other) == family(fact)


def of_specimen(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether the label of a sample of such an organ is answered with a tumor whose home the note names ("Pancreatic NET. Liver biopsy: NET")."""
    if fact.how != "specimen" or fact.place is None or fact.place.site not in DESTINATIONS or fact.mention.attrs.get("site"):
        return False
    stated = fact.metastatic is None and fact.assertion is Assertion.PRESENT and not generic(fact)
    return stated and any(f.mention.concept == fact.mention.concept and _at_home(f, fact) for f in strong)


def _shown_in(fact: TumorFact, place: Place) -> bool:
    """Whether the words between the organ and the tumor say that a sample of it showed the tumor."""
    line = fact.line
    taken = any(-_NEAR <= m.start - place.end <= _NEAR and m.end <= fact.start for m in line.of("tissue"))
    between = line.text[place.end - line.sentence.start : fact.start - line.sentence.start]
    return taken and place.site in DESTINATIONS and line.within["tumor.sample_showed"].fullmatch(between) is not None
