"""Exports reload by tools that are not ours, and give back as many findings, codes and gaps as the records have."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from fhir.resources.R4B.bundle import Bundle
from jsonschema import Draft202012Validator
from lxml import etree

from oncospan.engine import Settings
from oncospan.errors import InputError, OutputError, UsageError
from oncospan.export import run
from oncospan.export.forms import Form
from oncospan.export.run import Done, Export
from oncospan.runners.batch import Batch, Summary, extract
from oncospan.schema import CHART_RECORD, RECORD, Level, closed, without_empty
from oncospan.writers import Format, format_of, note_nlp, table

SAMPLES = Path(__file__).parents[2] / "corpora" / "samples" / "notes.jsonl"
AT = "2026-11-22T10:00:00Z"
ODD = "Impression: liver \U0001f600\r\n metastases.\r\n=HYPERLINK(1) No bone metastases\x0b. +Ileal carcinoid with hepatic\n   metastases."
QUIET = '{"id": "quiet", "text": "Seen for a cold."}'
BROKEN = '{"id": "broken"'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with notes, among them an odd and a broken one, and the records of them: of notes, encounters and patients."""
    folder = tmp_path_factory.mktemp("export")
    odd = json.dumps({"id": "1017", "text": ODD, "patient_id": "=cmd", "encounter_id": "e-odd", "note_date": "2026-11-10"})
    (folder / "notes.jsonl").write_bytes(SAMPLES.read_bytes() + f"{odd}\n{QUIET}\n{BROKEN}\n".encode())
    for out, level in (("records.jsonl", "note"), ("encounters.jsonl", "encounter"), ("patients.parquet", "patient")):
        job = Batch(
            inputs=[folder / "notes.jsonl"],
            output=str(folder / out),
            format=format_of(out),
            settings=Settings(),
            level=Level(level),
        )
        extract(job, Summary(output=out), lambda records, _: iter(records))
    return folder


def _oncospan(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "oncospan", *words], cwd=folder, capture_output=True, check=False)


def exported(place: Path, form: str, out: str, records: str = "records.jsonl", *, notes: bool = True) -> tuple[Path, Done]:
    import datetime as dt

    job = Export(
        records=place / records, output=f"{place}/{out}", form=Form(form), at=dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC),
        notes=[place / "notes.jsonl"] if notes else [],
    )  # fmt: skip
    return place / out, run.export(job)


def asked(query: str) -> list[Any]:
    """What DuckDB answers."""
    return duckdb.connect().execute(query).fetchall()


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def records(place: Path) -> list[dict[str, Any]]:
    return rows(place / "records.jsonl")


@pytest.fixture(scope="module")
def wanted(records: list[dict[str, Any]]) -> Counter[str]:
    """How many findings, mentions, codes and so on the records have."""
    out: Counter[str] = Counter()
    for r in records:
        out.update({part: len(r[part]) for part in ("findings", "codes", "gaps", "rejected", "errors")})
        out["mentions"] += sum(len(f["evidence"]) for f in r["findings"])
        out["quotes"] += sum(len(c["evidence"]) for c in r["codes"])
        out["cues"] += sum(len(f["cues"]) for f in r["findings"])
    assert min(out.values()) > 0
    return out


def test_parts_of_a_folder_are_read_in_their_order_and_one_by_one(place: Path) -> None:
    lines = (place / "records.jsonl").read_bytes().splitlines(keepends=True)
    (place / "parts").mkdir()
    (place / "parts" / "part-00000.jsonl").write_bytes(b"".join(lines[:20]))
    (place / "parts" / "part-00001.jsonl").write_bytes(b"".join(lines[20:]))
    whole, _ = exported(place, "omop", "whole.csv")
    together, _ = exported(place, "omop", "together.csv", "parts")
    assert together.read_bytes() == whole.read_bytes()
    pieces = [exported(place, "omop", f"piece-{n}.csv", f"parts/part-0000{n}.jsonl")[0].read_bytes() for n in range(2)]
    assert pieces[0] + pieces[1].partition(b"\n")[2] == whole.read_bytes()


def test_jsonl_is_the_records(place: Path) -> None:
    out, done = exported(place, "jsonl", "again.jsonl")
    assert out.read_bytes() == (place / "records.jsonl").read_bytes()
    assert (done.records, done.error_records) == (31, 1)


