"""Notes as encounters and patients: streamed or sorted on disk, bad rows and odd ids included."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

import pytest

from oncospan.case import NoteGroup
from oncospan.errors import InputError, OutputError
from oncospan.runners import grouping
from oncospan.runners.grouping import grouped
from oncospan.schema import Level
from oncospan.types import BadNote, Note, NoteError

BAD = BadNote(note_id="x.csv:7", error=NoteError(code="bad_row", message="m"))


def note(name: str, encounter: str | None = None, patient: str | None = "p") -> Note:
    return Note(text=f"text \ud800 of {name}", note_id=name, encounter_id=encounter, patient_id=patient)


def shape(groups: Iterator[NoteGroup]) -> list[tuple[str, str | None, list[str]]]:
    return [(g.group_id, g.patient_id, sorted(n.note_id for n in g.notes)) for g in groups]


NOTES: list[Note | BadNote] = [
    note("n1", "e2"),
    note("n2", "e1"),
    BAD,
    note("n3", "e2"),
    note("n4"),
    note("n5", "e1", "q"),
    note("n6", "e1"),
]


def test_encounters_of_any_order() -> None:
    wanted = [
        ("e1", "p", ["n2", "n6"]),
        ("e2", "p", ["n1", "n3"]),
        ("e1", "q", ["n5"]),
        ("n4", "p", ["n4"]),
        ("x.csv:7", None, []),
    ]
    assert shape(grouped(NOTES, Level.ENCOUNTER)) == wanted
    for seed in range(5):
        mixed = random.Random(seed).sample(NOTES, len(NOTES))
        assert shape(grouped(mixed, Level.ENCOUNTER)) == wanted


def test_patients_of_any_order() -> None:
    groups = list(grouped([*NOTES, note("n7", "e9", None)], Level.PATIENT))
    assert shape(iter(groups)) == [
        ("p", "p", ["n1", "n2", "n3", "n4", "n6"]), ("q", "q", ["n5"]), ("n7", None, ["n7"]), ("x.csv:7", None, []),
    ]  # fmt: skip
    assert [g.encounter_id for g in groups] == [None, None, "e9", None]


def test_a_bad_row_is_a_group_of_its_own() -> None:
    (group,) = grouped([BAD], Level.ENCOUNTER)
    assert (group.group_id, group.notes, group.errors) == ("x.csv:7", (), (BAD.error,))


def bad(name: str, encounter: str | None = None, patient: str | None = "p") -> BadNote:
    error = NoteError(code="bad_value", message=f"column 'date' of note {name!r} is not a date", where=f"x.csv:{name}")
    return BadNote(note_id=name, error=error, patient_id=patient, encounter_id=encounter)


def test_a_bad_row_that_tells_its_encounter_is_an_error_of_it() -> None:
    rows: list[Note | BadNote] = [note("n1", "e1"), bad("b2", "e1"), note("n2", "e2"), bad("b1", "e1"), bad("b3", "e3"), BAD]
    for seed in range(5):
        groups = list(grouped(random.Random(seed).sample(rows, len(rows)), Level.ENCOUNTER))
        assert [(g.group_id, [n.note_id for n in g.notes], [e.where for e in g.errors]) for g in groups] == [
            ("e1", ["n1"], ["x.csv:b1", "x.csv:b2"]), ("e2", ["n2"], []), ("e3", [], ["x.csv:b3"]), ("x.csv:7", [], [None]),
        ]  # fmt: skip
    (patient, lost) = grouped(rows, Level.PATIENT)
    assert (patient.group_id, len(patient.notes), len(patient.errors), lost.errors) == ("p", 2, 3, (BAD.error,))


@pytest.mark.parametrize(
    "rows", [[note("a", "e1"), BAD, note("b", "e1")], [BAD, note("a", "e1"), bad("x", "e1"), BAD, note("b", "e1")]]
)
def test_a_bad_row_does_not_tear_notes_apart_that_stand_together(rows: list[Note | BadNote]) -> None:
    groups = {g.group_id: g for g in grouped(rows, Level.ENCOUNTER, together=True)}
    assert [n.note_id for n in groups["e1"].notes] == ["a", "b"]
    assert len(groups) == 2


def test_rows_without_end_that_tell_no_group_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_HELD", 3)
    read = 0

    def watched() -> Iterator[Note | BadNote]:
        nonlocal read
        yield note("a", "e1")
        for i in range(100):
            read += 1
            yield bad(f"b{i}", None, None)

    groups = grouped(watched(), Level.ENCOUNTER, together=True)
    assert next(groups).group_id == "e1"
    assert read < 10
    assert len(list(groups)) == 100
    (many,) = grouped([bad(f"b{i}", "e1") for i in range(9)], Level.ENCOUNTER)
    assert ([e.code for e in many.errors], many.errors[-1].message[:6]) == (["bad_value"] * 3 + ["more_errors"], "6 more")


def test_notes_without_a_group_stay_apart_even_with_one_id() -> None:
    assert shape(grouped([note("same"), note("same")], Level.ENCOUNTER)) == [("same", "p", ["same"])] * 2


def test_notes_that_stand_together_are_streamed() -> None:
    read = 0

    def watched() -> Iterator[Note]:
        nonlocal read
        for i in range(1_000):
            read += 1
            yield note(f"n{i}", f"e{i // 2}")

    groups = grouped(watched(), Level.ENCOUNTER, together=True)
    assert [n.note_id for n in next(groups).notes] == ["n0", "n1"]
    assert read == 3


def test_notes_that_do_not_stand_together_are_an_error() -> None:
    with pytest.raises(InputError, match="stand apart"):
        list(grouped([note("a", "e1"), note("b", "e2"), note("c", "e1")], Level.ENCOUNTER, together=True))


def test_a_group_past_all_measure_is_an_error_not_a_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_GROUP_CHARS", 25)
    big, small = grouped([note("a", "e1"), note("b", "e2"), note("c", "e1"), note("d", "e1")], Level.ENCOUNTER)
    assert (big.group_id, big.notes) == ("e1", ())
    (error,) = big.errors
    assert error.code == "group_too_large"
    assert "3 notes" in error.message
    assert small.errors == ()


def test_no_file_is_left_behind(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr(grouping, "_CACHE", "PRAGMA cache_size = 10")
    notes = [Note(text=str(i) * 3_000, note_id=str(i), encounter_id=str(i % 7)) for i in range(200)]
    groups = grouped(notes, Level.ENCOUNTER)
    next(groups)
    assert list(tmp_path.iterdir()) == []  # type: ignore[attr-defined]
    assert sum(len(g.notes) for g in groups) == 200 - 29


def test_a_full_disk_is_an_error_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("pickle.dumps", full)
    with pytest.raises(OutputError, match="temporary file"):
        list(grouped([note("a", "e1")], Level.ENCOUNTER))
