"""The setting, gaps and codes of an encounter as one text, which few encounters have alone: the worklist is filtered by those texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from django.db.models import Q

from oncospan.review.models import TagSet
from oncospan.types import digest_of


def tags(setting: str, gaps: Iterable[str], codes: Iterable[str]) -> str:
    """The tags of an encounter: ``@`` before its setting, ``!`` before a gap, ``=`` before a code, and a blank after each."""
    told = (f"@{setting} ", *(f"!{gap} " for gap in gaps), *(f"={code} " for code in codes))
    return "".join(sorted(set(told)))


def tag_sets(wanted: Collection[str]) -> dict[str, int]:
    """The numbers of texts of tags; those that are new are kept."""
    digests = {digest_of(text): text for text in wanted}
    known = _known(digests)
    new = [TagSet(tags=text, digest=digest) for digest, text in digests.items() if text not in known]
    if new:
        TagSet.objects.bulk_create(new, ignore_conflicts=True)
        known = _known(digests)
    return known


def _known(digests: dict[str, str]) -> dict[str, int]:
    return {digests[digest]: pk for digest, pk in TagSet.objects.filter(digest__in=list(digests)).values_list("digest", "pk")}


def has_setting(setting: str) -> Q:
    """The encounters of a setting."""
    return _has(f"@{setting} ")


def has_gap(gap: str) -> Q:
    """The encounters that have a gap of an id."""
    return _has(f"!{gap} ")


def has_code(beginning: str) -> Q:
    """The encounters that have a code that begins so; none where no code can."""
    return _has(f"={beginning}") if re.fullmatch(r"[A-Z0-9.]+", beginning) else Q(pk__in=())


def _has(tag: str) -> Q:
    return Q(tag_set__in=TagSet.objects.filter(tags__contains=tag).values("pk"))
