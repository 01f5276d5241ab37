"""Tumors that are only what a lump was first taken for, before tissue showed a deposit there."""

from __future__ import annotations

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.tumors.primary import Primary
from oncospan.types import Assertion

_SOON = 3
"""How many sentences before the result the first reading may stand."""


def first_reading(primary: Primary, fact: DepositFact) -> bool:
    """Whether the primary is only what a lump was taken for, or a sample of it was read as, in the sentence before a result."""
    lines = [f.line for f in primary.facts]
    if any(f.start >= fact.trigger.start or f.assertion is Assertion.HISTORY for f in primary.facts):
        return False
    if any(ln is not lines[0] for ln in lines) or not 0 <= fact.line.index - lines[0].index <= _SOON:
        return False
    last = primary.facts[-1]
    lumps = [m for m in last.line.of("tumor") if m.weak and m.concept != "origin_word" and m.end <= last.start]
    taken = last.line.within["spread.taken_as"]
    if any(taken.search(last.line.between(m, last.mention)) for m in last.line.of("tissue") if m.end <= last.start):
        return True
    if not lumps:
        return False
    sampled = last.how == "specimen" and "site" not in last.mention.attrs
    return sampled or taken.search(last.line.between(lumps[-1], last.mention)) is not None


def names(primary: Primary, fact: DepositFact) -> bool:
    """Whether the words of the deposit name the primary it comes from: its tumor word, else one in its sentence."""
    if fact.tumor is not None:
        return any(f.mention is fact.tumor for f in primary.facts)
    return any(f.line is fact.line for f in primary.facts)
