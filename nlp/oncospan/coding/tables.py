"""The pack's code tables: which leaf a site, deposit, histology or syndrome has."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from oncospan.errors import PackError
from oncospan.icd.patterns import Target, target
from oncospan.pack import Pack
from oncospan.sites import organ
from oncospan.tables import Row, read_tsv
from oncospan.types import CodeStatus

PRIMARY_COLUMNS = (
    "subsite", "site", "carcinoid", "code", "right", "left", "bilateral", "z85_carcinoid", "z85_other",
    "merkel", "merkel_right", "merkel_left", "melanoma", "melanoma_right", "melanoma_left", "note",
)  # fmt: skip
SECONDARY_COLUMNS = ("site", "carcinoid", "code", "right", "left", "bilateral", "from", "until", "note")
HISTOLOGY_COLUMNS = ("histology", "site", "behavior", "code", "right", "left", "bilateral", "note")
FUNCTIONAL_COLUMNS = ("kind", "code", "note")
COMPLICATION_COLUMNS = ("complication", "words", "code", "right", "left", "status", "order", "needs", "note")
FAMILY_COLUMNS = ("of", "code", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The codes of one table row by side: ``any`` when the side is not said; bilateral may be two codes."""

    any: str
    right: str = ""
    left: str = ""
    bilateral: tuple[str, ...] = ()

    def codes(self, side: str | None) -> tuple[str, ...]:
        """The codes for a side: one, or two where both sides have a code each and none is bilateral."""
        if side == "right" and self.right:
            return (self.right,)
        if side == "left" and self.left:
            return (self.left,)
        if side == "bilateral" and self.right and self.left:
            return self.bilateral or (self.right, self.left)
        return (self.any,) if self.any else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimarySite:
    """The primary codes of one site or part of it, for each family of tumor."""

    site: str
    plain: Leaf
    carcinoid: str
    merkel: Leaf
    melanoma: Leaf
    history_carcinoid: str
    history_other: str

    @property
    def has_carcinoid_leaf(self) -> bool:
        """Whether the site has a carcinoid code of its own, not that of other or unspecified sites."""
        return self.carcinoid not in ("", "-", "C7A.00", "C7A.098")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondarySite:
    """The secondary codes of one site, in force between two days; ``carcinoid_or`` is the other reading where the book is open."""

    plain: Leaf
    carcinoid: str
    carcinoid_or: str
    start: dt.date | None
    end: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complication:
    """The codes of a complication whose evidence holds the words, whether it may lead, and what must be current."""

    words: re.Pattern[str]
    leaf: Leaf
    status: CodeStatus
    may_lead: bool
    needs_metastasis: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CodeTables:
    """All code tables of a pack."""

    primary: Mapping[str, PrimarySite]
    secondary: Mapping[str, tuple[SecondarySite, ...]]
    histology: Mapping[tuple[str, str, str], Leaf]
    functional: Mapping[str, str]
    complication: Mapping[str, tuple[Complication, ...]]
    family: tuple[tuple[Target, str], ...]

    def primary_site(self, site: str, subsite: str | None) -> PrimarySite | None:
        """The row of the part, else of the site, else of its organ."""
        for key in (subsite, site, organ(site)):
            if key and key in self.primary:
                return self.primary[key]
        return None

    def secondary_site(self, site: str, subsite: str | None, on: dt.date) -> SecondarySite | None:
        """The row of a deposit's part, else of its site, else of its organ, in force on a day."""
        for key in (subsite, site, organ(site)):
            for row in self.secondary.get(key or "", ()):
                if (row.start is None or row.start <= on) and (row.end is None or on <= row.end):
                    return row
        return None

    def histology_leaf(self, histology: str | None, site: str, subsite: str | None, behavior: str | None) -> Leaf | None:
        """The leaf a histology has of its own, for its part, site or any, for its behavior or unstated; None when it has none."""
        if histology is None:
            return None
        for where in (subsite, site, organ(site), "*"):
            for how in (behavior or "nos", "*"):
                if leaf := self.histology.get((histology, where or "", how)):
                    return leaf
        return None


