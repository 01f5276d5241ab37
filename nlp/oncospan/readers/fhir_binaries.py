"""The Binary resources of a FHIR export: documents refer to them from other files, so they wait in a private temporary database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from oncospan.errors import OutputError

_BEGIN = (
    "PRAGMA journal_mode = OFF", "PRAGMA temp_store = FILE",
    "CREATE TABLE binaries (number INTEGER PRIMARY KEY, key TEXT, media TEXT, data TEXT, used INTEGER DEFAULT 0)",
    "CREATE TABLE names (name TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID", "BEGIN",
)  # fmt: skip
_TEXTS = ("text/", "xml", "rtf", "html", "pdf", "word")


class Binary(NamedTuple):
    """A document as base64, and its media type."""

    media: str
    data: str


class Binaries:
    """The Binary resources seen so far, by all names they go by. No file is made before there is one."""

    def __init__(self) -> None:
        self._base: sqlite3.Connection | None = None

    def add(self, names: Sequence[str], key: str, media: str, data: str) -> None:
        """Keep one by its names, the narrowest first: of two with one name the later has it, of two with one narrowest name it alone is kept.

        Raises OutputError where there is no space.
        """
        if self._base is None:
            self._base = sqlite3.connect("", isolation_level=None)
            for statement in _BEGIN:
                self._base.execute(statement)
        try:
            self._base.execute("DELETE FROM binaries WHERE number = ?", (self._number(names[:1]),))
            put = self._base.execute("INSERT INTO binaries (key, media, data) VALUES (?, ?, ?)", (key, media, data))
            rows = [(name, put.lastrowid) for name in names]
            self._base.executemany("INSERT OR REPLACE INTO names (name, number) VALUES (?, ?)", rows)
        except sqlite3.Error:
            hint = "Free space where TMPDIR points."
            raise OutputError("the temporary file that keeps Binary resources cannot be written", hint=hint) from None

    def find(self, names: Sequence[str]) -> Binary | None:
        """The one that has the first of the names; None where none of them is among the files that are read together."""
        number = self._number(names)
        if self._base is None or number is None:
            return None
        row = self._base.execute("SELECT media, data FROM binaries WHERE number = ?", (number,)).fetchone()
        return Binary(*row) if row else None

    def refer(self, names: Sequence[str]) -> None:
        """Remember that a document refers to one, whether it is read there or not."""
        number = self._number(names)
        if self._base is not None and number is not None:
            self._base.execute("UPDATE binaries SET used = 1 WHERE number = ?", (number,))

    def left(self) -> Iterator[str]:
        """The keys of those that hold a text, and that nothing referred to."""
        if self._base is not None:
            rows = self._base.execute("SELECT key, media FROM binaries WHERE used = 0 ORDER BY number")
            yield from (key for key, media in rows if any(kind in media.lower() for kind in _TEXTS))

    def close(self) -> None:
        """Let them go."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _number(self, names: Sequence[str]) -> int | None:
        if self._base is None:
            return None
        sought = (self._base.execute("SELECT number FROM names WHERE name = ?", (name,)).fetchone() for name in names)
        return next((row[0] for row in sought if row), None)
