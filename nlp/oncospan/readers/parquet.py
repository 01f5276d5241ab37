"""Parquet exports, streamed batch by batch with pyarrow; only the columns a note needs are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from oncospan.readers.columns import Layout
from oncospan.readers.source import DAMAGED, DamagedInput, File, open_bytes, problem_error, stem
from oncospan.readers.values import Defaults, Make, bad_note, to_note
from oncospan.types import BadNote, Note

R = TypeVar("R")

_BATCH_ROWS = 256
_LARGEST_MEMBER = 512 * 1024 * 1024


def columns_of(path: File) -> Sequence[str]:
    """The column names of the file. Raises InputError when it is no Parquet file."""
    with opened(path) as file:
        return [str(name) for name in file.schema_arrow.names]


def read_parquet(path: File, layout: Layout, defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of a Parquet file; ``where`` of an error is ``file:row``, rows counted from 1."""
    return rows_of(path, layout, defaults, to_note)


def rows_of(path: File, layout: Layout, defaults: Defaults, make: Make[R]) -> Iterator[R | BadNote]:
    """What ``make`` makes of each row."""
    import pyarrow as pa  # heavy: only for those who read Parquet

    row = 0
    with opened(path) as file:
        try:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=sorted(set(layout.values()))):
                for at in range(batch.num_rows):
                    row += 1
                    cells = {name: batch.column(column)[at] for name, column in layout.items()}
                    yield _row(path, row, cells, layout, defaults, make)
        except (pa.ArrowException, OSError):
            yield BadNote(note_id=f"{stem(path)}:{row + 1}", error=problem_error("damaged_file", f"{path.name}:{row + 1}"))


def _row(path: File, row: int, scalars: dict[str, Any], layout: Layout, defaults: Defaults, make: Make[R]) -> R | BadNote:
    where, fallback = f"{path.name}:{row}", f"{stem(path)}:{row}"
    values = {name: _value(scalar) for name, scalar in scalars.items()}
    if any(value is _NOT_UTF8 for value in values.values()):
        return bad_note(fallback, problem_error("not_utf8", where), values)
    return make(values, layout, defaults, where=where, fallback_id=fallback)


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
    except (pa.ArrowException, *DAMAGED):
        raise DamagedInput("not a readable Parquet file", where=path.name, hint="Check the file, or export it again.") from None
