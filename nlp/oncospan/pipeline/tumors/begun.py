"""Primaries that no word for a cancer names: by the deposits they sent ("liver metastases from the colon") or the hormone they make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.origins import is_origin
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective
from oncospan.pipeline.sentence.whence import sender_before, sender_to
from oncospan.pipeline.tumors.own_site import GUT
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import ORIGINS, organ, same_organ
from oncospan.types import Assertion

_ORIGINS = ORIGINS | frozenset(
    "small_intestine appendix gallbladder bile_duct ampulla testis larynx pharynx oral_cavity anus thymus salivary_gland vulva"
    " penis".split()
)
"""Organs of which metastases are said to come."""


def sent_deposits(
    primaries: Sequence[Primary], facts: Sequence[TumorFact], lines: Sequence[LineFacts]
) -> Iterator[tuple[TumorFact, str]]:
    """The tumors of a note that are only named by what they sent, with their organs, where the note names no other primary."""
    if all(p.site == "unspecified" for p in primaries):
        yield from [(f, f.place.site) for f in _sent(facts, lines) if f.place is not None]


def _sent(facts: Sequence[TumorFact], lines: Sequence[LineFacts]) -> Iterator[TumorFact]:
    for ln in lines:
        stated = [d for d in ln.deposits if d.assertion is Assertion.PRESENT and d.trigger.category == "metastasis"]
        for deposit in stated:
            if (home := _come_from(ln, deposit)) is not None:
                word = replace(deposit.trigger, category="tumor", concept="origin_word", attrs={"strength": "weak"})
                yield TumorFact(mention=word, line=ln.line, place=home, how="after")
        mine = [f for f in facts if f.line is ln.line and _tumor_of(f)]
        yield from (f for f in mine if any(_spread_from(ln.line, f, d) for d in stated))


_FROM = re.compile(
    r",?\s(?:(?:was|were|is|are|which|that|has|have|had|clearly|probably)\s){0,3}(?:(?:coming|derived|arising|originating|stemming|metasta\w{2,6})\s)?"
    r"(?:from|(?:originating|arising)\sin)\s(?:(?:the|his|her|an?|known)\s)?(?:(?:left|right)\s)?",
    re.IGNORECASE,
)
_FROM_BEHIND = re.compile(r"\s(?:(?:the|his|her)\s)?(?:(?:left|right)\s)?", re.IGNORECASE)
_NO_MORE = re.compile(r"\s*(?:[.,;:)]|\Z|(?:in|to|on|into|within|with|were|was|are|is|and|by|at|after)\b)", re.IGNORECASE)


def _come_from(ln: LineFacts, deposit: DepositFact) -> Place | None:
    """The organ that the words of a deposit say it came from ("ovarian metastases from the stomach", "liver biopsy: breast metastasis")."""
    line, trigger = ln.line, deposit.trigger
    sent = sender_before(line, trigger, ln.places)
    if sent is None and not any(m.attrs.get("effect") == "surgery" for m in line.of("treatment")):
        sent = sender_to(line, trigger, ln.places)  # else what was taken out may be either
    if sent is not None and deposit.place is sent[0]:
        return sent[1]
    at = line.sentence.start
    ends = [trigger.end, *(d.place.end for d in ln.deposits if d.trigger is trigger and d.place and d.place.start >= trigger.end)]
    behind = line.text[: trigger.end - at].endswith("from")
    for place in ln.places:
        if (
            place.start < trigger.end
            or place.node
            or place.test
            or "body_region" in place.flags
            or organ(place.site) not in _ORIGINS
        ):
            continue
        gaps = [line.text[end - at : place.start - at] for end in ends if end <= place.start]
        told = any(_FROM.fullmatch(g) for g in gaps) or (behind and _FROM_BEHIND.fullmatch(gaps[0]) is not None)
        if (
            told
            and _NO_MORE.match(line.text, place.end - at)
            and not (organ(place.site) == "lung" and deposit.site == "unspecified")
        ):
            return place
    return None


def _tumor_of(fact: TumorFact) -> bool:
    """Whether a word tells of a tumor in an organ from which deposits come."""
    told = fact.mention.concept in ("tumor", "neoplasm") and fact.assertion is Assertion.PRESENT and fact.metastatic is None
    return told and fact.place is not None and organ(fact.place.site) in _ORIGINS and fact.how in ("before", "after", "inside")


_WITH = re.compile(
    r"\s?(?:\([^()\n]{1,40}\)\s?)?,?\s?(?:(?:which|that|has|had|have|already|also|now|then|and)\s){0,3}"
    r"(?:(?:with|w/|shows?|showed)\s)?(?:(?!(?:and|or|but|no|not|without|possible|from|in|of|for)\b)[\w/-]{1,16}\s){0,4}",
    re.IGNORECASE,
)


def _spread_from(line: Line, fact: TumorFact, deposit: DepositFact) -> bool:
    """Whether the deposit is said to be of the tumor ("tumor of the colon with liver metastases", "metastases from a renal tumor")."""
    if fact.place is None or same_organ(fact.place.site, deposit.site):
        return False
    if is_origin(line, deposit, fact):
        return True
    end = max(fact.place.end, fact.mention.end)
    starts = [deposit.trigger.start, *([deposit.place.start] if deposit.place is not None else [])]
    gap = line.text[end - line.sentence.start : min(starts) - line.sentence.start] if min(starts) >= end else None
    if gap is None or _WITH.fullmatch(gap) is None:
        return False
    return "with" in gap or "w/" in gap or (deposit.trigger.start == min(starts) and adjective(line, deposit.trigger))


_SECRETES = {
    "hyperinsulinism": ("insulinoma", "islet_cell", "pancreas"), "zollinger_ellison": ("gastrinoma", "islet_cell", "pancreas"),
    "glucagonoma_syndrome": ("glucagonoma", "islet_cell", "pancreas"), "vipoma_syndrome": ("vipoma", "islet_cell", "pancreas"),
    "somatostatinoma_syndrome": ("somatostatinoma", "islet_cell", "pancreas"),
    "catecholamine_excess": ("pheochromocytoma", "adrenal_paraganglia", "adrenal"),
}  # fmt: skip
"""What a tumor is called that makes the hormone: its histology, family and usual organ."""
_MAKES = re.compile(r"(?:secret|produc)\w{2,5}\Z", re.IGNORECASE)
_GUT = GUT | {"pancreas"}


def secreting(fact: TumorFact) -> TumorFact:
    """The fact, a lump that is said to make a hormone named as the tumor that does ("insulin-secreting tumor of the pancreas")."""
    if fact.mention.concept not in ("tumor", "neoplasm"):
        return fact
    line, word = fact.line, fact.mention
    for m in line.of("functional"):
        named = _SECRETES.get(m.concept)
        if named is None or not 0 < word.start - m.end <= _BESIDE or not _MAKES.search(line.word(m)):
            continue
        site = named[2] if fact.place is None and named[1] == "islet_cell" else fact.place.site if fact.place else ""
        if site == named[2] or (named[0] == "gastrinoma" and site in _GUT):
            attrs = {"family": named[1], "site": named[2]} | ({"subsite": "adrenal.medulla"} if named[2] == "adrenal" else {})
            return replace(fact, mention=_called(word, named[0], attrs))
    return fact


_BESIDE = 24
"""How far behind the hormone the word for the tumor stands."""


def _called(word: Mention, concept: str, attrs: dict[str, str]) -> Mention:
    return replace(word, concept=concept, attrs=attrs)
