"""The texts of an export for the records of a run, each held against what the record says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oncospan.errors import InputError
from oncospan.readers import read_notes
from oncospan.readers.stored import StoredTexts, stored_texts
from oncospan.review.records import Head, Record, Spans
from oncospan.types import digest_of


class NoteTexts:
    """The texts of an export."""

    def __init__(self, stored: StoredTexts) -> None:
        self._stored = stored

    def of(self, record: Record, spans: Spans) -> dict[str, str]:
        """The texts of a record's notes by their ids, every span found in them. Raises InputError.

        Of a record that says why nothing was read, notes may be missing.
        """
        found = {head.note_id: text for head in record.heads if (text := self._text_of(record, head)) is not None}
        if not spans.fit(found):
            raise _another(record)
        return found

    def _text_of(self, record: Record, head: Head) -> str | None:
        digest = (head.text_sha256 or "").removeprefix("sha256:")
        if digest and (near := self._stored.near(head.note_id, lambda text: digest_of(text) == digest)) is not None:
            return _whole(near, record)
        if record.unread and not digest:
            return None  # it tells of a row that is no note; a note may have its id
        texts = self._stored.matches(head.note_id, record.patient, head.encounter_id or record.encounter)
        if not texts and record.unread:
            return None
        if texts and digest:
            texts = [text for text in texts if digest_of(text) == digest][:1]
            if not texts:
                raise _another(record)
        if len(texts) != 1:
            what = (
                "a note of the record is not among the notes" if not texts else "two notes share the id of a note of the record"
            )
            raise InputError(what, where=record.where, hint="Give the export that the run was made from with --notes.")
        return _whole(texts[0], record)


def _whole(text: str, record: Record) -> str:
    """The text, if a database keeps all of it. Raises InputError."""
    try:
        kept = b"\x00" not in text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        kept = False
    if not kept:
        raise InputError("a note holds characters that no database keeps", where=record.where, hint="Mend the export.")
    return text


def _another(record: Record) -> InputError:
    return InputError(
        "the text of a note is not the one the record was made from",
        where=record.where,
        hint="Give the very export of the run with --notes, or run extract again.",
    )


@contextmanager
def note_texts(paths: Iterable[Path]) -> Iterator[NoteTexts]:
    """The texts of the notes in the files and folders, as long as the block lasts."""
    with stored_texts(read_notes(paths), whole=False) as stored:
        yield NoteTexts(stored)
