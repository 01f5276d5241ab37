"""Readers: exports of clinical notes as a stream of notes.

Tables (CSV, TSV, JSONL, Parquet, queries to databases), HL7 version 2, FHIR R4, C-CDA, HTML, RTF, Word, PDF and text files, all also
``.gz``, and folders and zip archives of them. Everything is UTF-8 unless it declares another character set; what cannot be read comes as BadNote with ``file:line`` in
its place in the stream, and the rest goes on. Two notes of the same id are both read: ids are the export's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import IO

from oncospan.errors import InputError
from oncospan.readers import database, delimited, fhir, fhir_resources, hl7, jsonlines, parquet, pieces, textfiles
from oncospan.readers.columns import GUESSES, Layout
from oncospan.readers.database import Database
from oncospan.readers.detection import InputFormat
from oncospan.readers.fhir_resources import Context
from oncospan.readers.inputs import KINDS, Input, Source, id_of, inputs_of, kind_of, names_of, tables_beside
from oncospan.readers.office import by_name
from oncospan.readers.pieces import Piece
from oncospan.readers.source import Member, Unreadable
from oncospan.readers.stdin import spooled
from oncospan.readers.values import Defaults, to_note
from oncospan.types import BadNote, Note, NoteError


def read_notes(
    paths: Iterable[Source], *, columns: Mapping[str, str] | None = None, defaults: Defaults | None = None
) -> Iterator[Note | BadNote]:
    """The notes of all files, folders and archives, in order, as a stream.

    ``columns`` says which column holds a field (field -> column, an empty column for none); the others are guessed.
    Raises InputError at once, before any note, for a missing file, an unknown kind or a table without a text column.
    """
    chosen, given = columns or {}, defaults or Defaults()
    return stream(inputs_of(paths, chosen), chosen, given)


def files_of(path: Source) -> list[Path]:
    """The files that are read of an input, in order; an archive for those within it, none for a database.

    Raises InputError for a missing file, an unknown kind, an empty folder.
    """
    found = [i.path.archive if isinstance(i.path, Member) else i.path for i in inputs_of([path], {}, check=False)]
    return [p for p in dict.fromkeys(found) if isinstance(p, Path)]


def count_of(paths: Iterable[Source], columns: Mapping[str, str]) -> int | None:
    """How many notes the inputs hold, where their names, lines or footers tell it without reading them; None otherwise."""
    counts = [_count(i) for i in inputs_of(paths, columns)]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _count(i: Input) -> int | None:
    if i.kind in {"text", "document", "unreadable"}:
        return 1
    if i.kind == "parquet":
        with parquet.opened(i.file) as file:
            return int(file.metadata.num_rows)
    return jsonlines.count(i.file) if i.kind == "jsonl" and i.file.suffix != ".gz" else None


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
    context = fhir_resources.context_of(i.file for i in inputs if i.kind == "fhir")
    with closing(context.binaries):
        for run in _runs(inputs):
            i = run[0]
            notes = _joined(run, defaults) if i.kind == "pieces" else _notes(i, context, chosen, defaults)
            try:
                yield from notes if i.kind == "fhir" else _or_none(notes, i)
            except InputError as e:
                if len(inputs) == 1 or isinstance(i.path, Database):  # what a broken connection keeps back is not one note
                    raise
                error = NoteError(code="unreadable_file", message=e.message, hint=e.hint, where=e.where)
                yield BadNote(note_id=i.note_id or i.path.name, error=error)
        yield from fhir.left_over(context)


def _or_none(notes: Iterator[Note | BadNote], i: Input) -> Iterator[Note | BadNote]:
    """The notes of an input, or the error that it has none: nothing that is named ends in silence."""
    first = next(notes, None)
    if first is not None:
        yield first
        yield from notes
        return
    wrong = Unreadable("no_notes", "it can be read, and holds no notes", "Check the export; inspect shows what an input holds.")
    yield BadNote(note_id=i.note_id or i.path.name, error=wrong.error(i.path.name))


def _runs(inputs: Sequence[Input]) -> Iterator[list[Input]]:
    """The inputs one by one; the tables of pieces of one folder together, for a note may be cut over several files."""
    for key, group in groupby(inputs, key=_together):
        run = list(group)
        yield from [run] if key is not None else [[i] for i in run]


def _together(i: Input) -> object:
    """What tables of pieces share that belong together; None for all other inputs."""
    if i.kind != "pieces" or isinstance(i.path, Database):
        return None
    place = i.path.archive if isinstance(i.path, Member) else i.path.parent
    return place, kind_of(i.path), i.layout


def _joined(run: Sequence[Input], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes that tables of pieces hold together."""
    layout = run[0].layout or {}
    return pieces.joined((piece for i in run for piece in _pieces(i, layout, defaults)), layout, defaults)


def _notes(i: Input, context: Context, chosen: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of one input."""
    layout = i.layout or {}
    if i.wrong is not None:
        raise i.wrong
    if isinstance(i.path, Database):
        yield from database.rows_of(i.path, layout, defaults, to_note)
    elif i.kind == "text":
        yield textfiles.read_text(i.path, i.note_id, defaults)
    elif i.kind == "document":
        yield textfiles.read_document(i.path, i.note_id, chosen, defaults)
    elif i.kind == "fhir":
        yield from fhir.read_fhir(i.path, context, chosen, defaults)
    elif i.kind == "hl7":
        yield from hl7.read_hl7(i.path, chosen, defaults)
    elif i.kind == "jsonl":
        yield from jsonlines.read_jsonl(i.path, chosen, defaults)
    elif i.kind == "parquet":
        yield from parquet.read_parquet(i.path, layout, defaults)
    else:
        yield from delimited.read_delimited(i.path, layout, defaults)


def _pieces(i: Input, layout: Layout, defaults: Defaults) -> Iterator[Piece | BadNote]:
    """The pieces of notes in a table of any format."""
    if isinstance(i.path, Database):
        return database.rows_of(i.path, layout, defaults, pieces.piece_of)
    kind = kind_of(i.path)
    rows_of = parquet.rows_of if kind == "parquet" else jsonlines.rows_of if kind == "jsonl" else delimited.rows_of
    return rows_of(i.path, layout, defaults, pieces.piece_of)


__all__ = [
    "GUESSES",
    "KINDS",
    "BadNote",
    "Database",
    "Defaults",
    "InputFormat",
    "Source",
    "by_name",
    "count_of",
    "files_of",
    "kind_of",
    "names_of",
    "one_note",
    "read_notes",
    "spooled",
    "stream",
    "tables_beside",
]  # fmt: skip
