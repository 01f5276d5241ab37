"""Severity and risk of a code (CC level, CMS-HCC): for the coder's eyes only, never for a provider.

A query that hints at payment is a leading query. So nothing below the command line imports this module (a contract in
pyproject.toml), and a :class:`CoderFacts` refuses to become text by ``str`` or formatting: it cannot slip into a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from oncospan.errors import PackError
from oncospan.icd.patterns import dotted
from oncospan.pack import Pack
from oncospan.tables import read_tsv

SEVERITY_COLUMNS = ("code", "release", "level", "source")
HCC_COLUMNS = ("code", "py2026", "py2027")

CAUTION = (
    "For the coder only; never part of a query. A CC counts as such only where the principal diagnosis does not exclude it; "
    "the tables cover FY2026 onward and the payment years 2026 and 2027 (initial)."
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CoderFacts:
    """What a code means for severity and risk; shown by :func:`coder_lines` and in no other way.

    ``level`` is CC, MCC, none, or unknown where no table covers the release; ``hcc`` gives the V28 category by payment
    year, ``none``, or ``unknown`` for a code outside neoplasms that the shipped part of the table does not list.
    """

    code: str
    level: str
    source: str
    hcc: Mapping[int, str]

    def __repr__(self) -> str:
        return f"CoderFacts({self.code})"

    def __str__(self) -> NoReturn:
        raise TypeError("coder facts are not text; they must not reach a query")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("coder facts are not text; they must not reach a query")


def coder_facts(pack: Pack, code: str, release: str) -> CoderFacts:
    """The severity and risk of a code in a release, by the tables the pack ships. Raises PackError with file:line."""
    severity, hcc = _tables(pack.root / "icd10cm" / "coder_facts", pack.digest)
    code = dotted(code)
    since, level, source = severity.get(code, ("FY2026", "none", "IPPS tables 6I and 6J"))
    if release < "FY2026":
        since, level, source = "", "unknown", f"no table of {release}"
    elif release < since:
        level, source = "none", "IPPS tables 6I and 6J"
    return CoderFacts(code=code, level=level, source=f"{source} {since}".strip(), hcc=_risk(code, hcc))


def coder_lines(facts: Iterable[CoderFacts]) -> Iterator[str]:
    """A table of the facts for a terminal, with the caution that belongs to it."""
    yield f"{'code':10}{'severity':10}{'HCC 2026':10}{'HCC 2027':10}source of severity"
    for f in facts:
        yield f"{f.code:10}{f.level:10}{f.hcc[2026]:10}{f.hcc[2027]:10}{f.source}"
    yield CAUTION


def _risk(code: str, hcc: Mapping[str, tuple[str, str]]) -> Mapping[int, str]:
    unlisted = "none" if "C00" <= code < "D50" else "unknown"
    first, second = hcc.get(code, (unlisted, unlisted))
    return MappingProxyType({2026: first or "none", 2027: second or "none"})


_Severity = Mapping[str, tuple[str, str, str]]


@lru_cache(maxsize=4)
def _tables(folder: Path, digest: str) -> tuple[_Severity, Mapping[str, tuple[str, str]]]:  # noqa: ARG001 - part of the cache key
    severity: dict[str, tuple[str, str, str]] = {}
    for row in read_tsv(folder / "severity.tsv", SEVERITY_COLUMNS):
        if row["level"] not in {"CC", "MCC"} or row["code"] in severity:
            raise PackError("a code has one level, CC or MCC", where=row.where)
        severity[row["code"]] = (row["release"], row["level"], row["source"])
    return severity, {r["code"]: (r["py2026"], r["py2027"]) for r in read_tsv(folder / "hcc_v28.tsv", HCC_COLUMNS)}
