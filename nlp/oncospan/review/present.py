"""An encounter as its page shows it: the record of the run with what people decided laid over it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from oncospan.review.code_book import gap_names
from oncospan.review.evidence import Quote, Quoter, spans_of
from oncospan.review.marks import Span, marked
from oncospan.review.models import Decision, Encounter, MarkedEvidence, Note, Query, SecondReview, Subject, Verb
from oncospan.review.records import keyed_gaps

MOST_SHOWN = 400_000
"""Characters of a note that the page shows; a browser cannot use more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCard:
    """A code with why it stands there, and what was decided of it; ``place`` counts those that stand."""

    ident: str
    code: str
    title: str
    status: str
    percent: int
    reason: str
    order_reason: str
    release_note: str
    rule: str
    quotes: tuple[Quote, ...]
    alternates: tuple[dict[str, str], ...]
    decision: Decision | None
    place: int | None

    @property
    def state(self) -> str:
        """open, or what was decided."""
        return self.decision.verb if self.decision else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCard:
    """A gap, its quotes, its query as composed, and what was done with it."""

    ident: str
    key: str
    number: str
    name: str
    severity: str
    codes: tuple[str, ...]
    quotes: tuple[Quote, ...]
    question: str
    decision: Decision | None
    query: Query | None

    @property
    def state(self) -> str:
        """open, dismissed, or where its query stands."""
        return self.decision.verb if self.decision else f"query-{self.query.state}" if self.query else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCard:
    """A refused code or a finding: what it is, what is said of it, and its words."""

    ident: str
    name: str
    kind: str
    said: str
    rule: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePane:
    """A note with its marks; ``ident`` starts the ids of its marks."""

    note: Note
    ident: str
    html: SafeString = field(repr=False)
    cut: int
    marks: tuple[MarkedEvidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything the page of an encounter shows."""

    encounter: Encounter
    notes: tuple[NotePane, ...]
    codes: tuple[CodeCard, ...]
    gaps: tuple[GapCard, ...]
    refused: tuple[PlainCard, ...]
    findings: tuple[PlainCard, ...]
    errors: tuple[dict[str, str], ...]
    gone: tuple[Decision, ...]
    """Decisions on codes and gaps that the present run does not raise."""
    asked_before: tuple[Query, ...]
    """Queries of gaps that it does not raise."""
    review: SecondReview | None
    order: tuple[str, ...]

    @property
    def undecided(self) -> int:
        """How many codes the run stands behind that nobody has decided."""
        return sum(c.status == "proposed" and c.decision is None for c in self.codes)


def chart_of(encounter: Encounter) -> Chart:
    """What the page of an encounter shows."""
    data = json.loads(encounter.reading.record)
    notes = sorted(encounter.notes.all(), key=lambda n: (n.date or dt.date.min, n.pk))
    idents = {n.ref: f"n{number}" for number, n in enumerate(notes)}
    own = data["note_id"] if len(notes) == 1 and data["note_id"] in idents else (notes[0].ref if notes else "")
    quoter = Quoter(idents, own, {n.ref: _called(n) for n in notes})
    held = {(d.subject, d.key): d for d in encounter.decisions.filter(in_force=True).select_related("by").order_by("id")}
    codes = _codes(data, held, quoter)
    gaps = _gaps(encounter, data, held, quoter)
    refused = tuple(
        PlainCard(ident=f"r{i}", name=r["code"], kind="refused", said=r["why"], rule=r["rule"], quotes=quoter.all(r["evidence"]))
        for i, r in enumerate(data["rejected"])
    )
    findings = tuple(_finding(i, f, quoter) for i, f in enumerate(data["findings"]))
    cards, keys = {c.code: c.ident for c in codes}, {g.key: g.ident for g in gaps}
    spans = spans_of(data, cards, keys, quoter)
    by_hand = list(encounter.marks.select_related("by").order_by("id"))
    known = {(Subject.CODE, c.code) for c in codes} | {(Subject.GAP, g.key) for g in gaps}
    return Chart(
        encounter=encounter,
        notes=tuple(_pane(n, idents[n.ref], spans.get(n.ref, []), by_hand) for n in notes),
        codes=codes,
        gaps=gaps,
        refused=refused,
        findings=findings,
        errors=tuple(data.get("errors", ())),
        gone=tuple(d for (subject, key), d in held.items() if subject != Subject.ORDER and (subject, key) not in known),
        asked_before=tuple(encounter.queries.exclude(gap_key__in=[g.key for g in gaps]).order_by("id")),
        review=encounter.second_reviews.select_related("asked_by", "by").order_by("-id").first(),
        order=tuple(c.code for c in codes),
    )


def _called(note: Note) -> str:
    """Type and date of a note, as people tell it from others; its id where it has neither."""
    return ", ".join(filter(None, (note.type, note.date.isoformat() if note.date else ""))) or note.ref


def composed_query(encounter: Encounter, key: str) -> dict[str, Any] | None:
    """The query that the run composed for a gap of the encounter."""
    data = json.loads(encounter.reading.record)
    return next((g["query"] for k, g in keyed_gaps(data) if k == key), None)


def _codes(data: dict[str, Any], held: dict[tuple[str, str], Decision], quoter: Quoter) -> tuple[CodeCard, ...]:
    """The codes of the run and those that people added, in the order that holds."""
    cards = {c["code"]: _code(i, c, held.get((Subject.CODE, c["code"])), quoter) for i, c in enumerate(data["codes"])}
    for (subject, key), d in held.items():
        if subject == Subject.CODE and d.verb == Verb.ADD and key not in cards:
            cards[key] = CodeCard(
                ident=f"a{d.pk}", code=d.code, title=d.title, status="added", percent=100, reason=d.reason, order_reason="",
                release_note="", rule="", quotes=(), alternates=(), decision=d, place=None,
            )  # fmt: skip
    order = held[Subject.ORDER, ""].order if (Subject.ORDER, "") in held else []
    ordered = [cards[c] for c in (*(c for c in order if c in cards), *(c for c in cards if c not in order))]
    out, place = [], 0
    for card in ordered:
        stands = card.state != Verb.REJECT
        place += stands
        out.append(_placed(card, place if stands else None))
    return tuple(out)


def _placed(card: CodeCard, place: int | None) -> CodeCard:
    values = {name: getattr(card, name) for name in CodeCard.__slots__}
    return CodeCard(**{**values, "place": place})


def _code(number: int, c: dict[str, Any], decision: Decision | None, quoter: Quoter) -> CodeCard:
    return CodeCard(
        ident=f"c{number}",
        code=c["code"],
        title=c["title"],
        status=c["status"],
        percent=round(100 * c["confidence"]),
        reason=c["reason"],
        order_reason=c.get("order_reason", ""),
        release_note=c.get("release_note", ""),
        rule=c["rule"],
        quotes=quoter.all(c["evidence"]),
        alternates=tuple(c["alternates"]),
        decision=decision,
        place=None,
    )


def _gaps(
    encounter: Encounter, data: dict[str, Any], held: dict[tuple[str, str], Decision], quoter: Quoter
) -> tuple[GapCard, ...]:
    queries: dict[str, Query] = {}
    for q in encounter.queries.order_by("id"):
        if q.state != "cancelled":
            queries[q.gap_key] = q
    names = gap_names()
    cards = [
        GapCard(
            ident=f"g{i}",
            key=key,
            number=g["gap"].split("_")[0],
            name=names.get(g["gap"], g["query"]["title"]),
            severity=g["severity"],
            codes=tuple(g["codes"]),
            quotes=quoter.all(g["evidence"]),
            question=g["query"]["question"],
            decision=held.get((Subject.GAP, key)),
            query=queries.get(key),
        )
        for i, (key, g) in enumerate(keyed_gaps(data))
    ]
    return tuple(sorted(cards, key=lambda g: ("high", "medium", "low").index(g.severity)))


def _finding(number: int, f: dict[str, Any], quoter: Quoter) -> PlainCard:
    details = (f.get(k) for k in ("side", "subsite", "family", "behavior", "grade", "of"))
    cues = " ".join(f"“{' '.join(c['text'].split())}”" for c in f["cues"])
    said = " · ".join(filter(None, (f["assertion"], *(str(d).replace("_", " ") for d in details if d), cues and f"by {cues}")))
    name = f["concept"].replace("_", " ")
    return PlainCard(ident=f"f{number}", name=name, kind=f["kind"], said=said, rule="", quotes=quoter.all(f["evidence"]))


def _pane(note: Note, ident: str, spans: list[Span], by_hand: list[MarkedEvidence]) -> NotePane:
    own = [m for m in by_hand if m.note_ref == note.ref and m.note_digest == note.digest]
    spans = spans + [
        Span(start=m.start, end=m.end, css=f"by-hand k-{m.kind}", tip=f"marked by {m.by.get_username()}", target=f"m{m.pk}")
        for m in own
    ]
    text = note.text[:MOST_SHOWN]
    return NotePane(
        note=note, ident=ident, html=marked(text, spans, ident), cut=len(note.text) - len(text), marks=tuple(own)
    )  # fmt: skip
