"""Tumors only supposed and denied further on, and diagnoses taken back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import (
    Primary,
    family,
    generic,
    nameless,
)
from oncospan.sites import same_organ
from oncospan.types import Assertion, Evidence


def overruled(fact: TumorFact, facts: Sequence[TumorFact]) -> bool:
    """Whether a histology was only supposed, and is denied further on ("working diagnosis adenocarcinoma … adenocarcinoma was excluded").

    A cancer of an organ gives way to a sentence of its own that says "not adrenal cancer".
    """
    if generic(fact) and any(f.start > fact.start and _not_this(f) and _one_organ(f, fact) for f in facts):
        return True
    if fact.assertion is not Assertion.UNCERTAIN or generic(fact):
        return False
    return any(
        f.assertion is Assertion.ABSENT
        and f.start > fact.start
        and f.mention.concept == fact.mention.concept
        and (f.place is None or fact.place is None or same_organ(f.place.site, fact.place.site))
        for f in facts
    )


_NOT = re.compile(r"\W*(?:(?:this|it|that)\s(?:is|was)\s)?not\s(?:an?\s)?(?:primary\s)?", re.IGNORECASE)


def _not_this(fact: TumorFact) -> bool:
    """Whether a sentence says no more before a tumor than that it is not this ("Not adrenal cancer.")."""
    start = min(fact.start, fact.place.start if fact.place is not None else fact.start)
    before = fact.line.text[: start - fact.line.sentence.start]
    return fact.assertion is Assertion.ABSENT and _NOT.fullmatch(before) is not None


def _one_organ(one: TumorFact, other: TumorFact) -> bool:
    """Whether both facts name an organ, and the same."""
    return one.place is not None and other.place is not None and same_organ(one.place.site, other.place.site)


def settle_denied(primaries: Sequence[Primary], facts: Sequence[TumorFact]) -> list[Primary]:
    """The primaries without those that were only suspected and then denied, and those whose diagnosis was taken back."""
    kept = []
    for primary in primaries:
        last = primary.facts[-1].start
        denied = [
            f for f in facts
            if f.assertion is Assertion.ABSENT and f.start > last and (_same_named(primary, f) or _same_organ_named(primary, f))
        ]  # fmt: skip
        alone = sum(primary.family in p.families() for p in primaries) == 1
        back = any(f.start > last and (_taken_back(f, primary) or (alone and _histology_taken_back(f, primary))) for f in facts)
        trusted = primary.certain and not all(
            f.line.section is not None and f.line.section.name == _COPIED for f in primary.facts
        )
        if not back and not _read_anew(primary, primaries) and (trusted or not denied):
            kept.append(primary)
    return kept


_COPIED = "copied_forward"
"""The section of what an earlier note said: a denial of today is the last word on it."""

_READ_SOON = 3
"""How many sentences behind a first reading the second one stands."""


def _read_anew(primary: Primary, primaries: Sequence[Primary]) -> bool:
    """Whether a first reading of a sample gave the primary, and the next one another tumor of its organ ("signed out as paraganglioma; on review: carcinoid")."""
    last = primary.facts[-1]
    if not all(f.line is last.line and f.assertion is Assertion.PRESENT for f in primary.facts) or generic(last):
        return False
    if last.metastatic is not None or not last.line.says("tumor.first_read"):
        return False
    there = {primary.site, last.place.site if last.place is not None else primary.site}
    others = [
        p for p in primaries if p.family != primary.family and (nameless(primary) or any(same_organ(p.site, s) for s in there))
    ]  # fmt: skip
    return any(
        0 < f.line.index - last.line.index <= _READ_SOON and f.assertion is Assertion.PRESENT and not generic(f)
        and f.metastatic is None and f.line.says("tumor.read_again")
        for p in others for f in p.facts
    )  # fmt: skip


def _same_named(primary: Primary, fact: TumorFact) -> bool:
    """Whether the word names the histology of the primary."""
    return not generic(fact) and family(fact) in primary.families()


_WITHDRAWN = frozenset(
    f"context.negated.{name}" for name in ("withdrawn", "not_borne_out", "not_correct", "in_error", "superseded")
)
"""Cues that can only speak of a diagnosis made before."""
_TAKEN_BACK = _WITHDRAWN | frozenset(
    f"context.negated.{name}" for name in ("ruled_out", "ruled_out_word", "ruling_out", "discarded")
)
"""Cues that end a diagnosis made before."""


def _taken_back(fact: TumorFact, primary: Primary) -> bool:
    """Whether a statement takes back the diagnosis of the primary ("the diagnosis of breast carcinoma was withdrawn")."""
    if fact.assertion is not Assertion.ABSENT or fact.place is None or not same_organ(fact.place.site, primary.site):
        return False
    if primary.site != fact.place.site == "carotid_body":  # another paraganglion than that of the tumor
        return False
    if fact.mention.concept == "origin_word":  # "renal origin excluded" tells where a deposit does not come from
        return False
    carcinomas = [m for m in fact.line.of("tumor") if m.concept.endswith("carcinoma") and m.attrs.get("family") == "other"]
    another = primary.neuroendocrine and bool(carcinomas)  # "the bronchogenic carcinoma was not borne out"
    named = fact.metastatic is None and ((generic(fact) and not another) or _same_named(primary, fact))
    return named and fact.line.says("spread.again") is None and any(c.rule in _TAKEN_BACK or _never(c) for c in fact.mention.cues)


_NEVER = re.compile(r"(?:never(?:\sactually|\sin\sfact)?|\bnot)\shad\Z", re.IGNORECASE)


def _never(cue: Evidence) -> bool:
    """Whether the words say that the patient never had the tumor."""
    return _NEVER.search(cue.text) is not None


def _histology_taken_back(fact: TumorFact, primary: Primary) -> bool:
    """Whether a statement without an organ takes back the histology ("the diagnosis of neuroendocrine carcinoma was annulled")."""
    if fact.assertion is not Assertion.ABSENT or fact.place is not None or fact.metastatic is not None or generic(fact):
        return False
    if any(map(_never, fact.mention.cues)):
        return primary.histologies == {fact.mention.concept}
    named = _kin(family(fact)) == _kin(primary.family)
    cues = _TAKEN_BACK
    if primary.family == "other":  # that another finding is no adenocarcinoma takes nothing back
        named, cues = primary.histologies == {fact.mention.concept}, _WITHDRAWN
    return named and fact.line.says("spread.again") is None and any(c.rule in cues for c in fact.mention.cues)


def _kin(name: str) -> str:
    """The family, with the carcinomas of neuroendocrine cells as one, and the carcinoids with the neuroendocrine tumors."""
    return "nec" if name.startswith("nec") else "net" if name == "carcinoid" else name


def _same_organ_named(primary: Primary, fact: TumorFact) -> bool:
    """Whether the word is "cancer" or the like of the organ of a primary of which no more was said."""
    named = fact.place is not None and fact.how in ("before", "after", "inside") and not fact.mention.weak
    return named and fact.place is not None and same_organ(fact.place.site, primary.site) and not primary.histologies