@pytest.mark.parametrize("name", ["records.jsonl", "patients.parquet"])
def test_parquet_and_back_is_the_same_record(place: Path, name: str) -> None:
    first, _ = exported(place, "parquet", f"{name}.nested.parquet", name)
    back, _ = exported(place, "jsonl", f"{name}.back.jsonl", first.name)
    if name.endswith(".jsonl"):
        assert rows(back) == [without_empty(r, RECORD) for r in rows(place / name)]
    for record in rows(back):
        Draft202012Validator(closed(CHART_RECORD if record.get("level") else RECORD)).validate(record)


def test_duckdb_reads_the_nested_columns(place: Path, wanted: Counter[str]) -> None:
    out, _ = exported(place, "parquet", "nested.parquet")
    counted = asked(f"select sum(len(findings)), sum(len(codes)), sum(len(gaps)), sum(len(errors)) from '{out}'")[0]
    assert counted == tuple(wanted[k] for k in ("findings", "codes", "gaps", "errors"))
    schema = pq.read_schema(out)
    assert all(schema.field(n).metadata[b"description"] for n in schema.names)


@pytest.mark.parametrize("out", ["flat.parquet", "flat.csv"])
def test_the_flat_view_has_a_row_for_each_thing(place: Path, wanted: Counter[str], out: str) -> None:
    path, _ = exported(place, "flat" if out.endswith("parquet") else "csv", out)
    read = f"'{path}'" if out.endswith("parquet") else f"read_csv('{path}', all_varchar=true, quote='\"')"
    counted = dict(asked(f"select kind, count(*) from {read} group by kind"))
    kinds = {"finding": "findings", "code": "codes", "gap": "gaps", "rejected": "rejected", "error": "errors"}
    assert counted == {kind: wanted[part] for kind, part in kinds.items()} | {"none": 1}
    names = [c[0] for c in asked(f"describe select * from {read}")]
    assert tuple(names) == table.COLUMNS


def test_no_cell_of_a_csv_begins_a_formula(place: Path) -> None:
    for form, out in (("csv", "safe.csv"), ("omop", "safe_nlp.csv")):
        path, _ = exported(place, form, out)
        with path.open(encoding="utf-8", newline="") as stream:
            cells = [c for row in csv.reader(stream) for c in row]
        assert not [c for c in cells if re.match(r"[ ]*[=+\-@\t\r\n]", c)]
        assert any(c.startswith("'=cmd") for c in cells) or form == "omop"


@pytest.mark.parametrize("out", ["NOTE_NLP.csv", "NOTE_NLP.parquet"])
def test_note_nlp_fits_its_table(place: Path, records: list[dict[str, Any]], wanted: Counter[str], out: str) -> None:
    path, _ = exported(place, "omop", out)
    db = duckdb.connect()
    db.execute(
        "create table note_nlp (note_nlp_id bigint primary key, note_id integer, section_concept_id integer, snippet varchar(250), "
        '"offset" varchar(50), lexical_variant varchar(250) not null, note_nlp_concept_id integer, note_nlp_source_concept_id integer, '
        "nlp_system varchar(250), nlp_date date not null, nlp_datetime timestamp, term_exists varchar(1), term_temporal varchar(50), "
        "term_modifiers varchar(2000), note_source_value varchar, note_nlp_source_value varchar)"
    )  # the columns of CDM 5.4 in their order, and our two
    names = [r[0] for r in db.execute("describe note_nlp").fetchall()]
    assert tuple(names) == note_nlp.TABLE.names
    db.execute(f"insert into note_nlp select * from '{path}'")
    longest = db.execute(
        "select max(len(snippet)), max(len(lexical_variant)), max(len(nlp_system)), max(len(term_modifiers)), max(len(term_exists)) "
        "from note_nlp"
    ).fetchone()
    assert longest is not None
    assert all(n <= most for n, most in zip(longest, (250, 250, 250, 2000, 1), strict=True))
    by_type = dict(db.execute("select split_part(term_modifiers, ';', 1), count(*) from note_nlp group by 1").fetchall())
    assert by_type == {"type=finding": wanted["mentions"], "type=code": wanted["quotes"]}
    texts = {r["id"]: r["text"] for r in map(json.loads, (place / "notes.jsonl").read_text().splitlines()[:-1])}
    for note, offset, words, snippet in db.execute(
        'select note_source_value, "offset", lexical_variant, snippet from note_nlp'
    ).fetchall():
        plain = words.removeprefix("'")
        assert " ".join(texts[note][int(offset) :].split()).startswith(plain)
        assert plain in snippet
    states = {(r["note_id"], f["concept"], f["assertion"]) for r in records for f in r["findings"] if f["kind"] == "metastasis"}
    denied = db.execute(
        "select distinct note_source_value, substr(note_nlp_source_value, 12) from note_nlp where term_exists = 'N' and "
        "note_nlp_source_value like 'metastasis:%'"
    ).fetchall()
    assert {tuple(d) for d in denied} == {(n, c) for n, c, a in states if a not in {"present", "history"}}
    assert db.execute("select count(*) from note_nlp where note_id = 1017").fetchone() != (0,)


