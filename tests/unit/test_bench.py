"""The benchmark measures the stages that there are: a stage renamed without it would be found only when somebody measures."""

import importlib.util
from pathlib import Path
from types import ModuleType

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
