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
