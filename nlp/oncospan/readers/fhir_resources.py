"""FHIR resources out of NDJSON and JSON files, and what others of them say of a document: its encounter and its author.

Walked tolerantly: strict models of FHIR refuse resources that real servers send, and whatever has an odd shape here simply
says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from oncospan.readers import large_json
from oncospan.readers.coded import CLASSES, role_of_writer
from oncospan.readers.fhir_binaries import Binaries
from oncospan.readers.problems import DAMAGED, MAX_NOTE_BYTES, Unreadable, problem_of
from oncospan.readers.source import UTF_16, File, lines, open_bytes

_CONTEXT = ("Encounter", "Practitioner", "PractitionerRole", "Binary")
_NAMED = tuple(f'"{name}"' for name in _CONTEXT)
_NDJSON = (".ndjson", ".jsonl")
_LOOK = 1 << 18
"""How many bytes tell whether a file holds one object a line."""

_NOT_FHIR = (
    "not_fhir",
    "the JSON holds no FHIR resource",
    "OncoSpan reads FHIR in .json files; notes as .jsonl, one {…} a line.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource, or why it cannot be read; ``number`` is its line, or its entry in a Bundle."""

    number: int
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    url: str = ""
    """Its address in its Bundle."""
    bundle: str = ""
    """The Bundle or list it stands in, by file and line; empty for one that stands alone."""
    wrong: Unreadable | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What it is referred to by: its address and its type and id within the Bundle, type and id everywhere."""
        key = f"{self.body.get('resourceType')}/{self.body.get('id')}"
        near = [f"{self.bundle}\n{name}" for name in (key, self.url) if name] if self.bundle else []
        return (*dict.fromkeys(near), key)

    def sought(self, reference: str) -> tuple[str, ...]:
        """The names of what one of its references means: in its own Bundle first, so that ids of other Bundles are no matter."""
        near = [f"{self.bundle}\n{name}" for name in (reference, tail(reference))] if self.bundle else []
        return (*dict.fromkeys(near), tail(reference))


@dataclass(slots=True, kw_only=True)
class Context:
    """What other resources say, by their reference: the setting of an encounter, the role of an author, a document stored apart."""

    binaries: Binaries = field(default_factory=Binaries)
    settings: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    told: bool = False
    """Whether any file gave a note or an error."""
    silent: File | None = None
    """The first file that only says something of documents elsewhere."""

    def learn(self, resource: Resource) -> None:
        """Remember what a resource says."""
        body, names = resource.body, resource.names
        kind = body.get("resourceType")
        if kind == "Encounter":
            self.settings |= dict.fromkeys(names, class_of(body))
        elif kind == "Binary":
            if isinstance(body.get("data"), str):
                self.binaries.add(names, names[-1], words(body, "contentType"), body["data"])
        elif kind in _CONTEXT and (role := role_of(body)):
            self.roles |= dict.fromkeys(names, role)
            if kind == "PractitionerRole" and (who := words(body, "practitioner", "reference")):
                for name in resource.sought(who):
                    self.roles.setdefault(name, role)


def says_more(resource: dict[str, Any]) -> bool:
    """Whether a resource is one that says something of documents elsewhere."""
    return resource.get("resourceType") in _CONTEXT


def holds_fhir(path: File) -> bool:
    """Whether a JSON file begins like FHIR."""
    with open_bytes(path) as stream:
        try:
            return b'"resourceType"' in stream.read(1 << 16)
        except DAMAGED:
            return True  # it is damaged: its reader says so


def by_lines(path: File) -> bool:
    """Whether a JSON file holds one object a line. Its name tells, unless it begins as the other kind does."""
    with open_bytes(path) as stream:
        try:
            head = stream.read(_LOOK).removeprefix(b"\xef\xbb\xbf").lstrip()
        except DAMAGED:
            head = b""  # its reader says so
    if path.name.lower().removesuffix(".gz").endswith(_NDJSON):
        return re.match(rb"\[|\{\s*\n", head) is None
    first, _, rest = head.partition(b"\n")
    return first.startswith(b"{") and first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")


def resources(path: File, only: tuple[str, ...] = ()) -> Iterator[Resource]:
    """The resources of a file, those of Bundles one by one; lines that name none of ``only`` are passed over.

    Raises InputError when it cannot be opened.
    """
    if not by_lines(path):
        yield from _of_file(path)
        return
    for line in lines(path, carriers=True):
        if line.problem:
            yield Resource(number=line.number, wrong=Unreadable.of(line.problem))
        elif line.text.strip() and (not only or any(name in line.text for name in only)):
            yield from _of_text(line.text, line.number, path)


def context_of(paths: Iterable[File]) -> Context:
    """What all encounters, practitioners and Binary resources of the files say; its binaries are to be closed."""
    context = Context()
    for path in paths:
        for resource in resources(path, _NAMED):
            context.learn(resource)
    return context


def walk(value: object, *path: str) -> object:
    """What a path of names leads to, the first of each list on the way; None where it leads nowhere."""
    for name in path:
        while isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def words(value: object, *path: str) -> str:
    """The text or number a path leads to; empty where there is none."""
    found = walk(value, *path)
    return str(found).strip() if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a list, or the one object; none where it is neither."""
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, dict)]


