"""Deposits and cancers that the words right behind them take back: "the scan described metastases; in retrospect they were cysts"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import HELD, Line, Reading
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.refuted import ANOTHER
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion

_BEHIND = 260
"""How many characters behind a word may take it back: its sentence and the next one."""


def withdrawn(deposits: Sequence[Deposit], reading: Reading) -> list[Deposit]:
    """The deposits, those denied that nothing but images or words told, and the words behind the last one take back."""
    for deposit in deposits:
        told = [f for f in deposit.facts if f.assertion in HELD]
        if told and told[-1] is deposit.facts[-1] and not any(map(_shown, told)):
            deposit.refuted |= _taken_back(told, reading)
    return [d for d in deposits if not (d.refuted and d.site == "unspecified")]


def _shown(fact: DepositFact) -> bool:
    """Whether tissue or a treatment stands before the words for a deposit: more than images told of it."""
    return any(m.start < fact.trigger.start for m in fact.line.of("tissue", "treatment"))


def _taken_back(told: Sequence[DepositFact], reading: Reading) -> bool:
    """Whether the words behind the last fact say that the deposit is something harmless, or that it is not so."""
    last = told[-1]
    place = last.place if last.place is not None and last.place.start >= last.line.sentence.start else None
    end = max(last.trigger.end, place.end if place is not None else 0)
    behind = reading.text[end : end + _BEHIND]
    if reading.signals["spread.withdrawn_next"].match(behind) or _said_to_be(behind, "spread.are_called", _LESION, reading):
        return True
    start = min(last.trigger.start, place.start if place is not None else last.trigger.start)
    if not (_reported(last.line, start, end) or _reported(last.line, last.trigger.start, end)):
        return False
    if reading.signals["spread.not_so"].match(behind):
        return True
    harmless = _said_to_be(behind, "spread.was_found", _LESION, reading)
    if harmless is None:
        return False
    between = [m for ln in reading.lines for m in ln.of("site", "tumor") if end <= m.start < end + harmless.end()]
    return all(
        m.concept in _HARMLESS or m.assertion is Assertion.ABSENT or (m.category == "site" and same_organ(m.concept, last.site))
        for m in between
    )


_LESION, _TUMOR = "spread.harmless_lesion", "spread.harmless_tumor"


def _said_to_be(behind: str, words: str, names: str, reading: Reading) -> re.Match[str] | None:
    """The first harmless name that the words of the one signal lead to from the start of a text."""
    lead = reading.signals[words]
    return next((m for m in reading.signals[names].finditer(behind) if lead.fullmatch(behind, 0, m.start())), None)


_HARMLESS = frozenset({"benign_tumor", "lesion", "nodule"})


def _reported(line: Line, start: int, end: int) -> bool:
    """Whether somebody else told or supposed what stands there, or it was read so on images."""
    before, behind = line.text[: start - line.sentence.start], line.text[end - line.sentence.start :]
    if line.within["spread.reported_before"].search(before) is not None:
        return True
    return line.within["spread.reported_behind"].match(behind) is not None


def on_record(primaries: Sequence[Primary], reading: Reading) -> list[Primary]:
    """The primaries without those that were only told of or supposed, and that records or tissue call something harmless ("he had colon cancer; the records show an adenoma")."""
    kept = [p for p in primaries if not (all(map(_hearsay, p.facts)) and _recorded(p.facts[-1], reading))]
    return [p for p in kept if not (all(map(_before_operation, p.facts)) and _harmless_after(reading))]


_PREOP = re.compile(r"\A\W{0,3}pre-?\s?op", re.IGNORECASE)


def _before_operation(fact: TumorFact) -> bool:
    """Whether the tumor is what the operation was planned for."""
    section = fact.line.section
    return (section is not None and section.name == "preoperative_diagnosis") or _PREOP.match(fact.line.text) is not None


def _harmless_after(reading: Reading) -> bool:
    """Whether the diagnosis behind the operation is harmless."""
    return reading.signals["spread.postop_harmless"].search(reading.text) is not None


_FOR = re.compile(
    r"(?:ectomy|resection|excision|operation|surgery|operated(?: on)?|explored|exploration|whipple)\s(?:for|on)\s(?:an?\s|the\s)?\Z",
    re.IGNORECASE,
)


def _hearsay(fact: TumorFact) -> bool:
    """Whether somebody only tells of the tumor, supposes it, operates for it, or saw it on images."""
    at = fact.line.sentence.start
    start = min(fact.start, fact.place.start if fact.place is not None and fact.place.start >= at else fact.start)
    end = max(fact.mention.end, fact.place.end if fact.place is not None and fact.place.start >= at else 0)
    return _reported(fact.line, fact.mention.start, end) or _FOR.search(fact.line.text[: start - at]) is not None


def _recorded(fact: TumorFact, reading: Reading) -> bool:
    """Whether the words behind a tumor tell that records or tissue show something harmless, or that it is not so."""
    behind = reading.text[fact.mention.end : fact.mention.end + _BEHIND]
    found = _said_to_be(behind, "spread.on_record", _TUMOR, reading) or reading.signals["spread.not_so"].match(behind)
    return found is not None and ANOTHER.search(behind[: found.end()]) is None
