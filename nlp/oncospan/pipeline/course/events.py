"""A treatment or status word where it stands, and what the words around it say of its time and purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.types import Assertion


@dataclass(frozen=True, slots=True)
class Event:
    """A treatment or status word: its offset in the note, its sentence, and the mention."""

    at: int
    line: Line
    mention: Mention


def goes_on(event: Event) -> bool:
    """Whether the words before a drug say that it is being taken."""
    at = event.at - event.line.sentence.start
    return _ONGOING.search(event.line.text, max(0, at - 30), at) is not None


_ONGOING = re.compile(
    r"\b(?:on|continu\w{2,3}|current\w{0,2}|receiving|taking|maintenance|ongoing|remains|start\w{2,3})\b", re.IGNORECASE
)


def under_way(event: Event) -> bool:
    """Whether a drug is being taken as the note is written: "on adjuvant letrozole", "dose 8 of 13", "given today"."""
    if "history" in event.line.flags:
        return False
    start = event.line.sentence.start
    before = event.line.text[max(0, event.at - start - 40) : event.at - start]
    if _TAKES.search(before) and not _TOOK.search(before):
        return True
    return _COURSE.match(event.line.text, event.mention.end - start, event.mention.end - start + 40) is not None


_TAKES = re.compile(
    r"(?:\b(?:on|continues?|currently|receiving|taking|maintenance|ongoing|remains on|stays on|still on)|[:;] ?continue)(?:\s(?:the|her|his|with|adjuvant|maintenance|oral|monthly|weekly|daily"
    r"|endocrine|long-term)){0,3}\s\Z",
    re.IGNORECASE,
)
_TOOK = re.compile(
    r"\b(?:was|were|had|been|placed|put|started|begun|initiated|while|when|until|progress\w{0,4}|off|stopped|after)\b",
    re.IGNORECASE,
)
_COURSE = re.compile(
    r"[^.;]{0,20}?\b(?:(?:cycle|dose|fraction|fx|week)\s?#?\d{1,2}(?:\s?(?:of|/)\s?\d{1,2}|\s(?:given\s)?today)|given today|ongoing|tolerat\w{2,3})\b",
    re.IGNORECASE,
)


def of_now(event: Event) -> bool:
    """Whether an operation is what the patient came for: its section or the words before it say so."""
    if event.line.section is not None and event.line.section.name in _NOW:
        return True
    at = event.at - event.line.sentence.start
    return _CAME_FOR.search(event.line.text, max(0, at - 60), at) is not None


_NOW = frozenset({"hospital_course", "procedure", "procedure_description", "operative_findings", "operative_course"})
_CAME_FOR = re.compile(
    r"\b(?:admitted|admission|presents?|presented|here|scheduled|electively|brought in)(?:\s\w{1,12}){0,2}\s(?:for|to undergo)\b[^.;,]{0,30}\Z",
    re.IGNORECASE,
)


def dates(event: Event) -> bool:
    """Whether an operation only dates what is told: "three months after the surgery"."""
    if _OPERATION.fullmatch(event.line.word(event.mention)) is None:
        return False
    at = event.at - event.line.sentence.start
    return _SINCE.search(event.line.text, max(0, at - 30), at) is not None


_OPERATION = re.compile(r"surger(?:y|ies)|operations?|surgical (?:intervention|treatment|therapy)")
_SINCE = re.compile(
    r"\b(?:after|following|since|before|prior to|from)\s(?:(?:the|her|his|this|that|initial|first|last|index)\s){0,2}\Z",
    re.IGNORECASE,
)


_YEAR = re.compile(r"(?<![\d./#-])(?:19[4-9]|20[0-4])\d(?!\d|\.\d|\s?(?:mg|ml|mL|g|cGy|pg|ng|U|IU|cells|units|steps|kcal)\b)")
_DATED = re.compile(
    r"(?<![\d#-])(?:\d{1,2}[/.-]){1,2}((?:19[4-9]|20[0-4])\d)(?!\d)|(?<!\d)((?:19[4-9]|20[0-4])\d)-\d\d-\d\d(?!\d)"
)
_LONG = 3
"""After how many years without a word of the tumor its treatment counts as one of the past."""


def years(text: str) -> list[int]:
    """The years a text names, by themselves or in a date, birth dates among them."""
    told = [int(f[1] or f[2]) for f in _DATED.finditer(text)]
    return told + [int(f[0]) for f in _YEAR.finditer(text)]


def long_ago(event: Event, now: int) -> bool:
    """Whether a treatment is told with a year long before the last one of the note: "breast cancer 2004, lumpectomy"."""
    if not now or event.mention.assertion not in (Assertion.PRESENT, Assertion.HISTORY) or goes_on(event):
        return False
    at = event.at - event.line.sentence.start
    told = years(event.line.text[max(0, at - 60) : at + 60])
    return bool(told) and max(told) <= now - _LONG


def only_relieves(event: Event) -> bool:
    """Whether an operation only makes way and takes no tumor out: a TURP leaves a prostate cancer where it is."""
    return _RELIEF.fullmatch(event.line.word(event.mention)) is not None


_RELIEF = re.compile(r"turp|transurethral resection of (?:the )?prostate")


def sequel(event: Event) -> bool:
    """Whether a radiation is named only for what it left behind, or to date something: "neck pain secondary to XRT"."""
    if event.mention.attrs.get("effect") != "radiation":
        return False
    at = event.at - event.line.sentence.start
    return _LEFT_BY.search(event.line.text, max(0, at - 40), at) is not None


_LEFT_BY = re.compile(
    r"\b(?:secondary to|due to|caused by|resulting from|result of|sequelae? of|since|following|after)\s(?:(?:the|his|her|prior|previous|past|remote)\s){0,2}\Z",
    re.IGNORECASE,
)


_AHEAD = re.compile(
    r"\b(?:before|prior to|ahead of|until|as (?:a )?bridge to|in preparation for)\s(?:(?:the|her|his|their|definitive|any)\s){0,2}\Z",
    re.IGNORECASE,
)
_BYGONE = re.compile(
    r"\b(?:received|completed|underwent|was|were|had|given|finished|treated|status post|s/p|history|(?:19|20)\d\d|ago|last)\b",
    re.IGNORECASE,
)


def timed(event: Event) -> Event:
    """The event, an operation supposed where a drug being taken only leads up to it ("on letrozole before surgery")."""
    if event.mention.attrs.get("effect") != "surgery" or event.mention.assertion is not Assertion.PRESENT or not _to_come(event):
        return event
    return replace(event, mention=replace(event.mention, assertion=Assertion.HYPOTHETICAL))


def _to_come(event: Event) -> bool:
    at = event.at - event.line.sentence.start
    ahead = _AHEAD.search(event.line.text, max(0, at - 40), at)
    if ahead is None or _BYGONE.search(event.line.text):
        return False
    return any(goes_on(Event(m.start, event.line, m)) for m in event.line.of("treatment") if m.end <= event.at)


_TREATS = re.compile(
    r"\b(?:adjuvant|neoadjuvant|palliative|therapeutic)\b|\b(?:as|for) (?:the )?(?:adjuvant )?(?:treatment|therapy) (?:of|for) (?:her|his|the|this|known|breast|prostate)\b"
    r"|\bto treat\b",
    re.IGNORECASE,
)
_PREVENTS = re.compile(
    r"\b(?:prophyla\w{2,4}|prevent\w{2,5}|chemoprevent\w{2,5}|risk[- ]reduc\w{2,5}|to reduce (?:her|his|the) risk)\b",
    re.IGNORECASE,
)


def drug_flags(event: Event) -> set[str]:
    """What a drug being taken says of the tumor: nothing where it only prevents; ``endocrine`` where its intent is not told."""
    if event.mention.attrs.get("effect") != "endocrine":
        return {"treated"}
    intent = event.mention.attrs.get("intent")
    if intent == "prophylaxis" or _PREVENTS.search(event.line.text):
        return set()
    return {"treated"} if intent == "adjuvant" or _TREATS.search(event.line.text) else {"treated", "endocrine"}
