"""The forms of an export, and what writes each: into a file or stream, or into a folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Protocol

from oncospan.errors import UsageError
from oncospan.schema import Level
from oncospan.writers.result import Result


class Form(StrEnum):
    """The forms of an export."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    FLAT = "flat"
    OMOP = "omop"
    FHIR = "fhir"
    LABEL_STUDIO = "labelstudio"
    BRAT = "brat"
    HTML = "html"
    REPORT = "report"


class Exporter(Protocol):
    """What writes a form."""

    def add(self, result: Result) -> None:
        """Write one record."""

    def finish(self) -> None:
        """Write what is held back."""

    def abandon(self) -> None:
        """Let go of everything after an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an export is to be: its form, the suffix of its file (none for a folder), the level of its records and its time."""

    form: Form
    suffix: str
    level: Level
    at: dt.datetime


TREES = {Form.LABEL_STUDIO, Form.BRAT}
"""Forms that are always folders; HTML is one where the output is named as one."""

NEED_NOTES = {Form.LABEL_STUDIO, Form.BRAT, Form.HTML}
"""Forms that hold the texts of the notes."""

PARQUET_SUFFIXES = {".parquet", ".pq"}

_SUFFIXES = {
    Form.JSONL: {".jsonl", ".ndjson"}, Form.FHIR: {".jsonl", ".ndjson", ".json"}, Form.CSV: {".csv"}, Form.PARQUET: PARQUET_SUFFIXES,
    Form.FLAT: PARQUET_SUFFIXES, Form.OMOP: {".csv", *PARQUET_SUFFIXES}, Form.HTML: {".html", ".htm"}, Form.REPORT: {".html", ".htm"},
}  # fmt: skip
_KNOWN = {suffix for own in _SUFFIXES.values() for suffix in own}
"""A file with a suffix of another form would be read as what it is not."""


class Lines:
    """Writes records one after the other as bytes."""

    def __init__(self, stream: IO[bytes], encode: Callable[[Result], bytes], head: bytes = b"") -> None:
        self._stream, self._encode = stream, encode
        stream.write(head)

    def add(self, result: Result) -> None:
        """Write one record."""
        self._stream.write(self._encode(result))

    def finish(self) -> None:
        """Nothing is held back."""

    def abandon(self) -> None:
        """Nothing to let go of."""


class Rows:
    """Writes the rows of records as Parquet."""

    def __init__(self, stream: IO[bytes], schema: Any, rows: Callable[[Result], Iterable[Any]]) -> None:
        from oncospan.writers.columns import ParquetRows

        self._rows, self._file = rows, ParquetRows(stream, schema)

    def add(self, result: Result) -> None:
        """Write the rows of one record."""
        self._file.add(self._rows(result))

    def finish(self) -> None:
        """Write what is held back, and the footer."""
        self._file.finish()

    def abandon(self) -> None:
        """Close the file."""
        self._file.abandon()


class _RunReport:
    """Counts records, and writes the report of the run at its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        from oncospan.writers.run_counts import RunCounts

        self._stream, self._counts = stream, RunCounts()

    def add(self, result: Result) -> None:
        """Count one record."""
        self._counts.add(result.record)

    def finish(self) -> None:
        """Write the page."""
        from oncospan.writers.run_report import page

        self._stream.write(page(self._counts).encode("utf-8", "replace"))

    def abandon(self) -> None:
        """Nothing to let go of."""


def exporter_to_stream(target: Target, stream: IO[bytes]) -> Exporter:
    """The exporter of a form that is one file."""
    from oncospan.writers import columns, fhir_bundle, jsonl, note_nlp, parquet, report, table

    form, at = target.form, target.at
    flat = target.suffix not in PARQUET_SUFFIXES
    if form is Form.JSONL:
        return Lines(stream, lambda r: jsonl.record_line(r.record))
    if form is Form.FHIR:
        return Lines(stream, lambda r: fhir_bundle.line(r, at))
    if form is Form.REPORT:
        return _RunReport(stream)
    if form is Form.HTML:
        return report.HtmlWriter(stream)
    if form is Form.PARQUET:
        return Rows(stream, parquet.arrow_schema(target.level), lambda r: [columns.writable(dict(r.record))])
    if form is Form.OMOP:
        if flat:
            return _csv(stream, note_nlp.TABLE, lambda r: note_nlp.rows(r, at))
        return _rows(stream, note_nlp.TABLE, lambda r: note_nlp.rows(r, at))
    return _csv(stream, table.TABLE, table.rows) if form is Form.CSV else _rows(stream, table.TABLE, table.rows)


def _csv(stream: IO[bytes], table: Any, rows: Callable[[Result], Iterable[Any]]) -> Exporter:
    from oncospan.writers.columns import csv_head, csv_lines

    return Lines(stream, lambda r: csv_lines(table, rows(r)), csv_head(table))


def _rows(stream: IO[bytes], table: Any, rows: Callable[[Result], Iterable[Any]]) -> Exporter:
    from oncospan.writers.columns import arrow_schema, typed

    return Rows(stream, arrow_schema(table), lambda r: typed(table, rows(r)))


def exporter_to_folder(target: Target, folder: Path) -> Exporter:
    """The exporter of a form that is a folder of files."""
    from oncospan.export.folders import Brat, LabelStudio
    from oncospan.writers.site import Site

    made: dict[Form, Callable[[Path], Exporter]] = {Form.BRAT: Brat, Form.LABEL_STUDIO: LabelStudio, Form.HTML: Site}
    return made[target.form](folder)


def is_tree(form: Form, out: str) -> bool:
    """Whether an export is a folder. Raises UsageError where the form and the name of the output do not fit."""
    named = out.endswith(("/", "\\")) or (out != "-" and Path(out).is_dir())
    if form in TREES and out == "-":
        raise UsageError(f"{form} is a folder of files", hint="Name a folder with -o.")
    if form in TREES or (form is Form.HTML and named):
        return True
    if named:
        raise UsageError(f"{form} is one file", where=out, hint="Name a file with -o.")
    suffix = Path(out).suffix.lower()
    if suffix in _KNOWN and suffix not in _SUFFIXES[form]:
        raise UsageError(f"{form} is not written to {suffix}", where=out, hint=f"Name it {' or '.join(sorted(_SUFFIXES[form]))}.")
    if out == "-" and form in {Form.PARQUET, Form.FLAT}:
        raise UsageError("Parquet cannot go to stdout", hint="Name a file with -o.")
    return False
