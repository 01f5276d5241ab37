"""Sentences that speak of no finding in this patient: tumors in general, leaflets, words explained, questions, other patients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.alternatives import either
from oncospan.pipeline.mentions.mention import HELD, Line, Mention
from oncospan.pipeline.mentions.plans import to_come
from oncospan.pipeline.mentions.positive_counts import counted_anew
from oncospan.types import Assertion

_CLAUSE = re.compile(r";|\.\s|,?\s\b(?:but|while|whereas)\b")


def stranger(line: Line) -> bool:
    """Whether the sentence speaks of another patient."""
    return line.says("talk.stranger") is not None


def printed(line: Line) -> re.Match[str] | None:
    """The words for printed teaching material; a leaflet of a valve is none."""
    return None if line.says("talk.valve") else line.says("talk.printed")


def as_said(line: Line) -> Line:
    """The line, its words supposed where it speaks in general, and somebody else's where it speaks of another patient."""
    line = _with(counted_anew(line), Assertion.HYPOTHETICAL, to_come(line))
    if not line.of("metastasis", "tumor", "functional"):
        return line
    line = _with(line, Assertion.HYPOTHETICAL, _relapsing(line))
    line = _with(line, Assertion.ABSENT, [*_struck(line), *_outweighed(line)])
    line = _with(
        line, Assertion.HYPOTHETICAL, [*_beyond_test(line), *_taught(line), *_listed(line), *_explained(line), *_as_a_rule(line)]
    )
    line = _with(line, Assertion.PRESENT, _reported(line))
    if line.of("metastasis", "functional") and stranger(line):
        return _with(line, Assertion.FAMILY, line.of("metastasis", "tumor", "functional"))
    if not line.of("metastasis"):
        return line
    line = _with(
        line, Assertion.UNCERTAIN, [m for m in line.of("metastasis") if m.assertion is Assertion.PRESENT and _either(line, m)]
    )
    line = _with(line, Assertion.UNCERTAIN, either(line))
    return _with(line, Assertion.HYPOTHETICAL, _general(line))


def _relapsing(line: Line) -> Sequence[Mention]:
    """The tumors and their relapses in a sentence on how often, or when, those of a kind come back ("late recurrences of carcinoids may be seen")."""
    if line.says("talk.relapsing") is None or line.within["talk.of_patient"].search(line.text):
        return []
    return line.of("tumor", "metastasis", "status")


def _struck(line: Line) -> Sequence[Mention]:
    """The diagnoses that are struck from the record ("removed carcinoid from the problem list") or all dismissed ("considered …, both unlikely")."""
    struck = line.says("talk.struck") or line.says("talk.dismissed")
    if struck is None:
        return []
    at = line.sentence.start
    return [m for m in line.of("metastasis", "tumor", "functional") if struck.start() <= m.start - at < struck.end()]


def _outweighed(line: Line) -> Sequence[Mention]:
    """The metastases that are the less likely of two readings ("favors meningioma over meningeal metastasis")."""
    said = [m for m in line.of("metastasis") if m.assertion in HELD]
    return [m for m in said if line.within["talk.outweighed"].search(line.text, 0, m.start - line.sentence.start)]


_NEAR_TEST = 25


def _beyond_test(line: Line) -> Sequence[Mention]:
    """The tumors of a clause that only tells what a test can show ("CT is less sensitive for small peritoneal metastases")."""
    said = line.of("metastasis", "tumor")
    limit = line.says("talk.limit") if said else None
    if limit is None:
        return []
    start, end = _clause_of(line.text, limit)
    if line.within["talk.own"].search(line.text, start, end) or line.within["talk.shown"].search(line.text, limit.end(), end):
        return []
    at = line.sentence.start
    behind = [m for m in said if limit.start() <= m.start - at < end]
    return behind or [
        m
        for m in said
        if 0 <= (gap := limit.start() - (m.end - at)) <= _NEAR_TEST and "," not in line.text[limit.start() - gap : limit.start()]
    ]


def _reported(line: Line) -> Sequence[Mention]:
    """The syndromes of a case that a sentence reports as rare ("the case of a thymic carcinoid, which is a rare cause of ectopic ACTH")."""
    said = [m for m in line.of("functional") if m.assertion is Assertion.HYPOTHETICAL and m.cues]
    if not said or not line.says("talk.reported"):
        return []
    return [m for m in said if all(line.within["talk.rarity"].search(c.text) for c in m.cues)]


_TITLED = re.compile(r"[\s\"'\u201d:]{0,3}")
"""All that stands between the name of a disease and the word for its leaflet ("carcinoid syndrome booklet mailed")."""


def _taught(line: Line) -> Sequence[Mention]:
    """The syndromes that teaching material is about ("Handout given: living with carcinoid syndrome")."""
    said = line.of("functional")
    sheet = (printed(line) or line.says("talk.title")) if said else None
    if sheet is None:
        return []
    at = line.sentence.start
    return [
        m
        for m in said
        if sheet.start() <= m.start - at < sheet.end()
        or (m.end - at <= sheet.start() and _TITLED.fullmatch(line.text, m.end - at, sheet.start()))
        or (m.start - at >= sheet.end() and _goes_on_about(line, sheet.end(), m.start - at))
    ]


_SECRETING = frozenset("insulinoma gastrinoma glucagonoma vipoma somatostatinoma".split())


