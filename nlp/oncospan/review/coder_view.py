"""Severity and risk of an encounter's codes, for the coder alone: the only module of the workbench that reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oncospan.coder_facts import CAUTION, coder_facts
from oncospan.review.code_book import book, pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A code's severity level and its risk category by payment year."""

    code: str
    title: str
    level: str
    source: str
    hcc: tuple[tuple[int, str], ...]


def facts(codes: Iterable[str], release: str) -> tuple[Fact, ...]:
    """The facts of the codes in a release."""
    found = (coder_facts(pack(), code, release) for code in codes)
    titles = book(release)
    return tuple(
        Fact(
            code=f.code,
            title=c.title if (c := titles.get(f.code)) else "",
            level=f.level,
            source=f.source,
            hcc=tuple(sorted(f.hcc.items())),
        )
        for f in found
    )


__all__ = ["CAUTION", "Fact", "facts"]
