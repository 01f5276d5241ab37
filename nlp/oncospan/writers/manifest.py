"""The manifest of a folder of parts: what the run was made of, and every part that stands.

``manifest.json`` is written when the run begins, anew behind every part, and when the run ends; each time whole or not at all. A part
that it does not name is not there: a run that goes on writes it again. It holds no time and no count of workers, so that a run which
was stopped and went on leaves the same bytes as one that was not.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from oncospan.errors import OutputError
from oncospan.writers.whole import whole_file

NAME = "manifest.json"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that stands: its file, how many records it has, and how many of what errors."""

    name: str
    records: int
    error_records: int
    errors: Mapping[str, int]
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a folder of parts was made of (JSON-ready), the parts that stand, and whether the run came to its end."""

    run: Mapping[str, Any]
    parts: tuple[Part, ...] = ()
    finished: bool = False

    @property
    def records(self) -> int:
        """How many records stand."""
        return sum(p.records for p in self.parts)

    @property
    def error_records(self) -> int:
        """How many of them are error records."""
        return sum(p.error_records for p in self.parts)

    @property
    def errors(self) -> dict[str, int]:
        """How often each error stands in them."""
        total: Counter[str] = Counter()
        for part in self.parts:
            total.update(part.errors)
        return dict(sorted(total.items()))

    def with_part(self, part: Part) -> Manifest:
        """The manifest with one part more."""
        return replace(self, parts=(*self.parts, part))

    def write(self, folder: Path) -> None:
        """Put the manifest in its folder. Raises OutputError."""
        record = {
            "version": _VERSION, "finished": self.finished, "records": self.records, "error_records": self.error_records,
            "errors": self.errors, "run": self.run, "parts": [asdict(p) for p in self.parts],
        }  # fmt: skip
        with whole_file(folder / NAME) as stream:
            stream.write(json.dumps(record, indent=1).encode("utf-8") + b"\n")


def read(folder: Path) -> Manifest | None:
    """The manifest of a folder, None where it has none. Raises OutputError for one that is damaged or of another version."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_bytes())
        made = {1: Manifest}[record["version"]]
        return made(run=record["run"], parts=tuple(Part(**p) for p in record["parts"]), finished=record["finished"])
    except (ValueError, KeyError, TypeError, OSError):
        raise OutputError("the manifest cannot be read", where=str(path), hint="Name a new or an empty folder.") from None


def part_of(path: Path, records: int, errors: Mapping[str, int], error_records: int) -> Part:
    """The entry of a part that was just written."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Part(
        name=path.name, records=records, error_records=error_records, errors=dict(sorted(errors.items())),
        bytes=path.stat().st_size, sha256=digest,
    )  # fmt: skip


def check(folder: Path, found: Manifest, run: Mapping[str, Any]) -> None:
    """Raises OutputError where a folder was made of something else than ``run``, or its parts are not what was written."""
    if wrong := sorted(k for k in {*found.run, *run} if found.run.get(k) != run.get(k)):
        raise OutputError(
            f"the folder was begun with another {', '.join(wrong)}", where=str(folder),
            hint="One folder holds the records of one run: name a new folder, or give the same inputs and settings.",
        )  # fmt: skip
    for part in found.parts:
        path = folder / part.name
        if not path.is_file() or part_of(path, part.records, part.errors, part.error_records).sha256 != part.sha256:
            raise OutputError("the part is not what the run wrote", where=str(path), hint="Name a new folder.")
