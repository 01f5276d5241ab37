"""An official XML file as a tree whose every element knows its line, so that what is wrong with it can be pointed at."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from oncospan.errors import InputError

_HINT = "Give the files as they were published: unpacked, whole, not saved again by another program."


@dataclass(frozen=True, kw_only=True)
class Book:
    """A parsed file: its name, its root element and the line of every element."""

    name: str
    root: ET.Element = field(repr=False)
    lines: dict[ET.Element, int] = field(repr=False)

    def wrong(self, element: ET.Element, what: str) -> InputError:
        """The error that says what is wrong with an element, with file:line."""
        return InputError(what, where=f"{self.name}:{self.lines[element]}", hint=_HINT)


def read_book(path: Path, tag: str = "") -> Book:
    """The tree of an official file, whose root must be ``tag`` where one is given. Raises InputError with file:line."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise InputError(f"cannot be read: {type(e).__name__}", where=path.name) from None
    parser, builder = expat.ParserCreate(), ET.TreeBuilder()
    lines: dict[ET.Element, int] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        lines[builder.start(name, attributes)] = parser.CurrentLineNumber

    def doctype(*_: object) -> None:  # one could blow up in memory
        raise InputError("has a DOCTYPE, which no official file has", where=f"{path.name}:{parser.CurrentLineNumber}", hint=_HINT)

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as e:
        why = expat.ErrorString(e.code)
        raise InputError(f"cannot be read as XML: {why}", where=f"{path.name}:{e.lineno}", hint=_HINT) from None
    except (LookupError, ValueError):
        raise InputError("cannot be read as XML: unknown encoding", where=f"{path.name}:1", hint=_HINT) from None
    root = builder.close()
    if tag and root.tag != tag:
        raise InputError(f"the root element is {root.tag}, not {tag}", where=f"{path.name}:{lines[root]}", hint=_HINT)
    return Book(name=path.name, root=root, lines=lines)
