"""Flat tables: their columns, each with its type and meaning, and their rows as CSV and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

Row = Mapping[str, Any]
"""The cells of a row by their columns; a column that is not there has no value."""


class Type(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what its cells hold, and what they mean."""

    name: str
    type: Type
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns in their order."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(c.name for c in self.columns)


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(cell: object) -> object:
    """The cell, with an apostrophe in front of text that a spreadsheet would run as a formula."""
    return "'" + cell if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


def csv_head(table: Table) -> bytes:
    """The line of the column names."""
    return _csv(table, [dict(zip(table.names, table.names, strict=True))])


def csv_lines(table: Table, rows: Iterable[Row]) -> bytes:
    """The rows as UTF-8; every text is quoted and defused, a lone surrogate is written as its escape."""
    return _csv(table, ({k: "" if v is None else defused(v) for k, v in row.items()} for row in rows))


def _csv(table: Table, rows: Iterable[Row]) -> bytes:
    buffer = io.StringIO(newline="")
    out = csv.DictWriter(buffer, table.names, restval="", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    out.writerows(dict(row) for row in rows)
    return buffer.getvalue().encode("utf-8", "backslashreplace")


def writable(value: Any) -> Any:
    """The value with every lone surrogate written as its escape; Arrow and JSON files hold UTF-8 only."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [writable(v) for v in value]
    if isinstance(value, dict):
        return {k: writable(v) for k, v in value.items()}
    return value


def json_bytes(value: Any) -> bytes:
    """The value as JSON without line breaks, in UTF-8; a lone surrogate is written as its escape."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(writable(value), ensure_ascii=False).encode("utf-8")


class ParquetRows:
    """Writes the rows of an Arrow schema in row groups of a thousand."""

    GROUP_ROWS = 1_000

    def __init__(self, stream: IO[bytes], schema: Any) -> None:
        import pyarrow.parquet as pq  # heavy: only for those who write Parquet

        self._schema = schema
        self._file = pq.ParquetWriter(stream, schema, compression="zstd")
        self._rows: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= self.GROUP_ROWS:
                self._flush()

    def finish(self) -> None:
        """Write what is held back, and the footer."""
        self._flush()
        self._file.close()

    def abandon(self) -> None:
        """Close the file, whose draft is thrown away, so that nothing writes to it later."""
        self._file.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()


def arrow_schema(table: Table) -> Any:
    """The Arrow schema of a table, the meaning of each column in its metadata."""
    import pyarrow as pa

    types = {Type.TEXT: pa.string(), Type.INTEGER: pa.int64(), Type.NUMBER: pa.float64(), Type.DATE: pa.date32()}
    return pa.schema([pa.field(c.name, types[c.type], metadata={"description": c.meaning}) for c in table.columns])


def typed(table: Table, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows as Arrow takes them."""
    return ({name: writable(row.get(name)) for name in table.names} for row in rows)
