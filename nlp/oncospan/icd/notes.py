"""The notes of the Tabular List, inherited downward, and the Excludes1 conflicts that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from oncospan.errors import PackError
from oncospan.icd.patterns import Target, dotted, target
from oncospan.tables import read_tsv

if TYPE_CHECKING:
    from oncospan.icd.codes import CodeSet

NOTE_COLUMNS = ("code", "type", "text", "targets")


class NoteType(StrEnum):
    """The kinds of notes of the Tabular List."""

    EXCLUDES1 = "excludes1"
    EXCLUDES2 = "excludes2"
    USE_ADDITIONAL = "use_additional"
    CODE_FIRST = "code_first"
    CODE_ALSO = "code_also"
    INCLUDES = "includes"
    INCLUSION = "inclusion"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class IcdNote:
    """One line of a note; ``code`` is the code, header, block or chapter it stands at."""

    code: str
    type: NoteType
    text: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludesPair:
    """Two codes an Excludes1 note keeps apart: the note governs ``code`` and its ``target`` covers ``other``."""

    code: str
    other: str
    note_code: str
    note_text: str
    target: str


def excludes1(codes: CodeSet, a: str, b: str) -> ExcludesPair | None:
    """The Excludes1 note that keeps two codes apart, read from both sides over both chains; None when there is none.

    The nearest note of ``a`` is found first, then that of ``b``. A note never excludes what its own target covers,
    so a range that holds both codes parts neither.
    """
    a, b = dotted(a), dotted(b)
    if a == b:
        return None
    if (a, b) not in codes.known_pairs:
        codes.known_pairs[a, b] = _excludes1(codes, a, b)
    return codes.known_pairs[a, b]


def _excludes1(codes: CodeSet, a: str, b: str) -> ExcludesPair | None:
    for code, other in ((a, b), (b, a)):
        for note in codes.notes(code, NoteType.EXCLUDES1):
            for t in note.targets:
                if t.matches(other, codes.order) and not t.matches(code, codes.order):
                    return ExcludesPair(code=code, other=other, note_code=note.code, note_text=note.text, target=t.written)
    return None


def read_notes(path: Path, places: Collection[str]) -> Mapping[str, tuple[IcdNote, ...]]:
    """The notes of a release by the place they stand at. Raises PackError with file:line for an unknown place or pattern."""
    out: defaultdict[str, list[IcdNote]] = defaultdict(list)
    for row in read_tsv(path, NOTE_COLUMNS):
        if row["code"] not in places:
            raise PackError(f"{row['code']!r} is no code or block of the release", where=row.where)
        try:
            kind = NoteType(row["type"])
        except ValueError:
            raise PackError(f"note type {row['type']!r} is not one of {[str(t) for t in NoteType]}", where=row.where) from None
        out[row["code"]].append(
            IcdNote(code=row["code"], type=kind, text=row["text"], targets=_targets(row["targets"], row.where))
        )
    return {k: tuple(v) for k, v in out.items()}


def _targets(cell: str, where: str) -> tuple[Target, ...]:
    found = []
    for written in cell.split():
        one = target(written)
        if one is None:
            raise PackError(f"{written!r} is no code pattern", where=where, hint="Write C7B.-, C81-C86 or a code.")
        found.append(one)
    return tuple(found)
