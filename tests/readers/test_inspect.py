"""``oncospan inspect`` says what an input holds, in figures and without a word of a note."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from oncospan.cli import app
from oncospan.readers.inspection import inspect

CANARY = "Quetzalcoatl"


def test_a_table_is_shown_with_its_columns_and_errors(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"ID,Body,Patient Class\n1,{CANARY},I\n2,{CANARY},O\n3,{CANARY},elsewhere\n4,{CANARY},nowhere\n5,{CANARY}\n")
    done = CliRunner().invoke(app, ["inspect", str(path), "--map", "text=body"])
    assert done.exit_code == 3
    assert CANARY not in done.output
    for line in ("Format      table, CSV or TSV (1 file)", "  text            Body", "  setting         Patient Class", "Notes       2",
                 "  setting         inpatient 1, outpatient 1", "3 of 5 notes give error records"):  # fmt: skip
        assert line in done.output
    assert "2 bad_value: column 'Patient Class' is not a known setting" in done.output


@pytest.mark.parametrize(("name", "data", "field", "place"), [
    ("x.hl7", "MSH|^~\\&|A|B|C|D|20261110||MDM^T02|1|P|2.5\rOBX|1|TX|||word\r", "setting", "PV1-2"),
    ("x.json", '{"resourceType": "Composition", "section": [{"text": {"div": "<p>w</p>"}}]}', "setting", "Encounter.class"),
    ("x.xml", "<ClinicalDocument><section><text>w</text></section></ClinicalDocument>", "patient_id", "patientRole/id"),
    ("x.jsonl", '{"id": 1, "report_text": "w"}', "text", "report_text"),
])  # fmt: skip
def test_every_format_says_where_fields_come_from(tmp_path: Path, name: str, data: str, field: str, place: str) -> None:
    path = tmp_path / name
    path.write_text(data)
    sight = inspect(path, {}, 10)
    assert (sight.notes, sight.errors, sight.whole) == (1, {}, True)
    assert sight.layouts[0][1][field] == place


DOCUMENTS = {
    "x.html": (b"<p>w</p>", "HTML, one note a page"), "x.rtf": (b"{\\rtf1 w}", "RTF, one note a document"),
    "x.doc": (b"{\\rtf1 w}", "RTF, one note a document"), "x.pdf": (b"%PDF-1.7", "PDF, one note a document"),
    "x.docx": (b"PK\x03\x04", "Word, one note a document"), "x.xml": (b"<ClinicalDocument/>", "C-CDA, one note a document"),
    "x.txt": (b"w", "plain text, one note a file"), "x.hl7": (b"MSH|^~\\&|" + CANARY.encode(), "HL7 version 2 messages"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_told_apart_by_their_bytes(tmp_path: Path, name: str) -> None:
    data, told = DOCUMENTS[name]
    (tmp_path / name).write_bytes(data)
    sight = inspect(tmp_path / name, {}, 10)
    assert list(sight.files) == [told]
    assert sight.layouts[0][0] == told
    assert {"note_id", "text"} <= sight.layouts[0][1].keys()


def test_a_document_that_is_not_read_says_what_it_is_and_why(tmp_path: Path) -> None:
    path = tmp_path / "letter.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + b"\x00" * 9_000 + "WordDocument".encode("utf-16-le") + CANARY.encode())
    done = CliRunner().invoke(app, ["inspect", str(path)])
    assert done.exit_code == 3
    assert "Format      Word 97 to 2003, which is not read (1 file)" in done.output
    assert "1 old_word: a document of Word 97 to 2003 (.doc). Save it as .docx" in done.output
    assert CANARY not in done.output


def test_types_columns_and_files_that_are_not_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_text(f"MSH|^~\\&|A|B|C|D|1||ADT^A01|1\rMSH|^~\\&|A|B|C|D|1||{CANARY}|1\r")
    (tmp_path / "b.ndjson").write_text('{"resourceType": "Encounter", "id": 1}\n' + f'{{"resourceType": "{CANARY} x"}}\n')
    (tmp_path / "c.png").write_bytes(b"x")
    (tmp_path / "d.csv").write_text("id,text,extra\n")
    (tmp_path / CANARY).write_bytes(b"x")
    done = CliRunner().invoke(app, ["inspect", str(tmp_path)])
    assert CANARY not in done.output
    for line in (
        "Resources   Encounter 1, nameless 1",
        "Messages    ADT^A01 1, nameless 1",
        "Passed over .csv 1, .png 1, without suffix 1",
    ):
        assert line in done.output
    assert "Not read    extra" in CliRunner().invoke(app, ["inspect", str(tmp_path / "d.csv")]).output


def test_no_more_than_the_first_notes_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n" + "1,a\n" * 50)
    done = CliRunner().invoke(app, ["inspect", str(path), "--first", "20"])
    assert done.exit_code == 0
    assert "Notes       20 (more follow)" in done.output


def test_an_input_that_cannot_be_read_ends_as_extract_would(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,body\n1,a\n")
    done = CliRunner().invoke(app, ["inspect", str(path)])
    assert done.exception is not None
    assert getattr(done.exception, "exit_code", None) == 5
