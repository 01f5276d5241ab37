"""From findings to a case, which coding and gap review look at: of a note, or of all notes of an encounter or patient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from oncospan.case.chart import Chart, NotedFindings, Part, in_order, last_encounter, latest, lay_out
from oncospan.case.facts import facts_of
from oncospan.case.merge import merge
from oncospan.case.record import ChartAnalysis, NoteGroup, as_note, same_ids
from oncospan.case.weigh import sourced, weighed, without
from oncospan.types import Case, Finding, Note


def case_of(note: Note, findings: Sequence[Finding], on: dt.date) -> Case:
    """The case of one note, coded for the day ``on``."""
    return Case(findings=tuple(findings), setting=note.setting, author_role=note.author_role, on=on, note_type=note.note_type)


__all__ = [
    "Chart", "ChartAnalysis", "NoteGroup", "NotedFindings", "Part", "as_note", "case_of", "facts_of", "in_order", "last_encounter",
    "latest", "lay_out", "merge", "same_ids", "sourced", "weighed", "without",
]  # fmt: skip
