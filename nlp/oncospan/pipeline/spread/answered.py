"""Suspicions that tissue or a scan answers, in their own sentence or the next: "suspicious for metastasis. Biopsy: hemangioma"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import HELD, SAMPLES, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.relations import LineFacts, Neighbors
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion


def answered(facts: Sequence[DepositFact], lines: Sequence[LineFacts], _primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts; a suspicion that tissue or a scan answers as benign is denied, one that a sample proves is stated."""
    around = Neighbors(lines)
    return [f if (answer := _answer(f, around)) is None else replace(f, assertion=answer) for f in facts]


def _answer(fact: DepositFact, around: Neighbors) -> Assertion | None:
    """What its sentence or the next one makes of a fact, where tissue or a scan answers it ("Biopsy: hemangioma, no carcinoma")."""
    own, behind = around.own(fact.line), around.beside(fact.line, 1)
    if _title_refuted(fact, own, behind):
        return Assertion.ABSENT
    if fact.assertion is not Assertion.UNCERTAIN or fact.site == "unspecified" or fact.flags:
        return None
    if _benign(own, fact.trigger.end) or _seen_benign(own, fact) or _denied_next(fact, own):
        return Assertion.ABSENT
    if _proven_next(fact, own) or _sample_positive(fact, own, behind):
        return Assertion.PRESENT
    if behind is None or not (_benign(behind) or _looks_benign(behind, fact.site)):
        return None
    elsewhere = any(not same_organ(p.site, fact.site) and not p.test for p in behind.places)
    return None if elsewhere else Assertion.ABSENT


def _title_refuted(fact: DepositFact, own: LineFacts, behind: LineFacts | None) -> bool:
    """Whether the heading of a specimen calls it a metastasis, and the line below finds none ("Omental implant, excision:", "benign fat, no carcinoma")."""
    if not own.line.sentence.heading or behind is None or fact.assertion not in HELD or not own.line.of("tissue", "treatment"):
        return False
    if behind.line.within["spread.answers_none"].match(behind.line.text) is None:
        return False
    return not any(t.mention.current and not t.mention.weak for t in behind.tumors) and not any(
        d.assertion in HELD for d in behind.deposits
    )


def _proven_next(fact: DepositFact, facts: LineFacts) -> bool:
    """Whether a sample told next in its own sentence showed a cancer ("node suspicious for metastasis; FNA: papillary carcinoma")."""
    taken = [m for m in facts.line.of("tissue") if m.start >= fact.trigger.end and m.concept in SAMPLES and m.current]
    shown = [t for t in facts.tumors if taken and t.start > taken[0].end and not t.mention.weak]
    return (
        bool(shown)
        and all(t.assertion is Assertion.PRESENT and t.place is None and not facts.line.of("status") for t in shown)
        and not any(_no_deposit(t.mention) for t in shown)
        and not any(taken[0].start <= p.start for p in facts.places)
    )


def _sample_positive(fact: DepositFact, own: LineFacts, behind: LineFacts | None) -> bool:
    """Whether a sample told next is called no more than positive, or is said to have confirmed it ("concerning for metastasis; biopsy was positive")."""
    line = own.line
    if line.within["spread.then_positive"].match(line.text, fact.trigger.end - line.sentence.start):
        return not any(p.start >= fact.trigger.end and not same_organ(p.site, fact.site) for p in own.places)
    said = behind is not None and not behind.places and not behind.tumors and not behind.deposits
    return said and behind is not None and behind.line.within["spread.positive_next"].match(behind.line.text) is not None


def _denied_next(fact: DepositFact, facts: LineFacts) -> bool:
    """Whether the next test of its own sentence denies what a fact suspects ("questionable on CT, MRI negative for metastasis")."""
    line = facts.line
    tests = [m for m in line.of("imaging", "tissue") if m.start >= fact.trigger.end]
    denied = [
        d.trigger
        for d in facts.deposits
        if d.assertion is Assertion.ABSENT and d.trigger.start >= fact.trigger.end and d.site in ("unspecified", fact.site)
    ]
    earlier = len(line.of("imaging", "tissue")) > len(tests) or len(tests) > 1
    return earlier and any(
        t.end <= d.start <= t.end + _NEXT and not any(c in line.between(t, d) for c in ";)") for t in tests for d in denied
    )


_NEXT = 40
"""How far behind the name of a test its answer may stand."""


def _benign(facts: LineFacts, since: int = 0) -> bool:
    """Whether tissue is said to have shown, from an offset on, a benign tumor, a disease of the blood or no cancer, and no cancer is stated."""
    tissue = [m for m in facts.line.of("tissue") if m.start >= since]
    told = [t for t in facts.line.of("tumor") if tissue and t.start > tissue[0].start]
    if any(not t.weak and not _no_deposit(t) and t.assertion is not Assertion.ABSENT for t in told):
        return False
    return any((_no_deposit(t) and t.assertion in HELD) or (not t.weak and t.assertion is Assertion.ABSENT) for t in told)


def _no_deposit(tumor: Mention) -> bool:
    """Whether a tumor is one that is no deposit of a cancer: a benign one, or one of blood or lymph."""
    return tumor.concept == "benign_tumor" or tumor.attrs.get("family") == "hematologic"


def _seen_benign(facts: LineFacts, fact: DepositFact) -> bool:
    """Whether the next scan of its own sentence showed a benign tumor ("worrying for a metastasis; MRI showed a hemangioma")."""
    scans = [m.end for m in facts.line.of("imaging") if m.current and m.start >= fact.trigger.end]
    if not scans or facts.line.says("spread.not_alone"):
        return False
    if any(p.start >= scans[0] and not same_organ(p.site, fact.site) for p in facts.places):
        return False
    told = [t for t in facts.line.of("tumor", "metastasis") if t.start >= scans[0] and not t.weak]
    benign = [t for t in told if t.concept == "benign_tumor"]
    return bool(benign) and all(t.assertion is Assertion.PRESENT for t in benign) and len(benign) == len(told)


def _looks_benign(facts: LineFacts, site: str) -> bool:
    """Whether a scan, of no other organ, is said to have shown a benign tumor and nothing beside it ("MRI was diagnostic of hemangioma")."""
    scans = [m.end for m in facts.line.of("imaging") if m.current]
    if not scans or any(d.assertion in HELD for d in facts.deposits) or facts.line.says("spread.not_alone"):
        return False
    if any(not same_organ(p.site, site) for p in facts.places):
        return False
    told = [t for t in facts.line.of("tumor") if t.start > scans[0]]
    if any(not t.weak and t.concept != "benign_tumor" and t.assertion in HELD for t in told):
        return False
    return any(t.concept == "benign_tumor" and t.assertion is Assertion.PRESENT for t in told)
