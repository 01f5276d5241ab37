from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oncospan.errors import InputError, UsageError
from oncospan.readers import Defaults, read_notes
from oncospan.types import AuthorRole, BadNote, Note, Setting

TEXT = 'Mets to liver,\n"biopsy-proven".\nSeen today.'


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def read(*paths: Path, columns: dict[str, str] | None = None, defaults: Defaults | None = None) -> list[Note | BadNote]:
    return list(read_notes(paths, columns=columns, defaults=defaults))


def notes(*paths: Path, columns: dict[str, str] | None = None) -> list[Note]:
    out = read(*paths, columns=columns)
    assert all(isinstance(n, Note) for n in out), [n.error for n in out if isinstance(n, BadNote)]
    return [n for n in out if isinstance(n, Note)]


ROW = {
    "ID": "7", "Note Text": TEXT, "PATIENT_CLASS": "IP", "service-date": "11/02/2026", "Category": "progress note",
    "author": "RN", "MRN": "p-1", "CSN": "e-1",
}  # fmt: skip
NOTE = Note(
    text=TEXT, note_id="7", setting=Setting.INPATIENT, note_date=dt.date(2026, 11, 2), note_type="progress note",
    author_role=AuthorRole.NURSE, patient_id="p-1", encounter_id="e-1",
)  # fmt: skip


def delimited(delimiter: str) -> bytes:
    return (delimiter.join(ROW) + "\r\n" + delimiter.join(map(quoted, ROW.values())) + "\r\n").encode()


def parquet(path: Path, columns: dict[str, list[object]]) -> None:
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize(
    ("name", "delimiter"), [("x.csv", ","), ("x.tsv", "\t"), ("x.csv", ";"), ("x.csv", "|"), ("x.csv", "\t")]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("packed", [False, True], ids=["", "gz"])
def test_tables_of_every_kind_give_the_same_note(tmp_path: Path, name: str, delimiter: str, mark: bytes, packed: bool) -> None:
    data = mark + delimited(delimiter)
    path = tmp_path / (name + ".gz" if packed else name)
    path.write_bytes(gzip.compress(data) if packed else data)
    assert notes(path) == [NOTE]


@pytest.mark.parametrize("packed", [False, True], ids=["", "gz"])
def test_jsonl_gives_the_same_note(tmp_path: Path, packed: bool) -> None:
    data = (json.dumps(ROW) + "\n\n" + json.dumps({"id": 8, "text": "b\u2028c"}, ensure_ascii=False)).encode()
    path = tmp_path / ("x.jsonl.gz" if packed else "x.jsonl")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert notes(path) == [NOTE, Note(note_id="8", text="b\u2028c")]


def test_parquet_gives_the_same_note(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet(path, {**{k: [v] for k, v in ROW.items()}, "service-date": [dt.datetime(2026, 11, 2, 8)], "ID": [7.0], "more": [1]})  # noqa: DTZ001
    assert notes(path) == [NOTE]


def test_text_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.v2.txt").write_bytes(b"\xef\xbb\xbfline\r\nline")
    (tmp_path / "a.txt").write_bytes("é".encode())
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"packed"))
    (tmp_path / ".hidden.txt").write_bytes(b"no")
    (tmp_path / "table.csv").write_bytes(b"no,notes\n")
    assert [(n.note_id, n.text) for n in notes(tmp_path)] == [("a", "é"), ("b/two.v2", "line\r\nline"), ("c", "packed")]
    assert [n.note_id for n in notes(tmp_path / "a.txt", tmp_path / "c.txt.gz")] == ["a", "c"]


def test_a_folder_of_tables(tmp_path: Path) -> None:
    for part in (1, 0):
        (tmp_path / f"part-{part}.jsonl").write_text(json.dumps({"id": f"n{part}", "text": "x"}))
    assert [n.note_id for n in notes(tmp_path)] == ["n0", "n1"]


def test_a_chosen_column_wins_over_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text,REPORT,author\n1,short,long,Dr. Who\n")
    (note,) = notes(path, columns={"text": "report", "author_role": ""})
    assert (note.text, note.author_role) == ("long", AuthorRole.PROVIDER)


def test_notes_without_an_id_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "export.v1.csv.gz"
    path.write_bytes(gzip.compress(b"text,id\na,\nb,\n"))
    assert [n.note_id for n in notes(path)] == ["export.v1:1", "export.v1:2"]


