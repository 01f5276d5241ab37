"""What an input holds and how it would be read: format, where each field comes from, and what a first look finds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from oncospan.readers import ccda, fhir, hl7, jsonlines, stream
from oncospan.readers.columns import resolve
from oncospan.readers.inputs import Input, Source, inputs_of
from oncospan.readers.values import Defaults
from oncospan.types import BadNote, Note

_FORMATS = {
    "delimited": "table, CSV or TSV", "jsonl": "JSON lines, one note an object", "parquet": "table, Parquet", "pieces": "table of numbered pieces of notes",
    "text": "plain text, one note a file", "hl7": "HL7 version 2 messages", "fhir": "FHIR R4 resources",
    "document": "documents, one note a file", "database": "query to a database", "unreadable": "damaged, empty or locked",
}  # fmt: skip
_OF_NOTE = re.compile(r" of note '.*?'(?= )")
_LAYOUTS: Mapping[str, Mapping[str, str]] = {"hl7": hl7.LAYOUT, "fhir": fhir.LAYOUT, "document": ccda.LAYOUT}


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


def inspect(path: Source, columns: Mapping[str, str], first: int) -> Sight:
    """What the first notes of a file, folder or archive are like. Raises InputError as reading it would."""
    inputs = inputs_of([path], columns)
    found = list(islice(stream(inputs, columns, Defaults()), first + 1))
    seen = found[:first]
    notes = [n for n in seen if isinstance(n, Note)]
    lengths = [len(n.text) for n in notes]
    return Sight(
        files=Counter(_FORMATS[i.kind] for i in inputs),
        layouts=_layouts(inputs, columns),
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
    )


def _layouts(inputs: Sequence[Input], columns: Mapping[str, str]) -> list[tuple[str, Mapping[str, str]]]:
    """Where each field comes from, once for every format and table layout."""
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    for i in inputs:
        layout = i.layout or _LAYOUTS.get(i.kind) or {}
        if i.kind == "jsonl":
            keys = jsonlines.columns_of(i.file)
            layout = resolve(keys, columns, i.path.name) if keys else {}
        kept = {name: column for name, column in layout.items() if columns.get(name, column)}
        found.setdefault(f"{i.kind} {kept}", (_FORMATS[i.kind], kept))
    return list(found.values())
