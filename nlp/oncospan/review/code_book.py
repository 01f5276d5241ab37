"""The code set of an encounter's date, as the workbench asks it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from oncospan.errors import UsageError
from oncospan.gaps.wording import wordings
from oncospan.icd import CodeSet, IcdCode, code_set, releases, with_codes
from oncospan.pack import DEFAULT_PACK, Pack, load

MOST_FOUND = 30
"""The most codes a search shows."""


@lru_cache(maxsize=1)
def pack() -> Pack:
    """The rule pack of the configuration, with the site's own releases."""
    config = settings.CONFIG
    loaded = load(config.pack or DEFAULT_PACK)
    return with_codes(loaded, Path(config.codes)) if config.codes else loaded


@lru_cache(maxsize=8)
def book(release: str) -> CodeSet:
    """The codes of a release; of one that the pack no longer has, those of the newest."""
    try:
        return code_set(pack(), release)
    except UsageError:
        return code_set(pack(), releases(pack())[-1].name)


def found_code(release: str, given: str) -> IcdCode | None:
    """The billable code that a person wrote, with or without its dot; None when the release has none."""
    found = book(release).get(given.strip().upper())
    return found if found is not None and found.billable else None


def search(release: str, words: str) -> tuple[IcdCode, ...]:
    """The billable codes whose code begins with, or whose title or inclusion terms hold, every word; the first of them.

    Titles that begin as the words do come before the others.
    """
    found = (c for c in book(release).search(words) if c.billable)
    begins = tuple(words.casefold().split()[:1])
    return tuple(sorted(found, key=lambda c: not c.title.casefold().startswith(begins)))[:MOST_FOUND]


@lru_cache(maxsize=1)
def gap_names() -> dict[str, str]:
    """The name of every gap by its id."""
    return {w.id: w.name for w in wordings(pack()).gaps.values()}