@lru_cache(maxsize=4)
def tables_of(pack: Pack) -> CodeTables:
    """The code tables of a pack, read once. Raises PackError with file:line."""
    folder = pack.root / "coding"
    primary = {r["subsite"]: _primary(r) for r in read_tsv(folder / "primary_sites.tsv", PRIMARY_COLUMNS)}
    secondary: dict[str, tuple[SecondarySite, ...]] = {}
    for r in read_tsv(folder / "secondary_sites.tsv", SECONDARY_COLUMNS):
        secondary[r["site"]] = (*secondary.get(r["site"], ()), _secondary(r))
    histology = {
        (r["histology"], r["site"], r["behavior"]): _leaf(r) for r in read_tsv(folder / "histology_codes.tsv", HISTOLOGY_COLUMNS)
    }
    complication: dict[str, tuple[Complication, ...]] = {}
    for r in read_tsv(folder / "complication_codes.tsv", COMPLICATION_COLUMNS):
        complication[r["complication"]] = (*complication.get(r["complication"], ()), _complication(r))
    family = tuple((_target(r), r["code"]) for r in read_tsv(folder / "family_codes.tsv", FAMILY_COLUMNS))
    functional = {r["kind"]: r["code"] for r in read_tsv(folder / "functional_codes.tsv", FUNCTIONAL_COLUMNS)}
    return CodeTables(
        primary=MappingProxyType(primary),
        secondary=MappingProxyType(secondary),
        histology=MappingProxyType(histology),
        functional=MappingProxyType(functional),
        complication=MappingProxyType(complication),
        family=family,
    )


def _leaf(r: Row, prefix: str = "") -> Leaf:
    side = f"{prefix}_" if prefix else ""
    cell = {k: ("" if v == "-" else v) for k, v in r.cells.items()}
    both = cell.get(f"{side}bilateral", "")
    return Leaf(
        any=cell[prefix or "code"], right=cell.get(f"{side}right", ""), left=cell.get(f"{side}left", ""),
        bilateral=tuple(filter(None, both.split("+"))),
    )  # fmt: skip


def _primary(r: Row) -> PrimarySite:
    return PrimarySite(
        site=r["site"], plain=_leaf(r), carcinoid=r["carcinoid"], merkel=_leaf(r, "merkel"), melanoma=_leaf(r, "melanoma"),
        history_carcinoid=r["z85_carcinoid"], history_other=r["z85_other"],
    )  # fmt: skip


def _complication(r: Row) -> Complication:
    try:
        words, status = re.compile(r["words"], re.IGNORECASE), CodeStatus(r["status"])
    except (re.error, ValueError):
        raise PackError("words is a regular expression, status is proposed or review", where=r.where) from None
    if r["order"] not in ("follows", "may_lead") or r["needs"] not in ("", "metastasis"):
        raise PackError("order is follows or may_lead, needs is metastasis or empty", where=r.where)
    return Complication(
        words=words, leaf=_leaf(r), status=status, may_lead=r["order"] == "may_lead",
        needs_metastasis=r["needs"] == "metastasis", note=r["note"],
    )  # fmt: skip


def _target(r: Row) -> Target:
    if (found := target(r["of"])) is None:
        raise PackError("of is a code or a range of codes, like C56.- or C51-C63", where=r.where)
    return found


def _secondary(r: Row) -> SecondarySite:
    try:
        start, end = (dt.date.fromisoformat(r[c]) if r[c] else None for c in ("from", "until"))
    except ValueError:
        raise PackError("from and until are ISO dates or empty", where=r.where) from None
    carcinoid, _, other = r["carcinoid"].partition(" or ")
    return SecondarySite(plain=_leaf(r), carcinoid=carcinoid, carcinoid_or=other, start=start, end=end)
