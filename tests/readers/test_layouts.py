"""Tables of data models that hospitals share are read as they are: OMOP NOTE and MIMIC-IV-Note."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from oncospan.readers import read_notes
from oncospan.types import AuthorRole, BadNote, Note, Setting

OMOP = "note_id,person_id,note_date,note_datetime,note_type_concept_id,note_class_concept_id,note_title,note_text,visit_occurrence_id"
MIMIC = "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text"


def read(tmp_path: Path, header: str, *rows: str) -> list[Note]:
    path = tmp_path / "x.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    found = list(read_notes([path]))
    assert not any(isinstance(n, BadNote) for n in found)
    return [n for n in found if isinstance(n, Note)]


def test_the_note_table_of_omop(tmp_path: Path) -> None:
    assert read(tmp_path, OMOP, "7,12,2026-11-09,2026-11-09 08:00:00,32831,706391,Consult note,words,44") == [
        Note(
            text="words",
            note_id="7",
            patient_id="12",
            encounter_id="44",
            note_type="Consult note",
            note_date=dt.date(2026, 11, 9),
        )
    ]


@pytest.mark.parametrize(
    ("concept", "setting"),
    [("9201", "inpatient"), ("262", "inpatient"), ("9201.0", "inpatient"), ("9202", "outpatient"), ("9203", "outpatient")],
)
def test_the_visit_concept_joined_to_it_is_the_setting(tmp_path: Path, concept: str, setting: str) -> None:
    (note,) = read(tmp_path, OMOP + ",visit_concept_id", f"7,12,2026-11-09,,32831,706391,Consult note,words,44,{concept}")
    assert note.setting == setting


def test_the_notes_of_mimic(tmp_path: Path) -> None:
    found = read(
        tmp_path, MIMIC, "1-DS-3,1,20,DS,3,2180-05-07 00:00:00,2180-05-09 15:26:00,words", "1-RR-4,1,20,RR,4,2180-05-07 10:00:00,,words",
        "1-AR-5,1,,AR,5,2180-05-08 10:00:00,,words",
    )  # fmt: skip
    assert [(n.note_id, n.encounter_id, n.setting, n.author_role) for n in found] == [
        ("1-DS-3", "20", Setting.INPATIENT, AuthorRole.PROVIDER),
        ("1-RR-4", "20", Setting.INPATIENT, AuthorRole.RADIOLOGIST),
        ("1-AR-5", None, Setting.OUTPATIENT, AuthorRole.RADIOLOGIST),
    ]
    assert found[0].note_date == dt.date(2180, 5, 7)


def test_columns_of_a_site_s_own_win(tmp_path: Path) -> None:
    (note,) = read(tmp_path, MIMIC + ",setting,author_role", "1,1,20,RR,4,2180-05-07,,words,outpatient,physician")
    assert (note.setting, note.author_role) == (Setting.OUTPATIENT, AuthorRole.PROVIDER)


@pytest.mark.parametrize("nothing", ["", " ", "NULL", "nan", "None", "NaT", "<NA>", "\\N"])
def test_what_databases_write_for_no_value_is_none(tmp_path: Path, nothing: str) -> None:
    (note,) = read(tmp_path, MIMIC, f"a-RR-1,{nothing},{nothing},RR,1,{nothing},,words")
    assert (note.patient_id, note.encounter_id, note.note_date, note.setting) == (None, None, None, Setting.OUTPATIENT)
