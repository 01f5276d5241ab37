"""The figures over time, as plots: decisions, how long providers take, and how many answer and agree."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from statistics import median

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from oncospan.review.models import Decision, Query, QueryState, Verb
from oncospan.writers.plots import Columns, Series

DAYS = 31
"""Days that are shown one by one; a longer time is shown by weeks, one of years by months."""

_WEEKS = 53
_VERBS = (
    ("accepted", "s-good", (Verb.ACCEPT,)),
    ("replaced or added", "s-other", (Verb.REPLACE, Verb.ADD)),
    ("rejected or dismissed", "s-bad", (Verb.REJECT, Verb.DISMISS)),
)
_SPANS = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 5), (6, 7), (8, 14), (15, 30), (31, 10**6))


def decisions_over_time() -> Columns | None:
    """The decisions that were not undone, by the day, week or month they were made; None without any."""
    made = Decision.objects.filter(undone_at=None).exclude(verb=Verb.REORDER).order_by()
    counted = list(made.annotate(day=TruncDate("at")).values_list("day", "verb").annotate(n=Count("pk")))
    if not counted:
        return None
    days = [day for day, _, _ in counted]
    label, unit, bins = _bins(min(days), max(days))
    found: Counter[tuple[str, str]] = Counter()
    for day, verb, n in counted:
        found[label(day), verb] += n
    series = tuple(
        Series(name=name, css=css, values=tuple(sum(found[b, v] for v in verbs) for b in bins)) for name, css, verbs in _VERBS
    )
    said = f"{sum(found.values())} decisions from {min(days)} to {max(days)}, by {unit}: " + ", ".join(
        f"{sum(v or 0 for v in s.values)} {s.name}" for s in series
    )
    return Columns(
        ident="decisions", title="Decisions over time", said=said, heading=unit.capitalize(), labels=bins, series=series
    )  # fmt: skip


def turnaround() -> Columns | None:
    """In how many days providers answered; None without an answer."""
    answered = _sent().exclude(answered_at=None).exclude(outcome__in=("", "no_response"))
    days = [(a - s).days for s, a in answered.values_list("sent_at", "answered_at") if s and a]
    if not days:
        return None
    labels = tuple(str(a) if a == b else f"{a}+" if b > 10**5 else f"{a}–{b}" for a, b in _SPANS)
    values = tuple(sum(a <= d <= b for d in days) for a, b in _SPANS)
    said = f"{len(days)} answers; half of them came within {_whole(median(days))} days, the last after {max(days)}"
    return Columns(
        ident="turnaround", title="Days from sending to answer", said=said, heading="Days", labels=labels, width=480,
        series=(Series(name="queries", css="s-other", values=values),),
    )  # fmt: skip


def rates() -> Columns | None:
    """Of the queries sent in a month: how many were answered, and of the answers how many documented; None without any."""
    sent: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for at, outcome in _sent().values_list("sent_at", "outcome"):
        month = f"{at:%Y-%m}"
        sent[month] += 1
        if outcome not in {"", "no_response"}:
            answered[month] += 1
            agreed[month] += outcome == "documented"
    if not sent:
        return None
    months = tuple(sorted(sent))[-24:]
    series = (
        Series(name="answered", css="s-other", values=tuple(round(100 * answered[m] / sent[m]) for m in months)),
        Series(
            name="documented, of the answers", css="s-good",
            values=tuple(round(100 * agreed[m] / answered[m]) if answered[m] else None for m in months),
        ),
    )  # fmt: skip
    said = "; ".join(f"{m}: {sent[m]} sent, {answered[m]} answered, {agreed[m]} documented" for m in months)
    return Columns(
        ident="rates", title="Response and agreement by month of sending", said=said, heading="Month", labels=months,
        series=series, stacked=False, percent=True, width=480,
    )  # fmt: skip


def _sent() -> QuerySet[Query]:
    return Query.objects.exclude(sent_at=None).exclude(state=QueryState.CANCELLED)


def _whole(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _bins(first: dt.date, last: dt.date) -> tuple[Callable[[dt.date], str], str, tuple[str, ...]]:
    """How a day is named, after what, and all names from the first to the last day."""
    span = (last - first).days + 1
    if span <= DAYS:
        name, unit = (lambda d: f"{d:%m-%d}"), "day"
    elif span <= 7 * _WEEKS:
        name, unit = (lambda d: f"{d - dt.timedelta(days=d.weekday()):%m-%d}"), "week from"
    else:
        name, unit = (lambda d: f"{d:%Y-%m}"), "month"
    every = (first + dt.timedelta(days=n) for n in range(span))
    return name, unit, tuple(dict.fromkeys(map(name, every)))