@pytest.mark.parametrize("name", ["records.jsonl", "encounters.jsonl"])
def test_bundles_are_valid_fhir(place: Path, wanted: Counter[str], name: str) -> None:
    out, _ = exported(place, "fhir", f"{name}.ndjson", name)
    found: Counter[str] = Counter()
    for line in out.read_bytes().splitlines():
        bundle = Bundle.model_validate_json(line)
        urls = [e.fullUrl for e in bundle.entry]
        assert len(urls) == len(set(urls))
        pointed = set(re.findall(r'"reference":\s*"(urn:uuid:[^"]+)"', line.decode()))
        assert pointed <= set(urls)
        for entry in bundle.entry:
            made = entry.resource
            found[made.get_resource_type()] += 1
            if made.get_resource_type() == "Condition":
                assert made.verificationStatus.coding[0].code == "provisional"
                assert made.evidence
            if made.get_resource_type() == "Observation":
                found["mentions"] += sum(
                    e.url == "urn:oncospan:fhir:span" and not any(x.url == "cue" for x in e.extension) for e in made.extension
                )
    if name == "records.jsonl":
        told = {"Observation": "findings", "Condition": "codes", "Task": "gaps", "Questionnaire": "gaps", "mentions": "mentions"}
        assert {k: found[k] for k in told} == {k: wanted[v] for k, v in told.items()}
    assert found["OperationOutcome"] == 1
    assert found["Provenance"] > 0
    assert b"Seen for" not in out.read_bytes()


def test_tasks_fit_label_studio_and_its_config(place: Path, wanted: Counter[str]) -> None:
    out, _ = exported(place, "labelstudio", "studio")
    config = etree.parse(out / "labels.xml")
    controls = {e.get("name"): e for e in config.iter("Labels", "Choices", "TextArea")}
    (shown,) = config.iter("Text")
    validator = Draft202012Validator(LABEL_STUDIO_TASKS)
    found: Counter[str] = Counter()
    tasks = json.loads((out / "tasks-00000.json").read_text())
    validator.validate(tasks)
    for task in tasks:
        text = task["data"][shown.get("value").removeprefix("$")]
        assert len(text.encode("utf-16-le")) == 2 * len(text)
        assert "\r" not in text
        results = task["predictions"][0]["result"]
        ids = {r["id"] for r in results if r["type"] != "relation"}
        for r in results:
            if r["type"] == "relation":
                assert {r["from_id"], r["to_id"]} <= ids
                assert {r["labels"][0]} <= {e.get("value") for e in config.iter("Relation")}
                continue
            assert r["to_name"] == shown.get("name")
            value = r["value"]
            if r["type"] == "labels":
                assert text[value["start"] : value["end"]] == value["text"]
            if r["type"] in {"labels", "choices"}:
                allowed = {e.get("value") for e in controls[r["from_name"]]}
                assert set(value[r["type"]]) <= allowed
                found[f"{r['type']} {value[r['type']][0] == 'cue'}"] += 1
    assert found == {"labels False": wanted["mentions"], "choices False": wanted["mentions"], "labels True": wanted["cues"]}
    assert "bad_json" in (out / "errors.csv").read_text()


