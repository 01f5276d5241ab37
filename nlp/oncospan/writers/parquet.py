"""Parquet: the output record with its nested columns, the canonical form for large runs."""

from __future__ import annotations

from typing import IO, Any

from oncospan.schema import Level, record_schema
from oncospan.types import Analysis
from oncospan.writers.formats import Encoded

_GROUP_ROWS = 1_000


def arrow_schema(level: Level = Level.NOTE) -> Any:
    """The pyarrow schema of the records of a level, made from the JSON Schema so that the two never part."""
    import pyarrow as pa  # heavy: only for those who write Parquet

    return pa.schema([(name, _arrow(part)) for name, part in record_schema(level)["properties"].items()])


def _arrow(part: dict[str, Any]) -> Any:
    import pyarrow as pa

    kind = part["type"][0] if isinstance(part["type"], list) else part["type"]
    if kind == "object":
        return pa.struct([(name, _arrow(sub)) for name, sub in part["properties"].items()])
    if kind == "array":
        return pa.list_(_arrow(part["items"]))
    return {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}[kind]


def _writable(value: Any) -> Any:
    """The value with every lone surrogate written as its escape; Arrow holds UTF-8 only."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_writable(v) for v in value]
    if isinstance(value, dict):
        return {k: _writable(v) for k, v in value.items()}
    return value


def row(analysis: Analysis) -> dict[str, Any]:
    """The record as Parquet holds it."""
    written: dict[str, Any] = _writable(analysis.record())
    return written


class ParquetWriter:
    """Writes one row a record in row groups of a thousand."""

    def __init__(self, stream: IO[bytes], level: Level = Level.NOTE) -> None:
        import pyarrow.parquet as pq

        self._schema = arrow_schema(level)
        self._file = pq.ParquetWriter(stream, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def write(self, analysis: Analysis) -> None:
        """Write one record."""
        self._add(row(analysis))

    def put(self, encoded: Encoded) -> None:
        """Write one row."""
        self._add(encoded.payload)

    def _add(self, one: dict[str, Any]) -> None:
        self._rows.append(one)
        if len(self._rows) >= _GROUP_ROWS:
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
