"""The benchmark measures the stages that there are: a stage renamed without it would be found only when somebody measures."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

from oncospan.engine import analyse_notes
from oncospan.types import Note


def sides(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("sides", root / "tests" / "bench" / "sides.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_stages_of_a_note_are_told(root: Path) -> None:
    note = Note(text="CT: liver metastases of an ileal carcinoid, biopsy-proven. No flushing.", note_id="n")
    stages = sides(root).stages_of(lambda: list(analyse_notes([note])))
    assert len(stages) > 10
    assert sum(stages.values()) > 0


def test_each_side_has_figures(root: Path) -> None:
    module = sides(root)
    figures = module.floor([Note(text="liver metastases " * 1_000, note_id="n")], 1)
    assert figures["notes"] == 1
    assert figures["mb_per_second"] > 0
    assert len(module.literals()) > 10_000


@pytest.mark.slow
def test_a_million_notes_in_little(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = root / "corpora" / "samples" / "notes.jsonl"
    command = [sys.executable, str(root / "tests" / "bench" / "million.py"), "--notes", "70", "--of", str(samples)]
    done = subprocess.run([*command, "--folder", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "70 notes with 2 workers" in done.stdout
    monkeypatch.syspath_prepend(root / "tests" / "bench")
    million = importlib.import_module("million")
    once, many = tmp_path / "once", tmp_path / "many"
    assert list(million.faults(once, many, 70)) == []
    assert list(million.faults(once, many, 71)) == ["70 records stand in place of 71"]
    records = pq.read_table(once / "part-00000.parquet")
    pq.write_table(records.slice(1), once / "part-00000.parquet")
    assert list(million.faults(once, many, 70)) == ["part-00000.parquet has other records than one pass"]
    looks = [million.Look(0, 10_000, 3, 400), million.Look(30, 20_000, 3, 430)]
    assert list(million.uneven(looks)) == []
    assert len(list(million.uneven([*looks, million.Look(60, 30_000, 3, 450)]))) == 1
    assert list(million.uneven([million.Look(0, 350_000, 1, 2), million.Look(30, 360_000, 3, 440)])) == []  # a run that goes on
