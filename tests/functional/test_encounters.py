"""The annotated encounters under ``tests/spec/encounters``: what is said of many notes together, in any order of them."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from oncospan.case import ChartAnalysis, NoteGroup
from oncospan.cli import app
from oncospan.engine import Settings, analyser_of
from oncospan.gaps.rules import RULES
from oncospan.readers import read_notes
from oncospan.schema import CHART_RECORD, Level, closed
from oncospan.types import AuthorRole, CodeStatus, Finding, Note, Setting
from oncospan.writers.jsonl import line

FOLDER = Path(__file__).parents[1] / "spec" / "encounters"
KEYS = frozenset(
    "id why by setting notes findings absent_findings codes absent_codes rejected alternates gaps silent_gaps sources quoted copied "
    "timeline errors review_only known_failure".split()
)


def items() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every encounter of every topic, as ``topic.id``."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield f"{path.stem}.{item['id']}", item


def params() -> list[Any]:
    """The encounters as parameters, known failures as strict ones."""
    return [
        pytest.param(i, id=name, marks=[pytest.mark.xfail(reason=why, strict=True)] if (why := i.get("known_failure")) else [])
        for name, i in items()
    ]


def group_of(item: dict[str, Any], backwards: bool = False) -> NoteGroup:
    """The notes of an item as a group."""
    notes = [
        Note(
            text=n["text"], note_id=n["id"], note_date=n.get("date"), note_type=n.get("type"), patient_id="p",
            author_role=n.get("role", "provider"), setting=item.get("setting", "outpatient"), encounter_id=n.get("encounter", "e"),
        )
        for n in item["notes"]
    ]  # fmt: skip
    level = Level(item.get("by", "encounter"))
    encounter = "e" if level is Level.ENCOUNTER else None
    return NoteGroup(
        level=level, group_id="e", patient_id="p", encounter_id=encounter, notes=tuple(reversed(notes) if backwards else notes)
    )


def told(f: dict[str, Any]) -> set[str]:
    """Every word an item may ask of a finding."""
    return {str(f.get(k)) for k in ("kind", "concept", "side", "assertion", "family") if f.get(k)}


def has(record: dict[str, Any], words: str) -> bool:
    """Whether a finding has the words, the +flags and none of the -flags."""
    wanted = words.split()
    plain = {w for w in wanted if w[0] not in "+-"}
    plus, minus = ({w[1:] for w in wanted if w[0] == sign} for sign in "+-")
    return any(
        plain <= told(f) and plus <= set(f.get("flags", ())) and not minus & set(f.get("flags", ())) for f in record["findings"]
    )


def stated(f: dict[str, Any], words: str) -> bool:
    return set(words.split()) <= told(f)


def differences(item: dict[str, Any], record: dict[str, Any]) -> list[str]:
    """What of an item the record does not have, and what it has that it should not."""
    out = [f"no finding {w!r}" for w in item.get("findings", ()) if not has(record, w)]
    out += [f"a finding {w!r}" for w in item.get("absent_findings", ()) if has(record, w)]
    codes = [c["code"] + ("*" if c["status"] == "review" else "") for c in record["codes"]]
    if "codes" in item and sorted(codes) != sorted(item["codes"]):
        out.append(f"codes {codes}")
    out += [f"a code {c}" for c in item.get("absent_codes", ()) if c in [x.rstrip("*") for x in codes]]
    if item.get("review_only") and (not codes or any(not c.endswith("*") for c in codes)):
        out.append(f"not only for review: {codes}")
    refused = {f"{r['code']} {r['rule']}" for r in record["rejected"]}
    out += [f"no rejection {r}" for r in item.get("rejected", ()) if r not in refused]
    others = {f"{c['code']} {a['code']}" for c in record["codes"] for a in c["alternates"]}
    out += [f"no alternate {a}" for a in item.get("alternates", ()) if a not in others]
    return out + _gap_differences(item, record) + _word_differences(item, record)


def _gap_differences(item: dict[str, Any], record: dict[str, Any]) -> list[str]:
    gaps = {g["gap"][:3] for g in record["gaps"]}
    out = [f"no gap {g}" for g in item.get("gaps", ()) if g in RULES and g not in gaps]
    out += [f"a gap {g}" for g in item.get("silent_gaps", ()) if g in gaps]
    for gap, wanted in item.get("sources", {}).items():
        seen = {f"{i['source']} {i['date']}" for g in record["gaps"] if g["gap"][:3] == gap for i in g["query"]["indicators"]}
        out += [f"{gap} does not quote {s!r} but {sorted(seen)}" for s in wanted if s not in seen]
    return out


def _word_differences(item: dict[str, Any], record: dict[str, Any]) -> list[str]:
    out = []
    for words, wanted in item.get("quoted", {}).items():
        seen = {e["note_id"] for f in record["findings"] if stated(f, words) for e in f["evidence"]}
        out += [f"{words}: quoted from {sorted(seen)}"] if seen != set(wanted) else []
    if "copied" in item:
        seen = {e["note_id"] for f in all_states(record) for e in f["evidence"] if e.get("copied")}
        out += [f"copied: {sorted(seen)}"] if seen != set(item["copied"]) else []
    for words, wanted in item.get("timeline", {}).items():
        facts = [f for f in record["timeline"] if set(words.split()) <= {f["kind"], f["concept"]}]
        seen_states = [f"{s['date']} {s['assertion']}{' carried' if s['carried'] else ''}" for f in facts for s in f["states"]]
        out += [f"{words}: {seen_states}"] if seen_states != [str(w) for w in wanted] else []
    errors = [f"{e['code']} {e['where']}" for e in record["errors"]]
    return out + ([f"errors {errors}"] if errors != item.get("errors", []) else [])


def all_states(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [*record["findings"], *(s for f in record.get("timeline", ()) for s in f["states"])]


def spans_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every span of a record."""
    if isinstance(value, dict):
        if value.keys() >= {"start", "end", "text"}:
            yield value
        for v in value.values():
            yield from spans_in(v)
    elif isinstance(value, list):
        for v in value:
            yield from spans_in(v)


