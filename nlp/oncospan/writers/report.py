"""A self-contained HTML report: no scripts, no outside resources, everything escaped."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from html import escape
from typing import IO, Any

from oncospan.types import CodeStatus
from oncospan.writers.formats import Encoded
from oncospan.writers.note_html import article
from oncospan.writers.page import bottom, policy, top
from oncospan.writers.result import Result
from oncospan.writers.tally import Tally, ranked
from oncospan.writers.visible import visible

_LEGEND = (
    ("k-primary", "primary"), ("k-metastasis", "metastasis"), ("k-functional", "functional"),
    ("k-confirmation", "confirmation"), ("k-treatment", "other fact"), ("k-metastasis a-uncertain", "uncertain or hypothetical"),
    ("k-metastasis a-absent", "absent"), ("k-metastasis a-history", "history"), ("k-metastasis a-family", "family"),
    ("cue", "cue that decided"),
)  # fmt: skip


class HtmlWriter:
    """Writes the report: figures and an index first, so the notes wait in a temporary file until the end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._tally = Tally()
        self._index: list[str] = []
        self._stamp = self._digest = ""
        self._articles = tempfile.SpooledTemporaryFile(max_size=32 * 1024 * 1024)  # noqa: SIM115 - closed in finish/abandon

    def put(self, encoded: Encoded) -> None:
        """Add one record to the report."""
        self.add(encoded.payload)

    def add(self, result: Result) -> None:
        """Add one record to the report."""
        record = result.record
        self._tally.add(record)
        ident = f"n{self._tally.notes}"
        self._index.append(index_row(record, f"#{ident}"))
        self._stamp = self._stamp or stamp_of(record)
        self._digest = self._digest or record["stamp"]["pack_digest"]
        self._articles.write(article(result, ident).encode("utf-8", "replace"))

    def finish(self) -> None:
        """Write the page; a page of one note needs no index and no counts."""
        many = self._tally.notes != 1
        head = head_of_notes(self._stamp, '<a href="#index">All notes</a>' if many else "")
        head += (overview(self._tally, self._index) if many else "") + '<section id="notes">'
        self._stream.write(head.encode("utf-8", "replace"))
        self._articles.seek(0)
        shutil.copyfileobj(self._articles, self._stream)
        self._stream.write(f"</section></main>{foot(self._digest)}".encode("utf-8", "replace"))
        self._articles.close()

    def abandon(self) -> None:
        """Drop the temporary file."""
        self._articles.close()


_KEPT = "OncoSpan proposes; a qualified coder decides. This page holds the text of patients' notes: keep it where such text may be kept."


def foot(digest: str) -> str:
    """The end of a page that holds notes."""
    return bottom(_KEPT, digest)


def stamp_of(record: Mapping[str, Any]) -> str:
    """What made the page; the release of a note stands with the note, for it follows the date."""
    s = record["stamp"]
    return escape(f"OncoSpan {s['engine']} · pack {s['pack']} · policy {s['net_site_policy']}")


def head_of_notes(stamp: str, links: str = "", title: str = "OncoSpan report") -> str:
    """The beginning of a page that holds notes: what made it, the legend of the marks, and links to what it belongs to.

    All three are HTML already.
    """
    legend = "".join(f'<li><mark class="{css}">{name}</mark></li>' for css, name in _LEGEND)
    return (
        top("OncoSpan report") + '<a class="skip" href="#notes">Skip to the notes</a>'
        f'<header><h1>{title}</h1><p class="meta">{stamp}</p></header>'
        f'<nav class="bar" aria-label="Legend">{links}<ul class="legend">{legend}</ul></nav><main>'
    )


def overview(tally: Tally, index: list[str]) -> str:
    """Counts, the notes as a list to work through, and how often each code and gap came up."""
    return (
        f'{figures_of(tally)}<section id="index"><h2>Notes</h2>{index_table("Note", index)}</section>'
        f'<div class="tables">{_code_table(tally)}{_gap_table(tally)}</div>\n'
    )


