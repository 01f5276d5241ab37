"""Which doubts of a note are open questions now: not those it answers, once had, or only carries along."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from oncospan.gaps.view import ABSENT, ASSESSED, GapView, same_side
from oncospan.types import Evidence, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STALE = dt.timedelta(days=183)
"""The age from which a doubt that somebody once entered is none of the present encounter (SPEC 7.1.7)."""

_NEAR = 140
"""The characters beside a mention that are searched for what becomes of it."""

_ASKED = frozenset("reason_for_visit reason_for_exam indication procedure_indication chief_complaint clinical_history".split())
"""Sections that tell with which question the patient came."""

_STOP = re.compile(r"[.;]\s(?=\S)|\n[ \t]{0,12}\n")


def open_doubt(view: GapView, f: Finding) -> bool:
    """Whether one of the mentions of a doubtful finding is still an open question."""
    doubted = [e for e in f.evidence if _in_doubt(view, f, e)]
    return any(_open(view, f, e) for e in doubted or f.evidence)


def _in_doubt(view: GapView, f: Finding, e: Evidence) -> bool:
    """Whether the sentence of a mention holds the doubt: other mentions only name the organ."""
    text = view.note.text
    if text[e.start : e.end] != e.text:
        return True
    stop = _STOP.search(text, e.end)
    end = stop.start() if stop else len(text)
    low = max((m.end() for m in _STOP.finditer(text, max(0, e.start - _NEAR), e.start)), default=max(0, e.start - _NEAR))
    return any(low <= c.start <= end for c in f.cues)


def _open(view: GapView, f: Finding, e: Evidence) -> bool:
    text = view.note.text
    if text[e.start : e.end] != e.text:  # of another note of the encounter
        return True
    if e.section == "copied_forward" or _only_asked(view, f, e) or _before_operation(view, e):
        return False
    signs = view.signals
    low = max((m.end() for m in _STOP.finditer(text, max(0, e.start - _NEAR), e.start)), default=max(0, e.start - _NEAR))
    before, after = text[low : e.start], text[e.end : e.end + _NEAR]
    if signs["gap.doubt.taken_back"].search(text[e.end : e.end + _NEAR]):
        return False
    if signs["gap.doubt.answered"].search(after) or signs["gap.doubt.carried"].search(before):
        return False
    cues = [c for c in f.cues if low <= c.start <= e.end + _NEAR]
    spoken = [text[max(low, c.start - 30) : c.end] for c in cues]
    if any(signs[s].search(x) for x in spoken for s in ("gap.doubt.at_first", "gap.doubt.faint")):
        return False
    return not _stale(view, e)


def _only_asked(view: GapView, f: Finding, e: Evidence) -> bool:
    """Whether the mention only says what the visit was to find out, in a note that goes on to an assessment."""
    return e.section in _ASKED and any(x.section in ASSESSED for g in view.case.findings if g is not f for x in g.evidence)


def _before_operation(view: GapView, e: Evidence) -> bool:
    """Whether the mention stands in the diagnosis before an operation, in a note that gives the one after it."""
    after = "postoperative_diagnosis"
    known = (*view.primaries(), *view.metastases())
    return e.section == "preoperative_diagnosis" and any(x.section == after for f in known for x in f.evidence)


def _stale(view: GapView, e: Evidence) -> bool:
    """Whether the line of the mention dates it to an entry of more than half a year ago."""
    text = view.note.text
    start = text.rfind("\n", 0, e.start) + 1
    end = text.find("\n", e.end)
    line = text[max(start, e.start - _NEAR) : min(end if end >= 0 else len(text), e.end + _NEAR)]
    return _long_ago(view, view.signals["gap.doubt.entered"].finditer(line))


def dated_long_ago(view: GapView, line: str) -> bool:
    """Whether a line opens with a day of more than half a year ago."""
    found = view.signals["gap.complication.dated"].search(line)
    return found is not None and _long_ago(view, (found,))


def _long_ago(view: GapView, found: Iterable[re.Match[str]]) -> bool:
    told = [_day(m["date"] or m["before"]) for m in found]
    return any(day is not None and view.case.on - day > _STALE for day in told)


def _day(words: str) -> dt.date | None:
    """The last day that "2016", "11/2024" or "10/02/2026" can mean."""
    parts = [int(p) for p in words.split("/")]
    month = parts[0] if len(parts) > 1 else 12
    try:
        return dt.date(parts[-1], month, parts[1] if len(parts) == 3 else 28)
    except ValueError:
        return None


def settled(view: GapView, doubtful: Finding, known: Sequence[Finding]) -> bool:
    """Whether the note states the doubtful fact elsewhere, as present, former or ruled out; no site is settled by any site."""
    if doubtful.concept == "unspecified":
        return any(k.assertion is not ABSENT or k.concept == "unspecified" for k in known)
    if any(k.concept == doubtful.concept and same_side(k, doubtful) for k in known):
        return True
    last = doubtful.evidence[-1].end
    denied = (k for k in known if k.kind is Kind.METASTASIS and k.concept == "unspecified" and k.assertion is ABSENT)
    ruled_out = view.signals["gap.doubt.ruled_out"]
    return any(k.evidence[0].start > last and any(ruled_out.search(c.text) for c in k.cues) for k in denied)
