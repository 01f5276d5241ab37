"""The audit trail: whole when untouched, and every tampering found or refused."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from oncospan.review import audit, audit_head
from oncospan.review.audit_head import Head
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


@pytest.fixture
def kept(django_capture_on_commit_callbacks):
    """Adds events, commits them, and tells which end is kept; before the first there is none."""
    (settings.CONFIG.data / audit_head.FILE).unlink(missing_ok=True)

    def add(count):
        with django_capture_on_commit_callbacks(execute=True):
            audit.record(*(audit.Entry(actor="ada", action="open encounter") for _ in range(count)))
        return audit_head.head()

    yield add
    (settings.CONFIG.data / audit_head.FILE).unlink(missing_ok=True)


def _cut(number):
    """Remove the events from a number on, as somebody with the rights of the database's owner could."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS audit_no_delete")
        else:
            cursor.execute("ALTER TABLE review_auditevent DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM review_auditevent WHERE number >= %s", [number])


def test_the_end_is_kept_beside_the_database(kept):
    assert audit.verify_to_the_end().fault == ""
    first = kept(2)
    assert first == Head(2, AuditEvent.objects.get(number=2).hash)
    assert kept(3).number == 5
    assert audit.verify_to_the_end().fault == ""
    assert (settings.CONFIG.data / audit_head.FILE).stat().st_mode & 0o777 == 0o600


def test_events_cut_off_are_found_and_stay_found(kept):
    kept(5)
    _cut(4)
    assert audit.verify().fault == ""
    assert "2 events were cut off: event 3 is the last, event 5 was" in audit.verify_to_the_end().fault
    assert kept(4).number == 5
    assert "event 5 is another one" in audit.verify_to_the_end().fault
    _cut(1)
    assert "5 events were cut off" in audit.verify_to_the_end().fault


def test_an_end_that_came_late_goes_on(kept):
    kept(2)
    audit.record(audit.Entry(actor="ada", action="open encounter"))  # the process ended before this one was kept
    assert audit_head.head().number == 2
    assert audit.verify_to_the_end().fault == ""
    assert kept(1).number == 4
    audit_head.advance(Head(3, "f" * 64), first=False, holds=lambda _: True)
    assert audit_head.head().number == 4


def test_a_file_of_another_hand_is_found(kept):
    kept(3)
    path = settings.CONFIG.data / audit_head.FILE
    line = path.read_bytes()
    for wrong in (line.replace(b"03 ", b"02 ", 1), b"nonsense", line[:-9] + b"\xff" * 9):
        path.write_bytes(wrong)
        assert "not written with this folder's secret key" in audit.verify_to_the_end().fault
        with pytest.raises(audit_head.Forged):
            kept(1)
        assert path.read_bytes() == wrong


def test_a_file_that_is_gone_is_found_until_an_end_is_kept_on_purpose(kept):
    kept(3)
    (settings.CONFIG.data / audit_head.FILE).unlink()
    assert kept(1) is None
    assert "audit.head is missing" in audit.verify_to_the_end().fault
    end = audit.anchor(audit.Entry(actor="ada", action="anchor audit"))
    assert end == audit_head.head() == Head(5, AuditEvent.objects.get(number=5, action="anchor audit").hash)
    assert audit.verify_to_the_end().fault == ""


def test_the_trail_is_shown_by_person_and_encounter(as_role):
    client = as_role("lead")
    audit.record(
        audit.Entry(
            actor="import", action="query closed", encounter=7, detail={"gap": "G01_X", "version": 3, "order": ["C1", "C2"]}
        ),
        audit.Entry(actor="reviewer", action="assign", encounter=8, detail={"assignee": None, "agrees": True}),
    )

    def shown(**chosen):
        page = client.get("/audit", chosen).content.decode()
        return [action in page for action in ("query closed", ">assign<")], page

    assert shown()[0] == [True, True]
    assert shown(who="import")[0] == shown(encounter="7")[0] == shown(who="import", encounter="7", below="99")[0] == [True, False]
    seen, page = shown(who="reviewer", encounter="7")
    assert (seen, "No such event" in page) == ([False, False], True)
    for words in (
        "<small>gap</small> G01_X",
        "<small>order</small> C1, C2",
        "<small>assignee</small> none",
        "<small>agrees</small> yes",
    ):
        assert words in shown()[1]
    for hostile in ("' OR 1=1 --", "\x00", "9" * 30, "<script>"):
        assert "<script>" not in shown(who=hostile, encounter=hostile, below=hostile)[1]
