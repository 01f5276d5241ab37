"""Counts of nodes told without a word for nodes beside them: "Nodes: pelvic 2/14, para-aortic 0/5", "lymphadenectomy (0/12)"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.places import Place
from oncospan.types import Assertion

_TALLY = re.compile(r"\s?(?:[:(,-]\s?){0,2}(\d{1,3})\s?(?:/|of|out of)\s?(\d{1,3})(?![\d/]|\.\d)", re.IGNORECASE)


def tallied(line: Line, found: Sequence[Place], specimen: Place | None) -> list[DepositFact]:
    """The node regions of a list that have a count each, under a label or heading of nodes, or at least two of them."""
    at = line.sentence.start
    counts = [(p, _TALLY.match(line.text, p.end - at)) for p in found if p.node and p.region]
    told = [(p, int(m[1])) for p, m in counts if m is not None and int(m[1]) <= int(m[2])]
    if not told:
        return []
    nodes = [p for p in found if p.node and not p.region]
    heading = specimen if specimen is not None and specimen.node and not at <= specimen.start < line.sentence.end else None
    labelled = heading is not None or any(p.site == "lymph_node" and p.end <= told[0][0].start for p in nodes[:1])
    if (len(told) == 1 and not labelled) or any(p.end > told[0][0].start for p in nodes):
        return []
    positive = {p.site for p, number in told if number}
    return [
        _counted(line, _in_group(p, heading), Assertion.PRESENT if number else Assertion.ABSENT)
        for p, number in told
        if number or p.site not in positive
    ]


def dissected(line: Line) -> list[DepositFact]:
    """What is told right behind a dissection of the nodes it took: a count, that it was positive, or that none holds tumor."""
    at = line.sentence.start
    taken = [m for m in line.of("treatment") if m.concept == "node_dissection"]
    taken += [m for m in line.of("tissue") if "sentinel" in line.word(m)]
    for word in sorted((m for m in taken if not any(c.end <= m.start for c in m.cues)), key=lambda m: m.start):
        count = _TALLY.match(line.text, word.end - at)
        if count is not None and int(count[1]) <= int(count[2]):
            state = Assertion.PRESENT if int(count[1]) else Assertion.ABSENT
        elif line.within["site.dissection_free"].match(line.text, word.end - at):
            state = Assertion.ABSENT
        elif line.within["site.dissection_positive"].match(line.text, word.end - at):
            state = Assertion.PRESENT
        else:
            continue
        return [DepositFact(trigger=word, line=line, site="lymph_node", assertion=state)]
    return []


def _in_group(place: Place, heading: Place | None) -> Place:
    """The node region with the group and the side that the heading names ("Axilla … level I: 2/12")."""
    if heading is None:
        return place
    side = place.side or heading.side
    return replace(place, side=side) if heading.site == "lymph_node" else replace(heading, side=side)


def _counted(line: Line, place: Place, assertion: Assertion) -> DepositFact:
    """The deposit, or its denial, that a count of nodes tells of a region."""
    return DepositFact(
        trigger=place.mentions[0], line=line, place=replace(place, flags=place.flags - {"region"}), site=place.site,
        side=place.side, assertion=assertion,
    )  # fmt: skip
