"""The inputs of a run in slices that workers read by themselves: cut by the files alone, so that every cluster gets the same ones.

A Parquet file is cut every 5,000 rows. Any other table is one slice, for nothing tells where its rows begin before it is read.
Documents and messages stand together up to 500 files or 64 MB; FHIR resources are one slice, since they refer to each other, and so are
tables of pieces, since a note may be cut over several of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oncospan.errors import InputError, UsageError
from oncospan.readers import Database, Defaults, parquet
from oncospan.readers.inputs import TABLES, Input
from oncospan.readers.source import Member
from oncospan.readers.streams import lost, stream
from oncospan.types import BadNote, Note

ROWS, FILES, BYTES = 5_000, 500, 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some of the input: files, or rows of one Parquet file."""

    number: int
    inputs: tuple[Input, ...]
    rows: range | None = None
    alone: bool = False
    """Whether the run has no other input."""


def slices(inputs: Sequence[Input]) -> list[Slice]:
    """The slices of the inputs, numbered from 0. Raises UsageError for a database, which is one stream."""
    if any(isinstance(i.path, Database) for i in inputs):
        raise UsageError(
            "Spark cuts files, not the rows of a database", hint="Read it with spark.read.jdbc and oncospan.spark.records."
        )
    kinds: dict[str, list[Input]] = {"fhir": [], "pieces": [], "": []}
    for i in inputs:
        kinds.get(i.kind, kinds[""]).append(i)
    cut: list[tuple[tuple[Input, ...], range | None]] = [(f, rows) for f in _together(kinds[""]) for rows in _rows(f)]
    cut += [(tuple(kinds[kind]), None) for kind in ("pieces", "fhir") if kinds[kind]]
    return [Slice(number=n, inputs=files, rows=rows, alone=len(inputs) == 1) for n, (files, rows) in enumerate(cut)]


def _together(inputs: Iterable[Input]) -> Iterator[tuple[Input, ...]]:
    """The inputs in their order, small files together."""
    group: list[Input] = []
    size = 0
    for i in inputs:
        if group and (i.kind in TABLES or len(group) >= FILES or size >= BYTES):
            yield tuple(group)
            group, size = [], 0
        if i.kind in TABLES:
            yield (i,)
            continue
        group.append(i)
        size += i.path.stat().st_size if isinstance(i.path, Path) else 0
    if group:
        yield tuple(group)


def _rows(files: tuple[Input, ...]) -> Iterator[range | None]:
    """The rows of a Parquet file, cut; None for what is read whole."""
    path = files[0].path
    if files[0].kind != "parquet" or not isinstance(path, Path):
        yield None
        return
    with parquet.opened(path) as file:
        total = file.metadata.num_rows
    if not total:
        yield None  # read whole, it says that it holds no notes
    for start in range(0, total, ROWS):
        yield range(start, min(start + ROWS, total))


def notes_of(part: Slice, columns: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of a slice; of several inputs, one that cannot be read any more gives an error record. Raises InputError."""
    _seen(part)
    try:
        if part.rows is None:
            yield from stream(part.inputs, columns, defaults)
        else:
            (only,) = part.inputs
            yield from parquet.read_parquet(only.file, only.layout or {}, defaults, part.rows)
    except InputError as e:
        if part.alone:
            raise
        yield lost(part.inputs[0], e)


def _seen(part: Slice) -> None:
    """Raises InputError where a worker does not see what is seen where the run was started."""
    for i in part.inputs:
        path = i.file.archive if isinstance(i.file, Member) else i.file
        if not path.exists():
            raise InputError(
                "a worker does not see the file", where=str(path), hint="Put inputs and output where all workers see them."
            )
