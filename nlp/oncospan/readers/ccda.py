"""C-CDA documents: the sections as a person sees them, and what the header says of patient, encounter, author and date.

No document type declaration is accepted, so that there are no entities to expand, no files to include and nothing to fetch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from oncospan.readers.coded import CLASSES, role_of_document, role_of_writer
from oncospan.readers.markup import local, shown_text
from oncospan.readers.problems import Unreadable
from oncospan.readers.xmltree import tree

LAYOUT = {
    "note_id": "id", "text": "section/text", "setting": "encompassingEncounter/code", "note_date": "effectiveTime", "note_type": "title",
    "author_role": "code or author/code", "patient_id": "patientRole/id", "encounter_id": "encompassingEncounter/id",
}  # fmt: skip
"""Where each field of a note stands in a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cda:
    """A document: its sections as text, or the document it embeds, and what its header says."""

    text: str = field(default="", repr=False)
    embedded: str | None = field(default=None, repr=False)
    base64: bool = False
    media: str = ""
    values: dict[str, object] = field(default_factory=dict, repr=False)


def read_cda(raw: bytes) -> Cda:
    """The document of these bytes. Raises Unreadable where it is none, is malformed, or declares a document type."""
    root = tree(raw)
    if local(root) != "clinicaldocument":
        fhir = "Export FHIR as JSON. " if str(root.tag).startswith("{http://hl7.org/fhir}") else ""
        raise Unreadable("not_cda", "the XML is no ClinicalDocument", f"{fhir}OncoSpan reads C-CDA among XML documents.")
    values = _values(root)
    body = _first(root, "nonxmlbody", "text")
    if body is None:
        return Cda(text="\n\n".join(_sections(root)), values=values)
    if _first(body, "reference") is not None and not (body.text or "").strip():
        raise Unreadable("stored_elsewhere", "the document is stored elsewhere: this file only refers to it", "Export that file.")
    coded, media = (body.get("representation") or "").upper() == "B64", body.get("mediaType") or "text/plain"
    return Cda(embedded="".join(body.itertext()), base64=coded, media=media, values=values)


def _sections(root: Any) -> Iterator[str]:
    """Each section with its title as heading, in the order they stand."""
    for section in root.iter():
        if not isinstance(section.tag, str) or local(section) != "section":
            continue
        title, text = _child(section, "title"), _child(section, "text")
        heading = " ".join("".join(title.itertext()).split()).rstrip(":") if title is not None else ""
        words = shown_text(text) if text is not None else ""
        if heading or words:
            yield "\n".join(p for p in (f"{heading.upper()}:" if heading else "", words) if p)


def _values(root: Any) -> dict[str, object]:
    """What the header says of the note."""
    code, title = _child(root, "code"), _child(root, "title")
    encounter = _first(root, "componentof", "encompassingencounter")
    author = _first(root, "author", "assignedauthor", "code")
    named = " ".join("".join(title.itertext()).split()) if title is not None else ""
    kind = _attribute(code, "code")
    stamp = _attribute(_child(root, "effectivetime"), "value")
    writer = role_of_writer(_attribute(author, "code"), _attribute(author, "displayName"))
    return {
        "note_id": _id(_child(root, "id")),
        "note_type": named or _attribute(code, "displayName") or kind,
        "note_date": stamp[:8] if re.match(r"(?:19|20|21)\d{6}", stamp) else "",
        "author_role": role_of_document(kind) or writer,
        "patient_id": _id(_first(root, "recordtarget", "patientrole", "id")),
        "encounter_id": _id(_child(encounter, "id")),
        "setting": _class(_child(encounter, "code")),
    }


def _class(code: Any) -> str:
    """The setting of an encounter class, of its code or of one of its translations; codes of other systems say nothing."""
    if code is None:
        return ""
    said = (c.get("code") or "" for c in code.iter() if isinstance(c.tag, str))
    return next((CLASSES[c] for c in said if c in CLASSES and not c.isdigit()), "")


def _id(element: Any) -> str:
    return _attribute(element, "extension") or _attribute(element, "root")


def _attribute(element: Any, name: str) -> str:
    return (element.get(name) or "").strip() if element is not None else ""


def _child(element: Any, name: str) -> Any:
    """The first child of a name, or None."""
    if element is None:
        return None
    return next((e for e in element if isinstance(e.tag, str) and local(e) == name), None)


def _first(element: Any, *path: str) -> Any:
    """The first descendant that a path of names leads to, the first of them at any depth; or None."""
    found = next((e for e in element.iter() if e is not element and isinstance(e.tag, str) and local(e) == path[0]), None)
    for name in path[1:]:
        found = _child(found, name)
    return found
