"""The formats of an output, and their writers: what turns an analysis into bytes can be done in another process than the writing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import IO, Any, NamedTuple, Protocol

from oncospan.schema import Level
from oncospan.types import Analysis


class Format(StrEnum):
    """The output formats."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


class Encoded(NamedTuple):
    """A record as its format writes it, and the codes of its errors."""

    payload: Any
    errors: tuple[str, ...]


class Writer(Protocol):
    """What every format does."""

    def write(self, analysis: Analysis) -> None:
        """Write one analysis."""

    def put(self, encoded: Encoded) -> None:
        """Write one record that is encoded already."""

    def finish(self) -> None:
        """Write what is held back; the stream's owner closes it."""

    def abandon(self) -> None:
        """Let go of everything after an error; what was written is thrown away."""


def encoded(fmt: Format, analysis: Analysis) -> Encoded:
    """An analysis as the writer of the format puts it down."""
    return Encoded(_encoder(fmt)(analysis), tuple(e.code for e in analysis.errors))


def _encoder(fmt: Format) -> Callable[[Analysis], Any]:
    if fmt is Format.JSONL:
        from oncospan.writers.jsonl import line

        return line
    if fmt is Format.CSV:
        from oncospan.writers.table import lines

        return lines
    if fmt is Format.PARQUET:
        from oncospan.writers.parquet import row

        return row
    return _itself  # a page needs the text of the note too


def _itself(analysis: Analysis) -> Analysis:
    return analysis


@contextmanager
def finished(stream: IO[bytes], fmt: Format, level: Level) -> Iterator[Writer]:
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
