"""``oncospan workbench``: what whoever runs the workbench does from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oncospan.cli_options import say
from oncospan.review_cli import Data, needs_extra

if TYPE_CHECKING:
    from oncospan.review.config import Config

workbench_app = typer.Typer(name="workbench", help="Look after the workbench: backups, passwords.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup: one SQLite file, whatever database the workbench has.")]


@workbench_app.command()
def backup(path: File, data: Data = None) -> None:
    """Copy everything into one file, at one moment; the workbench may go on meanwhile."""
    config = _ready(data)
    from oncospan.review.backups import back_up

    found = back_up(config, path)
    typer.echo(f"{path}: {found.events} audit events, whole; the last hash is {found.head}")


@workbench_app.command()
def restore(
    path: File,
    data: Data = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what the workbench holds.")] = False,
) -> None:
    """Bring back what a backup holds, once its audit trail is found whole; everybody logs in anew."""
    config = _ready(data)
    from oncospan.review import backups

    found = backups.restore(config, path, overwrite=overwrite)
    typer.echo(f"restored; {found.events} audit events, whole; the last hash is {found.head}")


@workbench_app.command()
def password(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person.")],
    data: Data = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make the person an administrator who may log in.")] = False,
) -> None:
    """Set a person's password, asked for here or read from stdin, and forget failed log-ins."""
    _ready(data)
    from oncospan.review.people import set_password

    given = (
        typer.prompt("New password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else sys.stdin.readline()
    )
    set_password(name, given.rstrip("\n"), admin=admin)
    say(f"{name} may log in with the new password now.")


def _ready(data: Path | None) -> Config:
    needs_extra()
    from oncospan.review.config import default_data
    from oncospan.review.serve import ready

    return ready((data or default_data()).resolve())
