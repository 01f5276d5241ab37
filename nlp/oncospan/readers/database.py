"""Notes out of a database: a SQLAlchemy address and a query whose columns are those of a table of notes.

The query is read row by row (by a cursor on the server, where the database has them), in a transaction that may not write and is
rolled back. No password, parameter or value of a row gets into a message: what a driver says is shown only where it is about the query.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from oncospan.errors import InputError, UsageError
from oncospan.readers.columns import Layout
from oncospan.readers.problems import Unreadable
from oncospan.readers.values import Defaults, Make, bad_note
from oncospan.types import BadNote

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, CursorResult

R = TypeVar("R")

PASSWORD = "ONCOSPAN_DATABASE_PASSWORD"  # noqa: S105 - the name of a variable
"""The variable whose value is the password of an address without one."""

_AT_A_TIME = 500
_ABOUT_THE_QUERY = ("42", "3D", "28", "08", "25", "57")
"""Classes of SQLSTATE whose messages quote the query, a name or an address, never a row."""

_NOT_UTF8 = object()
_SURROGATE = re.compile("[\udc80-\udcff]")
"""What bytes that are no UTF-8 are read as (``surrogateescape``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A query to a database; neither stands in a ``repr``, for both may hold what nobody else should read."""

    url: str = field(repr=False)
    query: str = field(repr=False)

    @property
    def name(self) -> str:
        """What messages call it: the kind of database and its name, without host, user and password."""
        url = address(self.url)
        return f"{url.get_backend_name()}:{Path(url.database or '').name or 'memory'}"

    @property
    def query_sha256(self) -> str:
        """The digest of the query, by which a run is known again."""
        return hashlib.sha256(self.query.encode()).hexdigest()

    @property
    def ordered(self) -> bool:
        """Whether the query says in which order its rows come."""
        return "order by" in " ".join(self.query.lower().split())


def address(url: str) -> URL:
    """The address, with the password of the environment where it has none of its own. Raises UsageError or InputError."""
    try:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        raise InputError(
            "reading databases needs SQLAlchemy", hint="Install the extra: pip install 'oncospan[formats]'"
        ) from None
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):  # its message quotes the address
        raise UsageError(
            "the address of the database cannot be read",
            hint="Write e.g. postgresql+psycopg://user@host/name or sqlite:///notes.db",
        ) from None
    if made.drivername in {"postgres", "postgresql"}:
        made = made.set(drivername="postgresql+psycopg")  # the driver that the extra brings
    password = os.environ.get(PASSWORD)
    return made.set(password=password) if password and made.username and not made.password else made


def columns_of(base: Database) -> Sequence[str]:
    """The columns of the query. Raises InputError where the database or the query cannot be read."""
    with _rows(base) as found:
        return list(found.keys())


def rows_of(base: Database, layout: Layout, defaults: Defaults, make: Make[R]) -> Iterator[R | BadNote]:
    """What ``make`` makes of each row; ``where`` of an error is ``kind:name:row``. Raises InputError where the connection breaks."""
    name = base.name
    with _rows(base) as found:
        for row, cells in enumerate(found.mappings(), 1):
            where = fallback = f"{name}:{row}"
            values = {field: _value(cells[column]) for field, column in layout.items()}
            if any(value is _NOT_UTF8 for value in values.values()):
                yield bad_note(fallback, Unreadable.of("not_utf8").error(where), values)
            else:
                yield make(values, layout, defaults, where=where, fallback_id=fallback)


@contextmanager
def _rows(base: Database) -> Iterator[CursorResult[Any]]:
    """The rows of the query as a stream. Raises InputError."""
    from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

    try:
        with _connected(base) as connection, closing(connection.exec_driver_sql(base.query)) as found:
            yield found
    except DBAPIError as e:
        raise _told(base, e) from None
    except (NoSuchModuleError, ImportError) as e:
        hint = "PostgreSQL: pip install 'oncospan[postgresql]' and postgresql+psycopg://…; others: install their driver."
        raise InputError(
            f"the driver of the database is not installed ({type(e).__name__})", where=base.name, hint=hint
        ) from None
    except SQLAlchemyError as e:
        raise InputError(f"the database cannot be read ({type(e).__name__})", where=base.name, hint="Check the query.") from None


@contextmanager
def _connected(base: Database) -> Iterator[Connection]:
    """A connection on which nothing is written, and whose results are not fetched at once."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    url = address(base.url)
    options: dict[str, Any] = {"stream_results": True, "yield_per": _AT_A_TIME, "no_parameters": True}
    if url.get_backend_name() == "postgresql":
        options["postgresql_readonly"] = True
    if (
        url.get_backend_name() == "sqlite"
        and url.database
        and not url.database.startswith("file:")
        and not Path(url.database).is_file()
    ):
        raise InputError(
            "there is no such database file", where=base.name, hint="sqlite:///x.db is beside you, sqlite:////x.db at the root."
        )
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _careful)
    try:
        with engine.connect() as connection:
            yield connection.execution_options(**options)
    finally:
        engine.dispose()


def _careful(connection: Any, record: object) -> None:  # noqa: ARG001 - the shape of a listener
    """Makes SQLite refuse to write, and give text that is no UTF-8 as it is: it would end the query."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    connection.execute("PRAGMA query_only = ON")


def _told(base: Database, e: Any) -> InputError:
    """The error of a driver, with its words only where they are about the query or the connection."""
    state = str(getattr(e.orig, "sqlstate", None) or "")
    words = getattr(getattr(e.orig, "diag", None), "message_primary", None)
    if not words and type(e.orig).__module__ == "sqlite3" and type(e.orig).__name__ == "OperationalError":
        words, state = str(e.orig), "42"
    password = address(base.url).password
    shown = "" if not words or state[:2] not in _ABOUT_THE_QUERY or (password and str(password) in words) else f": {words}"
    what = "cannot be reached" if not state and type(e).__name__ == "OperationalError" else "refuses the query or broke off"
    kind = " ".join(filter(None, (type(e.orig).__name__, state if state != "42" else "")))
    return InputError(
        f"the database {what} ({kind}){shown}", where=base.name, hint="Check the address, the password and the query."
    )


def _value(cell: object) -> object:
    """A cell as the readers of other tables give it."""
    if isinstance(cell, bytes | memoryview):
        try:
            return bytes(cell).decode("utf-8")
        except UnicodeDecodeError:
            return _NOT_UTF8
    if isinstance(cell, Decimal):
        return int(cell) if cell.is_finite() and cell == cell.to_integral_value() else str(cell)
    if isinstance(cell, str):
        return cell if cell.isascii() or not _SURROGATE.search(cell) else _NOT_UTF8
    return str(cell) if isinstance(cell, UUID) else cell
