"""The notes of inputs of all formats as one stream, each input by its own reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby

from oncospan.errors import InputError
from oncospan.readers import database, delimited, fhir, fhir_resources, hl7, jsonlines, parquet, pieces, textfiles
from oncospan.readers.columns import Layout
from oncospan.readers.database import Database
from oncospan.readers.fhir_resources import Context
from oncospan.readers.inputs import Input, kind_of
from oncospan.readers.pieces import Piece
from oncospan.readers.problems import Unreadable
from oncospan.readers.source import Member
from oncospan.readers.values import Defaults, to_note
from oncospan.types import BadNote, Note, NoteError


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
                yield lost(i, e)
        yield from fhir.left_over(context)


def lost(i: Input, e: InputError) -> BadNote:
    """The error of an input among others that cannot be read."""
    error = NoteError(code="unreadable_file", message=e.message, hint=e.hint, where=e.where)
    return BadNote(note_id=i.note_id or i.path.name, error=error)


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
