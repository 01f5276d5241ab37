"""Tumors said to be the one told before, in an organ where it did not begin: "gastric biopsies contained the same carcinoma"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import SAMPLES, STATED
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.lumps import lumps, one_lump, told_before
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family
from oncospan.sites import MOST_REACHED, same_organ
from oncospan.types import Assertion


def told_again(
    facts: Sequence[TumorFact], strong: Sequence[TumorFact], lines: Sequence[LineFacts]
) -> tuple[list[TumorFact], list[TumorFact]]:
    """The ``strong`` facts but those that only tell where a tumor of theirs was found again, and those as deposits.

    "Lobular carcinoma of the breast … gastric biopsies contained the same carcinoma".
    """
    again = {id(f): there for f in facts if (there := _again(f, facts, strong, lines) or _in_lump(f, facts)) is not None}
    like = [there for f in strong if (there := _likened(f, facts)) is not None]
    return [f for f in strong if id(f) not in again or _names_kind(f)], [*again.values(), *like]


def _names_kind(fact: TumorFact) -> bool:
    """Whether a sample that only shows the kind of the tumor says what it is at home too ("liver mass: NET; primary in the pancreas")."""
    return fact.place is None and not fact.mention.attrs.get("site") and not _the_same(fact)


def _again(
    fact: TumorFact, facts: Sequence[TumorFact], strong: Sequence[TumorFact], lines: Sequence[LineFacts]
) -> TumorFact | None:
    """The fact as a deposit where it is said to be the tumor told before, in an organ where none of those began."""
    if fact.assertion is not Assertion.PRESENT or fact.metastatic is not None:
        return None
    if not _the_same(fact):
        return None
    homes = {site for f in strong if f.start < fact.start and f.assertion in STATED and (site := site_of(f)[0])}
    homes |= {f.place.site for f in facts if f.line is fact.line and f.start > fact.start and f.mention.weak and f.place}
    if not homes:
        return None
    here = [f for f in facts if f.line is fact.line and f.start < fact.start]
    place = fact.place or _held_in(fact, next((ln.places for ln in lines if ln.line is fact.line), ())) or one_lump(here)
    if place is None or any(same_organ(h, place.site) for h in homes):
        return None
    return replace(fact, place=place, how=AGAIN)


def _likened(fact: TumorFact, facts: Sequence[TumorFact]) -> TumorFact | None:
    """The fact as a deposit in the lump of another organ that is said to be like it ("the ovarian mass was identical to the appendiceal carcinoid")."""
    home = _home(fact)
    if home is None or fact.assertion not in STATED or fact.metastatic is not None:
        return None
    place = one_lump([f for f in facts if f.line is fact.line and f.start < fact.start])
    if place is None or place.node or "body_region" in place.flags or place.site in _NO_DEPOSIT or same_organ(home, place.site):
        return None
    own = fact.place.mentions[0] if fact.place is not None and fact.place.start > place.start else fact.mention
    first = min(own.start, fact.mention.start) - fact.line.sentence.start
    told = fact.line.within["tumor.likened"].fullmatch(fact.line.text[place.end - fact.line.sentence.start : first])
    return replace(fact, place=place, how=AGAIN, mention=replace(fact.mention, assertion=Assertion.PRESENT)) if told else None


def _the_same(fact: TumorFact) -> bool:
    """Whether the words beside a tumor say that it is the one told before ("the same carcinoma", "carcinoma, identical to that of the first piece")."""
    line, at = fact.line, fact.line.sentence.start
    before = line.within["tumor.the_same"].search(line.text, 0, fact.start - at)
    return before is not None or line.within["tumor.same_as"].match(line.text[fact.mention.end - at :]) is not None


_SOON = 4
"""How many sentences behind a lump its sample is told."""


def _in_lump(fact: TumorFact, facts: Sequence[TumorFact]) -> TumorFact | None:
    """The fact as a deposit where the sample of a lump of another organ showed the tumor known from before, one that begins in one organ only.

    "Merkel cell carcinoma of the cheek … a mass in the pancreas was seen. Biopsy confirmed Merkel cell carcinoma".
    A neuroendocrine tumor is the known one where its operation took the lump ("rectal NET … liver mass, resected: NET").
    """
    line, home = fact.line, fact.mention.attrs.get("site")
    if fact.assertion is not Assertion.PRESENT or fact.metastatic is not None or fact.place is not None:
        return None
    if (home is None and family(fact) not in NEUROENDOCRINE) or line.says("tumor.read_again"):
        return None
    told = [m for m in line.of("tissue") if m.current and m.end <= fact.start]
    if not any(m.concept in SAMPLES or home is None for m in told):
        return None
    reach = _SOON if home is None else _NEXT
    before = told_before(fact, facts, reach) or [f for f in facts if f.line is line and f.start < fact.start]
    place = one_lump(before)
    if place is None:
        return None
    site, first = place.site, lumps(before)[0].start
    known = [f for f in facts if f.assertion in STATED and (sought(f) or (f.start < first and _one_kind(f, fact)))]
    homes = {h for f in known if (h := _home(f)) is not None}
    if not homes and home is None:
        homes = {s for f in lumps(facts) if f.start > fact.start and (s := home_of_lump(f)) is not None}
    elsewhere = any(not any(same_organ(m.concept, h) for h in (*homes, site)) for m in line.of("site"))
    if not homes or elsewhere or (home is None and site not in MOST_REACHED):
        return None
    if place.node or "body_region" in place.flags or site in _NO_DEPOSIT or any(same_organ(h, site) for h in homes):
        return None
    return replace(fact, place=place, how=AGAIN)


ENDOCRINE = frozenset(
    """ileum jejunum duodenum small_intestine pancreas rectum appendix cecum stomach colon sigmoid_colon ascending_colon
    transverse_colon descending_colon esophagus gallbladder lung""".split()
)
"""Organs whose lump, found after a deposit that is neuroendocrine, is where it came from."""


def home_of_lump(fact: TumorFact) -> str | None:
    """The organ of a lump in which a neuroendocrine tumor may have begun that a deposit showed first; a nodule of the lung may be another deposit."""
    site = fact.place.site if fact.place is not None else None
    small = site == "lung" and fact.mention.concept not in ("mass", "tumor")
    return site if site in ENDOCRINE and not small else None


_NEXT = 2
"""How many sentences behind a lump its biopsy is told, of a histology of one organ."""


def _home(fact: TumorFact) -> str | None:
    """The organ in which a tumor told before began."""
    return fact.mention.attrs.get("site") or site_of(fact)[0]


def sought(fact: TumorFact) -> bool:
    """Whether the words tell where the primary of the note was found ("work-up revealed a primary in the pancreatic tail")."""
    return fact.mention.concept == "origin_word" and fact.place is not None and fact.assertion is Assertion.PRESENT


def _one_kind(known: TumorFact, fact: TumorFact) -> bool:
    """Whether two words name tumors of one kind."""
    if family(fact) in NEUROENDOCRINE and not fact.mention.attrs.get("site"):
        return family(known) in NEUROENDOCRINE and not known.mention.weak and known.place is not None
    return known.mention.concept == fact.mention.concept


_NO_DEPOSIT = frozenset({"skin", "soft_tissue", "head_neck", "other", "unspecified"})
"""Places of a lump that may be the tumor itself, come back."""
AGAIN = "again"
"""How a tumor word says that it means the tumor told before."""


def _held_in(fact: TumorFact, found: Sequence[Place]) -> Place | None:
    """The last organ before the tumor word, of which the words between say that it held the tumor."""
    before = [p for p in found if p.end <= fact.start and not p.region]
    if not before:
        return None
    within = fact.line.within
    between = fact.line.text[before[-1].end - fact.line.sentence.start : fact.start - fact.line.sentence.start]
    return before[-1] if within["tumor.held_it"].search(between) or within["tumor.sample_showed"].fullmatch(between) else None
