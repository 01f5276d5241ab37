"""``oncospan inspect``: what an input holds and how it would be read, before a long run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from oncospan.cli_options import NamedFormat, QueryText, columns_of, say, sources

if TYPE_CHECKING:
    from oncospan.readers.inspection import Sight


def inspect(
    given: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="A file of notes; a folder or zip archive of them; - for stdin; the address of a database."
        ),
    ],
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Column of a field; repeatable.")
    ] = None,
    first: Annotated[int, typer.Option("--first", metavar="N", min=1, help="Notes that are looked at.")] = 1000,
    query: QueryText = None,
    input_format: NamedFormat = None,
) -> None:
    """Show what an input holds and how it would be read; no words of notes are shown."""
    from oncospan.readers.inspection import inspect as look

    with sources([given], query, input_format) as (found,):
        sight = look(found, columns_of(columns or []), first)
    for line in _lines(sight):
        typer.echo(line.rstrip())
    if failed := sum(sight.errors.values()):
        say(f"{failed} of {failed + sight.notes} notes give error records")
        raise typer.Exit(3)


def _lines(sight: Sight) -> Iterator[str]:
    for kind, number in sight.files.items():
        yield f"{'Format':12}{kind} ({number} file{'s' if number != 1 else ''})"
    for kind, layout in sight.layouts:
        if layout:
            yield f"{'Mapped':12}{kind}" if len(sight.layouts) > 1 else "Mapped"
            yield from (f"  {name:16}{column}" for name, column in layout.items())
    if sight.unread:
        yield f"{'Not read':12}{', '.join(sight.unread[:20])}{', …' if len(sight.unread) > 20 else ''}"
    for heading, kinds in (*sight.held, ("Passed over", sight.passed_over)):
        if kinds:
            yield f"{heading:12}{_counts(kinds)}"
    yield f"{'Notes':12}{sight.notes}{'' if sight.whole else ' (more follow)'}"
    if sight.chars:
        yield f"  {'characters':16}{sight.chars[0]} to {sight.chars[1]}"
        yield f"  {'setting':16}{_counts(sight.settings)}"
        yield f"  {'author_role':16}{_counts(sight.roles)}"
        yield from (f"  {name:16}{number} of {sight.notes}" for name, number in sight.present.items())
    for (code, message, hint), number in sorted(sight.errors.items(), key=lambda e: -e[1]):
        yield f"{'Error':12}{number} {code}: {message}{f'. {hint}' if hint else ''}"


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items(), key=lambda c: -c[1]))