def codings(concept: object) -> list[dict[str, Any]]:
    """All codings of one or more concepts."""
    return [c for one in dicts(concept) for c in dicts(one.get("coding"))]


def tail(reference: str) -> str:
    """``Type/id`` of a reference, without server and version; references of other shapes as they are."""
    parts = reference.split("/_history/", maxsplit=1)[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def class_of(encounter: dict[str, Any]) -> str:
    """The setting of an encounter by its class; empty where its code is not one of those known."""
    said = encounter.get("class")
    codes = [words(c, "code") for c in dicts(said)] + [words(c, "code") for c in codings(said)]
    return next((CLASSES[c.upper()] for c in codes if c.upper() in CLASSES), "")


def role_of(resource: dict[str, Any]) -> str:
    """The role of a practitioner by code, specialty or qualification; empty where none of them tells."""
    concepts = dicts(resource.get("code")) + dicts(resource.get("specialty"))
    concepts += [c for q in dicts(resource.get("qualification")) for c in dicts(q.get("code"))]
    for concept in concepts:
        for coding in [*codings(concept), {}]:
            if role := role_of_writer(words(coding, "code"), words(coding, "display") or words(concept, "text")):
                return role
    return ""


def _of_file(path: File) -> Iterator[Resource]:
    """The resources of a file that is one JSON value."""
    with open_bytes(path) as stream:
        try:
            raw = stream.read(MAX_NOTE_BYTES + 1)
        except DAMAGED as e:
            yield Resource(number=1, wrong=Unreadable.of(problem_of(e)))
            return
    if len(raw) > MAX_NOTE_BYTES:
        del raw
        yield from _of_large_file(path)
        return
    try:
        text = raw.decode("utf-16" if raw.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        yield Resource(number=1, wrong=Unreadable.of("not_utf8"))
        return
    if text.strip():
        yield from _of_text(text, 0, path)


def _of_text(text: str, number: int, path: File) -> Iterator[Resource]:
    """The resources of a JSON text; ``number`` is its line, or 0 where entries are counted."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as e:
        at = f"line {e.lineno}, column {e.colno}" if number == 0 else f"column {e.colno}"
        yield Resource(number=number or 1, wrong=Unreadable("bad_json", f"not valid JSON at {at}", "Export it again."))
        return
    except (RecursionError, ValueError):
        yield Resource(number=number or 1, wrong=Unreadable("bad_json", "JSON too deep or with too long a number", ""))
        return
    found = _entries(value)
    if not found:
        yield Resource(number=number or 1, wrong=Unreadable(*_NOT_FHIR))
    elif isinstance(value, list) or value.get("resourceType") == "Bundle":
        several = _counted(found, f"{path}:{number}")
        yield from (replace(r, number=number) for r in several) if number else several
    else:
        yield Resource(number=number or 1, body=value)


def _of_large_file(path: File) -> Iterator[Resource]:
    """The resources of a Bundle or list that is never in memory as a whole."""
    number = 0
    try:
        for value in large_json.members(path, "entry"):
            found = _entries(value) or _entry(value)
            for resource in _counted(found, f"{path}:0", number):
                number = resource.number
                yield resource
    except Unreadable as e:
        yield Resource(number=number + 1, wrong=e)
    else:
        if not number:
            yield Resource(number=1, wrong=Unreadable(*_NOT_FHIR))


def _counted(found: Iterable[tuple[str, dict[str, Any]]], bundle: str, before: int = 0) -> Iterator[Resource]:
    """The resources of a Bundle by their numbers in it; the Bundle itself is none of them."""
    number = before
    for url, body in found:
        number += body["resourceType"] != "Bundle"
        yield Resource(number=number, body=body, url=url, bundle=bundle)


def _entries(value: object) -> list[tuple[str, dict[str, Any]]]:
    """The resources of a JSON value with their address: a resource, a list of them, or a Bundle of Bundles, which stands before its own."""
    if isinstance(value, list):
        return [pair for v in value for pair in _entries(v)]
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return []
    if value["resourceType"] != "Bundle":
        return [("", value)]
    return [("", {"resourceType": "Bundle"}), *(pair for e in dicts(value.get("entry")) for pair in _entry(e))]


def _entry(value: object) -> list[tuple[str, dict[str, Any]]]:
    """The resources of an entry of a Bundle with their address."""
    return [(words(value, "fullUrl") or own, body) for own, body in _entries(walk(value, "resource"))]
