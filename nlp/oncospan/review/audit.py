"""The audit trail: rows that are only ever added, each with a SHA-256 over the hash before it and its own canonical JSON.

The chain shows what was changed or left out; the end of it that is kept beside the database shows what was cut off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from oncospan.review import audit_head
from oncospan.review.audit_head import Head
from oncospan.review.models import AuditEvent

GENESIS = "0" * 64
"""What stands before the first event."""

_LOCK = 0x0C05_9A17
"""The advisory lock of PostgreSQL under which the next number is given."""

SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON review_auditevent BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON review_auditevent BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON review_auditevent FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON review_auditevent FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
)
"""What refuses to change or delete a row in the database itself; the migrations run them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event to be added; ``detail`` holds ids, codes and states, never words of a note."""

    actor: str
    action: str
    encounter: int | None = None
    detail: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the verification of the trail found: how many events, the last hash, and the first fault, if any."""

    events: int
    head: str
    fault: str = ""


def record(*entries: Entry) -> None:
    """Add events in one transaction, with that of the caller where there is one."""
    if not entries:
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEvent.objects.order_by("-number").values_list("number", "hash").first()
        number, previous = last or (0, GENESIS)
        before = Head(number, previous)
        at = timezone.now().isoformat(timespec="microseconds")
        rows = []
        for e in entries:
            number += 1
            detail = json.dumps(e.detail or {}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            row = AuditEvent(
                number=number, at=at, actor=e.actor, action=e.action, encounter=e.encounter, detail=detail, previous=previous
            )
            row.hash = previous = digest(row)
            rows.append(row)
        AuditEvent.objects.bulk_create(rows, batch_size=500)
        end = Head(number, previous)

        def keep() -> None:
            audit_head.advance(end, first=not before.number, holds=lambda kept: kept == before or _stands(kept))

        transaction.on_commit(keep, robust=True)  # what is stored is stored, even where the file cannot be written


def anchor(entry: Entry) -> Head:
    """Add an event and keep it as the end of the trail, whatever end was kept: the database was changed on purpose."""
    record(entry)
    end = Head(*AuditEvent.objects.order_by("-number").values_list("number", "hash")[0])
    audit_head.anchor(end)
    return end


def _stands(kept: Head) -> bool:
    return AuditEvent.objects.filter(number=kept.number, hash=kept.hash).exists()


def digest(row: AuditEvent) -> str:
    """The hash of an event: SHA-256 over the hash before it and the canonical JSON of its fields."""
    fields = {
        "number": row.number,
        "at": row.at,
        "actor": row.actor,
        "action": row.action,
        "encounter": row.encounter,
        "detail": row.detail,
    }
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{row.previous}\n{canonical}".encode("utf-8", "surrogatepass")).hexdigest()


def verify(rows: Iterable[AuditEvent] | None = None, kept: Head | None = None) -> Verdict:
    """Whether the trail is whole: numbers without a hole, every hash that of its row, every row hung on the one before.

    ``kept`` is an event that must stand in it.
    """
    previous, count = GENESIS, 0
    for row in rows if rows is not None else AuditEvent.objects.order_by("number").iterator(chunk_size=5000):
        count += 1
        if fault := _fault(row, count, previous, kept):
            return Verdict(events=count, head=previous, fault=fault)
        previous = row.hash
    cut = kept.number - count if kept else 0
    fault = f"{cut} events were cut off: event {count} is the last, event {count + cut} was" if cut > 0 else ""
    return Verdict(events=count, head=previous, fault=fault)


def verify_to_the_end() -> Verdict:
    """Whether the trail is whole and ends no sooner than the end that is kept beside the database."""
    try:
        kept = audit_head.head()  # first: the trail may grow while it is read
    except audit_head.Forged:
        return Verdict(events=0, head=GENESIS, fault=f"{audit_head.FILE} was not written with this folder's secret key")
    found = verify(kept=kept)
    if found.events and not found.fault and kept is None:
        return Verdict(events=found.events, head=found.head, fault=f"{audit_head.FILE} is missing: events may have been cut off")
    return found


def _fault(row: AuditEvent, number: int, previous: str, kept: Head | None) -> str:
    if row.number != number:
        return f"event {number} is missing; event {row.number} stands in its place"
    if row.previous != previous:
        return f"event {row.number} does not follow the event before it"
    if digest(row) != row.hash:
        return f"event {row.number} was changed after it was written"
    if kept and row.number == kept.number and row.hash != kept.hash:
        return f"event {row.number} is another one than was written: the trail was made anew"
    return ""
