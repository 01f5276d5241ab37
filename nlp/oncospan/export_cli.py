"""``oncospan export``: the records of a finished run in the forms that other programs read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from oncospan.cli_options import columns_of, say
from oncospan.errors import OutputError
from oncospan.export.forms import Form


def export(
    records: Annotated[Path, typer.Argument(metavar="RECORDS", help="Records of extract: JSONL, Parquet, or a folder of parts.")],
    output: Annotated[str, typer.Option("-o", "--output", metavar="DEST", help="A file, a folder (DIR/), or - for stdout.")],
    form: Annotated[Form, typer.Option("--format", metavar="FORMAT", help=f"What to write: {', '.join(Form)}.")],
    notes: Annotated[
        list[Path] | None, typer.Option("--notes", metavar="FILE", help="The notes that the records were made from; repeatable.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Column of a field of the notes; repeatable.")
    ] = None,
    at: Annotated[
        dt.datetime | None,
        typer.Option(
            metavar="TIME", formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"], help="UTC time told as that of the export; now."
        ),
    ] = None,
) -> None:
    """Write finished records for other programs: tables, OMOP, FHIR, annotation tools, pages to read."""
    from oncospan.export.run import Export, export

    time = (at or dt.datetime.now(dt.UTC)).replace(tzinfo=dt.UTC, microsecond=0)
    job = Export(records=records, output=output, form=form, at=time, notes=notes or (), columns=columns_of(columns or []))
    try:
        done = export(job)
    except BrokenPipeError:
        raise OutputError("the reader of stdout went away") from None
    if done.error_records:
        say(f"{done.error_records} of {done.records} records only say why a note was not analysed")
        raise typer.Exit(3)
