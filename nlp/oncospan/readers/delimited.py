"""CSV and TSV exports, read record by record with Python's strict ``csv``.

Why not a faster reader: DuckDB and pyarrow either stop at the first malformed row, or skip it without saying where, and
a cell that is not closed takes the rest of the file along. Here every malformed row is reported with its line, and
reading goes on at the next line that looks like a row of this table.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from oncospan.readers.columns import Layout
from oncospan.readers.problems import MAX_NOTE_BYTES, DamagedInput, Unreadable
from oncospan.readers.source import File, Line, lines, stem
from oncospan.readers.values import Defaults, Make, to_note
from oncospan.types import BadNote, Note, NoteError

R = TypeVar("R")

_LOOK_AHEAD = 200
"""Lines tried for one row while looking where the table goes on; bounds the work after a broken quote."""

_UNCLOSED = "a quoted cell is not closed, or holds a quote that is not doubled"
_MEND_QUOTES = 'Write "" for a quote inside a quoted cell, and close the cell.'
_OLD_ENDS = ("its lines end with carriage returns alone", "Convert the export first: tr '\\r' '\\n' < IN > OUT")
SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""A first line that tells the delimiter, as Excel writes it."""

_MEND_CELLS = "Quote every cell that holds the delimiter or a line break."


class _TooLong(Exception):
    """A record that outgrew what is read into memory."""


class _Feed:
    """The lines of a file for ``csv.reader``; it remembers those of the running record, so that they can be read again."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self._back: deque[Line] = deque()
        self.taken: list[Line] = []
        self._size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._source)
        self.taken.append(line)
        self._size += len(line.text)
        if self._size > MAX_NOTE_BYTES:
            raise _TooLong
        return line.text

    def begin(self) -> None:
        """Forget the last record."""
        self.taken, self._size = [], 0

    def rewind(self, keep: int) -> None:
        """Give the lines of the running record after the first ``keep`` back, to be read again."""
        self._back.extendleft(reversed(self.taken[keep:]))
        del self.taken[keep:]


@dataclass(slots=True, kw_only=True)
class _Table:
    """What is known of the table while it is read: delimiter, header, and the shapes of ids seen."""

    delimiter: str
    header: Sequence[str]
    layout: Layout
    places: Mapping[str, int]
    shapes: set[str] = field(default_factory=set)

    def cell(self, name: str, cells: Sequence[str]) -> str | None:
        """The cell of a field; None when the table has no such column or the row is too short."""
        at = self.places.get(name, len(cells))
        return cells[at] if at < len(cells) else None

    def learn(self, cells: Sequence[str]) -> None:
        """Remember what the id of a good row looks like."""
        note_id = self.cell("note_id", cells)
        if note_id and len(self.shapes) < 1_000:
            self.shapes.add(_shape(note_id))

    def starts_row(self, candidate: Sequence[Line]) -> bool:
        """Whether a row of this table can start at the first of these lines: the cells fit and the id looks like one."""
        if not self._id_fits(candidate[0].text):
            return False
        texts = [line.text for line in candidate]
        rest = iter(texts)
        try:
            cells = next(csv.reader(rest, delimiter=self.delimiter), [])
        except csv.Error:
            return False
        runs_on = next(rest, None) is None and sum(t.count('"') for t in texts) % 2 == 1
        return len(cells) == len(self.header) or (runs_on and len(cells) < len(self.header))

    def _id_fits(self, line: str) -> bool:
        """Whether the line alone has an id where the table has its ids; a table without ids takes any line."""
        if "note_id" not in self.layout:
            return True
        try:
            note_id = (self.cell("note_id", next(csv.reader([line], delimiter=self.delimiter), [])) or "").strip()
        except csv.Error:
            return False
        looks_like_id = re.search(r"\d", note_id) is not None and not re.search(r"\s", note_id)
        return bool(note_id) and (looks_like_id or _shape(note_id) in self.shapes)


def _shape(note_id: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", note_id[:200]))


def columns_of(path: File) -> Sequence[str]:
    """The column names of the file. Raises InputError when it has no readable header."""
    return _header(path, _Feed(lines(path)))[1]


def read_delimited(path: File, layout: Layout, defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of a CSV or TSV file; a malformed row comes as BadNote with ``file:line`` and the others go on."""
    return rows_of(path, layout, defaults, to_note)


