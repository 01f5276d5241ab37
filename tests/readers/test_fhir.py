"""FHIR R4: documents and reports with what is attached to them, and what encounters and authors say of them."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from oncospan.readers import fhir_resources, large_json, read_notes, source
from oncospan.types import AuthorRole, BadNote, Note, Setting

TEXT = "Impression: ileal carcinoid with hepatic metastases on CT."


def b64(data: bytes | str) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def attachment(data: bytes | str = TEXT, kind: str = "text/plain") -> dict[str, Any]:
    return {"attachment": {"contentType": kind, "data": b64(data)}}


def reference(*content: Any, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference", "id": "d1", "status": "current", "content": list(content) or [attachment()],
        "type": {"coding": [{"code": "11488-4", "display": "Consult note"}]}, "subject": {"reference": "Patient/p1"},
        "date": "2026-11-09T08:00:00-05:00", "author": [{"reference": "Practitioner/a1"}],
        "context": {"encounter": [{"reference": "https://x.invalid/fhir/Encounter/e1/_history/2"}]}, **more,
    }  # fmt: skip


def report(**more: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": {"text": "CT abdomen"}, **more}


ENCOUNTER = {"resourceType": "Encounter", "id": "e1", "class": {"code": "IMP"}}
NURSE = {"resourceType": "Practitioner", "id": "a1", "qualification": [{"code": {"text": "Registered nurse"}}]}


def bundle(*found: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"fullUrl": f"urn:uuid:{i}", "resource": r} for i, r in enumerate(found, 1)]}


def read(tmp_path: Path, *values: Any, name: str = "x.json") -> list[Note | BadNote]:
    path = tmp_path / name
    path.write_text("\n".join(v if isinstance(v, str) else json.dumps(v) for v in values))
    return list(read_notes([path]))


def only(found: list[Note | BadNote]) -> Note:
    (note,) = found
    assert isinstance(note, Note), note.error
    return note


def shape(found: list[Note | BadNote]) -> list[str]:
    return [n.text if isinstance(n, Note) else f"!{n.error.code}@{n.error.where}" for n in found]


WHOLE = Note(
    text=TEXT, note_id="d1", patient_id="p1", encounter_id="e1", note_type="Consult note", author_role=AuthorRole.NURSE,
    note_date=dt.date(2026, 11, 9), setting=Setting.INPATIENT,
)  # fmt: skip


def test_a_bundle_gives_the_note_with_all_its_fields(tmp_path: Path) -> None:
    assert read(tmp_path, bundle(reference(), ENCOUNTER, NURSE)) == [WHOLE]
    assert read(tmp_path, bundle(bundle(NURSE), bundle(reference(), ENCOUNTER))) == [WHOLE]


@pytest.mark.parametrize("name", ["x.ndjson", "x.jsonl"])
def test_lines_give_the_note_with_all_its_fields(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, reference(), ENCOUNTER, "", NURSE, name=name) == [WHOLE]


def test_a_folder_of_one_file_a_type(tmp_path: Path) -> None:
    for resource in (reference(), ENCOUNTER, NURSE):
        (tmp_path / f"{resource['resourceType']}.ndjson").write_text(json.dumps(resource))
    (tmp_path / "log.json").write_text('{"exported": 3}')
    assert list(read_notes([tmp_path])) == [WHOLE]


@pytest.mark.parametrize(
    ("code", "setting"),
    [("IMP", "inpatient"), ("ACUTE", "inpatient"), ("AMB", "outpatient"), ("EMER", "outpatient"), ("OBSENC", "outpatient"),
     ("VR", "outpatient"), ("inpatient", "inpatient"), ("unheard", "outpatient")],
)  # fmt: skip
def test_the_class_of_the_encounter_is_the_setting(tmp_path: Path, code: str, setting: str) -> None:
    r5 = {"resourceType": "Encounter", "id": "e1", "class": [{"coding": [{"code": code}]}]}
    for encounter in (ENCOUNTER | {"class": {"code": code}}, r5):
        assert only(read(tmp_path, bundle(reference(), encounter))).setting == setting
    inside = reference(contained=[ENCOUNTER | {"id": "e"}], context={"encounter": [{"reference": "#e"}]})
    assert only(read(tmp_path, inside)).setting is Setting.INPATIENT


@pytest.mark.parametrize(
    ("author", "role"),
    [
        ({"resourceType": "PractitionerRole", "id": "a1", "code": [{"coding": [{"code": "207ZP0102X"}]}]}, "pathologist"),
        ({"resourceType": "PractitionerRole", "id": "a1", "specialty": [{"text": "Diagnostic Radiology"}]}, "radiologist"),
        ({"resourceType": "Practitioner", "id": "a1", "qualification": [{"code": {"coding": [{"code": "MD"}]}}]}, "provider"),
        ({"resourceType": "Practitioner", "id": "a1", "qualification": [{"code": {"text": "Nurse Practitioner"}}]}, "provider"),
        ({"resourceType": "Practitioner", "id": "a1", "qualification": [{"code": {"text": "Dietitian"}}]}, "other"),
        ({"resourceType": "Practitioner", "id": "a1"}, "provider"),
    ],
)
def test_the_profession_of_the_author_is_the_role(tmp_path: Path, author: dict[str, Any], role: str) -> None:
    target = {"reference": f"{author['resourceType']}/a1"}
    assert only(read(tmp_path, bundle(reference(author=[target]), author))).author_role == role


def test_the_code_of_the_document_tells_before_its_author(tmp_path: Path) -> None:
    kind = {"coding": [{"code": "11526-1", "display": "Pathology study"}]}
    assert only(read(tmp_path, bundle(reference(type=kind), NURSE))).author_role is AuthorRole.PATHOLOGIST


CDA = f'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section><text>{TEXT}</text></section></component></structuredBody></component></ClinicalDocument>'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (TEXT, "text/plain"), (f"<html><body><p>{TEXT}</p></body></html>", "text/html"), (f"<p>{TEXT}</p>", "application/octet-stream"),
        (CDA, "application/hl7-cda+xml"), (CDA, "text/xml"), (TEXT.encode("utf-16"), "text/plain"), (TEXT, ""),
    ],
)  # fmt: skip
def test_attachments_of_every_format_give_the_same_text(tmp_path: Path, data: str | bytes, kind: str) -> None:
    assert only(read(tmp_path, reference(attachment(data, kind)))).text == TEXT


def test_the_plainest_format_that_can_be_read_is_taken(tmp_path: Path) -> None:
    html, plain, damaged = (
        attachment("<p>b</p>", "text/html"),
        attachment("a"),
        {"attachment": {"contentType": "text/plain", "data": "QQ"}},
    )
    assert only(read(tmp_path, reference(html, plain))).text == "a"
    assert only(read(tmp_path, reference(damaged, html))).text == "b"
    assert only(read(tmp_path, reference(plain, html, attachment("c")))).text == "a\n\nc"


@pytest.mark.parametrize("url", ["Binary/7", "https://x.invalid/Binary/7", "urn:uuid:2"])
def test_an_attachment_that_stands_elsewhere_in_the_bundle(tmp_path: Path, url: str) -> None:
    binary = {"resourceType": "Binary", "id": "7", "contentType": "text/plain", "data": b64(TEXT)}
    assert only(read(tmp_path, bundle(reference({"attachment": {"url": url}}), binary))).text == TEXT


def test_a_report_is_its_presented_form_and_a_conclusion_it_does_not_hold(tmp_path: Path) -> None:
    form = attachment("Liver lesions.\nMetastatic NET.")["attachment"]
    assert (
        only(read(tmp_path, report(presentedForm=[form], conclusion="metastatic  NET"))).text == "Liver lesions.\nMetastatic NET."
    )
    assert only(read(tmp_path, report(presentedForm=[form], conclusion="No node."))).text.endswith(
        "NET.\n\nCONCLUSION:\nNo node."
    )
    assert only(read(tmp_path, report(conclusion="No node."))).text == "No node."
    shown = only(read(tmp_path, report(text={"div": "<div><p>A</p><p>B</p></div>"})))
    assert (shown.text, shown.author_role) == ("A\n\nB", AuthorRole.RADIOLOGIST)


def test_a_composition_is_its_sections(tmp_path: Path) -> None:
    inner = {"title": "Plan:", "text": {"div": "<div>b</div>"}}
    body = {
        "resourceType": "Composition",
        "title": "Note",
        "section": [{"title": "Impression", "text": {"div": "<div>a</div>"}, "section": [inner]}],
    }
    assert only(read(tmp_path, body)).text == "IMPRESSION:\na\n\nPLAN:\nb"


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        (reference(status="entered-in-error"), "document_withdrawn"),
        (reference(status="superseded"), "document_withdrawn"),
        (report(status="cancelled", conclusion="a"), "document_withdrawn"),
        (report(), "no_text"),
        (reference({"attachment": {"url": "Binary/9"}}), "stored_elsewhere"),
        (reference({"attachment": {"contentType": "text/plain"}}), "empty_document"),
        (reference({"attachment": {"data": 7}}), "bad_value"),
        (reference({"attachment": {"data": "QUJ"}}), "bad_base64"),
        (reference(attachment(b"caf\xe9")), "not_utf8"),
        (reference(attachment(b"\x89PNG", "image/png")), "no_text"),
        (
            reference(attachment('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><ClinicalDocument>&b;</ClinicalDocument>')),
            "forbidden_xml",
        ),
        (reference(date="yesterday"), "bad_value"),
        (reference(content="words"), "no_text"),
        ({"resourceType": "DocumentReference"}, "no_text"),
        ({"resourceType": "Patient", "id": "p"}, "no_document"),
        ({"exported": 3}, "not_fhir"),
        ("[" * 100_000, "bad_json"),
        ('{"resourceType": "Document', "bad_json"),
    ],
    ids=lambda v: str(v)[:60],
)
def test_what_gives_no_note_says_why(tmp_path: Path, resource: Any, code: str) -> None:
    (bad,) = read(tmp_path, resource)
    assert isinstance(bad, BadNote)
    assert bad.error.code == code


def test_a_bad_line_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, reference(attachment("a")), '{"resourceType"', "[]", reference(attachment("b")), name="x.ndjson")
    assert shape(found) == ["a", "!bad_json@x.ndjson:2", "!not_fhir@x.ndjson:3", "b"]


def test_a_claim_of_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_CARRIER_BYTES", 3_000)
    found = read(
        tmp_path, reference(attachment("a")), reference(attachment("a" * 9_000)), reference(attachment("b")), name="x.ndjson"
    )
    assert shape(found) == ["a", "!note_too_long@x.ndjson:2", "b"]


MANY_WAYS = {
    "x.json": f"{json.dumps(reference(attachment(TEXT), id='a'))}\n\n{json.dumps(reference(attachment(TEXT), id='b'))}",
    "x.ndjson": json.dumps([reference(attachment(TEXT), id="a"), reference(attachment(TEXT), id="b")], indent=1),
    "x.jsonl": json.dumps(bundle(reference(attachment(TEXT), id="a"), reference(attachment(TEXT), id="b")), indent=1),
    "y.ndjson": json.dumps([reference(attachment(TEXT), id="a"), reference(attachment(TEXT), id="b")]),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY_WAYS)
def test_lines_and_whole_files_are_told_by_their_beginning(tmp_path: Path, name: str) -> None:
    """Exports name their files as they like: lines as ``.json``, and a Bundle as ``.ndjson``."""
    (tmp_path / name).write_text(MANY_WAYS[name])
    assert [n.note_id for n in read_notes([tmp_path / name]) if isinstance(n, Note)] == ["a", "b"]
    assert [n.note_id for n in read_notes([tmp_path]) if isinstance(n, Note)] == ["a", "b"]


def test_a_document_as_long_as_a_file_may_be_is_read_in_base64_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_NOTE_BYTES", 3_000)
    monkeypatch.setattr(source, "MAX_CARRIER_BYTES", 6_000)
    long = "word " * 580  # 2,900 bytes, and 3,868 in base64
    assert only(read(tmp_path, reference(attachment(long)), name="x.ndjson")).text == long


def test_a_line_that_is_too_long_hides_no_resource_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the lines are is told by the first that can be read."""
    monkeypatch.setattr(source, "MAX_CARRIER_BYTES", 3_000)
    found = read(tmp_path, reference(attachment("a" * 9_000)), reference(attachment("b")), name="x.ndjson")
    assert shape(found) == ["!note_too_long@x.ndjson:1", "b"]


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "2026", b64("word"), "#e", "Encounter/e1"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["resourceType", "attachment", "data", "url", "coding", "code", "class", "id", "reference", "start"]), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "type", "subject", "content", "context", "author", "date", "contained", "status", "presentedForm",
                                        "text", "conclusion", "section", "class", "qualification", "code", "encounter"]), _JUNK),
       st.sampled_from(["DocumentReference", "DiagnosticReport", "Composition", "Encounter", "Practitioner", "Bundle"]))  # fmt: skip
