"""Primaries of which only a treatment of long ago is told, or that the patient had long ago."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.course.events import Event, long_ago, sequel
from oncospan.pipeline.course.whose import DRUG
from oncospan.pipeline.mentions.mention import SAMPLES
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import Primary, generic, told_as_past
from oncospan.sites import REACHED
from oncospan.types import Assertion


def bygone(primary: Primary, mine: Sequence[Event], flags: set[str], now: int, *, spread: bool) -> bool:
    """Whether all that is told of the tumor, beside its name, is a treatment of long ago: "carcinoid of the appendix, removed 1994".

    Beside a ``spread`` that is current, a drug alone ended nothing.
    """
    if flags & {"in_place", "recurrent", "planned"} or found_again(primary):
        return False
    told = [e for e in mine if e.mention.attrs.get("effect") in _CURES and e.mention.current and not sequel(e)]
    if not told:
        return any(_had_long_ago(f, now) for f in primary.strong) and not any(
            e.mention.concept == "active_treatment" for e in mine
        )
    if spread and not any(e.mention.attrs.get("effect") in ("surgery", "radiation") for e in told):
        return False
    beside = any(abs(e.line.index - f.line.index) <= 1 for e in told for f in primary.facts)
    return beside and all(long_ago(e, now) for e in told)


def found_again(primary: Primary) -> bool:
    """Whether a tumor told as history is then found in a sample ("history of bladder cancer … biopsy: urothelial carcinoma")."""
    past = [f for f in primary.strong if told_as_past(f)]
    if not past:
        return _lump_sampled(primary)
    now = (f for f in primary.strong if f.assertion is Assertion.PRESENT and not generic(f) and f.metastatic is None)
    return any(
        f.line.index > past[-1].line.index
        and not told_as_past(f)
        and not f.line.says("course.back_then")
        and not any(m.concept in REACHED or m.concept.startswith("lymph_node") for m in f.line.of("site"))
        and any(m.concept in SAMPLES and m.assertion is Assertion.PRESENT and m.end <= f.start for m in f.line.of("tissue"))
        for f in now
    )


_SOON = 3
"""How many sentences behind a lump its sample is told."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def _lump_sampled(primary: Primary) -> bool:
    """Whether a lump of the organ, found years after an operation, was sampled and held the tumor ("mastectomy 2012. In 2025 a mass. Biopsy: …")."""
    done = [(f, year) for f in primary.strong if (year := _operated_in(f))]
    for fact in primary.strong:
        if generic(fact) or fact.assertion is not Assertion.PRESENT or fact.metastatic is not None:
            continue
        if not any(
            m.concept in SAMPLES and m.assertion is Assertion.PRESENT and m.end <= fact.start for m in fact.line.of("tissue")
        ):
            continue
        lumps = [f for f in primary.located if 0 <= fact.line.index - f.line.index <= _SOON and f.start < fact.start]
        if any(f.start < lump.start and _since(lump, fact, year) for f, year in done for lump in lumps):
            return True
    return False


def _operated_in(fact: TumorFact) -> int:
    """The last year that the sentence of a tumor names beside an operation, 0 for none."""
    done = any(m.attrs.get("effect") == "surgery" and m.current for m in fact.line.of("treatment"))
    return max(map(int, _YEAR.findall(fact.line.text)), default=0) if done else 0


def _since(lump: TumorFact, sampled: TumorFact, year: int) -> bool:
    """Whether a lump, or its sample, is told as of a later year or of now."""
    later = any(int(y) > year for ln in (lump.line, sampled.line) for y in _YEAR.findall(ln.text))
    return later or lump.line.says("course.newly_seen") is not None


_AGES = 10
"""After how many years a tumor that a patient had, of which nothing else is told, is a former one."""


def _had_long_ago(fact: TumorFact, now: int) -> bool:
    """Whether a tumor is told as one the patient had many years back ("she had carcinoma of the cervix in 1992")."""
    line = fact.line
    start = fact.mention.start if fact.place is None else min(fact.mention.start, fact.place.start)
    end = fact.mention.end if fact.place is None else max(fact.mention.end, fact.place.end)
    at = start - line.sentence.start
    had = line.within["course.had"].search(line.text, max(0, at - 40), at) is not None
    year = line.within["course.had_in" if had else "course.treated_in"].match(line.text, end - line.sentence.start)
    return year is not None and now - int(year[1]) >= _AGES


_CURES = DRUG | {"surgery"}
