"""Sentences that speak of no finding in this patient: tumors in general, leaflets, words explained, questions, other patients."""

from __future__ import annotations

import re
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.types import Assertion

_HABIT = re.compile(
    r"\b(?:can|may|might|could|often|usually|rarely|seldom|commonly|frequently|typically|sometimes|occasionally|generally|tends? to)\s"
    r"(?:(?:also|most|more|even|later|then|still|often|rarely|eventually)\s){0,2}(?:metasta[sz]i[sz]es?|spreads?|recurs?|comes? back)\b"
    r"|\b(?:known|prone|propensity|likely|capacity|ability|potential|tendency) (?:to (?:metasta[sz]i[sz]e|spread)|for (?:metasta[sz]i[sz]ing|metastas[ei]s|spread))\b"
    r"|\bcapable of (?:metasta[sz]i[sz]ing|spread(?:ing)?)\b|\b(?:common(?:est)?|usual|frequent|preferential|preferred|typical) (?:sites?|locations?) (?:of|for) (?:metast|spread)"
    r"|\b(?:when|once|where) (?:they|these|such|\w{2,20}s) (?:spread|metasta[sz]i[sz]e)\b",
    re.IGNORECASE,
)
"""What tumors do as a rule ("seldom metastasize", "can come back")."""
_CLAUSE = re.compile(r";|\.\s|,?\s\b(?:but|while|whereas)\b")

_CLASS = re.compile(
    r"\b(?:most|many|some|other|such|only|those|few|majority of)\s(?:\w{1,14}\s)?(?:patients|people|cases|tumou?rs|cancers|carcinomas|carcinoids|lesions)\b(?!\s(?:in|of|within)\s(?:the|her|his|both))"
    r"|\bpatients\s(?:with|who|whose)\b|\bin the (?:medical )?literature\b|\bat the (?:moment|time) of diagnosis in\b"
    r"|\b(?:half|majority|third|quarter|\d{1,3}\s?%|percent) of (?:the |all |such |these )?(?:cases|patients|tumou?rs)\b"
    r"|\b(?:the )?majority (?:presents?|have|has|develops?)\b"
    r"|\b(?:tumou?rs|lesions|cancers|carcinomas) of this (?:type|size|kind|grade)\b|\bthis type of (?:tumou?r|cancer|lesion)\b"
    r"|\b(?:seen|found|present|occur\w{0,4}|develop\w{0,4}|reported|observed)\sin\s(?:(?:less|more|fewer|up|only|about|some|roughly|nearly|approximately|than|to|around)\s){0,3}\d{1,3}(?:\s?(?:-|to)\s?\d{1,3})?\s?(?:%|percent)"
    r"|\b\d{1,3}\s?%\s(?:are|is)\s|\bauthors (?:recall|remind|stress|report|state|describe|conclude)\b|\bwould expect\b|\b(?:disease|cancer|metastas[ei]s) means\b"
    r"|\b(?:1|one) in (?:\d{1,4}|ten|five|three)\b\s(?!of\b|lymph|node|nodes)\w",
    re.IGNORECASE,
)  # fmt: skip
"""Patients or tumors as a class ("the majority presents", "tumors of this type")."""

_PRINTED = re.compile(
    r"\b(?:leaflet(?!s)|handout|pamphlet|brochure|booklet|web\s?sites?|web\s?page|internet|(?:search engine|google)|online (?:forum|article|text)|(?:education(?:al)?|information|fact) sheet|(?:patient|pt) education|teaching (?:reviewed|given|done|provided|points|sheet)"
    r"|(?:drug|medicine|medication) (?:treats|is used (?:for|to)))\b",
    re.IGNORECASE,
)
_VALVE = re.compile(r"valv|tricuspid|mitral|aortic|prolaps|regurgit", re.IGNORECASE)

_WORDS = re.compile(
    r"\b(?:the\s(?:word|term)s?\b|words?\s(?:such\sas|like)|(?:is|are)\s(?:called|termed|known\sas))\s{0,2}[\"'\u201c\u2018]?\w",
    re.IGNORECASE,
)
"""Words spoken of as words ("a tumor that has spread is called metastatic")."""

_ASKED = re.compile(
    r"\b(?:ask(?:s|ed|ing)|wonder(?:s|ed|ing)?|inquire[sd]|enquire[sd]|wants? to know|questions?)\s(?:\w{1,10}\s){0,2}(?:if|whether|about)\b"
    r"|\b(?:were|was|is) there ever\b",
    re.IGNORECASE,
)
_TOLD = re.compile(r"\s[-\u2013\u2014]{1,2}\s|[;:?]|\btold\b|\banswer", re.IGNORECASE)

