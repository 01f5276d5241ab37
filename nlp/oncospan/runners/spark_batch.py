"""A run over files on Spark: the workers read slices of the input and write a part of the folder for each.

How it works:

* **Slices.** The inputs are cut without a look at the cluster (:mod:`oncospan.runners.slices`), so parts are the same bytes on any.
* **Parts.** A worker writes a part into a folder of its own, renames it into place, and then leaves a receipt that holds its digest and
  its errors. A task that is run twice, or by two workers at a time, leaves the same part.
* **The manifest** names the parts with a receipt; this process gathers them while the job runs. A run that was killed goes on with
  ``resume``: slices that have their part are left out.

The inputs and the folder are seen by all workers under the same name.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oncospan.errors import OncoSpanError, UsageError
from oncospan.readers import Database, Source
from oncospan.readers.inputs import inputs_of
from oncospan.runners.batch import Batch, Summary, Watch, expected, run_of
from oncospan.runners.local import Manner, WorkerError
from oncospan.runners.slices import Slice, notes_of, slices
from oncospan.runners.spark import analysed, session
from oncospan.schema import Level
from oncospan.writers import Format, encoded, is_folder
from oncospan.writers.formats import finished
from oncospan.writers.manifest import Part, part_of
from oncospan.writers.parts import check_space, taken_up
from oncospan.writers.whole import whole_file

if TYPE_CHECKING:
    from oncospan.writers.manifest import Manifest

RECEIPTS, DRAFTS = ".receipts", ".drafts"
_LOOK = 0.5
"""Seconds between two looks at the receipts."""


def extract(batch: Batch, summary: Summary, watch: Watch, master: str | None = None) -> None:
    """Does the run on Spark; ``summary`` is kept as it goes. Raises UsageError for what only one machine can do."""
    _check(batch)
    began = time.monotonic()
    try:
        cut = slices(inputs_of([_absolute(given) for given in batch.inputs], batch.columns))
        total = expected(batch)
        run = run_of(batch, part_records="slices")
        assert run is not None  # the output is a folder
        with taken_up(Path(batch.output), run) as found:
            ledger = _Ledger(Path(batch.output), found)
            _count(summary, ledger.manifest)
            summary.resumed_from = summary.records
            todo = [s for s in cut if _name(s, batch.format) not in ledger.names]
            try:
                if todo:
                    made = (p for part in _run(batch, todo, ledger, master) for p in range(part.records))
                    for _ in watch(made, None if total is None else max(0, total - summary.records)):
                        pass
                ledger.finish()
            finally:
                ledger.gather()
                _count(summary, ledger.manifest)
        summary.finished = True
    finally:
        summary.seconds = time.monotonic() - began


def _absolute(given: Source) -> Source:
    """An input by a name that does not depend on where a process stands."""
    return given if isinstance(given, Database) else Path(given).absolute()


def _check(batch: Batch) -> None:
    if batch.level is not Level.NOTE:
        raise UsageError("Spark makes one record a note", hint="Use --engine local with --by.")
    if not is_folder(batch.output):
        raise UsageError("Spark writes a folder of parts", where=batch.output, hint="Name a folder, with a slash: -o DIR/")
    if batch.format is Format.HTML:
        raise UsageError("Spark writes no pages", hint="Use --format parquet, jsonl or csv.")


def _count(summary: Summary, manifest: Manifest) -> None:
    summary.records = summary.committed = manifest.records
    summary.error_records = manifest.error_records
    summary.errors = Counter(manifest.errors)


def _name(part: Slice, fmt: Format) -> str:
    return f"part-{part.number:05d}.{fmt}"


class _Ledger:
    """The manifest of a folder that workers add parts to."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder, self.manifest = folder, manifest
        shutil.rmtree(folder / DRAFTS, ignore_errors=True)
        self.gather()

    @property
    def names(self) -> set[str]:
        """The parts that stand."""
        return {part.name for part in self.manifest.parts}

    def gather(self) -> list[Part]:
        """The parts that stand since the last look, now in the manifest."""
        found = [(path, Part(**json.loads(path.read_bytes()))) for path in sorted((self._folder / RECEIPTS).glob("*.json"))]
        new = [part for _, part in found if part.name not in self.names]
        if new:
            parts = sorted((*self.manifest.parts, *new), key=lambda part: part.name)
            self.manifest = replace(self.manifest, parts=tuple(parts))
            self.manifest.write(self._folder)
        for path, _ in found:
            path.unlink(missing_ok=True)
        return new

    def finish(self) -> None:
        """All parts stand."""
        self.gather()
        for name in (DRAFTS, RECEIPTS):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        self.manifest = replace(self.manifest, finished=True)
        self.manifest.write(self._folder)


def _run(batch: Batch, todo: list[Slice], ledger: _Ledger, master: str | None) -> Iterator[Part]:
    """The parts as the job makes them. Raises what a worker could not do."""
    context = session(master).sparkContext
    work = _Work(batch=replace(batch, output=str(Path(batch.output).absolute())))
    outcome: list[OncoSpanError] = []

    def job() -> None:
        try:
            outcome.extend(context.parallelize(todo, len(todo)).map(work).filter(bool).collect())
        except Exception as e:  # noqa: BLE001 - a message of Spark's may hold what a worker said of a note: only its kind is told
            outcome.append(
                WorkerError(f"the Spark job failed ({type(e).__name__})", hint="See the logs of the workers; --resume goes on.")
            )

    thread = threading.Thread(target=job, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK)
            yield from ledger.gather()
    except BaseException:
        with contextlib.suppress(Exception):  # the job may be over, and Spark with it
            context.cancelAllJobs()
        raise
    yield from ledger.gather()
    if outcome:
        raise outcome[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What a worker does with a slice: reads it and leaves its part and the receipt."""

    batch: Batch

    def __call__(self, part: Slice) -> OncoSpanError | None:
        """Why the part could not be made; None where it stands."""
        try:
            self._make(part)
        except OncoSpanError as e:
            return e
        except Exception as e:  # noqa: BLE001 - whatever it is, its message may quote a note: only its kind leaves the worker
            return WorkerError(f"a worker failed with {type(e).__name__}", hint="This is a defect; please report it.")
        return None

    def _make(self, part: Slice) -> None:
        batch, folder = self.batch, Path(self.batch.output)
        check_space(folder)
        draft = folder / DRAFTS / uuid.uuid4().hex / _name(part, batch.format)
        counts = _Counts()
        with whole_file(draft) as stream, finished(stream, batch.format, Level.NOTE) as writer:
            manner = Manner(seconds=batch.seconds, after=partial(encoded, batch.format))
            for record in analysed(notes_of(part, batch.columns, batch.defaults), batch.settings, manner):
                writer.put(record)
                counts.add(record.errors)
        receipt = draft.with_suffix(".json")
        with whole_file(receipt) as stream:
            stream.write(json.dumps(asdict(part_of(draft, counts.records, counts.errors, counts.error_records))).encode())
        _place(draft, folder)
        _place(receipt, folder / RECEIPTS)
        draft.parent.rmdir()


def _place(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    os.replace(path, folder / path.name)  # noqa: PTH105 - the name says that it replaces


@dataclass(slots=True)
class _Counts:
    """The records of a part and their errors."""

    records: int = 0
    error_records: int = 0
    errors: Counter[str] | Any = None

    def __post_init__(self) -> None:
        self.errors = Counter()

    def add(self, errors: tuple[str, ...]) -> None:
        """Count one record."""
        self.records += 1
        self.error_records += bool(errors)
        self.errors.update(errors)
