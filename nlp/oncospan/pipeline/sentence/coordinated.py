"""Cancers of several organs that one word names: "history of breast and colon cancer", "synchronous cancers of the lung and colon"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.mentions.talk import speaks_generally
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import PAIRED, organ, same_organ
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


def coordinated(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[TumorFact]:
    """The tumor facts, and those of the other organs listed before a word for cancer."""
    out: list[TumorFact] = []
    for fact in tumors:
        others = _others(line, fact, found)
        if (
            others
            and fact.assertion is Assertion.PRESENT
            and line.within["tumor.former"].search(line.text[: others[0].start - line.sentence.start])
        ):
            fact = replace(fact, mention=replace(fact.mention, assertion=Assertion.HISTORY))
        out += [*(replace(fact, place=place) for place in others), fact]
        out += [replace(fact, place=place) for place in _behind(line, fact, found)]
    return out


_NUMBER = 80
_HEAD = re.compile(r"\s(?:of|in|involving)\s(?:(?:the|his|her|both|left|right|bilateral)\s){0,3}", re.IGNORECASE)
_NEXT = re.compile(
    r"\s?(?:,|,?\sand|&|,?\sas\swell\sas)\s(?:(?:of|in)\s)?(?:(?:the|his|her|left|right|bilateral)\s){0,3}", re.IGNORECASE
)
"""What stands between several cancers and the first of their organs, and between the others."""
_APART = _ORGANS | frozenset(
    "cecum ascending_colon transverse_colon descending_colon sigmoid_colon duodenum gallbladder bile_duct pharynx oral_cavity tongue"
    " salivary_gland urethra ureter renal_pelvis vagina vulva penis anus skin fallopian_tube".split()
)


def _behind(line: Line, fact: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The further organs of several cancers, listed behind the one of the fact, in order."""
    if fact.place is None or fact.how != "after" or fact.metastatic or fact.mention.weak or fact.place.site not in _APART:
        return []
    at = fact.mention.start - line.sentence.start
    told = line.within["tumor.several"].search(line.text, max(0, at - _NUMBER), at)
    if told is None or (told.group("one") and not line.word(fact.mention).endswith("s")) or speaks_generally(line):
        return []
    if not _HEAD.fullmatch(line.between(fact.mention, fact.place.mentions[0])):
        return []
    listed = [fact.place]
    for place in (p for p in found if p.start >= fact.place.end):
        if not _NEXT.fullmatch(line.between(listed[-1].mentions[-1], place.mentions[0])):
            break
        if place.node or place.test or place.site not in _APART or any(not _apart(place, p) for p in listed):
            break
        listed.append(place)
    return listed[1:]


def _apart(a: Place, b: Place) -> bool:
    """Whether two places of one list hold two cancers: other organs, or the two sides of a pair."""
    return not same_organ(a.site, b.site) or (organ(a.site) in PAIRED and None not in (a.side, b.side) and a.side != b.side)


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