def index_table(name: str, rows: Iterable[str]) -> str:
    """The rows of an index as a table, and what its colors mean."""
    head = "".join(f'<th scope="col">{column}</th>' for column in (name, "Type", "Date", "Setting", "Codes", "Gaps"))
    return f'{_KEY}<table class="index"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


_KEY = (
    '<p class="meta">Codes: <span class="badge">proposed</span> <span class="badge review">review</span> · '
    'gaps: <span class="badge high">high</span> <span class="badge medium">medium</span> <span class="badge low">low</span></p>'
)


def figures_of(tally: Tally) -> str:
    """The counts that stand at the head of an index."""
    figures = (
        ("notes", tally.notes),
        ("codes proposed", tally.proposed.total()),
        ("codes for review", tally.review.total()),
        ("gaps", tally.gaps.total()),
        ("without code or gap", tally.silent),
        ("not analysed", tally.failed),
    )
    return '<dl class="figures">' + "".join(f"<div><dt>{k}</dt><dd>{v:,}</dd></div>" for k, v in figures) + "</dl>"


def _code_table(tally: Tally) -> str:
    rows = "".join(
        f'<tr><th scope="row" class="c">{escape(code)}</th><td>{escape(title)}</td>'
        f'<td class="n">{proposed or ""}</td><td class="n">{review or ""}</td></tr>'
        for code, title, proposed, review in tally.codes()
    )
    head = (
        '<th scope="col">Code</th><th scope="col">Title</th>'
        '<th scope="col" class="n">Proposed</th><th scope="col" class="n">Review</th>'
    )
    return _counts("Codes", head, rows)


def _gap_table(tally: Tally) -> str:
    rows = "".join(
        f'<tr><th scope="row" class="c">{escape(number)}</th><td>{escape(words)}</td><td class="n">{n}</td></tr>'
        for (number, words), n in ((_gap_words(gap), n) for gap, n in ranked(tally.gaps))
    )
    rows += "".join(
        f'<tr><th scope="row" class="c">error</th><td>{escape(e)}</td><td class="n">{n}</td></tr>'
        for e, n in ranked(tally.errors)
    )
    return _counts("Gaps", '<th scope="col">Gap</th><th scope="col">Name</th><th scope="col" class="n">Notes</th>', rows)


def _counts(title: str, head: str, rows: str) -> str:
    return (
        f"<section><h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>" if rows else ""
    )


def _gap_words(gap: str) -> tuple[str, str]:
    """The number and the words of a gap id: ``G09_UNCERTAIN_METASTASIS`` is G09, uncertain metastasis."""
    number, _, words = gap.partition("_")
    return number, words.replace("_", " ").lower()


def index_row(record: Mapping[str, Any], link: str) -> str:
    """The row of a record in an index; ``link`` leads to it."""
    codes = " ".join(
        f'<span class="badge{"" if c["status"] == CodeStatus.PROPOSED else " review"}" title="{escape(c["title"])}">'
        f"{escape(c['code'])}</span>"
        for c in record["codes"]
    )
    gaps = " ".join(
        f'<span class="badge {escape(g["severity"])}" title="{escape(visible(g["query"]["title"]))}">'
        f"{escape(g['gap'].split('_')[0])}</span>"
        for g in record["gaps"]
    )
    errors = " ".join(f'<span class="badge failed">{escape(e["code"])}</span>' for e in record["errors"])
    return (
        f'<tr><th scope="row"><a href="{link}">{escape(visible(record["note_id"]))}</a></th>'
        f"<td>{escape(visible(record.get('note_type') or ''))}</td>"
        f'<td class="nowrap">{record["note_date"] or ""}</td><td>{record["setting"]}</td>'
        f'<td class="badges">{codes}{errors}</td><td class="badges">{gaps}</td></tr>\n'
    )


__all__ = ["HtmlWriter", "figures_of", "foot", "head_of_notes", "index_row", "index_table", "overview", "policy", "stamp_of"]
