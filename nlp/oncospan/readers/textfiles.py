"""Plain text files: one note a file, its text exactly as the bytes say (line ends are kept, a byte order mark is not)."""

from __future__ import annotations

import zlib
from pathlib import Path

from oncospan.readers.source import MAX_NOTE_BYTES, open_bytes, problem_error
from oncospan.readers.values import Defaults, to_note
from oncospan.types import BadNote, Note


def read_text(path: Path, note_id: str, defaults: Defaults) -> Note | BadNote:
    """The note of one text file. Raises InputError when the file cannot be opened."""
    with open_bytes(path) as stream:
        try:
            raw = stream.read(MAX_NOTE_BYTES + 1)
        except (EOFError, zlib.error, OSError):
            return BadNote(note_id=note_id, error=problem_error("damaged_file", path.name))
    return decoded(raw, note_id, path.name, defaults)


def decoded(raw: bytes, note_id: str, where: str, defaults: Defaults) -> Note | BadNote:
    """The note of the bytes of one text."""
    if len(raw) > MAX_NOTE_BYTES:
        return BadNote(note_id=note_id, error=problem_error("note_too_long", where))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return BadNote(note_id=note_id, error=problem_error("not_utf8", where))
    return to_note({"text": text}, {"text": "text"}, defaults, where=where, fallback_id=note_id)
