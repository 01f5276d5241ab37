"""Tables that cut notes into numbered pieces: joined in the order of the numbers, of the latest contact, or reported."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from oncospan.readers import read_notes
from oncospan.readers.inspection import inspect
from oncospan.types import Note

HEADER = "NOTE_ID,NOTE_CSN_ID,CONTACT_DATE,CONTACT_DATE_REAL,LINE,NOTE_TEXT"


def shape(tmp_path: Path, *rows: str, header: str = HEADER) -> list[str]:
    path = tmp_path / "HNO_NOTE_TEXT.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return [f"{n.note_id}={n.text}" if isinstance(n, Note) else f"!{n.error.code}:{n.note_id}" for n in read_notes([path])]


def test_pieces_are_joined_by_number_wherever_they_stand(tmp_path: Path) -> None:
    rows = [f"7,1,11/09/2026,67000,{line},p{line}." for line in (10, 2, 1, 3, 9, 4, 8, 5, 7, 6)]
    assert shape(tmp_path, *rows[:5], "8,2,11/09/2026,67000,1,other", *rows[5:]) == [
        "7=" + "".join(f"p{i}." for i in range(1, 11)),
        "8=other",
    ]


def test_nothing_is_put_between_pieces(tmp_path: Path) -> None:
    assert shape(tmp_path, '7,1,,67000,1,"liver meta"', '7,1,,67000,2,"stases\nnone"') == ["7=liver metastases\nnone"]


def test_the_latest_contact_is_read(tmp_path: Path) -> None:
    rows = ["7,1,11/09/2026,9000,1,old", "7,1,11/09/2026,9000,2,old", "7,2,11/10/2026,10000.01,1,new"]
    assert shape(tmp_path, *rows) == ["7=new"]
    path = tmp_path / "HNO_NOTE_TEXT.csv"
    (note,) = read_notes([path])
    assert isinstance(note, Note)
    assert note.note_date == dt.date(2026, 11, 10)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["7,1,,1,1,a", "7,1,,1,3,c", "8,1,,1,1,x"], ["!missing_piece:7", "8=x"]),
        (["7,1,,1,2,b"], ["!missing_piece:7"]),
        (["7,1,,1,1,a", "7,1,,1,1,a"], ["!missing_piece:7"]),
        (["7,1,,1,first,a", "8,1,,1,1,x"], ["!bad_piece:7", "8=x"]),
        ([",1,,1,1,a"], ["!bad_piece:HNO_NOTE_TEXT:1"]),
        (["7,1,,1,1,a", "7,1,,1,2", "7,1,,1,3,c"], ["!bad_row:HNO_NOTE_TEXT:2", "!missing_piece:7"]),
    ],
)
def test_a_note_that_lacks_a_piece_is_reported_not_read(tmp_path: Path, rows: list[str], expected: list[str]) -> None:
    assert shape(tmp_path, *rows) == expected


def test_contacts_serve_as_ids_where_there_are_no_others(tmp_path: Path) -> None:
    assert shape(tmp_path, "5,2,b", "5,1,a", header="NOTE_CSN_ID,LINE,NOTE_TEXT") == ["5=ab"]


def test_inspect_says_so(tmp_path: Path) -> None:
    shape(tmp_path, "7,1,,1,1,a")
    sight = inspect(tmp_path / "HNO_NOTE_TEXT.csv", {}, 10)
    assert list(sight.files) == ["table of numbered pieces of notes"]
    assert sight.layouts[0][1]["line"] == "LINE"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8), min_size=1, max_size=12),
    st.randoms(),
)
def test_any_cut_and_order_gives_the_text_back(tmp_path: Path, texts: list[str], chance: object) -> None:
    quoted = ['"' + t.replace('"', '""') + '"' for t in texts]
    rows = [f"7,1,,1,{i},{t}" for i, t in enumerate(quoted, 1)]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    assert shape(tmp_path, *rows) == ["7=" + "".join(texts)]


ROWS = [
    {"NOTE_ID": "7", "LINE": n, "NOTE_TEXT": words, "CONTACT_DATE_REAL": 67000.0} for n, words in ((2, "b"), (1, "a"), (3, "c"))
]


def table(path: Path, rows: list[dict[str, object]]) -> Path:
    """The rows in the format that the name tells."""
    suffixes = path.name.split(".", 1)[1]
    if suffixes.startswith("parquet"):
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        data = bytes(sink.getvalue())
    elif suffixes.startswith("jsonl"):
        data = "\n".join(json.dumps(row) for row in rows).encode()
    else:
        data = "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]).encode()
    path.write_bytes(gzip.compress(data) if suffixes.endswith("gz") else data)
    return path


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet", "x.csv.gz", "x.jsonl.gz", "x.parquet.gz"])
def test_pieces_in_tables_of_every_format(tmp_path: Path, name: str) -> None:
    path = table(tmp_path / name, ROWS)
    (note,) = read_notes([path])
    assert isinstance(note, Note), note.error
    assert (note.note_id, note.text) == ("7", "abc")
    assert list(inspect(path, {}, 10).files) == ["table of numbered pieces of notes"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_note_may_be_cut_over_several_files(tmp_path: Path, suffix: str) -> None:
    for at, row in enumerate(ROWS):
        table(tmp_path / f"part-{at}.{suffix}", [row])
    (note,) = read_notes([tmp_path])
    assert isinstance(note, Note), note.error
    assert note.text == "abc"


def test_objects_that_are_no_pieces_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"NOTE_ID": 7, "LINE": 1, "NOTE_TEXT": "a"}\n{"NOTE_ID": 8, "LINE": [1], "NOTE_TEXT": "b"}\nbroken\n{"NOTE_ID": 9}\n'
    )
    found = [n.note_id if isinstance(n, Note) else f"!{n.error.code}@{n.error.where}" for n in read_notes([path])]
    assert found == ["!bad_json@x.jsonl:3", "7", "!bad_piece@x.jsonl:2", "!bad_piece@x.jsonl:4"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([b"7,1,a", b"7,2,\xff", b"8,1,b"], ["!not_utf8@x.csv:3", "!missing_piece@x.csv:2", "8=b"]),  # the last piece of 7
        ([b"7,1,a", b"7,2,b,c", b"8,1,b"], ["!bad_row@x.csv:3", "!missing_piece@x.csv:2", "8=b"]),
        ([b"7,1,a", b"7,x,b", b"8,1,b"], ["!bad_piece@x.csv:3", "8=b"]),
        ([b"7,1,a", b"7,99999999999999999999,b"], ["!bad_piece@x.csv:3"]),
        ([b"\xff,1,a", b"8,1,b"], ["!not_utf8@x.csv:2", "8=b"]),
    ],
)
def test_no_note_is_read_without_a_piece_that_cannot_be_read(tmp_path: Path, rows: list[bytes], expected: list[str]) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"NOTE_ID,LINE,NOTE_TEXT\n" + b"\n".join(rows))
    found = [f"{n.note_id}={n.text}" if isinstance(n, Note) else f"!{n.error.code}@{n.error.where}" for n in read_notes([path])]
    assert found == expected
