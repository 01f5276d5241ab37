"""Forms that are folders of files: brat and Label Studio. Errors of records stand in ``errors.csv`` beside the documents."""

from __future__ import annotations

from pathlib import Path

from oncospan.writers import brat, label_studio, table
from oncospan.writers.columns import csv_head, csv_lines
from oncospan.writers.result import Result

TASKS = 1_000
"""Tasks in one file for Label Studio, whose import takes files of limited size."""


class _Errors:
    """Writes the errors of records, where there are any."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "errors.csv"

    def add(self, result: Result) -> None:
        """Write the errors of a record."""
        if not result.record["errors"]:
            return
        with self._path.open("ab") as stream:
            if not stream.tell():
                stream.write(csv_head(table.TABLE))
            stream.write(csv_lines(table.TABLE, (row for row in table.rows(result) if row["kind"] == "error")))


class Brat:
    """Writes ``.txt`` and ``.ann`` of each note, ``annotation.conf``, and ``index.tsv`` of the names and ids."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._errors, self._count = folder, _Errors(folder), 0
        (folder / "annotation.conf").write_text(brat.annotation_conf(), encoding="utf-8")
        self._index = (folder / "index.tsv").open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
        self._index.write("document\tnote_id\tpatient_id\tencounter_id\n")

    def add(self, result: Result) -> None:
        """Write the notes of a record; one whose text is not there has no document."""
        self._errors.add(result)
        record = result.record
        for head in result.heads:
            text = result.texts.get(head["note_id"])
            if not text:
                continue
            self._count += 1
            name = brat.name_of(self._count, head["note_id"])
            (self._folder / f"{name}.txt").write_bytes(text.encode("utf-8", "replace"))
            (self._folder / f"{name}.ann").write_bytes(brat.standoff(result, head).encode("utf-8", "replace"))
            ids = (head["note_id"], record.get("patient_id"), head.get("encounter_id") or record.get("encounter_id"))
            self._index.write("\t".join([name, *(" ".join((i or "").split()) for i in ids)]) + "\n")

    def finish(self) -> None:
        """Close the index."""
        self._index.close()

    def abandon(self) -> None:
        """Close the index."""
        self._index.close()


class LabelStudio:
    """Writes ``tasks-00000.json`` … for the import, and ``labels.xml`` for the labeling interface."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._errors = folder, _Errors(folder)
        self._tasks: list[bytes] = []
        self._files = 0
        (folder / "labels.xml").write_text(label_studio.config(), encoding="utf-8")

    def add(self, result: Result) -> None:
        """Write the tasks of a record."""
        self._errors.add(result)
        for task in label_studio.tasks(result):
            self._tasks.append(task)
            if len(self._tasks) == TASKS:
                self._flush()

    def finish(self) -> None:
        """Write the last tasks; a run without any gives one empty file."""
        if self._tasks or not self._files:
            self._flush()

    def abandon(self) -> None:
        """Nothing to let go of."""

    def _flush(self) -> None:
        (self._folder / f"tasks-{self._files:05d}.json").write_bytes(b"[\n" + b",\n".join(self._tasks) + b"\n]\n")
        self._files += 1
        self._tasks.clear()
