"""A treatment or status word where it stands, and what the words around it say of its time and purpose."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.text.years import long_before, years
from oncospan.types import Assertion


@dataclass(frozen=True, slots=True)
class Event:
    """A treatment or status word: its offset in the note, its sentence, and the mention."""

    at: int
    line: Line
    mention: Mention


def goes_on(event: Event) -> bool:
    """Whether the words beside a drug say that it is being taken."""
    at = event.at - event.line.sentence.start
    if event.line.within["course.ongoing"].search(event.line.text, max(0, at - 30), at):
        return True
    end = event.mention.end - event.line.sentence.start
    return event.line.within["course.kept_on"].match(event.line.text, end, end + 60) is not None


def under_way(event: Event) -> bool:
    """Whether a drug is being taken as the note is written: "on adjuvant letrozole", "dose 8 of 13", "given today"."""
    if "history" in event.line.flags:
        return False
    start, signals = event.line.sentence.start, event.line.within
    before = event.line.text[max(0, event.at - start - 40) : event.at - start]
    if signals["course.takes"].search(before) and not signals["course.took"].search(before):
        return True
    return signals["course.dose"].match(event.line.text, event.mention.end - start, event.mention.end - start + 40) is not None


def of_now(event: Event) -> bool:
    """Whether an operation is what the patient came for: its section or the words before it say so."""
    if event.line.section is not None and event.line.section.name in _NOW:
        return True
    at = event.at - event.line.sentence.start
    return event.line.within["course.came_for"].search(event.line.text, max(0, at - 60), at) is not None


_NOW = frozenset({"hospital_course", "procedure", "procedure_description", "operative_findings", "operative_course"})


def dates(event: Event) -> bool:
    """Whether an operation only dates what is told: "three months after the surgery"."""
    if event.line.within["course.operation"].search(event.line.word(event.mention)) is None:
        return False
    at = event.at - event.line.sentence.start
    return event.line.within["course.since"].search(event.line.text, max(0, at - 30), at) is not None


def found_at(event: Event) -> bool:
    """Whether an operation only tells when something was found: "a primary was identified at surgery"."""
    if event.line.signals["course.operation"].search(event.line.word(event.mention)) is None:
        return False
    at = event.at - event.line.sentence.start
    return event.line.signals["course.found_at"].search(event.line.text, max(0, at - 30), at) is not None


def long_ago(event: Event, now: int) -> bool:
    """Whether a treatment is told as one of long ago: with a year long before the last one of the note, or "nine years ago"."""
    if event.mention.assertion not in (Assertion.PRESENT, Assertion.HISTORY) or goes_on(event):
        return False
    if event.mention.attrs.get("effect") != "surgery" and under_way(event):
        return False
    at = event.at - event.line.sentence.start
    end = event.mention.end - event.line.sentence.start
    beside = event.line.text[max(0, at - 30) : end + 40]
    if event.mention.attrs.get("effect") != "surgery" and event.line.within["course.since_year"].match(beside):
        return False  # a drug since a year is being taken
    told = years(event.line.text[max(0, at - 60) : end + 60]) if now else []
    return long_before(told, now) or (not told and _years_ago(event, at))


_DATED_BEFORE, _DATED_BEHIND = 60, 90
"""How far before an operation or behind it the words may stand that tell how many years ago it was."""


def _years_ago(event: Event, at: int) -> bool:
    """Whether a cure is told with how many years ago it was ("excised nine years ago", "12 years earlier, a nephrectomy")."""
    if event.mention.attrs.get("effect") not in ("surgery", "radiation") or not event.line.says("course.years_ago"):
        return False
    text, signals = event.line.text, event.line.within
    end = event.mention.end - event.line.sentence.start
    behind = signals["course.dated_behind"].match(text, end, end + _DATED_BEHIND) is not None
    return behind or signals["course.dated_before"].search(text, max(0, at - _DATED_BEFORE), at) is not None


def fresh(event: Event) -> bool:
    """Whether an operation is told as one of the last days or weeks: "POD 5 from gastrectomy"."""
    at = event.at - event.line.sentence.start
    return event.line.within["course.fresh"].search(event.line.text, max(0, at - 60), at) is not None


def only_relieves(event: Event) -> bool:
    """Whether an operation only makes way and takes no tumor out: a TURP leaves a prostate cancer where it is."""
    return event.line.within["course.relief"].search(event.line.word(event.mention)) is not None


def scrapes(event: Event) -> bool:
    """Whether an operation only scrapes a bladder tumor out: with metastases it is not taken as gone."""
    return event.line.within["course.scrape"].search(event.line.word(event.mention)) is not None


def partial(event: Event) -> bool:
    """Whether the words of an operation, or those behind it, say that tumor was left ("resection … resulting incomplete")."""
    start, end = event.at - event.line.sentence.start, event.mention.end - event.line.sentence.start
    signals, text = event.line.within, event.line.text
    return (
        signals["course.partial"].search(text[start:]) is not None
        or signals["course.partial_behind"].match(text, end) is not None
    )


def sequel(event: Event) -> bool:
    """Whether a radiation is named only for what it left behind, or to date something: "neck pain secondary to XRT"."""
    if event.mention.attrs.get("effect") != "radiation":
        return False
    at, end = event.at - event.line.sentence.start, event.mention.end - event.line.sentence.start
    if event.line.within["course.left_behind"].match(event.line.text, end):
        return True
    return event.line.within["course.left_by"].search(event.line.text, max(0, at - 40), at) is not None


def timed(event: Event) -> Event:
    """The event, an operation supposed where a drug being taken only leads up to it ("on letrozole before surgery")."""
    if event.mention.attrs.get("effect") != "surgery" or event.mention.assertion is not Assertion.PRESENT or not _to_come(event):
        return event
    return replace(event, mention=replace(event.mention, assertion=Assertion.HYPOTHETICAL))


def _to_come(event: Event) -> bool:
    at = event.at - event.line.sentence.start
    ahead = event.line.within["course.ahead"].search(event.line.text, max(0, at - 40), at)
    if ahead is None or event.line.says("course.bygone"):
        return False
    return any(goes_on(Event(m.start, event.line, m)) for m in event.line.of("treatment") if m.end <= event.at)


def drug_flags(event: Event) -> set[str]:
    """What a drug being taken says of the tumor: nothing where it only prevents; ``endocrine`` where its intent is not told.

    A drug that nobody takes for prevention (an LHRH agonist) treats whatever is said of it.
    """
    if event.mention.attrs.get("effect") != "endocrine":
        return {"treated"}
    intent = event.mention.attrs.get("intent")
    if intent == "prophylaxis" or event.line.says("course.prevents"):
        return set()
    return {"treated"} if intent in ("adjuvant", "therapy") or event.line.says("course.treats") else {"treated", "endocrine"}
