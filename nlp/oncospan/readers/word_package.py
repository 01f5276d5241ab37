"""The parts of a Word document: a zip archive of XML files that name each other.

Why not python-docx: it reads every picture into memory, refuses documents with macros or a broken link to a picture, and its
paragraphs and tables leave out text boxes, content controls, notes and what is embedded, so the walk would be ours all the same.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from oncospan.readers.problems import DAMAGED, MAX_NOTE_BYTES, Unreadable
from oncospan.readers.xmltree import tree

_BAD = ("bad_docx", "the Word document is cut short or damaged", "Export it again.")
_OFFICE = "officeDocument"
_LARGEST_RATIO = 400
"""A part of XML does not shrink to less than a four hundredth; what does was made to fill a disk or a memory."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the package, and what it refers to: id -> (kind, name of the part)."""

    package: Package
    name: str
    links: dict[str, tuple[str, str]] = field(default_factory=dict)

    def root(self) -> Any:
        """Its XML. Raises Unreadable."""
        return tree(self.package.read(self.name))

    def bytes(self) -> bytes:
        """Its content. Raises Unreadable."""
        return self.package.read(self.name)

    def linked(self, kind: str) -> Iterator[Part]:
        """The parts of a kind it refers to, as far as they are there."""
        for said, name in self.links.values():
            if said == kind and name in self.package.names:
                yield self.package.part(name)

    def by_id(self, reference: str) -> Part | None:
        """The part behind an id of this one; None where it is not in the package."""
        _, name = self.links.get(reference, ("", ""))
        return self.package.part(name) if name in self.package.names else None


class Package:
    """The archive of a Word document. Raises Unreadable where it is none, or is locked."""

    def __init__(self, raw: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (*DAMAGED, ValueError):
            raise Unreadable(*_BAD) from None
        self.names = {i.filename for i in self._zip.infolist()}

    def main(self) -> Part:
        """The part that holds the text. Raises Unreadable."""
        start = self.part("")
        found = next(start.linked(_OFFICE), None)
        if found is None and "word/document.xml" in self.names:
            return self.part("word/document.xml")
        if found is None:
            raise Unreadable(*_BAD)
        return found

    def part(self, name: str) -> Part:
        """The part of this name, with its links; the empty name is the package itself."""
        folder, file = posixpath.split(name)
        where = posixpath.join(folder, "_rels", f"{file}.rels")
        if where not in self.names:
            return Part(self, name)
        links = {}
        for e in tree(self.read(where)):
            target = posixpath.normpath(posixpath.join("/", folder, e.get("Target") or "")).lstrip("/")
            if e.get("TargetMode") != "External":
                links[e.get("Id") or ""] = (posixpath.basename(e.get("Type") or ""), target)
        return Part(self, name, links)

    def read(self, name: str) -> bytes:
        """The content of a file of the archive. Raises Unreadable."""
        info = self._zip.getinfo(name)
        if info.flag_bits & 1:
            raise Unreadable("locked_document", "the Word document is locked with a password", "Remove the password first.")
        if info.file_size > MAX_NOTE_BYTES or info.file_size > max(_LARGEST_RATIO * info.compress_size, 1_000_000):
            raise Unreadable("note_too_long", "a part of the Word document unpacks to more than any note is", "Export it again.")
        try:
            with self._zip.open(info) as stream:
                return stream.read(MAX_NOTE_BYTES)
        except (*DAMAGED, NotImplementedError, RuntimeError, ValueError):
            raise Unreadable(*_BAD) from None
