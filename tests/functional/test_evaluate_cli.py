"""``oncospan evaluate``: scores, their errors, and comparisons, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CANARY = "Quetzalcoatl"
TEXT = f"{CANARY}: liver metastases"

pytestmark = pytest.mark.usefixtures("engine")


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def record(name: str, *sites: str, **parts: Any) -> dict[str, Any]:
    evidence = [{"start": 0, "end": len(CANARY), "text": CANARY}]
    findings = [{"kind": "metastasis", "concept": s, "assertion": "present", "evidence": evidence} for s in sites]
    return {"note_id": name, "findings": findings, "codes": [], "gaps": [], **parts}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two runs, the notes and their gold."""
    write(tmp_path / "old.jsonl", record("n-1", "liver"), record("n-2", "bone"), record("n-3"))
    write(tmp_path / "new.jsonl", record("n-1", "liver"), record("n-2", "liver"), record("n-4"))
    write(tmp_path / "docs.jsonl", *({"id": f"n-{i}", "text": TEXT} for i in (1, 2, 3, 4)))
    empty = {"primaries": [], "functional": [], "confirmations": [], "codes": [], "gaps": []}
    liver = {"site": "liver", "assertion": "present", "quote": "liver metastases"}
    golds = ({"id": f"n-{i}", **empty, "metastases": [liver], "comment": f"{CANARY} is hard"} for i in (1, 2, 3, 4))
    write(tmp_path / "gold.jsonl", *golds)
    return tmp_path


