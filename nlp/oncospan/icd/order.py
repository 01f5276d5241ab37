"""The official order file: every code and header of a release in book order, and whether it may be reported."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from oncospan.errors import InputError
from oncospan.icd.patterns import dotted

_LINE = re.compile(r"(?P<number>\d{5}) (?P<code>[A-Z0-9]{3,7}) {1,5}(?P<flag>[01]) (?P<short>.{60}) (?P<long>\S.*)")
_CODE = re.compile(r"[A-Z][0-9A-Z]{2,6}")
_HINT = "Give the order file as CMS publishes it: fixed width, one code a line."


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """A line of the order file; the code is dotted."""

    code: str
    reportable: bool
    title: str


def read_order(path: Path) -> dict[str, OrderRow]:
    """The lines of an order file by their dotted code, in its order. Raises InputError with file:line for a bad line."""
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as e:
        raise InputError(f"cannot be read: {type(e).__name__}", where=path.name, hint=_HINT) from None
    out: dict[str, OrderRow] = {}
    last = 0
    for line_number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip(b" \t\r\x1a"):  # some of the older files end with a lone control character
            continue
        where = f"{path.name}:{line_number}"
        m = _matched(line.rstrip(b" \t\r\x1a"))
        if m is None or not _CODE.fullmatch(m["code"]):
            raise InputError("is not a line of an order file", where=where, hint=_HINT)
        code = dotted(m["code"])
        if code in out or int(m["number"]) <= last:
            raise InputError(f"{code} stands twice or out of order", where=where, hint=_HINT)
        last = int(m["number"])
        out[code] = OrderRow(code=code, reportable=m["flag"] == "1", title=" ".join(m["long"].split()))
    if not out:
        raise InputError("has no codes", where=path.name, hint=_HINT)
    return out


def _matched(line: bytes) -> re.Match[str] | None:
    """The parts of a line; its columns are counted in characters, or in bytes where that is how it was padded."""
    text = _decoded(line)
    if (m := _LINE.fullmatch(text)) is not None:
        return m
    found = _LINE.fullmatch(line.decode("latin-1"))
    if found is None:
        return None
    short = _decoded(found["short"].encode("latin-1")).ljust(60)[:60]
    long = _decoded(found["long"].encode("latin-1"))
    return _LINE.fullmatch(line[: found.start("short")].decode("latin-1") + f"{short} {long}")


def _decoded(line: bytes) -> str:
    """The text of a line: UTF-8, or the Windows letters of older files."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
