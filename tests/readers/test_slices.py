"""The slices that workers of a cluster read: together they are the input, whatever it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oncospan.errors import InputError, UsageError
from oncospan.readers import Database, Defaults, read_notes
from oncospan.readers.inputs import Input, inputs_of
from oncospan.runners import slices as module
from oncospan.runners.slices import Slice, notes_of, slices


def told(found: Any) -> list[str]:
    return [repr(note) + getattr(note, "text", "") for note in found]


def sliced(*paths: Path) -> tuple[list[Slice], list[str]]:
    cut = slices(inputs_of(paths, {}))
    return cut, told(note for part in cut for note in notes_of(part, {}, Defaults()))


@pytest.mark.parametrize("group", [1, 4, 7, 100])
def test_rows_of_parquet_are_all_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    monkeypatch.setattr(module, "ROWS", 5)
    rows = [{"id": f"n{i}" if i % 6 else None, "text": f"note {i}", "setting": "ip" if i % 4 else "moon"} for i in range(23)]
    path = tmp_path / "notes.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group)
    cut, notes = sliced(path)
    assert [part.rows for part in cut] == [range(5), range(5, 10), range(10, 15), range(15, 20), range(20, 23)]
    assert notes == told(read_notes([path]))


def test_small_files_stand_together_and_tables_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILES", 3)
    letters = tmp_path / "letters"
    letters.mkdir()
    for i in range(7):
        (letters / f"{i}.txt").write_text(f"note {i}")
    tables = [tmp_path / f"{name}.csv" for name in "ab"]
    for table in tables:
        table.write_text(f"id,text\n{table.stem},x\n")
    cut, notes = sliced(letters, *tables)
    assert [len(part.inputs) for part in cut] == [3, 3, 1, 1, 1]
    assert notes == told(read_notes([letters, *tables]))


def test_fhir_resources_are_read_together(tmp_path: Path) -> None:
    document = {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": {"data": "eA=="}}],
                "context": {"encounter": [{"reference": "Encounter/e"}]}}  # fmt: skip
    (tmp_path / "DocumentReference.ndjson").write_text(json.dumps(document) + "\n")
    (tmp_path / "Encounter.ndjson").write_text('{"resourceType": "Encounter", "id": "e", "class": {"code": "IMP"}}\n')
    cut, notes = sliced(tmp_path)
    assert len(cut) == 1
    assert notes == told(read_notes([tmp_path]))


def test_a_file_a_worker_does_not_see_ends_the_run(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("x")
    (cut,) = slices(inputs_of([tmp_path], {}))
    (tmp_path / "b.txt").unlink()
    with pytest.raises(InputError, match="a worker does not see the file"):
        list(notes_of(cut, {}, Defaults()))


def test_a_database_is_refused() -> None:
    query = Input(path=Database.__new__(Database), kind="database")
    with pytest.raises(UsageError, match="not the rows of a database"):
        slices([query])
