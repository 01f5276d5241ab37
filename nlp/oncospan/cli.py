"""The command line: data to stdout, messages to stderr, and an exit code that says what happened."""

from __future__ import annotations

import gc
import json
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from oncospan.cli_options import (
    By,
    Codes,
    DefaultRole,
    DefaultSetting,
    DryRun,
    Engine,
    EngineName,
    Family,
    License,
    Master,
    MaxChars,
    MaxSeconds,
    NamedFormat,
    On,
    PackName,
    Policy,
    ProcedureTable,
    QueryText,
    Resume,
    SummaryFile,
    Threshold,
    Workers,
    columns_of,
    say,
    settings_of,
    sources,
    warn_of_unread,
    watched,
)  # fmt: skip
from oncospan.codes_cli import codes_app
from oncospan.errors import InputError, OncoSpanError, OutputError, UsageError
from oncospan.evaluate_cli import evaluate
from oncospan.export_cli import export
from oncospan.inspect_cli import inspect
from oncospan.review_cli import audit_app, decisions, review
from oncospan.schema import Level
from oncospan.types import Analysis, AuthorRole, FamilyHistoryCodes, NetSitePolicy, Setting
from oncospan.workbench_cli import workbench_app
from oncospan.writers import Format, encoded, format_of, is_folder, open_writer

if TYPE_CHECKING:  # these bring the pipeline or rich, which --help must not wait for
    from oncospan.readers import Defaults
    from oncospan.runners.batch import Batch, Summary, Watch

EXIT_CODES = {
    0: "every note gave a clean record",
    1: "a defect of OncoSpan; please report it (evaluate --compare: the runs differ)",
    2: "the command line makes no sense",
    3: "finished, but some notes gave error records",
    4: "the rule pack cannot be read",
    5: "an input cannot be read, or has no text column",
    6: "the output cannot be written",
    130: "interrupted",
}
"""What the exit codes mean; ``--help`` shows this table."""

app = typer.Typer(
    name="oncospan",
    help="Reads clinical notes and proposes ICD-10-CM codes for metastatic and neuroendocrine cancer, with evidence and gaps.",
    epilog="Exit codes:\n\n" + "\n".join(f"{code:>3}  {meaning}" for code, meaning in EXIT_CODES.items()),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, which hold patients' text
)

app.add_typer(codes_app)
app.add_typer(audit_app)
app.add_typer(workbench_app)


def main() -> None:
    """Run the command line; ends the process with one of EXIT_CODES."""
    gc.set_threshold(50_000)  # a start makes half a million objects that stay: walking them every 700 takes a tenth of it
    try:
        app(prog_name="oncospan")
    except OncoSpanError as e:
        _fail(e)
    except Exception as e:  # noqa: BLE001 - a defect: its message may quote a note, so only its kind and place are shown
        _report_defect(e)


