"""Undo: every step on an encounter and on a query is taken back, one's own or, by a lead, anybody's."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from oncospan.review import decisions, queries, second_look, undo
from oncospan.review.decisions import Choice, Refused, Stale
from oncospan.review.models import AuditEvent, Decision, Encounter, MarkedEvidence, Query, SecondReview, Step, Subject, Verb
from oncospan.review.present import composed_query

DAY = dt.date(2026, 12, 1)


def _again(encounter):
    return Encounter.objects.get(pk=encounter.pk)


def _undo(encounter, user):
    return undo.undo(encounter.pk, _again(encounter).version, user)


def _undo_query(query, user):
    query = Query.objects.get(pk=query.pk)
    undo.undo_query(query, query.version, user)
    return query


@pytest.fixture
def query(encounter, people):
    gap = encounter.gaps.first().key
    return queries.draft(encounter, gap, composed_query(encounter, gap), people["reviewer"])


def test_what_was_accepted_at_once_is_taken_back_at_once(encounter, people):
    decisions.accept_proposed(encounter.pk, 1, people["reviewer"])
    assert Decision.objects.filter(in_force=True).count() > 1
    step = _undo(encounter, people["reviewer"])
    assert not Decision.objects.filter(in_force=True).exists()
    assert undo.said(step).endswith("codes accepted")
    assert _again(encounter).open_codes == encounter.open_codes


def test_an_assignment_and_its_date_are_taken_back(encounter, people):
    lead, reviewer = people["lead"], people["reviewer"]
    second_look.look_after(encounter.pk, 1, lead, reviewer, DAY)
    second_look.look_after(encounter.pk, 2, lead, None, None)
    _undo(encounter, lead)
    assert (_again(encounter).assignee, _again(encounter).follow_up) == (reviewer, DAY)
    _undo(encounter, lead)
    assert (_again(encounter).assignee, _again(encounter).follow_up) == (None, None)
    with pytest.raises(Refused, match="nothing"):
        _undo(encounter, lead)


def test_a_mark_comes_and_goes(encounter, people):
    note, by = encounter.notes.get(), people["reviewer"]
    second_look.mark(encounter.pk, 1, by, note, 3, 9, "metastasis", "seen late")
    made = MarkedEvidence.objects.values().get()
    second_look.unmark(encounter.pk, 2, by, made["id"])
    _undo(encounter, by)
    assert MarkedEvidence.objects.values().get() == made
    _undo(encounter, by)
    assert not MarkedEvidence.objects.exists()


def test_a_second_review_is_taken_back(encounter, people):
    second_look.ask(encounter.pk, 1, people["reviewer"])
    second_look.give(encounter.pk, 2, people["lead"], agrees=False, comment="The liver is denied.")
    with pytest.raises(Refused, match="only a lead"):
        _undo(encounter, people["reviewer"])
    _undo(encounter, people["lead"])
    assert (SecondReview.objects.get().agrees, SecondReview.objects.get().comment) == (None, "")
    _undo(encounter, people["reviewer"])
    assert not SecondReview.objects.exists()


def test_a_lead_takes_back_the_steps_of_others_but_no_reviewer_does(encounter, people):
    code = encounter.proposals.first().code
    choice = Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=code)
    decisions.decide(encounter.pk, 1, people["admin"], choice)
    with pytest.raises(Refused, match="only a lead"):
        _undo(encounter, people["reviewer"])
    _undo(encounter, people["lead"])
    event = AuditEvent.objects.order_by("-number").first()
    assert (event.actor, event.action) == ("lead", "undo")
    assert '"by":"admin"' in event.detail


def test_undo_is_refused_on_an_older_version(encounter, people):
    second_look.look_after(encounter.pk, 1, people["lead"], None, DAY)
    with pytest.raises(Stale):
        undo.undo(encounter.pk, 1, people["lead"])
    assert Step.objects.get().undone_at is None


def test_the_whole_way_of_a_query_is_walked_back(query, encounter, people):
    by, words, gaps = people["reviewer"], query.question, encounter.open_gaps
    queries.save(queries.edited(query, {"question": "Which organ is it in?"}), 1, by)
    queries.send(query, 2, by, dt.date.max)
    queries.answer(query, 3, by, "documented", "Addendum.")
    queries.close(query, 4, by, "Documented")
    seen = []
    for _ in range(4):
        now = _undo_query(query, by)
        seen.append((now.state, now.outcome, now.sent_at is None, _again(encounter).open_gaps))
    assert seen == [
        ("answered", "documented", False, gaps),
        ("open", "", False, gaps - 1),
        ("draft", "", True, gaps),
        ("draft", "", True, gaps),
    ]
    assert (now.question, now.due, now.reason) == (words, None, "")
    undo.undo_query(now, now.version, by)
    assert not Query.objects.exists()
    assert _again(encounter).open_gaps == gaps


def test_a_cancelled_query_lives_again_where_no_other_does(query, encounter, people):
    by = people["reviewer"]
    queries.cancel(query, 1, by, "Asked before")
    other = queries.draft(encounter, query.gap_key, composed_query(encounter, query.gap_key), by)
    with pytest.raises(Refused, match="discard"):
        _undo_query(query, by)
    assert Query.objects.get(pk=query.pk).state == "cancelled"
    _undo_query(other, by)
    assert _undo_query(query, by).state == "draft"


def test_what_a_later_run_has_ended_is_not_taken_back(query, encounter, people, records, run_again):
    queries.send(query, 1, people["reviewer"])
    for r in records:
        r["gaps"] = []
    run_again(records)
    with pytest.raises(Refused, match="nothing"):
        _undo_query(query, people["lead"])


def test_undo_by_the_pages(as_role, query, encounter):
    client, page = as_role("reviewer"), reverse("query", args=[query.pk])
    assert "query begun" in client.get(page).content.decode()
    assert client.post(reverse("undo-query", args=[query.pk]), {"version": "7"}).status_code == 409
    gone = client.post(reverse("undo-query", args=[query.pk]), {"version": "1"})
    assert gone["Location"] == reverse("encounter", args=[encounter.pk])
    client.post(reverse("look-after", args=[encounter.pk]), {"version": "1", "follow_up": "2026-12-01"})
    answer = client.post(reverse("undo", args=[encounter.pk]), {"version": "2"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("encounter", args=[encounter.pk])
    assert "Taken back: assignment" in client.get(answer["HX-Redirect"]).content.decode()
