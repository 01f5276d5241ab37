"""What stands in inputs besides notes, by names alone: formats of documents, types of resources and messages, files passed over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from oncospan.readers import ccda, fhir, hl7
from oncospan.readers.documents import kind_of_bytes
from oncospan.readers.fhir_resources import resources, words
from oncospan.readers.hl7_messages import messages
from oncospan.readers.inputs import Input, names_of
from oncospan.readers.office import NOT_READ, OLE, ZIP
from oncospan.readers.problems import DAMAGED, MAX_NOTE_BYTES
from oncospan.readers.source import File, open_bytes
from oncospan.readers.textfiles import declared

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


def format_of(i: Input) -> str:
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


def layout_of(i: Input, name: str) -> Mapping[str, str]:
    """Where each field of the notes comes from, for all but JSON lines; ``name`` is that of the format."""
    return i.layout or _LAYOUTS.get(i.kind) or (_LAYOUTS.get(name, _OF_FILE) if i.kind == "document" else {})


def held(inputs: Sequence[Input], first: int) -> list[tuple[str, Mapping[str, int]]]:
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


def passed_over(place: object, inputs: Sequence[Input]) -> Mapping[str, int]:
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
