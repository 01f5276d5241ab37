"""Every way an export can be malformed, through the real engine: a clear error or error record each, the others processed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from oncospan.schema import closed

pytestmark = pytest.mark.slow  # each run starts the engine in a process of its own

CANARY = "Quetzalcoatl"
GOOD = f"Ileal carcinoid with liver metastases, biopsy-proven. {CANARY}."


def oncospan(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oncospan", *args]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, timeout=120)


def extract(folder: Path, *inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, dict[str, Any]]]:
    done = oncospan(folder, "extract", *inputs, "-o", "out.jsonl", "--on", "2026-11-10")
    lines = (folder / "out.jsonl").read_bytes().splitlines() if (folder / "out.jsonl").exists() else []
    found = [json.loads(line) for line in lines]
    for record in found:
        Draft202012Validator(closed()).validate(record)
    return done, {r["note_id"]: r for r in found}


def codes(record: dict[str, Any]) -> list[str]:
    return [e["code"] for e in record["errors"]]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The records of one run over a file of each kind, every malformed note among good ones."""
    folder = tmp_path_factory.mktemp("inputs")
    rows = [
        "id,text", f'a-1,"{GOOD}"', f'a-2,"{GOOD}', f'a-3,"{GOOD}"', f'a-4,"{GOOD}",more', f'a-5,"{GOOD}"', 'a-6,"caf\xe9"',
        f'a-7,"{GOOD}"',
    ]  # fmt: skip
    (folder / "a.csv").write_bytes("\n".join(rows).encode("latin-1"))
    notes = {
        "b-1": GOOD, "b-2": "", "b-3": " " * 100_000, "b-4": f"{GOOD} \ud800 {GOOD}", "b-5": f"{GOOD}\x00{GOOD}",
        "b-6": (GOOD + " ") * 70_000, "b-7": "x" * 1_999_999, "b-8": GOOD,
    }  # fmt: skip
    (folder / "b.jsonl").write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in notes.items()) + "{broken\n")
    (folder / "c").mkdir()
    (folder / "c" / "c-1.txt").write_text(GOOD)
    (folder / "c" / "c-2.txt").write_bytes(b"caf\xe9 " + GOOD.encode())
    done, found = extract(folder, "a.csv", "b.jsonl", "c")
    assert done.returncode == 3, done.stderr
    assert CANARY not in done.stdout + done.stderr
    for record in found.values():
        assert CANARY not in json.dumps(record["errors"])
    return found


@pytest.mark.parametrize("note_id", ["a-1", "a-3", "a-5", "a-7", "b-1", "b-8", "c-1"])
def test_the_good_notes_are_processed(records: dict[str, dict[str, Any]], note_id: str) -> None:
    assert codes(records[note_id]) == []
    assert records[note_id]["findings"]


@pytest.mark.parametrize(
    ("note_id", "code", "where"),
    [
        ("a:2", "bad_row", "a.csv:3"),
        ("a:4", "bad_row", "a.csv:5"),
        ("a:6", "not_utf8", "a.csv:7"),
        ("b-2", "empty_note", None),
        ("b-3", "empty_note", None),
        ("b-4", "invalid_text", None),
        ("b-6", "note_too_long", None),
        ("b:9", "bad_json", "b.jsonl:9"),
        ("c-2", "not_utf8", "c-2.txt"),
    ],
)
def test_the_bad_ones_say_why(records: dict[str, dict[str, Any]], note_id: str, code: str, where: str | None) -> None:
    assert codes(records[note_id]) == [code]
    assert records[note_id]["errors"][0]["where"] == where
    assert records[note_id]["errors"][0]["message"]


def test_none_is_lost_and_none_is_added(records: dict[str, dict[str, Any]]) -> None:
    assert list(records) == [
        "a-1", "a:2", "a-3", "a:4", "a-5", "a:6", "a-7", "b-1", "b-2", "b-3", "b-4", "b-5", "b-6", "b-7", "b-8", "b:9", "c-1",
        "c-2",
    ]  # fmt: skip


def test_a_missing_text_column(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f"id,body\n1,{CANARY}\n")
    done, found = extract(tmp_path, "x.csv")
    assert done.returncode == 5
    assert "columns found: id, body" in done.stderr
    assert "--map text=" in done.stderr
    assert CANARY not in done.stderr
    assert not found


def test_a_note_of_five_megabytes_that_may_be_read(tmp_path: Path) -> None:
    """Ordinary prose with one finding in it costs what its one relevant sentence costs."""
    text = "The patient walked well today and had no complaints at all.\n" * 85_000 + GOOD
    (tmp_path / "x.txt").write_text(text)
    done = oncospan(tmp_path, "extract", "x.txt", "-o", "-", "--max-chars", "10000000", "--on", "2026-11-10")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["findings"]
    for finding in record["findings"]:
        for e in finding["evidence"]:
            assert text[e["start"] : e["end"]] == e["text"]


def test_two_workers_give_the_same_file(tmp_path: Path) -> None:
    rows = [{"id": f"n-{i}", "text": f"{GOOD} Visit {i}. No bone metastases." if i % 3 else "A cold."} for i in range(150)]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    for workers in ("1", "2"):
        done = oncospan(tmp_path, "extract", "x.jsonl", "-o", f"out{workers}.jsonl", "--workers", workers)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "out1.jsonl").read_bytes() == (tmp_path / "out2.jsonl").read_bytes()
