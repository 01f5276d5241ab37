"""The notes of an export as encounters or patients, whatever their order, without holding the export in memory.

Notes that come in any order are sorted in a private temporary database of SQLite: a file without a name, which the
operating system removes with the process however that ends, beside a cache of 64 MB. Where notes of a group stand
together already, ``together`` streams them and keeps nothing but the groups' names on disk.
"""

from __future__ import annotations

import contextlib
import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from oncospan.case import NoteGroup
from oncospan.errors import InputError, OutputError
from oncospan.schema import Level
from oncospan.types import BadNote, Note, NoteError

MAX_GROUP_CHARS = 50_000_000
"""Characters of one group: more is a column mapped wrong, not a patient, and would not fit the memory."""

_CACHE = "PRAGMA cache_size = -65536"  # KiB
_LOST = 2
"""The rank of a row that could not be read and does not tell its group."""

_HELD = 10_000
"""As many such rows wait for the end of the group they stand in: more would fill the memory."""

_APART = "the notes of a group stand apart"


class _Key(NamedTuple):
    """Where a note belongs: groups first, then notes of no group, then rows that could not be read and tell no group."""

    rank: int
    patient: bytes
    group: bytes
    number: int


def grouped(notes: Iterable[Note | BadNote], level: Level, *, together: bool = False) -> Iterator[NoteGroup]:
    """The groups of a level, each with its notes in no order that matters; a note without a group is one of its own.

    Groups come in the order of their ids, or with ``together`` in the order of the notes. Raises InputError when notes said
    to stand together do not, OutputError when the temporary file cannot be written.
    """
    keyed = ((_key(n, level, i), n) for i, n in enumerate(notes))
    rows = _checked(keyed) if together else _sorted(keyed)
    for _, group in groupby(rows, key=lambda row: row[0]):
        yield _group(level, (n for _, n in group))


def _key(note: Note | BadNote, level: Level, number: int) -> _Key:
    patient, encounter = note.patient_id, note.encounter_id
    if level is Level.PATIENT and patient:
        return _Key(0, _bytes(patient), b"", 0)
    if level is Level.ENCOUNTER and encounter:
        return _Key(0, _bytes(patient or ""), _bytes(encounter), 0)
    if isinstance(note, BadNote):
        return _Key(_LOST, b"", _bytes(note.note_id), number)
    return _Key(1, _bytes(patient or ""), _bytes(note.note_id), number)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@contextlib.contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    """A database that lives in memory up to its cache and then in a file without a name."""
    connection = sqlite3.connect("", isolation_level=None)
    try:
        connection.execute(_CACHE)
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA temp_store = FILE")
        yield connection
    except sqlite3.Error as e:
        raise OutputError(
            f"the temporary file for sorting cannot be used ({type(e).__name__})",
            hint="Free some space, or point SQLITE_TMPDIR at a folder with as much space as the export.",
        ) from None
    finally:
        connection.close()


def _sorted(keyed: Iterable[tuple[_Key, Note | BadNote]]) -> Iterator[tuple[_Key, Note | BadNote]]:
    """The notes in the order of their keys."""
    with _database() as db:
        db.execute("CREATE TABLE notes (rank INTEGER, patient BLOB, grp BLOB, number INTEGER, note BLOB)")
        db.execute("BEGIN")
        rows = ((*key, pickle.dumps(note, protocol=5)) for key, note in keyed)
        db.executemany("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", rows)
        for *key, note in db.execute("SELECT * FROM notes ORDER BY rank, patient, grp, number"):
            yield _Key(*key), pickle.loads(note)  # noqa: S301 - written a moment ago, into a file nobody else can open


def _checked(keyed: Iterable[tuple[_Key, Note | BadNote]]) -> Iterator[tuple[_Key, Note | BadNote]]:
    """The notes as they come, rows that tell no group after the group they stand in.

    Raises InputError at the first note of a group that was left before.
    """
    with _database() as db:
        db.execute("CREATE TABLE seen (patient BLOB, grp BLOB, PRIMARY KEY (patient, grp)) WITHOUT ROWID")
        db.execute("BEGIN")
        last = None
        held: list[tuple[_Key, Note | BadNote]] = []
        for key, note in keyed:
            if key.rank == _LOST and last is not None and last.rank == 0 and len(held) < _HELD:
                held.append((key, note))
                continue
            if key != last:
                yield from held
                held.clear()
            if key != last and key.rank == 0:
                fresh = db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key.patient, key.group)).rowcount
                if not fresh:
                    raise InputError(_APART, hint="Sort the export by encounter or patient, or leave out --together.")
            last = key
            yield key, note
        yield from held


def _group(level: Level, notes: Iterable[Note | BadNote]) -> NoteGroup:
    """The group of the notes; rows that could not be read are its errors, and past all measure it is only an error."""
    kept: list[Note] = []
    bad: list[BadNote] = []
    size = count = unread = 0
    first: Note | BadNote | None = None
    for note in notes:
        first = first or note
        if isinstance(note, BadNote):
            unread += 1
            if len(bad) < _HELD:
                bad.append(note)
            continue
        count += 1
        size += len(note.text)
        kept.append(note)
        if size > MAX_GROUP_CHARS:  # count on, but hold nothing
            kept.clear()
    assert first is not None
    errors = [b.error for b in sorted(bad, key=lambda b: (b.note_id, b.error.where or "", b.error.code, b.error.message))]
    errors += [_too_many(unread - len(bad))] if unread > len(bad) else []
    errors += [_too_large(count, size)] if size > MAX_GROUP_CHARS else []
    return _named(level, first, tuple(kept), tuple(errors))


def _too_many(count: int) -> NoteError:
    return NoteError(
        code="more_errors", message=f"{count} more rows of the group could not be read", hint="Mend the export and run it again."
    )


def _too_large(count: int, size: int) -> NoteError:
    return NoteError(
        code="group_too_large",
        message=f"{count} notes with {size} characters share one id, more than {MAX_GROUP_CHARS} characters",
        hint="Check the column of the encounter or patient id (--map).",
    )


def _named(level: Level, first: Note | BadNote, notes: tuple[Note, ...], errors: tuple[NoteError, ...]) -> NoteGroup:
    own = first.patient_id if level is Level.PATIENT else first.encounter_id
    encounter = first.encounter_id if level is Level.ENCOUNTER or not own else None
    return NoteGroup(
        level=level,
        group_id=own or first.note_id,
        patient_id=first.patient_id,
        encounter_id=encounter,
        notes=notes,
        errors=errors,
    )
