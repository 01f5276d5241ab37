"""The records of a finished run as a stream, from JSONL, Parquet or a folder of parts; each checked before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from oncospan.errors import InputError
from oncospan.evaluate.rows import objects
from oncospan.readers import kind_of
from oncospan.schema import CHART_RECORD, RECORD, VERSION, Level, without_empty

AGAIN = "Name the JSONL or Parquet output of oncospan extract, or make it again with this release."
PARTS = ("findings", "codes", "gaps")
_NEEDED = {
    "findings": ("kind", "concept", "assertion"),
    "codes": ("code",),
    "gaps": ("gap",),
    "errors": ("code",),
    "procedure_codes": ("code",),
}
"""What an entry of each list must say; the last two lists may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A record and the file:line (of Parquet, file:row) it stands at."""

    where: str
    record: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The id of the note, encounter or patient."""
        return str(self.record["note_id"])

    @property
    def level(self) -> str:
        """What the record stands for."""
        return str(self.record.get("level") or Level.NOTE)


def read_records(path: Path) -> Iterator[Located]:
    """The records of a file or of a folder of parts. Raises InputError with file:line for what is no record."""
    for file in record_files(path):
        rows = _parquet(file) if kind_of(file) == "parquet" else objects(file)
        for where, row in rows:
            yield Located(where=where, record=checked(row, where))


def record_files(path: Path) -> list[Path]:
    """The files of a run: the file itself, or the parts of a folder in their order. Raises InputError."""
    if path.is_dir():
        parts = sorted(p for p in path.glob("part-*") if kind_of(p) in {"jsonl", "parquet"})
        if not parts:
            raise InputError("the folder holds no parts of records", where=str(path), hint=AGAIN)
        return parts
    if not path.is_file():
        raise InputError("there is no such file or folder", where=str(path), hint="Check the path.")
    if kind_of(path) not in {"jsonl", "parquet", None}:
        raise InputError("records are read from JSONL or Parquet", where=path.name, hint=AGAIN)
    return [path]


def checked(row: dict[str, Any], where: str) -> dict[str, Any]:
    """The row, where it is an output record of this version. Raises InputError."""
    version = row.get("schema_version", VERSION)
    if version != VERSION:
        raise InputError(
            f"a record of version {version!s:.20}, and this release reads version {VERSION}",
            where=where,
            hint="Run both extracts with the same release of OncoSpan, or compare with the release that wrote it.",
        )
    if not isinstance(row.get("note_id"), str) or not row["note_id"]:
        _refuse("no note_id", where)
    for part, keys in _NEEDED.items():
        items = row.get(part, None if part in PARTS else [])
        if not isinstance(items, list):
            _refuse(f"no list {part!r}", where)
        for item in items:
            _check_item(item, part, keys, where)
    return row


def _check_item(item: object, part: str, keys: tuple[str, ...], where: str) -> None:
    if not isinstance(item, dict) or not all(isinstance(item.get(key), str) for key in keys):
        _refuse(f"an entry of {part!r} without {' or '.join(keys)}", where)
    spans = item.get("evidence") or []
    if not isinstance(spans, list) or not all(isinstance(s, dict) and _is_span(s) for s in spans):
        _refuse(f"evidence of {part!r} without start and end", where)


def _is_span(span: dict[str, Any]) -> bool:
    return all(isinstance(span.get(key), int) for key in ("start", "end"))


def _refuse(what: str, where: str) -> NoReturn:
    raise InputError(f"not an output record of version {VERSION}: {what}", where=where, hint=AGAIN)


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa  # heavy: only for those who read Parquet

    from oncospan.readers.parquet import opened

    row = 0
    with opened(path) as file:
        try:
            for batch in file.iter_batches(batch_size=256):
                for item in batch.to_pylist():
                    row += 1
                    yield f"{path.name}:{row}", without_empty(item, CHART_RECORD if item.get("level") else RECORD)
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            raise InputError("the file is damaged", where=f"{path.name}:{row + 1}", hint="Copy or make it again.") from None
