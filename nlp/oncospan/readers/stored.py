"""The texts of an export by the ids of their notes, in a private temporary database: records may come in another order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from oncospan.types import BadNote, Note

NEAR = 2000
"""Notes among which the next ones of an export in the order of its records are found."""


class StoredTexts:
    """The texts of an export, read as far as they were asked for."""

    def __init__(self, connection: sqlite3.Connection, notes: Iterable[Note | BadNote]) -> None:
        self._connection = connection
        self._notes = (n for n in notes if isinstance(n, Note))
        self._near: dict[str, list[str]] = {}
        self._whole = False

    def matches(self, note_id: str, patient: str, encounter: str) -> list[str]:
        """The texts of the notes of an id; where several share it, of those of the patient and encounter."""
        self.read_all()
        rows = self._connection.execute("SELECT patient, encounter, text FROM notes WHERE ref = ?", (_key(note_id),)).fetchall()
        if len(rows) > 1:  # ids of notes are only sure to differ within a patient
            rows = [r for r in rows if (r[0], r[1]) == (_key(patient), _key(encounter))]
        return [bytes(r[2]).decode("utf-8", "surrogatepass") for r in rows]

    def near(self, note_id: str, fits: Callable[[str], bool]) -> str | None:
        """The text of a note of an id that fits, if it is among those read last or next: so it is where records follow their notes."""
        for _ in range(2):
            for text in self._near.get(note_id, ()):
                if fits(text):
                    return text
            if self._whole or not self._read_on():
                break
        return None

    def read_all(self) -> None:
        """Read the rest of the export."""
        if not self._whole:
            while self._read_on():
                pass
            self._connection.execute("CREATE INDEX by_ref ON notes (ref)")
            self._whole = True

    def _read_on(self) -> bool:
        """Store the next notes; whether there were any."""
        notes = list(islice(self._notes, NEAR))
        rows = ((_key(n.note_id), _key(n.patient_id or ""), _key(n.encounter_id or ""), _key(n.text)) for n in notes)
        self._connection.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", rows)
        self._near = {}
        for note in notes:
            self._near.setdefault(note.note_id, []).append(note.text)
        return bool(notes)


def _key(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@contextmanager
def stored_texts(notes: Iterable[Note | BadNote], *, whole: bool = True) -> Iterator[StoredTexts]:
    """The texts of the notes, as long as the block lasts; all are read at its beginning, or only as they are asked for."""
    connection = sqlite3.connect("")
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("CREATE TABLE notes (ref BLOB, patient BLOB, encounter BLOB, text BLOB)")
        texts = StoredTexts(connection, notes)
        if whole:
            texts.read_all()
        yield texts
    finally:
        connection.close()
