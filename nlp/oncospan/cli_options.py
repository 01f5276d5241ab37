"""What the commands share: options, the settings they make, messages and the progress line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from oncospan.errors import UsageError
from oncospan.schema import Level
from oncospan.types import AuthorRole, FamilyHistoryCodes, NetSitePolicy, Setting

if TYPE_CHECKING:  # it brings the pipeline, which --help must not wait for
    from oncospan.engine import Settings

Family = Annotated[
    FamilyHistoryCodes,
    typer.Option(metavar="CODES", help="Family history codes of what relatives have: " + " or ".join(FamilyHistoryCodes) + "."),
]
Policy = Annotated[
    NetSitePolicy,
    typer.Option(
        metavar="POLICY",
        help="How a neuroendocrine tumor of a site with a carcinoid code is read: " + " or ".join(NetSitePolicy) + ".",
    ),
]
On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Date of notes that have none.")]
PackName = Annotated[str | None, typer.Option(help="Rule pack to use; the installed default when not given.")]
Workers = Annotated[
    int, typer.Option(min=0, help="Worker processes, 0 for one a processor; the output is the same for any number.")
]
MaxSeconds = Annotated[float, typer.Option(min=0.0, metavar="S", help="Longest time a note may take; 0 for no limit.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a folder of parts where a run was stopped.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only read the inputs, and tell as JSON what they hold.")]
SummaryFile = Annotated[
    Path | None, typer.Option("--summary", metavar="FILE", help="Write counts, errors and speed of the run as JSON.")
]
DefaultSetting = Annotated[Setting, typer.Option(help="Setting of notes that have none.")]
MaxChars = Annotated[int, typer.Option(min=1, metavar="N", help="Longest note that is read, in characters.")]
By = Annotated[Level, typer.Option("--by", help="What one record stands for: its notes are merged.")]
Codes = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of releases loaded with codes import.")]
ProcedureTable = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Your own licensed table of procedure codes; needs --i-hold-a-license.")
]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0.0, max=1.0, metavar="P", show_default=False,
        help="Estimated chance to be right below which a code is for review; the pack's own when not given, 0 for none.",
    ),
]  # fmt: skip
License = Annotated[bool, typer.Option("--i-hold-a-license", help="Your organization is licensed for the codes of that table.")]
DefaultRole = Annotated[
    AuthorRole, typer.Option(metavar="ROLE", help=f"Author role of notes that have none: {', '.join(AuthorRole)}.")
]


def settings_of(
    policy: NetSitePolicy,
    on: datetime | None = None,
    pack: str | None = None,
    max_chars: int = 2_000_000,
    codes: Path | None = None,
    procedures: Path | None = None,
    *,
    licensed: bool = False,
) -> Settings:
    """The settings of a run by the options of a command."""
    from oncospan.engine import Settings
    from oncospan.pack import DEFAULT_PACK

    date = on.date() if on else None
    made = Settings(pack=pack or DEFAULT_PACK, net_site_policy=policy, default_date=date, max_chars=max_chars, codes=codes)
    return replace(made, procedure_table=procedures, holds_license=licensed) if procedures else made


Item = TypeVar("Item")


def watched(items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
    """The items, with a progress line on stderr when that is a terminal; it tells the time left where the total is known."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = [SpinnerColumn(), TextColumn("{task.completed:,.0f} notes"), TextColumn("{task.speed:,.0f}/s"), TimeElapsedColumn()]
    columns += [TextColumn("to go"), TimeRemainingColumn()] if total is not None else []
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("notes", total=total)
        for item in items:
            yield item
            progress.advance(task)


def say(message: str) -> None:
    """Write a message to stderr."""
    typer.echo(message, err=True)


def columns_of(pairs: Iterable[str]) -> dict[str, str]:
    """The column mapping of repeated ``--map field=column``."""
    columns: dict[str, str] = {}
    for pair in pairs:
        name, eq, column = pair.partition("=")
        if not eq:
            raise UsageError(f"--map {pair!r} is not FIELD=COLUMN", hint="Write e.g. --map text=NOTE_TEXT")
        columns[name.strip()] = column.strip()
    return columns
