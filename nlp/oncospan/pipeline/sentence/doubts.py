"""Nodes and lumps called indeterminate or suspicious without the word metastasis: "level II node indeterminate"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.denials import REMOTE
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied
from oncospan.pipeline.sentence.places import Place
from oncospan.types import Assertion

FLAG = "doubtful"
"""Marks a doubt that names no metastasis: it holds where no tumor began and nothing else is said of the site."""


def doubted(line: Line, found: Sequence[Place]) -> list[DepositFact]:
    """The nodes and remote organs of a sentence whose lump is called indeterminate or suspicious."""
    out = []
    for word in line.of("sight"):
        place = _place_of(line, word, [p for p in found if not p.test]) if word.concept == "doubt" else None
        if place is None or word.assertion not in (Assertion.PRESENT, Assertion.UNCERTAIN):
            continue
        if line.within["spread.none_new"].search(line.text, 0, word.start - line.sentence.start):
            continue
        if any(m.concept == "benign_tumor" and m.start > word.start for m in line.of("tumor")):
            continue  # "indeterminate on CT, on MRI a hemangioma"
        out.append(implied(line, word, place, Assertion.UNCERTAIN, FLAG))
    return out


def _place_of(line: Line, word: Mention, found: Sequence[Place]) -> Place | None:
    """The place that the doubt is of: the one before it, else the one right behind it."""
    start = line.sentence.start
    before = [p for p in found if p.end <= word.start]
    behind = [p for p in found if p.start >= word.end]
    follows = behind and line.within["site.behind_doubt"].search(line.text[word.end - start : behind[0].start - start])
    if before and line.within["site.before_doubt"].search(line.text[before[-1].end - start : word.start - start]):
        grouped = [p for p in (*before[-2:-1], *(behind[:1] if follows else [])) if p.node and not p.region]
        place = grouped[-1] if before[-1].site == "lymph_node" and grouped else before[-1]
        return place if _is_lump(line, place, word.start) else None
    if follows:
        return behind[0] if _is_lump(line, behind[0], behind[0].end + 25) else None
    return None


def _is_lump(line: Line, place: Place, end: int) -> bool:
    """Whether the place is a node, or a lump in an organ that metastases reach."""
    if place.node:
        return not place.region
    start = line.sentence.start
    return (
        place.site in REMOTE
        and line.within["site.lump"].search(line.text, max(0, place.start - start - 25), end - start) is not None
    )
