"""Readers: exports of clinical notes as a stream of notes.

CSV, TSV, JSONL, HL7 version 2, FHIR R4, C-CDA, HTML and ``.txt`` files (all also ``.gz``), Parquet, and folders and zip archives
of them. Everything is UTF-8 unless it declares another character set; what cannot be read comes as BadNote with ``file:line`` in
its place in the stream, and the rest goes on. Two notes of the same id are both read: ids are the export's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from oncospan.errors import InputError
from oncospan.readers import delimited, fhir, fhir_resources, hl7, jsonlines, parquet, pieces, textfiles
from oncospan.readers.columns import GUESSES
from oncospan.readers.fhir_resources import Context
from oncospan.readers.inputs import KINDS, Input, id_of, inputs_of, kind_of
from oncospan.readers.source import Member
from oncospan.readers.values import Defaults
from oncospan.types import BadNote, Note, NoteError


def read_notes(
    paths: Iterable[Path | str], *, columns: Mapping[str, str] | None = None, defaults: Defaults | None = None
) -> Iterator[Note | BadNote]:
    """The notes of all files, folders and archives, in order, as a stream.

    ``columns`` says which column holds a field (field -> column, an empty column for none); the others are guessed.
    Raises InputError at once, before any note, for a missing file, an unknown kind or a table without a text column.
    """
    chosen, given = columns or {}, defaults or Defaults()
    return stream(inputs_of(paths, chosen), chosen, given)


def files_of(path: Path) -> list[Path]:
    """The files that are read of an input, in order; an archive for those within it. Raises InputError for a missing file, an unknown kind, an empty folder."""
    found = [i.path.archive if isinstance(i.path, Member) else i.path for i in inputs_of([path], {}, check=False)]
    return list(dict.fromkeys(found))


def one_note(name: str, stdin: IO[bytes], defaults: Defaults) -> Note | BadNote:
    """The note in the file ``name``, text where its suffix is not known, or on ``stdin`` for ``-``. Raises InputError."""
    if name == "-":
        return textfiles.decoded(stdin.read(), "stdin", "stdin", defaults)
    path = Path(name)
    if not path.is_file():
        raise InputError("there is no such file", where=name, hint="Name a text file, or - for stdin.")
    kind = kind_of(path)
    if kind == "document":
        return textfiles.read_document(path, id_of(path.name), {}, defaults)
    if kind not in {None, "text"}:
        raise InputError("a table of notes, not one note", where=path.name, hint="Use extract for tables.")
    return textfiles.read_text(path, id_of(path.name), defaults)


def stream(inputs: Sequence[Input], chosen: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of inputs that were checked; one of several that cannot be opened any more gives an error record."""
    context = fhir_resources.context_of(i.path for i in inputs if i.kind == "fhir")
    for i in inputs:
        try:
            yield from _notes(i, context, chosen, defaults)
        except InputError as e:
            if len(inputs) == 1:
                raise
            error = NoteError(code="unreadable_file", message=e.message, hint=e.hint, where=e.where)
            yield BadNote(note_id=i.note_id or i.path.name, error=error)


def _notes(i: Input, context: Context, chosen: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of one input."""
    if i.kind == "text":
        yield textfiles.read_text(i.path, i.note_id, defaults)
    elif i.kind == "document":
        yield textfiles.read_document(i.path, i.note_id, chosen, defaults)
    elif i.kind == "fhir":
        yield from fhir.read_fhir(i.path, context, chosen, defaults)
    elif i.kind == "hl7":
        yield from hl7.read_hl7(i.path, chosen, defaults)
    elif i.kind == "jsonl":
        yield from jsonlines.read_jsonl(i.path, chosen, defaults)
    elif i.kind == "pieces":
        layout = i.layout or {}
        yield from pieces.joined(delimited.rows_of(i.path, layout, defaults, pieces.piece_of), layout, defaults)
    elif i.kind == "parquet":
        yield from parquet.read_parquet(i.path, i.layout or {}, defaults)
    else:
        yield from delimited.read_delimited(i.path, i.layout or {}, defaults)


__all__ = ["GUESSES", "KINDS", "BadNote", "Defaults", "files_of", "kind_of", "one_note", "read_notes", "stream"]