LABEL_STUDIO_TASKS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            "meta": {"type": "object"},
            "predictions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["result"],
                    "properties": {
                        "model_version": {"type": "string"},
                        "score": {"type": "number", "minimum": 0, "maximum": 1},
                        "result": {
                            "type": "array",
                            "items": {
                                "oneOf": [
                                    {
                                        "required": ["id", "from_name", "to_name", "type", "value"],
                                        "properties": {
                                            "type": {"enum": ["labels", "choices", "textarea"]},
                                            "value": {
                                                "required": ["start", "end"],
                                                "properties": {"start": {"type": "integer"}, "end": {"type": "integer"}},
                                            },
                                        },
                                    },
                                    {
                                        "required": ["from_id", "to_id", "type", "direction"],
                                        "properties": {
                                            "type": {"const": "relation"},
                                            "direction": {"enum": ["left", "right", "bi"]},
                                        },
                                    },
                                ]
                            },
                        },
                    },
                },
            },
        },
    },
}
"""The tasks of an import with predictions, as the documentation of Label Studio has them."""


def standoff(path: Path) -> Iterator[tuple[str, str, list[tuple[int, int]], str]]:
    """Text-bound annotations by the description of the format alone: id, type, pieces, words."""
    for line in path.read_bytes().decode("utf-8").split("\n")[:-1]:
        if line.startswith("T"):
            ident, where, words = line.split("\t")
            kind, places = where.split(" ", 1)
            yield ident, kind, [(int(a), int(b)) for a, b in (p.split(" ") for p in places.split(";"))], words


def test_brat_standoff_by_an_independent_reader(place: Path, wanted: Counter[str]) -> None:
    out, _ = exported(place, "brat", "brat")
    conf = (out / "annotation.conf").read_text()
    sections = dict(re.findall(r"^\[(\w+)\]\n(.*?)(?=^\[|\Z)", conf, re.MULTILINE | re.DOTALL))
    entities = sections["entities"].split()
    index = {r["document"]: r for r in csv.DictReader((out / "index.tsv").read_text().splitlines(), delimiter="\t")}
    texts = {r["id"]: r["text"] for r in map(json.loads, (place / "notes.jsonl").read_text().splitlines()[:-1])}
    found: Counter[str] = Counter()
    for path in sorted(out.glob("*.ann")):
        text = path.with_suffix(".txt").read_bytes().decode("utf-8")
        assert text == texts[index[path.stem]["note_id"]]
        ids = set()
        for ident, kind, places, words in standoff(path):
            assert kind in entities
            assert " ".join(text[a:b] for a, b in places) == words
            assert len(words.splitlines()) == 1
            found[kind == "Cue"] += 1
            found["pieces"] += len(places) > 1
            ids.add(ident)
        for line in path.read_text(encoding="utf-8").splitlines():
            if line[0] == "A":
                assert line.split("\t")[1].split(" ")[1] in ids
            if line[0] == "R":
                assert {a.partition(":")[2] for a in line.split("\t")[1].split(" ")[1:]} <= ids
    assert (found[False], found[True]) == (wanted["mentions"], wanted["cues"])
    assert found["pieces"] > 0
    assert {"Assertion", "Arg:<ENTITY>,"} <= set(sections["attributes"].replace("\t", " ").split())


def test_a_site_has_a_page_an_encounter_and_an_index(place: Path) -> None:
    out, _ = exported(place, "html", "site/", "encounters.jsonl")
    index = (out / "index.html").read_text()
    pages = sorted(p.name for p in (out / "pages").iterdir())
    named = re.findall(r'href="(pages/\d+\.html)#n1"', index)
    assert [f"pages/{p}" for p in pages] == named
    assert len(pages) == 31
    for page in [out / "index.html", out / "run.html", *(out / "pages").iterdir()]:
        html = page.read_text()
        assert not re.search(r"<script|<img|<link|https?://|\sstyle=|\son\w+=", html)
        for link in re.findall(r'href="([^"#]*)(?:#[^"]*)?"', html):
            assert not link or (page.parent / link).resolve().is_file()
        ids = set(re.findall(r'\bid="([^"]+)"', html))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= ids
    assert "e-odd" in (out / "index.html").read_text()


def test_notes_without_a_shared_encounter_have_pages_of_their_own(place: Path) -> None:
    out, _ = exported(place, "html", "notes_site/")
    assert len(list((out / "pages").iterdir())) == 31


