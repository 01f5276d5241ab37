"""The texts of an export by the ids of their notes, in a private temporary database: records come in another order."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oncospan.errors import InputError
from oncospan.readers import read_notes
from oncospan.review.records import Head, Record, Spans
from oncospan.types import Note


class NoteTexts:
    """The texts of an export."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, record: Record, spans: Spans) -> dict[str, str]:
        """The texts of a record's notes by their ids, every span found in them. Raises InputError.

        Of a record that says why nothing was read, notes may be missing.
        """
        found = {head.note_id: text for head in record.heads if (text := self._text_of(record, head)) is not None}
        if not spans.fit(found):
            raise _another(record)
        return found

    def _text_of(self, record: Record, head: Head) -> str | None:
        rows = self._connection.execute("SELECT patient, encounter, text FROM notes WHERE ref = ?", (head.note_id,)).fetchall()
        if len(rows) > 1:  # ids of notes are only sure to differ within a patient
            rows = [r for r in rows if r[0] == record.patient and r[1] == (head.encounter_id or record.encounter)]
        if not rows and record.unread:
            return None
        if len(rows) != 1:
            what = "a note of the record is not among the notes" if not rows else "two notes share the id of a note of the record"
            raise InputError(what, where=record.where, hint="Give the export that the run was made from with --notes.")
        text: str = rows[0][2]
        if "\x00" in text:
            raise InputError("a note holds NUL characters, which no database keeps", where=record.where, hint="Mend the export.")
        if head.text_sha256 and head.text_sha256.removeprefix("sha256:") != digest_of(text):
            raise _another(record)
        return text


def _another(record: Record) -> InputError:
    return InputError(
        "the text of a note is not the one the record was made from",
        where=record.where,
        hint="Give the very export of the run with --notes, or run extract again.",
    )


def digest_of(text: str) -> str:
    """The SHA-256 of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def note_texts(paths: Iterable[Path]) -> Iterator[NoteTexts]:
    """The texts of the notes in the files and folders, as long as the block lasts."""
    connection = sqlite3.connect("")
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("CREATE TABLE notes (ref TEXT, patient TEXT, encounter TEXT, text TEXT)")
        rows = ((n.note_id, n.patient_id or "", n.encounter_id or "", n.text) for n in read_notes(paths) if isinstance(n, Note))
        connection.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", rows)
        connection.execute("CREATE INDEX by_ref ON notes (ref)")
        yield NoteTexts(connection)
    finally:
        connection.close()
