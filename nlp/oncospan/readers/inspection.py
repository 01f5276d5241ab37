"""What an input holds and how it would be read: format, where each field comes from, and what a first look finds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from oncospan.readers import jsonlines
from oncospan.readers.columns import resolve, shown
from oncospan.readers.inputs import TABLES, Input, Source, columns_of, inputs_of
from oncospan.readers.kinds_seen import format_of, held, layout_of, passed_over
from oncospan.readers.streams import stream
from oncospan.readers.values import Defaults
from oncospan.types import BadNote, Note

_OF_NOTE = re.compile(r" of note '.*?'(?= )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a first look at an input found; it holds no words of notes."""

    files: Mapping[str, int]
    layouts: Sequence[tuple[str, Mapping[str, str]]]
    notes: int
    whole: bool
    settings: Mapping[str, int]
    roles: Mapping[str, int]
    present: Mapping[str, int]
    chars: tuple[int, int] | None
    errors: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    unread: Sequence[str] = ()
    held: Sequence[tuple[str, Mapping[str, int]]] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)


def inspect(path: Source, columns: Mapping[str, str], first: int) -> Sight:
    """What the first notes of a file, folder or archive are like. Raises InputError as reading it would."""
    inputs = inputs_of([path], columns)
    named = [(i, format_of(i)) for i in inputs]
    found = list(islice(stream(inputs, columns, Defaults()), first + 1))
    seen = found[:first]
    notes = [n for n in seen if isinstance(n, Note)]
    lengths = [len(n.text) for n in notes]
    return Sight(
        files=Counter(name for _, name in named),
        layouts=_layouts(named, columns),
        notes=len(notes),
        whole=len(found) <= first,
        settings=Counter(str(n.setting) for n in notes),
        roles=Counter(str(n.author_role) for n in notes),
        present={
            name: sum(getattr(n, name) is not None for n in notes)
            for name in ("patient_id", "encounter_id", "note_date", "note_type")
        },
        chars=(min(lengths), max(lengths)) if lengths else None,
        errors=Counter((n.error.code, _OF_NOTE.sub("", n.error.message), n.error.hint) for n in seen if isinstance(n, BadNote)),
        unread=_unread(inputs, columns),
        held=held(inputs, first),
        passed_over=passed_over(path, inputs),
    )


def _layouts(named: Sequence[tuple[Input, str]], columns: Mapping[str, str]) -> list[tuple[str, Mapping[str, str]]]:
    """Where each field comes from, once for every format and table layout."""
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    for i, name in named:
        layout = layout_of(i, name)
        if i.kind == "jsonl":
            keys = jsonlines.columns_of(i.file)
            layout = resolve(keys, columns, i.path.name) if keys else {}
        kept = {field: column for field, column in layout.items() if columns.get(field, column)}
        found.setdefault(f"{name} {kept}", (name, kept))
    return list(found.values())


def _unread(inputs: Sequence[Input], columns: Mapping[str, str]) -> list[str]:
    """The columns of tables that no field comes from, as far as they look like names."""
    found: dict[str, None] = {}
    for i in inputs:
        if i.kind in {*TABLES, "pieces", "database"}:
            names = columns_of(i)
            layout = i.layout or (resolve(names, columns, i.path.name) if names else {})
            found |= dict.fromkeys(shown(name) for name in names if name not in layout.values())
    return list(found)