@pytest.fixture(scope="module")
def analyse() -> Any:
    return analyser_of(Settings(default_date=dt.date(2026, 11, 1))).analyse_group


@pytest.mark.parametrize("item", params())
def test_encounter(item: dict[str, Any], analyse: Any) -> None:
    analysis: ChartAnalysis = analyse(group_of(item))
    record = analysis.record()
    assert differences(item, record) == []


@pytest.mark.parametrize("item", [pytest.param(i, id=n) for n, i in items()])
def test_the_order_of_the_notes_leaves_no_trace(item: dict[str, Any], analyse: Any) -> None:
    assert line(analyse(group_of(item))) == line(analyse(group_of(item, backwards=True)))


def test_every_span_stands_in_the_note_it_names_and_every_record_fits_the_schema(analyse: Any) -> None:
    validator = Draft202012Validator(closed(CHART_RECORD))
    for name, item in items():
        analysis: ChartAnalysis = analyse(group_of(item))
        record = json.loads(line(analysis))
        validator.validate(record)
        texts = {n["id"]: [m["text"] for m in item["notes"] if m["id"] == n["id"]] for n in item["notes"]}
        assert all(any(t[s["start"] : s["end"]] == s["text"] for t in texts[s["note_id"]]) for s in spans_in(record)), name
        assert [f for f in analysis.findings if not _fits(f, analysis.note.text)] == [], name


def _fits(f: Finding, text: str) -> bool:
    return all(text[e.start : e.end] == e.text for e in (*f.evidence, *f.cues))


def test_items_are_well_formed() -> None:
    names = [name for name, _ in items()]
    assert len(names) == len(set(names))
    assert len(names) >= 60
    for name, item in items():
        assert item.keys() <= KEYS, name
        assert item["why"], name
        assert len(item["notes"]) >= 2, name


def test_an_encounter_of_one_note_says_what_the_note_says(samples: Path) -> None:
    analyser = analyser_of(Settings())
    notes = [n for n in read_notes([samples / "notes.jsonl"]) if isinstance(n, Note)]
    assert len(notes) >= 28
    for note in notes:
        alone = analyser.analyse(note)
        chart = analyser.analyse_group(NoteGroup(level=Level.ENCOUNTER, group_id="e", notes=(note,)))
        assert {(c.code, c.status) for c in chart.codes} == {(c.code, c.status) for c in alone.codes}, note.note_id
        assert [g.gap for g in chart.gaps] == [g.gap for g in alone.gaps], note.note_id
        assert [g.query.question for g in chart.gaps] == [g.query.question for g in alone.gaps], note.note_id


