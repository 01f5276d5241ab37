"""Figures of the work: how often codes were accepted, by rule and by code, and what came of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from django.db.models import Count, QuerySet

from oncospan.evaluate import judged
from oncospan.review.models import Decision, Query, QueryState, SecondReview, Subject, Verb
from oncospan.writers.plots import Svg, parts

MOST_ROWS = 50
"""Rows of a table, those with most decisions first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(judged.Share):
    """How the codes of a rule, or one code, were judged."""

    name: str

    @property
    def percent(self) -> int:
        """Those accepted, of a hundred."""
        return round(100 * self.accepted / self.decided)

    @property
    def bar(self) -> Svg:
        """The three parts as a bar."""
        values = (
            ("s-good", "accepted", self.accepted), ("s-other", "replaced", self.replaced), ("s-bad", "rejected", self.rejected),
        )  # fmt: skip
        return parts(self.name, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of the queries of a gap."""

    gap: str
    sent: int
    answered: int
    documented: int
    days: float | None
    """From sending to answer, in the middle."""

    @property
    def percent(self) -> int:
        """Those answered, of a hundred."""
        return round(100 * self.answered / self.sent)

    @property
    def bar(self) -> Svg:
        """What came of those sent, as a bar."""
        values = (
            ("s-good", "documented", self.documented), ("s-other", "answered otherwise", self.answered - self.documented),
            ("s-none", "without an answer", self.sent - self.answered),
        )  # fmt: skip
        return parts(self.gap[:3], values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What came of the second reviews; ``disagreements`` holds the newest of them."""

    given: int
    agreed: int
    waiting: int
    disagreements: tuple[SecondReview, ...]

    @property
    def percent(self) -> int | None:
        """Those that agree, of a hundred."""
        return round(100 * self.agreed / self.given) if self.given else None


def second_reviews() -> Agreement:
    """How often second reviews agree, and where they do not."""
    given = SecondReview.objects.exclude(agrees=None)
    differing = given.filter(agrees=False).select_related("encounter", "by", "asked_by").order_by("-at")
    return Agreement(
        given=given.count(),
        agreed=given.filter(agrees=True).count(),
        waiting=SecondReview.objects.filter(agrees=None).count(),
        disagreements=tuple(differing[:MOST_ROWS]),
    )


def by_rule() -> tuple[Share, ...]:
    """The judgement of each rule's codes that is in force."""
    return _shares("rule")


def by_code() -> tuple[Share, ...]:
    """The judgement of each proposed code that is in force."""
    return _shares("key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Encounters on which something was decided or asked, and those of them on which a query was sent."""

    encounters: int
    queried: int

    @property
    def percent(self) -> int | None:
        """Those queried, of a hundred."""
        return round(100 * self.queried / self.encounters) if self.encounters else None


def reviewed() -> Reviewed:
    """How many encounters were reviewed, and how many of them queried."""
    decided = Decision.objects.filter(undone_at=None).order_by().values("encounter")
    sent = Query.objects.exclude(sent_at=None).exclude(state=QueryState.CANCELLED).order_by().values("encounter")
    return Reviewed(encounters=decided.union(sent).count(), queried=sent.distinct().count())


def all_codes() -> Share:
    """The judgement of all proposed codes that is in force."""
    return _share("all", dict(_judged().values_list("verb").annotate(n=Count("pk"))))


def queries() -> tuple[Asked, ...]:
    """What came of the queries that were sent, gap by gap; those without a response count as sent alone."""
    sent: defaultdict[str, list[Query]] = defaultdict(list)
    for q in Query.objects.exclude(sent_at=None).exclude(state=QueryState.CANCELLED).iterator():
        sent[q.gap_key.partition("#")[0]].append(q)
    return tuple(sorted((_asked(gap, found) for gap, found in sent.items()), key=lambda a: (-a.sent, a.gap)))


def _judged() -> QuerySet[Decision]:
    judged = (Verb.ACCEPT, Verb.REJECT, Verb.REPLACE)
    return Decision.objects.filter(subject=Subject.CODE, in_force=True, verb__in=judged).exclude(rule="").order_by()


def _shares(name: str) -> tuple[Share, ...]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for key, verb, count in _judged().values_list(name, "verb").annotate(n=Count("pk")):
        found[key][verb] = count
    shares = (_share(key, counts) for key, counts in found.items())
    return tuple(sorted(shares, key=lambda s: (-s.decided, s.name))[:MOST_ROWS])


def _share(name: str, counts: dict[str, int]) -> Share:
    return Share(
        name=name, accepted=counts.get("accept", 0), rejected=counts.get("reject", 0), replaced=counts.get("replace", 0)
    )  # fmt: skip


def _asked(gap: str, found: list[Query]) -> Asked:
    answered = [q for q in found if q.outcome and q.outcome != "no_response"]
    days = [(q.answered_at - q.sent_at).total_seconds() / 86_400 for q in answered if q.answered_at and q.sent_at]
    return Asked(
        gap=gap,
        sent=len(found),
        answered=len(answered),
        documented=sum(q.outcome == "documented" for q in answered),
        days=round(median(days), 1) if days else None,
    )
