"""What a file of an office program is, by its bytes, the names within its archive, or its own name; and the way out where it is not read."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

OLE = b"\xd0\xcf\x11\xe0"
"""What a file of Office 97 to 2003 begins with, and one that Office locked."""

ZIP = b"PK\x03\x04"
"""What a zip archive begins with, and each file within it."""


class Named(Protocol):
    """A file by its name."""

    @property
    def name(self) -> str:
        """The name."""


class WayOut(NamedTuple):
    """What a file is that is not read, and what to do with it."""

    what: str
    instead: str


NOT_READ: Mapping[str, WayOut] = {
    "workbook": WayOut("a workbook (Excel, OpenDocument)", "Save the sheet as CSV (UTF-8)."),
    "slides": WayOut("a presentation (PowerPoint, OpenDocument)", "Save it as PDF."),
    "opendocument": WayOut("an OpenDocument text", "Save it as .docx; many at once: soffice --headless --convert-to docx *.odt"),
    "old word": WayOut(
        "a document of Word 97 to 2003 (.doc)",
        "Save it as .docx or RTF; many at once: soffice --headless --convert-to docx *.doc",
    ),
    "mail": WayOut("a message of Outlook (.msg)", "Save it as text, HTML or PDF."),
    "book": WayOut("an electronic book (EPUB)", "Save it as HTML or PDF."),
}
"""The kinds that are met often and not read."""

_SUFFIXES = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xls", ".xlsb", ".ods"), "workbook"),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppt", ".odp"), "slides"),
    **dict.fromkeys((".odt", ".ott"), "opendocument"), ".msg": "mail", ".epub": "book",
}  # fmt: skip
_PARTS = (
    (re.compile(r"word/(?:document\w*\.xml|styles\.|settings\.|theme/|_rels/)"), "docx"),
    (re.compile(r"xl/(?:workbook|worksheets/|sharedStrings\.|styles\.|theme/|_rels/)"), "workbook"),
    (re.compile(r"ppt/(?:presentation|slides/|slideMasters/|slideLayouts/|theme/|_rels/)"), "slides"),
)
_MEDIA = (
    (b"application/vnd.oasis.opendocument.text", "opendocument"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "workbook"),
    (b"application/vnd.oasis.opendocument.presentation", "slides"),
    (b"application/epub+zip", "book"),
)
"""What the file ``mimetype``, the first of an archive, says."""

_STREAMS = (
    ("EncryptedPackage", "locked"), ("WordDocument", "old word"), ("Workbook", "workbook"), ("PowerPoint Document", "slides"),
    ("__substg1.0_", "mail"),
)  # fmt: skip
"""Names within the file format of Office 97, in which Office also locks its documents."""

_HEADER = struct.Struct("<6xH10xI4xHH")
"""What stands before each file of an archive: its flags, how long it is packed, and how long its name and the rest of the header are."""

_SIZE_FOLLOWS = 0b1000
"""Flag of a file whose length was not known when its header was written."""

_OLE_NAMES = tuple((name.encode("utf-16-le"), kind) for name, kind in _STREAMS)


def by_name(path: Named) -> WayOut | None:
    """The way out for a file of this name; None where its name is of no such kind."""
    kind = _SUFFIXES.get(Path(path.name.lower().removesuffix(".gz")).suffix, "")
    return NOT_READ.get(kind)


def by_bytes(raw: bytes) -> str:
    """``docx``, ``locked``, or one of NOT_READ: what the bytes are, or begin as; empty for what is none of these."""
    if raw.startswith(OLE):
        return next((kind for name, kind in _OLE_NAMES if name in raw), "")
    if not raw.startswith(ZIP):
        return ""
    files = list(_files(raw))
    first, begins = files[0] if files else ("", 0)
    if first == "mimetype":
        return next((kind for said, kind in _MEDIA if raw.startswith(said, begins)), "")
    return by_parts(name for name, _ in files)


def by_parts(names: Iterable[str]) -> str:
    """The same by the names of the files of an archive, in any order."""
    kinds = {kind for name in names for pattern, kind in _PARTS if pattern.match(name)}
    return next((kind for _, kind in _PARTS if kind in kinds), "")  # a document may embed a workbook, but as one file


def _files(raw: bytes) -> Iterator[tuple[str, int]]:
    """The name of each file of an archive, and where its bytes begin; those of an archive within it are passed over."""
    at = 0
    while raw.startswith(ZIP, at) and len(raw) >= at + _HEADER.size:
        flags, packed, name, extra = _HEADER.unpack_from(raw, at)
        begins = at + _HEADER.size + name + extra
        yield raw[at + _HEADER.size : at + _HEADER.size + name].decode("utf-8", "replace"), begins
        at = begins + packed
        if flags & _SIZE_FOLLOWS and not packed:
            at = max(raw.find(ZIP, begins), begins)