@app.command()
def extract(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT", help="Files of notes; folders or zip archives of them; - for stdin; the address of a database."
        ),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="OUT", help="A file, a folder of parts (DIR/), or - for stdout.")
    ],
    fmt: Annotated[Format | None, typer.Option("--format", help="Output format; guessed from the suffix of OUT.")] = None,
    workers: Workers = 1,
    setting: DefaultSetting = Setting.OUTPATIENT,
    role: DefaultRole = AuthorRole.PROVIDER,
    on: On = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Column of a field; repeatable.")
    ] = None,
    net_site_policy: Policy = NetSitePolicy.STRICT_INDEX,
    family_history_codes: Family = FamilyHistoryCodes.NONE,
    review_threshold: Threshold = None,
    pack: PackName = None,
    max_chars: MaxChars = 2_000_000,
    codes: Codes = None,
    by: By = Level.NOTE,
    together: Annotated[
        bool, typer.Option("--together", help="The notes of an encounter or patient stand together: no sorting on disk.")
    ] = False,
    procedure_table: ProcedureTable = None,
    i_hold_a_license: License = False,
    max_seconds: MaxSeconds = 120.0,
    query: QueryText = None,
    input_format: NamedFormat = None,
    resume: Resume = False,
    dry: DryRun = False,
    summary: SummaryFile = None,
    engine: EngineName = Engine.LOCAL,
    master: Master = None,
) -> None:
    """Read notes and write one output record each, or one an encounter or patient."""
    from oncospan.readers import Database
    from oncospan.runners.batch import Batch, Summary, dry_run
    from oncospan.runners.local import machine_workers

    chosen = format_of(output, fmt)
    if output != "-" and any(Path(output).resolve() == Path(given).resolve() for given in inputs if "://" not in given):
        raise UsageError("the output is one of the inputs", where=output, hint="Name another file with -o.")
    if master is not None and engine is not Engine.SPARK:
        raise UsageError("--master is for Spark", hint="Add --engine spark.")
    if resume and not is_folder(output):
        raise UsageError("only a folder of parts can go on", where=output, hint="Name a folder, with a slash: -o DIR/")
    settings = settings_of(net_site_policy, on, pack, max_chars, codes, procedure_table, licensed=i_hold_a_license)
    settings = replace(settings, family_history_codes=family_history_codes, review_threshold=review_threshold)
    with sources(inputs, query, input_format) as found:
        warn_of_unread(found)
        if resume and by is Level.NOTE and any(isinstance(one, Database) and not one.ordered for one in found):
            raise UsageError(
                "a query without order cannot go on where it stopped", hint="End it with ORDER BY and a unique column."
            )
        batch = Batch(
            inputs=found, output=output, format=chosen, level=by, columns=columns_of(columns or []), settings=settings,
            defaults=_defaults(setting, role, on), together=together, workers=workers or machine_workers(),
            seconds=max_seconds or None, resume=resume,
        )  # fmt: skip
        if dry:
            told = dry_run(batch)
            typer.echo(json.dumps(told, indent=2))
            raise typer.Exit(3 if told["unreadable"] else 0)
        done = Summary(output=output)
        _run(_engine(engine, master), batch, done, summary)
    if done.error_records:
        say(f"{done.error_records} of {done.records} {by}s gave error records")
        raise typer.Exit(3)


def _engine(engine: Engine, master: str | None) -> Callable[[Batch, Summary, Watch], None]:
    """What does a run."""
    if engine is Engine.SPARK:
        from oncospan.runners import spark_batch

        return partial(spark_batch.extract, master=master)
    from oncospan.runners import batch

    return batch.extract


def _run(extracted: Callable[[Batch, Summary, Watch], None], batch: Batch, done: Summary, summary: Path | None) -> None:
    """Runs a batch; whatever ends it, the summary is written and it is said what stands."""
    try:
        extracted(batch, done, watched)
    except BrokenPipeError:
        raise OutputError("the reader of stdout went away") from None
    finally:
        if summary is not None:
            done.write(summary)
        if done.committed and not done.finished:
            say(f"{done.committed} records stand in {batch.output}; --resume goes on from there")


@app.command()
def demo(
    samples: Annotated[Path, typer.Option(help="Folder that holds notes.jsonl.")] = Path("corpora/samples"),
    out: Annotated[Path, typer.Option(help="Folder for records.jsonl and report.html.")] = Path("out/demo"),
    then_review: Annotated[bool, typer.Option("--review", help="Then open the workbench on them.")] = False,
) -> None:
    """Run on the sample notes: records, an HTML report and a summary."""
    from rich.console import Console

    from oncospan.readers import read_notes
    from oncospan.runners.local import run
    from oncospan.writers.summary import show_summary
    from oncospan.writers.tally import Tally

    source = samples / "notes.jsonl"
    if not source.is_file():
        raise InputError("there are no sample notes", where=str(source), hint="Run in the checkout, or give --samples DIR.")
    tally = Tally()
    analyses = run(read_notes([source]), settings_of(NetSitePolicy.STRICT_INDEX))
    with ExitStack() as stack:
        records = stack.enter_context(open_writer(str(out / "records.jsonl"), Format.JSONL))
        report = stack.enter_context(open_writer(str(out / "report.html"), Format.HTML))
        began = first = time.perf_counter()
        for analysis in watched(analyses):
            if not tally.notes:
                first = time.perf_counter()  # the first note waits for the rules to load
            tally.add(analysis.record())
            records.put(encoded(Format.JSONL, analysis))
            report.put(encoded(Format.HTML, analysis))
    show_summary(tally, first - began, time.perf_counter() - first, Console())
    typer.echo(f"Records  {out / 'records.jsonl'}\nReport   {out / 'report.html'}")
    if then_review:
        review(out / "records.jsonl", [source])
    if tally.failed:
        raise typer.Exit(3)


