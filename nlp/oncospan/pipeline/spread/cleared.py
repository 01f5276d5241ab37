"""Deposits that are gone by the end of the note: removed, with no disease left since."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import STATED, Line, Mention, Reading
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.node_counts import count_in, counted
from oncospan.pipeline.sentence.places import FLUID
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.freedom import in_one_place, left_nowhere, none_left, not_back, says_free
from oncospan.pipeline.text.years import latest, long_before, years
from oncospan.sites import same_organ
from oncospan.types import Assertion


def clear(deposits: Sequence[Deposit], reading: Reading, *, former: bool, alone: bool) -> None:
    """Mark the deposits that were removed and after which the note says that no disease is left anywhere.

    ``former`` says that all primaries are history: their nodes were removed with them. ``alone`` says that the note tells of one
    primary only, so that whatever is not back is of that one.
    """
    free = [m.start for ln, m in reading.told("status") if says_free(ln, m) or (alone and not_back(ln, m))]
    nowhere, now = left_nowhere(reading), latest(reading.text) if deposits else 0
    since = max((m.start for _, m in reading.told("status") if m.concept == "ned" and none_left(m)), default=-1)
    for deposit in deposits:
        last = max(f.trigger.start for f in deposit.facts)
        removed = (former and deposit.site.startswith("lymph_node")) or any(
            m.attrs.get("effect") in _LOCAL and _done(f.line, m)
            and (abs(m.start - f.trigger.end) <= 60 or same_organ(m.attrs.get("removes", ""), deposit.site))
            for f in deposit.facts for m in f.line.of("treatment")
        )  # fmt: skip
        left = (
            _gone(deposit, reading)
            or _never_back(deposit)
            or _free_since(deposit)
            or _vanished(deposit, reading)
            or _dried(deposit, reading)
            or ((former or since > last) and _taken_along(deposit))
            or (former and _once_treated_for(deposit))
            or _treated_long_ago(deposit, now)
            or _taken_out_before(deposit, deposits, now)
        )
        deposit.cleared = (
            (bool(free) and free[-1] > last and removed)
            or (former and _operated(deposit, reading, alone=alone))
            or (former and bool(free) and _treated_before(free[-1], deposit, reading))
            or nowhere > last
            or left
        )


def _operated(deposit: Deposit, reading: Reading, *, alone: bool) -> bool:
    """Whether the organ of the deposit was operated on when it was found or later, and the patient is free of disease by the end of the note.

    ``alone``: of one tumor, what is not back is all of it.
    """
    stated = [f for f in deposit.facts if f.assertion is Assertion.PRESENT]
    told = [(ln, m) for ln, m in reading.told("status") if not ln.flags & _RECALLED]
    end = max((m.start for ln, m in told if says_free(ln, m) or (alone and not_back(ln, m))), default=-1)
    if not stated or end < max(f.trigger.start for f in stated):
        return False
    known = min(f.line.index for f in stated)
    given = [
        (ln, m) for ln, m in reading.told("treatment")
        if ln.index >= known - 1 and m.start < end and m.attrs.get("effect") in ("surgery", "locoregional") and _done(ln, m)
    ]  # fmt: skip
    return any(_takes(ln, m, deposit.site) for ln, m in given)


def _treated_before(end: int, deposit: Deposit, reading: Reading) -> bool:
    """Whether all of the deposits are said to be treated after this one was found, before the patient was free of disease."""
    last = max(f.trigger.start for f in deposit.facts)
    return any(
        last < m.start < end and _done(ln, m)
        and ln.within["spread.all_lesions"].match(ln.text[m.end - ln.sentence.start :])
        for ln, m in reading.told("treatment")
    )  # fmt: skip


_RECALLED = frozenset({"low_trust", "history"})
"""Sections in which the state at the end of the note is not told."""


def _takes(line: Line, treatment: Mention, site: str) -> bool:
    """Whether an operation takes out something of the organ: by its name, or by the organ right behind it."""
    removes = treatment.attrs.get("removes", "")
    if removes not in ("", "any", "metastasis"):
        return same_organ(removes, site)
    return any(0 <= m.start - treatment.end <= _NEAR and same_organ(m.concept, site) for m in line.of("site"))


def _free_since(deposit: Deposit) -> bool:
    """Whether freedom from disease is counted from the removal of the deposit ("no evidence of disease since removal of …")."""
    last = deposit.facts[-1]
    since = last.line.within["spread.since_it" if last.trigger.category == "treatment" else "spread.since"]
    return last.assertion is Assertion.PRESENT and any(
        none_left(m) and since.search(last.line.between(m, last.trigger))
        for m in last.line.of("status")
        if m.end < last.trigger.start
    )


def _gone(deposit: Deposit, reading: Reading) -> bool:
    """Whether the deposit was taken out and its organ is said to be free since ("resected in 2024, no evidence of hepatic disease")."""
    stated = [f for f in deposit.facts if f.assertion is Assertion.PRESENT]
    denied = deposit.facts[-1].assertion is Assertion.ABSENT and deposit.facts[-1].trigger.category == "metastasis"
    effects = _LOCAL if denied else _LOCAL - {"radiation"}
    if not stated or not any(
        m.attrs.get("effect") in effects and _done(f.line, m) and -60 <= m.start - f.trigger.end <= 60
        for f in stated for m in f.line.of("treatment")
    ):  # fmt: skip
        return False
    last = stated[-1].trigger.end
    if deposit.facts[-1].assertion is Assertion.ABSENT and deposit.facts[-1].trigger.start > last:
        return True
    return any(_freed(ln, m) for ln, m in reading.told("site") if m.start > last and _lies_in(deposit.site, m.concept))


_REGIONS = {
    "lymph_node_head_neck": "head_neck", "lymph_node_axilla": "axilla", "lymph_node_inguinal": "inguinal",
    "lymph_node_intrathoracic": "mediastinum", "lymph_node_intraabdominal": "retroperitoneum",
}  # fmt: skip
"""The region whose freedom from tumor says the same of its nodes."""


def _lies_in(site: str, organ: str) -> bool:
    """Whether what is said of the organ holds for the site of a deposit."""
    return same_organ(organ, site) or _REGIONS.get(site) == organ


def _never_back(deposit: Deposit) -> bool:
    """Whether the last words on the deposit tell of its treatment and that it did not come back ("resected in 2019, no recurrence since")."""
    last = deposit.facts[-1]
    if last.assertion is not Assertion.PRESENT or any(
        m.start > last.trigger.end and not (m.concept == "origin_word" or _whose(last, m))
        for m in last.line.of("metastasis", "tumor")
    ):
        return False
    given = [
        m.start for m in last.line.of("treatment")
        if m.attrs.get("effect") in _LOCAL and _done(last.line, m) and ";" not in last.line.between(m, last.trigger)
        and not any(_of_tumor(last.line, m, t) for t in last.line.of("tumor"))
    ]  # fmt: skip
    home = any(m.start > last.trigger.end for m in last.line.of("tumor"))
    return bool(given) and any(
        none_left(m) and m.start > min(given) and not (home and in_one_place(last.line, m)) for m in last.line.of("status")
    )


_JOINED = re.compile(r"\s(?:(?!(?:with|and|together|along|of)\b)[\w-]+\s){0,2}", re.IGNORECASE)


def _of_tumor(line: Line, treatment: Mention, tumor: Mention) -> bool:
    """Whether a treatment is told of the tumor behind it ("metastases of a resected ileal NET")."""
    return tumor.start >= treatment.end and _JOINED.fullmatch(line.between(treatment, tumor)) is not None


def _whose(fact: DepositFact, word: Mention) -> bool:
    """Whether a tumor word right behind a deposit only tells what it came from ("liver metastases of the ileal NET")."""
    return (
        word.category == "tumor" and fact.line.within["spread.from"].fullmatch(fact.line.between(fact.trigger, word)) is not None
    )


_LOCAL = frozenset({"surgery", "locoregional", "radiation"})


def _vanished(deposit: Deposit, reading: Reading) -> bool:
    """Whether treatment is said to have left nothing in the organ ("complete response in the lungs", "the liver lesions have resolved")."""
    last = max(f.trigger.start for f in deposit.facts)
    return any(
        _all_gone(ln, m)
        for ln in reading.lines
        if ln.sentence.end > last
        for m in ln.of("site")
        if m.start > last and m.current and same_organ(m.concept, deposit.site)
    )


_EFFUSIONS = {
    "pleural_effusion": "pleura", "malignant_pleural_effusion": "pleura",
    "pericardial_effusion": "pericardium", "malignant_pericardial_effusion": "pericardium",
}  # fmt: skip


def _dried(deposit: Deposit, reading: Reading) -> bool:
    """Whether only cells in an effusion told of the deposit, and the effusion is said to be gone since ("the effusion has resolved")."""
    stated = [f for f in deposit.facts if f.assertion is Assertion.PRESENT]
    if not stated or not all(f.place is not None and FLUID in f.place.flags for f in stated):
        return False
    last = max(f.trigger.start for f in stated)
    return any(
        m.assertion is Assertion.HISTORY
        or ln.within["spread.gone_since"].search(ln.text[m.end - ln.sentence.start :]) is not None
        for ln in reading.lines
        if ln.sentence.end > last
        for m in ln.of("complication")
        if m.start > last and _EFFUSIONS.get(m.concept) == deposit.site
    )


def _all_gone(line: Line, site: Mention) -> bool:
    """Whether the words around an organ say that its lesions are gone."""
    at, end, signals = site.start - line.sentence.start, site.end - line.sentence.start, line.within
    before = line.text[:at]
    if not (signals["spread.all_gone_in"].search(before) or signals["spread.gone_since"].search(line.text[end:])):
        return False
    return signals["spread.wished"].search(before, max(0, at - 90)) is None


def _done(line: Line, treatment: Mention) -> bool:
    """Whether a treatment was given, not one still to come."""
    at = treatment.start - line.sentence.start
    return treatment.current and line.within["spread.still_to"].search(line.text, max(0, at - 30), at) is None


def _freed(line: Line, site: Mention) -> bool:
    """Whether the words around an organ say that no disease is left in it."""
    at, end = site.start - line.sentence.start, site.end - line.sentence.start
    if line.within["spread.organ_free"].match(line.text, end):
        return True
    left = line.signals["spread.left"]
    told = left.search(" " + line.word(site)) or left.match(line.text, end)
    return line.within["spread.no_more"].search(line.text, 0, at) is not None and told is not None


def _taken_along(deposit: Deposit) -> bool:
    """Whether nodes were last told of as counted, as only removed ones are: an operation took them out with the tumor."""
    stated = [f for f in deposit.facts if f.assertion is Assertion.PRESENT]
    if not deposit.site.startswith("lymph_node") or not any(map(_counted, stated)):
        return False
    last = max(i for i, f in enumerate(stated) if _counted(f))
    return all(f.place is None and f.trigger.concept == "node_positive" for f in stated[last + 1 :])


def _once_treated_for(deposit: Deposit) -> bool:
    """Whether nodes are only told as the reason of a treatment of the past ("status post XRT because of spread to the nodes")."""
    stated = [f for f in deposit.facts if f.assertion is Assertion.PRESENT and deposit.site.startswith("lymph_node")]
    return bool(stated) and all(any(_given_for(f, m) for m in f.line.of("treatment")) for f in stated)


def _treated_long_ago(deposit: Deposit, now: int) -> bool:
    """Whether a deposit is only told among former illnesses, with a treatment of many years back."""
    stated = [f for f in deposit.facts if f.assertion is Assertion.PRESENT]
    return bool(stated) and all(
        "history" in f.line.flags and any(_behind(f, m, now) for m in f.line.of("treatment")) for f in stated
    )


def _taken_out_before(deposit: Deposit, deposits: Sequence[Deposit], now: int) -> bool:
    """Whether a deposit is only told as taken out, in a year before others were found ("liver metastasis resected in 2012; bone metastases in 2015")."""
    stated = [f for f in deposit.facts if f.assertion is Assertion.PRESENT]
    if not stated or not all(any(_cut_out(f, m, now) for m in f.line.of("treatment")) for f in stated):
        return False
    last = max(f.trigger.start for f in stated)
    later = [
        f for d in deposits if d is not deposit for f in d.facts if f.assertion is Assertion.PRESENT and f.trigger.start > last
    ]
    return any(max(years(f.line.text), default=0) >= now or f.line.index > stated[-1].line.index for f in later)


def _cut_out(fact: DepositFact, treatment: Mention, now: int) -> bool:
    """Whether an operation of a year that is told, right behind a deposit, took it out."""
    gap = fact.line.between(fact.trigger, treatment)
    done = treatment.attrs.get("effect") == "surgery" and _done(fact.line, treatment) and treatment.start >= fact.trigger.end
    if not done or fact.line.within["spread.was_cut_out"].fullmatch(gap) is None:
        return False
    start = fact.line.sentence.start
    told = years(fact.line.text[max(0, fact.trigger.start - start - _NEAR) : treatment.end - start + _NEAR])
    return bool(told) and min(told) <= now


def _behind(fact: DepositFact, treatment: Mention, now: int) -> bool:
    """Whether a treatment right behind a deposit is told with a year long before that of the note."""
    if treatment.assertion not in STATED or not 0 <= treatment.start - fact.trigger.end <= _NEAR:
        return False
    at = fact.trigger.start - fact.line.sentence.start
    return long_before(years(fact.line.text[at : treatment.end - fact.line.sentence.start + _NEAR]), now)


_NEAR = 40


def _given_for(fact: DepositFact, treatment: Mention) -> bool:
    """Whether a treatment that was given once was given for the deposit."""
    if treatment.assertion is not Assertion.HISTORY or treatment.end > fact.trigger.start:
        return False
    return fact.line.within["spread.given_for"].search(fact.line.between(treatment, fact.trigger)) is not None


def _counted(fact: DepositFact) -> bool:
    """Whether the nodes of the fact were counted, as only removed ones are."""
    if fact.place is not None:
        return counted(fact.line, [fact.place])
    return fact.trigger.concept == "node_positive" and count_in(fact.line)
