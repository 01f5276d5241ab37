"""The figures follow the decisions that are in force and the queries that were sent."""

from __future__ import annotations

from django.urls import reverse

from oncospan.review import decisions, figures, queries
from oncospan.review.decisions import Choice
from oncospan.review.models import Subject, Verb
from oncospan.review.present import composed_query


def test_the_figures(encounter, people, as_role):
    first, second = encounter.proposals.order_by("sequence")[:2]
    accept = Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=first.code)
    reject = Choice(subject=Subject.CODE, verb=Verb.REJECT, key=second.code, reason="Other")
    after = decisions.decide(encounter.pk, 1, people["reviewer"], accept, reject)
    after = decisions.decide(encounter.pk, after.version, people["lead"], Choice(
        subject=Subject.CODE, verb=Verb.REPLACE, key=first.code, reason="Other", code="C79.51"))  # fmt: skip
    whole = figures.all_codes()
    assert (whole.accepted, whole.rejected, whole.replaced, whole.percent) == (0, 1, 1, 0)
    decisions.undo(encounter.pk, after.version, people["lead"])
    assert {s.name: s.percent for s in figures.by_code()} == {first.code: 100, second.code: 0}
    assert {s.name for s in figures.by_rule()} == {first.rule, second.rule}

    gap = encounter.gaps.first()
    query = queries.draft(encounter, gap.key, composed_query(encounter, gap.key), people["lead"])
    assert figures.queries() == ()
    queries.send(query, 1, people["lead"])
    queries.answer(query, 2, people["lead"], "documented", "")
    (asked,) = figures.queries()
    assert (asked.gap, asked.sent, asked.answered, asked.documented, asked.days) == (gap.gap, 1, 1, 1, 0.0)
    assert "50 %" in as_role("read-only").get(reverse("figures")).content.decode()


def test_without_work_there_are_none(as_role, imported):
    assert "No figures yet" in as_role("reviewer").get(reverse("figures")).content.decode()
