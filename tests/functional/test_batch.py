"""Runs into a folder: stopped anywhere and taken up again they leave the bytes of a run that nobody stopped."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from oncospan import writers
from oncospan.types import Note
from oncospan.writers import parts

SAMPLES = Path(__file__).parents[2] / "corpora" / "samples" / "notes.jsonl"
MAIN = """
import signal
from oncospan import writers
from oncospan.cli import main
from oncospan.runners import local
writers.PART_NOTES, local.CHUNK_NOTES = 7, 4
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
"""Small parts; and interrupts are heard, also where a shell started the tests in its background, deaf to them."""


def notes(path: Path, count: int, bad: int = -1) -> None:
    lines = [json.dumps({"id": f"n{i}", "text": f"liver metastases {i}"}) if i != bad else "{broken" for i in range(count)]
    path.write_text("\n".join(lines) + "\n")


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "PART_NOTES", 3)
    monkeypatch.setattr(writers, "HTML_PART_NOTES", 3)


def stops_after(engine: ModuleType, count: int) -> None:
    """The engine is interrupted once, behind so many notes."""
    whole = engine.analyse_notes  # type: ignore[attr-defined]
    read = itertools.count()

    def analyse(found: Iterator[Note], settings: Any) -> Iterator[Any]:
        for analysis in whole(found, settings):
            if next(read) == count:
                engine.analyse_notes = whole  # type: ignore[attr-defined]
                raise KeyboardInterrupt
            yield analysis

    engine.analyse_notes = analyse  # type: ignore[attr-defined]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("fmt", ["jsonl", "csv", "parquet", "html"])
def test_an_interrupted_run_goes_on_and_leaves_the_same_bytes(run: Any, engine: ModuleType, tmp_path: Path, fmt: str) -> None:
    notes(tmp_path / "x.jsonl", 10, bad=4)
    options = ("--format", fmt)
    assert run("extract", "x.jsonl", "-o", "whole/", *options).code == 3
    stops_after(engine, 8)
    stopped = run("extract", "x.jsonl", "-o", "parts/", *options)
    assert stopped.code == 130
    assert "6 records stand in parts/; --resume goes on from there" in stopped.err
    assert sorted(content(tmp_path / "parts")) == ["manifest.json", f"part-00000.{fmt}", f"part-00001.{fmt}"]
    assert run("extract", "x.jsonl", "-o", "parts/", *options).code == 6
    done = run("extract", "x.jsonl", "-o", "parts/", "--resume", "--summary", "sum.json", *options)
    assert done.code == 3, done.err
    assert "1 of 10 notes gave error records" in done.err
    assert content(tmp_path / "parts") == content(tmp_path / "whole")
    summary = json.loads((tmp_path / "sum.json").read_text())
    assert (summary["records"], summary["resumed_from"], summary["errors"]) == (10, 6, {"bad_json": 1})
    assert summary["finished"] is True
    manifest = json.loads((tmp_path / "parts" / "manifest.json").read_text())
    assert (manifest["finished"], manifest["records"], [p["records"] for p in manifest["parts"]]) == (True, 10, [3, 3, 3, 1])


@pytest.mark.usefixtures("small_parts", "engine")
def test_a_finished_run_has_nothing_to_do_and_a_part_is_never_doubled(run: Any, tmp_path: Path) -> None:
    notes(tmp_path / "x.jsonl", 6)
    assert run("extract", "x.jsonl", "-o", "parts/").code == 0
    before = content(tmp_path / "parts")
    assert run("extract", "x.jsonl", "-o", "parts/", "--resume").code == 0
    assert content(tmp_path / "parts") == before
    assert [name for name in before if name.startswith("part")] == ["part-00000.jsonl", "part-00001.jsonl"]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (("--net-site-policy", "carcinoid_equivalent"), "another net_site_policy"),
        (("--max-chars", "99"), "another max_chars"),
        (("--format", "csv"), "another format"),
        (("--map", "note_id="), "another columns"),
        ((), "another inputs"),
    ],
)
def test_one_folder_holds_one_run(run: Any, engine: ModuleType, tmp_path: Path, changed: tuple[str, ...], words: str) -> None:
    notes(tmp_path / "x.jsonl", 10)
    stops_after(engine, 5)
    assert run("extract", "x.jsonl", "-o", "parts/").code == 130
    before = content(tmp_path / "parts")
    if not changed:
        notes(tmp_path / "x.jsonl", 11)
    refused = run("extract", "x.jsonl", "-o", "parts/", "--resume", *changed)
    assert refused.code == 6
    assert words in refused.err
    assert content(tmp_path / "parts") == before


@pytest.mark.usefixtures("small_parts")
def test_a_part_that_was_changed_and_what_a_run_left_are_seen(run: Any, engine: ModuleType, tmp_path: Path) -> None:
    notes(tmp_path / "x.jsonl", 10)
    stops_after(engine, 7)
    assert run("extract", "x.jsonl", "-o", "parts/").code == 130
    folder = tmp_path / "parts"
    (folder / "part-00002.jsonl").write_text("renamed, but the manifest was not written\n")
    (folder / "part-00003.jsonl.tmp").write_text("half")
    first = (folder / "part-00000.jsonl").read_bytes()
    (folder / "part-00000.jsonl").write_bytes(first[:-2])
    refused = run("extract", "x.jsonl", "-o", "parts/", "--resume")
    assert refused.code == 6
    assert "not what the run wrote" in refused.err
    (folder / "part-00000.jsonl").write_bytes(first)
    assert run("extract", "x.jsonl", "-o", "parts/", "--resume").code == 0
    assert run("extract", "x.jsonl", "-o", "whole/").code == 0
    assert content(folder) == content(tmp_path / "whole")


