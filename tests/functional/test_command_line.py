"""The command line with a stand-in for the engine: options, streams, files, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from jsonschema import Draft202012Validator

from oncospan import cli
from oncospan.schema import RECORD, closed

CANARY = "Quetzalcoatl"

pytestmark = pytest.mark.usefixtures("engine")


def notes(path: Path, *texts: str) -> Path:
    path.write_text("".join(json.dumps({"id": f"n-{i}", "text": t}) + "\n" for i, t in enumerate(texts, start=1)))
    return path


def records(text: str) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in text.splitlines()]


def test_extract_to_stdout_gives_records_and_nothing_else(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    notes(tmp_path / "x.jsonl", "liver metastases", "a cold")
    done = run("extract", "x.jsonl", "-o", "-")
    assert (done.code, done.err) == (0, "")
    found = records(done.out)
    assert [(r["note_id"], len(r["findings"])) for r in found] == [("n-1", 1), ("n-2", 0)]
    for record in found:
        Draft202012Validator(closed()).validate(record)


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet", "out.html", "new/folder/out.jsonl"])
def test_extract_to_a_file_is_silent(run, tmp_path: Path, name: str) -> None:  # type: ignore[no-untyped-def]
    notes(tmp_path / "x.jsonl", "liver metastases")
    done = run("extract", "x.jsonl", "-o", name)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / name).stat().st_size > 50


def test_extract_to_a_folder_of_parts(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    notes(tmp_path / "x.jsonl", "liver metastases")
    assert run("extract", "x.jsonl", "-o", "parts/", "--format", "csv").code == 0
    assert sorted(p.name for p in (tmp_path / "parts").iterdir()) == ["manifest.json", "part-00000.csv"]
    again = run("extract", "x.jsonl", "-o", "parts/", "--format", "csv")
    assert again.code == 6
    assert "error: the folder holds parts already" in again.err


def test_options_reach_the_notes(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "x.csv").write_text("KEY,BODY\nk1,words\n")
    done = run(
        "extract", "x.csv", "-o", "-", "--map", "text=BODY", "--map", "note_id=KEY", "--setting", "inpatient",
        "--role", "pathologist", "--on", "2026-11-10",
    )  # fmt: skip
    (record,) = records(done.out)
    keys = ("note_id", "setting", "author_role", "note_date")
    assert [record[k] for k in keys] == ["k1", "inpatient", "pathologist", "2026-11-10"]


def test_error_records_give_exit_code_3_and_the_others_are_there(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "x.jsonl").write_text('{"id": 1, "text": "a"}\n{"id": 2, "text": ""}\n{broken\n{"id": 4, "text": "\\ud800"}\n')
    done = run("extract", "x.jsonl", "-o", "-")
    assert done.code == 3
    assert "3 of 4 notes gave error records" in done.err
    assert [[e["code"] for e in r["errors"]] for r in records(done.out)] == [[], ["empty_note"], ["bad_json"], ["invalid_text"]]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["extract", "x.jsonl"], 2, "--output"),
        (["extract", "x.jsonl", "-o", "-", "--workers", "-1"], 2, "--workers"),
        (["extract", "x.jsonl", "-o", "out.jsonl", "--resume"], 2, "only a folder"),
        (["extract", "x.jsonl", "-o", "-", "--on", "yesterday"], 2, "--on"),
        (["extract", "x.jsonl", "-o", "-", "--map", "text"], 2, "FIELD=COLUMN"),
        (["extract", "x.jsonl", "-o", "-", "--map", "body=text"], 2, "not a field"),
        (["extract", "x.jsonl", "-o", "out.xyz"], 2, "--format"),
        (["extract", "x.jsonl", "-o", "x.jsonl"], 2, "one of the inputs"),
        (["extract", "x.jsonl", "-o", "-", "--format", "parquet"], 2, "stdout"),
        (["extract", "none.csv", "-o", "-"], 5, "no such file"),
        (["extract", "x.jsonl", "-o", "-", "--map", "text=BODY"], 5, "columns found: id, text"),
        (["extract", "x.jsonl", "-o", "x.jsonl/out.csv"], 6, "cannot be written"),
        (["demo"], 5, "--samples"),
        (["explain", "none.txt"], 5, "no such file"),
        (["explain", "x.jsonl"], 5, "extract"),
        (["evaluate", "x.jsonl", "x.jsonl", "--errors", "colour"], 2, "primary_site"),
        (["evaluate", "none.jsonl", "x.jsonl"], 5, "none.jsonl"),
    ],
    ids=lambda p: " ".join(p) if isinstance(p, list) else None,
)
def test_what_is_wrong_says_what_where_and_how_to_mend_it(run, tmp_path: Path, args: list[str], code: int, words: str) -> None:  # type: ignore[no-untyped-def]
    notes(tmp_path / "x.jsonl", "a")
    done = run(*args)
    assert done.code == code
    assert words in " ".join(done.err.split())
    assert done.out == ""
    assert "Traceback" not in done.err


def test_a_broken_pack_gives_exit_code_4(run, tmp_path: Path, engine: ModuleType) -> None:  # type: ignore[no-untyped-def]
    from oncospan.errors import PackError

    def refuse(*args: object) -> None:
        raise PackError("a bad row", where="terms/site.tsv:7", hint="Fix it.")

    engine.analyse_notes = refuse  # type: ignore[attr-defined]
    notes(tmp_path / "x.jsonl", "a")
    done = run("extract", "x.jsonl", "-o", "out.jsonl")
    assert done.code == 4
    assert done.err.splitlines() == ["error: a bad row", "where: terms/site.tsv:7", "hint:  Fix it."]
    assert not (tmp_path / "out.jsonl").exists()


def test_a_defect_shows_no_text_of_a_note(run, tmp_path: Path, engine: ModuleType) -> None:  # type: ignore[no-untyped-def]
    def fail(found: object, settings: object) -> None:
        raise ValueError([n.text for n in found])  # type: ignore[attr-defined]

    engine.analyse_notes = fail  # type: ignore[attr-defined]
    notes(tmp_path / "x.jsonl", CANARY)
    done = run("extract", "x.jsonl", "-o", "out.jsonl")
    assert done.code == 1
    assert "ValueError" in done.err
    assert CANARY not in done.err + done.out
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_an_interrupt_leaves_nothing_half_written(run, tmp_path: Path, engine: ModuleType) -> None:  # type: ignore[no-untyped-def]
    def stop(found: object, settings: object) -> None:
        raise KeyboardInterrupt

    engine.analyse_notes = stop  # type: ignore[attr-defined]
    notes(tmp_path / "x.jsonl", "a")
    assert run("extract", "x.jsonl", "-o", "out.jsonl").code == 130
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_demo_writes_records_and_report_and_sums_up(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "samples").mkdir()
    notes(tmp_path / "samples" / "notes.jsonl", "liver metastases", "a cold")
    done = run("demo", "--samples", "samples")
    assert done.code == 0, done.err
    assert len(records((tmp_path / "out/demo/records.jsonl").read_text())) == 2
    assert "liver" in (tmp_path / "out/demo/report.html").read_text()
    assert "Notes a second" in done.out
    assert "out/demo/report.html" in done.out


def test_explain_reads_a_file_or_stdin(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "note.txt").write_text("New liver metastases.")
    done = run("explain", "note.txt", "--html", "note.html")
    assert done.code == 0
    assert "New liver metastases." in done.out
    assert "no codes" in done.out
    assert "metastases</mark>" in (tmp_path / "note.html").read_text()
    assert "New liver metastases." in run("explain", "-", stdin=b"New liver metastases.").out


@pytest.mark.parametrize(("text", "word"), [(b"", "no text"), (b"caf\xe9", "UTF-8")])
def test_explain_says_why_there_is_no_answer(run, text: bytes, word: str) -> None:  # type: ignore[no-untyped-def]
    done = run("explain", "-", stdin=text)
    assert done.code == 3
    assert word in done.out


def test_evaluate_runs_the_engine_or_takes_records(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    notes(tmp_path / "docs.jsonl", "liver metastases", "a cold")
    empty = {"primaries": [], "functional": [], "confirmations": [], "codes": [], "gaps": []}
    gold = [
        {"id": "n-1", **empty, "metastases": [{"site": "liver", "assertion": "present"}]},
        {"id": "n-2", **empty, "metastases": [{"site": "bone", "assertion": "present"}], "comment": "hard"},
    ]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(g) + "\n" for g in gold))
    done = run("evaluate", "gold.jsonl", "docs.jsonl", "--errors", "metastasis_present")
    assert done.code == 0, done.err
    assert done.out.startswith("## n-2\n   wanted  bone\nslot ")
    assert "metastasis_present      1.000  0.500  0.667" in done.out
    run("extract", "docs.jsonl", "-o", "out.jsonl")
    figures = json.loads(run("evaluate", "gold.jsonl", "docs.jsonl", "--output", "out.jsonl", "--json").out)
    assert figures["metastasis_present"]["r"] == 0.5
    assert figures["evidence"]["spans_not_in_note"] == 0


def test_schema_prints_the_schema(run) -> None:  # type: ignore[no-untyped-def]
    assert json.loads(run("schema").out) == RECORD


def test_help_shows_every_exit_code(run) -> None:  # type: ignore[no-untyped-def]
    words = " ".join(run("--help").out.split())
    assert all(f"{code} {meaning}" in words for code, meaning in cli.EXIT_CODES.items())


def test_help_waits_for_no_pipeline() -> None:
    code = "import sys; import oncospan.cli; print([m for m in ('spacy', 'medspacy', 'pyarrow', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
