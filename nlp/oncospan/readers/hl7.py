"""HL7 version 2 as notes: a document of an MDM message, or the report of each order of an ORU or OUL message.

A message that carries neither comes as BadNote with its type, so that the numbers of messages and records can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from oncospan.readers.coded import role_of_document, setting_of
from oncospan.readers.hl7_messages import Message, Segment, messages
from oncospan.readers.hl7_text import only_measured, text_of_segments
from oncospan.readers.problems import Unreadable
from oncospan.readers.source import File, stem
from oncospan.readers.values import Defaults, bad_note, told_note
from oncospan.types import BadNote, Note

LAYOUT = {
    "note_id": "TXA-12, OBR-3 or MSH-10", "text": "OBX-5", "setting": "PV1-2", "note_date": "TXA-4, OBR-7 or MSH-7",
    "note_type": "TXA-2 or OBR-4", "author_role": "TXA-2, OBR-24 or OBR-4", "patient_id": "PID-3", "encounter_id": "PV1-19 or PID-18",
}  # fmt: skip
"""Where each field of a note stands in a message."""

_DOCUMENTS = {"MDM"}
_RESULTS = {"ORU", "OUL"}
_ROLES = {"PN": "", "DS": "", "HP": "", "CN": "", "OP": "", "DI": "radiologist", "SP": "pathologist", "PATH": "pathologist"}
_UNFIT = {"CA": "was deleted or cancelled", "UN": "is unavailable"}


class _Report(NamedTuple):
    """One document or report of a message: the segments that show it, and what is known of it."""

    head: Segment
    shown: Sequence[Segment]


def read_hl7(path: File, chosen: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of a file of messages; ``where`` of an error is ``file:line``, of the line its message begins at."""
    for message in messages(path):
        where, fallback = f"{path.name}:{message.line}", f"{stem(path)}:{message.number}"
        if message.problem:
            yield _problem(message, where, fallback)
            continue
        yield from _notes(message, chosen, defaults, where, fallback)


def _problem(message: Message, where: str, fallback: str) -> BadNote:
    if message.problem == "not_hl7":
        wrong = Unreadable("not_hl7", "the text before the first MSH segment is no message", "Check where the export begins.")
        return BadNote(note_id=fallback, error=wrong.error(where))
    return BadNote(note_id=fallback, error=Unreadable.of(message.problem).error(where))


def _notes(
    message: Message, chosen: Mapping[str, str], defaults: Defaults, where: str, fallback: str
) -> Iterator[Note | BadNote]:
    common = _common(message)
    ids: dict[str, int] = {}
    try:
        reports = list(_reports(message))
    except Unreadable as e:
        yield bad_note(str(common["note_id"] or fallback), e.error(where), common)
        return
    for report in reports:
        values = common | _known(message, report.head)
        if not values["author_role"] and only_measured(report.shown):
            values["author_role"] = "other"
        note_id = str(values["note_id"] or common["note_id"] or fallback)
        ids[note_id] = ids.get(note_id, 0) + 1
        values["note_id"] = note_id if ids[note_id] == 1 else f"{note_id}#{ids[note_id]}"
        try:
            values["text"] = text_of_segments(message, report.shown)
        except Unreadable as e:
            yield bad_note(str(values["note_id"]), e.error(where), values)
            continue
        yield told_note(values, LAYOUT, chosen, defaults, where=where, fallback_id=fallback)


def _reports(message: Message) -> Iterator[_Report]:
    """The documents and reports of a message. Raises Unreadable when it has none, which its type or state tells."""
    kind, event = message.part(message.first("MSH").get(9)).upper(), message.part(message.first("MSH").get(9), 2).upper()
    said = (
        f"{kind}^{event}" if re.fullmatch(r"[A-Z]{3}\^[A-Z]\d\d", f"{kind}^{event}") else kind if kind.isalpha() else "nameless"
    )
    if kind in _DOCUMENTS:
        yield _document(message, event, said)
    elif kind in _RESULTS:
        reports = [r for r in _by_order(message) if any(s.name == "OBX" or s.get(3).strip() for s in r.shown)]
        if not reports:
            raise Unreadable("no_document", f"the {said} message holds no result", "")
        yield from reports
    else:
        hint = "OncoSpan reads MDM (documents), ORU and OUL (results)."
        raise Unreadable("no_document", f"the {said} message carries no document", hint)


def _document(message: Message, event: str, said: str) -> _Report:
    head = message.first("TXA")
    state = head.get(19).strip().upper()
    if event == "T11" or state in _UNFIT:
        raise Unreadable("document_withdrawn", f"the document of the {said} message {_UNFIT.get(state, _UNFIT['CA'])}", "")
    names = [s.name for s in message.segments]
    if "OBX" not in names:
        raise Unreadable(
            "no_document", f"the {said} message announces a document and does not hold it", "Export T02, T04, T06, T08, T10."
        )
    first = names.index("OBX")
    ordered = names.index("OBR") if "OBR" in names[:first] else first  # notes to the order stand before the document
    return _Report(
        head,
        [s for at, s in enumerate(message.segments) if (s.name == "OBX" and at >= first) or (s.name == "NTE" and at > ordered)],
    )


def _by_order(message: Message) -> Iterator[_Report]:
    """The reports of an ORU message: each OBR with the OBX and NTE that follow it; those before any OBR stand alone."""
    head, shown = Segment(name="OBR", fields=("OBR",)), list[Segment]()
    seen = False
    for s in message.segments:
        if s.name == "OBR":
            if shown:
                yield _Report(head, shown)
            head, shown, seen = s, [], True
        elif s.name == "OBX" or (s.name == "NTE" and (seen or shown)):
            shown.append(s)
    if shown:
        yield _Report(head, shown)


def _common(message: Message) -> dict[str, object]:
    """What the message says of all its reports."""
    header, patient, visit = (message.first(name) for name in ("MSH", "PID", "PV1"))
    return {
        "note_id": message.part(header.get(10)),
        "text": "",
        "setting": setting_of(message.part(visit.get(2))),
        "note_date": _day(message.part(header.get(7))),
        "note_type": "",
        "author_role": "",
        "patient_id": _patient(message, patient),
        "encounter_id": message.part(visit.get(19)) or message.part(patient.get(18)),
    }


def _patient(message: Message, patient: Segment) -> str:
    """The medical record number among the ids of a patient, or the first of them."""
    ids = patient.get(3).split(message.marks.repeat)
    mrn = next((i for i in ids if message.part(i, 5) in {"MR", "MRN"}), ids[0])
    return message.part(mrn) or message.part(patient.get(2))


def _known(message: Message, head: Segment) -> dict[str, object]:
    """What the header of one document or report says of it, without what it leaves open."""
    part = message.part
    if head.name == "TXA":
        kind, title = part(head.get(2)), part(head.get(2), 2)
        found = {
            "note_id": part(head.get(12)),
            "note_type": title or kind,
            "note_date": _day(part(head.get(4))) or _day(part(head.get(6))),
            "author_role": _ROLES.get(kind.upper()) or role_of_document(kind, title),
        }
    else:
        code, title = part(head.get(4)), part(head.get(4), 2)
        service = role_of_document(part(head.get(24)))
        found = {
            "note_id": part(head.get(3)),
            "note_type": title or code,
            "note_date": _day(part(head.get(7))) or _day(part(head.get(22))),
            "author_role": service or role_of_document(code, title),
        }
    return {"note_id": "", **{k: v for k, v in found.items() if v}}


def _day(stamp: str) -> str:
    """The day of a time stamp; empty when it names none."""
    m = re.match(r"(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d$)", stamp)
    return m[0] if m else ""
