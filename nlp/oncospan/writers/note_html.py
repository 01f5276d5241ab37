"""One analysis as the HTML of an article: the note with its marks beside codes, gaps and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from oncospan.highlight import Mark, marked
from oncospan.types import Analysis, CodeProposal, CodeStatus, Evidence, Finding, Gap, NoteError, Query, Rejection
from oncospan.writers.visible import WORDS_OF_LINE, visible

MAX_SHOWN = 200_000
"""Characters of a note that the page shows; a browser cannot use more."""

QUOTES_SHOWN = 4
"""Quotes that stand open under a code or a gap; the others are folded away."""


def article(analysis: Analysis, ident: str) -> str:
    """The article of one note; ``ident`` is its id in the page and starts the ids of its marks."""
    parts = [_errors(analysis.errors), _codes(analysis, ident), _gaps(analysis, ident), _more(analysis, ident)]
    heading = (
        f'<header><h2><a href="#{ident}">{_show(analysis.note.note_id)}</a></h2><p class="meta">{_meta(analysis)}</p></header>'
    )
    note = f'<pre class="note" role="region" tabindex="0" aria-label="Text of the note">{_note(analysis, ident)}</pre>'
    if not any(parts):
        body = f"<details><summary>Nothing in scope. Show the note.</summary>{note}</details>"
    elif not analysis.note.text.strip():
        body = f'<div class="side">{"".join(parts)}</div>'
    else:
        body = f'<div class="pair">{note}<div class="side">{"".join(parts)}</div></div>'
    return f'<article id="{ident}">{heading}{body}</article>\n'


def _show(text: str) -> str:
    return escape(visible(text))


def _meta(analysis: Analysis) -> str:
    n = analysis.note
    facts = [n.note_type or "", n.note_date.isoformat() if n.note_date else "no date", str(n.setting), str(n.author_role)]
    facts += [f"{label} {value}" for label, value in (("patient", n.patient_id), ("encounter", n.encounter_id)) if value]
    facts.append(f"ICD-10-CM {analysis.stamp.release}")
    return " · ".join(_show(f) for f in facts if f)


def _mark_id(e: Evidence, ident: str) -> str:
    return f"{ident}-{e.start}-{e.end}"


def _marks(e: Evidence, css: str, title: str, ident: str = "") -> Iterator[Mark]:
    """A mark for every line that the span covers; all carry the id, of which the page keeps the first."""
    for m in WORDS_OF_LINE.finditer(e.text):
        yield Mark(start=e.start + m.start(), end=e.start + m.end(), css=css, title=title, ident=ident)


def _note(analysis: Analysis, ident: str) -> str:
    """The text with every span marked: findings by kind and assertion, cues, and what codes and gaps point at besides."""
    marks: list[Mark] = []
    for f in analysis.findings:
        for e in f.evidence:
            marks += _marks(e, f"k-{f.kind} a-{f.assertion}", f"{_said(f)} ({f.assertion})", _mark_id(e, ident))
        for e in f.cues:
            marks += _marks(e, "cue", f"cue: {e.rule}")
    known = {(e.start, e.end) for f in analysis.findings for e in f.evidence}
    others = {e for part in (analysis.codes, analysis.gaps, analysis.rejected) for x in part for e in x.evidence}
    for e in sorted(others, key=lambda e: (e.start, e.end, e.rule)):
        if (e.start, e.end) not in known:
            marks += _marks(e, "other", e.rule, _mark_id(e, ident))
    text = visible(analysis.note.text)
    left = len(text) - MAX_SHOWN
    return marked(text[:MAX_SHOWN], marks) + (f"\n<em>[{left:,} more characters are not shown]</em>" if left > 0 else "")


def _said(f: Finding) -> str:
    return f"{f.kind}: {f.concept.replace('_', ' ')}"


def _quotes(evidence: Sequence[Evidence], ident: str) -> str:
    """The quoted spans, each a link to its mark; a long list shows its beginning."""
    items = [
        f'<li><a href="#{_mark_id(e, ident)}">{_show(" ".join(e.text.split()) or e.text)}</a> <small>'
        + " · ".join(
            filter(None, (_show((e.section or "").replace("_", " ")), f"<code>{_show(e.rule)}</code>" if e.rule else ""))
        )
        + "</small></li>"
        for e in evidence
    ]
    shown = f'<ul class="quotes">{"".join(items[:QUOTES_SHOWN])}</ul>' if items else ""
    rest = items[QUOTES_SHOWN:]
    return shown + (
        f'<details class="rest"><summary>{len(rest)} more</summary><ul class="quotes">{"".join(rest)}</ul></details>'
        if rest
        else ""
    )


def _errors(errors: Iterable[NoteError]) -> str:
    items = [
        f"<li><b>{_show(e.code)}</b> {_show(e.message)}"
        + (f" <small>{_show(e.where)}</small>" if e.where else "")
        + (f"<br>{_show(e.hint)}" if e.hint else "")
        + "</li>"
        for e in errors
    ]
    return f'<section class="errors"><h3>Not analysed</h3><ul>{"".join(items)}</ul></section>' if items else ""


def _codes(analysis: Analysis, ident: str) -> str:
    """The codes in their order; a note with facts but no code says so."""
    items = "".join(_code(c, ident) for c in analysis.codes)
    if items:
        return f'<section><h3>Codes</h3><ol class="codes">{items}</ol></section>'
    return '<section><h3>Codes</h3><p class="none">None proposed.</p></section>' if analysis.findings else ""


def _code(c: CodeProposal, ident: str) -> str:
    review = ' <span class="badge review">review</span>' if c.status is CodeStatus.REVIEW else ""
    order = f" · {_show(c.order_reason)}" if c.order_reason else ""
    release = f" · {_show(c.release_note)}" if c.release_note else ""
    others = "".join(f"<li><b>{_show(a.code)}</b> {_show(a.why)}</li>" for a in c.alternates)
    return (
        f'<li class="card"><p class="head"><b class="code">{_show(c.code)}</b> <span class="title">{_show(c.title)}{review}</span> '
        f'<small class="confidence" title="confidence">{c.confidence:.2f}</small></p>'
        f"<p>{_show(c.reason)}</p>{_quotes(c.evidence, ident)}"
        + (f'<p class="label">Could also be</p><ul class="others">{others}</ul>' if others else "")
        + f'<p class="rule"><code>{_show(c.rule)}</code>{order}{release}</p></li>'
    )


def _gaps(analysis: Analysis, ident: str) -> str:
    if not analysis.gaps:
        return ""
    return f"<section><h3>Gaps</h3>{''.join(_gap(g, ident) for g in analysis.gaps)}</section>"


def _gap(g: Gap, ident: str) -> str:
    codes = f" · bears on <b>{_show(', '.join(g.codes))}</b>" if g.codes else ""
    return (
        f'<div class="card gap {escape(g.severity)}"><p class="head"><b class="code">{_show(g.gap.split("_")[0])}</b> '
        f'<span class="title">{_show(g.query.title)}</span> <span class="badge {escape(g.severity)}">{_show(g.severity)}</span></p>'
        f'<p class="rule"><code>{_show(g.gap)}</code>{codes}</p>{_quotes(g.evidence, ident)}'
        f"<details open><summary>Query to the provider</summary>{_query(g.query)}</details></div>"
    )


def _query(q: Query) -> str:
    quoted = "".join(
        f"<li><q>{_show(i.text)}</q> <small>{_show(' · '.join(filter(None, (i.source, i.date))))}</small></li>"
        for i in q.indicators
    )
    options = "".join(f"<li>{_show(o)}</li>" for o in q.options)
    return (
        '<div class="query">'
        + (f'<p class="label">Clinical indicators</p><ul class="indicators">{quoted}</ul>' if quoted else "")
        + f'<p class="question">{_show(q.question)}</p><ul class="options">{options}</ul></div>'
    )


def _more(analysis: Analysis, ident: str) -> str:
    """What was refused, and all findings, folded away."""
    refused = "".join(_rejection(r, ident) for r in analysis.rejected)
    found = "".join(_finding(f, ident) for f in analysis.findings)
    return (
        f'<details><summary>Refused codes ({len(analysis.rejected)})</summary><ul class="list">{refused}</ul></details>'
        if refused
        else ""
    ) + (
        f'<details><summary>Findings ({len(analysis.findings)})</summary><ul class="list">{found}</ul></details>' if found else ""
    )


def _rejection(r: Rejection, ident: str) -> str:
    return (
        f'<li><p><b class="code refused">{_show(r.code)}</b> {_show(r.why)} <small><code>{_show(r.rule)}</code></small></p>'
        f"{_quotes(r.evidence, ident)}</li>"
    )


def _finding(f: Finding, ident: str) -> str:
    """A finding with what refines it, its words and what decided its assertion."""
    details = [v for v in (f.side, f.subsite, f.family, f.behavior, f.grade, f.of) if v]
    cues = f" · decided by <q>{_show('”, “'.join(' '.join(c.text.split()) for c in f.cues))}</q>" if f.cues else ""
    return (
        f'<li><p><b class="kind k-{f.kind}">{f.kind}</b> <b>{_show(f.concept.replace("_", " "))}</b> {f.assertion}'
        f" <small>{_show(' · '.join(details))}{cues}</small></p>{_quotes(f.evidence, ident)}</li>"
    )