def test_a_run_is_the_same_as_itself(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    done = run("evaluate", "--compare", "old.jsonl", "old.jsonl")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "no difference in 3 notes"


def test_what_differs_is_listed_and_counted_without_words_of_the_notes(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    done = run("evaluate", "--compare", "old.jsonl", "new.jsonl")
    assert (done.code, done.err) == (1, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    at = lines.index("## n-2")
    assert lines[at : at + 3] == ["## n-2", "vanished metastasis bone present 0-12", "appeared metastasis liver present 0-12"]
    assert lines[lines.index("## n-3") + 1] == "only in the old run"
    assert lines[lines.index("## n-4") + 1] == "only in the new run"
    assert "1 of 2 notes differ; 1 only in the old run, 1 only in the new" in lines
    assert "metastasis 1 1 0" in lines
    assert CANARY not in done.out


def test_words_stand_there_when_asked_for(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    assert f"“{CANARY}”" in run("evaluate", "--compare", "old.jsonl", "new.jsonl", "--text").out


def test_json_is_one_object_with_everything(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    done = run("evaluate", "gold.jsonl", "docs.jsonl", "--compare", "old.jsonl", "new.jsonl", "--json", "--show", "0")
    assert done.code == 1
    found = json.loads(done.out)
    assert [n["note_id"] for n in found["notes"]] == ["n-2", "n-3", "n-4"]
    assert [c["verdict"] for c in found["notes"][0]["changes"]] == ["gain", "gain"]
    assert found["summary"]["only_in_old"] == ["n-3"]
    assert found["slots"]["metastasis_present"]["difference"] > 0
    assert CANARY not in done.out
    assert done.err.splitlines() == [
        "old run: 1 of 4 documents have no record, e.g. n-4", "new run: 1 of 4 documents have no record, e.g. n-3",
    ]  # fmt: skip


def test_with_gold_the_scores_stand_side_by_side(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    done = run("evaluate", "gold.jsonl", "docs.jsonl", "--compare", "old.jsonl", "new.jsonl")
    assert "[gain]" in done.out
    (line,) = (line.split() for line in done.out.splitlines() if line.startswith("metastasis_present"))
    assert line[1:] == ["0.500", "1.000", "0.250", "0.500", "0.333", "0.667", "+0.333"]


def test_few_notes_are_listed_when_asked(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    done = run("evaluate", "--compare", "old.jsonl", "new.jsonl", "--show", "1")
    assert "2 more notes differ" in done.out
    assert "## n-3" not in done.out


@pytest.mark.parametrize("out", ["run.parquet", "parts/"])
def test_parquet_and_parts_compare_with_jsonl(run, corpus: Path, out: str) -> None:  # type: ignore[no-untyped-def]
    run("extract", "docs.jsonl", "-o", "run.jsonl")
    assert run("extract", "docs.jsonl", "-o", out).code == 0
    done = run("evaluate", "--compare", "run.jsonl", out)
    assert (done.code, done.out.splitlines()[-1]) == (0, "no difference in 4 notes")


def test_a_pack_is_run_over_the_notes(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    run("extract", "docs.jsonl", "-o", "run.jsonl")
    done = run("evaluate", "--compare", "run.jsonl", "oncospan_metastatic", "--notes", "docs.jsonl")
    assert (done.code, done.out.splitlines()[-1]) == (0, "no difference in 4 notes")


def test_a_pack_can_be_a_folder(run, corpus: Path, root: Path) -> None:  # type: ignore[no-untyped-def]
    (corpus / "mine").symlink_to(root / "models" / "oncospan_metastatic")
    done = run("evaluate", "gold.jsonl", "docs.jsonl", "--compare", "oncospan_metastatic", "mine")
    assert done.code == 0, done.err
    assert "no difference in 4 notes" in done.out


def test_errors_of_a_slot_name_what_was_wanted_and_found(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    args = ("evaluate", "gold.jsonl", "docs.jsonl", "--output", "old.jsonl", "--errors", "metastasis_present")
    done = run(*args)
    assert done.code == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[:3] == ["## n-2", "wanted liver 14-30", "found bone 0-12"]
    assert CANARY not in done.out
    assert "0 right codes" not in done.out
    shown = run(*args, "--text", "--show", "1").out
    assert "“liver metastases”" in shown
    assert f"gold comment: {CANARY} is hard" in shown
    assert "2 more documents have errors in metastasis_present" in shown
    listed = json.loads(run(*args, "--json").out)["errors"]
    assert listed["documents"][0] == {
        "id": "n-2", "wanted": [{"fact": "liver", "places": [[14, 30]]}], "found": [{"fact": "bone", "places": [[0, 12]]}],
    }  # fmt: skip


RECORD = '{"note_id": "n-1", "findings": [], "codes": [], "gaps": []'


@pytest.mark.parametrize(
    ("args", "code", "where", "words"),
    [
        (["--compare", "old.jsonl", "none.jsonl"], 5, "none.jsonl", "Name the records of a run"),
        (["--compare", "old.jsonl", "docs.jsonl"], 5, "docs.jsonl:1", "no note_id"),
        (["--compare", "old.jsonl", "broken.jsonl"], 5, "broken.jsonl:2", "one object"),
        (["--compare", "old.jsonl", "later.jsonl"], 5, "later.jsonl:1", "same release of OncoSpan"),
        (["--compare", "old.jsonl", "chart.jsonl"], 5, "chart.jsonl:1", "same --by"),
        (["--compare", "old.jsonl", "latin.jsonl"], 5, "latin.jsonl:1", "UTF-8"),
        (["--compare", "old.jsonl", "bad.parquet"], 5, "bad.parquet", "not a readable Parquet file"),
        (["--compare", "old.jsonl", "table.csv"], 5, "table.csv", "JSONL or Parquet"),
        (["--compare", "old.jsonl", "empty"], 5, "empty", "no parts"),
        (["--compare", "old.jsonl", "no_such_pack"], 2, "", "--notes"),
        (["--compare", "old.jsonl", "no_such_pack", "--notes", "docs.jsonl"], 4, "", "no rule pack 'no_such_pack'"),
        (["--compare", "old.jsonl", "new.jsonl", "--text", "--json"], 2, "", "for the terminal"),
        (["--compare", "old.jsonl", "new.jsonl", "--errors", "code"], 2, "", "names both runs itself"),
        (["gold.jsonl"], 2, "", "GOLD needs its documents"),
        (["gold.jsonl", "docs.jsonl", "--notes", "docs.jsonl"], 2, "", "for --compare"),
        ([], 2, "", "nothing to score"),
        (["docs.jsonl", "docs.jsonl"], 5, "docs.jsonl:1", "no list 'primaries'"),
        (["gold.jsonl", "gold.jsonl"], 5, "gold.jsonl:1", "no text 'text'"),
        (["gold.jsonl", "docs.jsonl", "--output", "broken.jsonl"], 5, "broken.jsonl:2", "one object"),
    ],
    ids=lambda p: " ".join(p) if isinstance(p, list) else None,
)
def test_what_is_wrong_says_where_and_how_to_mend_it(  # type: ignore[no-untyped-def]
    run, corpus: Path, args: list[str], code: int, where: str, words: str
) -> None:
    (corpus / "broken.jsonl").write_text(RECORD + "}\n" + RECORD + f', "x": "{CANARY}\n')
    (corpus / "later.jsonl").write_text(RECORD + ', "schema_version": 2}\n')
    (corpus / "chart.jsonl").write_text(RECORD + ', "level": "patient"}\n')
    (corpus / "latin.jsonl").write_bytes(b'{"note_id": "\xe9"}\n')
    (corpus / "bad.parquet").write_bytes(b"PAR1")
    (corpus / "table.csv").write_text("note_id,text\n")
    (corpus / "empty").mkdir()
    done = run("evaluate", *args)
    assert done.code == code, done.err
    assert words in " ".join(done.err.split())
    assert "hint:" in done.err
    assert not where or f"where: {where}" in done.err
    assert CANARY not in done.err
    assert "Traceback" not in done.err


def decision(number: int, key: str, verb: str, **given: Any) -> dict[str, Any]:
    names = ("patient_id", "encounter_id", "date", "setting", "release", "engine", "pack", "pack_digest", "outcome", "undone_at")
    plain = {"kind": "decision", "number": number, "before": None, "level": "note", "record_id": "n-1", "subject": "code"}
    told = {"key": key, "verb": verb, "code": "", "order": [], "rule": "some.rule", "confidence": 0.9, "reason": CANARY}
    return {**dict.fromkeys(names, ""), **plain, **told, "by": "ann", "at": "", "in_force": True, **given}


def test_decisions_measure_the_rules_and_a_run(run, corpus: Path) -> None:  # type: ignore[no-untyped-def]
    decided = [decision(1, "C78.7", "accept"), decision(2, "C79.51", "reject"), decision(3, "C80.0", "replace", code="C79.9")]
    write(corpus / "decisions.jsonl", *decided)
    write(corpus / "run.jsonl", record("n-1", codes=[{"code": "C78.7"}, {"code": "C79.51"}]))
    done = run("evaluate", "--decisions", "decisions.jsonl", "--output", "run.jsonl")
    assert done.code == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "some.rule 1 1 1 0.333 0.061-0.792" in lines
    assert "codes that stand: 1 found, 1 missed; refused codes: 1 gone, 1 again" in lines
    assert CANARY not in done.out
    figures = json.loads(run("evaluate", "--decisions", "decisions.jsonl", "--json").out)
    assert (figures["accepted"], figures["rules"]["some.rule"]["precision"]) == (1, 0.3333)


@pytest.mark.parametrize("more", [("gold.jsonl", "docs.jsonl"), ("--errors", "codes"), ("--text",)])
def test_decisions_stand_alone(run, corpus: Path, more: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    write(corpus / "decisions.jsonl", decision(1, "C78.7", "accept"))
    assert run("evaluate", "--decisions", "decisions.jsonl", *more).code == 2
