"""One record as the HTML of an article: its notes with their marks beside codes, gaps and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from oncospan.highlight import Mark, marked
from oncospan.types import CodeStatus
from oncospan.writers.result import Result, Span, one_line, refined
from oncospan.writers.visible import WORDS_OF_LINE, visible

MAX_SHOWN = 200_000
"""Characters of a note that the page shows; a browser cannot use more."""

QUOTES_SHOWN = 4
"""Quotes that stand open under a code or a gap; the others are folded away."""

Item = Mapping[str, Any]
"""A part of a record: a code, gap, finding, refused code or error."""


def article(result: Result, ident: str) -> str:
    """The article of one record; ``ident`` is its id in the page and starts the ids of its marks."""
    record = result.record
    places = _Places(result, ident)
    parts = [_errors(record["errors"]), _codes(record, places), _gaps(record, places), _timeline(record), _more(record, places)]
    heading = f'<header><h2><a href="#{ident}">{_show(record["note_id"])}</a></h2><p class="meta">{_meta(record)}</p></header>'
    notes = "".join(_note(result, head, places) for head in result.heads if result.texts.get(head["note_id"], "").strip())
    if not any(parts):
        body = f"<details><summary>Nothing in scope. Show the note.</summary>{notes}</details>" if notes else _NOTHING
    elif not notes:
        body = f'<div class="side">{"".join(parts)}</div>'
    else:
        body = f'<div class="pair"><div class="notes">{notes}</div><div class="side">{"".join(parts)}</div></div>'
    return f'<article id="{ident}">{heading}{body}</article>\n'


_NOTHING = '<p class="none">Nothing in scope.</p>'


class _Places:
    """The ids of marks in a page: those of the record, of its note where it has several, and of the characters."""

    def __init__(self, result: Result, ident: str) -> None:
        self.note_of = result.note_of
        several = len(result.heads) > 1
        self._starts = {h["note_id"]: f"{ident}.{n}" if several else ident for n, h in enumerate(result.heads, 1)}
        self._ident = ident

    def ident(self, span: Span) -> str:
        """The id of the mark of a span."""
        return f"{self._starts.get(self.note_of(span), self._ident)}-{span['start']}-{span['end']}"

    def where(self, span: Span) -> str:
        """The note of a span, where the record has several."""
        return f"note {self.note_of(span)}" if len(self._starts) > 1 else ""


def _show(text: str) -> str:
    return escape(visible(text))


def _meta(record: Item) -> str:
    facts = [record.get("note_type") or "", record["note_date"] or "no date", record["setting"], record["author_role"]]
    facts += [
        f"{name} {record[key]}" for name, key in (("patient", "patient_id"), ("encounter", "encounter_id")) if record.get(key)
    ]
    facts.append(f"ICD-10-CM {record['stamp']['release']}")
    return " · ".join(_show(f) for f in facts if f)


def _marks(span: Span, css: str, title: str, ident: str = "") -> Iterator[Mark]:
    """A mark for every line that the span covers; all carry the id, of which the page keeps the first."""
    for m in WORDS_OF_LINE.finditer(span["text"]):
        yield Mark(start=span["start"] + m.start(), end=span["start"] + m.end(), css=css, title=title, ident=ident)


def _note(result: Result, head: Item, places: _Places) -> str:
    """The text of a note with every span marked, headed by what it is where the record has several."""
    own = head["note_id"]
    text = visible(result.texts[own])
    left = len(text) - MAX_SHOWN
    rest = f"\n<em>[{left:,} more characters are not shown]</em>" if left > 0 else ""
    title = ""
    if len(result.heads) > 1:
        facts = (own, head.get("note_type"), head.get("note_date"), head.get("author_role"))
        title = f'<h3 class="of-note">{" · ".join(_show(f) for f in facts if f)}</h3>'
    words = marked(text[:MAX_SHOWN], list(_all_marks(result, own, places)))
    label = f"Text of the note {_show(own)}" if title else "Text of the note"
    return f'{title}<pre class="note" role="region" tabindex="0" aria-label="{label}">{words}{rest}</pre>'


def _all_marks(result: Result, note: str, places: _Places) -> Iterator[Mark]:
    """Findings by kind and assertion, cues, what a patient's other notes say, and what codes and gaps point at besides."""
    record = result.record
    known: set[tuple[int, int]] = set()
    for f in record["findings"]:
        for span in result.in_note(note, f["evidence"]):
            known.add((span["start"], span["end"]))
            yield from _marks(span, f"k-{f['kind']} a-{f['assertion']}", f"{_said(f)} ({f['assertion']})", places.ident(span))
        for span in result.in_note(note, f["cues"]):
            yield from _marks(span, "cue", f"cue: {span['rule']}")
    for fact, state in ((f, s) for f in record.get("timeline") or () for s in f["states"]):
        for span in result.in_note(note, state["evidence"]):
            if (span["start"], span["end"]) not in known:
                yield from _marks(span, f"k-{fact['kind']} a-{state['assertion']}", f"{_said(fact)} ({state['assertion']})")
    others = [s for part in ("codes", "gaps", "rejected") for x in record[part] for s in result.in_note(note, x["evidence"])]
    for span in sorted(others, key=lambda s: (s["start"], s["end"], s["rule"])):
        if (span["start"], span["end"]) not in known:
            yield from _marks(span, "other", span["rule"], places.ident(span))


