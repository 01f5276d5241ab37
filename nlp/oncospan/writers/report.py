"""A self-contained HTML report: no scripts, no outside resources, everything escaped."""

from __future__ import annotations

import base64
import hashlib
import shutil
import tempfile
from functools import cache
from html import escape
from importlib import resources
from typing import IO

from oncospan.types import Analysis, CodeStatus
from oncospan.writers.formats import Encoded
from oncospan.writers.note_html import article
from oncospan.writers.tally import Tally, ranked
from oncospan.writers.visible import visible

_LEGEND = (
    ("k-primary", "primary"), ("k-metastasis", "metastasis"), ("k-functional", "functional"),
    ("k-confirmation", "confirmation"), ("k-treatment", "other fact"), ("k-metastasis a-uncertain", "uncertain or hypothetical"),
    ("k-metastasis a-absent", "absent"), ("k-metastasis a-history", "history"), ("k-metastasis a-family", "family"),
    ("cue", "cue that decided"),
)  # fmt: skip


@cache
def _style() -> str:
    return resources.files("oncospan.writers").joinpath("report.css").read_text(encoding="utf-8")


def policy() -> str:
    """The content security policy of the page: nothing but its one style sheet, named by its hash."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


class HtmlWriter:
    """Writes the report: figures and an index first, so the notes wait in a temporary file until the end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._tally = Tally()
        self._index: list[str] = []
        self._stamp = self._digest = ""
        self._articles = tempfile.SpooledTemporaryFile(max_size=32 * 1024 * 1024)  # noqa: SIM115 - closed in finish/abandon

    def write(self, analysis: Analysis) -> None:
        """Add one note to the report."""
        self._tally.add(analysis)
        ident = f"n{self._tally.notes}"
        self._index.append(_index_row(analysis, ident))
        self._stamp = self._stamp or _stamp(analysis)
        self._digest = self._digest or escape(analysis.stamp.pack_digest)
        self._articles.write(article(analysis, ident).encode("utf-8", "replace"))

    def put(self, encoded: Encoded) -> None:
        """Add one note to the report."""
        self.write(encoded.payload)

    def finish(self) -> None:
        """Write the page; a page of one note needs no index and no counts."""
        many = self._tally.notes != 1
        head = _top(self._stamp, many=many) + (_overview(self._tally, self._index) if many else "") + '<section id="notes">'
        self._stream.write(head.encode("utf-8", "replace"))
        self._articles.seek(0)
        shutil.copyfileobj(self._articles, self._stream)
        self._stream.write(_BOTTOM.format(digest=self._digest).encode("utf-8", "replace"))
        self._articles.close()

    def abandon(self) -> None:
        """Drop the temporary file."""
        self._articles.close()


_BOTTOM = """</section></main><footer><p>OncoSpan proposes; a qualified coder decides. This page holds the text of patients'
notes: keep it where such text may be kept.</p><p>Rule pack <code>{digest}</code></p></footer></body></html>
"""


def _stamp(analysis: Analysis) -> str:
    """What made the page; the release of a note stands with the note, for it follows the date."""
    s = analysis.stamp
    return escape(f"OncoSpan {s.engine} · pack {s.pack} · policy {s.net_site_policy}")


def _top(stamp: str, *, many: bool) -> str:
    legend = "".join(f'<li><mark class="{css}">{name}</mark></li>' for css, name in _LEGEND)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>OncoSpan report</title><style>{_style()}</style></head><body>"
        '<a class="skip" href="#notes">Skip to the notes</a>'
        f'<header><h1>OncoSpan report</h1><p class="meta">{stamp}</p></header>'
        '<nav class="bar" aria-label="Legend">'
        + ('<a href="#index">All notes</a>' if many else "")
        + f'<ul class="legend">{legend}</ul></nav><main>'
    )


def _overview(tally: Tally, index: list[str]) -> str:
    """Counts, the notes as a list to work through, and how often each code and gap came up."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Note", "Type", "Date", "Setting", "Codes", "Gaps"))
    return (
        f'{_figures(tally)}<section id="index"><h2>Notes</h2>{_KEY}<table class="index"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(index)}</tbody></table></section>"
        f'<div class="tables">{_code_table(tally)}{_gap_table(tally)}</div>\n'
    )


_KEY = (
    '<p class="meta">Codes: <span class="badge">proposed</span> <span class="badge review">review</span> · '
    'gaps: <span class="badge high">high</span> <span class="badge medium">medium</span> <span class="badge low">low</span></p>'
)


def _figures(tally: Tally) -> str:
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


def _index_row(analysis: Analysis, ident: str) -> str:
    n = analysis.note
    codes = " ".join(
        f'<span class="badge{"" if c.status is CodeStatus.PROPOSED else " review"}" title="{escape(c.title)}">{escape(c.code)}</span>'
        for c in analysis.codes
    )
    gaps = " ".join(
        f'<span class="badge {escape(g.severity)}" title="{escape(visible(g.query.title))}">{escape(g.gap.split("_")[0])}</span>'
        for g in analysis.gaps
    )
    errors = " ".join(f'<span class="badge failed">{escape(e.code)}</span>' for e in analysis.errors)
    return (
        f'<tr><th scope="row"><a href="#{ident}">{escape(visible(n.note_id))}</a></th><td>{escape(visible(n.note_type or ""))}</td>'
        f'<td class="nowrap">{n.note_date.isoformat() if n.note_date else ""}</td><td>{n.setting}</td>'
        f'<td class="badges">{codes}{errors}</td><td class="badges">{gaps}</td></tr>\n'
    )
