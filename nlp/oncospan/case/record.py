"""What comes out for an encounter or a patient: the record of a note, with its notes, and whose words each span are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oncospan.case.chart import Chart, Part, author_of, setting_of
from oncospan.case.facts import Fact, Statement
from oncospan.schema import Level
from oncospan.types import Analysis, Note, NoteError


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteGroup:
    """The notes of one encounter or patient as they were exported, in any order, and ``errors`` of those that could not be read.

    ``group_id`` names the record: the encounter, the patient, or the note that belongs to neither.
    """

    level: Level
    group_id: str
    patient_id: str | None = field(default=None, repr=False)
    encounter_id: str | None = None
    notes: tuple[Note, ...] = ()
    errors: tuple[NoteError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartAnalysis(Analysis):
    """Everything OncoSpan says of an encounter or a patient.

    ``note`` is the chart as one text, which all evidence here has its offsets in; the record has those of the notes.
    """

    level: Level
    chart: Chart
    notes: tuple[Note, ...] = ()
    timeline: tuple[Fact, ...] = ()

    def record(self) -> dict[str, Any]:
        """The output record with its level and notes, every span in its own note; a patient's with the timeline."""
        out = Analysis.record(self)
        out |= {"text_sha256": None, "level": str(self.level), "notes": [self._head(n) for n in self.notes]}
        if self.level is Level.PATIENT:
            out["timeline"] = [_told(f) for f in self.timeline]
        placed: dict[str, Any] = _placed(out, self.chart)
        return placed

    def _head(self, n: Note) -> dict[str, Any]:
        head = {
            "note_id": n.note_id,
            "note_date": n.note_date.isoformat() if n.note_date else None,
            "note_type": n.note_type,
            "author_role": str(n.author_role),
            "text_sha256": n.text_sha256,
        }
        return {**head, "encounter_id": n.encounter_id} if self.level is Level.PATIENT else head


def _placed(value: Any, chart: Chart) -> Any:
    """The value with every span in the offsets of its note."""
    if isinstance(value, dict):
        if value.keys() >= {"start", "end", "text"}:
            return chart.span(value)
        return {k: _placed(v, chart) for k, v in value.items()}
    if isinstance(value, list):
        return [_placed(v, chart) for v in value]
    return value


def _told(fact: Fact) -> dict[str, Any]:
    """A fact of the timeline: what every note said of it, oldest first."""
    first = fact.statements[-1].finding
    return {
        "kind": str(first.kind),
        "concept": first.concept,
        "side": next((s.finding.side for s in reversed(fact.statements) if s.finding.side), None),
        "states": [_state(s, fact.carried(s)) for s in fact.statements],
    }


def _state(s: Statement, carried: bool) -> dict[str, Any]:
    n = s.part.note
    return {
        "date": n.note_date.isoformat() if n.note_date else None,
        "note_id": n.note_id,
        "encounter_id": n.encounter_id,
        "author_role": str(n.author_role),
        "assertion": str(s.assertion),
        "carried": carried,
        "evidence": [e.record() for e in s.finding.evidence],
    }


def as_note(group: NoteGroup, chart: Chart, parts: Sequence[Part]) -> Note:
    """The chart as one note, which coding and gap review quote from, headed by what its ``parts`` share."""
    notes = [p.note for p in parts]
    encounter = notes[-1].encounter_id if notes and group.level is Level.PATIENT else group.encounter_id
    return Note(
        text=chart.text, note_id=group.group_id, patient_id=group.patient_id, encounter_id=encounter,
        note_type=notes[0].note_type if len(chart.parts) == 1 else None, author_role=author_of(parts),
        note_date=max((n.note_date for n in notes if n.note_date is not None), default=None), setting=setting_of(parts),
    )  # fmt: skip


def same_ids(notes: Sequence[Note]) -> Iterable[str]:
    """The note ids that different notes share, each once: their spans cannot be told apart."""
    seen: set[str] = set()
    for n in notes:
        if n.note_id in seen:
            yield n.note_id
        seen.add(n.note_id)
