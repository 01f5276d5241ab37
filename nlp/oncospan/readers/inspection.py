"""What an input holds and how it would be read: format, where each field comes from, and what a first look finds; no words of notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from oncospan.readers import ccda, fhir, hl7, jsonlines
from oncospan.readers.columns import resolve, shown
from oncospan.readers.documents import kind_of_bytes
from oncospan.readers.fhir_resources import resources, words
from oncospan.readers.hl7_messages import messages
from oncospan.readers.inputs import TABLES, Input, Source, columns_of, inputs_of, names_of
from oncospan.readers.office import NOT_READ, OLE, ZIP
from oncospan.readers.problems import DAMAGED, MAX_NOTE_BYTES
from oncospan.readers.source import File, open_bytes
from oncospan.readers.streams import stream
from oncospan.readers.textfiles import declared
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
    named = [(i, _format_of(i)) for i in inputs]
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
        held=_held(inputs, first),
        passed_over=_passed_over(path, inputs),
    )


def _layouts(named: Sequence[tuple[Input, str]], columns: Mapping[str, str]) -> list[tuple[str, Mapping[str, str]]]:
    """Where each field comes from, once for every format and table layout."""
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    for i, name in named:
        layout = _layout_of(i, name)
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


_FORMATS = {
    "delimited": "table, CSV or TSV", "jsonl": "JSON lines, one note an object", "parquet": "table, Parquet", "pieces": "table of numbered pieces of notes",
    "text": "plain text, one note a file", "hl7": "HL7 version 2 messages", "fhir": "FHIR R4 resources",
    "database": "query to a database", "unreadable": "damaged, empty or locked",
}  # fmt: skip
_DOCUMENTS = {
    "xml": "C-CDA, one note a document", "html": "HTML, one note a page", "rtf": "RTF, one note a document", "docx": "Word, one note a document",
    "pdf": "PDF, one note a document", "text": "text, whatever its name says", "locked": "locked with a password",
    **{kind: f"{it.what}, which is not read" for kind, it in NOT_READ.items()}, "old word": "Word 97 to 2003, which is not read",
}  # fmt: skip
_OF_FILE = {"note_id": "name of the file", "text": "what a person sees"}
_LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "hl7": hl7.LAYOUT, "fhir": fhir.LAYOUT, "text": {**_OF_FILE, "text": "the file as it is"}, _DOCUMENTS["xml"]: ccda.LAYOUT,
}  # fmt: skip


def _format_of(i: Input) -> str:
    """What an input is called: of documents, by their bytes and not their name."""
    if i.kind != "document":
        return _FORMATS[i.kind]
    with open_bytes(i.file) as stream:
        try:
            head = stream.read(4_000)
            head += stream.read(MAX_NOTE_BYTES) if head.startswith((OLE, ZIP)) else b""  # what it holds is told anywhere in it
        except DAMAGED:
            return _FORMATS["unreadable"]
    return _DOCUMENTS.get(kind_of_bytes(head, declared(i.file)), "documents of a kind that is not read")


def _layout_of(i: Input, name: str) -> Mapping[str, str]:
    """Where each field of the notes comes from, for all but JSON lines; ``name`` is that of the format."""
    return i.layout or _LAYOUTS.get(i.kind) or (_LAYOUTS.get(name, _OF_FILE) if i.kind == "document" else {})


def _held(inputs: Sequence[Input], first: int) -> list[tuple[str, Mapping[str, int]]]:
    """What the first resources and messages are of, each under its heading."""
    kinds = Counter(islice(_resources(i.file for i in inputs if i.kind == "fhir"), first))
    types = Counter(islice(_messages(i.file for i in inputs if i.kind == "hl7"), first))
    return [(name, found) for name, found in (("Resources", kinds), ("Messages", types)) if found]


def _resources(paths: Iterable[File]) -> Iterator[str]:
    for path in paths:
        for resource in resources(path):
            yield (
                _name(words(resource.body, "resourceType"), r"[A-Z][A-Za-z]{1,40}") if resource.wrong is None else "not readable"
            )


def _messages(paths: Iterable[File]) -> Iterator[str]:
    for path in paths:
        for message in messages(path):
            said = message.first("MSH").get(9)
            kind = "^".join(part for part in (message.part(said), message.part(said, 2)) if part)
            yield _name(kind, r"[A-Z]{3}(?:\^[A-Z]\w\w)?") if not message.problem else "not readable"


def _name(said: str, pattern: str) -> str:
    """A type as it is written; anything else might be words of a note."""
    return said if re.fullmatch(pattern, said) else "nameless"


def _passed_over(place: object, inputs: Sequence[Input]) -> Mapping[str, int]:
    """How many files of a folder or archive are not read, by their suffix."""
    if not isinstance(place, Path | str):
        return {}
    read = Counter(i.path.name for i in inputs)
    every = Counter(f.name for f in names_of(Path(place)))
    return dict(sorted(_by_suffix(every - read).items()))


def _by_suffix(names: Counter[str]) -> Counter[str]:
    total: Counter[str] = Counter()
    for name, number in names.items():
        suffix = Path(name.lower().removesuffix(".gz")).suffix
        total[suffix if re.fullmatch(r"\.\w{1,10}", suffix) else "without suffix"] += number
    return total
