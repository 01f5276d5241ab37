"""A run of a million notes with ``oncospan extract``, and whether it came out right: ``make million``.

The notes of the development corpora beside the checkout (otherwise the samples) are cycled under fresh ids and read into a folder of
Parquet parts. Meanwhile the resident memory of all processes of the run is looked at; afterwards the records are compared with those
of one pass over the same notes, which differ in their ids alone. With ``--folder`` a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench import corpora
from oncospan.readers import read_notes
from oncospan.types import Note
from oncospan.writers.manifest import read

SETTLED = 10_000
"""The memory from this record on is to be flat."""
FLAT = 0.1
MEMORY_EVERY = 30
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """The run at one moment."""

    seconds: int
    records: int
    processes: int
    resident_mb: int


def main() -> None:
    parser = argparse.ArgumentParser(description="A million notes, and whether they came out right.")
    parser.add_argument("--notes", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--of", type=Path, action="append", help="a file of notes to cycle; repeatable")
    parser.add_argument("--folder", type=Path, help="folder to keep (an unfinished run in it goes on) instead of a temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oncospan-million-") as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        notes = [n for n in read_notes(chosen.of or corpora(None)) if isinstance(n, Note)]
        once, many = folder / "once", folder / "many"
        written(notes, len(notes), once.with_suffix(".jsonl"))
        written(notes, chosen.notes, many.with_suffix(".jsonl"))
        list(looked_at(once, 1))
        looks = []
        for look in looked_at(many, chosen.workers):
            looks.append(look)
            print(look, flush=True)
        wrong = [*faults(once, many, chosen.notes), *uneven(looks)]
    print(f"{chosen.notes} notes with {chosen.workers} workers in {looks[-1].seconds if looks else 0} seconds")
    sys.exit("\n".join(wrong) or 0)


def written(notes: list[Note], count: int, path: Path) -> None:
    """So many notes, cycled, each with an id of its own."""
    if path.is_file():
        return
    with path.open("w", encoding="utf-8") as file:
        for number, note in enumerate(itertools.islice(itertools.cycle(notes), count)):
            file.write(json.dumps({"note_id": name(number), "note_type": note.note_type, "text": note.text}) + "\n")


def name(number: int) -> str:
    return f"{number:09d}"


def looked_at(folder: Path, workers: int) -> Iterator[Look]:
    """The run of ``folder.jsonl`` into the folder, looked at every now and then."""
    command = [sys.executable, "-m", "oncospan", "extract", f"{folder}.jsonl", "-o", f"{folder}/"]
    command += ["--format", "parquet", "--workers", str(workers)]
    command += ["--resume"] if (folder / "manifest.json").is_file() else []
    began = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            manifest = read(folder) if folder.is_dir() else None
            resident = [mb for one in family(process.pid) if (mb := resident_mb(one)) is not None]
            yield Look(round(time.monotonic() - began), manifest.records if manifest else 0, len(resident), round(sum(resident)))
            try:
                process.wait(MEMORY_EVERY)
            except subprocess.TimeoutExpired:
                continue
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")


def family(pid: int) -> list[int]:
    """A process and all that came of it."""
    found, at = [pid], 0
    while at < len(found):
        try:
            tasks = list(Path(f"/proc/{found[at]}/task").glob("*/children"))
            found += [int(child) for task in tasks for child in task.read_text().split()]
        except OSError:  # it has ended
            pass
        at += 1
    return found


def resident_mb(pid: int) -> float | None:
    """The memory of a process now; None when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / MB
    except (OSError, IndexError):
        return None


def faults(once: Path, many: Path, count: int) -> Iterator[str]:
    """What is wrong with the records of many notes, those of one pass being right."""
    right = pq.read_table(sorted(once.glob("part-*"))).combine_chunks()
    manifest = read(many)
    assert manifest is not None
    if (manifest.records, manifest.finished) != (count, True):
        yield f"{manifest.records} records stand in place of {count}"
    if manifest.error_records:
        yield f"{manifest.error_records} error records: {manifest.errors}"
    first = 0
    for part in manifest.parts:
        records = pq.read_table(many / part.name)
        numbers = range(first, first + part.records)
        if records["note_id"].to_pylist() != [name(number) for number in numbers]:
            yield f"{part.name} has other ids than its notes"
        expected = right.take(pa.array([number % len(right) for number in numbers]))
        if not records.drop_columns("note_id").equals(expected.drop_columns("note_id")):
            yield f"{part.name} has other records than one pass"
        first += part.records


def uneven(looks: list[Look]) -> Iterator[str]:
    """The memory where it was not flat; a run that goes on is looked at from when all its processes are there."""
    all_there = max((look.processes for look in looks), default=0)
    settled = [look for look in looks if look.records >= SETTLED and look.processes == all_there]
    for look in settled:
        if abs(look.resident_mb / settled[0].resident_mb - 1) > FLAT:
            yield f"the memory is not flat: {settled[0]}, {look}"


if __name__ == "__main__":
    main()
