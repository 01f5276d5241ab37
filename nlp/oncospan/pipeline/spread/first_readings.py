"""Tumors that are only what a lump was first taken for, before tissue showed a deposit there."""

from __future__ import annotations

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import Primary
from oncospan.types import Assertion

_SOON = 3
"""How many sentences before the result the first reading may stand."""
_OPERATION = 6
"""How many sentences before the result an operation's diagnosis may stand."""


def first_reading(primary: Primary, fact: DepositFact) -> bool:
    """Whether the primary is only what a lump was taken for, or a sample of it was read as, in the sentence before a result."""
    if _diagnosed_first(primary, fact):
        return True
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


def _diagnosed_first(primary: Primary, fact: DepositFact) -> bool:
    """Whether all that is told of the primary before a result is the diagnosis an operation was done for, and what the sample held."""
    told = [f for f in primary.facts if not _of_sample(f)]
    if not told or any(f.start >= fact.trigger.start or f.assertion is Assertion.HISTORY for f in primary.facts):
        return False
    near = all(0 <= fact.line.index - f.line.index <= _OPERATION for f in told)
    return near and all(f.assertion is Assertion.UNCERTAIN or called_first(f) for f in told)


def _of_sample(fact: TumorFact) -> bool:
    """Whether the word only tells what a sample of the organ held ("the sections of both ovaries disclosed signet ring cells")."""
    if fact.how == "specimen":
        return "site" not in fact.mention.attrs
    return fact.mention.concept == "malignancy" and bool(fact.line.of("tissue"))


def called_first(fact: TumorFact) -> bool:
    """Whether the words around a tumor make it a diagnosis of the first hour: "under the diagnosis of", "was diagnosed on imaging"."""
    line, at = fact.line, fact.line.sentence.start
    before, behind = line.text[: fact.start - at], line.text[fact.mention.end - at :]
    if line.within["spread.first_called"].search(before) or line.within["spread.called_by"].match(behind):
        return True
    return line.within["spread.operated_under"].search(before) is not None


def names(primary: Primary, fact: DepositFact) -> bool:
    """Whether the words of the deposit name the primary it comes from: its tumor word, else one in its sentence."""
    if fact.tumor is not None:
        return any(f.mention is fact.tumor for f in primary.facts)
    return any(f.line is fact.line for f in primary.facts)
