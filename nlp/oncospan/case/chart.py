"""The notes of an encounter or a patient laid end to end: one text, one row of offsets, in an order that only they decide.

Coding and gap review read a chart as they read a note. Its offsets never leave the product: a record says of every span
which note it stands in, and where in that note.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from oncospan.case.copied import Earlier
from oncospan.types import AuthorRole, Evidence, Finding, Note, Setting

_LATE = re.compile(r"\b(?:discharge|addend\w{0,5}|amend\w{0,5}|final)\b", re.IGNORECASE)
_AUTHORS = (AuthorRole.PROVIDER, AuthorRole.PATHOLOGIST, AuthorRole.RADIOLOGIST, AuthorRole.NURSE, AuthorRole.OTHER)
_SENTENCE_END = re.compile(r"\n|[.;:!?]\s")
_BEFORE = 400
"""How far back the beginning of a sentence is looked for, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedFindings:
    """A note and what was found in it, offsets within the note."""

    note: Note
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A note of a chart: where it begins, its findings in chart offsets, and the blocks copied from earlier-dated notes."""

    note: Note
    start: int
    findings: tuple[Finding, ...]
    copied: tuple[tuple[int, int], ...] = ()

    @property
    def when(self) -> tuple[dt.date, int]:
        """The date, and whether a note of the day comes after the others (discharge, addendum); no date comes first."""
        return day(self.note), is_late(self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Notes laid end to end in the order of their dates; ``part.note.text`` stands at ``part.start``."""

    parts: tuple[Part, ...]
    text: str = field(repr=False)

    def part_at(self, offset: int) -> Part:
        """The note that holds a chart offset. Raises ValueError before the first note."""
        at = bisect_right(self.parts, offset, key=lambda p: p.start) - 1
        if at < 0:
            raise ValueError(f"offset {offset} stands before the first note")
        return self.parts[at]

    def copied(self, e: Evidence) -> bool:
        """Whether the evidence, with its sentence from the beginning, stands in a block copied from an earlier-dated note."""
        low = max(0, e.start - _BEFORE)
        begin = max((m.end() for m in _SENTENCE_END.finditer(self.text, low, e.start)), default=low)
        while begin < e.start and self.text[begin].isspace():
            begin += 1
        return any(a <= begin and e.end <= b for a, b in self.part_at(e.start).copied)

    def repeated(self, e: Evidence) -> bool:
        """Whether the evidence alone, a cue, stands in such a block."""
        return any(a <= e.start and e.end <= b for a, b in self.part_at(e.start).copied)

    def span(self, span: dict[str, Any]) -> dict[str, Any]:
        """A span of a record with the offsets of its note, the note's id, and ``copied`` where it is carried forward."""
        part = self.part_at(span["start"])
        out = {**span, "start": span["start"] - part.start, "end": span["end"] - part.start, "note_id": part.note.note_id}
        told = Evidence(start=span["start"], end=span["end"], text=span["text"])
        return {**out, "copied": True} if self.copied(told) else out


def day(note: Note) -> dt.date:
    """The day of a note; one without a date counts as older than all others."""
    return note.note_date or dt.date.min


def is_late(note: Note) -> int:
    """1 for a note that closes its day by its type (a discharge summary, an addendum), else 0."""
    return int(bool(_LATE.search(note.note_type or "")))


def author_of(parts: Iterable[Part]) -> AuthorRole:
    """The author whose word weighs most among the notes; ``other`` where there is none."""
    return min((p.note.author_role for p in parts), key=_AUTHORS.index, default=AuthorRole.OTHER)


def setting_of(parts: Iterable[Part]) -> Setting:
    """Inpatient where any note is: a stay takes in what led to it."""
    return Setting.INPATIENT if any(p.note.setting is Setting.INPATIENT for p in parts) else Setting.OUTPATIENT


def latest(parts: Iterable[Part], default: dt.date) -> dt.date:
    """The date an encounter is coded for: that of its last dated note, ``default`` where none has one."""
    return max((p.note.note_date for p in parts if p.note.note_date is not None), default=default)


def last_encounter(chart: Chart) -> tuple[Part, ...]:
    """The notes of the encounter of the last note; a note without an encounter is one of its own."""
    last = chart.parts[-1:]
    if not last or last[0].note.encounter_id is None:
        return last
    return tuple(p for p in chart.parts if p.note.encounter_id == last[0].note.encounter_id)


def in_order(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes by date, type and id, a note given twice only once: the order they came in leaves no trace."""
    return tuple(dict.fromkeys(sorted(notes, key=_key)))


def _key(n: Note) -> tuple[object, ...]:
    return (
        day(n), is_late(n), n.note_id, n.note_type or "", n.author_role, n.setting, n.encounter_id or "", n.patient_id or "", n.text,
    )  # fmt: skip


def lay_out(found: Iterable[NotedFindings]) -> Chart:
    """The chart of the notes; what comes back is the same for any order of the notes."""
    by_note = {f.note: f.findings for f in found}
    notes = in_order(by_note)
    blocks = _copied(notes, by_note)
    parts: list[Part] = []
    text = ""
    pieces: list[str] = []
    at = 0
    for note, copied in zip(notes, blocks, strict=True):
        head = _head(note)
        at += len(head)
        shifted = tuple(_shifted(f, at) for f in by_note[note])
        parts.append(Part(note=note, start=at, findings=shifted, copied=tuple((a + at, b + at) for a, b in copied)))
        pieces += [head, note.text, "\n\n"]
        at += len(note.text) + 2
    text = "".join(pieces)
    return Chart(parts=tuple(parts), text=text)


def _head(note: Note) -> str:
    facts = (note.note_id, note.note_type, note.author_role, note.note_date.isoformat() if note.note_date else None)
    return f"----- {' · '.join(' '.join(str(f).split()) for f in facts if f)} -----\n"


def _copied(notes: Sequence[Note], by_note: dict[Note, tuple[Finding, ...]]) -> list[tuple[tuple[int, int], ...]]:
    """The copied blocks of every note that has findings; those of one day never count as copies of each other."""
    if len({day(n) for n in notes}) < 2 or not any(by_note[n] for n in notes):
        return [()] * len(notes)
    earlier = Earlier()
    out: list[tuple[tuple[int, int], ...]] = []
    for _, group in groupby(notes, key=day):
        of_day = list(group)
        out += [earlier.blocks(n.text) if by_note[n] else () for n in of_day]
        if len(out) < len(notes):
            earlier.add(n.text for n in of_day)
    return out


def _shifted(f: Finding, by: int) -> Finding:
    return replace(f, evidence=tuple(_moved(e, by) for e in f.evidence), cues=tuple(_moved(e, by) for e in f.cues))


def _moved(e: Evidence, by: int) -> Evidence:
    return replace(e, start=e.start + by, end=e.end + by)
