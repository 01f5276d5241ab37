"""One analysis as the HTML of an article: the note with its marks beside codes, gaps and what was refused."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from oncospan.highlight import Mark, marked
from oncospan.types import Analysis, CodeProposal, CodeStatus, Evidence, Finding, Gap, NoteError, Rejection
from oncospan.writers.visible import visible

MAX_SHOWN = 200_000
"""Characters of a note that the page shows; a browser cannot use more."""


def article(analysis: Analysis, ident: str) -> str:
    """The article of one note; ``ident`` is its id in the page and starts the ids of its marks."""
    parts = [_errors(analysis.errors), _codes(analysis, ident), _gaps(analysis, ident), _more(analysis, ident)]
    silent = not any(parts)
    heading = f'<h2><a href="#{ident}">{_show(analysis.note.note_id)}</a></h2><p class="meta">{_meta(analysis)}</p>'
    note = f'<pre class="note" role="region" tabindex="0" aria-label="Text of the note">{_note(analysis, ident)}</pre>'
    if silent:
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
    facts = [
        n.note_date.isoformat() if n.note_date else "no date",
        str(n.setting),
        n.note_type or "no note type",
        str(n.author_role),
    ]
    facts += [f"{label} {value}" for label, value in (("patient", n.patient_id), ("encounter", n.encounter_id)) if value]
    return " · ".join(_show(f) for f in facts)


def _mark_id(e: Evidence, ident: str) -> str:
    return f"{ident}-{e.start}-{e.end}"


def _note(analysis: Analysis, ident: str) -> str:
    """The text with every span marked: findings by kind and assertion, cues, and what codes and gaps point at besides."""
    marks = [
        Mark(
            start=e.start,
            end=e.end,
            css=f"k-{f.kind} a-{f.assertion}",
            title=f"{_said(f)} ({f.assertion})",
            ident=_mark_id(e, ident),
        )
        for f in analysis.findings
        for e in f.evidence
    ]
    marks += [Mark(start=e.start, end=e.end, css="cue", title=f"cue: {e.rule}") for f in analysis.findings for e in f.cues]
    known = {(m.start, m.end) for m in marks}
    others = {e for part in (analysis.codes, analysis.gaps, analysis.rejected) for x in part for e in x.evidence}
    marks += [
        Mark(start=e.start, end=e.end, css="other", title=e.rule, ident=_mark_id(e, ident))
        for e in sorted(others, key=lambda e: (e.start, e.end, e.rule))
        if (e.start, e.end) not in known
    ]
    text = visible(analysis.note.text)
    left = len(text) - MAX_SHOWN
    return marked(text[:MAX_SHOWN], marks) + (f"\n<em>[{left:,} more characters are not shown]</em>" if left > 0 else "")


def _said(f: Finding) -> str:
    return f"{f.kind}: {f.concept.replace('_', ' ')}"


def _quotes(evidence: Iterable[Evidence], ident: str) -> str:
    """The quoted spans, each a link to its mark."""
    items = [
        f'<li><a href="#{_mark_id(e, ident)}">{_show(e.text)}</a>'
        + (f" <small>{_show(e.section)}</small>" if e.section else "")
        + (f" <code>{_show(e.rule)}</code>" if e.rule else "")
        + "</li>"
        for e in evidence
    ]
    return f'<ul class="quotes">{"".join(items)}</ul>' if items else ""


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
    if not analysis.codes:
        return ""
    items = "".join(_code(c, ident) for c in analysis.codes)
    return f'<section><h3>Codes</h3><ol class="codes">{items}</ol></section>'


def _code(c: CodeProposal, ident: str) -> str:
    review = ' <span class="badge review">review</span>' if c.status is CodeStatus.REVIEW else ""
    order = f"<p><small>Order: {_show(c.order_reason)}</small></p>" if c.order_reason else ""
    others = "".join(f"<li><b>{_show(a.code)}</b> {_show(a.why)}</li>" for a in c.alternates)
    return (
        f'<li class="card"><p class="head"><b class="badge">{_show(c.code)}</b>{review} {_show(c.title)} '
        f"<small>confidence {c.confidence:.2f}</small></p>"
        f"<p>{_show(c.reason)}</p>{_quotes(c.evidence, ident)}{order}"
        f"<p><small>Rule</small> <code>{_show(c.rule)}</code></p>"
        + (f"<p><small>Could also be</small></p><ul>{others}</ul>" if others else "")
        + "</li>"
    )


def _gaps(analysis: Analysis, ident: str) -> str:
    if not analysis.gaps:
        return ""
    return f"<section><h3>Gaps</h3>{''.join(_gap(g, ident) for g in analysis.gaps)}</section>"


def _gap(g: Gap, ident: str) -> str:
    q = g.query
    quoted = "".join(
        f"<li><q>{_show(i.text)}</q> <small>{_show(' · '.join(filter(None, (i.source, i.date))))}</small></li>"
        for i in q.indicators
    )
    options = "".join(f"<li>{_show(o)}</li>" for o in q.options)
    codes = f"<p><small>Bears on {_show(', '.join(g.codes))}</small></p>" if g.codes else ""
    return (
        f'<div class="card gap"><p class="head"><span class="badge {escape(g.severity)}">{_show(g.severity)}</span> '
        f"<b>{_show(q.title)}</b> <small>{_show(g.gap)}</small></p>{codes}{_quotes(g.evidence, ident)}"
        f'<details><summary>Query to the provider</summary><div class="query">'
        + (f"<p>Clinical indicators</p><ul>{quoted}</ul>" if quoted else "")
        + f'<p>{_show(q.question)}</p><ul class="options">{options}</ul></div></details></div>'
    )


def _more(analysis: Analysis, ident: str) -> str:
    """What was refused, and all findings, folded away."""
    refused = "".join(_rejection(r, ident) for r in analysis.rejected)
    found = "".join(
        f"<li><b>{_show(_said(f))}</b> <small>{f.assertion}{', ' + _show(f.side) if f.side else ''}</small>{_quotes(f.evidence, ident)}"
        + (f"<small>decided by {_show(', '.join(c.text for c in f.cues))}</small>" if f.cues else "")
        + "</li>"
        for f in analysis.findings
    )
    return (f"<details><summary>{len(analysis.rejected)} refused</summary><ul>{refused}</ul></details>" if refused else "") + (
        f"<details><summary>{len(analysis.findings)} findings</summary><ul>{found}</ul></details>" if found else ""
    )


def _rejection(r: Rejection, ident: str) -> str:
    return f"<li><b>{_show(r.code)}</b> {_show(r.why)} <code>{_show(r.rule)}</code>{_quotes(r.evidence, ident)}</li>"
