"""A run over an export: from inputs to an output that is whole, or that a second run takes up where the first was stopped.

How it works:

* **Streams.** Notes are read one by one and leave in the order they came; a few chunks of 64 are with the workers at a time. Workers
  encode their records, so this process only reads, counts and writes. Memory does not grow with the export.
* **Parts.** A folder gets parts of a fixed number of records. A part is written beside its name, flushed to the disk and renamed, and
  then the manifest names it with its digest and its errors. Whatever kills the run, a part is there whole or not at all, and what
  the manifest names is done. ``resume`` checks the parts, leaves out as many records of the input as they hold, and goes on; the
  bytes are those of a run that nobody stopped, for any number of workers.
* **One run a folder.** The manifest holds digests of inputs and pack, and the settings. A run made of anything else is refused, and a
  second run at the same time too.
* **Limits.** A note too long or too slow becomes an error record (:mod:`oncospan.runners.limits`), and so does a note of which a worker
  dies (:mod:`oncospan.runners.local`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oncospan.readers import Database, Defaults, Source, count_of, files_of, read_notes
from oncospan.runners.local import Manner, run
from oncospan.schema import Level
from oncospan.types import BadNote, Note
from oncospan.writers import Encoded, Format, Parts, Run, encoded, is_folder, open_writer, part_records
from oncospan.writers.whole import whole_file

if TYPE_CHECKING:
    from oncospan.settings import Settings

Watch = Callable[[Iterable[Any], "int | None"], Iterator[Any]]
"""Looks at the records on their way, knowing how many are to come if that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a run is to do."""

    inputs: Sequence[Source]
    output: str
    format: Format
    settings: Settings
    level: Level = Level.NOTE
    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=Defaults)
    together: bool = False
    workers: int = 1
    seconds: float | None = None
    resume: bool = False


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run did, as far as it came."""

    output: str
    records: int = 0
    error_records: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    resumed_from: int = 0
    committed: int = 0
    """Records that stand in the output, whatever happens next."""
    finished: bool = False
    seconds: float = 0.0

    def record(self) -> dict[str, Any]:
        """The summary, JSON-ready."""
        made = self.records - self.resumed_from
        return {
            "output": self.output, "finished": self.finished, "records": self.records, "error_records": self.error_records,
            "errors": dict(sorted(self.errors.items())), "resumed_from": self.resumed_from, "committed": self.committed,
            "seconds": round(self.seconds, 3), "records_per_second": round(made / self.seconds, 2) if self.seconds else 0.0,
        }  # fmt: skip

    def write(self, path: Path) -> None:
        """Put the summary into a file. Raises OutputError."""
        with whole_file(path) as stream:
            stream.write(json.dumps(self.record(), indent=1).encode() + b"\n")


def extract(batch: Batch, summary: Summary, watch: Watch) -> None:
    """Does the run; ``summary`` is kept as it goes, and tells how far it came where an error ends it."""
    began = time.monotonic()
    notes = read_notes(batch.inputs, columns=batch.columns, defaults=batch.defaults)
    parts: Parts | None = None
    try:
        with open_writer(batch.output, batch.format, batch.level, run_of(batch)) as writer:
            if isinstance(writer, Parts):
                parts = writer
                _take_up(summary, parts)
            if parts is None or not parts.manifest.finished:
                for record in watch(_records(batch, notes, summary.resumed_from), _to_come(batch, summary.resumed_from)):
                    writer.put(record)
                    summary.records += 1
                    summary.error_records += bool(record.errors)
                    summary.errors.update(record.errors)
        summary.finished = True
    finally:
        summary.seconds = time.monotonic() - began
        summary.committed = summary.records if summary.finished else parts.done if parts is not None else 0


def _to_come(batch: Batch, done: int) -> int | None:
    total = expected(batch)
    return None if total is None else max(0, total - done)


def _take_up(summary: Summary, parts: Parts) -> None:
    """Counts what stands in the folder already."""
    summary.records = summary.resumed_from = summary.committed = parts.done
    summary.error_records = parts.manifest.error_records
    summary.errors.update(parts.manifest.errors)


def _records(batch: Batch, notes: Iterator[Note | BadNote], done: int) -> Iterator[Encoded]:
    """The records that are still to be made, as the format writes them."""
    manner = Manner(seconds=batch.seconds, after=partial(encoded, batch.format))
    if batch.level is Level.NOTE:
        return run(islice(notes, done, None), batch.settings, workers=batch.workers, manner=manner)
    from oncospan.engine import analyse_groups
    from oncospan.runners.grouping import grouped

    groups = grouped(notes, batch.level, together=batch.together)
    return run(islice(groups, done, None), batch.settings, workers=batch.workers, analyse=analyse_groups, manner=manner)


def expected(batch: Batch) -> int | None:
    """How many records are to come, where files tell it before they are read; None otherwise."""
    if batch.level is not Level.NOTE or not is_folder(batch.output):
        return None
    return count_of(batch.inputs, batch.columns)


def run_of(batch: Batch, **instead: Any) -> Run | None:
    """What a folder is made of; nothing for a file or stdout, which hold one run anyhow. ``instead`` says it otherwise."""
    if batch.output == "-" or not is_folder(batch.output):
        return None
    from oncospan.settings import made_with

    defaults = batch.defaults
    made_of = {
        **made_with(batch.settings), "inputs": [digest_of(path) for path in batch.inputs], "format": str(batch.format),
        "by": str(batch.level), "together": batch.together, "max_seconds": batch.seconds, "columns": dict(batch.columns),
        "setting": str(defaults.setting), "role": str(defaults.author_role), "part_records": part_records(batch.format),
    }  # fmt: skip
    return Run(made_of=made_of | instead, resume=batch.resume)


def digest_of(path: Source) -> dict[str, Any]:
    """The name of an input, how many files and bytes it has, and one digest of their names and contents; of a query its digest."""
    if isinstance(path, Database):
        return {"name": path.name, "query_sha256": path.query_sha256}
    path = Path(path)
    total, files, size = hashlib.sha256(), files_of(path), 0
    for file in files:
        with file.open("rb") as stream:
            total.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + hashlib.file_digest(stream, "sha256").digest())
        size += file.stat().st_size
    return {"name": path.name, "files": len(files), "bytes": size, "sha256": total.hexdigest()}


def dry_run(batch: Batch) -> dict[str, Any]:
    """What a run would read, JSON-ready, without reading it for tumors: notes, characters, and rows that are no notes."""
    notes = characters = longest = 0
    unreadable: Counter[str] = Counter()
    for note in read_notes(batch.inputs, columns=batch.columns, defaults=batch.defaults):
        if isinstance(note, BadNote):
            unreadable[note.error.code] += 1
        else:
            notes, characters, longest = notes + 1, characters + len(note.text), max(longest, len(note.text))
    return {
        "inputs": [digest_of(path) for path in batch.inputs], "notes": notes, "characters": characters, "longest": longest,
        "unreadable": dict(sorted(unreadable.items())),
    }  # fmt: skip