def _listed(line: Line) -> Sequence[Mention]:
    """The hormone tumors that a sentence only lists with what each would bring, and those signs ("ask for hypoglycemia (insulinoma), rash (glucagonoma)")."""
    kinds = [m for m in line.of("tumor") if m.concept in _SECRETING and m.assertion is not Assertion.ABSENT]
    told = len({m.concept for m in kinds})
    if told < 2 or line.says("talk.has_kinds") or not (told > 2 or all(_in_brackets(line, m) for m in kinds)):
        return []
    return [*kinds, *line.of("indicator")]


def _in_brackets(line: Line, m: Mention) -> bool:
    """Whether the word stands alone in brackets."""
    at = line.sentence.start
    return line.text[: m.start - at].endswith("(") and line.text[m.end - at :].startswith(")")


def _explained(line: Line) -> Sequence[Mention]:
    """The tumors that the brackets behind a syndrome still in question list ("will screen for MEN-1 (gastrinoma, parathyroid)")."""
    at, out = line.sentence.start, []
    for m in line.of("functional"):
        opened = _OPENED.match(line.text, m.end - at) if m.assertion is Assertion.HYPOTHETICAL else None
        if opened:
            closed = line.text.find(")", opened.end())
            end = closed if closed >= 0 else len(line.text)
            out += [t for t in line.of("tumor", "functional") if opened.end() <= t.start - at < end]
    return out


_OPENED = re.compile(r"\s?\(")


def _as_a_rule(line: Line) -> Sequence[Mention]:
    """The syndromes that a sentence tells of as they are in all patients ("Carcinoid heart disease is a rare cause of heart failure")."""
    said = line.of("functional")
    if not said or line.within["talk.of_patient"].search(line.text) or line.says("talk.reported"):
        return []
    if line.says("talk.class"):
        return said
    return [m for m in said if _ruled(line, m.start - line.sentence.start, m.end - line.sentence.start)]


def _ruled(line: Line, start: int, end: int) -> bool:
    """Whether the words around a syndrome say what it is or does as a rule."""
    before, within = line.text[:start], line.within
    if within["talk.rule_before"].search(before):
        return True
    return within["talk.opening"].match(before) is not None and within["talk.rule_behind"].match(line.text[end:]) is not None


def _goes_on_about(line: Line, start: int, end: int) -> bool:
    """Whether the words behind the name of a leaflet are still about what it teaches."""
    return _CLAUSE.search(line.text, start, end) is None and line.within["talk.own"].search(line.text, start, end) is None


def _either(line: Line, word: Mention) -> bool:
    """Whether the word is one of two readings of a finding."""
    read = line.within["talk.harmless"].search(
        line.text, max(0, word.start - line.sentence.start - 120), word.start - line.sentence.start
    )
    return read is not None and line.within["talk.denied"].search(read.group()) is None


def speaks_generally(line: Line) -> bool:
    """Whether the sentence tells what tumors do as a rule, or what a leaflet says."""
    return line.says("talk.habit") is not None or printed(line) is not None


def _general(line: Line) -> Sequence[Mention]:
    """The words of the line that are said of no finding."""
    words = line.of("metastasis")
    if line.says("talk.taken_back") or printed(line) or line.says("talk.word"):
        return words
    if of_class := line.says("talk.class"):
        remark = _case_before(line, of_class)
        return [m for m in words if m.start - line.sentence.start >= remark]
    habit = line.says("talk.habit")
    if habit:
        start, end = _clause_of(line.text, habit)
        return [m for m in words if start <= m.start - line.sentence.start < end]
    asked = line.says("talk.asked")
    if asked:
        told = line.within["talk.answered"].search(line.text, asked.end())
        end = told.start() if told else len(line.text)
        return [m for m in words if asked.start() <= m.start - line.sentence.start < end]
    return []


_REMARK = re.compile(
    r";|\s[\u2013\u2014-]\s|\s?\(|,\s(?:which|this|these|a|an|the|one|only|something|being|and\s(?:only|few|this|to)|with\s(?:only|few))\b",
    re.IGNORECASE,
)
"""What begins a remark behind the news of a case ("…, a finding never described in the literature")."""


def _case_before(line: Line, of_class: re.Match[str]) -> int:
    """Where a remark on tumors as a class begins that follows what is told of the patient; 0 where nothing is."""
    cut = max((m.start() for m in _REMARK.finditer(line.text, 0, of_class.start())), default=0)
    head = line.text[:cut]
    general = line.within["talk.class"].search(head) or line.within["talk.habit"].search(head)
    return cut if not general and line.within["talk.case"].search(head) else 0


def _clause_of(text: str, at: re.Match[str]) -> tuple[int, int]:
    """Where the clause around a match begins and ends."""
    before = [m.end() for m in _CLAUSE.finditer(text, 0, at.start())]
    after = _CLAUSE.search(text, at.end())
    return (before[-1] if before else 0), (after.start() if after else len(text))


def _with(line: Line, assertion: Assertion, said: Sequence[Mention]) -> Line:
    chosen = {id(m) for m in said if m.assertion is not Assertion.FAMILY}
    if not chosen:
        return line
    return replace(line, mentions=tuple(replace(m, assertion=assertion) if id(m) in chosen else m for m in line.mentions))
