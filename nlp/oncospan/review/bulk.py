"""Rows by the thousand: Django's tables without its objects, for an import must not wait for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Model


def insert(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows to the table of a model; all have the same columns. Columns that are left out must have no default."""
    rows = list(rows)
    if not rows:
        return
    names = list(rows[0])
    _many(f"INSERT INTO {_table(model)} ({_columns(names)}) VALUES ({_holes(names)})", rows, names)  # noqa: S608 - names of ours


def update(model: type[Model], by: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Change the rows that have the value of the column ``by``; all have the same columns."""
    rows = list(rows)
    if not rows:
        return
    names = [n for n in rows[0] if n != by]
    changes = ", ".join(f"{connection.ops.quote_name(n)} = %s" for n in names)
    _many(f"UPDATE {_table(model)} SET {changes} WHERE {connection.ops.quote_name(by)} = %s", rows, [*names, by])  # noqa: S608 - names of ours


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


def _many(statement: str, rows: Iterable[Mapping[str, Any]], names: list[str]) -> None:
    adapt = connection.ops.adapt_datefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            statement, [[adapt(v) if type(v) is dt.date else v for v in map(row.__getitem__, names)] for row in rows]
        )


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - Django documents it


def _columns(names: Iterable[str]) -> str:
    return ", ".join(connection.ops.quote_name(n) for n in names)


def _holes(names: Iterable[str]) -> str:
    return ", ".join("%s" for _ in names)
