"""Gold, documents and records as rows by their id; a bad line is named by file:line and never quoted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from oncospan.errors import InputError
from oncospan.readers.problems import PROBLEMS
from oncospan.readers.source import lines

GOLD_PARTS = ("primaries", "metastases", "functional", "confirmations", "codes", "gaps")
"""The lists every gold row has."""


def read_rows(path: Path, *, lists: Iterable[str] = (), texts: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
    """The rows of a JSONL file by ``id`` or ``note_id``; ``lists`` and ``texts`` are the keys a row must have.

    Raises InputError with file:line.
    """
    wanted: list[tuple[str, type]] = [*((key, list) for key in lists), *((key, str) for key in texts)]
    rows: dict[str, dict[str, Any]] = {}
    for where, row in objects(path):
        name = row.get("id") or row.get("note_id")
        if not isinstance(name, str | int):
            raise _no_object(where)
        for key, kind in wanted:
            if not isinstance(row.get(key), kind):
                what = "list" if kind is list else "text"
                raise InputError(f"the object has no {what} {key!r}", where=where, hint="Check that it is the right file.")
        rows[str(name)] = row
    return rows


def objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a file with their file:line, blank lines left out. Raises InputError."""
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), hint="Check the path.")
    for line in lines(path):
        where = f"{path.name}:{line.number}"
        if line.problem:
            message, hint = PROBLEMS[line.problem]
            raise InputError(message, where=where, hint=hint)
        if line.text.strip():
            yield where, _object(line.text, where)


def _object(text: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise _no_object(where)
    return row


def _no_object(where: str) -> InputError:
    return InputError("not a JSON object with an id", where=where, hint="Write one object with id or note_id a line.")
