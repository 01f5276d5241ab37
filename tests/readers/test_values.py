from __future__ import annotations

import datetime as dt

import pytest

from oncospan.readers.columns import resolve
from oncospan.readers.values import BadValue, parse_date

DAY = dt.date(2026, 3, 9)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-09", "2026-03-09T08:15:00Z", "2026-03-09 08:15:00.000", "2026-03-09T08:15:00+01:00", "3/9/2026", "03/09/2026",
        "03/09/2026 8:15 AM", "20260309", "20260309081500", 20260309, 20260309.0, dt.date(2026, 3, 9),
        dt.datetime(2026, 3, 9, tzinfo=dt.UTC), " 2026-03-09 ",
    ],
)  # fmt: skip
def test_dates_as_hospitals_write_them(cell: object) -> None:
    assert parse_date(cell) == DAY


@pytest.mark.parametrize("cell", [None, "", float("nan")])
def test_no_date(cell: object) -> None:
    assert parse_date(cell) is None


@pytest.mark.parametrize("cell", ["9.3.2026", "13/13/2026", "2026-3-9", "03/09/26", "yesterday", "0001-01-01", 1, ["2026-03-09"]])
def test_what_is_no_date_is_not_guessed(cell: object) -> None:
    with pytest.raises(BadValue):
        parse_date(cell)


@pytest.mark.parametrize(
    ("found", "layout"),
    [
        (["note_id", "id", "text"], {"note_id": "note_id", "text": "text"}),
        (["Document ID", "Report-Text"], {"note_id": "Document ID", "text": "Report-Text"}),
        (["hadm_id", "subject_id", "text", "charttime", "chartdate"],
         {"encounter_id": "hadm_id", "patient_id": "subject_id", "text": "text", "note_date": "chartdate"}),
        (["id", "encounter_date", "text", "setting", "note_type", "author_role"],
         {"note_id": "id", "note_date": "encounter_date", "text": "text", "setting": "setting", "note_type": "note_type",
          "author_role": "author_role"}),
    ],
)  # fmt: skip
def test_columns_are_guessed(found: list[str], layout: dict[str, str]) -> None:
    assert resolve(found, {}, "x.csv") == layout
