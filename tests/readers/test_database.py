"""Queries to databases, on real servers: SQLite always, PostgreSQL where ``.ci/run`` has started one."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import sqlite3
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from oncospan import cli
from oncospan.errors import InputError, OncoSpanError, UsageError
from oncospan.readers import Database, read_notes
from oncospan.readers.database import PASSWORD, address
from oncospan.types import AuthorRole, BadNote, Note, Setting

sqlalchemy = pytest.importorskip("sqlalchemy")
SERVER = os.environ.get("ONCOSPAN_REVIEW_TEST_DATABASE")
CANARY = "Quetzalcoatl"
TABLE = "oncospan_reader_notes"
ROWS: list[tuple[Any, ...]] = [
    (1, 12, "I", dt.date(2026, 11, 9), "Consult note", "first"),
    (2, 12, "O", None, None, "100% of :those, 'quoted' \u2265 2 cm"),
    (3, None, "elsewhere", None, None, CANARY),
    (4, None, None, None, None, None),
]
COLUMNS = "note_id, person_id, setting, note_date, note_title, note_text"
QUERY = f"SELECT {COLUMNS} FROM {TABLE} WHERE note_title IS NULL OR note_title LIKE '%note%' ORDER BY note_id"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that holds the rows."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'notes.db'}"
    elif SERVER is None:
        pytest.skip("no PostgreSQL: ONCOSPAN_REVIEW_TEST_DATABASE names none (.ci/run starts one)")
    else:
        address = SERVER.replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.pool.NullPool)
    table = sqlalchemy.Table(
        TABLE, sqlalchemy.MetaData(), sqlalchemy.Column("note_id", sqlalchemy.Numeric(18, 0, asdecimal=False)),
        sqlalchemy.Column("person_id", sqlalchemy.Integer), sqlalchemy.Column("setting", sqlalchemy.Text),
        sqlalchemy.Column("note_date", sqlalchemy.Date), sqlalchemy.Column("note_title", sqlalchemy.Text),
        sqlalchemy.Column("note_text", sqlalchemy.Text),
    )  # fmt: skip
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        connection.execute(table.insert(), [dict(zip(table.columns.keys(), row, strict=True)) for row in ROWS])
    yield address
    with engine.begin() as connection:
        table.drop(connection)
    engine.dispose()


def read(url: str, query: str = QUERY, **columns: str) -> list[Note | BadNote]:
    return list(read_notes([Database(url=url, query=query)], columns=columns))


def test_the_rows_of_a_query_are_notes(url: str) -> None:
    first, second, third, fourth = read(url)
    assert first == Note(
        text="first", note_id="1", patient_id="12", note_type="Consult note", author_role=AuthorRole.PROVIDER,
        note_date=dt.date(2026, 11, 9), setting=Setting.INPATIENT,
    )  # fmt: skip
    assert isinstance(second, Note)
    assert second.text == ROWS[1][-1]
    assert isinstance(third, BadNote)
    assert (third.note_id, third.error.code) == ("3", "bad_value")
    assert CANARY not in repr(third)
    assert isinstance(fourth, Note)
    assert fourth.text == ""


def test_columns_are_guessed_or_mapped(url: str) -> None:
    query = f"SELECT note_id AS key, note_text AS body FROM {TABLE} WHERE note_id = 1"
    with pytest.raises(InputError, match="columns found: key, body"):
        read(url, query)
    (note,) = read(url, query, text="body", note_id="key")
    assert note.note_id == "1"


def test_a_cell_that_is_no_utf8_is_one_error(url: str) -> None:
    cast = "convert_to(note_text, 'LATIN1')" if url.startswith("postgresql") else "cast(x'636166e9' AS text)"
    query = f"SELECT 9 AS note_id, {cast if 'x' in cast else 'note_text'} AS note_text FROM {TABLE} WHERE note_id = 1"
    if url.startswith("postgresql"):
        query = "SELECT 9 AS note_id, '\\x636166e9'::bytea AS note_text"
    (bad,) = read(url, query)
    assert isinstance(bad, BadNote)
    assert bad.error.code == "not_utf8"
    assert str(bad.error.where).endswith(":1")


def test_pieces_of_notes_are_joined(url: str) -> None:
    parts = " UNION ALL ".join(
        f"SELECT 7 AS note_id, {n} AS line, '{words}' AS note_text" for n, words in ((2, "b"), (10, "c"), (1, "a"))
    )
    with_hole = parts.replace("10 AS line", "3 AS line")
    (note,) = read(url, with_hole)
    assert isinstance(note, Note)
    assert (note.note_id, note.text) == ("7", "abc")
    (bad,) = read(url, parts)
    assert isinstance(bad, BadNote)
    assert bad.error.code == "missing_piece"


@pytest.mark.parametrize(
    "query",
    [f"DELETE FROM {TABLE}", f"DROP TABLE {TABLE}", f"SELECT nonsense FROM {TABLE}", "SELECT * FROM nowhere", "SELEC", ""],
)
def test_what_is_no_query_is_refused_and_nothing_is_written(url: str, query: str) -> None:
    with pytest.raises(InputError) as refused:
        read(url, query)
    assert refused.value.where in {"sqlite:notes.db", "postgresql:oncospan"}
    assert len(read(url)) == len(ROWS)


def test_words_of_rows_are_in_no_message(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite casts anything")
    with pytest.raises(InputError) as failed:
        read(url, f"SELECT note_id, note_text, cast(note_text AS integer) FROM {TABLE} WHERE note_id = 3")
    assert CANARY not in f"{failed.value!r} {failed.value} {failed.value.hint}"
    assert "InvalidTextRepresentation" in failed.value.message


def test_a_long_result_is_not_fetched_at_once(url: str) -> None:
    series = "SELECT n AS note_id, {} AS note_text FROM {}"
    query = (
        series.format("repeat('word ', 2000)", "generate_series(1, 5000) n")
        if url.startswith("postgresql")
        else "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) "
        + series.format("replace(hex(zeroblob(5000)), '00', 'a ')", "c")
    )
    tracemalloc.start()
    count = sum(len(n.text) for n in read_notes([Database(url=url, query=query)]) if isinstance(n, Note))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 50_000_000
    assert most < 25_000_000


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("sqlite:///nowhere.db", InputError, "no such database file"),
        ("postgresql+psycopg://me:geheim@127.0.0.1:1/x", InputError, "cannot be reached"),
        ("nonsense+driver://me:geheim@host/x", InputError, "driver"),
        ("mysql+nodriver://me:geheim@host/x", InputError, "driver"),
        ("://me:geheim@host/x", UsageError, "address"),
    ],
)
def test_a_database_that_cannot_be_read_says_so_without_its_password(url: str, error: type[OncoSpanError], words: str) -> None:
    with pytest.raises(error) as failed:
        read(url)
    told = f"{failed.value!r} {failed.value} {failed.value.hint} {failed.value.where}"
    assert words in told
    assert "geheim" not in told
    assert "nowhere.db" not in Path.cwd().iterdir()


def test_an_address_shows_neither_password_nor_query() -> None:
    base = Database(url="postgresql://me:geheim@host/clinic", query=f"SELECT '{CANARY}'")
    assert repr(base) == "Database()"
    assert base.name == "postgresql:clinic"


def test_the_password_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    assert address("postgresql://me@host/x").password == "geheim"
    assert address("postgresql://me:other@host/x").password == "other"
    assert address("sqlite:///x.db").password is None


def started(folder: Path, monkeypatch: pytest.MonkeyPatch, *args: str) -> Any:
    monkeypatch.chdir(folder)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    for name, value in (("argv", ["oncospan", *args]), ("stdout", out), ("stderr", err)):
        monkeypatch.setattr(sys, name, value)
    code = 0
    try:
        cli.main()
    except SystemExit as e:
        code = int(e.code or 0)
    return code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode()  # type: ignore[attr-defined]


def test_the_command_reads_it_and_the_manifest_tells_no_secret(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "q.sql").write_text(QUERY)
    code, _, err = started(tmp_path, monkeypatch, "extract", url, "--query", "@q.sql", "-o", "out/", "--summary", "s.json")
    assert code == 3, err
    manifest = (tmp_path / "out" / "manifest.json").read_text()
    told = json.loads(manifest)["run"]["inputs"][0]
    assert set(told) == {"name", "query_sha256"}
    password = address(url).password or "no password at all"
    everything = manifest + err + (tmp_path / "s.json").read_text() + (tmp_path / "out" / "part-00000.jsonl").read_text()
    assert str(password) not in everything
    assert CANARY not in everything
    assert started(tmp_path, monkeypatch, "extract", url, "--query", "@q.sql", "-o", "out/", "--resume")[0] == 3


def test_a_run_goes_on_only_where_the_order_of_rows_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite3.connect(tmp_path / "x.db").execute("CREATE TABLE n (id, text)")
    code, _, err = started(
        tmp_path, monkeypatch, "extract", "sqlite:///x.db", "--query", "SELECT * FROM n", "-o", "out/", "--resume"
    )
    assert code == 2
    assert "ORDER BY" in err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("sqlite:///x.db",), "needs a query"),
        (("x.csv", "--query", "SELECT 1"), "is for databases"),
        (("sqlite:///x.db", "--query", "@nowhere.sql"), "cannot be read"),
        (("-", "-"), "once"),
        (("-", "--input-format", "odt"), "not an input format"),
        (("x.csv", "--input-format", "csv"), "standard input"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, args: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(cli.app, ["extract", *args, "-o", str(tmp_path / "o.jsonl")])
    assert isinstance(done.exception, OncoSpanError)
    assert words in f"{done.exception} {done.exception.hint}"
    assert not (tmp_path / "o.jsonl").exists()


def test_a_connection_that_breaks_ends_the_run_with_its_reason(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has no server that could go away")
    query = f"SELECT n AS note_id, pg_backend_pid() || ' {CANARY}' AS note_text FROM generate_series(1, 100000) n"
    notes = read_notes([Database(url=url, query=query)])
    first = next(notes)
    assert isinstance(first, Note)
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT pg_terminate_backend(:pid)"), {"pid": int(first.text.split()[0])})
    with pytest.raises(InputError, match=r"broke off|cannot be reached") as broken:
        list(notes)
    assert CANARY not in f"{broken.value!r} {broken.value}"
