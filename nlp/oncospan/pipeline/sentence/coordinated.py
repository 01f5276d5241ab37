"""Cancers of several organs that one word names: "history of breast and colon cancer"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import same_organ
from oncospan.types import Assertion

_ORGANS = frozenset(
    "breast lung colon rectum prostate bladder kidney thyroid stomach esophagus pancreas ovary uterus cervix testis larynx".split()
)
"""Organs whose cancers people name together."""
_ONE = ({"colon", "rectum"}, {"esophagus", "stomach"}, {"uterus", "cervix"})
"""Organs that one cancer may lie in."""
_AND = re.compile(r"\s?(?:,|,? and|&|/|,? as well as)\s", re.IGNORECASE)
_LAST = re.compile(r"\s?(?:,? and|&|/|,? as well as)\s", re.IGNORECASE)
"""What stands before the last organ of such a list, then before the others."""
_BEFORE = re.compile(r"\b(?:prior|previous|remote|past|old|former)\s\Z", re.IGNORECASE)


def coordinated(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[TumorFact]:
    """The tumor facts, and those of the other organs listed before a word for cancer."""
    out: list[TumorFact] = []
    for fact in tumors:
        others = _others(line, fact, found)
        if others and fact.assertion is Assertion.PRESENT and _BEFORE.search(line.text[: others[0].start - line.sentence.start]):
            fact = replace(fact, mention=replace(fact.mention, assertion=Assertion.HISTORY))
        out += [*(replace(fact, place=place) for place in others), fact]
    return out


def _others(line: Line, fact: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The organs listed right before the one of the fact, in order."""
    if fact.mention.concept not in ("cancer", "carcinoma") or fact.place is None or fact.how != "before" or fact.metastatic:
        return []
    listed = [fact.place]
    for place in reversed([p for p in found if p.end <= fact.place.start]):
        if not (_AND if len(listed) > 1 else _LAST).fullmatch(line.between(place.mentions[-1], listed[0].mentions[0])):
            break
        if place.node or place.test or any(_together(place.site, p.site) for p in listed):
            break
        listed.insert(0, place)
    return listed[:-1] if all(p.site in _ORGANS for p in listed) else []


def _together(a: str, b: str) -> bool:
    """Whether one cancer may lie in both organs."""
    return same_organ(a, b) or {a, b} in _ONE