_TAKEN_BACK = re.compile(
    r"\bsuperseded\b|\b(?:entered|listed|coded|labell?ed|carried forward|documented|recorded) (?:in error|erroneously|incorrectly|by mistake)\b"
    r"|\b(?:erroneously|incorrectly|mistakenly) (?:entered|listed|coded|labell?ed|carried|documented|recorded)\b",
    re.IGNORECASE,
)
"""What an earlier note said and this one takes back."""

_STRANGER = re.compile(
    r"\b(?:a |an )?(?:different|another|wrong|other|unrelated) patient\b|\bbelongs? to (?:another|a different)\b|\bmisfiled\b"
    r"|\bcase\s(?:no\.?\s)?\d{1,2}\s\((?:an?|different|other|not)\b",
    re.IGNORECASE,
)


def stranger(line: Line) -> bool:
    """Whether the sentence speaks of another patient."""
    return _STRANGER.search(line.text) is not None


def printed(line: Line) -> re.Match[str] | None:
    """The words for printed teaching material; a leaflet of a valve is none."""
    return None if _VALVE.search(line.text) else _PRINTED.search(line.text)


def as_said(line: Line) -> Line:
    """The line, its words supposed where it speaks in general, and somebody else's where it speaks of another patient."""
    if not line.of("metastasis"):
        return line
    if stranger(line):
        return _with(line, Assertion.FAMILY, line.of("metastasis", "tumor"))
    line = _with(
        line, Assertion.UNCERTAIN, [m for m in line.of("metastasis") if m.assertion is Assertion.PRESENT and _either(line, m)]
    )
    return _with(line, Assertion.HYPOTHETICAL, _general(line))


_EITHER = re.compile(
    r"\b(?:fractures?|healing|trauma\w{0,3}|degenerat\w{2,4}|arthritis|cysts?|ha?emangiomas?|adenomas?|infect\w{2,4}|inflammat\w{2,4}|reactive|dysplasia|granulomas?"
    r"|artifacts?|infarcts?|abscess\w{0,2}|bone island|benign|scar(?:ring)?|edema|radiation change)\b[^.;:]{0,60}\bor\s(?:(?:an?|early|small|isolated|solitary|tiny|new)\s){0,2}(?:[\w-]{1,14}\s){0,2}\Z",
    re.IGNORECASE,
)
"""A harmless reading set beside the metastasis ("healing fracture or early bone metastasis")."""
_NONE = re.compile(r"\b(?:no|not|without|nor|neither|know|known)\b", re.IGNORECASE)


def _either(line: Line, word: Mention) -> bool:
    """Whether the word is one of two readings of a finding."""
    read = _EITHER.search(line.text, max(0, word.start - line.sentence.start - 120), word.start - line.sentence.start)
    return read is not None and _NONE.search(read.group()) is None


def speaks_generally(line: Line) -> bool:
    """Whether the sentence tells what tumors do as a rule, or what a leaflet says."""
    return _HABIT.search(line.text) is not None or printed(line) is not None


def _general(line: Line) -> list[Mention]:
    """The words of the line that are said of no finding."""
    words = line.of("metastasis")
    if _TAKEN_BACK.search(line.text) or printed(line) or _CLASS.search(line.text) or _WORDS.search(line.text):
        return words
    habit = _HABIT.search(line.text)
    if habit:
        start, end = _clause_of(line.text, habit)
        return [m for m in words if start <= m.start - line.sentence.start < end]
    asked = _ASKED.search(line.text)
    if asked:
        told = _TOLD.search(line.text, asked.end())
        end = told.start() if told else len(line.text)
        return [m for m in words if asked.start() <= m.start - line.sentence.start < end]
    return []


def _clause_of(text: str, at: re.Match[str]) -> tuple[int, int]:
    """Where the clause around a match begins and ends."""
    before = [m.end() for m in _CLAUSE.finditer(text, 0, at.start())]
    after = _CLAUSE.search(text, at.end())
    return (before[-1] if before else 0), (after.start() if after else len(text))


def _with(line: Line, assertion: Assertion, said: list[Mention]) -> Line:
    chosen = {id(m) for m in said if m.assertion is not Assertion.FAMILY}
    if not chosen:
        return line
    return replace(line, mentions=tuple(replace(m, assertion=assertion) if id(m) in chosen else m for m in line.mentions))
