from __future__ import annotations

from dataclasses import fields
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from oncospan.schema import RECORD, closed
from oncospan.types import Analysis, CodeProposal, Finding, Gap, NoteError, Rejection, Stamp


def test_the_schema_is_a_valid_draft_2020_12_schema() -> None:
    Draft202012Validator.check_schema(RECORD)
    Draft202012Validator.check_schema(closed())


@pytest.mark.parametrize("name", ["analysis", "silent_analysis", "failed_analysis"])
def test_every_record_fits_the_schema_and_holds_nothing_beyond_it(name: str, request: pytest.FixtureRequest) -> None:
    record = request.getfixturevalue(name).record()
    Draft202012Validator(RECORD).validate(record)
    Draft202012Validator(closed()).validate(record)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (Analysis, RECORD),
        (Stamp, RECORD["properties"]["stamp"]),
        (Finding, RECORD["properties"]["findings"]["items"]),
        (CodeProposal, RECORD["properties"]["codes"]["items"]),
        (Rejection, RECORD["properties"]["rejected"]["items"]),
        (Gap, RECORD["properties"]["gaps"]["items"]),
        (NoteError, RECORD["properties"]["errors"]["items"]),
    ],
)
def test_every_field_of_a_value_is_in_the_schema(value: type, schema: dict[str, Any]) -> None:
    # the note's own fields stand beside, its text is left out; what supports a finding is told by the confidence of its codes
    names = {f.name for f in fields(value)} - {"note", "support"}
    assert names <= set(schema["properties"])


def test_the_keys_stand_in_the_order_of_the_schema(analysis: Analysis) -> None:
    assert list(analysis.record()) == list(RECORD["properties"])


def test_further_fields_are_allowed_to_readers_of_the_record(analysis: Analysis) -> None:
    Draft202012Validator(RECORD).validate({**analysis.record(), "added_later": 1})
    with pytest.raises(jsonschema.ValidationError):
        Draft202012Validator(closed()).validate({**analysis.record(), "added_later": 1})


def broken(record: dict[str, Any]) -> list[dict[str, Any]]:
    no_id = {k: v for k, v in record.items() if k != "note_id"}
    bad_status = {**record, "codes": [{**record["codes"][0], "status": "certain"}]}
    no_evidence = {**record, "codes": [{**record["codes"][0], "evidence": []}]}
    bad_date = {**record, "note_date": "11/10/2026"}
    too_sure = {**record, "codes": [{**record["codes"][0], "confidence": 1.5}]}
    return [no_id, bad_status, no_evidence, bad_date, too_sure]


def test_broken_records_do_not_fit(analysis: Analysis) -> None:
    validator = Draft202012Validator(RECORD)
    assert not any(validator.is_valid(record) for record in broken(analysis.record()))
