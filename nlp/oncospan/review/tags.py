"""The gaps and codes of an encounter in one column, so that an index of the worklist holds them: filtering needs no second table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from oncospan.review.models import MOST_TAGS, Gap, Proposal

TOO_MANY = "*"
"""In place of tags that are longer than the column: their tables are looked at."""


def tags(gaps: Iterable[str], codes: Iterable[str]) -> str:
    """The tags of an encounter: ``!`` before a gap, ``=`` before a code, and a blank after each."""
    told = "".join([*dict.fromkeys(f"!{gap} " for gap in gaps), *dict.fromkeys(f"={code} " for code in codes)])
    return told if len(told.encode()) <= MOST_TAGS else TOO_MANY


def has_gap(gap: str) -> Q:
    """The encounters that have a gap of an id."""
    return _has(f"!{gap} ", Gap.objects.filter(gap=gap))


def has_code(beginning: str) -> Q:
    """The encounters that have a code that begins so; none where no code can."""
    if not re.fullmatch(r"[A-Z0-9.]+", beginning):
        return Q(pk__in=())
    return _has(f"={beginning}", Proposal.objects.filter(code__startswith=beginning))


def _has(tag: str, rows: QuerySet[Gap] | QuerySet[Proposal]) -> Q:
    return Q(tags__contains=tag) | (Q(tags=TOO_MANY) & Q(Exists(rows.filter(encounter=OuterRef("pk")))))  # in this order