def test_no_shape_of_a_resource_stops_the_reader(tmp_path: Path, body: dict[str, Any], kind: str) -> None:
    for item in read(tmp_path, bundle({"resourceType": kind, **body}, {"resourceType": "DocumentReference", **body})):
        assert item.note_id


def test_an_attachment_within_its_address(tmp_path: Path) -> None:
    url = f"data:text/plain;base64,{b64(TEXT)}"
    assert only(read(tmp_path, bundle(reference({"attachment": {"url": url}})))).text == TEXT


@pytest.mark.parametrize("names", [("a.ndjson", "b.ndjson"), ("b.ndjson.gz", "a.ndjson.gz"), ("a.json", "b.json")])
@pytest.mark.parametrize("url", ["Binary/7", "https://x.invalid/fhir/Binary/7/_history/2"])
def test_an_attachment_in_another_file_of_the_folder(tmp_path: Path, names: tuple[str, str], url: str) -> None:
    binary = {"resourceType": "Binary", "id": "7", "contentType": "text/html", "data": b64(f"<p>{TEXT}</p>")}
    for name, resource in zip(names, (reference({"attachment": {"url": url}}), binary), strict=True):
        data = json.dumps(resource).encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert only(list(read_notes([tmp_path]))).text == TEXT


def test_a_binary_that_nothing_refers_to_is_told_and_a_picture_is_not(tmp_path: Path) -> None:
    rows = [
        reference({"attachment": {"url": "Binary/7"}}),
        *({"resourceType": "Binary", "id": i, "contentType": kind, "data": b64(TEXT)}
          for i, kind in (("7", "text/plain"), ("8", "text/plain"), ("9", "image/png"))),
    ]  # fmt: skip
    found = read(tmp_path, *rows, name="x.ndjson")
    assert [n.text if isinstance(n, Note) else (n.note_id, n.error.code) for n in found] == [TEXT, ("Binary/8", "no_document")]


