"""Queries: composed from a gap, stopped by the check, and moved from state to state."""

from __future__ import annotations

import datetime as dt
import json

import fhir_r4
import pytest

from oncospan.review import queries, undo
from oncospan.review.decisions import Refused, Stale
from oncospan.review.models import Query
from oncospan.review.present import composed_query


@pytest.fixture
def query(encounter, people):
    gap = encounter.gaps.first().key
    return queries.draft(encounter, gap, composed_query(encounter, gap), people["reviewer"])


def test_a_gap_has_one_living_query(query, encounter, people):
    again = queries.draft(encounter, query.gap_key, composed_query(encounter, query.gap_key), people["lead"])
    assert again.pk == query.pk


def test_what_the_run_composed_may_be_sent(query):
    assert queries.problems(query) == ()


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({"question": "Please document the metastasis."}, "leading_question"),
        ({"question": "Does this affect reimbursement?"}, "money"),
        ({"options": ""}, "options"),
        ({"title": ""}, "title"),
    ],
)
def test_the_check_stops_a_leading_query(query, people, form, rule):
    queries.edited(query, form)
    assert rule in {p.rule for p in queries.problems(query)}
    with pytest.raises(Refused):
        queries.send(query, query.version, people["reviewer"])
    assert Query.objects.get(pk=query.pk).state == "draft"


def test_a_query_without_indicators_is_stopped(query, people):
    query.indicators = []
    assert "indicators" in {p.rule for p in queries.problems(query)}


def test_its_whole_way(query, encounter, people):
    user, gaps = people["reviewer"], encounter.open_gaps
    queries.send(query, 1, user)
    encounter.refresh_from_db()
    assert (query.state, encounter.open_gaps, encounter.waiting) == ("open", gaps - 1, 1)
    assert query.due == query.sent_at.date() + dt.timedelta(days=7)
    queries.answer(query, 2, user, "documented", "Addendum of today.")
    encounter.refresh_from_db()
    assert (query.state, encounter.open_gaps, encounter.waiting) == ("answered", gaps, 0)
    with pytest.raises(Refused, match="reason"):
        queries.close(query, 3, user, " ")
    queries.close(query, 3, user, "Documented")
    encounter.refresh_from_db()
    assert (query.state, encounter.open_gaps) == ("closed", gaps - 1)
    for step in (lambda: queries.cancel(query, 4, user, "why"), lambda: queries.answer(query, 4, user, "other", "")):
        with pytest.raises(Refused):
            step()


def test_a_cancelled_query_opens_its_gap_again(query, encounter, people):
    gaps = encounter.open_gaps
    queries.send(query, 1, people["reviewer"])
    queries.cancel(query, 2, people["reviewer"], "Sent to the wrong provider")
    encounter.refresh_from_db()
    assert encounter.open_gaps == gaps


def test_the_list_shows_what_is_late_and_what_is_mine(query, people, as_role):
    def listed(role, **asked):
        page = as_role(role).get("/queries", asked).content.decode()
        return f'href="/queries/{query.pk}"' in page

    queries.send(query, 1, people["reviewer"])
    assert listed("reviewer")
    assert listed("lead")
    assert not listed("lead", state="overdue")
    Query.objects.filter(pk=query.pk).update(due=dt.date(2020, 1, 1))
    assert listed("lead", state="overdue")
    assert listed("lead", state="open")
    assert listed("lead", state="nonsense")
    assert listed("reviewer", state="overdue", of="me")
    assert not listed("lead", state="overdue", of="me")


def test_two_hands_do_not_write_over_each_other(query, people):
    other = Query.objects.get(pk=query.pk)
    queries.save(queries.edited(query, {"title": "Clarification"}), 1, people["reviewer"])
    with pytest.raises(Stale):
        queries.save(queries.edited(other, {"title": "Another"}), 1, people["lead"])


def test_the_exports_tell_the_same(query):
    text, task = queries.as_text(query), queries.as_task(query)
    said = [i["valueString"] for i in task["input"]]
    assert (task["resourceType"], task["status"], task["intent"]) == ("Task", "draft", "order")
    assert query.question in said
    assert all(i["text"] in text for i in query.indicators)
    assert all(o in text and o in said for o in query.options)
    assert queries.edited(query, {"options": "One\r\n\r\nOne\nUnable to determine"}).options[0] == "One"
    assert query.options[-2:] == ["Other (please specify): ____", "Unable to determine"]


def test_in_every_state_the_task_is_what_fhir_r4_says(query, people):
    user, states = people["reviewer"], {}

    def exported():
        task = json.loads(json.dumps(queries.as_task(query)))
        states[str(query.state)] = task["status"]
        return fhir_r4.faults(task) + [k for k in ("status", "intent", "lastModified") if not task.get(k)]

    query.indicators[0]["text"] = "Liver\x00lesions,\x0bseen\xa0today"
    assert exported() == []
    queries.save(queries.edited(query, {"addressee": "Dr. Sample"}), 1, user)
    queries.cancel(query, 2, user, "Asked before")
    assert exported() == []
    undo.undo_query(query, 3, user)
    queries.send(query, 4, user)
    assert exported() == []
    queries.answer(query, 5, user, "documented", "See the addendum.\nIt is of today.")
    assert exported() == []
    queries.close(query, 6, user, "Documented")
    assert exported() == []
    assert states == {
        "draft": "draft", "cancelled": "cancelled", "open": "requested", "answered": "completed", "closed": "completed",
    }  # fmt: skip


@pytest.mark.parametrize("word", ["HCC", "severity", "reimburs", "DRG", "CC/MCC"])
def test_no_word_of_payment_leaves_the_house(query, word):
    assert word.casefold() not in queries.as_text(query).casefold().split()
    assert word not in str(queries.as_task(query))
