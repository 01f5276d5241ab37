"""The Binary resources of a FHIR export: documents refer to them from other files, so they wait in a private temporary database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from oncospan.errors import OutputError

_BEGIN = ("PRAGMA journal_mode = OFF", "PRAGMA temp_store = FILE",
          "CREATE TABLE binaries (key TEXT PRIMARY KEY, media TEXT, data TEXT, used INTEGER DEFAULT 0)", "BEGIN")  # fmt: skip
_TEXTS = ("text/", "xml", "rtf", "html", "pdf", "word")


class Binary(NamedTuple):
    """A document as base64, and its media type."""

    media: str
    data: str


class Binaries:
    """The Binary resources seen so far, by their reference (``Binary/id``). No file is made before there is one."""

    def __init__(self) -> None:
        self._base: sqlite3.Connection | None = None

    def add(self, key: str, media: str, data: str) -> None:
        """Keep one; of two with one id the later. Raises OutputError where there is no space."""
        if self._base is None:
            self._base = sqlite3.connect("", isolation_level=None)
            for statement in _BEGIN:
                self._base.execute(statement)
        try:
            self._base.execute("INSERT OR REPLACE INTO binaries (key, media, data) VALUES (?, ?, ?)", (key, media, data))
        except sqlite3.Error:
            hint = "Free space where TMPDIR points."
            raise OutputError("the temporary file that keeps Binary resources cannot be written", hint=hint) from None

    def find(self, key: str) -> Binary | None:
        """The one a reference means; None where it is not among the files that are read together."""
        if self._base is None:
            return None
        row = self._base.execute("SELECT media, data FROM binaries WHERE key = ?", (key,)).fetchone()
        return Binary(*row) if row else None

    def refer(self, key: str) -> None:
        """Remember that a document refers to one, whether it is read there or not."""
        if self._base is not None:
            self._base.execute("UPDATE binaries SET used = 1 WHERE key = ?", (key,))

    def left(self) -> Iterator[str]:
        """The references of those that hold a text, and that nothing referred to."""
        if self._base is not None:
            rows = self._base.execute("SELECT key, media FROM binaries WHERE used = 0 ORDER BY rowid")
            yield from (key for key, media in rows if any(kind in media.lower() for kind in _TEXTS))

    def close(self) -> None:
        """Let them go."""
        if self._base is not None:
            self._base.close()
            self._base = None
