"""A folder of parts ``part-00000.<format>`` …, each committed when it is full, and a run that goes on where it was stopped.

A part holds a fixed number of records, whatever the number of workers, so a run that was stopped and went on has the parts of one
that was not. Where the run says what it is made of, a manifest stands beside the parts (see :mod:`oncospan.writers.manifest`).
"""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from oncospan.errors import OutputError
from oncospan.schema import Level
from oncospan.writers.formats import Encoded, Format, Writer, finished
from oncospan.writers.manifest import NAME, Manifest, check, part_of, read
from oncospan.writers.only_run import only_run
from oncospan.writers.whole import whole_file

LEAST_FREE = 32 * 1024 * 1024
"""Bytes that must be free where a part is begun: a full disk is told before the work of a part is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run into a folder is made of, JSON-ready, and whether it may go on with what stands there."""

    made_of: Mapping[str, Any]
    resume: bool = False


class Parts:
    """The writer of a folder of parts; a run without notes gives one empty part."""

    def __init__(self, folder: Path, fmt: Format, level: Level, limit: int, run: Run | None = None) -> None:
        self._folder, self._format, self._level, self._limit, self._run = folder, fmt, level, limit, run
        self._held = contextlib.ExitStack()
        self._open = contextlib.ExitStack()
        self._writer: Writer | None = None
        self._path = folder
        self._records = self._error_records = self._part = 0
        self._errors: Counter[str] = Counter()
        self.manifest = Manifest(run=run.made_of if run else {})

    @property
    def done(self) -> int:
        """How many records stand in committed parts."""
        return self.manifest.records

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as held:
            held.enter_context(only_run(self._folder))
            self._begin()
            self._held = held.pop_all()
        return self

    def __exit__(self, kind: object, *failure: object) -> None:
        with self._held:
            if kind is not None:
                self._open.__exit__(kind, *failure)  # type: ignore[arg-type]  # the triple of the with statement, handed on
                return
            self._commit()
            if self._run is not None and not self.manifest.finished:
                self.manifest = replace(self.manifest, finished=True)
                self.manifest.write(self._folder)

    def put(self, record: Encoded) -> None:
        """Write one record, in a new part when the running one is full."""
        if self._records >= self._limit:
            self._commit()
        if self._writer is None:
            self._next_part()
        assert self._writer is not None
        self._writer.put(record)
        self._records += 1
        self._error_records += bool(record.errors)
        self._errors.update(record.errors)

    def finish(self) -> None:
        """Nothing to do: leaving the block commits the last part."""

    def abandon(self) -> None:
        """Nothing to do: leaving the block drops the last part."""

    def _begin(self) -> None:
        """Finds what stands in the folder, and whether the run may add to it."""
        if (found := _standing(self._folder, self._run)) is not None:
            self.manifest, self._part = found, len(found.parts)
            self._sweep()
        elif self._run is not None:
            self.manifest.write(self._folder)
        if not self._part:
            self._next_part()

    def _sweep(self) -> None:
        """Takes away what a stopped run had not committed."""
        known = {part.name for part in self.manifest.parts}
        for path in [*self._folder.glob("part-*"), *self._folder.glob(f"{NAME}.tmp")]:
            if path.name not in known:
                path.unlink()

    def _next_part(self) -> None:
        check_space(self._folder)
        self._path = self._folder / f"part-{self._part:05d}.{self._format}"
        stream = self._open.enter_context(whole_file(self._path))
        self._writer = self._open.enter_context(finished(stream, self._format, self._level))
        self._part += 1

    def _commit(self) -> None:
        """The running part is closed and named, and then the manifest names it."""
        if self._writer is None:
            return
        self._open.close()
        self._writer = None
        if self._run is not None:
            part = part_of(self._path, self._records, self._errors, self._error_records)
            self.manifest = self.manifest.with_part(part)
            self.manifest.write(self._folder)
        self._records = self._error_records = 0
        self._errors.clear()


def _standing(folder: Path, run: Run | None) -> Manifest | None:
    """The manifest of a folder that the run goes on with; None where it begins. Raises OutputError where it may do neither."""
    found = read(folder)
    if found is not None and run is not None and run.resume:
        check(folder, found, run.made_of)
        return found
    if found is not None or any(folder.glob("part-*")):
        raise OutputError("the folder holds parts already", where=str(folder), hint=_hint(found))
    return None


@contextlib.contextmanager
def taken_up(folder: Path, run: Run) -> Iterator[Manifest]:
    """The manifest of a folder whose parts others write, held so that no second run is in it. Raises OutputError."""
    with only_run(folder):
        manifest = _standing(folder, run)
        if manifest is None:
            manifest = Manifest(run=run.made_of)
            manifest.write(folder)
        yield manifest


def _hint(found: Manifest | None) -> str:
    if found is None:
        return "Name a new or an empty folder."
    return "Name a new or an empty folder." if found.finished else "Go on with --resume, or name a new folder."


def check_space(folder: Path) -> None:
    """Raises OutputError where the disk is as good as full."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise OutputError(
            f"only {free // 1024 // 1024} MB are free on the disk",
            where=str(folder),
            hint="Free some space and go on with --resume.",
        )
