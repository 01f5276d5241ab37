"""FHIR R4 as notes: DocumentReference and DiagnosticReport with what is attached to them, and Composition.

The formats of one document are alternatives in FHIR: the plainest that can be read gives the note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from oncospan.readers.coded import role_of_document
from oncospan.readers.documents import from_base64, text_of
from oncospan.readers.fhir_binaries import Binaries, Binary
from oncospan.readers.fhir_resources import (
    Context,
    Resource,
    class_of,
    codings,
    dicts,
    resources,
    role_of,
    says_more,
    tail,
    walk,
    words,
)
from oncospan.readers.markup import html_text
from oncospan.readers.problems import Unreadable
from oncospan.readers.source import File, stem
from oncospan.readers.values import Defaults, bad_note, told_note
from oncospan.types import BadNote, Note, NoteError

LAYOUT = {
    "note_id": "id", "text": "attachment, conclusion or section", "setting": "Encounter.class", "note_date": "date", "note_type": "type",
    "author_role": "type or author", "patient_id": "subject", "encounter_id": "encounter",
}  # fmt: skip
"""Where each field of a note stands in a resource."""

_WITHDRAWN = {"entered-in-error": "was entered in error", "cancelled": "was cancelled", "superseded": "was replaced by another"}
_PLAINNESS = ("text/plain", "text/html", "application/xhtml", "rtf", "xml", "word", "pdf", "")


class _Stored(NamedTuple):
    """Where the documents are that a resource only refers to: in the Bundle it stands in, or in the files that are read with it."""

    resource: Resource
    binaries: Binaries

    def find(self, url: str) -> Binary | None:
        """The one behind an address; None where it is elsewhere."""
        return self.binaries.find(self.resource.sought(url))


def left_over(context: Context) -> Iterator[BadNote]:
    """The errors that only the end tells: each Binary resource with a text that no document refers to, and that no file held a document."""
    for key in context.binaries.left():
        hint = "Export the DocumentReference resources too."
        yield BadNote(
            note_id=key, error=NoteError(code="no_document", message="no document refers to this Binary resource", hint=hint)
        )
    if context.silent is not None and not context.told:
        yield _without_documents(context.silent)


def _without_documents(path: File) -> BadNote:
    wrong = Unreadable("no_document", "no resource of the file is a document or report", "OncoSpan reads DocumentReference, "
                       "DiagnosticReport and Composition.")  # fmt: skip
    return BadNote(note_id=stem(path), error=wrong.error(path.name))


def read_fhir(path: File, context: Context, chosen: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of a file of resources; ``where`` of an error is ``file:line``, or ``file:entry`` of a Bundle."""
    told = more = False
    for resource in resources(path):
        where, fallback = f"{path.name}:{resource.number}", f"{stem(path)}:{resource.number}"
        if resource.wrong is not None:
            told = True
            yield BadNote(note_id=fallback, error=resource.wrong.error(where))
        elif resource.body.get("resourceType") in _READERS:
            told = True
            yield _note(resource, context, chosen, defaults, where, fallback)
        else:
            more = more or says_more(resource.body)
    if not told and not more:
        told = True
        yield _without_documents(path)
    context.told = context.told or told
    context.silent = context.silent or (None if told else path)


def _note(
    resource: Resource, context: Context, chosen: Mapping[str, str], defaults: Defaults, where: str, fallback: str
) -> Note | BadNote:
    body = resource.body
    values = _values(resource, context)
    for attachment in _attachments(body):
        context.binaries.refer(resource.sought(words(attachment, "url")))
    try:
        _check_state(body)
        values["text"] = _READERS[body["resourceType"]](body, _Stored(resource, context.binaries))
    except Unreadable as e:
        return bad_note(str(values["note_id"] or fallback), e.error(where), values)
    return told_note(values, LAYOUT, chosen, defaults, where=where, fallback_id=fallback)


def _check_state(body: dict[str, Any]) -> None:
    """Raises Unreadable for a document that no longer stands."""
    for state in (words(body, "status"), words(body, "docStatus")):
        if state in _WITHDRAWN:
            raise Unreadable("document_withdrawn", f"the document {_WITHDRAWN[state]}", "")


def _values(resource: Resource, context: Context) -> dict[str, object]:
    """What a resource says of its note."""
    body = resource.body
    kinds = codings(body.get("type") or body.get("code")) + codings(body.get("category"))
    title = (
        words(body, "type", "text") or words(body, "code", "text") or next((d for c in kinds if (d := words(c, "display"))), "")
    )
    encounter = _encounter(body)
    authors = [words(a, "reference") for name in ("author", "performer", "resultsInterpreter") for a in dicts(body.get(name))]
    by_code = next((role for c in kinds if (role := role_of_document(words(c, "code")))), "")
    by_author = next((role for a in authors if (role := _author(a, resource, context))), "")
    return {
        "note_id": words(body, "id") or words(body, "masterIdentifier", "value") or words(body, "identifier", "value"),
        "note_type": title or words(body, "title") or next((words(c, "code") for c in kinds), ""),
        "note_date": _day(body),
        "author_role": by_code or role_of_document("", title) or by_author,
        "patient_id": _id(walk(body, "subject")),
        "encounter_id": _id(encounter),
        "setting": _setting(words(encounter, "reference"), resource, context),
    }