def test_the_same_id_twice_gives_both_notes(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n1,a\n1,b\n")
    assert [(n.note_id, n.text) for n in notes(path)] == [("1", "a"), ("1", "b")]


def test_defaults_fill_what_rows_leave_open(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text,setting,date\n1,a,,\n2,b,outpatient,2026-01-02\n")
    given = Defaults(setting=Setting.INPATIENT, author_role=AuthorRole.RADIOLOGIST, on=dt.date(2026, 5, 6))
    first, second = read(path, defaults=given)
    assert isinstance(first, Note)
    assert isinstance(second, Note)
    assert (first.setting, first.note_date, first.author_role) == (Setting.INPATIENT, dt.date(2026, 5, 6), AuthorRole.RADIOLOGIST)
    assert (second.setting, second.note_date) == (Setting.OUTPATIENT, dt.date(2026, 1, 2))


def test_a_type_that_names_who_writes_gives_the_role_a_row_leaves_open(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "id,text,type,role\n1,a,Pathology report,\n2,b,CT abdomen,\n3,c,Clinic note,\n4,d,Pathology report,provider\n"
    )
    assert [n.author_role for n in notes(path)] == [
        AuthorRole.PATHOLOGIST, AuthorRole.RADIOLOGIST, AuthorRole.PROVIDER, AuthorRole.PROVIDER,
    ]  # fmt: skip


def test_an_empty_text_is_a_note_whose_error_the_engine_gives(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": 1, "text": ""}\n{"id": 2, "text": null}\n')
    assert [n.text for n in notes(path)] == ["", ""]


def test_a_lone_surrogate_and_a_nul_reach_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": 1, "text": "a \\ud800 b"}\n{"id": 2, "text": "a \\u0000 b"}\n')
    assert [n.text for n in notes(path)] == ["a \ud800 b", "a \x00 b"]


def test_the_reader_is_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n" + "1,a\n" * 100_000)
    stream = read_notes([path])
    assert next(stream) == Note(note_id="1", text="a")


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
def test_a_missing_text_column_names_the_columns_and_the_way_out(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "x.parquet":
        parquet(path, {"id": [1], "BODY": ["x"]})
    else:
        path.write_text("id,BODY\n1,x\n" if name == "x.csv" else '{"id": 1, "BODY": "x"}\n')
    with pytest.raises(InputError, match="columns found: id, BODY") as caught:
        read_notes([path])
    assert "--map text=" in caught.value.hint
    assert caught.value.where == name


def test_every_input_is_checked_before_the_first_note(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    good.write_text("id,text\n1,a\n")
    bad.write_text("id,body\n1,a\n")
    with pytest.raises(InputError):
        read_notes([good, bad])


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.csv", b"", "empty"),
        ("x.csv", b'id,"text\n1,a\n', "quote"),
        ("x.csv", "id,text\n".encode("utf-16"), "UTF-16"),
        ("x.csv", "id,t\u00e9xt\n".encode("latin-1"), "UTF-8"),
        ("x.parquet", b"not parquet", "Parquet"),
        ("x.log", b"", "not known"),
    ],
)
def test_files_that_cannot_be_read_at_all(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(path)


def test_missing_paths_empty_folders_and_wrong_maps(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no notes"):
        read(tmp_path)
    path = tmp_path / "x.csv"
    path.write_text("id,text\n1,a\n")
    with pytest.raises(UsageError, match="not a field"):
        read(path, columns={"body": "text"})
    with pytest.raises(InputError, match="no column 'BODY'"):
        read(path, columns={"text": "BODY"})


def test_a_header_that_is_a_note_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Mrs. Doe was seen today for her metastatic carcinoid of the ileum\nand went home\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert "Doe" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", b"sep=;\r\nid;text\r\nx;a, b\r\n"),
        ("x.csv", b"\xef\xbb\xbfSEP=|\nid|text\nx|a, b\n"),
        ("x.txt", "a, b".encode("utf-16")),
        ("x.rtf", b"\xef\xbb\xbf{\\rtf1 a, b}"),
        ("x.json", '{"resourceType": "DiagnosticReport", "id": "x", "conclusion": "a, b"}'.encode("utf-16")),
    ],
    ids=["what Excel writes", "with a mark", "what an editor calls Unicode", "RTF with a mark", "FHIR in UTF-16"],
)
def test_what_programs_of_offices_write(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    (note,) = read(path)
    assert isinstance(note, Note), note.error
    assert (note.note_id, note.text) == ("x", "a, b")
