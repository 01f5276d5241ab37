"""What a sentence says of tumors and deposits, gathered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oncospan.pipeline.denials import denied_tumors
from oncospan.pipeline.deposit_facts import DepositFact, deposits_in
from oncospan.pipeline.mention import Line, Mention
from oncospan.pipeline.node_facts import node_deposits
from oncospan.pipeline.places import Place, places
from oncospan.pipeline.tumor_facts import TumorFact, mark_metastatic, place_tumor


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """Everything relations found in one sentence."""

    line: Line = field(repr=False)
    places: tuple[Place, ...]
    tumors: tuple[TumorFact, ...]
    deposits: tuple[DepositFact, ...]
    specimen: Place | None = None


_SPECIMEN = re.compile(r"[:\n]|\bpart\s+\d|^\W{0,3}[A-Z0-9]{1,2}[.):]")


def relate(line: Line, specimen: Place | None) -> LineFacts:
    """The facts of a sentence; ``specimen`` is the place of the specimen heading it stands under, if any."""
    found = places(line)
    own = _own_specimen(line, found)
    under = own or specimen
    tumors = [place_tumor(line, t, found) for t in line.of("tumor") if t.concept != "benign_tumor"]
    tumors = mark_metastatic(line, tumors)
    deposits, claimed = deposits_in(line, tumors, found, under)
    deposits += node_deposits(line, found, deposits, under)
    deposits += [d for d in denied_tumors(line, tumors, found, under) if all(d.site != k.site for k in deposits)]
    free = [p for p in found if p.start not in claimed]
    tumors = [_unclaim(t, claimed, free, under) for t in tumors]
    return LineFacts(line=line, places=tuple(found), tumors=tuple(tumors), deposits=tuple(deposits), specimen=own)


def _own_specimen(line: Line, found: Sequence[Place]) -> Place | None:
    """The place a specimen heading names: before any tumor word, beside a biopsy or resection word."""
    firsts = line.of("tumor", "metastasis")
    limit = firsts[0].start if firsts else line.sentence.end
    head = [p for p in found if p.end <= limit and (not p.test or line.sentence.heading)]
    if not head:
        return None
    if line.sentence.heading:
        return head[0]
    before = line.text[: limit - line.sentence.start]
    if re.fullmatch(r"[^.;:]{0,40}:\s*(?:[\w-]+\s+){0,4}", before[head[-1].end - line.sentence.start :]):
        return head[-1]
    titled = [p for p in head if p.node and re.match(r"\s*:", before[p.end - line.sentence.start :])]
    if titled:
        return titled[-1]
    tests = [m for m in line.of("tissue", "treatment") if m.start < limit]
    return head[0] if tests and (_SPECIMEN.search(before) or before.isupper()) else None


def _unclaim(fact: TumorFact, claimed: dict[int, Mention], free: Sequence[Place], specimen: Place | None) -> TumorFact:
    """The tumor fact without a place that a deposit claimed: with the next one tied to it, else with the specimen's."""
    if fact.place is not None and fact.place.start in claimed:
        other = place_tumor(fact.line, fact.mention, free) if not fact.mention.weak else fact
        fact = replace(fact, place=None, how="none") if other is fact else replace(fact, place=other.place, how=other.how)
    if fact.place is None and fact.how == "none" and specimen is not None and not specimen.node and not fact.metastatic:
        return replace(fact, place=specimen, how="specimen")
    return fact


def opens_list(facts: LineFacts) -> Mention | None:
    """The metastasis word of a line that only opens a list ("Metastatic sites:")."""
    line = facts.line
    words = [m for m in line.of("metastasis") if m.current]
    if not words or not line.text.rstrip().endswith(":") or any(d.place for d in facts.deposits):
        return None
    return words[-1]


def under_heading(facts: LineFacts, trigger: Mention) -> LineFacts:
    """The facts of a list item under such a line, each of its places a deposit."""
    made = tuple(
        DepositFact(trigger=trigger, line=facts.line, place=p, site=p.site, side=p.side, assertion=p.assertion)
        for p in facts.places
        if not p.region and not p.test
    )
    return replace(facts, deposits=made)
