"""What the same note takes back: first readings and frozen sections before a final diagnosis, findings that are amended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import HELD
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.harmless import FLAG as HARMLESS
from oncospan.pipeline.text.segmentation import Section, Segmentation
from oncospan.signals import Signals
from oncospan.types import Assertion

_FLAG = "superseded"
_FINAL = frozenset({"diagnosis", "final_diagnosis", "synoptic"})


def settled(segmentation: Segmentation, text: str, signals: Signals) -> Segmentation:
    """The segmentation; what stands under a first reading is only supposed where the note holds a final or amended diagnosis."""
    sections = segmentation.sections
    if not any(_FLAG in s.flags for s in sections):
        return segmentation
    final = any(s.name in _FINAL for s in sections)
    revised = final and signals["spread.revised"].search(text) is not None
    return replace(segmentation, sections=tuple(_given_way(s, final=final, revised=revised) for s in sections))


def _given_way(section: Section, *, final: bool, revised: bool) -> Section:
    """The section; it keeps its flag where it has given way."""
    given = final if section.name == "intraoperative_consultation" else revised
    return section if given else section._replace(flags=section.flags - {_FLAG})


def _refuted(facts: Sequence[DepositFact]) -> list[DepositFact]:
    """The facts; what another reading held is denied where its sentence goes on to, and gone where the note denies it later."""
    out = []
    for fact in facts:
        if fact.assertion is Assertion.UNCERTAIN and _proved_benign(fact):
            out.append(replace(fact, assertion=Assertion.ABSENT))
            continue
        if fact.assertion in HELD and fact.line.says("spread.retold"):
            behind = fact.trigger.end - fact.line.sentence.start
            if fact.line.within["spread.disagreed"].search(fact.line.text, behind):
                out.append(replace(fact, assertion=Assertion.ABSENT))
                continue
            if any(_denies(later, fact) for later in facts):
                continue
        out.append(fact)
    return out


def _answering(facts: Sequence[DepositFact]) -> list[DepositFact]:
    """The facts; that a lump is harmless counts only where a deposit of the organ was suspected before, or held by another, and none is stated."""
    return [
        f for f in facts
        if HARMLESS not in f.flags
        or (any(_asked(e) for e in _earlier(facts, f)) and not any(e.site == f.site and _stated(e) for e in facts))
    ]  # fmt: skip


def _earlier(facts: Sequence[DepositFact], fact: DepositFact) -> list[DepositFact]:
    return [e for e in facts if e.site == fact.site and e.trigger.start < fact.trigger.start]


def _asked(fact: DepositFact) -> bool:
    """Whether a deposit is suspected, or only another's reading."""
    return fact.assertion is Assertion.UNCERTAIN or (fact.assertion is Assertion.PRESENT and not _stated(fact))


def _stated(fact: DepositFact) -> bool:
    """Whether the note itself says that there is a deposit."""
    return fact.assertion is Assertion.PRESENT and fact.line.says("spread.retold") is None


def _proved_benign(fact: DepositFact) -> bool:
    """Whether the sentence goes on to say that a suspicion proved benign ("suspected, but biopsy showed a hemangioma")."""
    benign = [m for m in fact.line.of("tumor") if m.concept == "benign_tumor" and m.start > fact.trigger.end and m.current]
    return bool(benign) and fact.line.within["spread.proved"].search(fact.line.between(fact.trigger, benign[0])) is not None


def told_over(facts: Sequence[DepositFact]) -> Sequence[DepositFact]:
    """The facts without the entries of a problem list that the text below refutes: lists are carried on for years."""
    own = [f for f in facts if not _listed(f)]
    if len(own) == len(facts) or any(f.assertion is Assertion.PRESENT for f in own):
        return facts
    refuted = own and own[-1].assertion is Assertion.ABSENT and (not own[-1].flags or own[-1].line.of("tissue"))
    return own if refuted else facts


def _listed(fact: DepositFact) -> bool:
    """Whether the fact stands in a problem list."""
    return fact.line.section is not None and fact.line.section.name == "problem_list"


def _denies(later: DepositFact, fact: DepositFact) -> bool:
    """Whether a fact told later denies metastases of the site of another; of a suspicion without a site, metastases at all."""
    same = later.site == fact.site or (fact.site == "unspecified" and fact.assertion is Assertion.UNCERTAIN and not later.flags)
    return same and later.assertion is Assertion.ABSENT and later.trigger.start > fact.trigger.start


def unrevised(facts: Sequence[DepositFact]) -> list[DepositFact]:
    """The facts without those that an amendment takes back ("Line B is amended to: eight nodes, negative for tumor")."""
    facts = _refuted(_answering(facts))
    revised = [f for f in facts if f.assertion is Assertion.ABSENT and f.line.says("spread.amended")]
    return [
        f for f in facts
        if not (
            f.assertion is Assertion.PRESENT
            and any(
                f.trigger.start < r.trigger.start
                and (f.site == r.site or (r.site == "lymph_node" and f.site.startswith("lymph_node")))
                for r in revised
            )
        )
    ]  # fmt: skip
