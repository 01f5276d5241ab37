"""Writers: analyses as JSONL, CSV, Parquet or an HTML report; a file is whole or not there at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oncospan.errors import UsageError
from oncospan.schema import Level
from oncospan.writers.formats import Encoded, Format, Writer, encoded, finished
from oncospan.writers.parts import Parts, Run
from oncospan.writers.whole import whole_file

PART_NOTES = 5_000
"""Notes in one part of a folder of parts."""

HTML_PART_NOTES = 250
"""Notes in one page of an HTML report of many pages."""


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


def part_records(fmt: Format) -> int:
    """How many records a part of a folder holds."""
    return HTML_PART_NOTES if fmt is Format.HTML else PART_NOTES


@contextmanager
def open_writer(out: str, fmt: Format, level: Level = Level.NOTE, run: Run | None = None) -> Iterator[Writer]:
    """A writer to a file, to a folder of parts (``DIR/``) or to stdout (``-``), for records of a level.

    A file appears when the block ends well; of a folder every finished part stays, and ``run`` gives it a manifest. Raises
    OutputError, UsageError.
    """
    if out == "-":
        if fmt is Format.PARQUET:
            raise UsageError("Parquet cannot go to stdout", hint="Name a file with -o.")
        with finished(sys.stdout.buffer, fmt, level) as writer:
            yield writer
        sys.stdout.buffer.flush()
    elif is_folder(out):
        with Parts(Path(out), fmt, level, part_records(fmt), run) as parts:
            yield parts
    else:
        with whole_file(Path(out)) as stream, finished(stream, fmt, level) as writer:
            yield writer


__all__ = [
    "HTML_PART_NOTES", "PART_NOTES", "Encoded", "Format", "Parts", "Run", "Writer", "encoded", "format_of", "is_folder", "open_writer",
    "part_records",
]  # fmt: skip