@pytest.mark.usefixtures("engine")
def test_two_runs_do_not_share_a_folder(run: Any, tmp_path: Path) -> None:
    notes(tmp_path / "x.jsonl", 2)
    with parts.Parts(tmp_path / "parts", writers.Format.JSONL, "note", 5):  # type: ignore[arg-type]
        refused = run("extract", "x.jsonl", "-o", "parts/")
    assert refused.code == 6
    assert "another run writes to the folder" in refused.err


@pytest.mark.usefixtures("small_parts", "engine")
def test_a_full_disk_is_told_before_work_is_lost(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes(tmp_path / "x.jsonl", 10)
    free = iter([10**9, 10**9, 10**6])
    with monkeypatch.context() as patched:
        patched.setattr(parts.shutil, "disk_usage", lambda _: SimpleNamespace(free=next(free)))
        full = run("extract", "x.jsonl", "-o", "parts/")
    assert full.code == 6
    assert "0 MB are free on the disk" in full.err
    assert "6 records stand" in full.err
    with monkeypatch.context() as patched:
        patched.setattr(writers, "PART_NOTES", 4)
        assert "another part_records" in run("extract", "x.jsonl", "-o", "parts/", "--resume").err
    assert run("extract", "x.jsonl", "-o", "parts/", "--resume").code == 0


@pytest.mark.usefixtures("engine")
def test_a_dry_run_reads_and_writes_nothing(run: Any, tmp_path: Path) -> None:
    notes(tmp_path / "x.jsonl", 5, bad=1)
    found = run("extract", "x.jsonl", "-o", "parts/", "--dry-run")
    assert found.code == 3
    told = json.loads(found.out)
    assert (told["notes"], told["unreadable"], told["inputs"][0]["files"]) == (4, {"bad_json": 1}, 1)
    assert not (tmp_path / "parts").exists()


def started(folder: Path, *options: str, main: str = MAIN) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", main, "extract", "x.jsonl", "-o", *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, err = process.communicate(timeout=300)
    return process.returncode, err.decode()


def kill_somewhere(process: subprocess.Popen[bytes], folder: Path, chance: random.Random) -> bool:
    """Kills a run while it starts, or a moment after it has committed some parts; False where it ended before."""
    enough = len(list(folder.glob("part-*"))) + chance.choice((0, 1, 1, 2))
    while len(list(folder.glob("part-*"))) < enough and process.poll() is None:
        time.sleep(0.005)
    time.sleep(chance.uniform(0.0, 3.0) if chance.random() < 0.3 else chance.uniform(0.0, 0.3))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2", "4"])
def test_kills_at_random_moments_change_no_byte(tmp_path: Path, workers: str) -> None:
    kills = int(os.environ.get("ONCOSPAN_TEST_KILLS", "4"))
    (tmp_path / "x.jsonl").write_bytes(SAMPLES.read_bytes() * (2 + kills // 2))
    assert ended(started(tmp_path, "whole/"))[0] == 0
    options = ("parts/", "--resume", "--workers", workers)
    chance = random.Random(int(workers))
    done = sum(kill_somewhere(started(tmp_path, *options), tmp_path / "parts", chance) for _ in range(kills))
    code, err = ended(started(tmp_path, *options))
    assert code == 0, err
    assert content(tmp_path / "parts") == content(tmp_path / "whole")
    assert done > kills // 2, "most runs ended before they were killed"


@pytest.mark.slow
def test_an_interrupt_ends_workers_at_once(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(SAMPLES.read_bytes() * 20)
    process = started(tmp_path, "parts/", "--workers", "2")
    while not (tmp_path / "parts" / "part-00000.jsonl").is_file():
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    code, err = ended(process)
    assert code == 130
    assert "records stand in parts/; --resume goes on from there" in err
    assert "Traceback" not in err
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_hostile_notes_neither_crash_nor_hang(tmp_path: Path) -> None:
    told = "Liver metastases from a pancreatic neuroendocrine tumor. "
    texts = {
        "controls": told + "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028" + told,
        "right_to_left": f"\u202e\u05d0\u05d1 {told}\u202c \u0627\u0644",
        "emoji": "\U0001f468\u200d\U0001f469 " + told + "\U0001f600" * 5_000,
        "ten_megabytes": told * 180_000,
        "brackets": told + "(" * 50_000 + ")" * 50_000,
        "bait": "metastasis " * 90_000,
        "hyphens": told + "tumor-" * 100_000,
        "zeros": told + "\0" * 10_000 + told,
        "last": told,
    }
    lines = [json.dumps({"id": name, "text": text}) for name, text in texts.items()]
    lines += ["[" * 100_000, '{"id": "deep", "text": ' + "[" * 100_000 + "]" * 100_000 + "}"]
    (tmp_path / "x.jsonl").write_text("\n".join(lines) + "\n")
    code, err = ended(started(tmp_path, "out.jsonl", "--max-seconds", "6"))
    assert code == 3, err
    records = {r["note_id"]: r for r in map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())}
    assert len(records) == len(lines)
    wrong = {name: [e["code"] for e in r["errors"]] for name, r in records.items() if r["errors"]}
    assert wrong.pop("ten_megabytes") == ["note_too_long"]
    assert records["last"]["codes"]
    assert {code for codes in wrong.values() for code in codes} <= {"bad_json", "time_limit"}


@pytest.mark.slow
def test_a_disk_that_refuses_a_write_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(SAMPLES.read_bytes())

    little = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    little += "resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))\n"
    code, err = ended(started(tmp_path, "out.jsonl", main=little + MAIN))
    assert code == 6, err
    assert "cannot be written" in err
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]
