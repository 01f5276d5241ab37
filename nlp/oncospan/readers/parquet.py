"""Parquet exports, streamed batch by batch with pyarrow; only the columns a note needs are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from oncospan.errors import InputError
from oncospan.readers.columns import Layout
from oncospan.readers.source import DAMAGED, File, Member, open_bytes, problem_error, stem
from oncospan.readers.values import Defaults, bad_note, to_note
from oncospan.types import BadNote, Note

_BATCH_ROWS = 256
_LARGEST_MEMBER = 512 * 1024 * 1024


def columns_of(path: File) -> Sequence[str]:
    """The column names of the file. Raises InputError when it is no Parquet file."""
    with opened(path) as file:
        return [str(name) for name in file.schema_arrow.names]


def read_parquet(path: File, layout: Layout, defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of a Parquet file; ``where`` of an error is ``file:row``, rows counted from 1."""
    import pyarrow as pa  # heavy: only for those who read Parquet

    row = 0
    with opened(path) as file:
        try:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=sorted(set(layout.values()))):
                for at in range(batch.num_rows):
                    row += 1
                    yield _row(path, row, {name: batch.column(column)[at] for name, column in layout.items()}, layout, defaults)
        except (pa.ArrowException, OSError):
            yield BadNote(note_id=f"{stem(path)}:{row + 1}", error=problem_error("damaged_file", f"{path.name}:{row + 1}"))


def _row(path: File, row: int, scalars: dict[str, Any], layout: Layout, defaults: Defaults) -> Note | BadNote:
    where, fallback = f"{path.name}:{row}", f"{stem(path)}:{row}"
    values = {name: _value(scalar) for name, scalar in scalars.items()}
    if any(value is _NOT_UTF8 for value in values.values()):
        return bad_note(fallback, problem_error("not_utf8", where), values)
    return to_note(values, layout, defaults, where=where, fallback_id=fallback)


_NOT_UTF8 = object()
"""Stands for a cell whose bytes are no UTF-8."""


def _value(scalar: Any) -> object:
    try:
        value: object = scalar.as_py()
        return value.decode("utf-8") if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return _NOT_UTF8


def _content(path: Member) -> bytes:
    """The whole of a file within an archive: Parquet is read from its end. Raises InputError where it is large."""
    with open_bytes(path) as stream:
        content = stream.read(_LARGEST_MEMBER + 1)
    if len(content) > _LARGEST_MEMBER:
        raise InputError("too large to be read within its archive", where=path.name, hint="Unpack the archive first.")
    return content


def opened(path: File) -> Any:
    """The open Parquet file. Raises InputError when it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path if isinstance(path, Path) else pa.BufferReader(_content(path)))
    except (pa.ArrowException, *DAMAGED):
        raise InputError("not a readable Parquet file", where=path.name, hint="Check the file, or export it again.") from None
