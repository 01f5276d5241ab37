"""The text of a document or report in HL7 version 2: what its OBX and NTE segments show, in the order they stand."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from oncospan.readers.coded import HEADINGS
from oncospan.readers.documents import from_base64, text_of
from oncospan.readers.hl7_messages import Marks, Message, Segment, unescaped
from oncospan.readers.problems import Unreadable

_TAKEN_BACK = {"D", "W", "X", "N"}
"""OBX-11 of a result that was deleted, belongs to another patient, could not be had, or was not asked for."""

_TEXT = {"TX", "FT", "ST", ""}
_NULL = '""'
"""A field that is to be emptied."""

_IDENTIFIERS = {"HD", "EI"}
_CODED = {"CE", "CWE", "CNE", "CF"}


class Piece(NamedTuple):
    """What one segment shows: its label, and its text of one or more lines."""

    label: str
    text: str
    prose: bool


def kept(segments: Iterable[Segment]) -> list[Segment]:
    """The OBX and NTE that stand: results taken back are left out, and a correction takes the place of what it corrects."""
    out: list[Segment] = []
    places: dict[tuple[str, ...], int] = {}
    dropped = False
    for s in segments:
        if s.name == "NTE":
            out.extend([] if dropped else [s])
            continue
        dropped = s.get(11).strip() in _TAKEN_BACK
        key = (s.get(1).strip(), s.get(3), s.get(4))
        place = places.get(key)
        corrects = place is not None and (dropped or (s.get(11).strip() == "C" and out[place].get(11).strip() != "C"))
        if corrects and place is not None:
            out[place] = s
        elif not dropped:
            places[key] = len(out)
            out.append(s)
    return [s for s in out if s.name == "NTE" or s.get(11).strip() not in _TAKEN_BACK]


def text_of_segments(message: Message, segments: Sequence[Segment]) -> str:
    """The text that OBX and NTE show, one line each; headings by label where there are several. Raises Unreadable."""
    pieces, empty = list[Piece](), None
    for s in kept(segments):
        try:
            pieces.extend(_pieces(message, s))
        except Unreadable as e:
            if e.code not in {"no_text", "empty_document", "stored_elsewhere"}:
                raise
            empty = empty or e
    if empty and not any(p.text.strip() and (p.prose or empty.code != "empty_document") for p in pieces):
        raise empty  # an image, a pointer or an empty attachment beside the text of the report takes nothing away from it
    several = len({p.label for p in pieces if p.label and p.text.strip()}) > 1
    return "\n".join(
        _shown(pieces) if several else (p.text if p.prose or not p.label else f"{p.label}: {p.text}" for p in pieces)
    )


def only_measured(segments: Iterable[Segment]) -> bool:
    """Whether all that the segments show is measured or coded: the report of a laboratory or a device, not of a person."""
    return not any(s.name == "OBX" and s.get(5).strip() and s.get(2).strip().upper() in {*_TEXT, "ED"} for s in segments)


def _shown(pieces: Iterable[Piece]) -> Iterator[str]:
    for label, group in groupby(pieces, key=lambda p: p.label):
        run = list(group)
        lines = [p.text for p in run]
        if not label:
            yield from lines
        elif len(run) == 1 and "\n" not in lines[0]:
            yield f"{label}: {lines[0]}"
        elif all(p.prose for p in run):
            yield from (f"{label}:", *lines)
        else:
            yield from (f"{label}: {line}" for line in lines)


def _pieces(message: Message, s: Segment) -> Iterator[Piece]:
    if s.name == "NTE":
        yield Piece("", _prose(s.get(3), message.marks), prose=True)
        return
    kind, value = s.get(2).strip().upper(), s.get(5)
    value = "" if value.strip() == _NULL else value
    label = _label(message, s.get(3))
    if kind == "ED":
        yield from (Piece(label, _embedded(message, one), prose=True) for one in _documents(value, message.marks))
    elif kind in _TEXT:
        yield Piece(label, _prose(value, message.marks), prose=True)
    elif value.strip() and kind == "RP":
        said = "the document is stored elsewhere: the message only refers to it (OBX-5)"
        raise Unreadable("stored_elsewhere", said, "Export it with its content.")
    elif value.strip() and kind not in _IDENTIFIERS:
        yield Piece(label, _result(message, s, kind), prose=False)


def _label(message: Message, named: str) -> str:
    """The heading or name of an observation."""
    code, part = message.part(named), message.part(named, sub=2)
    return HEADINGS.get(part) or HEADINGS.get(code) or message.part(named, 2) or message.part(named, 5) or part or code


def _prose(value: str, marks: Marks) -> str:
    """Free text: repeats are lines."""
    return unescaped(value.replace(marks.repeat, "\n"), marks)


def _result(message: Message, s: Segment, kind: str) -> str:
    """A coded or measured value with its unit, range and flag."""
    values = [_value(message, v, kind) for v in s.get(5).split(message.marks.repeat)]
    reference = message.plain(s.get(7)).strip()
    parts = (
        ", ".join(v for v in values if v),
        message.part(s.get(6)),
        f"({reference})" if reference else "",
        message.part(s.get(8)),
    )
    return " ".join(p for p in parts if p)


def _value(message: Message, value: str, kind: str) -> str:
    parts = [message.plain(p).strip() for p in value.split(message.marks.component)]
    if kind in _CODED:
        named = [parts[i] for i in (8, 1, 4, 0) if i < len(parts) and parts[i]]
        return named[0] if named else ""
    return " ".join(p for p in parts if p)


def _documents(value: str, marks: Marks) -> list[str]:
    """The documents of a field: its repeats, but for those that only go on with the one before, as some senders cut base64."""
    found: list[str] = []
    for one in value.split(marks.repeat):
        if found and one.count(marks.component) < 4:
            found[-1] += marks.repeat + one
        else:
            found.append(one)
    return found


def _embedded(message: Message, value: str) -> str:
    """The text of an embedded document (data type ED). Raises Unreadable."""
    parts = value.split(message.marks.component, 4) + [""] * 5
    kind, subtype, encoding = (message.plain(p).strip() for p in parts[1:4])
    data = parts[4]
    if not data.strip():
        raise Unreadable("empty_document", "the embedded document is empty", "Export it with its content (OBX-5.5).")
    if encoding.upper() == "BASE64":
        raw = from_base64(message.plain(data.replace(message.marks.repeat, "")).replace("\n", ""))
    elif encoding.upper() == "HEX":
        raw = _from_hex(data)
    else:
        raw = message.plain(data).encode("utf-8", "surrogatepass")
    return text_of(raw, f"{kind}/{subtype}".lower() if kind and subtype else subtype or kind)


def _from_hex(data: str) -> bytes:
    try:
        return bytes.fromhex(re.sub(r"\s", "", data))
    except (ValueError, binascii.Error):
        raise Unreadable(
            "bad_base64", "the document is not valid hexadecimal: cut short or damaged", "Export it again."
        ) from None