def exported(folder: Path, rows: list[dict[str, Any]]) -> str:
    path = folder / "notes.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return str(path)


def rows_of_every_item() -> list[dict[str, Any]]:
    return [
        {
            "note_id": f"{name}/{i}", "encounter_id": name, "patient_id": f"p{at % 9}", "note_date": str(n["date"]),
            "note_type": n.get("type"), "author_role": n.get("role", "provider"), "setting": item.get("setting", "outpatient"),
            "text": n["text"],
        }
        for at, (name, item) in enumerate(items())
        for i, n in enumerate(item["notes"])
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["encounter", "patient"])
def test_the_command_line_gives_the_same_bytes_for_any_order_and_any_number_of_workers(tmp_path: Path, by: str) -> None:
    rows = rows_of_every_item()
    outputs = []
    for seed, workers in ((0, 1), (1, 1), (2, 2)):
        source = exported(tmp_path, random.Random(seed).sample(rows, len(rows)))
        out = tmp_path / "out.jsonl"
        result = CliRunner().invoke(app, ["extract", source, "-o", str(out), "--by", by, "--workers", str(workers)])
        assert result.exit_code == 3, result.output  # one item has an empty note
        assert "1 of " in result.output
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]
    records = [json.loads(r) for r in outputs[0].splitlines()]
    assert {r["level"] for r in records} == {by}
    assert len(records) == (len(list(items())) if by == "encounter" else 9)


def test_notes_that_stand_together_need_no_sorting(tmp_path: Path) -> None:
    source = exported(tmp_path, rows_of_every_item())
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    for out, more in ((one, []), (two, ["--together"])):
        CliRunner().invoke(app, ["extract", source, "-o", str(out), "--by", "encounter", *more])
    assert sorted(one.read_bytes().splitlines()) == sorted(two.read_bytes().splitlines())


@pytest.mark.parametrize("suffix", ["csv", "html", "parquet"])
def test_every_format_takes_encounters_and_patients(tmp_path: Path, suffix: str) -> None:
    source = exported(tmp_path, rows_of_every_item()[:12])
    for by in ("encounter", "patient"):
        out = tmp_path / f"{by}.{suffix}"
        result = CliRunner().invoke(app, ["extract", source, "-o", str(out), "--by", by])
        assert result.exit_code == 0, result.output
        assert out.stat().st_size > 500
    if suffix == "parquet":
        read = pq.read_table(tmp_path / "patient.parquet").to_pylist()
        assert all(r["level"] == "patient" and r["timeline"] for r in read)
        assert all(e["note_id"] for r in read for f in r["findings"] for e in f["evidence"])


