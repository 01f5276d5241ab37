"""The report of a run: one self-contained page of counts by code, gap, type of note and more, with plots as inline SVG.

It names no patient, no note and no words of a note, so it may be kept where those may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from oncospan.types import Assertion, CodeStatus
from oncospan.writers.page import bottom, top
from oncospan.writers.plots import Columns, Series, parts
from oncospan.writers.run_counts import RunCounts
from oncospan.writers.summary import family_of
from oncospan.writers.tally import ranked
from oncospan.writers.visible import visible

MOST_ROWS = 40
"""Rows of a table, those with most records first; what is left out is said."""

_MOST_MONTHS = 36
_TONES = {
    Assertion.PRESENT: "t-present", Assertion.UNCERTAIN: "t-uncertain", Assertion.ABSENT: "t-absent", Assertion.HISTORY: "t-history",
    Assertion.HYPOTHETICAL: "t-hypothetical", Assertion.FAMILY: "t-family",
}  # fmt: skip
_STATUSES = ((CodeStatus.PROPOSED, "t-present"), (CodeStatus.REVIEW, "t-uncertain"))


def page(counts: RunCounts) -> str:
    """The report as one page of HTML."""
    tally = counts.tally
    unit = _unit(counts)
    figures = (
        (unit, tally.notes), ("with a code", sum(t.coded for t in counts.types.values())),
        ("with a gap", sum(t.with_gap for t in counts.types.values())), ("nothing in scope", tally.silent),
        ("not analysed", tally.failed), ("codes proposed", tally.proposed.total()), ("codes for review", tally.review.total()),
        ("gaps", tally.gaps.total()),
    )  # fmt: skip
    shown = "".join(f"<div><dt>{escape(k)}</dt><dd>{v:,}</dd></div>" for k, v in figures)
    wide = (_plots(counts), _codes(counts), _gaps(counts), _types(counts, unit), _findings(counts))
    narrow = (
        _families(counts), _plain("Refused codes", "Rule", "Times", ranked(counts.refused)),
        _plain("Not analysed", "Error", unit.capitalize(), ranked(tally.errors)),
        _plain("Settings", "Setting", unit.capitalize(), ranked(counts.settings)),
        _plain("Authors", "Role", unit.capitalize(), ranked(counts.roles)),
    )  # fmt: skip
    makers = " · ".join(escape(m) for m in sorted(counts.makers)) or "no records"
    return (
        top("OncoSpan run report")
        + f'<header><h1>Run report</h1><p class="meta">{makers}</p></header><main><dl class="figures">{shown}</dl>'
        + f'{"".join(wide)}<div class="tables">{"".join(narrow)}</div></main>'
        + bottom("OncoSpan proposes; a qualified coder decides. This page holds counts alone: no ids and no words of notes.")
    )


def _unit(counts: RunCounts) -> str:
    return f"{next(iter(counts.levels))}s" if len(counts.levels) == 1 else "records"


def _plots(counts: RunCounts) -> str:
    """Confidence of the codes, and records by month."""
    made = [p for p in (_confidence(counts), _months(counts)) if p]
    figures = "".join(f'<figure class="plot"><figcaption>{escape(p.title)}{_keys(p)}</figcaption>{p.svg}</figure>' for p in made)
    return f'<div class="plots">{figures}</div>' if figures else ""


def _keys(plot: Columns) -> str:
    return "".join(f'<span class="key"><i class="swatch {s.css}"></i>{escape(s.name)}</span>' for s in plot.series)


def _confidence(counts: RunCounts) -> Columns | None:
    if not counts.confidence:
        return None
    labels = tuple(f"{n / 10:.1f}–{(n + 1) / 10:.1f}" for n in range(10))
    series = tuple(
        Series(name=str(status), css=css, values=tuple(counts.confidence[n, str(status)] for n in range(10)))
        for status, css in _STATUSES
    )
    said = f"{counts.confidence.total()} codes, of which {sum(n for (at, _), n in counts.confidence.items() if at >= 8)} at 0.8 or more"
    return Columns(
        ident="confidence", title="Confidence of the codes", said=said, heading="Confidence", labels=labels, series=series
    )


def _months(counts: RunCounts) -> Columns | None:
    """The latest months; without two dated ones there is nothing to see."""
    months = sorted(m for m in counts.months if m)[-_MOST_MONTHS:]
    if len(months) < 2:
        return None
    coded = tuple(counts.coded_months[m] for m in months)
    others = tuple(counts.months[m] - counts.coded_months[m] for m in months)
    series = (Series(name="with a code", css="t-present", values=coded), Series(name="without", css="t-absent", values=others))
    said = f"{sum(coded) + sum(others)} records from {months[0]} to {months[-1]}, {sum(coded)} of them with a code"
    return Columns(ident="months", title="Records by month", said=said, heading="Month", labels=tuple(months), series=series)


def _codes(counts: RunCounts) -> str:
    rows = counts.tally.codes()
    most = max((p + r for _, _, p, r in rows), default=1)
    cells = (
        (
            _cell(code, "c"),
            f"<td>{escape(title)}</td>",
            _number(proposed),
            _number(review),
            _both(code, proposed, review, most),
        )
        for code, title, proposed, review in rows[:MOST_ROWS]
    )
    return _table("Codes", (("Code", ""), ("Title", ""), ("Proposed", "n"), ("Review", "n"), ("", "b")), cells, len(rows))


def _families(counts: RunCounts) -> str:
    found: dict[str, list[int]] = {}
    for code, _, proposed, review in counts.tally.codes():
        both = found.setdefault(family_of(code), [0, 0])
        both[0] += proposed
        both[1] += review
    rows = sorted(found.items(), key=lambda item: (-sum(item[1]), item[0]))
    most = max((sum(n) for _, n in rows), default=1)
    cells = ((_cell(name), _number(n[0]), _number(n[1]), _both(name, n[0], n[1], most)) for name, n in rows)
    return _table("Families of codes", (("Family", ""), ("Proposed", "n"), ("Review", "n"), ("", "b")), cells, len(rows))


def _gaps(counts: RunCounts) -> str:
    rows = ranked(counts.tally.gaps)
    most = max((n for _, n in rows), default=1)
    cells = (
        (
            _cell(gap.partition("_")[0], "c"), f"<td>{escape(gap.partition('_')[2].replace('_', ' ').lower())}</td>",
            f"<td>{escape(', '.join(f'{n} {name}' for name, n in sorted(counts.severities[gap].items())))}</td>",
            _number(counts.gap_notes[gap]), _bar(gap.partition("_")[0], n, most),
        )
        for gap, n in rows[:MOST_ROWS]
    )  # fmt: skip
    return _table("Gaps", (("Gap", ""), ("Name", ""), ("Severity", ""), ("Records", "n"), ("", "b")), cells, len(rows))


def _types(counts: RunCounts, unit: str) -> str:
    rows = counts.ranked_types()
    most = max((t.records for _, t in rows), default=1)
    cells = (
        (
            _cell(visible(name)), _number(t.records), _number(t.coded), _number(t.with_gap), _number(t.failed),
            _bar(visible(name), t.records, most),
        )
        for name, t in rows[:MOST_ROWS]
    )  # fmt: skip
    head = (("Type", ""), (unit.capitalize(), "n"), ("With a code", "n"), ("With a gap", "n"), ("Not analysed", "n"), ("", "b"))
    return _table("Types of notes", head, cells, len(rows))


def _findings(counts: RunCounts) -> str:
    rows = counts.kinds()
    cells = (
        (
            _cell(kind), *(_number(states.get(str(a), 0)) for a in _TONES),
            f'<td class="b">{parts(kind, tuple((css, str(a), states.get(str(a), 0)) for a, css in _TONES.items()))}</td>',
        )
        for kind, states in rows
    )  # fmt: skip
    head = (("Kind", ""), *((str(a).capitalize(), "n") for a in _TONES), ("", "b"))
    return _table("Findings", head, cells, len(rows))


def _plain(title: str, name: str, unit: str, rows: Sequence[tuple[str, int]]) -> str:
    most = max((n for _, n in rows), default=1)
    cells = ((_cell(visible(key)), _number(n), _bar(visible(key), n, most)) for key, n in rows[:MOST_ROWS])
    return _table(title, ((name, ""), (unit, "n"), ("", "b")), cells, len(rows))


def _table(title: str, head: Iterable[tuple[str, str]], rows: Iterable[Iterable[str]], total: int) -> str:
    body = "".join(f"<tr>{''.join(cells)}</tr>\n" for cells in rows)
    if not body:
        return ""
    heads = "".join(
        f'<th scope="col" class="{css}">{escape(name)}</th>' if name else f'<td class="{css}"></td>' for name, css in head
    )
    rest = f'<p class="meta">and {total - MOST_ROWS:,} more</p>' if total > MOST_ROWS else ""
    return f"<section><h2>{escape(title)}</h2><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{rest}</section>"


def _cell(words: str, css: str = "") -> str:
    return f'<th scope="row" class="{css}">{escape(words)}</th>' if css else f'<th scope="row">{escape(words)}</th>'


def _number(n: int) -> str:
    return f'<td class="n">{n:,}</td>' if n else '<td class="n"></td>'


def _bar(name: str, value: int, most: int) -> str:
    return f'<td class="b">{parts(name, (("t-present", "", value),), most)}</td>'


def _both(name: str, proposed: int, review: int, most: int) -> str:
    return f'<td class="b">{parts(name, (("t-present", "proposed", proposed), ("t-uncertain", "for review", review)), most)}</td>'
