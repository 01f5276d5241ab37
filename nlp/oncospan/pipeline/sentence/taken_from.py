"""The organ of a tumor word without a place: what was taken from it was the tumor, or it was taken out for the tumor.

"Rectal polyp, removed: carcinoid", "part of the jejunum had been removed for a stromal tumor".
"""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import ONCE_HELD, Line, Mention
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import DESTINATIONS, same_organ

_NEAR = 40
"""How far the words of the taking may stand from the organ."""
_SAMPLES = frozenset({"biopsy", "fna", "cytology", "other_tissue"})
_REACHED = DESTINATIONS | {"lung", "soft_tissue", "mediastinum", "retroperitoneum", "head_neck", "other", "unspecified"}
"""Organs in which a tumor may well be a deposit, and regions."""
_AIRWAY = ".bronchus"
"""How the rule of the words for the airways ends: what a biopsy through them shows began in the lung, what lies in the lung may not."""


def taken_from(fact: TumorFact, found: Sequence[Place]) -> Place | None:
    """The organ, None where the words between do not say that what was taken from it is the tumor, or the reason to take it out."""
    if fact.how != "none" or fact.mention.weak or fact.metastatic is not None or fact.assertion not in ONCE_HELD:
        return None
    line, at = fact.line, fact.line.sentence.start
    taken = [m for m in line.mentions if m.end <= fact.start and _takes(line, m)]
    before = [p for p in found if p.end <= fact.start]
    if not taken or not before:
        return None
    place = before[-1]
    if place.node or place.test or "body_region" in place.flags or place.site in _REACHED - {"lung"}:
        return None
    near = [m for m in taken if place.start - m.end <= _NEAR and m.start - place.end <= _NEAR]
    if not near or any(place.end <= t.start < fact.start and not t.weak and t not in taken for t in line.of("tumor")):
        return None
    last = max(place.end, *(m.end for m in near))
    between = line.text[last - at : fact.start - at]
    if _out_for(fact, place, near) and line.within["site.out_for"].fullmatch(between):
        return place
    at_home = place.site != "lung" or place.mentions[0].rule.endswith(_AIRWAY)
    return place if at_home and line.within["site.biopsy_shown"].fullmatch(between) else None


def _out_for(fact: TumorFact, place: Place, near: Sequence[Mention]) -> bool:
    """Whether the organ itself was operated on, and the tumor is one that begins there."""
    own = fact.mention.attrs.get("site")
    cut = any(m.category == "treatment" and _apart(fact.line, m, place) for m in near)
    return (
        cut
        and (own in (None, "soft_tissue") or same_organ(own, place.site))
        and fact.mention.attrs.get("family") != "hematologic"
    )


def _apart(line: Line, operation: Mention, place: Place) -> bool:
    """Whether nothing but how much, when and where stands between the operation and the organ."""
    first, last = sorted(((operation.start, operation.end), (place.start, place.end)))
    between = line.text[first[1] - line.sentence.start : last[0] - line.sentence.start]
    return line.within["site.operated"].fullmatch(between) is not None


def _takes(line: Line, word: Mention) -> bool:
    """Whether the word tells of tissue, of its removal, or of a polyp."""
    if word.category == "tissue":
        return word.concept in _SAMPLES and word.current
    if word.category == "treatment":
        return word.attrs.get("effect") == "surgery" and "removes" not in word.attrs and word.current
    return word.category == "tumor" and line.word(word) in ("polyp", "polyps")
