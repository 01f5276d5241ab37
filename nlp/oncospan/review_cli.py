"""``oncospan review``, ``oncospan decisions`` and ``oncospan audit``: the workbench from the command line."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from oncospan.cli_options import say
from oncospan.errors import UsageError

LOOPBACK = {"127.0.0.1", "::1", "[::1]", "localhost"}
"""The addresses that only this machine reaches."""

MOST_TOLD = 20
"""Refused records that are told one by one."""

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Folder of the workbench's database, secret key and review.toml.", show_default=False
    ),
]

audit_app = typer.Typer(name="audit", help="The audit trail of the workbench.", no_args_is_help=True)


def review(
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="Records to read in first: a JSONL file of extract, or its folder.")
    ] = None,
    notes: Annotated[
        list[Path] | None, typer.Option("--notes", metavar="FILE", help="The notes that the records were made from; repeatable.")
    ] = None,
    data: Data = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port on this machine.", show_default=False)] = None,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="PEM", help="Serve with TLS: the certificate chain.", show_default=False)
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="PEM", help="Its private key.", show_default=False)] = None,
    only_import: Annotated[bool, typer.Option("--only-import", help="Read the records in and end.")] = False,
) -> None:
    """Review codes and gaps in a browser, on this machine."""
    needs_extra()
    from oncospan.review.config import TLS_VARIABLES, default_data
    from oncospan.review.serve import ready, serve

    for key, path in (("tls_cert", tls_cert), ("tls_key", tls_key)):
        if path is not None:
            os.environ[TLS_VARIABLES[key]] = str(path.resolve())
    config = ready((data or default_data()).resolve())
    failed = _imported(out, notes or []) if out is not None else False
    if only_import:
        raise typer.Exit(3 if failed else 0)
    from oncospan.review.people import nobody_yet, setup_code

    config = replace(config, port=port or config.port)
    if nobody_yet():
        say(f"The first person to come becomes administrator, with the setup code {setup_code()}")
    if not config.https and config.host not in LOOPBACK:
        say("warning: whoever is on the network can read along; serve with --tls-cert and --tls-key, or behind a proxy with TLS")
    scheme = "https" if config.tls_cert else "http"
    serve(config, lambda: say(f"The workbench is at {scheme}://{config.host}:{config.port}/  (Ctrl-C ends it)"))


def decisions(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="FILE.jsonl or FILE.csv to write.", show_default=False)],
    data: Data = None,
) -> None:
    """Write what reviewers decided as JSONL or CSV, e.g. for evaluate --decisions."""
    form = out.suffix.lower().removeprefix(".")
    if form not in {"csv", "jsonl"}:
        raise UsageError("decisions are written as CSV or JSONL", where=str(out), hint="Name the file .csv or .jsonl.")
    needs_extra()
    from oncospan.review.config import default_data
    from oncospan.review.serve import ready
    from oncospan.writers.whole import whole_file

    ready((data or default_data()).resolve())
    from oncospan.review import audit, exporting

    audit.record(audit.Entry(actor="command line", action="export decisions", detail={"form": form}))
    with whole_file(out) as stream:
        for line in exporting.lines(form):
            stream.write(line.encode("utf-8"))


def _imported(out: Path, notes: list[Path]) -> bool:
    """Read the records in, tell what could not be read; whether there was any such."""
    from oncospan.review.importing import import_run

    report = import_run(out, notes)
    for e in report.refused[:MOST_TOLD]:
        say(f"{e}" + (f" ({e.hint})" if e.hint else ""))
    if len(report.refused) > MOST_TOLD:
        say(f"and {len(report.refused) - MOST_TOLD} more")
    again = f", {report.skipped} were there already" if report.skipped else ""
    closed = f", {report.closed} queries closed because their gap is gone" if report.closed else ""
    say(f"{report.records} records read in{again}, {len(report.refused)} refused{closed}")
    return bool(report.refused)


@audit_app.command()
def verify(data: Data = None) -> None:
    """Check that no event of the audit trail was changed, removed or cut off; exit code 1 where one was."""
    needs_extra()
    from oncospan.review.config import default_data
    from oncospan.review.serve import ready

    ready((data or default_data()).resolve())
    from oncospan.review import audit

    found = audit.verify_to_the_end()
    if found.fault:
        say(f"error: {found.fault}")
        raise typer.Exit(1)
    typer.echo(f"{found.events} events, whole; the last hash is {found.head}")


@audit_app.command()
def anchor(data: Data = None) -> None:
    """Keep the present end of the trail: for a database that was changed on purpose, e.g. one brought from elsewhere."""
    needs_extra()
    from oncospan.review.config import default_data
    from oncospan.review.serve import ready

    ready((data or default_data()).resolve())
    from oncospan.review import audit

    kept = audit.anchor(audit.Entry(actor="command line", action="anchor audit"))
    typer.echo(f"the trail is kept up to event {kept.number}, {kept.hash}")


def needs_extra() -> None:
    """Raises UsageError where the libraries of the workbench are not installed."""
    if any(importlib.util.find_spec(m) is None for m in ("django", "axes", "csp", "msgspec", "waitress", "whitenoise", "argon2")):
        raise UsageError("the workbench is not installed", hint="Install it: pip install 'oncospan[review]'")
