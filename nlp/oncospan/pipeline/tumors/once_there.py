"""Tumors of the past of which only what is left, or their return, is denied: "no evidence of recurrent prostate cancer"."""

from __future__ import annotations

import re
from dataclasses import replace

from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.types import Assertion

_BACK = re.compile(r"\s+(?:of\s+)?(?:(?!(?:and|or|nor|but|with|in)\b)[\w'-]+\s+){0,4}", re.IGNORECASE)


def stays_free(fact: TumorFact) -> bool:
    """Whether the patient is said to be free of the tumor ever since: "she has been free of breast cancer for ten years"."""
    cues = [c for c in fact.mention.cues if c.text.lower().startswith("free")]
    if not cues or site_of(fact)[0] is None or fact.metastatic is not None:
        return False
    return fact.line.within["tumor.stays"].search(fact.line.text, 0, cues[-1].start - fact.line.sentence.start) is not None


def _no_more(fact: TumorFact) -> bool:
    """Whether what is denied is what is left of a tumor treated before ("no trace of the colonic carcinoma resected in 2011")."""
    if site_of(fact)[0] is None or fact.metastatic is not None:
        return False
    start = fact.mention.start if fact.place is None or fact.how != "before" else fact.place.start
    at, end = start - fact.line.sentence.start, fact.mention.end - fact.line.sentence.start
    within, text = fact.line.within, fact.line.text
    return (
        within["tumor.once"].search(text, max(0, at - 40), at) is not None or within["tumor.treated"].match(text, end) is not None
    )


def _taken_away(fact: TumorFact) -> bool:
    """Whether a cancer of the skin is one the patient had and that was taken away ("he has had several melanomas removed")."""
    if fact.assertion is not Assertion.PRESENT or site_of(fact)[0] != "skin" or fact.metastatic is not None:
        return False
    at, end = (x - fact.line.sentence.start for x in (fact.mention.start, fact.mention.end))
    within, text = fact.line.within, fact.line.text
    return (
        within["tumor.taken_away"].match(text, end) is not None
        and within["tumor.has_had"].search(text, max(0, at - 50), at) is not None
    )


def once_there(fact: TumorFact) -> TumorFact:
    """The fact, told as past where only its return is denied ("no evidence of recurrent prostate cancer"), or where it was taken away."""
    if fact.mention.weak:
        return fact
    if _taken_away(fact):
        return replace(fact, mention=replace(fact.mention, assertion=Assertion.HISTORY))
    if fact.assertion is not Assertion.ABSENT:
        return fact
    if stays_free(fact) or _no_more(fact):
        return replace(fact, mention=replace(fact.mention, assertion=Assertion.HISTORY))
    line = fact.line
    words = [m for m in line.of("status") if m.concept == "recurrence"]
    back = any(_BACK.fullmatch(" " + line.between(m, fact.mention).lstrip()) for m in words if m.end <= fact.start)
    back = back or any(line.between(fact.mention, m).strip() in ("", "is", "has") for m in words if m.start >= fact.mention.end)
    return replace(fact, mention=replace(fact.mention, assertion=Assertion.HISTORY)) if back else fact
