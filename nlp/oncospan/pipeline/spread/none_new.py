"""Sentences that deny only new metastases: they keep those that are known, and tell of none themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.sites import same_organ
from oncospan.types import Assertion

_RULE = "context.affirmed.no_new"


def _denies_new(fact: DepositFact) -> bool:
    """Whether the fact is "no new metastases"."""
    return fact.assertion is Assertion.PRESENT and any(c.rule == _RULE and "new" in c.text.lower() for c in fact.trigger.cues)


def without_new(facts: Sequence[DepositFact]) -> list[DepositFact]:
    """The facts, new deposits denied where none are known; of deposits that are gone or open the denial of new ones says nothing."""
    told = [f for f in facts if not _denies_new(f)]
    if len(told) == len(facts):
        return told
    anywhere = any(f.site == "unspecified" and f.assertion is Assertion.PRESENT for f in told)
    out = []
    for fact in facts:
        if not _denies_new(fact):
            out.append(fact)
            continue
        here = {f.assertion for f in told if f.site == fact.site or same_organ(f.site, fact.site)}
        if fact.site == "unspecified":
            here = {f.assertion for f in told}
        if Assertion.PRESENT in here or (anywhere and not here):
            out.append(fact)
        elif not here & {Assertion.HISTORY, Assertion.UNCERTAIN}:
            out.append(replace(fact, assertion=Assertion.ABSENT))
    return out
