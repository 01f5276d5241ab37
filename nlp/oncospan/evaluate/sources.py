"""Where the two sides of a comparison come from: records of a finished run, or a rule pack that is run over notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oncospan.errors import InputError, UsageError
from oncospan.evaluate.facts import Row
from oncospan.evaluate.records import Located, read_records, record_files

if TYPE_CHECKING:
    from oncospan.types import Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One side: a file or folder of records, or a pack by its name or folder."""

    word: str
    pack: str | None

    def records(self) -> Iterator[Located]:
        """The records of a finished run."""
        return read_records(Path(self.word))


def source_of(word: str, *, notes: bool) -> Source:
    """What OLD or NEW names: a folder with a ``pack.toml`` or a bare name that is no file is a pack, all else are records.

    ``notes`` tells whether there are notes to run a pack over. Raises InputError, UsageError.
    """
    path = Path(word)
    if path.is_dir() and (path / "pack.toml").is_file():
        pack = str(path.resolve())
    elif not path.exists() and word.isidentifier():
        pack = word
    else:
        if not path.exists():
            hint = "Name the records of a run, the folder of a rule pack, or an installed pack."
            raise InputError("there is no such file or folder", where=word, hint=hint)
        record_files(path)
        return Source(word=word, pack=None)
    if not notes:
        raise UsageError(
            f"{word!r} names a rule pack, and there are no notes to run it over",
            hint="Give the notes with --notes, or the records of a finished run in its place.",
        )
    return Source(word=word, pack=pack)


def located(analyses: Iterable[Analysis]) -> Iterator[Located]:
    """The records of a running engine."""
    return (Located(where=a.note.note_id, record=a.record()) for a in analyses)


class Side:
    """Passes the records of one side on, and keeps what the report needs of them."""

    def __init__(self, source: Source, rows: Iterable[Located], keep: Mapping[str, Any]) -> None:
        self.source = source
        self.kept: dict[str, Row] = {}
        self._rows, self._keep = rows, keep
        self._makers: set[tuple[str, ...]] = set()
        self._count = 0

    def __iter__(self) -> Iterator[Located]:
        """Every record; those of notes with gold are kept to be scored."""
        for row in self._rows:
            self._count += 1
            stamp = row.record.get("stamp")
            if isinstance(stamp, dict):
                names = ("engine", "pack", "pack_digest", "net_site_policy")
                self._makers.add(tuple(str(stamp.get(name) or "") for name in names))
            if row.name in self._keep:
                self.kept[row.name] = row.record
            yield row

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping: what was named, how many records it has, and what made them."""
        made_by = ["oncospan " + ", ".join(filter(None, maker)) for maker in sorted(self._makers)]
        return {"source": self.source.word, "records": self._count, "made_by": made_by}
