"""Parquet: the output record with its nested columns, the canonical form for large runs."""

from __future__ import annotations

from typing import IO, Any

from oncospan.schema import Level, record_schema
from oncospan.types import Analysis
from oncospan.writers.columns import ParquetRows, writable
from oncospan.writers.formats import Encoded


def arrow_schema(level: Level = Level.NOTE) -> Any:
    """The pyarrow schema of the records of a level, made from the JSON Schema so that the two never part.

    What a column means stands in its metadata.
    """
    import pyarrow as pa  # heavy: only for those who write Parquet

    return pa.schema([_field(name, part) for name, part in record_schema(level)["properties"].items()])


def _field(name: str, part: dict[str, Any]) -> Any:
    import pyarrow as pa

    told = {"description": part["description"]} if "description" in part else None
    return pa.field(name, _arrow(part), metadata=told)


def _arrow(part: dict[str, Any]) -> Any:
    import pyarrow as pa

    kind = part["type"][0] if isinstance(part["type"], list) else part["type"]
    if kind == "object":
        return pa.struct([_field(name, sub) for name, sub in part["properties"].items()])
    if kind == "array":
        return pa.list_(_arrow(part["items"]))
    return {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}[kind]


def row(analysis: Analysis) -> dict[str, Any]:
    """The record as Parquet holds it."""
    written: dict[str, Any] = writable(analysis.record())
    return written


class ParquetWriter(ParquetRows):
    """Writes one row a record."""

    def __init__(self, stream: IO[bytes], level: Level = Level.NOTE) -> None:
        super().__init__(stream, arrow_schema(level))

    def put(self, encoded: Encoded) -> None:
        """Write one row."""
        self.add([encoded.payload])
