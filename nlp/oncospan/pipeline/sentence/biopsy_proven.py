"""Tumor that a biopsy found in an organ where none of its kind begins: "bone marrow biopsy: infiltration by carcinoma"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import SAMPLES, Line, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.types import Assertion

FLAG = "sampled"
"""Marks what names no metastasis: it holds where the tumor began in another organ."""

_BARREN = frozenset("bone bone_marrow brain meninges spinal_cord spleen heart adrenal".split())
"""Organs in which no carcinoma, melanoma or neuroendocrine tumor begins."""

_GUESTS = frozenset({"liver", "peritoneum"})
"""Organs in which such a tumor may begin, but mostly does not where one of another organ is known."""

_GROWN_INTO = frozenset({"bone.mandible", "bone.skull"})
"""Bones that tumors of the mouth, the sinuses and the skin grow into."""

_REACH = 60
"""How far before its organ or behind it a biopsy may stand."""


def settles(deposit: DepositFact) -> bool:
    """Whether the tumor word of a sampled deposit can mean nothing but the deposit."""
    return deposit.site not in _GUESTS


def biopsy_proven(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[DepositFact]:
    """The deposits that tissue of a remote organ proved: those of the last organ named before the tumor word."""
    held = [t for t in tumors if t.mention.assertion is Assertion.PRESENT and not t.metastatic and _spreads(t.mention)]
    tests = [m for m in line.of("tissue") if m.current and m.concept in SAMPLES] if held else []
    out: list[DepositFact] = []
    for fact in held if tests else ():
        before = [p for p in found if p.end <= fact.mention.start and not p.region]
        place = before[-1] if before else None
        if place is None or not _remote(place, fact) or any(d.place is place for d in out):
            continue
        near = any(t.start < fact.start and place.start - t.end >= -_REACH and t.start - place.end <= _REACH for t in tests)
        gap = line.text[place.end - line.sentence.start : fact.mention.start - line.sentence.start]
        if near and line.within["site.biopsy_shown"].fullmatch(gap):
            out.append(told_by(fact, place, FLAG))
    return out


def _spreads(tumor: Mention) -> bool:
    """Whether a tumor word names malignant cells of a kind that spreads, no lump."""
    kinds = ("carcinoma", "melanoma", "neuroendocrine_tumor", "carcinoid")
    return not tumor.weak and (
        tumor.concept.endswith(kinds) or tumor.concept in ("malignancy", "large_cell_neuroendocrine", "melanoma_uveal")
    )


def _remote(place: Place, fact: TumorFact) -> bool:
    """Whether the tumor did not begin in the organ, as far as the sentence goes."""
    own = bool(fact.mention.attrs.get("site"))
    if place.site in _GUESTS:
        return fact.mention.concept.startswith("melanoma") or (fact.place is None and not own)
    at_home = fact.mention.attrs.get("site") == place.site
    return place.site in _BARREN and place.subsite not in _GROWN_INTO and not at_home
