"""The worklist: encounters by their rank, filtered by indexed columns and paged by key, so that it stays fast at any size."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from oncospan.review.models import Encounter, SecondReview, Severity
from oncospan.review.ranking import ranks_of
from oncospan.review.rows import Row, rows_of
from oncospan.review.tags import has_code, has_gap, has_setting

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PAGE = 40
"""Encounters on a page."""

FEW = 5_000
"""Encounters of a search that are quicker looked up and sorted than met on the way down the list."""

SCOPES = {
    "open": "To review",
    "mine": "Mine",
    "unassigned": "Unassigned",
    "waiting": "Waiting for an answer",
    "due": "Follow-up due",
    "review": "Second review",
    "done": "Done",
}
"""The parts of the worklist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a person wants to see; ``search`` is the beginning of an id, ``code`` of a code."""

    scope: str = "open"
    severity: str = ""
    gap: str = ""
    code: str = ""
    setting: str = ""
    assignee: str = ""
    """The number of a person."""
    search: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Filters:
        """The filters of a form or of what was saved; what makes no sense is left out."""
        kept = {f.name: " ".join(str(given[f.name]).replace("\x00", "").split())[:100] for f in fields(cls) if given.get(f.name)}
        if kept.get("scope", "open") not in SCOPES:
            del kept["scope"]
        if kept.get("severity") and kept["severity"] not in {"high", "medium", "low"}:
            del kept["severity"]
        if not re.fullmatch(r"[0-9]{1,15}", kept.get("assignee", "0")):
            del kept["assignee"]
        return cls(**kept)

    def narrowed(self) -> bool:
        """Whether anything but the scope is chosen."""
        return any(v for k, v in asdict(self).items() if k != "scope")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The rows of a page, and the keys of those before and after it (empty for none)."""

    rows: tuple[Row, ...]
    before: str
    after: str


def chosen(filters: Filters, user: User) -> QuerySet[Encounter]:
    """The encounters that a person wants to see, in no order."""
    found = _filtered(filters, user)
    return found.filter(_named_so(filters.search)) if filters.search else found


def listed(filters: Filters, user: User) -> QuerySet[Encounter]:
    """The same, to be put in order: many that a search finds are met sooner on the way down the list than looked up and sorted."""
    found, text = _filtered(filters, user), filters.search
    if not text:
        return found
    if Encounter.objects.filter(_named_so(text)).order_by().values("pk")[: FEW + 1].count() <= FEW:
        return found.filter(_named_so(text))
    aside = found.annotate(own=Concat("encounter_ref", Value("")), of=Concat("patient_ref", Value("")))  # by no index
    return aside.filter(_begins("own", text) | _begins("of", text))


def _filtered(filters: Filters, user: User) -> QuerySet[Encounter]:
    """The encounters by all that stands in the indexes of the list."""
    found = _in_scope(filters.scope, user)
    if filters.severity:
        least, beyond = ranks_of(Severity[filters.severity.upper()])
        found = found.filter(rank__gte=least, rank__lt=beyond)
    if filters.setting:
        found = found.filter(has_setting(filters.setting))
    if filters.assignee:
        found = found.filter(assignee=int(filters.assignee))
    if filters.gap:
        found = found.filter(has_gap(filters.gap))
    if filters.code:
        found = found.filter(has_code(filters.code.upper()))
    return found


def _named_so(text: str) -> Q:
    """Those whose id, or that of their patient, begins with a text, by the indexes of both."""
    return _begins("encounter_ref", text) | _begins("patient_ref", text)


def _begins(field: str, text: str) -> Q:
    return Q(**{f"{field}__gte": text, f"{field}__lt": text + chr(0x10FFFF)})


def _in_scope(scope: str, user: User) -> QuerySet[Encounter]:
    match scope:
        case "mine":
            return Encounter.objects.filter(open=True, assignee=user)
        case "unassigned":
            return Encounter.objects.filter(open=True, assignee=None)
        case "waiting":
            return Encounter.objects.filter(waiting__gt=0)
        case "due":
            return Encounter.objects.filter(follow_up__isnull=False, follow_up__lte=today())
        case "review":
            return Encounter.objects.filter(pk__in=SecondReview.objects.filter(agrees=None).values("encounter"))
        case "done":
            return Encounter.objects.filter(open=False, waiting=0)
        case _:
            return Encounter.objects.filter(open=True)


def today() -> dt.date:
    """The day at the place of the server."""
    return timezone.localdate()


def page_of(found: QuerySet[Encounter], *, after: str = "", before: str = "") -> Page:
    """The page of the chosen encounters that follows, or precedes, the row with a key."""
    if before and (key := _key(before)):
        rows = _first(found.filter(Q(rank__lt=key[0]) | Q(rank=key[0], id__lt=key[1])).order_by("-rank", "-id"))
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        return Page(rows=rows_of(rows, today()), before=_named(rows[0]) if more else "", after=_named(rows[-1]) if rows else "")
    key = _key(after) if after else None
    if key:
        found = found.filter(rank__gte=key[0]).exclude(rank=key[0], id__lte=key[1])
    rows = _first(found.order_by("rank", "id"))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return Page(
        rows=rows_of(rows, today()), before=_named(rows[0]) if key and rows else "", after=_named(rows[-1]) if more else ""
    )


def _first(ordered: QuerySet[Encounter]) -> list[Encounter]:
    """One more than a page; only their numbers are sorted, and the rest is fetched for them alone."""
    ids = list(ordered.values_list("pk", flat=True)[: PAGE + 1])
    rows = Encounter.objects.select_related("assignee").defer("key").in_bulk(ids)
    return [rows[pk] for pk in ids if pk in rows]


def next_after(filters: Filters, user: User, encounter: Encounter) -> int | None:
    """The encounter that follows one in the list; the first of the list when none does."""
    ordered = listed(filters, user).exclude(pk=encounter.pk).order_by("rank", "id").values_list("pk", flat=True)
    later = ordered.filter(Q(rank__gt=encounter.rank) | Q(rank=encounter.rank, id__gt=encounter.pk))
    return later.first() or ordered.first()


def counts(user: User) -> dict[str, int]:
    """How many encounters each scope has."""
    every, done = Encounter.objects.count(), _in_scope("done", user).count()  # both quicker than to count the open ones
    waiting = _in_scope("waiting", user).aggregate(all=Count("pk"), only=Count("pk", filter=Q(open=False)))
    taken = Encounter.objects.filter(open=True, assignee__isnull=False)
    assigned = taken.aggregate(all=Count("pk"), mine=Count("pk", filter=Q(assignee=user)))
    still = every - done - waiting["only"]
    return {
        "open": still,
        "mine": assigned["mine"],
        "unassigned": still - assigned["all"],
        "waiting": waiting["all"],
        "due": _in_scope("due", user).count(),
        "review": SecondReview.objects.filter(agrees=None).count(),
        "done": done,
    }


def total(filters: Filters, user: User, page: Page) -> int:
    """How many encounters a person chose, of which this is a page; of a search no more than one above FEW are counted."""
    if not page.before and not page.after:
        return len(page.rows)
    found = chosen(filters, user)
    return found.order_by().values("pk")[: FEW + 1].count() if filters.search else found.count()


def is_key(text: str) -> bool:
    """Whether a text is the key of a row, as pages are asked for by it."""
    return _key(text) is not None


def _key(text: str) -> tuple[int, int] | None:
    rank, _, number = text.partition("-")
    return (int(rank), int(number)) if rank.isascii() and rank.isdigit() and number.isascii() and number.isdigit() else None


def _named(encounter: Encounter) -> str:
    return f"{encounter.rank}-{encounter.pk}"
