"""What leaves as FHIR is R4 (4.0.1) by the schema of HL7, the models of the SMART project, and the rules neither of them holds."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fhir_r4
import pytest

from oncospan.engine import Settings
from oncospan.export import run
from oncospan.export.forms import Form
from oncospan.runners.batch import Batch, Summary, extract
from oncospan.schema import Level
from oncospan.writers import format_of

ODD = {
    "id": "odd\x01 \x0b",
    "text": "Impression: Ileal\x00carcinoid with\xa0liver\x00\x01metastases.\x0c Carcinoid\u2003syndrome with flushing\x1f\ufffe.",
    "patient_id": "p\x02",
    "encounter_id": "e\x07",
    "note_type": "on\x0bco\u2028",
}
BROKEN = '{"id": "broken"'


def bundles_of(folder: Path, notes: Path, level: str = "note") -> list[dict[str, Any]]:
    records, out = folder / f"{level}.jsonl", folder / f"{level}.ndjson"
    job = Batch(inputs=[notes], output=str(records), format=format_of(records.name), settings=Settings(), level=Level(level))
    extract(job, Summary(output=records.name), lambda found, _: iter(found))
    run.export(run.Export(records=records, output=str(out), form=Form.FHIR, at=dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)))
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The bundles of a note full of control characters, and of a line that is none."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "notes.jsonl").write_text(f"{json.dumps(ODD)}\n{BROKEN}\n", encoding="utf-8")
    return bundles_of(folder, folder / "notes.jsonl")


@pytest.mark.parametrize("level", ["note", "encounter"])
def test_every_bundle_of_the_samples(tmp_path: Path, samples: Path, level: str) -> None:
    bundles = bundles_of(tmp_path, samples / "notes.jsonl", level)
    for bundle in bundles if level == "note" else bundles[:2]:
        assert fhir_r4.faults(bundle) == []


def test_control_characters_and_odd_spaces_are_told_as_fhir_takes_them(odd: list[dict[str, Any]]) -> None:
    assert [fhir_r4.faults(bundle) for bundle in odd] == [[], []]
    kinds = [{e["resource"]["resourceType"] for e in bundle["entry"]} for bundle in odd]
    assert {"Observation", "Condition", "Task", "Questionnaire", "Provenance"} <= kinds[0]
    assert "OperationOutcome" in kinds[1]
    spans = [
        {x["url"]: next(v for k, v in x.items() if k != "url") for x in e["extension"]}
        for entry in odd[0]["entry"]
        for e in entry["resource"].get("extension", ())
        if e["url"] == "urn:oncospan:fhir:span"
    ]
    assert "liver\ufffd\ufffdmetastases" in {s["text"] for s in spans}
    assert all(len(s["text"]) == s["end"] - s["start"] for s in spans)


def _all(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


@pytest.mark.parametrize(
    ("kind", "damage", "fault"),
    [
        ("Condition", lambda r: r.pop("subject"), "fhirclient"),
        ("Condition", lambda r: r.update(confidence=1), "schema"),
        ("Condition", lambda r: r["evidence"].append({"extension": r["extension"]}), "con-2"),
        ("Condition", lambda r: r["category"][0]["coding"][0].update(code="problem-list-item"), "con-3"),
        ("Condition", lambda r: r["code"]["coding"][0].update(code="C7A.012 "), "schema"),
        ("Condition", lambda r: r["code"].update(text="a\x00"), "strings"),
        ("Observation", lambda r: r.update(status="provisional"), "schema"),
        ("Observation", lambda r: r["extension"][0].update(valueString="a"), "ext-1"),
        ("Observation", lambda r: r["component"][0].update(code=r["code"]), "obs-7"),
        ("Observation", lambda r: r["derivedFrom"][0].update(reference="urn:uuid:elsewhere"), "references"),
        ("Provenance", lambda r: r["agent"][0].update(who=r["target"][0]), "references"),
        ("Provenance", lambda r: r.pop("recorded"), "fhirclient"),
        ("Questionnaire", lambda r: r["item"].append(r["item"][0]), "que-2"),
        ("Questionnaire", lambda r: r["item"][0].update(required=True), "que-6"),
        ("Questionnaire", lambda r: r["item"][-1].update(type="text"), "que-5"),
        ("Task", lambda r: r.update(status="sent"), "schema"),
        ("Task", lambda r: r.update(lastModified="2020-01-01T00:00:00Z"), "inv-1"),
        ("Task", lambda r: r.update(contained=[{"resourceType": "Questionnaire", "id": "q", "status": "draft"}]), "ref-1"),
        ("DocumentReference", lambda r: r["content"].clear(), "ele-1"),
        ("Device", lambda r: r["deviceName"][0].pop("type"), "fhirclient"),
    ],
)
def test_the_check_sees_what_is_wrong(
    odd: list[dict[str, Any]], kind: str, damage: Callable[[dict[str, Any]], object], fault: str
) -> None:
    bundle = copy.deepcopy(odd[0])
    damage(_all(bundle, kind)[0])
    assert any(fault in found for found in fhir_r4.faults(bundle))


def test_it_sees_two_resources_of_one_address(odd: list[dict[str, Any]]) -> None:
    twice = odd[0] | {"entry": [*odd[0]["entry"], odd[0]["entry"][0]]}
    assert "Bundle bdl-7" in fhir_r4.faults(twice)
