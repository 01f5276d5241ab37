"""Neuroendocrine tumors that a deposit showed before their home was found: "liver biopsy: NET. CT: a mass in the pancreatic tail"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import STATED
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.of_operation import taken_out
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family
from oncospan.pipeline.tumors.told_again import AGAIN, ENDOCRINE, home_of_lump, sought
from oncospan.sites import MOST_REACHED, same_organ
from oncospan.types import Assertion

_SELDOM = frozenset("bone_marrow eye breast ovary skin heart kidney testis thyroid soft_tissue spleen adrenal prostate".split())
"""Organs in which such a tumor seldom began: they are left where the note names another one as its home."""
_LUMPS = frozenset({"mass", "tumor", "neoplasm", "lesion", "nodule"})


def found_first(facts: Sequence[TumorFact], strong: Sequence[TumorFact]) -> tuple[list[TumorFact], list[TumorFact]]:
    """The ``strong`` facts, the deposits among them without their place, and those deposits; one that its home names again is left out."""
    there = {id(f): replace(f, how=AGAIN) for f in strong if _reached(f, facts)}
    kept = [f for f in strong if id(f) not in there or not any(_at_home(g, f) for g in strong)]
    return [replace(f, place=None, how="none") if id(f) in there else f for f in kept], list(there.values())


def _reached(fact: TumorFact, facts: Sequence[TumorFact]) -> bool:
    """Whether the sample of an organ showed a neuroendocrine tumor whose home the note finds in another."""
    place, word = fact.place, fact.mention
    if place is None or place.node or fact.metastatic is not None or word.attrs.get("site") or word.weak:
        return False
    sampled = any(m.current for m in fact.line.of("tissue"))
    if family(fact) not in NEUROENDOCRINE or fact.assertion is not Assertion.PRESENT or not sampled:
        return False
    homes = {f.place.site for f in facts if f.place is not None and sought(f)}
    if not homes and place.site in MOST_REACHED:
        homes = {s for f in facts if (s := home_of_lump(f) if _lump(f) else _at_home(f, fact)) is not None}
    if place.site not in MOST_REACHED | _SELDOM or any(same_organ(h, place.site) for h in homes):
        return False
    return bool(homes)


def _at_home(fact: TumorFact, first: TumorFact) -> str | None:
    """The organ, one where such tumors begin, in which a fact further on tells of a neuroendocrine tumor, or that was removed with it."""
    if fact.start <= first.start or fact.mention.weak or family(fact) not in NEUROENDOCRINE or fact.assertion not in STATED:
        return None
    out = taken_out(fact)
    return home_of_lump(fact) or (out if out in ENDOCRINE else None)


def _lump(fact: TumorFact) -> bool:
    """Whether a fact tells of a lump that is there."""
    return fact.mention.weak and fact.mention.concept in _LUMPS and fact.assertion is Assertion.PRESENT
