"""A site's own table of procedure codes. OncoSpan ships none: most are licensed, and the site says that it holds the license.

The table is a CSV with the columns ``code, concept, valid_from, valid_to, descriptor``. A concept is one of OncoSpan's with
the attributes that the row needs: ``ct_abdomen_pelvis;contrast=with``.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from oncospan.deeds import ACTS
from oncospan.errors import InputError, UsageError
from oncospan.schema import ATTRIBUTES
from oncospan.types import Assertion, Finding, Kind, ProcedureCode

COLUMNS = ("code", "concept", "valid_from", "valid_to", "descriptor")

_CONCEPT = re.compile(rf"(?:{'|'.join(sorted(ACTS, key=len, reverse=True))})(?:_[a-z]{{2,20}}){{0,6}}")
_HINT = f"Columns are {', '.join(COLUMNS)}; dates are YYYY-MM-DD, valid_to may be empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRow:
    """One row: the procedures it is for and the days it is in force, both inside."""

    code: str
    concept: str
    attributes: frozenset[tuple[str, str]]
    start: dt.date
    end: dt.date | None
    descriptor: str = field(repr=False)

    def fits(self, procedure: Finding, on: dt.date) -> bool:
        """Whether the row is for a procedure done on a day: its concept, and every attribute it asks for."""
        in_force = self.start <= on and (self.end is None or on <= self.end)
        return in_force and self.concept == procedure.concept and self.attributes <= set(procedure.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureTable:
    """A site's table as it was read; ``digest`` stands in the stamp of every record made with it."""

    rows: tuple[ProcedureRow, ...] = field(repr=False)
    digest: str

    def codes(self, findings: Iterable[Finding], on: dt.date) -> tuple[ProcedureCode, ...]:
        """The codes of the procedures that were done, most specific row first and alone, in the order of the findings."""
        out: dict[str, ProcedureCode] = {}
        for f in findings:
            if f.kind is not Kind.PROCEDURE or f.assertion is not Assertion.PRESENT:
                continue
            fitting = [r for r in self.rows if r.fits(f, on)]
            most = max((len(r.attributes) for r in fitting), default=0)
            for r in (r for r in fitting if len(r.attributes) == most):
                known = out[r.code].findings if r.code in out else ()
                out[r.code] = ProcedureCode(code=r.code, descriptor=r.descriptor, concept=r.concept, findings=(*known, f.id))
        return tuple(out.values())


def procedure_table(path: Path, *, holds_license: bool) -> ProcedureTable:
    """The site's table in a CSV file, cached. Raises UsageError without the license, InputError with file:line for a bad row."""
    if not holds_license:
        raise UsageError(
            "a procedure table needs your word that you hold the license of its codes",
            where=path.name,
            hint="Give --i-hold-a-license if your organization does; OncoSpan ships no procedure codes.",
        )
    try:
        data = path.read_bytes()
    except OSError as e:
        raise InputError(f"cannot be read: {type(e).__name__}", where=path.name, hint=_HINT) from None
    return _table(data, path.name)


@lru_cache(maxsize=2)
def _table(data: bytes, name: str) -> ProcedureTable:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", where=name, hint=_HINT) from None
    rows = tuple(_rows(text.splitlines(), name))
    if not rows:
        raise InputError("has no rows", where=name, hint=_HINT)
    return ProcedureTable(rows=rows, digest=f"sha256:{hashlib.sha256(data).hexdigest()}")


def _rows(lines: list[str], name: str) -> Iterator[ProcedureRow]:
    reader = csv.reader(lines, strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            where = f"{name}:{reader.line_num}"
            if header is None:
                header = [c.strip() for c in cells]
                if sorted(header) != sorted(COLUMNS):
                    raise InputError(f"columns are {header}", where=where, hint=_HINT)
            elif any(c.strip() for c in cells):
                if len(cells) != len(header):
                    raise InputError(f"{len(cells)} cells in a table of {len(header)} columns", where=where, hint=_HINT)
                yield _row({k: c.strip() for k, c in zip(header, cells, strict=True)}, where)
    except csv.Error as e:
        raise InputError(f"is no CSV: {e}", where=f"{name}:{reader.line_num}", hint=_HINT) from None


def _row(cells: dict[str, str], where: str) -> ProcedureRow:
    concept, *asked = (p.strip() for p in cells["concept"].split(";"))
    pairs = [tuple(p.partition("=")[::2]) for p in asked]
    if not _CONCEPT.fullmatch(concept) or any(k not in ATTRIBUTES or not v for k, v in pairs):
        hint = f"Write e.g. ct_abdomen_pelvis;contrast=with. Deeds: {', '.join(ACTS)}. Attributes: {', '.join(ATTRIBUTES)}."
        raise InputError(f"concept {cells['concept']!r} is none of OncoSpan's", where=where, hint=hint)
    if not cells["code"]:
        raise InputError("a row has no code", where=where, hint=_HINT)
    try:
        start = dt.date.fromisoformat(cells["valid_from"])
        end = dt.date.fromisoformat(cells["valid_to"]) if cells["valid_to"] else None
    except ValueError:
        raise InputError("valid_from or valid_to is no date", where=where, hint=_HINT) from None
    if end is not None and end < start:
        raise InputError("valid_to is before valid_from", where=where, hint=_HINT)
    return ProcedureRow(
        code=cells["code"], concept=concept, attributes=frozenset((k, v) for k, v in pairs), start=start, end=end,
        descriptor=cells["descriptor"],
    )  # fmt: skip
