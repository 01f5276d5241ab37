"""The sides of deposits that the words for their lumps name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.sites import PAIRED, organ
from oncospan.types import Assertion


def refine_sides(deposits: Sequence[Deposit], lines: Sequence[LineFacts]) -> None:
    """Let lumps of the same organ name the side of a deposit that has none, when they name only one or are counted on both (SPEC 3.7)."""
    lumps = [ln for ln in lines if any(f.mention.weak and f.assertion is not Assertion.ABSENT for f in ln.tumors)]
    for deposit in deposits:
        if deposit.side in ("left", "right") and organ(deposit.site) in PAIRED:
            deposit.both = any(f.line.says("spread.both_sides") and _names_organ(f, deposit) for f in deposit.stating)
        if deposit.side is None and organ(deposit.site) in PAIRED:
            counted = [_counted_sides(ln, organ(deposit.site)) for ln in lumps]
            sides = {p.side for ln in lumps for p in _lump_places(ln) if p.side and organ(p.site) == organ(deposit.site)}
            sides |= {"bilateral"} if any({"left", "right"} <= found for found in counted) else set()
            if len(sides) == 1 or "bilateral" in sides:
                deposit.seen_side = "bilateral" if "bilateral" in sides else sides.pop()
            elif any(f.line.says("spread.both_sides") for f in deposit.facts if f.assertion is Assertion.PRESENT):
                deposit.seen_side = "bilateral"


def _names_organ(fact: DepositFact, deposit: Deposit) -> bool:
    """Whether the sentence of a deposit names no other paired organ."""
    named = {m.concept for m in fact.line.of("site") if organ(m.concept) in PAIRED}
    return all(organ(s) == organ(deposit.site) for s in named)


def _lump_places(facts: LineFacts) -> list[Place]:
    """The places of the lumps of a sentence."""
    return [f.place for f in facts.tumors if f.place and f.mention.weak and f.assertion is not Assertion.ABSENT]


_COUNTED = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|\d{1,2}|others?|another|several|some)\s(?:[\w-]+\s){0,2}(?:in|of|at)\s(?:the\s)?\Z",
    re.IGNORECASE,
)


def _counted_sides(facts: LineFacts, name: str) -> set[str]:
    """The sides of an organ on which a sentence counts lumps ("two in the right upper lobe and one in the left lower lobe")."""
    text, at = facts.line.text, facts.line.sentence.start
    return {
        p.side
        for p in facts.places
        if p.side and organ(p.site) == name and _COUNTED.search(text, max(0, p.start - at - 60), p.start - at)
    }