def test_the_page_of_a_patient_shows_every_note_and_its_facts_over_time(tmp_path: Path) -> None:
    said = (
        ("2025-01-10", "Staging: pancreatic neuroendocrine tumor with liver metastases."),
        ("2026-11-10", "Pancreatic neuroendocrine tumor with bone metastases. No liver metastases."),
    )
    notes = [
        {"id": f"n{n}", "note_date": day, "text": text, "patient_id": "p", "encounter_id": f"e{n}"}
        for n, (day, text) in enumerate(said)
    ]
    (tmp_path / "notes.jsonl").write_text("".join(json.dumps(n) + "\n" for n in notes))
    job = Batch(inputs=[tmp_path / "notes.jsonl"], output=f"{tmp_path}/p.jsonl", format=Format.JSONL, settings=Settings(),
                level=Level.PATIENT)  # fmt: skip
    extract(job, Summary(output="p.jsonl"), lambda records, _: iter(records))
    out, _ = exported(tmp_path, "html", "site/", "p.jsonl")
    html = (out / "pages" / "000001.html").read_text()
    assert "Patient p" in html
    assert html.count('<pre class="note"') == 2
    assert "2025-01-10 present → 2026-11-10 absent" in html
    assert re.search(r'<mark class="k-metastasis a-present"[^>]*>liver metastases</mark>', html)


def test_the_report_of_a_run_names_nobody(place: Path, records: list[dict[str, Any]], wanted: Counter[str]) -> None:
    out, _ = exported(place, "report", "run.html", notes=False)
    html = out.read_text()
    assert not [r["note_id"] for r in records if r["note_id"] in html]
    quoted = {i["text"] for r in records for g in r["gaps"] for i in g["query"]["indicators"]}
    assert not [q for q in quoted if q in html]
    assert html.count("<svg") > 20
    assert f"<dt>gaps</dt><dd>{wanted['gaps']}</dd>" in html
    assert "bad_json" in html
    assert not re.search(r"<script|\sstyle=", html)


@pytest.mark.parametrize("form", [str(f) for f in Form])
def test_the_same_records_give_the_same_bytes(place: Path, form: str) -> None:
    one, other = (exported(place, form, f"same-{form}-{n}")[0] for n in "ab")
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file()) if one.is_dir() else []
    assert [(one / f).read_bytes() == (other / f).read_bytes() for f in files] == [True] * len(files)
    assert one.is_dir() or one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("form", [str(f) for f in Form])
def test_nothing_is_overwritten_and_a_failure_leaves_nothing(place: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "notes.jsonl").write_bytes((place / "notes.jsonl").read_bytes())
    good = (place / "records.jsonl").read_bytes()
    (tmp_path / "records.jsonl").write_bytes(good + b'{"no": "record"}\n')
    with pytest.raises(InputError, match=r"records\.jsonl:32"):
        exported(tmp_path, form, "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.jsonl", "records.jsonl"]
    (tmp_path / "records.jsonl").write_bytes(good)
    out, _ = exported(tmp_path, form, "out")
    before = {p: p.read_bytes() for p in [out, *out.rglob("*")] if p.is_file()}
    with pytest.raises((OutputError, UsageError)):
        exported(tmp_path, form, "out")
    assert before == {p: p.read_bytes() for p in before}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda r: r["findings"][0].pop("concept"), "findings"),
        (lambda r: r["codes"][0].pop("rule"), "codes[0].rule"),
        (lambda r: r["codes"][0].update(sequence="first"), "codes[0].sequence"),
        (lambda r: r["codes"][0]["evidence"][0].update(start=True), "codes[0].evidence[0].start"),
        (lambda r: r.pop("stamp"), "stamp"),
        (lambda r: r.update(setting=7), "setting"),
        (lambda r: r.update(level="encounter"), "notes"),
        (lambda r: r.update(level="ward"), "level"),
    ],
)
def test_what_is_no_record_is_named_by_its_place(place: Path, tmp_path: Path, change: Any, where: str) -> None:
    record = next(r for r in rows(place / "records.jsonl") if r["codes"])
    change(record)
    (tmp_path / "records.jsonl").write_text(json.dumps(record) + "\n")
    with pytest.raises(InputError, match=re.escape(where)) as caught:
        exported(tmp_path, "fhir", "out", notes=False)
    assert caught.value.where == "records.jsonl:1"
    assert [p.name for p in tmp_path.iterdir()] == ["records.jsonl"]


