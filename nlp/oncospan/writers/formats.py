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

    def put(self, encoded: Encoded) -> None:
        """Write one record."""

    def finish(self) -> None:
        """Write what is held back; the stream's owner closes it."""

    def abandon(self) -> None:
        """Let go of everything after an error; what was written is thrown away."""


class Bytes:
    """The writer of formats whose records stand one behind the other as bytes."""

    def __init__(self, stream: IO[bytes], head: bytes = b"") -> None:
        self._stream = stream
        stream.write(head)

    def put(self, encoded: Encoded) -> None:
        """Write one record."""
        self._stream.write(encoded.payload)

    def finish(self) -> None:
        """Nothing is held back."""

    def abandon(self) -> None:
        """Nothing to let go of."""


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
    from oncospan.writers.result import result_of  # a page needs the texts of the notes too

    return result_of


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
        return Bytes(stream)
    if fmt is Format.CSV:
        from oncospan.writers.columns import csv_head
        from oncospan.writers.table import TABLE

        return Bytes(stream, csv_head(TABLE))
    if fmt is Format.PARQUET:
        from oncospan.writers.parquet import ParquetWriter

        return ParquetWriter(stream, level)
    from oncospan.writers.report import HtmlWriter

    return HtmlWriter(stream)