def test_a_document_stored_elsewhere_says_so(tmp_path: Path) -> None:
    assert shape(read(tmp_path, reference({"attachment": {"url": "Binary/7"}}))) == ["!stored_elsewhere@x.json:1"]


def test_a_bundle_larger_than_is_read_at_once_is_read_one_by_one(tmp_path: Path) -> None:
    long = TEXT + " Seen today." * 300_000
    found = [r for i in "abcdefghijklmnopq" for r in (reference(attachment(long), id=i), {"resourceType": "Patient", "id": i})]
    path = tmp_path / "x.json"
    path.write_text("\ufeff" + json.dumps(bundle(ENCOUNTER, *found, NURSE)))
    assert path.stat().st_size > source.MAX_NOTE_BYTES
    notes = [(n.note_id, len(n.text), n.setting, n.author_role) for n in read_notes([path]) if isinstance(n, Note)]
    assert notes == [(i, len(long), Setting.INPATIENT, AuthorRole.NURSE) for i in "abcdefghijklmnopq"]


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of more than 200,000 bytes is a large one."""
    for module in (fhir_resources, large_json, source):
        monkeypatch.setattr(module, "MAX_NOTE_BYTES", 200_000)
    for module in (large_json, source):
        monkeypatch.setattr(module, "MAX_CARRIER_BYTES", 200_000)


MANY = [reference(attachment(f"{i}{' a' * 20_000}"), id=str(i)) for i in range(9)]


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "value", [bundle(*MANY, ENCOUNTER), [*MANY, ENCOUNTER], [bundle(*MANY[:3], ENCOUNTER), bundle(*MANY[3:6]), bundle(*MANY[6:])]]
)
def test_large_files_of_every_shape(tmp_path: Path, value: Any, zipped: bool) -> None:
    data = json.dumps(value).encode()
    path = tmp_path / ("x.json.gz" if zipped else "x.json")
    path.write_bytes(gzip.compress(data) if zipped else data)
    found = [n for n in read_notes([path]) if isinstance(n, Note)]
    assert [(n.note_id, n.setting) for n in found] == [(str(i), Setting.INPATIENT) for i in range(9)]


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize(
    ("text", "notes", "code"),
    [
        (json.dumps(bundle(*MANY))[:400_000], 7, "bad_json"),
        (json.dumps(bundle(*MANY)).replace('"4"', '"\x00"'), 4, "bad_json"),
        (json.dumps(bundle(*MANY[:4], reference(attachment("a" * 300_000)), *MANY[4:])), 4, "note_too_long"),
        (json.dumps(bundle(*MANY)).replace('"entry": ', '"entry": [' + "[" * 250_000), 0, "bad_json"),
        (json.dumps({"entry": [{"exported": 3}] * 20_000}), 0, "not_fhir"),
        (json.dumps([7] * 90_000), 0, "not_fhir"),
        (json.dumps({"resourceType": "Patient", "name": ["a"] * 90_000}), 0, "note_too_long"),
        ("[" * 300_000, 0, "bad_json"),
        (json.dumps([bundle(*MANY[:2], {"n": 10**30}), *MANY]).replace(str(10**30), "1" * 400), 0, "bad_json"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_large_file_that_is_damaged_gives_what_stands_before(tmp_path: Path, text: str, notes: int, code: str) -> None:
    *good, last = read(tmp_path, text)
    assert [n.note_id for n in good] == [str(i) for i in range(notes)]
    assert isinstance(last, BadNote)
    assert (last.error.code, last.error.where) == (code, f"x.json:{notes + 1}")


@pytest.mark.usefixtures("small_memory")
def test_memory_follows_the_largest_entry(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(bundle(*MANY * 15)))
    tracemalloc.start()
    assert sum(1 for _ in read_notes([path])) == 9 * 15
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.3 * path.stat().st_size


def test_what_an_address_means_is_looked_for_in_its_own_bundle_first(tmp_path: Path) -> None:
    """Bundles of several patients may call their resources by the same ids."""
    for name, kind, words in (("a", "IMP", "first"), ("b", "AMB", "second")):
        binary = {"resourceType": "Binary", "id": "7", "contentType": "text/plain", "data": b64(words)}
        parts = (reference({"attachment": {"url": "Binary/7"}}), ENCOUNTER | {"class": {"code": kind}}, binary)
        (tmp_path / f"{name}.json").write_text(json.dumps(bundle(*parts)))
    found = [(n.text, n.setting) for n in read_notes([tmp_path]) if isinstance(n, Note)]
    assert found == [("first", Setting.INPATIENT), ("second", Setting.OUTPATIENT)]
    lines = "\n".join((tmp_path / f"{name}.json").read_text() for name in "ab")
    assert [n.text for n in read(tmp_path, lines, name="lines.ndjson") if isinstance(n, Note)] == ["first", "second"]


def test_encounters_and_authors_by_the_address_of_their_entry(tmp_path: Path) -> None:
    document = reference(
        author=[{"reference": "urn:uuid:3"}],
        subject={"reference": "urn:uuid:p1"},
        context={"encounter": [{"reference": "urn:uuid:2"}]},
    )
    note = only(read(tmp_path, bundle(document, ENCOUNTER, NURSE)))
    assert (note.setting, note.author_role, note.patient_id) == (Setting.INPATIENT, AuthorRole.NURSE, "p1")


def test_an_entry_is_told_by_its_number(tmp_path: Path) -> None:
    assert shape(read(tmp_path, bundle(reference(attachment("a")), report()))) == ["a", "!no_text@x.json:2"]