def test_a_damaged_parquet_is_an_input_error(place: Path, tmp_path: Path) -> None:
    whole, _ = exported(place, "parquet", "whole.parquet")
    (tmp_path / "records.parquet").write_bytes(whole.read_bytes()[:-3000])
    with pytest.raises(InputError):
        exported(tmp_path, "csv", "out", "records.parquet", notes=False)
    assert [p.name for p in tmp_path.iterdir()] == ["records.parquet"]


@pytest.mark.parametrize("form", ["omop", "labelstudio", "brat", "html"])
def test_of_notes_that_share_an_id_the_digest_tells_which_it_is(tmp_path: Path, form: str) -> None:
    """An id is the export's business; and a row that is no note has no text, whatever note has its id."""
    texts = ["Liver metastases.", "Colon cancer.", "", "Ileal carcinoid."]
    rows = [json.dumps({"id": "7", "text": text, "note_date": "soon" if not text else "2026-11-10"}) for text in texts]
    (tmp_path / "notes.jsonl").write_text("\n".join(rows))
    job = Batch(
        inputs=[tmp_path / "notes.jsonl"], output=str(tmp_path / "records.jsonl"), format=Format.JSONL, settings=Settings()
    )
    extract(job, Summary(output=""), lambda records, _: iter(records))
    out, done = exported(tmp_path, form, "out.csv" if form == "omop" else "out/")
    assert (done.records, done.error_records) == (4, 1)
    if form == "brat":
        assert sorted(p.read_text() for p in out.glob("*.txt")) == sorted(filter(None, texts))


def test_other_notes_are_refused(place: Path, tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").write_bytes((place / "records.jsonl").read_bytes())
    text = (place / "notes.jsonl").read_text().replace("INDICATION", "Indications", 1)
    (tmp_path / "notes.jsonl").write_text(text)
    with pytest.raises(InputError, match="not the one the record was made from"):
        exported(tmp_path, "brat", "out")
    (tmp_path / "notes.jsonl").write_text('{"id": "x", "text": "y"}\n')
    with pytest.raises(InputError, match="not among the notes"):
        exported(tmp_path, "brat", "out")
    with pytest.raises(UsageError, match="texts of the notes"):
        exported(tmp_path, "brat", "out", notes=False)


def test_the_command_tells_by_its_exit_code(place: Path) -> None:
    def code(*words: str) -> int:
        return _oncospan(place, "export", *words).returncode

    assert code("records.jsonl", "-o", "code.csv", "--format", "csv") == 3
    assert code("records.jsonl", "-o", "code.csv", "--format", "csv") == 6
    assert code("records.jsonl", "-o", "x", "--format", "brat") == 2
    assert code("notes.jsonl", "-o", "x.csv", "--format", "csv") == 5
    assert code("none.jsonl", "-o", "x.csv", "--format", "csv") == 5
    assert code("records.jsonl", "-o", "x.csv", "--format", "flat") == 2
    assert code("records.jsonl", "-o", "x/", "--format", "fhir") == 2
    done = _oncospan(place, "export", "records.jsonl", "-o", "-", "--format", "fhir", "--at", AT)
    assert done.returncode == 3
    assert len(done.stdout.splitlines()) == 31
    assert b"1 of 31 records" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("form", ["brat", "html", "omop"])
def test_a_kill_leaves_no_half_output(place: Path, tmp_path: Path, form: str) -> None:
    lines = (place / "records.jsonl").read_bytes().splitlines(keepends=True)[:-1]
    (tmp_path / "records.jsonl").write_bytes(b"".join(lines) * 40)
    words = ["records.jsonl", "-o", "out/" if form == "html" else "out", "--format", form, "--notes", str(place / "notes.jsonl")]
    command = [sys.executable, "-m", "oncospan", "export", *words, "--at", AT]
    for wait in (1.2, 1.8, 2.4):
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        assert not (tmp_path / "out").exists()
    if not (tmp_path / "out").exists():
        assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "records.jsonl"]
