"""Notes that an export cuts into numbered pieces (HNO_NOTE_TEXT of Epic: NOTE_ID, LINE, NOTE_TEXT of at most 1,950 characters).

The pieces of a note may stand anywhere in the file: they wait in a private temporary database of SQLite, sorted by note, contact
and number. Of several contacts, which are versions of the note, the latest is read.
"""

from __future__ import annotations

import contextlib
import math
import pickle
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from oncospan.errors import OutputError
from oncospan.readers.columns import Layout, plain
from oncospan.readers.problems import Unreadable
from oncospan.readers.values import Defaults, bad_note, plain_cell, to_note
from oncospan.types import BadNote, Note

_CONTACTS = ("contact_date_real", "contact_num", "note_csn_id", "contact_serial_num")
_BEGIN = ("PRAGMA journal_mode = OFF", "PRAGMA temp_store = FILE",
          "CREATE TABLE pieces (note TEXT, contact REAL, line INTEGER, data BLOB)", "BEGIN")  # fmt: skip
_NO_NUMBER = -1
"""The number of a piece that has none: of the latest contact, so that the note it belongs to is not read without it."""

_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?")


class _Key(NamedTuple):
    note_id: str
    contact: float
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a note, as its row says."""

    key: _Key
    values: Mapping[str, object] = field(repr=False)
    where: str


def layout_of(found: Sequence[str], layout: Layout) -> Layout | None:
    """The layout of a table of pieces, with its columns for number and contact; None for a table of whole notes."""
    named = {plain(c): c for c in found}
    if not {"line", "note_text"} <= named.keys() or not named.keys() & {"note_id", "note_csn_id"}:
        return None
    more = {"line": named["line"], "note_id": layout.get("note_id") or named.get("note_id") or named["note_csn_id"]}
    contact = next((named[c] for c in _CONTACTS if c in named and named[c] != more["note_id"]), "")
    more |= {"contact": contact} if contact else {}
    if "note_date" not in layout and "contact_date" in named:
        more["note_date"] = named["contact_date"]
    return {**layout, **more}


def piece_of(
    values: Mapping[str, object],
    layout: Layout,  # noqa: ARG001 - the shape of to_note
    defaults: Defaults,  # noqa: ARG001 - the same
    *,
    where: str,
    fallback_id: str,
) -> Piece | BadNote:
    """The piece of one row, or why it is none."""
    note_id, contact = plain_cell(values.get("note_id")), _number(values.get("contact") or 0)
    line = _number(values.get("line"))
    if not note_id:
        return bad_note(fallback_id, Unreadable("bad_piece", "the row has no note id", "Export it again.").error(where), values)
    if line is None or contact is None or line != int(line):
        return Piece(key=_Key(note_id, math.inf, _NO_NUMBER), values=values, where=where)
    return Piece(key=_Key(note_id, contact, int(line)), values=values, where=where)


def _number(value: object) -> float | None:
    text = str(value).strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def joined(rows: Iterable[Piece | BadNote], layout: Layout, defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes whose pieces these are, in the order of their ids, after the rows that are none.

    Raises OutputError when the temporary file cannot be written.
    """
    with contextlib.closing(sqlite3.connect("", isolation_level=None)) as base:
        try:
            for statement in _BEGIN:
                base.execute(statement)
            spoiled, last = set[str](), ""
            for row in rows:
                if isinstance(row, BadNote):
                    spoiled.add(last)  # which note it is of nobody can tell: its own piece before it would end too soon
                    yield row
                else:
                    last = row.key.note_id
                    base.execute("INSERT INTO pieces VALUES (?, ?, ?, ?)", (*row.key, pickle.dumps((row.values, row.where))))
            found = base.execute("SELECT note, contact, line, data FROM pieces ORDER BY note, contact DESC, line, rowid")
            for note_id, group in groupby(found, key=lambda r: r[0]):
                latest = next(pieces for _, pieces in groupby(group, key=lambda r: r[1]))
                unpacked = [(line, *pickle.loads(data)) for _, _, line, data in latest]  # noqa: S301 - written by ourselves
                yield _note(note_id, unpacked, layout, defaults, spoiled=note_id in spoiled)
        except sqlite3.Error:
            hint = "Free space where TMPDIR points."
            raise OutputError("the temporary file that sorts pieces cannot be written", hint=hint) from None


def _note(
    note_id: str, pieces: list[tuple[int, Mapping[str, object], str]], layout: Layout, defaults: Defaults, *, spoiled: bool
) -> Note | BadNote:
    """The note of its pieces. ``spoiled`` says that the row behind one of them cannot be read."""
    _, values, where = pieces[0]
    try:
        _check_whole([number for number, _, _ in pieces], spoiled=spoiled)
    except Unreadable as e:
        return bad_note(note_id, e.error(where), values)
    text = "".join(str(v.get("text") or "") for _, v, _ in pieces)
    return to_note({**values, "text": text}, layout, defaults, where=where, fallback_id=note_id)


def _check_whole(numbers: list[int], *, spoiled: bool) -> None:
    """Raises Unreadable where the pieces of these numbers, in their order, may not be the whole note."""
    if numbers[0] < 0:
        raise Unreadable("bad_piece", "the line or contact of a piece of the note is no number", "Export it again.")
    whole = numbers[0] in {0, 1} and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if whole and not spoiled:
        return
    twice = len(set(numbers)) < len(numbers)
    said = "a piece of the note stands twice" if twice else "a piece of the note is missing"
    if whole:
        said = "the row behind a piece of the note cannot be read, and may be the next one"
    raise Unreadable("missing_piece", f"{said}: {len(numbers)} pieces, the last is number {numbers[-1]}", "Export it again.")
