"""Readers: exports of clinical notes as a stream of notes.

CSV, TSV, JSONL, HL7 version 2, ``.txt`` files (all also ``.gz``), Parquet, and folders of them. Everything is UTF-8 unless it
declares another character set; what cannot be read comes as BadNote with ``file:line`` in its place in the stream, and the rest goes on. Two notes of the same id are both
read: ids are the export's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from oncospan.errors import InputError
from oncospan.readers import delimited, fhir, fhir_resources, hl7, jsonlines, parquet, textfiles
from oncospan.readers.columns import GUESSES, Layout, resolve
from oncospan.readers.values import Defaults
from oncospan.types import BadNote, Note

KINDS = {
    ".csv": "delimited", ".tsv": "delimited", ".tab": "delimited", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".txt": "text", ".hl7": "hl7",
    ".json": "fhir", ".xml": "document", ".ccda": "document", ".cda": "document", ".html": "document", ".htm": "document",
}  # fmt: skip
"""The reader of every file suffix; all but Parquet may be followed by ``.gz``."""

_TABLES = {"delimited", "jsonl", "parquet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    path: Path
    kind: str
    note_id: str = ""
    layout: Layout | None = None


def read_notes(
    paths: Iterable[Path | str], *, columns: Mapping[str, str] | None = None, defaults: Defaults | None = None
) -> Iterator[Note | BadNote]:
    """The notes of all files and folders, in order, as a stream.

    ``columns`` says which column holds a field (field -> column, an empty column for none); the others are guessed.
    Raises InputError at once, before any note, for a missing file, an unknown kind or a table without a text column.
    """
    chosen, given = columns or {}, defaults or Defaults()
    sources = [_checked(s, chosen) for path in paths for s in _sources(Path(path))]
    return _stream(sources, chosen, given)


def files_of(path: Path) -> list[Path]:
    """The files that are read of an input, in order. Raises InputError for a missing file, an unknown kind, an empty folder."""
    return [source.path for source in _sources(path)]


def one_note(name: str, stdin: IO[bytes], defaults: Defaults) -> Note | BadNote:
    """The note in the text file ``name``, whatever its suffix, or on ``stdin`` for ``-``. Raises InputError."""
    if name == "-":
        return textfiles.decoded(stdin.read(), "stdin", "stdin", defaults)
    path = Path(name)
    if not path.is_file():
        raise InputError("there is no such file", where=name, hint="Name a text file, or - for stdin.")
    if kind_of(path) not in {None, "text"}:
        raise InputError("a table of notes, not one note", where=path.name, hint="Use extract for tables.")
    return textfiles.read_text(path, _without_suffix(path.name), defaults)


def kind_of(path: Path) -> str | None:
    """The reader for a file by its name: ``delimited``, ``jsonl``, ``parquet``, ``text``, or None."""
    name = path.name.lower()
    kind = KINDS.get(Path(name.removesuffix(".gz")).suffix)
    return None if kind == "parquet" and name.endswith(".gz") else kind


def _sources(path: Path) -> list[_Source]:
    if path.is_dir():
        return _folder(path)
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path), hint="Check the path.")
    kind = kind_of(path)
    if kind is None:
        raise InputError("the kind of file is not known", where=path.name, hint=f"Known: {', '.join(KINDS)} (also .gz), folders.")
    return [_Source(path=path, kind=_sniffed(path, kind), note_id=_without_suffix(path.name))]


def _sniffed(path: Path, kind: str) -> str:
    """The reader of a file; lines of JSON are FHIR where the first of them is a resource."""
    return "fhir" if kind == "jsonl" and "resourceType" in jsonlines.first_keys(path) else kind


def _folder(folder: Path) -> list[_Source]:
    """The documents and messages of a folder and its folders; where it has none, its tables."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    kinds = {p: _sniffed(p, kind) for p in files if (kind := kind_of(p)) and (kind != "fhir" or fhir_resources.holds_fhir(p))}
    chosen = [p for p, kind in kinds.items() if kind not in _TABLES] or list(kinds)
    if not chosen:
        raise InputError("the folder holds no notes", where=str(folder), hint=f"Known files: {', '.join(KINDS)} (also .gz).")
    return [_Source(path=p, kind=kinds[p], note_id=_without_suffix(p.relative_to(folder).as_posix())) for p in chosen]


def _without_suffix(name: str) -> str:
    return name[:-3].removesuffix(".txt") if name.lower().endswith(".gz") else name.rsplit(".", 1)[0]


def _checked(source: _Source, chosen: Mapping[str, str]) -> _Source:
    """The source with its layout found; all columns are checked before the first note is read."""
    if source.kind not in _TABLES:
        return source
    if source.kind == "jsonl":
        if found := jsonlines.columns_of(source.path):
            resolve(found, chosen, source.path.name)
        return source
    found = delimited.columns_of(source.path) if source.kind == "delimited" else parquet.columns_of(source.path)
    return _Source(path=source.path, kind=source.kind, layout=resolve(found, chosen, source.path.name))


def _stream(sources: Sequence[_Source], chosen: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    context = fhir_resources.context_of(s.path for s in sources if s.kind == "fhir")
    for source in sources:
        if source.kind == "text":
            yield textfiles.read_text(source.path, source.note_id, defaults)
        elif source.kind == "document":
            yield textfiles.read_document(source.path, source.note_id, chosen, defaults)
        elif source.kind == "fhir":
            yield from fhir.read_fhir(source.path, context, chosen, defaults)
        elif source.kind == "hl7":
            yield from hl7.read_hl7(source.path, chosen, defaults)
        elif source.kind == "jsonl":
            yield from jsonlines.read_jsonl(source.path, chosen, defaults)
        elif source.kind == "parquet":
            yield from parquet.read_parquet(source.path, source.layout or {}, defaults)
        else:
            yield from delimited.read_delimited(source.path, source.layout or {}, defaults)


__all__ = ["GUESSES", "KINDS", "BadNote", "Defaults", "files_of", "kind_of", "one_note", "read_notes"]