def rows_of(path: File, layout: Layout, defaults: Defaults, make: Make[R]) -> Iterator[R | BadNote]:
    """What ``make`` makes of each row."""
    csv.field_size_limit(MAX_NOTE_BYTES)
    feed = _Feed(lines(path))
    delimiter, header = _header(path, feed)
    places = {name: header.index(column) for name, column in layout.items()}
    table = _Table(delimiter=delimiter, header=header, layout=layout, places=places)
    row = 0
    while True:
        feed.begin()
        try:
            cells = next(csv.reader(feed, delimiter=delimiter, strict=True), None)
        except (csv.Error, _TooLong) as e:
            row += 1
            yield _broken(path, row, feed, table, "note_too_long" if isinstance(e, _TooLong) else "bad_row")
            continue
        if cells is None:
            return
        if cells or any(line.problem for line in feed.taken):
            row += 1
            yield _row(path, row, cells, feed.taken, table, defaults, make)


def _header(path: File, feed: _Feed) -> tuple[str, Sequence[str]]:
    """The delimiter and the column names; a first line ``sep=;``, as Excel takes it, tells the delimiter. Raises InputError."""
    told = ""
    while True:
        feed.begin()
        first = next(feed, None)
        if first is None:
            raise DamagedInput("the file is empty", where=path.name, hint="The first line must name the columns.")
        if feed.taken[0].problem:
            error = Unreadable.of(feed.taken[0].problem).error(path.name)
            raise DamagedInput(f"the header cannot be read: {error.message}", where=f"{path.name}:1", hint=error.hint)
        if said := SEPARATOR.fullmatch(first):
            told = said[1]
        elif first.strip():
            break
    delimiter = told or _delimiter(path, first)
    feed.rewind(0)
    try:
        header = next(csv.reader(feed, delimiter=delimiter, strict=True))
    except (csv.Error, _TooLong):
        wrong, hint = _OLD_ENDS if "\r" in first.rstrip("\r\n") else (_UNCLOSED, _MEND_QUOTES)
        raise DamagedInput(f"the header cannot be read: {wrong}", where=f"{path.name}:1", hint=hint) from None
    return delimiter, [column.strip() for column in header]


def _delimiter(path: File, first: str) -> str:
    if path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab")):
        return "\t"
    return "," if "," in first else max("\t;|", key=first.count) if re.search(r"[\t;|]", first) else ","


def _row(
    path: File, row: int, cells: Sequence[str], taken: Sequence[Line], table: _Table, defaults: Defaults, make: Make[R]
) -> R | BadNote:
    where = f"{path.name}:{taken[0].number}"
    fallback = f"{stem(path)}:{row}"
    if problem := next((line.problem for line in taken if line.problem), ""):
        return BadNote(note_id=fallback, error=Unreadable.of(problem).error(where))
    if len(cells) != len(table.header):
        message = f"{len(cells)} cells in a table of {len(table.header)} columns"
        return BadNote(note_id=fallback, error=NoteError(code="bad_row", message=message, hint=_MEND_CELLS, where=where))
    table.learn(cells)
    values = {name: table.cell(name, cells) for name in table.layout}
    return make(values, table.layout, defaults, where=where, fallback_id=fallback)


def _broken(path: File, row: int, feed: _Feed, table: _Table, code: str) -> BadNote:
    """The error of a record whose quotes do not fit; reading goes on at the next line that can start a row."""
    taken = feed.taken
    where = f"{path.name}:{taken[0].number}"
    keep = next((n for n in range(1, len(taken)) if table.starts_row(taken[n : n + _LOOK_AHEAD])), len(taken))
    code = next((line.problem for line in taken[:keep] if line.problem), code)
    skipped = f" (lines {taken[0].number} to {taken[keep - 1].number} were skipped)" if keep > 1 else ""
    feed.rewind(keep)
    if code == "bad_row":
        error = NoteError(code=code, message=_UNCLOSED + skipped, hint=_MEND_QUOTES, where=where)
    else:
        error = Unreadable.of(code).error(where)
    return BadNote(note_id=f"{stem(path)}:{row}", error=error)
