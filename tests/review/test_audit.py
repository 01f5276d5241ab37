"""The audit trail: whole when untouched, and every tampering found or refused."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from oncospan.review import audit
from oncospan.review.models import AuditEvent


@pytest.fixture
def trail():
    audit.record(*(audit.Entry(actor="ada", action="open encounter", encounter=n, detail={"n": n}) for n in range(1, 6)))
    return list(AuditEvent.objects.order_by("number"))


def test_the_chain_is_whole(trail):
    found = audit.verify()
    assert (found.events, found.fault, found.head) == (5, "", trail[-1].hash)
    assert trail[0].previous == audit.GENESIS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE review_auditevent SET actor = 'eve' WHERE number = 2",
        "DELETE FROM review_auditevent WHERE number = 2",
    ],
)
def test_the_database_refuses_to_change_it(trail, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_django_refuses_too(trail):
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.filter(number=2).update(actor="eve")


@pytest.mark.parametrize("field", ["actor", "at", "action", "detail", "encounter", "previous", "hash"])
def test_a_changed_row_is_found(trail, field):
    setattr(trail[2], field, 99 if field == "encounter" else "f" * 64)
    assert "event 3" in audit.verify(trail).fault


def test_a_missing_row_is_found(trail):
    assert "event 3 is missing" in audit.verify(trail[:2] + trail[3:]).fault


def test_rows_in_another_order_are_found(trail):
    assert audit.verify([trail[1], trail[0], *trail[2:]]).fault


def test_a_row_with_its_hash_made_anew_is_found(trail):
    trail[2].actor = "eve"
    trail[2].hash = audit.digest(trail[2])
    assert "event 4 does not follow" in audit.verify(trail).fault
