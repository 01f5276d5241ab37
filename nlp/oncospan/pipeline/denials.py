"""Organs said to hold no tumor ("the liver was free of tumor"): deposits denied without the word metastasis."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.deposit_facts import DepositFact
from oncospan.pipeline.mention import Line, Mention
from oncospan.pipeline.places import Place
from oncospan.pipeline.tumor_facts import TumorFact
from oncospan.types import Assertion

FLAG = "tumor_denied"
"""Marks a denial that holds only where the tumor began in another organ."""

_REMOTE = frozenset("liver bone bone_marrow brain adrenal lung pleura peritoneum meninges".split())
"""Organs that other tumors mostly reach as metastasis, not by growing into them. Bone is one on images only: as a specimen
it is often what a resection took along."""

_LUMPS = frozenset({"mass", "lesion", "nodule", "growth", "polyp", "origin_word"})
"""Weak words whose denial says less: a report names every organ without a lesion."""

_REACH = 60


def denied_tumors(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place], specimen: Place | None) -> list[DepositFact]:
    """The remote organs of a sentence in which a tumor is denied."""
    out: dict[int, DepositFact] = {}
    for fact in tumors:
        if fact.assertion is not Assertion.ABSENT or (fact.mention.weak and fact.mention.concept in _LUMPS):
            continue
        if fact.mention.concept == "cancer" and fact.how == "before":
            continue  # "never had lung cancer" denies a primary
        for place in _denied_at(line, fact, found) or ([specimen] if specimen is not None and not found else []):
            if place.site != "bone" or line.of("imaging"):
                out[place.start] = _denial(line, fact.mention, place)
    for word in line.of("status"):
        if word.concept == "involvement" and word.assertion is Assertion.ABSENT:
            out |= {p.start: _denial(line, word, p) for p in _before(line, word, found)}
    return [d for d in out.values() if d.site in _REMOTE]


def _denial(line: Line, word: Mention, place: Place) -> DepositFact:
    return DepositFact(
        trigger=word, line=line, place=place, site=place.site, side=place.side, assertion=Assertion.ABSENT,
        flags=frozenset({FLAG}),
    )  # fmt: skip


def _denied_at(line: Line, fact: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The places the denial is said of: all those shortly before the word, else the one right after it."""
    before = _before(line, fact.mention, found)
    if before:
        return before
    return [fact.place] if fact.place is not None and fact.how == "after" else []


def _before(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    return [p for p in found if p.end <= word.start <= p.end + _REACH and _one_clause(line, p.end, word.start)]


def _one_clause(line: Line, start: int, end: int) -> bool:
    at = line.sentence.start
    return re.search(r"[.;:]\s|\bbut\b|\balthough\b|\bwhile\b", line.text[start - at : end - at]) is None
