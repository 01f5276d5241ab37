"""What is malformed is reported where it stands, once, and the other notes are read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from oncospan.readers import read_notes, source
from oncospan.types import BadNote, Note

CANARY = "Quetzalcoatl"


def read(path: Path, data: bytes | str) -> list[Note | BadNote]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_notes([path]))


def shape(found: list[Note | BadNote]) -> list[str]:
    """Ids of notes, and code@where of errors."""
    return [n.note_id if isinstance(n, Note) else f"{n.error.code}@{n.error.where}" for n in found]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            'n-1,fine\nn-2,"never closed\nn-3,fine\nn-4,fine\n',
            ["n-1", "bad_row@x.csv:3", "n-3", "n-4"],
            id="unclosed, plain rows",
        ),
        pytest.param(
            'n-1,"fine"\nn-2,"never closed\nn-3,"fine"\nn-4,"fine"\n',
            ["n-1", "bad_row@x.csv:3", "n-3", "n-4"],
            id="unclosed, quoted rows",
        ),
        pytest.param(
            'n-1,"two\nlines"\nn-2,"never closed\nand, on\nn-3,"two\nlines"\nn-4,"x"\n',
            ["n-1", "bad_row@x.csv:4", "n-3", "n-4"],
            id="unclosed, notes of many lines",
        ),
        pytest.param('n-1,fine\nn-2,"never closed', ["n-1", "bad_row@x.csv:3"], id="unclosed in the last row"),
        pytest.param(
            'n-1,fine\nn-2,"says "hello" here"\nn-3,fine\n', ["n-1", "bad_row@x.csv:3", "n-3"], id="quote that is not doubled"
        ),
        pytest.param("n-1,fine\nn-2,a,b\nn-3,fine\n", ["n-1", "bad_row@x.csv:3", "n-3"], id="a cell too many"),
        pytest.param("n-1,fine\nn-2\nn-3,fine\n", ["n-1", "bad_row@x.csv:3", "n-3"], id="a cell too few"),
        pytest.param("\nn-1,fine\n\n\nn-2,fine\n", ["n-1", "n-2"], id="blank lines"),
        pytest.param('n-1,5" tall\nn-2,"a ""b"" c"\n', ["n-1", "n-2"], id="quotes where they may be"),
    ],
)
def test_malformed_rows_of_a_csv(tmp_path: Path, rows: str, expected: list[str]) -> None:
    assert shape(read(tmp_path / "x.csv", "id,text\n" + rows)) == expected


def test_words_of_a_broken_note_do_not_become_notes(tmp_path: Path) -> None:
    rows = 'n-1,fine\nn-2,"never closed\nFlushing, diarrhea\nand pain, too\nn-3,fine\n'
    assert shape(read(tmp_path / "x.csv", "id,text\n" + rows)) == ["n-1", "bad_row@x.csv:3", "n-3"]


def test_many_broken_rows_stay_quick(tmp_path: Path) -> None:
    rows = "".join(f'n-{i},"never closed\n' if i % 10 == 5 else f"n-{i},fine\n" for i in range(5_000))
    found = read(tmp_path / "x.csv", "id,text\n" + rows)
    assert sum(isinstance(n, BadNote) for n in found) == 500
    assert sum(isinstance(n, Note) for n in found) == 4_500


def test_a_quoted_cell_of_many_lines_is_no_error(tmp_path: Path) -> None:
    text = "line, with comma\n" * 20_000
    (note,) = read(tmp_path / "x.csv", f'id,text\n1,"{text}"\n')
    assert isinstance(note, Note)
    assert note.text == text


def test_only_the_row_that_is_not_utf8_errs(tmp_path: Path) -> None:
    data = b'id,text\n1,caf\xc3\xa9\n2,"caf\xe9\nmore"\n3,fine\n'
    found = read(tmp_path / "x.csv", data)
    assert shape(found) == ["1", "not_utf8@x.csv:3", "3"]
    assert isinstance(found[1], BadNote)
    assert "iconv" in found[1].error.hint


def test_only_the_line_that_is_not_utf8_errs_in_jsonl(tmp_path: Path) -> None:
    data = b'{"id": 1, "text": "a"}\n{"id": 2, "text": "caf\xe9"}\n{"id": 3, "text": "b"}\n'
    assert shape(read(tmp_path / "x.jsonl", data)) == ["1", "not_utf8@x.jsonl:2", "3"]


def test_a_text_file_that_is_not_utf8(tmp_path: Path) -> None:
    (bad,) = read(tmp_path / "x.txt", b"caf\xe9")
    assert isinstance(bad, BadNote)
    assert (bad.note_id, bad.error.code) == ("x", "not_utf8")
    assert "iconv" in bad.error.hint


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"id": 2, "text": ', "bad_json"),
        ("[1, 2]", "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"id": ' + "9" * 5_000 + "}", "bad_json"),
        ('{"id": 2}', "missing_text"),
        ('{"id": 2, "text": {"a": 1}}', "bad_value"),
        ('{"id": [2], "text": "a"}', "bad_value"),
        ('{"id": 2, "text": "a", "setting": "elsewhere"}', "bad_value"),
        ('{"id": 2, "text": "a", "author_role": "Dr. Who"}', "bad_value"),
        ('{"id": 2, "text": "a", "date": "2026-02-30"}', "bad_value"),
        ('{"id": 2, "text": "a", "date": "02/11/26"}', "bad_value"),
    ],
    ids=lambda p: p[:40],
)
def test_bad_lines_of_jsonl(tmp_path: Path, line: str, code: str) -> None:
    data = '{"id": 1, "text": "a"}\n' + line + '\n{"id": 3, "text": "b"}\n'
    assert shape(read(tmp_path / "x.jsonl", data)) == ["1", f"{code}@x.jsonl:2", "3"]


def test_a_bad_value_names_the_column_and_the_note_but_not_the_value(tmp_path: Path) -> None:
    (bad,) = read(tmp_path / "x.csv", f"id,text,Patient Class\nn-9,a,{CANARY}\n")
    assert isinstance(bad, BadNote)
    assert "'Patient Class'" in bad.error.message
    assert "'n-9'" in bad.error.message
    assert CANARY not in repr(bad)


def test_a_gzip_file_that_ends_early(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"id": i, "text": f"note {i * 7919 % 1000}"}) + "\n" for i in range(5_000)).encode()
    whole = gzip.compress(rows)
    found = read(tmp_path / "x.jsonl.gz", whole[: len(whole) // 2])
    assert len(found) > 100
    assert [n.error.code for n in found if isinstance(n, BadNote)][-1] == "damaged_file"


def test_a_parquet_cell_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"id": ["1", "2", "3"], "text": pa.array([b"a", b"caf\xe9", b"b"], pa.binary())}), path)
    assert shape(list(read_notes([path]))) == ["1", "not_utf8@x.parquet:2", "3"]


def test_a_line_beyond_all_measure_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_NOTE_BYTES", 1_000)
    data = '{"id": 1, "text": "a"}\n{"id": 2, "text": "' + "x" * 5_000 + '"}\n{"id": 3, "text": "b"}\n'
    assert shape(read(tmp_path / "x.jsonl", data)) == ["1", "note_too_long@x.jsonl:2", "3"]


def test_a_note_of_five_megabytes_is_read(tmp_path: Path) -> None:
    text = "liver metastases. " * 290_000
    (note,) = read(tmp_path / "x.csv", f"id,text\n1,{text}\n")
    assert isinstance(note, Note)
    assert note.text == text


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["n-1", "n-22", ",", '"', "\n", "\r\n", "\t", "word ", "\xe9", '{"id":1,"text":"a"}', "\\", "\x00"]))
)
def test_no_soup_of_bytes_stops_the_reader(tmp_path: Path, name: str, pieces: list[str]) -> None:
    body = "".join(pieces).encode("latin-1")
    head = {"x.csv": b"id,text\n", "x.tsv": b"id\ttext\n", "x.jsonl": b'{"id":0,"text":"a"}\n'}[name]
    for item in read(tmp_path / name, head + body):
        assert item.note_id


def test_no_error_holds_words_of_a_note(tmp_path: Path) -> None:
    data = "\n".join(
        [
            "id,text,setting,date,author",
            f'1,"{CANARY} never closed',
            f"2,{CANARY},{CANARY},,",
            f"3,{CANARY},,{CANARY},",
            f"4,{CANARY},,,{CANARY}",
            f"5,{CANARY},{CANARY},,,{CANARY}",
            f'6,"{CANARY}" {CANARY},,,',
            f"7,{CANARY},,,",
        ]
    )
    found = read(tmp_path / "x.csv", data)
    assert sum(isinstance(n, BadNote) for n in found) >= 5
    assert CANARY not in repr(found)
    found = read(
        tmp_path / "x.jsonl", f'{{"id": 1, "text": "{CANARY}"\n{{"id": 2, "text": ["{CANARY}"]}}\n"{CANARY}"\n{CANARY}\n'
    )
    assert all(isinstance(n, BadNote) for n in found)
    assert CANARY not in repr(found)
