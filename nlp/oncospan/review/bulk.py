"""Rows by the thousand: Django's tables without its objects, for an import must not wait for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateField, Model


def insert(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows to the table of a model. Columns that are not named must have no default."""
    columns, holes = ", ".join(map(connection.ops.quote_name, names)), ", ".join("%s" for _ in names)
    _many(model, f"INSERT INTO {_table(model)} ({columns}) VALUES ({holes})", names, rows)  # noqa: S608 - names of ours


def update(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Change the rows that have the value of the first column."""
    by, *changed = map(connection.ops.quote_name, names)
    changes = ", ".join(f"{name} = %s" for name in changed)
    statement = f"UPDATE {_table(model)} SET {changes} WHERE {by} = %s"  # noqa: S608 - names of ours
    _many(model, statement, names[1:], [(*rest, key) for key, *rest in rows])


def delete_of(model: type[Model], encounters: Collection[int]) -> None:
    """Remove the rows of encounters from a table on which nothing else hangs."""
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {_table(model)} WHERE encounter_id = %s", [(e,) for e in encounters])  # noqa: S608 - names of ours


def analyze() -> None:
    """Let the database look at its tables, so that it takes the right index."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE")


def _many(model: type[Model], statement: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    dated = {f.attname for f in model._meta.concrete_fields if isinstance(f, DateField)}  # noqa: SLF001 - Django documents it
    for at in (i for i, name in enumerate(names) if name in dated):
        rows = [(*row[:at], connection.ops.adapt_datefield_value(row[at]), *row[at + 1 :]) for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - Django documents it
