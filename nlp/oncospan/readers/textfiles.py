"""Files that are one note each: plain text exactly as the bytes say (line ends are kept, a byte order mark is not), and documents."""

from __future__ import annotations

from collections.abc import Mapping

from oncospan.readers.ccda import LAYOUT, read_cda
from oncospan.readers.documents import cda_text, kind_of_bytes, text_of
from oncospan.readers.problems import DAMAGED, MAX_NOTE_BYTES, Unreadable, problem_of
from oncospan.readers.source import UTF_16, File, open_bytes
from oncospan.readers.values import Defaults, bad_note, to_note, told_note
from oncospan.types import BadNote, Note

_MEDIA = {
    "text/html": {"html", "htm"},
    "text/xml": {"xml", "ccda", "cda"},
    "text/rtf": {"rtf"},
    "application/msword": {"doc", "docx", "docm"},
}


def read_text(path: File, note_id: str, defaults: Defaults) -> Note | BadNote:
    """The note of one text file. Raises InputError when the file cannot be opened."""
    try:
        return decoded(_bytes(path), note_id, path.name, defaults)
    except Unreadable as e:
        return BadNote(note_id=note_id, error=e.error(path.name))


def read_document(path: File, note_id: str, chosen: Mapping[str, str], defaults: Defaults) -> Note | BadNote:
    """The note of one document, whatever its format; a C-CDA document says more of its note than its text."""
    values: dict[str, object] = {}
    try:
        raw = _bytes(path)
        if len(raw) > MAX_NOTE_BYTES:
            raise Unreadable.of("note_too_long")
        media = declared(path)
        if kind_of_bytes(raw, media) == "xml":
            document = read_cda(raw)
            values = document.values
            values["text"] = cda_text(document)
        else:
            values["text"] = text_of(raw, media) if raw.strip() else ""
    except Unreadable as e:
        return bad_note(str(values.get("note_id") or note_id), e.error(path.name), values)
    return told_note(values, LAYOUT, chosen, defaults, where=path.name, fallback_id=note_id)


def declared(path: File) -> str:
    """The media type that the name of a file claims."""
    suffix = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    return next((media for media, suffixes in _MEDIA.items() if suffix in suffixes), "")


def _bytes(path: File) -> bytes:
    """The content of a file up to just above what is read. Raises Unreadable when it is damaged, InputError."""
    with open_bytes(path) as stream:
        try:
            return stream.read(MAX_NOTE_BYTES + 1)
        except DAMAGED as e:
            raise Unreadable.of(problem_of(e)) from None


def decoded(raw: bytes, note_id: str, where: str, defaults: Defaults) -> Note | BadNote:
    """The note of the bytes of one text."""
    if len(raw) > MAX_NOTE_BYTES:
        return BadNote(note_id=note_id, error=Unreadable.of("note_too_long").error(where))
    try:
        text = raw.decode("utf-16" if raw.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        return BadNote(note_id=note_id, error=Unreadable.of("not_utf8").error(where))
    return to_note({"text": text}, {"text": "text"}, defaults, where=where, fallback_id=note_id)
