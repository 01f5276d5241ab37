"""Organs said to hold no tumor ("the liver was free of tumor"): deposits denied without the word metastasis."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline import wording
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


_SHOWN = re.compile(
    r"\s(?:uptake|lesions?|nodularity|fixations?|foci|focus|deposits?|(?:lymph)?adenopath\w{1,3})\b(?!\s(?:in|of|within|at|near|along|to)\b)",
    re.IGNORECASE,
)
"""What images show, right behind the organ."""
_ENLARGED = re.compile(
    r"\b(?:enlarged|patholog\w{2,5}|suspicious|abnormal|bulky|avid|malignant|size[ -]significant)\s(?:[\w-]{1,16}\s){0,2}\Z",
    re.IGNORECASE,
)
_DENYING = re.compile(r"(?:no|without|with no|negative for|neither|nor)\b", re.IGNORECASE)
_EXAMINED = frozenset({"physical_exam", "review_of_systems", "vital_signs", "social_history", "family_history"})
_BY_HAND = re.compile(
    r"\b(?:HEENT|supple|palpa\w{2,5}|palpated|tender\w{0,4}|auscultation|rash\w{0,2}|edema|cyanosis|on exam\w{0,7}|neck)\b",
    re.IGNORECASE,
)
"""Words of an examination by hand, which finds no deposit out."""


def implied_denials(line: Line, found: Sequence[Place]) -> list[DepositFact]:
    """Remote organs and nodes of which an image shows no lesion ("no hepatic or osseous uptake", "no adenopathy")."""
    absent = [p for p in found if p.assertion is Assertion.ABSENT and not p.test and _denied_before(p)]
    if not absent or (line.section is not None and line.section.name in _EXAMINED) or _BY_HAND.search(line.text):
        return []
    told = [p for p in absent if (p.node and _no_node(line, p)) or ((p.node or p.site in _REMOTE) and _not_shown(line, p, found))]
    return [_denial(line, p.mentions[0], p) for p in told]


def _denied_before(place: Place) -> bool:
    """Whether the place is denied by a "no" before it, not by "not of the …"."""
    return any(c.end <= place.start and _DENYING.match(c.text) for c in place.mentions[0].cues)


def _not_shown(line: Line, place: Place, found: Sequence[Place]) -> bool:
    """Whether the words behind the place, or behind the list it opens, are what images show."""
    last = place
    for other in found:
        if other.start >= last.end and wording.joins(line.between(last.mentions[-1], other.mentions[0])):
            last = other
    return _SHOWN.match(line.text, last.end - line.sentence.start) is not None


def _no_node(line: Line, place: Place) -> bool:
    """Whether enlarged or avid nodes are denied, not merely nodes."""
    start, end = place.start - line.sentence.start, place.end - line.sentence.start
    return "adenopath" in line.text[start:end].lower() or _ENLARGED.search(line.text, max(0, start - 40), start) is not None