def _said(f: Item) -> str:
    return f"{f['kind']}: {f['concept'].replace('_', ' ')}"


def _quotes(evidence: Sequence[Span], places: _Places) -> str:
    """The quoted spans, each a link to its mark; a long list shows its beginning."""
    items = [
        f'<li><a href="#{places.ident(e)}">{_show(one_line(e["text"]) or e["text"])}</a> <small>'
        + " · ".join(
            filter(
                None,
                (
                    _show((e["section"] or "").replace("_", " ")),
                    _show(places.where(e)),
                    f"<code>{_show(e['rule'])}</code>" if e["rule"] else "",
                ),
            )
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


def _errors(errors: Iterable[Item]) -> str:
    items = [
        f"<li><b>{_show(e['code'])}</b> {_show(e['message'])}"
        + (f" <small>{_show(e['where'])}</small>" if e["where"] else "")
        + (f"<br>{_show(e['hint'])}" if e["hint"] else "")
        + "</li>"
        for e in errors
    ]
    return f'<section class="errors"><h3>Not analysed</h3><ul>{"".join(items)}</ul></section>' if items else ""


def _codes(record: Item, places: _Places) -> str:
    """The codes in their order; a note with facts but no code says so."""
    items = "".join(_code(c, places) for c in record["codes"])
    if items:
        return f'<section><h3>Codes</h3><ol class="codes">{items}</ol></section>'
    return '<section><h3>Codes</h3><p class="none">None proposed.</p></section>' if record["findings"] else ""


def _code(c: Item, places: _Places) -> str:
    review = ' <span class="badge review">review</span>' if c["status"] == CodeStatus.REVIEW else ""
    order = f" · {_show(c['order_reason'])}" if c.get("order_reason") else ""
    release = f" · {_show(c['release_note'])}" if c.get("release_note") else ""
    others = "".join(f"<li><b>{_show(a['code'])}</b> {_show(a['why'])}</li>" for a in c.get("alternates") or ())
    return (
        f'<li class="card"><p class="head"><b class="code">{_show(c["code"])}</b> '
        f'<span class="title">{_show(c["title"])}{review}</span> '
        f'<small class="confidence" title="confidence">{c["confidence"]:.2f}</small></p>'
        f"<p>{_show(c['reason'])}</p>{_quotes(c['evidence'], places)}"
        + (f'<p class="label">Could also be</p><ul class="others">{others}</ul>' if others else "")
        + f'<p class="rule"><code>{_show(c["rule"])}</code>{order}{release}</p></li>'
    )


def _gaps(record: Item, places: _Places) -> str:
    if not record["gaps"]:
        return ""
    return f"<section><h3>Gaps</h3>{''.join(_gap(g, places) for g in record['gaps'])}</section>"


def _gap(g: Item, places: _Places) -> str:
    codes = f" · bears on <b>{_show(', '.join(g['codes']))}</b>" if g["codes"] else ""
    severity = _show(g["severity"])
    return (
        f'<div class="card gap {severity}"><p class="head"><b class="code">{_show(g["gap"].split("_")[0])}</b> '
        f'<span class="title">{_show(g["query"]["title"])}</span> <span class="badge {severity}">{severity}</span></p>'
        f'<p class="rule"><code>{_show(g["gap"])}</code>{codes}</p>{_quotes(g["evidence"], places)}'
        f"<details open><summary>Query to the provider</summary>{_query(g['query'])}</details></div>"
    )


def _query(q: Item) -> str:
    quoted = "".join(
        f"<li><q>{_show(i['text'])}</q> <small>{_show(' · '.join(filter(None, (i['source'], i['date']))))}</small></li>"
        for i in q["indicators"]
    )
    options = "".join(f"<li>{_show(o)}</li>" for o in q["options"])
    return (
        '<div class="query">'
        + (f'<p class="label">Clinical indicators</p><ul class="indicators">{quoted}</ul>' if quoted else "")
        + f'<p class="question">{_show(q["question"])}</p><ul class="options">{options}</ul></div>'
    )


def _timeline(record: Item) -> str:
    """What the notes of a patient say of each fact over time, oldest first; what is only carried forward is left out."""
    rows = "".join(_over_time(fact) for fact in record.get("timeline") or ())
    return f'<details><summary>Over time</summary><ul class="list">{rows}</ul></details>' if rows else ""


def _over_time(fact: Item) -> str:
    side = f", {fact['side']}" if fact["side"] else ""
    states = [f"{s['date'] or 'no date'} {s['assertion']}" for s in fact["states"] if not s["carried"]]
    return (
        f'<li><b class="kind k-{fact["kind"]}">{_show(fact["kind"])}</b> <b>{_show(fact["concept"].replace("_", " ") + side)}</b> '
        f"<small>{_show(' → '.join(states) or 'carried forward')}</small></li>"
    )


def _more(record: Item, places: _Places) -> str:
    """What was refused, and all findings, folded away."""
    refused = "".join(_rejection(r, places) for r in record["rejected"])
    found = "".join(_finding(f, places) for f in record["findings"])
    return (
        f'<details><summary>Refused codes ({len(record["rejected"])})</summary><ul class="list">{refused}</ul></details>'
        if refused
        else ""
    ) + (
        f'<details><summary>Findings ({len(record["findings"])})</summary><ul class="list">{found}</ul></details>'
        if found
        else ""
    )


def _rejection(r: Item, places: _Places) -> str:
    return (
        f'<li><p><b class="code refused">{_show(r["code"])}</b> {_show(r["why"])} <small><code>{_show(r["rule"])}</code></small></p>'
        f"{_quotes(r['evidence'], places)}</li>"
    )


def _finding(f: Item, places: _Places) -> str:
    """A finding with what refines it, its words and what decided its assertion."""
    cues = f" · decided by <q>{_show('”, “'.join(one_line(c['text']) for c in f['cues']))}</q>" if f["cues"] else ""
    return (
        f'<li><p><b class="kind k-{f["kind"]}">{f["kind"]}</b> <b>{_show(f["concept"].replace("_", " "))}</b> {f["assertion"]}'
        f" <small>{_show(' · '.join(refined(f).values()))}{cues}</small></p>{_quotes(f['evidence'], places)}</li>"
    )
