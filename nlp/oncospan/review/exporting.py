"""The decisions, second reviews and queries of the workbench as rows for other programs; no words of notes stand in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef, Subquery

from oncospan.evaluate.decisions import Kind, Row, csv_head, csv_line, json_line
from oncospan.review.models import Decision, Encounter, Proposal, Query, QueryState, SecondReview
from oncospan.review.records import own_of

FORMS = ("csv", "jsonl")
_CHUNK = 2000


def lines(form: str) -> Iterator[str]:
    """The export as CSV or JSONL, line by line."""
    if form == "csv":
        yield csv_head()
    yield from map(csv_line if form == "csv" else json_line, rows())


def rows() -> Iterator[Row]:
    """Every decision with those it replaced, then second reviews, then queries; each kind oldest first."""
    present = Proposal.objects.filter(encounter=OuterRef("encounter"), code=OuterRef("key")).values("confidence")[:1]
    decisions = Decision.objects.annotate(confidence=Subquery(present)).select_related("encounter__run", "by")
    for d in decisions.order_by("pk").iterator(_CHUNK):
        yield Row(
            **_of(d.encounter),
            kind=Kind.DECISION,
            number=d.pk,
            before=d.before_id,
            subject=d.subject,
            key=d.key,
            verb=d.verb,
            code=d.code,
            order=tuple(d.order),
            rule=d.rule,
            confidence=None if d.subject != "code" or d.confidence is None else d.confidence / 1000,
            reason=d.reason,
            by=d.by.get_username(),
            at=_time(d.at),
            in_force=d.in_force,
            undone_at=_time(d.undone_at),
        )
    reviews = SecondReview.objects.annotate(name=F("by__username")).select_related("encounter__run", "asked_by")
    for s in reviews.order_by("pk").iterator(_CHUNK):
        given = s.agrees is not None
        yield Row(
            **_of(s.encounter),
            kind=Kind.SECOND_REVIEW,
            number=s.pk,
            verb="asked" if not given else "agrees" if s.agrees else "disagrees",
            reason=s.comment,
            by=(s.name if given else s.asked_by.get_username()) or "",
            at=_time(s.at if given else s.asked_at),
            in_force=given,
        )
    for q in Query.objects.select_related("encounter__run", "by").order_by("pk").iterator(_CHUNK):
        yield Row(
            **_of(q.encounter),
            kind=Kind.QUERY,
            number=q.pk,
            subject="gap",
            key=q.gap_key,
            rule=q.gap_key.partition("#")[0],
            verb=q.state,
            outcome=q.outcome,
            reason=q.reason,
            by=q.by.get_username(),
            at=_time(q.sent_at or q.made_at),
            in_force=q.state in {QueryState.OPEN, QueryState.ANSWERED},
        )


def _of(encounter: Encounter) -> dict[str, Any]:
    """What names an encounter and the run that stands in it."""
    run = encounter.run
    return {
        "level": encounter.level,
        "patient_id": encounter.patient_ref,
        "encounter_id": encounter.encounter_ref,
        "record_id": own_of(encounter.key),
        "date": encounter.date.isoformat() if encounter.date else "",
        "setting": encounter.setting,
        "release": encounter.release,
        "engine": run.engine,
        "pack": run.pack,
        "pack_digest": run.pack_digest,
    }


def _time(at: dt.datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
