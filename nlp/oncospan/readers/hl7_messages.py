"""HL7 version 2 as a stream of messages: segments, fields, escapes, MLLP and batch framing, whatever the line ends.

Why not python-hl7: it writes segments and values it cannot read, which are patients' text, to the log; it takes a carriage
return as the only line end; and repeats, escapes, embedded documents and corrections would be ours beside it all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from oncospan.readers.problems import DAMAGED, MAX_CARRIER_BYTES, problem_of
from oncospan.readers.source import UTF_16, File, open_bytes

_CHUNK = 1 << 20
_FRAME = b"\x0b\x1c"
_SEGMENT = re.compile(r"[A-Z][A-Z\d]{2}(?=$|[^\w\s])")
_BATCH = ("FHS", "BHS", "BTS", "FTS")
_CHARSETS = {"8859/1": "latin-1", "8859/15": "iso8859-15", "GB 18030-2000": "gb18030"}
"""The character sets of MSH-18 besides UTF-8 and ASCII that are read as declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The separators of a message as its header declares them."""

    field: str = "|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    sub: str = "&"

    @classmethod
    def of(cls, header: str) -> Marks:
        """Those of a header segment; what it leaves out is as usual."""
        declared = header[3:4] + header[4:].split(header[3:4], 1)[0][:4] if len(header) > 3 else ""
        usual = "|^~\\&"
        return cls(**dict(zip(("field", "component", "repeat", "escape", "sub"), declared + usual[len(declared) :], strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment; ``get(1)`` is its first field as it stands, whatever the segment."""

    name: str
    fields: tuple[str, ...] = field(repr=False)

    def get(self, number: int) -> str:
        """A field by its HL7 number, raw; empty where there is none."""
        return self.fields[number] if number < len(self.fields) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, or what stands outside of any (``problem`` says what is wrong with it)."""

    number: int
    line: int
    marks: Marks = field(default_factory=Marks)
    segments: tuple[Segment, ...] = field(default=(), repr=False)
    problem: str = ""

    def first(self, name: str) -> Segment:
        """The first segment of a name, or an empty one."""
        return next((s for s in self.segments if s.name == name), Segment(name=name, fields=(name,)))

    def part(self, value: str, component: int = 1, sub: int = 1) -> str:
        """A component of the first repeat of a field, without escapes."""
        parts = value.split(self.marks.repeat, 1)[0].split(self.marks.component)
        found = parts[component - 1] if component <= len(parts) else ""
        pieces = found.split(self.marks.sub)
        return self.plain(pieces[sub - 1]).strip() if sub <= len(pieces) else ""

    def plain(self, value: str) -> str:
        """A value with its escapes resolved."""
        return unescaped(value, self.marks)


def messages(path: File) -> Iterator[Message]:
    """The messages of a file in order, numbered from 1. Raises InputError when it cannot be opened."""
    number, start, held, size = 0, 1, list[bytes](), 0
    with open_bytes(path) as stream:
        for line, raw, problem in _lines(stream):
            begins = raw.startswith(b"MSH")
            if raw[:3].decode("latin-1") in _BATCH or (not begins and not held and not raw.strip() and not problem):
                continue
            if begins and held:
                number += 1
                yield _message(number, start, held, size)
                held, size = [], 0
            if problem:
                number += 1
                yield Message(number=number, line=start if held else line, problem=problem)
                held, size = [], 0
                continue
            start = start if held else line
            size += len(raw)
            if size <= MAX_CARRIER_BYTES or not held:
                held.append(raw)
    if held:
        yield _message(number + 1, start, held, size)


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes, str]]:
    """Line number, bytes and problem of every line, whatever its end; the frame bytes of MLLP are ends too."""
    number, held, size, skipping, returned = 1, list[bytes](), 0, False, False
    while True:
        try:
            chunk = stream.read(_CHUNK)
        except DAMAGED as e:
            yield number, b"", problem_of(e)
            return
        if not chunk:
            break
        fresh = chunk[1:] if returned and chunk.startswith(b"\n") else chunk
        first, *more = fresh.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        returned = chunk.endswith(b"\r")  # its line feed may be in the next chunk
        held, size = [*held, first], size + len(first)
        for raw in more:
            if not skipping:
                yield number, _bare(held, number), ""
            number, held, size, skipping = number + 1, [raw], len(raw), False
        if size > MAX_CARRIER_BYTES or skipping:
            if not skipping:
                yield number, b"", "note_too_long"
            held, size, skipping = [], 0, True
    if not skipping:
        yield number, _bare(held, number), ""


def _bare(held: list[bytes], number: int) -> bytes:
    """A line without the bytes that frame a message, the first without a byte order mark."""
    return b"".join(held).removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip(_FRAME)


def _message(number: int, line: int, held: list[bytes], size: int) -> Message:
    if size > MAX_CARRIER_BYTES:
        return Message(number=number, line=line, problem="note_too_long")
    if not held[0].startswith(b"MSH"):
        return Message(number=number, line=line, problem="utf_16" if held[0].startswith(UTF_16) else "not_hl7")
    marks = Marks.of(held[0].decode("latin-1"))
    texts = _decoded(held, marks)
    if texts is None:
        header = _segment(held[0].decode("utf-8", "replace"), marks)
        return Message(number=number, line=line, marks=marks, segments=(header,), problem="not_utf8")
    return Message(number=number, line=line, marks=marks, segments=tuple(_segment(t, marks) for t in _joined(texts, marks)))


def _decoded(held: list[bytes], marks: Marks) -> list[str] | None:
    """The lines as text: UTF-8, or the character set that MSH-18 declares; None when neither fits."""
    try:
        return [raw.decode("utf-8") for raw in held]
    except UnicodeDecodeError:
        declared = held[0].decode("latin-1").split(marks.field)[17:18]
        charset = _CHARSETS.get(declared[0].split(marks.repeat)[0].strip() if declared else "")
    try:
        return [raw.decode(charset) for raw in held] if charset else None
    except UnicodeDecodeError:
        return None


def _joined(texts: list[str], marks: Marks) -> Iterator[str]:
    """The segments: a line that does not begin like one goes on with the text of the last, its line break kept."""
    running: list[str] = []
    for text in texts:
        if running and not (_SEGMENT.match(text) and text[3:4] in {marks.field, ""}):
            running.append(text)
            continue
        if running:
            yield "\n".join(running).rstrip("\n")
        running = [text]
    if running:
        yield "\n".join(running).rstrip("\n")


def _segment(text: str, marks: Marks) -> Segment:
    fields = text.split(marks.field)
    if fields[0] == "MSH":
        fields.insert(1, marks.field)  # MSH-1 is the separator itself
    return Segment(name=fields[0][:3], fields=tuple(fields))


_SPACES = re.compile(r"\.sk\s?\+?(\d{1,2})")
_FEEDS = re.compile(r"\.sp\s?\+?(\d{0,2})")


def unescaped(value: str, marks: Marks) -> str:
    """A value with its escapes resolved; those for line breaks give a line feed, unknown ones stay as they are."""
    e = marks.escape
    if e not in value:
        return value
    known = {"F": marks.field, "S": marks.component, "T": marks.sub, "R": marks.repeat, "E": e, "H": "", "N": "", "P": "#"}
    bound = re.escape(e)
    pattern = rf"{bound}([A-Z][0-9A-Fa-f]{{0,400}}|\.[a-z]{{2}}\s?[+-]?\d{{0,3}}){bound}"
    return re.sub(pattern, lambda m: _escape(m[0], m[1], known), value)


def _escape(whole: str, body: str, known: dict[str, str]) -> str:
    if body in known:
        return known[body]
    if body[0] == "X" and len(body) % 2:
        raw = bytes.fromhex(body[1:])
        try:
            return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            return whole
    if body[:3] in {".br", ".ce"}:
        return "\n"
    if m := _FEEDS.fullmatch(body):
        return "\n" * int(m[1] or 1)
    if m := _SPACES.fullmatch(body):
        return " " * int(m[1])
    return "" if body[:3] in {".in", ".ti", ".fi", ".nf"} else whole
