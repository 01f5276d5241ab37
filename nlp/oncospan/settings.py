"""What a run is made with, told without the engine: who starts workers and only writes what they send never waits for the pipeline."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from oncospan import __version__
from oncospan.coding.procedure_table import ProcedureTable, procedure_table
from oncospan.errors import UsageError
from oncospan.icd import with_codes
from oncospan.pack import DEFAULT_PACK, Pack, load
from oncospan.types import FamilyHistoryCodes, NetSitePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is made with; it decides every byte of the records together with the pack and the notes.

    ``default_date`` is the encounter date of notes that have none (the first day of the newest release when not given);
    ``max_chars`` is the longest note read, in code points; ``codes`` is a folder of releases a site imported;
    ``procedure_table`` is a site's own table of procedure codes, which is read only where ``holds_license`` says so.
    Proposals whose estimated chance to be right is below ``review_threshold`` are for review: the pack's own threshold where
    none is given, none where it is 0.
    """

    pack: str = DEFAULT_PACK
    net_site_policy: NetSitePolicy = NetSitePolicy.STRICT_INDEX
    family_history_codes: FamilyHistoryCodes = FamilyHistoryCodes.NONE
    max_chars: int = 2_000_000
    default_date: dt.date | None = None
    codes: Path | None = None
    procedure_table: Path | None = None
    holds_license: bool = False
    review_threshold: float | None = None

    def __post_init__(self) -> None:
        if self.review_threshold is not None and not 0.0 <= self.review_threshold <= 1.0:
            raise UsageError("the review threshold is not between 0 and 1", hint="0 switches it off.")


def pack_of(settings: Settings) -> Pack:
    """The pack with the releases and the table of the settings, all in its digest."""
    shipped = load(settings.pack)
    pack = with_codes(shipped, settings.codes) if settings.codes else shipped
    table = table_of(settings)
    return replace(pack, digest=f"{pack.digest}+{table.digest}") if table is not None else pack


def made_with(settings: Settings) -> dict[str, str | int | None]:
    """What the records of a run depend on beside the notes, JSON-ready: engine, pack, settings. Raises PackError."""
    pack = pack_of(settings)
    date, threshold = settings.default_date, settings.review_threshold
    return {
        "engine": __version__, "pack": f"{pack.name} {pack.version}", "pack_digest": pack.digest,
        "net_site_policy": str(settings.net_site_policy), "family_history_codes": str(settings.family_history_codes),
        "max_chars": settings.max_chars, "default_date": date.isoformat() if date else None,
        "review_threshold": None if threshold is None else f"{threshold:g}",
    }  # fmt: skip


def table_of(settings: Settings) -> ProcedureTable | None:
    """The site's own procedure table. Raises UsageError where no license is stated."""
    path = settings.procedure_table
    return procedure_table(path, holds_license=settings.holds_license) if path is not None else None
