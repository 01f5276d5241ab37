"""A report of many pages: one a patient or encounter, an index of them, and the counts of the run; no script needed.

Records that follow each other and are of one patient and encounter share a page, so notes make pages of encounters where they stand
together; ``extract --by encounter`` or ``--by patient`` makes sure of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from oncospan.writers.note_html import article
from oncospan.writers.page import top
from oncospan.writers.report import figures_of, foot, head_of_notes, index_row, index_table, stamp_of
from oncospan.writers.result import Result
from oncospan.writers.run_counts import RunCounts
from oncospan.writers.run_report import page as run_report
from oncospan.writers.visible import visible

INDEX_ROWS = 500
"""Records that one page of the index lists."""

PAGES = "pages"


class Site:
    """Writes the pages into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / PAGES).mkdir()
        self._counts = RunCounts()
        self._page: list[Result] = []
        self._pages = 0
        self._stamp = self._digest = ""
        self._rows = tempfile.SpooledTemporaryFile(max_size=32 * 1024 * 1024)  # noqa: SIM115 - closed in finish/abandon

    def add(self, result: Result) -> None:
        """Add one record, on the page of the one before where both are of one encounter."""
        record = result.record
        if self._page and not _together(self._page[-1].record, record):
            self._write_page(follows=True)
        self._counts.add(record)
        self._stamp = self._stamp or stamp_of(record)
        self._digest = self._digest or record["stamp"]["pack_digest"]
        self._page.append(result)
        name = _name(self._pages + 1)
        row = index_row(record, f"{PAGES}/{name}#n{len(self._page)}")
        self._rows.write(row.replace("\n", " ").encode("utf-8", "replace") + b"\n")

    def finish(self) -> None:
        """Write the last page, the index and the counts."""
        if self._page:
            self._write_page(follows=False)
        self._write_index()
        self._put("run.html", run_report(self._counts))
        self._rows.close()

    def abandon(self) -> None:
        """Drop the temporary file."""
        self._rows.close()

    def _write_page(self, *, follows: bool) -> None:
        self._pages += 1
        index = f"../{_index_name((self._counts.tally.notes - 1) // INDEX_ROWS)}"
        steps = (
            (index, "Index", True),
            (_name(self._pages - 1), "Previous", self._pages > 1),
            (_name(self._pages + 1), "Next", follows),
        )
        links = "".join(f'<a href="{to}">{word}</a>' for to, word, there in steps if there)
        articles = "".join(article(result, f"n{n}") for n, result in enumerate(self._page, 1))
        head = head_of_notes(self._stamp, links, _title(self._page[0].record))
        body = f'<section id="notes">{articles}</section></main>{foot(self._digest)}'
        self._put(f"{PAGES}/{_name(self._pages)}", head + body)
        self._page = []

    def _write_index(self) -> None:
        self._rows.seek(0)
        rows: list[str] = []
        number = 0
        count = self._counts.tally.notes
        for line in self._rows:
            rows.append(line.decode("utf-8"))
            if len(rows) == INDEX_ROWS:
                self._put_index(number, rows, count)
                number, rows = number + 1, []
        if rows or not number:
            self._put_index(number, rows, count)

    def _put_index(self, number: int, rows: list[str], count: int) -> None:
        first = number * INDEX_ROWS
        last = -(-count // INDEX_ROWS) - 1
        steps = [(number - 1, "Previous"), (number + 1, "Next")]
        links = "".join(f'<a href="{_index_name(n)}">{word}</a>' for n, word in steps if 0 <= n <= last)
        where = f'<p class="meta">{first + 1:,} to {first + len(rows):,} of {count:,}</p>' if last > 0 else ""
        figures = figures_of(self._counts.tally) if number == 0 else ""
        self._put(
            _index_name(number),
            top("OncoSpan report: index") + f'<header><h1>OncoSpan report</h1><p class="meta">{self._stamp}</p></header>'
            f'<nav class="bar" aria-label="Pages"><a href="run.html">Counts of the run</a>{links}</nav><main>{figures}'
            f'<section id="index"><h2>Records</h2>{where}{index_table("Record", rows)}</section></main>' + foot(self._digest),
        )

    def _put(self, name: str, html: str) -> None:
        (self._folder / name).write_bytes(html.encode("utf-8", "replace"))


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if one.get("level") or other.get("level") or not one.get("encounter_id"):
        return False
    return all(one.get(k) == other.get(k) for k in ("patient_id", "encounter_id"))


def _name(number: int) -> str:
    return f"{number:06d}.html"


def _index_name(number: int) -> str:
    return f"index-{number + 1:04d}.html" if number else "index.html"


def _title(record: Mapping[str, Any]) -> str:
    level = record.get("level")
    if level:
        return escape(visible(f"{level.capitalize()} {record['note_id']}"))
    return escape(visible(f"Encounter {record['encounter_id']}" if record.get("encounter_id") else f"Note {record['note_id']}"))
