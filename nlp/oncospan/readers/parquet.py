"""Parquet exports, streamed batch by batch with pyarrow; only the columns a note needs are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from oncospan.readers.columns import Layout
from oncospan.readers.problems import DAMAGED, DamagedInput, Unreadable
from oncospan.readers.source import File, open_bytes, stem
from oncospan.readers.values import Defaults, Make, bad_note, to_note
from oncospan.types import BadNote, Note

R = TypeVar("R")

_BATCH_ROWS = 256
_LARGEST_MEMBER = 512 * 1024 * 1024


def columns_of(path: File) -> Sequence[str]:
    """The column names of the file. Raises InputError when it is no Parquet file."""
    with opened(path) as file:
        return [str(name) for name in file.schema_arrow.names]


def read_parquet(path: File, layout: Layout, defaults: Defaults, rows: range | None = None) -> Iterator[Note | BadNote]:
    """The notes of a Parquet file, or of some of its rows; ``where`` of an error is ``file:row``, rows counted from 1."""
    return rows_of(path, layout, defaults, to_note, rows)


def rows_of(path: File, layout: Layout, defaults: Defaults, make: Make[R], rows: range | None = None) -> Iterator[R | BadNote]:
    """What ``make`` makes of each row, or of some rows."""
    import pyarrow as pa  # heavy: only for those who read Parquet

    with opened(path) as file:
        wanted = range(file.metadata.num_rows) if rows is None else rows
        row = wanted.start
        try:
            for batch in _batches(file, layout, wanted):
                for scalars in cells(batch, layout):
                    row += 1
                    where, fallback = f"{path.name}:{row}", f"{stem(path)}:{row}"
                    yield made_of(scalars, layout, defaults, make, where=where, fallback_id=fallback)
        except (pa.ArrowException, ValueError, OSError):
            yield BadNote(note_id=f"{stem(path)}:{row + 1}", error=Unreadable.of("damaged_file").error(f"{path.name}:{row + 1}"))


def _batches(file: Any, layout: Layout, wanted: range) -> Iterator[Any]:
    """The wanted rows in small batches; row groups without any of them are not read."""
    groups, at, first = [], 0, None
    for group in range(file.num_row_groups):
        rows = range(at, at := at + file.metadata.row_group(group).num_rows)
        if rows.start < wanted.stop and wanted.start < rows.stop:
            groups.append(group)
            first = rows.start if first is None else first
    row = first or 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=sorted(set(layout.values())), row_groups=groups):
        before, row = max(0, wanted.start - row), row + batch.num_rows
        if kept := batch.slice(before, max(0, batch.num_rows - before - max(0, row - wanted.stop))):
            yield kept
        if row >= wanted.stop:
            return


def cells(batch: Any, layout: Layout) -> Iterator[dict[str, Any]]:
    """The cells of every row of a batch by field, as Arrow holds them."""
    columns = {name: batch.column(column) for name, column in layout.items()}
    for at in range(batch.num_rows):
        yield {name: column[at] for name, column in columns.items()}


def made_of(
    scalars: dict[str, Any], layout: Layout, defaults: Defaults, make: Make[R], *, where: str, fallback_id: str
) -> R | BadNote:
    """What ``make`` makes of the cells of one row, or why it cannot."""
    values = {name: _value(scalar) for name, scalar in scalars.items()}
    if any(value is _NOT_UTF8 for value in values.values()):
        return bad_note(fallback_id, Unreadable.of("not_utf8").error(where), values)
    return make(values, layout, defaults, where=where, fallback_id=fallback_id)


_NOT_UTF8 = object()
"""Stands for a cell whose bytes are no UTF-8."""


def _value(scalar: Any) -> object:
    try:
        value: object = scalar.as_py()
        return value.decode("utf-8") if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return _NOT_UTF8


def _content(path: File) -> bytes:
    """The whole of a compressed file: Parquet is read from its end. Raises DamagedInput where it is large."""
    with open_bytes(path) as stream:
        content = stream.read(_LARGEST_MEMBER + 1)
    if len(content) > _LARGEST_MEMBER:
        raise DamagedInput("too large to be read within its archive", where=path.name, hint="Unpack the archive first.")
    return content


def opened(path: File) -> Any:
    """The open Parquet file. Raises InputError when it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        plain = isinstance(path, Path) and path.suffix.lower() != ".gz"
        return pq.ParquetFile(path if plain else pa.BufferReader(_content(path)))
    except (pa.ArrowException, ValueError, *DAMAGED):
        raise DamagedInput("not a readable Parquet file", where=path.name, hint="Check the file, or export it again.") from None