def _encounter(body: dict[str, Any]) -> object:
    """The reference to the encounter, where R4 and where R5 have it."""
    return walk(body, "encounter") or walk(body, "context", "encounter") or (
        walk(body, "context") if words(body, "context", "reference") else None
    )  # fmt: skip


def _setting(reference: str, resource: Resource, context: Context) -> str:
    if inner := _contained(reference, resource.body):
        return class_of(inner)
    return next((context.settings[name] for name in resource.sought(reference) if name in context.settings), "")


def _author(reference: str, resource: Resource, context: Context) -> str:
    if inner := _contained(reference, resource.body):
        return role_of(inner)
    return next((context.roles[name] for name in resource.sought(reference) if name in context.roles), "")


def _contained(reference: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """The resource inside this one that a reference like ``#e`` means."""
    return next((c for c in dicts(body.get("contained")) if reference == f"#{words(c, 'id')}"), None)


def _id(reference: object) -> str:
    """The id a reference leads to, or the identifier it names."""
    said = words(reference, "reference")
    return (
        tail(said).rpartition("/")[2].removeprefix("#").removeprefix("urn:uuid:")
        if said
        else words(reference, "identifier", "value")
    )


def _day(body: dict[str, Any]) -> str:
    """The day of the document; a date that names no day says nothing, what is no date is left for the error."""
    places = (("context", "period", "start"), ("effectiveDateTime",), ("effectivePeriod", "start"), ("date",), ("issued",))
    stamp = next((said for path in places if (said := words(body, *path))), "")
    day = re.match(r"\d{4}-\d\d-\d\d(?=$|T)", stamp)
    return day[0] if day else "" if re.fullmatch(r"\d{4}(?:-\d\d)?", stamp) else stamp


def _attachments(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What is attached to a document or report."""
    return [a for c in dicts(body.get("content")) for a in dicts(c.get("attachment"))] + dicts(body.get("presentedForm"))


def _reference_text(body: dict[str, Any], stored: _Stored) -> str:
    attachments = _attachments(body)
    if not attachments:
        raise Unreadable("no_text", "the document has no attachment", "")
    return _attached(attachments, stored)


def _report_text(body: dict[str, Any], stored: _Stored) -> str:
    """The presented form of a report, with its conclusion where that stands nowhere in it; else its narrative."""
    forms, conclusion = _attachments(body), words(body, "conclusion")
    text = _attached(forms, stored) if forms else ""
    if not text and (div := words(body, "text", "div")):
        text = html_text(div)
    if conclusion and _bare(conclusion) not in _bare(text):
        text = f"{text}\n\nCONCLUSION:\n{conclusion}" if text else conclusion
    if not text.strip():
        raise Unreadable("no_text", "the report has no presented form, conclusion or narrative", "Its results are not read.")
    return text


def _composition_text(body: dict[str, Any], stored: _Stored) -> str:  # noqa: ARG001 - one shape for all
    text = "\n\n".join(_sections(body))
    if not text.strip():
        raise Unreadable("no_text", "no section of the document holds text", "")
    return text


def _sections(body: dict[str, Any]) -> Iterator[str]:
    for section in dicts(body.get("section")):
        title, div = words(section, "title").rstrip(":"), words(section, "text", "div")
        shown = html_text(div) if div else ""
        if title or shown:
            yield "\n".join(p for p in (f"{title.upper()}:" if title else "", shown) if p)
        yield from _sections(section)


def _bare(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def _attached(attachments: list[dict[str, Any]], stored: _Stored) -> str:
    """The text of the plainest format that can be read; several attachments of one format are parts. Raises Unreadable."""
    first: Unreadable | None = None
    for _, same in groupby(sorted(attachments, key=_plainness), key=_plainness):
        try:
            parts = [_attachment(a, stored) for a in same]
        except Unreadable as e:
            first = first or e
            continue
        if text := "\n\n".join(p for p in parts if p.strip()):
            return text
    raise first or Unreadable("no_text", "no attachment holds text", "")


def _plainness(attachment: dict[str, Any]) -> int:
    declared = words(attachment, "contentType").lower()
    return next(i for i, kind in enumerate(_PLAINNESS) if kind in declared)


def _attachment(attachment: dict[str, Any], stored: _Stored) -> str:
    declared, data, url = words(attachment, "contentType"), attachment.get("data"), words(attachment, "url")
    if isinstance(data, str) and data:
        return text_of(from_base64(data), declared)
    if data is not None and not isinstance(data, str):
        raise Unreadable("bad_value", "the data of the attachment is not text", "It must be base64 in a string.")
    if m := re.match(r"data:([^,]{0,100}?);base64,", url):
        return text_of(from_base64(url[m.end() :]), m[1] or declared)
    if url and (binary := stored.find(url)) is not None:
        return text_of(from_base64(binary.data), binary.media or declared)
    if url:
        raise Unreadable(
            "stored_elsewhere", "the document is stored elsewhere: the resource only refers to it", "Export it with its data."
        )
    raise Unreadable("empty_document", "the attachment is empty", "Export it with its data.")


_READERS = {"DocumentReference": _reference_text, "DiagnosticReport": _report_text, "Composition": _composition_text}
