"""Rows by the thousand: Django's tables without its objects, for an import must not wait for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Max, Model


def insert(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows to the table of a model; dates are texts (ISO 8601). Columns that are not named must have no default."""
    columns, holes = ", ".join(map(connection.ops.quote_name, names)), ", ".join("%s" for _ in names)
    _many(f"INSERT INTO {_table(model)} ({columns}) VALUES ({holes})", rows)  # noqa: S608 - names of ours


def update(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Change the rows that have the value of the first column."""
    by, *changed = map(connection.ops.quote_name, names)
    changes = ", ".join(f"{name} = %s" for name in changed)
    statement = f"UPDATE {_table(model)} SET {changes} WHERE {by} = %s"  # noqa: S608 - names of ours
    _many(statement, [(*rest, key) for key, *rest in rows])


def delete_of(model: type[Model], encounters: Collection[int]) -> None:
    """Remove the rows of encounters from a table on which nothing else hangs."""
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {_table(model)} WHERE encounter_id = %s", [(e,) for e in encounters])  # noqa: S608 - names of ours


def found(model: type[Model], by: str, values: Collection[str], names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Columns of the rows that have one of the values."""
    if not values:
        return []
    by, *wanted = map(connection.ops.quote_name, (by, *names))
    holes = ", ".join("%s" for _ in values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(wanted)} FROM {_table(model)} WHERE {by} IN ({holes})", list(values))  # noqa: S608 - names of ours
        return list(cursor.fetchall())


def highest(model: type[Model]) -> int:
    """The number of the newest row, 0 without any."""
    return model._base_manager.aggregate(top=Max("pk"))["top"] or 0  # noqa: SLF001 - Django documents it


def numbers_above(model: type[Model], number: int, name: str) -> dict[str, int]:
    """The numbers of the rows that are newer than a number, by the value of a column."""
    return dict(model._base_manager.filter(pk__gt=number).values_list(name, "pk"))  # noqa: SLF001 - Django documents it


def analyze() -> None:
    """Let the database look at its tables, so that it takes the right index."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE")


def _many(statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - Django documents it
