"""The place of an encounter in the worklist: what is still open, how grave, how doubtful, how old."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from oncospan.review.models import FOUND_LATER, Decision, Encounter, Gap, Proposal, Query, QueryState, Subject

_UNDATED = 99_999
_DAY_ONE = dt.date(1990, 1, 1)


class Standing(NamedTuple):
    """What is open of an encounter."""

    severity: int
    doubt: int
    open_codes: int
    open_gaps: int
    waiting: int


COUNTED = (*Standing._fields, "open", "rank")
"""The columns of an encounter that follow from what is open, and from its date."""


def standing(codes: Iterable[tuple[str, int]], gaps: Iterable[tuple[str, int]], done: Done) -> Standing:
    """What is open of codes (code, confidence) and gaps (key, severity), given what is done with them."""
    doubts = [confidence for code, confidence in codes if code not in done.codes]
    severities = [severity for key, severity in gaps if key not in done.gaps]
    return Standing(
        severity=max(severities, default=0),
        doubt=min(doubts, default=1000),
        open_codes=len(doubts),
        open_gaps=len(severities),
        waiting=done.waiting,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The codes and gaps of an encounter that need nobody now, and how many queries wait for an answer."""

    codes: frozenset[str] = frozenset()
    gaps: frozenset[str] = frozenset()
    waiting: int = 0


NOTHING_DONE = Done()


def columns(found: Standing, date: dt.date | None) -> tuple[int | bool, ...]:
    """The values of ``COUNTED``."""
    return (*found, bool(found.open_codes or found.open_gaps), rank_of(found, date))


def rank_of(found: Standing, date: dt.date | None) -> int:
    """A number that sorts: graver gaps first, then the more doubtful codes, then the older encounters."""
    age = min(max((date - _DAY_ONE).days, 0), _UNDATED) if date else _UNDATED
    return ((3 - found.severity) * 1001 + found.doubt) * 100_000 + age


def ranks_of(severity: int) -> tuple[int, int]:
    """The least rank of encounters whose gravest open gap is of a severity, and the least beyond them."""
    return (3 - severity) * 1001 * 100_000, (4 - severity) * 1001 * 100_000


def done_with(encounters: Collection[int]) -> dict[int, Done]:
    """What is done of the encounters that have decisions or queries, by their id."""
    codes: defaultdict[int, set[str]] = defaultdict(set)
    gaps: defaultdict[int, set[str]] = defaultdict(set)
    waiting: defaultdict[int, int] = defaultdict(int)
    decided = Decision.objects.filter(encounter__in=encounters, in_force=True).exclude(subject=Subject.ORDER)
    for encounter, subject, key in decided.values_list("encounter", "subject", "key"):
        (codes if subject == Subject.CODE else gaps)[encounter].add(key)
    asked = Query.objects.filter(encounter__in=encounters, state__in=(QueryState.OPEN, QueryState.CLOSED))
    asked = asked.exclude(reason=FOUND_LATER)  # the gap has gone; should a later run raise it again, it is open again
    for encounter, key, state in asked.values_list("encounter", "gap_key", "state"):
        gaps[encounter].add(key)
        waiting[encounter] += state == QueryState.OPEN
    return {e: Done(codes=frozenset(codes[e]), gaps=frozenset(gaps[e]), waiting=waiting[e]) for e in {*codes, *gaps, *waiting}}


def recount(encounter: Encounter) -> None:
    """Count again what is open of an encounter, and save it."""
    codes = Proposal.objects.filter(encounter=encounter).values_list("code", "confidence")
    gaps = Gap.objects.filter(encounter=encounter).values_list("key", "severity")
    done = done_with([encounter.pk]).get(encounter.pk, NOTHING_DONE)
    for name, value in zip(COUNTED, columns(standing(codes, gaps, done), encounter.date), strict=True):
        setattr(encounter, name, value)
    encounter.save(update_fields=COUNTED)
