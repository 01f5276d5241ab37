"""Readers: exports of clinical notes as a stream of notes.

Tables (CSV, TSV, JSONL, Parquet, queries to databases), HL7 version 2, FHIR R4, C-CDA, HTML, RTF, Word, PDF and text files, all also
``.gz``, and folders and zip archives of them. Everything is UTF-8 unless it declares another character set; what cannot be read comes as BadNote with ``file:line`` in
its place in the stream, and the rest goes on. Two notes of the same id are both read: ids are the export's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from oncospan.errors import InputError
from oncospan.readers import jsonlines, parquet, textfiles
from oncospan.readers.columns import GUESSES
from oncospan.readers.database import Database
from oncospan.readers.detection import InputFormat
from oncospan.readers.inputs import KINDS, Input, Source, id_of, inputs_of, kind_of, names_of, tables_beside
from oncospan.readers.office import by_name
from oncospan.readers.source import Member
from oncospan.readers.stdin import spooled
from oncospan.readers.streams import stream
from oncospan.readers.values import Defaults
from oncospan.types import BadNote, Note


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
        raise InputError("a file of many notes, not one note", where=path.name, hint="Use extract for it.")
    if it := by_name(path):
        raise InputError(f"{it.what}, which is not read", where=path.name, hint=it.instead)
    return textfiles.read_text(path, id_of(path.name), defaults)


__all__ = [
    "GUESSES", "KINDS", "BadNote", "Database", "Defaults", "InputFormat", "Source", "by_name", "count_of", "files_of", "kind_of",
    "names_of", "one_note", "read_notes", "spooled", "tables_beside",
]  # fmt: skip
