"""What two releases have different: codes, titles, billability, notes, cells of the Table of Neoplasms, Index codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oncospan.icd.codes import CodeSet, IcdCode, code_set
from oncospan.icd.index import index_table, plain_term
from oncospan.icd.neoplasm import NeoplasmRow, neoplasm_table
from oncospan.pack import Pack

COLUMNS = ("primary", "secondary", "in_situ", "benign", "uncertain", "unspecified")
"""The behaviors of the Table of Neoplasms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that reads otherwise in the newer release: a code's title or flag, a table cell, an Index code."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteChange:
    """A note line that one release has and the other has not; ``sign`` is ``+`` where the newer has it."""

    code: str
    sign: str
    type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs between two releases, each part in book order."""

    old: str
    new: str
    added: tuple[IcdCode, ...]
    removed: tuple[IcdCode, ...]
    titles: tuple[Change, ...]
    billable: tuple[Change, ...]
    notes: tuple[NoteChange, ...]
    neoplasm: tuple[Change, ...]
    """``what`` is the term and the column: ``epiglottis (secondary)``."""
    index: tuple[Change, ...]
    """Terms that both hold with another code."""

    def record(self) -> dict[str, Any]:
        """The difference as plain JSON-ready values."""
        return {
            "from": self.old,
            "to": self.new,
            "added": [{"code": c.code, "title": c.title, "billable": c.billable} for c in self.added],
            "removed": [{"code": c.code, "title": c.title, "billable": c.billable} for c in self.removed],
            "titles": [_changed(c) for c in self.titles],
            "billable": [_changed(c) for c in self.billable],
            "notes": [{"code": n.code, "sign": n.sign, "type": n.type, "text": n.text} for n in self.notes],
            "neoplasm": [_changed(c) for c in self.neoplasm],
            "index": [_changed(c) for c in self.index],
        }


def _changed(c: Change) -> dict[str, str]:
    return {"what": c.what, "old": c.old, "new": c.new}


def compare(pack: Pack, old: str, new: str, *, notes: bool = True) -> Difference:
    """The difference between two releases of a pack, without their notes if so said. Raises UsageError for one it does not have."""
    before, after = code_set(pack, old), code_set(pack, new)
    return compared(
        before, after,
        neoplasm=((), ()) if _same(before, after, "neoplasm.tsv") else (neoplasm_table(pack, old), neoplasm_table(pack, new)),
        index=({}, {}) if _same(before, after, "index.tsv") else (_index(pack, old), _index(pack, new)),
        notes=notes,
    )  # fmt: skip


def _same(before: CodeSet, after: CodeSet, table: str) -> bool:
    """Whether two releases have a table byte for byte in common."""
    one, other = before.folder / table, after.folder / table
    if not (one.is_file() and other.is_file()):
        return False
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()


def _index(pack: Pack, release: str) -> dict[str, str]:
    return {plain_term(r.term): r.code for r in index_table(pack, release) if r.code}


def compared(
    before: CodeSet,
    after: CodeSet,
    neoplasm: tuple[Iterable[NeoplasmRow], Iterable[NeoplasmRow]],
    index: tuple[Mapping[str, str], ...] = ({}, {}),
    *,
    notes: bool = True,
) -> Difference:
    """The difference between two code sets with their tables; only the branches that both hold are compared."""
    both = [after.codes[c] for c in after.codes if c in before.codes]
    return Difference(
        old=before.release.name,
        new=after.release.name,
        added=tuple(c for c in after.codes.values() if c.code not in before.codes and _told(before, c.code)),
        removed=tuple(c for c in before.codes.values() if c.code not in after.codes and _told(after, c.code)),
        titles=tuple(
            Change(what=c.code, old=before.title(c.code), new=c.title) for c in both if before.title(c.code) != c.title
        ),
        billable=tuple(
            Change(what=c.code, old=_flag(before, c.code), new=_flag(after, c.code))
            for c in both if before.billable(c.code) != c.billable
        ),
        notes=tuple(n for c in both for n in _notes(before, after, c.code)) if notes else (),
        neoplasm=tuple(_cells(*neoplasm)),
        index=tuple(
            Change(what=term, old=index[0][term], new=code)
            for term, code in index[1].items() if index[0].get(term, code) != code
        ),
    )  # fmt: skip


def _told(codes: CodeSet, code: str) -> bool:
    """Whether the absence of the code says something: its branch is held whole, or the book has no such category."""
    return codes.covers(code) or code[:3] not in codes.order


def _flag(codes: CodeSet, code: str) -> str:
    return "billable" if codes.billable(code) else "header"


def _notes(before: CodeSet, after: CodeSet, code: str) -> Iterable[NoteChange]:
    was = [(n.type, n.text) for n in before.notes(code, inherited=False)]
    now = [(n.type, n.text) for n in after.notes(code, inherited=False)]
    if was == now:
        return
    for sign, lines, others in (("-", was, now), ("+", now, was)):
        for kind, text in lines:
            if (kind, text) not in others:
                yield NoteChange(code=code, sign=sign, type=str(kind), text=text)


def _cells(old: Iterable[NeoplasmRow], new: Iterable[NeoplasmRow]) -> Iterable[Change]:
    was = {r.term: r for r in old}
    for row in new:
        if (before := was.get(row.term)) is None:
            continue
        for column in COLUMNS:
            if getattr(before, column) != getattr(row, column):
                yield Change(what=f"{row.term} ({column})", old=getattr(before, column), new=getattr(row, column))
