"""The rows of the worklist, in words: a template would take longer over forty of them than the database."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from oncospan.review.code_book import gap_names
from oncospan.review.models import Encounter, Gap, Proposal, Severity
from oncospan.review.ranking import NOTHING_DONE, done_with

MOST_CODES = 4
"""Codes that a row shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An encounter of the list."""

    encounter: Encounter
    date: str
    gaps: tuple[tuple[str, str, str, str], ...]
    """Number, severity, name and how often (empty for once) of its open gaps, gravest first."""
    gap_name: str
    """Of the gravest."""
    codes: tuple[str, ...]
    """The first in order."""
    more_codes: int
    least_sure: str
    left: str
    """How many codes and gaps are open."""
    follow_up: str
    late: bool


def rows_of(encounters: Sequence[Encounter], today: dt.date) -> tuple[Row, ...]:
    """The rows of encounters in their order."""
    ids = [e.pk for e in encounters]
    gaps, codes = _open_gaps(ids), _codes(ids)
    return tuple(_row(e, gaps[e.pk], codes[e.pk], today) for e in encounters)


def _row(e: Encounter, gaps: list[tuple[str, int]], codes: list[str], today: dt.date) -> Row:
    counted, names = Counter(gaps).items(), gap_names()
    return Row(
        encounter=e,
        date=e.date.isoformat() if e.date else "undated",
        gaps=tuple(
            (gap[:3], Severity(severity).label, names.get(gap, ""), f"×{n}" if n > 1 else "") for (gap, severity), n in counted
        ),
        gap_name=names.get(gaps[0][0], "") if gaps else "",
        codes=tuple(codes[:MOST_CODES]),
        more_codes=max(0, len(codes) - MOST_CODES),
        least_sure=f"{e.doubt / 10:.0f} %" if e.open_codes else "",
        left=", ".join(filter(None, (_many(e.open_codes, "code"), _many(e.open_gaps, "gap")))),
        follow_up=e.follow_up.isoformat() if e.follow_up else "",
        late=bool(e.follow_up and e.follow_up < today),
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}" if number else ""


def _open_gaps(encounters: list[int]) -> dict[int, list[tuple[str, int]]]:
    """Id and severity of the gaps that still need somebody, gravest first."""
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    done = done_with(encounters)
    raised = Gap.objects.filter(encounter__in=encounters).order_by("-severity", "gap")
    for encounter, key, gap, severity in raised.values_list("encounter", "key", "gap", "severity"):
        if key not in done.get(encounter, NOTHING_DONE).gaps:
            found[encounter].append((gap, severity))
    return found


def _codes(encounters: list[int]) -> dict[int, list[str]]:
    """The codes of the run in their order."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    proposed = Proposal.objects.filter(encounter__in=encounters).order_by("sequence")
    for encounter, code in proposed.values_list("encounter", "code"):
        found[encounter].append(code)
    return found
