"""CSV: a flat table for spreadsheets, one row a code, gap or error of a note."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO

from oncospan.types import Analysis, Evidence
from oncospan.writers.formats import Encoded

COLUMNS = (
    "kind", "note_id", "patient_id", "encounter_id", "note_date", "setting", "sequence", "code", "title", "status",
    "confidence", "rule", "reason", "evidence",
)  # fmt: skip
"""The columns. ``kind`` is ``code``, ``gap``, ``error`` or ``none`` (a note with none of them); a gap stands with its id
as ``code``, its severity as ``status`` and its question as ``reason``; an error with its code, ``file:line`` as ``rule``."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(analysis: Analysis) -> Iterator[dict[str, object]]:
    """The rows of one note: its errors, its codes in sequence, its gaps, or one row of kind ``none``."""
    empty = True
    for cells in _cells(analysis):
        empty = False
        yield {**_note(analysis), **cells}
    if empty:
        yield {**_note(analysis), "kind": "none"}


def _cells(analysis: Analysis) -> Iterator[dict[str, object]]:
    for e in analysis.errors:
        yield {"kind": "error", "code": e.code, "title": e.message, "rule": e.where, "reason": e.hint}
    for c in analysis.codes:
        yield {
            "kind": "code", "sequence": c.sequence, "code": c.code, "title": c.title, "status": str(c.status),
            "confidence": c.confidence, "rule": c.rule, "reason": c.reason, "evidence": _joined(c.evidence),
        }  # fmt: skip
    for g in analysis.gaps:
        yield {
            "kind": "gap", "code": g.gap, "title": g.query.title, "status": g.severity, "reason": g.query.question,
            "evidence": _joined(g.evidence),
        }  # fmt: skip


def _note(analysis: Analysis) -> dict[str, object]:
    n = analysis.note
    return {
        "note_id": n.note_id, "patient_id": n.patient_id, "encounter_id": n.encounter_id,
        "note_date": n.note_date.isoformat() if n.note_date else None, "setting": str(n.setting),
    }  # fmt: skip


def _joined(evidence: Iterable[Evidence]) -> str:
    return " | ".join(e.text for e in evidence)


def defused(cell: object) -> object:
    """The cell, with an apostrophe in front of text that a spreadsheet would run as a formula."""
    return "'" + cell if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


def lines(analysis: Analysis) -> bytes:
    """The rows of one note as UTF-8; every text is quoted, a lone surrogate is written as its escape."""
    return _written({k: "" if v is None else defused(v) for k, v in row.items()} for row in rows(analysis))


def _written(cells: Iterable[dict[str, object]]) -> bytes:
    buffer = io.StringIO(newline="")
    table = csv.DictWriter(buffer, COLUMNS, restval="", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    table.writerows(cells)
    return buffer.getvalue().encode("utf-8", "backslashreplace")


class CsvWriter:
    """Writes the flat table."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._stream.write(_written([dict(zip(COLUMNS, COLUMNS, strict=True))]))

    def write(self, analysis: Analysis) -> None:
        """Write the rows of one note."""
        self._stream.write(lines(analysis))

    def put(self, encoded: Encoded) -> None:
        """Write the lines of one note."""
        self._stream.write(encoded.payload)

    def finish(self) -> None:
        """Nothing is held back."""

    def abandon(self) -> None:
        """Nothing to let go of."""
