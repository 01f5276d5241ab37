"""The texts of an export by the ids of their notes, in a private temporary database: records come in another order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from oncospan.types import BadNote, Note


class StoredTexts:
    """The texts of an export."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def matches(self, note_id: str, patient: str, encounter: str) -> list[str]:
        """The texts of the notes of an id; where several share it, of those of the patient and encounter."""
        rows = self._connection.execute("SELECT patient, encounter, text FROM notes WHERE ref = ?", (_key(note_id),)).fetchall()
        if len(rows) > 1:  # ids of notes are only sure to differ within a patient
            rows = [r for r in rows if (r[0], r[1]) == (_key(patient), _key(encounter))]
        return [bytes(r[2]).decode("utf-8", "surrogatepass") for r in rows]


def _key(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@contextmanager
def stored_texts(notes: Iterable[Note | BadNote]) -> Iterator[StoredTexts]:
    """The texts of the notes, as long as the block lasts."""
    connection = sqlite3.connect("")
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("CREATE TABLE notes (ref BLOB, patient BLOB, encounter BLOB, text BLOB)")
        kept = (n for n in notes if isinstance(n, Note))
        rows = ((_key(n.note_id), _key(n.patient_id or ""), _key(n.encounter_id or ""), _key(n.text)) for n in kept)
        connection.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", rows)
        connection.execute("CREATE INDEX by_ref ON notes (ref)")
        yield StoredTexts(connection)
    finally:
        connection.close()