P, R = AuthorRole.PROVIDER, AuthorRole.RADIOLOGIST
PATH = AuthorRole.PATHOLOGIST
SEEN = "shows liver metastases of ileal carcinoid."


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        # With and without contrast are two studies, whoever tells of them.
        ([(1, R, f"CT abdomen and pelvis with contrast {SEEN}"), (3, P, f"CT abdomen and pelvis without contrast {SEEN}")],
         [("ct_abdomen_pelvis", {"contrast": "with"}, "0"), ("ct_abdomen_pelvis", {"contrast": "without"}, "1")]),
        # What only one note tells of a study does not make it another.
        ([(1, R, f"CT abdomen and pelvis with contrast {SEEN}"), (3, P, f"CT abdomen and pelvis {SEEN}")],
         [("ct_abdomen_pelvis", {"contrast": "with"}, "01")]),
        # Guidance, method and the bare words of three notes are one biopsy.
        ([(1, P, "CT-guided core biopsy of the liver metastasis. Ileal carcinoid."), (3, PATH, "Liver biopsy: metastatic carcinoid."),
          (4, P, "After her biopsy she had pain. Carcinoid of the ileum.")],
         [("biopsy_liver", {"approach": "percutaneous", "guidance": "ct", "method": "core"}, "012")]),
        # Two ways of guidance are two biopsies; bare words mean the last before them.
        ([(1, P, "Ultrasound-guided biopsy of the liver metastasis. Ileal carcinoid."), (5, P, "Discharged after her biopsy. Ileal carcinoid."),
          (8, P, "CT-guided biopsy of the liver showed carcinoid.")],
         [("biopsy_liver", {"approach": "percutaneous", "guidance": "ultrasound"}, "01"),
          ("biopsy_liver", {"approach": "percutaneous", "guidance": "ct"}, "2")]),
        # Two reports of two days are two studies; a clinic note looks back at the last.
        ([(1, R, f"CT chest with contrast {SEEN}"), (8, R, "CT chest with contrast. The liver metastases of ileal carcinoid have grown."), (9, P, f"CT chest {SEEN}")],
         [("ct_chest", {"contrast": "with"}, "0"), ("ct_chest", {"contrast": "with"}, "12")]),
        # An earlier study that a report looks back at is not one of its own.
        ([(1, R, f"MRI of the abdomen {SEEN}"), (8, R, f"CT chest {SEEN} Compared with the MRI of the abdomen, unchanged.")],
         [("mri_abdomen", {}, "01"), ("ct_chest", {}, "1")]),
        # One region of a study is not the bare word for it.
        ([(1, R, f"CT chest, abdomen and pelvis {SEEN}"), (3, P, f"CT chest {SEEN}")],
         [("ct_chest_abdomen_pelvis", {}, "0"), ("ct_chest", {}, "1")]),
        # The two sides are not one biopsy.
        ([(1, P, "Core biopsy of the left breast: ductal carcinoma."), (3, P, "Core biopsy of the right breast: ductal carcinoma.")],
         [("biopsy_breast", {"method": "core"}, "0"), ("biopsy_breast", {"method": "core"}, "1")]),
    ],
)  # fmt: skip
def test_procedures_of_several_notes(
    told: list[tuple[int, AuthorRole, str]], wanted: list[tuple[str, dict[str, str], str]]
) -> None:
    notes = [
        Note(text=text, note_id=str(i), encounter_id="e", author_role=role, note_date=dt.date(2026, 11, day))
        for i, (day, role, text) in enumerate(told)
    ]
    for order in (notes, notes[::-1]):
        chart = analyser_of(Settings()).analyse_group(NoteGroup(level=Level.ENCOUNTER, group_id="e", notes=tuple(order)))
        found = [
            (f["concept"], f.get("attributes", {}), "".join(sorted({e["note_id"] for e in f["evidence"]})))
            for f in chart.record()["findings"] if f["kind"] == "procedure"
        ]  # fmt: skip
        assert found == wanted


SPOILED = {
    "a bad date": ({"note_date": "31.02.2026"}, "note_date"),
    "an unknown role": ({"author_role": "wizard"}, "author_role"),
    "a text that is a list": ({"text": ["Liver metastases."]}, "text"),
    "no text": ({"text": None}, "no text"),
}


@pytest.mark.parametrize("by", ["encounter", "patient"])
@pytest.mark.parametrize("what", SPOILED)
@pytest.mark.parametrize("together", [[], ["--together"]])
def test_a_bad_note_is_an_error_of_its_encounter_and_the_good_ones_are_read(
    tmp_path: Path, by: str, what: str, together: list[str]
) -> None:
    change, named = SPOILED[what]
    rows: list[dict[str, Any]] = [
        {"note_id": f"n{i}", "encounter_id": "e1", "patient_id": "p1", "note_date": "2026-11-10", "text": text}
        for i, text in enumerate(["Malignant carcinoid of the ileum, in place.", "Impression: none.", "Liver metastases on CT."])
    ]
    source, out = tmp_path / "notes.jsonl", tmp_path / "out.jsonl"
    good = [rows[0], rows[2]]
    rows[1] |= change

    def record(rows: list[dict[str, Any]], code: int) -> dict[str, Any]:
        source.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        result = CliRunner().invoke(app, ["extract", str(source), "-o", str(out), "--by", by, *together])
        assert result.exit_code == code, result.output
        (line,) = out.read_text(encoding="utf-8").splitlines()
        return dict(json.loads(line))

    alone, spoiled = record(good, 0), record(rows, 3)
    Draft202012Validator(closed(CHART_RECORD)).validate(spoiled)
    assert [c["code"] for c in spoiled["codes"]] == [c["code"] for c in alone["codes"]] == ["C7A.012", "C7B.02"]
    assert spoiled["findings"] == alone["findings"]
    (error,) = spoiled["errors"]
    told = json.dumps(error)
    assert "n1" in told
    assert named in error["message"]
    assert error["where"] in ("notes.jsonl:2", "n1")
    assert error["hint"]
    assert "Liver metastases." not in told
    assert "31.02.2026" not in told


