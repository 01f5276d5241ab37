"""What the commands share: options, the settings they make, messages and the progress line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from oncospan.errors import InputError, UsageError
from oncospan.schema import Level
from oncospan.types import AuthorRole, FamilyHistoryCodes, NetSitePolicy, Setting

if TYPE_CHECKING:  # they bring the pipeline and the readers, which --help must not wait for
    from oncospan.readers import Source
    from oncospan.settings import Settings


class Engine(StrEnum):
    """What does the work of a run."""

    LOCAL = "local"
    SPARK = "spark"


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
QueryText = Annotated[
    str | None,
    typer.Option(
        "--query", metavar="SQL", help="What to read of a database, with the columns of a table of notes; @FILE for a file of it."
    ),
]
INPUT_FORMATS = ("csv", "tsv", "jsonl", "parquet", "text", "hl7", "fhir", "ccda", "html", "rtf", "docx", "pdf", "zip")
NamedFormat = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="FORMAT",
        help=f"Format of what comes on stdin, where it is not detected: {', '.join(INPUT_FORMATS)}.",
    ),
]
Workers = Annotated[
    int, typer.Option(min=0, help="Worker processes, 0 for one a processor; the output is the same for any number.")
]
MaxSeconds = Annotated[float, typer.Option(min=0.0, metavar="S", help="Longest time a note may take; 0 for no limit.")]
EngineName = Annotated[Engine, typer.Option("--engine", help="What does the work: this machine, or a Spark cluster.")]
Master = Annotated[
    str | None,
    typer.Option(
        metavar="URL", show_default=False, help="Spark master, e.g. spark://host:7077; that of spark-submit when not given."
    ),
]
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
    from oncospan.pack import DEFAULT_PACK
    from oncospan.settings import Settings

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


@contextmanager
def sources(inputs: Sequence[str], query: str | None, named: str | None) -> Iterator[list[Source]]:
    """What a command reads: files by their path, ``-`` as a temporary file of standard input, addresses as queries to databases.

    Raises UsageError where they do not fit, InputError where a file of SQL is missing.
    """
    bases = [given for given in inputs if "://" in given]
    if bases and not query:
        raise UsageError("a database needs a query", hint="Give it with --query 'SELECT …' or --query @FILE.")
    if query and not bases:
        raise UsageError(
            "--query is for databases", hint="Name one, e.g. postgresql+psycopg://user@host/name or sqlite:///notes.db"
        )
    if named is not None and named not in INPUT_FORMATS:
        raise UsageError(f"{named!r} is not an input format", hint=f"Formats: {', '.join(INPUT_FORMATS)}.")
    if inputs.count("-") > 1:
        raise UsageError("standard input can be read once only", hint="Name - once.")
    if named is not None and "-" not in inputs:
        raise UsageError(
            "--input-format is for standard input", hint="Files are read by their suffix; pipe this one in: … - < FILE"
        )
    with ExitStack() as stack:
        yield [_source(given, query, named, stack) for given in inputs]


def warn_of_unread(found: Iterable[Source]) -> None:
    """Says which files of a folder are passed over that may hold notes: tables beside documents, and files of office programs."""
    from oncospan.readers import by_name, names_of, tables_beside

    for place in (one for one in found if isinstance(one, Path)):
        files = names_of(place)
        if names := tables_beside(files):
            say(
                f"note: documents stand beside tables in {place.name}, so these are not read: {_first(names)}; name them to read them"
            )
        for it in dict.fromkeys(it for f in files if (it := by_name(f))):
            names = [f.name for f in files if by_name(f) == it]
            say(f"note: not read in {place.name}: {_first(names)}: {it.what}. {it.instead}")


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _source(given: str, query: str | None, named: str | None, stack: ExitStack) -> Source:
    if given == "-":
        from oncospan.readers import InputFormat, spooled

        return stack.enter_context(spooled(sys.stdin.buffer, InputFormat(named) if named else None))
    if "://" in given:
        from oncospan.readers import Database
        from oncospan.readers.database import address

        address(given)
        return Database(url=given, query=_sql(query or ""))
    return Path(given)


def _sql(query: str) -> str:
    """The words of a query, or of the file it names."""
    if not query.startswith("@"):
        return query
    try:
        return Path(query[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "the file of the query cannot be read", where=query[1:], hint="Check the path; it must be UTF-8."
        ) from None
