"""From the findings of a note to a case: what coding and gap review look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from oncospan.types import Case, Finding, Note


def case_of(note: Note, findings: Sequence[Finding], on: dt.date) -> Case:
    """The case of one note, coded for the day ``on``."""
    return Case(
        findings=tuple(findings), setting=note.setting, author_role=note.author_role, on=on, note_type=note.note_type
    )