def test_a_bad_row_that_tells_no_encounter_is_a_record_of_its_own(tmp_path: Path) -> None:
    source, out = tmp_path / "notes.jsonl", tmp_path / "out.jsonl"
    rows = [json.dumps({"note_id": n, "encounter_id": "e1", "text": "Malignant carcinoid of the ileum."}) for n in ("a", "b")]
    source.write_text(f"{rows[0]}\n{{broken\n{rows[1]}\n", encoding="utf-8")
    for together in ([], ["--together"]):
        CliRunner().invoke(app, ["extract", str(source), "-o", str(out), "--by", "encounter", *together])
        records = [json.loads(r) for r in out.read_text(encoding="utf-8").splitlines()]
        assert [(r["encounter_id"], len(r["notes"]), [e["code"] for e in r["errors"]]) for r in records] == [
            ("e1", 2, []), (None, 0, ["bad_json"]),
        ]  # fmt: skip


POOL = [
    "ASSESSMENT: Ileal carcinoid with liver metastases.", "ASSESSMENT: No liver metastases.", "IMPRESSION: Multiple hepatic metastases.",
    "ASSESSMENT: Liver metastases have resolved.", "HPI: history of left breast cancer, no evidence of disease.",
    "ASSESSMENT: Right breast cancer on letrozole.", "FINAL DIAGNOSIS: Liver, biopsy: metastatic neuroendocrine tumor, grade 2.",
    "ASSESSMENT: Carcinoid syndrome.", "ASSESSMENT: Unknown primary. Metastatic disease.", "ASSESSMENT: Possible bone metastases.",
    "ASSESSMENT: Benign carcinoid of the appendix.", "ASSESSMENT: Malignant carcinoid of the appendix, s/p appendectomy.", "Hypertension.",
]  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(POOL), st.integers(1, 4), st.sampled_from(list(AuthorRole)), st.sampled_from(["e", "f"])),
        min_size=1, max_size=6,
    ),
    st.sampled_from(list(Setting)), st.sampled_from([Level.ENCOUNTER, Level.PATIENT]), st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_chart_keeps_its_promises(said: list[Any], setting: Setting, level: Level, dice: random.Random) -> None:
    notes = [
        Note(
            text=text, note_id=f"n{i}", note_date=dt.date(2026, 11, day), author_role=role, setting=setting, patient_id="p",
            encounter_id=encounter if level is Level.PATIENT else "e",
        )
        for i, (text, day, role, encounter) in enumerate(said)
    ]  # fmt: skip
    made = analyser_of(Settings()).analyse_group
    group = NoteGroup(level=level, group_id="g", patient_id="p", notes=tuple(notes))
    mixed = NoteGroup(level=level, group_id="g", patient_id="p", notes=tuple(dice.sample(notes, len(notes))))
    analysis = made(group)
    assert line(analysis) == line(made(mixed))
    assert not analysis.errors
    record = analysis.record()
    texts = {n.note_id: n.text for n in notes}
    assert all(texts[s["note_id"]][s["start"] : s["end"]] == s["text"] for s in spans_in(record))
    ids = {f["id"] for f in record["findings"]}
    assert all(set(c["findings"]) <= ids for c in record["codes"])
    assert all(f.get("origin") in {None, *ids} and set(f.get("supports", ())) <= ids for f in record["findings"])
    proposed = [c for c in analysis.codes if c.status is CodeStatus.PROPOSED]
    flags = {f.id: f.flags for f in analysis.findings}
    assert not any("contradicted" in flags[i] for c in proposed for i in c.findings)
    if not any(n.author_role is AuthorRole.PROVIDER for n in notes) and setting is Setting.INPATIENT:
        assert proposed == []
