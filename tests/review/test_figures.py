"""The figures follow the decisions that are in force and the queries that were sent."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from oncospan.review import decisions, figures, queries, second_look, trends, undo
from oncospan.review.decisions import Choice
from oncospan.review.models import Decision, Query, Subject, Verb
from oncospan.review.present import composed_query
from oncospan.writers import plots


def test_the_figures(encounter, people, as_role):
    first, second = encounter.proposals.order_by("sequence")[:2]
    accept = Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=first.code)
    reject = Choice(subject=Subject.CODE, verb=Verb.REJECT, key=second.code, reason="Other")
    after = decisions.decide(encounter.pk, 1, people["reviewer"], accept, reject)
    after = decisions.decide(encounter.pk, after.version, people["lead"], Choice(
        subject=Subject.CODE, verb=Verb.REPLACE, key=first.code, reason="Other", code="C79.51"))  # fmt: skip
    whole = figures.all_codes()
    assert (whole.accepted, whole.rejected, whole.replaced, whole.percent) == (0, 1, 1, 0)
    undo.undo(encounter.pk, after.version, people["lead"])
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


def test_plots_follow_the_work(encounter, people, as_role):
    first, second = encounter.proposals.order_by("sequence")[:2]
    accept = Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=first.code)
    reject = Choice(subject=Subject.CODE, verb=Verb.REJECT, key=second.code, reason="Other")
    decisions.decide(encounter.pk, 1, people["reviewer"], accept, reject)
    Decision.objects.filter(key=first.code).update(at=timezone.now() - dt.timedelta(days=3))
    assert (figures.reviewed().encounters, figures.reviewed().queried, figures.reviewed().percent) == (1, 0, 0)
    plot = trends.decisions_over_time()
    assert (len(plot.labels), plot.labels == tuple(sorted(plot.labels))) == (4, True)
    assert [s.values for s in plot.series] == [(1, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 1)]
    for days, unit in ((100, "week from"), (900, "month")):
        Decision.objects.filter(key=first.code).update(at=timezone.now() - dt.timedelta(days=days))
        plot = trends.decisions_over_time()
        assert plot.heading.lower() == unit
        assert sum(sum(s.values) for s in plot.series) == 2

    gap = encounter.gaps.first()
    query = queries.draft(encounter, gap.key, composed_query(encounter, gap.key), people["lead"])
    queries.send(query, 1, people["lead"])
    assert (figures.reviewed().encounters, figures.reviewed().queried, figures.reviewed().percent) == (1, 1, 100)
    assert trends.turnaround() is None
    assert trends.rates().series[0].values == (0,)
    assert trends.rates().series[1].values == (None,)
    queries.answer(query, 2, people["lead"], "disagreed", "")
    Query.objects.update(sent_at=timezone.now() - dt.timedelta(days=5, hours=1))
    assert dict(trends.turnaround().rows)["4–5"] == (1,)
    assert [s.values for s in trends.rates().series] == [(100,), (0,)]

    page = as_role("read-only").get(reverse("figures")).content.decode()
    assert page.count("<svg") >= 5
    assert page.count("<svg") == page.count('role="img"')
    assert all(f'<desc id="{name}-said">' in page for name in ("decisions", "turnaround", "rates"))
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=", page)


@pytest.mark.parametrize(("top", "step"), [(2, 1), (4, 1), (5, 2), (9, 5), (40, 10), (41, 20), (3000, 1000)])
def test_the_axis_has_round_numbers(top, step):
    assert plots._step(top) == step


def test_names_in_a_plot_stay_text():
    made = plots.Columns(ident="x", title="<b>", said="&", heading="", labels=("<i>",), series=(
        plots.Series(name="<u>", css="s-good", values=(1,)),))  # fmt: skip
    assert not re.search("<[biu]>", made.svg + plots.parts("<b>", (("s-good", "<u>", 1),)))


def test_second_reviews_that_disagree_are_listed(encounter, people, as_role):
    assert figures.second_reviews().percent is None
    after = second_look.ask(encounter.pk, 1, people["reviewer"])
    assert figures.second_reviews().waiting == 1
    after = second_look.give(encounter.pk, after.version, people["lead"], agrees=True, comment="")
    after = second_look.ask(encounter.pk, after.version, people["reviewer"])
    second_look.give(encounter.pk, after.version, people["lead"], agrees=False, comment="C7B.02 is not <documented>")
    found = figures.second_reviews()
    assert (found.given, found.agreed, found.percent, found.waiting) == (2, 1, 50, 0)
    page = as_role("read-only").get(reverse("figures")).content.decode()
    assert "C7B.02 is not &lt;documented&gt;" in page
    assert reverse("encounter", args=[encounter.pk]) in page


def test_without_work_there_are_none(as_role, imported):
    assert "No figures yet" in as_role("reviewer").get(reverse("figures")).content.decode()
