"""What a record says, as items that can be set side by side: findings, codes, gaps, procedure codes and errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oncospan.evaluate.facts import Row

SURE = 0.75
"""The confidence whose crossing counts as a change, where none is given; within either side of it figures may move."""

PARTS_TOLD = ("findings", "codes", "gaps", "procedure_codes", "errors")
"""The lists of a record that are compared, in the order they are told."""

FIELDS = (
    "assertion", "side", "status", "confidence", "first_listed", "subsite", "family", "behavior", "grade", "variant", "origin",
    "test", "of", "flags", "attributes", "severity", "codes", "evidence", "query",
)  # fmt: skip
"""What is compared of an item, in the order it is told; each has only those of its kind."""

SILENT = frozenset({"evidence", "query"})
"""Fields whose values are not told: evidence has its places, and a query quotes the note."""

_FINDING_FIELDS = ("assertion", "side", "subsite", "family", "behavior", "grade", "variant", "test")

Place = tuple[str, int, int]
"""Start and end of a span in the note named; the name is empty in a record of one note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing a record says: its kind, what it is about, the fields that may change, and where it stands."""

    part: str
    kind: str
    concept: str
    fields: Mapping[str, Any] = field(repr=False)
    row: Row = field(repr=False)

    @property
    def places(self) -> tuple[Place, ...]:
        """Its spans, in the order of the note."""
        spans = {(str(e.get("note_id") or ""), e["start"], e["end"]) for e in self.row.get("evidence") or ()}
        return tuple(sorted(spans))

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its spans: patient text."""
        spans = sorted(self.row.get("evidence") or (), key=lambda e: (str(e.get("note_id") or ""), e["start"], e["end"]))
        return tuple(dict.fromkeys(str(e.get("text") or "") for e in spans))


def items_of(record: Row) -> list[Item]:
    """Everything a record says, in its order."""
    concepts = {f.get("id"): f["concept"] for f in record["findings"]}
    return [
        *(_finding(f, concepts) for f in record["findings"]),
        *map(_code, record["codes"]),
        *map(_gap, record["gaps"]),
        *(_item("procedure_codes", "procedure_code", p["code"], p) for p in _rows(record, "procedure_codes")),
        *(_item("errors", "error", e["code"], e) for e in _rows(record, "errors")),
    ]


def _rows(record: Row, part: str) -> Iterable[Row]:
    return record.get(part) or ()


def _item(part: str, kind: str, concept: str, row: Row, **fields: Any) -> Item:
    made = Item(part=part, kind=kind, concept=concept, fields=fields, row=row)
    fields["evidence"] = made.places
    return made


def _finding(f: Row, concepts: Mapping[Any, str]) -> Item:
    of = f.get("of")
    return _item(
        "findings", f["kind"], f["concept"], f,
        **{name: f.get(name) for name in _FINDING_FIELDS},
        origin=concepts.get(f["origin"], f["origin"]) if f.get("origin") else None,
        of=of if isinstance(of, str) else ", ".join(sorted(of or ())) or None,
        flags=" ".join(sorted(f.get("flags") or ())) or None,
        attributes=" ".join(f"{k}={v}" for k, v in sorted((f.get("attributes") or {}).items()) if v is not None) or None,
    )  # fmt: skip


def _code(c: Row) -> Item:
    status = c.get("status") or "proposed"
    return _item(
        "codes", "code", c["code"], c, status=status, confidence=c.get("confidence"), first_listed=c.get("sequence") == 1
    )


def _gap(g: Row) -> Item:
    query = json.dumps(g["query"], sort_keys=True) if g.get("query") else None
    return _item(
        "gaps", "gap", g["gap"], g, severity=g.get("severity"), codes=" ".join(g.get("codes") or ()) or None, query=query
    )


def differing(old: Item, new: Item, sure: float) -> tuple[str, ...]:
    """The names of the fields that differ; a confidence does where it crosses ``sure``."""
    return tuple(name for name in FIELDS if not _same(name, old.fields.get(name), new.fields.get(name), sure))


def _same(name: str, a: Any, b: Any, sure: float) -> bool:
    if name == "confidence" and isinstance(a, int | float) and isinstance(b, int | float):
        return (a >= sure) == (b >= sure)
    return bool(a == b)
