"""The decisions of reviewers as rows of a file, JSONL or CSV: what the workbench exports and the evaluation reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from oncospan.errors import InputError
from oncospan.evaluate.rows import objects

_AGAIN = "Make it again with: oncospan decisions FILE"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""How a cell begins that a spreadsheet may run as a formula; and our own apostrophe, so that it can be taken off again."""


class Kind(StrEnum):
    """What a row tells of."""

    DECISION = "decision"
    SECOND_REVIEW = "second_review"
    QUERY = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A decision, a second review (verb: asked, agrees, disagrees) or a query (verb: its state); empty where nothing is to be told."""

    kind: Kind
    number: int
    """Of its kind; it grows with time."""
    before: int | None = None
    """The number of the decision that this one took the place of."""
    level: str
    patient_id: str
    encounter_id: str
    record_id: str
    """The note_id of the record: of a merged record the id of the encounter or patient."""
    date: str = ""
    setting: str
    release: str
    engine: str
    """Of the run that stands in the workbench now; so are pack and digest."""
    pack: str
    pack_digest: str
    subject: str = ""
    key: str = ""
    """The code or gap that was judged."""
    verb: str
    code: str = ""
    """The code in its place, or the added one."""
    order: tuple[str, ...] = ()
    rule: str = ""
    confidence: float | None = None
    """Of the code in the run that stands there now; none when it does not propose it."""
    outcome: str = ""
    reason: str = ""
    by: str
    at: str
    in_force: bool
    undone_at: str = ""

    @property
    def of(self) -> tuple[str, str, str]:
        """What names the record it is about."""
        return self.level, self.patient_id, self.record_id


COLUMNS = tuple(f.name for f in fields(Row))


def json_line(row: Row) -> str:
    """The row as a line of JSON."""
    return json.dumps({name: getattr(row, name) for name in COLUMNS}, ensure_ascii=False) + "\n"


def csv_head() -> str:
    """The names of the columns, behind the mark by which spreadsheets know UTF-8."""
    return "\ufeff" + _csv_line(COLUMNS)


def csv_line(row: Row) -> str:
    """The row as a line of CSV; a cell that a spreadsheet might run begins with an apostrophe."""
    return _csv_line([_cell(getattr(row, name)) for name in COLUMNS])


def _csv_line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = " ".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def read_decisions(path: Path) -> Iterator[Row]:
    """The rows of an export, of a CSV by the name of the file. Raises InputError with file:line."""
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else objects(path)
    for where, row in rows:
        yield _row(row, where)


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), hint="Check the path.")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        try:
            for row in reader:
                yield f"{path.name}:{reader.line_num}", {k: _uncelled(v) for k, v in row.items() if k is not None}
        except (csv.Error, UnicodeDecodeError):
            raise InputError("not a CSV in UTF-8", where=f"{path.name}:{reader.line_num + 1}", hint=_AGAIN) from None


def _uncelled(cell: Any) -> str:
    return str(cell or "").removeprefix("'")


def _row(given: Mapping[str, Any], where: str) -> Row:
    try:
        return Row(
            **{name: str(given[name] or "") for name in _TEXTS},
            kind=Kind(given["kind"]),
            number=int(given["number"]),
            before=_number(given["before"], int),
            confidence=_number(given["confidence"], float),
            order=tuple(given["order"].split() if isinstance(given["order"], str) else given["order"]),
            in_force=given["in_force"] in {True, "true"},
        )
    except (KeyError, TypeError, ValueError):
        raise InputError("not a row of an export of decisions", where=where, hint=_AGAIN) from None


_TEXTS = tuple(f.name for f in fields(Row) if f.type == "str")


def _number(value: Any, kind: type[Any]) -> Any:
    return None if value in {None, ""} else kind(value)
