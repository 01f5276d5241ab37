"""Writers: analyses as JSONL, CSV, Parquet or an HTML report; a file is whole or not there at all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol, Self

from oncospan.errors import OutputError, UsageError
from oncospan.schema import Level
from oncospan.types import Analysis
from oncospan.writers.atomic import whole_file

PART_NOTES = 5_000
"""Notes in one part of a folder of parts."""

HTML_PART_NOTES = 250
"""Notes in one page of an HTML report of many pages."""


class Format(StrEnum):
    """The output formats."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


class Writer(Protocol):
    """What every format does."""

    def write(self, analysis: Analysis) -> None:
        """Write one analysis."""

    def finish(self) -> None:
        """Write what is held back; the stream's owner closes it."""

    def abandon(self) -> None:
        """Let go of everything after an error; what was written is thrown away."""


_SUFFIXES = {".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".csv": Format.CSV, ".parquet": Format.PARQUET,
             ".pq": Format.PARQUET, ".html": Format.HTML, ".htm": Format.HTML}  # fmt: skip


def format_of(out: str, given: Format | None = None) -> Format:
    """The format of an output: the given one, else by its suffix; JSONL for stdout and folders. Raises UsageError."""
    if given is not None:
        return given
    if out == "-" or is_folder(out):
        return Format.JSONL
    suffix = Path(out).suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(f"cannot tell the format of {Path(out).name!r}", hint="Give --format jsonl, csv, parquet or html.")
    return _SUFFIXES[suffix]


def is_folder(out: str) -> bool:
    """Whether an output names a folder of parts: it ends with a slash, or is a folder already."""
    return out.endswith(("/", "\\")) or Path(out).is_dir()


@contextmanager
def open_writer(out: str, fmt: Format, level: Level = Level.NOTE) -> Iterator[Writer]:
    """A writer to a file, to a folder of parts (``DIR/``) or to stdout (``-``), for records of a level.

    A file appears when the block ends well; of a folder every finished part stays. Raises OutputError, UsageError.
    """
    if out == "-":
        if fmt is Format.PARQUET:
            raise UsageError("Parquet cannot go to stdout", hint="Name a file with -o.")
        with _finished(sys.stdout.buffer, fmt, level) as writer:
            yield writer
        sys.stdout.buffer.flush()
    elif is_folder(out):
        with _Parts(Path(out), fmt, level) as parts:
            yield parts
    else:
        with whole_file(Path(out)) as stream, _finished(stream, fmt, level) as writer:
            yield writer


@contextmanager
def _finished(stream: IO[bytes], fmt: Format, level: Level) -> Iterator[Writer]:
    """A writer that is finished when the block ends well, and abandoned otherwise."""
    writer = _writer(stream, fmt, level)
    try:
        yield writer
        writer.finish()
    except BaseException:
        with contextlib.suppress(Exception):  # the first error is the one to report
            writer.abandon()
        raise


def _writer(stream: IO[bytes], fmt: Format, level: Level) -> Writer:
    if fmt is Format.JSONL:
        from oncospan.writers.jsonl import JsonlWriter

        return JsonlWriter(stream)
    if fmt is Format.CSV:
        from oncospan.writers.table import CsvWriter

        return CsvWriter(stream)
    if fmt is Format.PARQUET:
        from oncospan.writers.parquet import ParquetWriter

        return ParquetWriter(stream, level)
    from oncospan.writers.report import HtmlWriter

    return HtmlWriter(stream)


class _Parts:
    """A folder of parts ``part-00000.<format>`` …, each committed when it is full; a run without notes gives one empty part."""

    def __init__(self, folder: Path, fmt: Format, level: Level) -> None:
        self._folder, self._format, self._level = folder, fmt, level
        self._limit = HTML_PART_NOTES if fmt is Format.HTML else PART_NOTES
        self._open = contextlib.ExitStack()
        self._writer: Writer | None = None
        self._count = self._part = 0

    def __enter__(self) -> Self:
        if self._folder.is_dir() and any(self._folder.glob("part-*")):
            raise OutputError("the folder holds parts already", where=str(self._folder), hint="Name a new or an empty folder.")
        self._next_part()
        return self

    def __exit__(self, *failure: object) -> None:
        self._open.__exit__(*failure)  # type: ignore[arg-type]  # the triple of the with statement, handed on as it came

    def write(self, analysis: Analysis) -> None:
        """Write one analysis, in a new part when the running one is full."""
        if self._count >= self._limit:
            self._open.close()
            self._next_part()
        assert self._writer is not None
        self._writer.write(analysis)
        self._count += 1

    def finish(self) -> None:
        """Nothing to do: leaving the block commits the last part."""

    def abandon(self) -> None:
        """Nothing to do: leaving the block drops the last part."""

    def _next_part(self) -> None:
        path = self._folder / f"part-{self._part:05d}.{self._format}"
        stream = self._open.enter_context(whole_file(path))
        self._writer = self._open.enter_context(_finished(stream, self._format, self._level))
        self._part, self._count = self._part + 1, 0


__all__ = ["HTML_PART_NOTES", "PART_NOTES", "Format", "Writer", "format_of", "is_folder", "open_writer"]