@app.command()
def explain(
    note: Annotated[str, typer.Argument(metavar="NOTE", help="A text file, or - for stdin.")],
    setting: DefaultSetting = Setting.OUTPATIENT,
    role: DefaultRole = AuthorRole.PROVIDER,
    on: On = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write an HTML page too.")] = None,
    net_site_policy: Policy = NetSitePolicy.STRICT_INDEX,
    family_history_codes: Family = FamilyHistoryCodes.NONE,
    review_threshold: Threshold = None,
    pack: PackName = None,
    max_chars: MaxChars = 2_000_000,
    codes: Codes = None,
    facts: Annotated[bool, typer.Option("--coder-facts", help="Severity and risk of each code too, for the coder only.")] = False,
) -> None:
    """Show one note with its marks, codes, what was refused and why, and gaps with their query."""
    from rich.console import Console

    from oncospan.readers import one_note
    from oncospan.runners.local import run
    from oncospan.writers.terminal import show

    read = one_note(note, sys.stdin.buffer, _defaults(setting, role, on))
    settings = settings_of(net_site_policy, on, pack, max_chars, codes)
    settings = replace(settings, family_history_codes=family_history_codes, review_threshold=review_threshold)
    (analysis,) = run([read], settings)
    show(analysis, Console())
    if facts:
        _show_coder_facts(analysis, pack)
    if html is not None:
        with open_writer(str(html), Format.HTML) as writer:
            writer.put(encoded(Format.HTML, analysis))
    if analysis.errors:
        raise typer.Exit(3)


def _show_coder_facts(analysis: Analysis, pack: str | None) -> None:
    from oncospan.coder_facts import coder_facts, coder_lines
    from oncospan.pack import DEFAULT_PACK, load

    loaded = load(pack or DEFAULT_PACK)
    typer.echo("\nCoder facts")
    for line in coder_lines(coder_facts(loaded, c.code, analysis.stamp.release) for c in analysis.codes):
        typer.echo(line)


app.command()(export)
app.command()(inspect)
app.command()(evaluate)
app.command()(review)
app.command()(decisions)


@app.command()
def schema(by: By = Level.NOTE) -> None:
    """Print the JSON Schema of the output record."""
    from oncospan.schema import record_schema

    typer.echo(json.dumps(record_schema(by), indent=2))


@app.command()
def version() -> None:
    """Print the versions of OncoSpan and of its rule pack."""
    from oncospan import __version__
    from oncospan.pack import load

    pack = load()
    typer.echo(f"oncospan {__version__}\n{pack.name} {pack.version} {pack.digest}")


def _defaults(setting: Setting, role: AuthorRole, on: datetime | None) -> Defaults:
    from oncospan.readers import Defaults

    return Defaults(setting=setting, author_role=role, on=on.date() if on else None)


def _fail(e: OncoSpanError) -> NoReturn:
    say(f"error: {e.message}")
    if e.where:
        say(f"where: {e.where}")
    if e.hint:
        say(f"hint:  {e.hint}")
    sys.exit(e.exit_code)


def _report_defect(e: Exception) -> NoReturn:
    say(f"error: OncoSpan failed with {type(e).__name__}; the message is withheld, since it may quote a note")
    for frame in traceback.extract_tb(e.__traceback__)[-5:]:
        say(f"where: {Path(frame.filename).name}:{frame.lineno} in {frame.name}")
    sys.exit(1)
