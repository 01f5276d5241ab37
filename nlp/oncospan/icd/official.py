"""The official ICD-10-CM files (Tabular List, Table of Neoplasms and Index in XML) as rows, and rows as a release folder."""

from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from oncospan.icd.book import Book, read_book
from oncospan.icd.codes import BLOCK_COLUMNS, CODE_COLUMNS
from oncospan.icd.index import INDEX_COLUMNS, IndexRow
from oncospan.icd.neoplasm import NEOPLASM_COLUMNS, NeoplasmRow
from oncospan.icd.notes import NOTE_COLUMNS, NoteType
from oncospan.icd.patterns import CODE, target, targets_in

NOTE_TAGS = {
    "includes": NoteType.INCLUDES,
    "inclusionTerm": NoteType.INCLUSION,
    "notes": NoteType.NOTE,
    "excludes1": NoteType.EXCLUDES1,
    "excludes2": NoteType.EXCLUDES2,
    "codeFirst": NoteType.CODE_FIRST,
    "useAdditionalCode": NoteType.USE_ADDITIONAL,
    "codeAlso": NoteType.CODE_ALSO,
}
"""The elements of the official files that hold notes, in the order the rows are written."""

_CODE = re.compile(CODE)
_SPAN = re.compile(r"\(([A-Z][0-9A-Z]{2})(?:-([A-Z][0-9A-Z]{2}))?\)\Z")
_COLUMN = {"2": "primary", "3": "secondary", "4": "in_situ", "5": "benign", "6": "uncertain", "7": "unspecified"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """A node of the Tabular List; ``seventh`` are the 7th characters its codes must carry, with their meanings."""

    code: str
    title: str
    parent: str
    seventh: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """A block or chapter of the book; ``parent`` is empty for a chapter."""

    block: str
    title: str
    parent: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """One line of a note at a code, block or chapter."""

    code: str
    type: NoteType
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabular:
    """A Tabular List, or the part of one that was asked for, in book order. The blocks are always complete."""

    codes: tuple[CodeRow, ...]
    blocks: tuple[BlockRow, ...]
    notes: tuple[NoteRow, ...]

    def only(self, kept: Callable[[str], bool]) -> Tabular:
        """The same book without the codes that ``kept`` refuses, their notes and their categories."""
        codes = tuple(c for c in self.codes if kept(c.code))
        have = {c.code for c in codes} | {b.block for b in self.blocks}
        blocks = tuple(replace(b, categories=tuple(c for c in b.categories if kept(c))) for b in self.blocks)
        return Tabular(codes=codes, blocks=blocks, notes=tuple(n for n in self.notes if n.code in have))


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What has been read so far; it only grows."""

    book: Book
    kept: Callable[[str], bool]
    codes: list[CodeRow] = field(default_factory=list)
    blocks: list[BlockRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)

    def chapter(self, element: ET.Element) -> None:
        title, first, last = _title(self.book, element)
        chapter = f"{first}-{last}"
        self.blocks.append(BlockRow(block=chapter, title=title, parent=""))
        self._notes(element, chapter)
        # Groups of blocks stand before their blocks, as sections of their own without codes.
        groups: list[tuple[str, str, str]] = []
        for section in element.findall("section"):
            title, first, last = _title(self.book, section)
            categories = tuple(_text(d.find("name")) for d in section.findall("diag"))
            groups = [g for g in groups if g[1] <= first and last <= g[2]]
            block = f"{first}-{last}"
            self.blocks.append(
                BlockRow(block=block, title=title, parent=groups[-1][0] if groups else chapter, categories=categories)
            )
            self._notes(section, block)
            if not categories:
                groups.append((block, first, last))
            for d in section.findall("diag"):
                self.code(d, block, ())

    def code(self, element: ET.Element, parent: str, seventh: tuple[tuple[str, str], ...]) -> None:
        name, title = _text(element.find("name")), _text(element.find("desc"))
        if not _CODE.fullmatch(name) or not title:
            raise self.book.wrong(element, "a diag needs a code as its name and a title as its desc")
        if not self.kept(name):
            return
        if (own := element.find("sevenChrDef")) is not None:
            seventh = self._seventh(own)
        self.codes.append(CodeRow(code=name, title=title, parent=parent, seventh=seventh))
        self._notes(element, name)
        for below in element.findall("diag"):
            self.code(below, name, seventh)

    def _seventh(self, element: ET.Element) -> tuple[tuple[str, str], ...]:
        found = tuple((e.get("char", ""), _text(e)) for e in element.findall("extension"))
        if not found or any(len(char) != 1 or not char.isalnum() or not meaning for char, meaning in found):
            raise self.book.wrong(element, "a sevenChrDef needs extensions, each with one char and its meaning")
        return found

    def _notes(self, element: ET.Element, place: str) -> None:
        for tag, kind in NOTE_TAGS.items():
            for note in (n for e in element.findall(tag) for n in e.findall("note")):
                self.notes.append(NoteRow(code=place, type=kind, text=_text(note)))


def read_tabular(path: Path, kept: Callable[[str], bool] = bool) -> Tabular:
    """The Tabular List in an official XML file, with the codes that ``kept`` accepts (a refused header hides its codes).

    Every code is kept when nothing is said. Raises InputError when the file is not a Tabular List.
    """
    book = read_book(path, "ICD10CM.tabular")
    reading = _Reading(book=book, kept=kept)
    for chapter in book.root.findall("chapter"):
        reading.chapter(chapter)
    if not any(b.categories for b in reading.blocks):
        raise book.wrong(book.root, "holds no chapters with sections and codes")
    above = {b.block: b.parent for b in reading.blocks}
    places = {c.code for c in reading.codes}
    for place in {c.parent for c in reading.codes} - places:
        while place:
            places.add(place)
            place = above[place]
    notes = tuple(n for n in reading.notes if n.code in places)
    return Tabular(codes=tuple(reading.codes), blocks=tuple(reading.blocks), notes=notes)


def read_neoplasm(path: Path) -> tuple[NeoplasmRow, ...]:
    """The Table of Neoplasms in an official XML file, in book order. Raises InputError when the file is not one."""
    book = read_book(path, "ICD10CM.index")
    if book.root.find(".//cell") is None:
        raise book.wrong(book.root, "is no Table of Neoplasms: it has no cells")
    return tuple(row for main in book.root.iter("mainTerm") for row in _neoplasm_rows(book, main, ()))


def _neoplasm_rows(book: Book, element: ET.Element, above: tuple[str, ...]) -> Iterator[NeoplasmRow]:
    title = _named(book, element)
    modifiers = title.find("nemod")
    own = " ".join(f"{title.text or ''} {modifiers.tail or '' if modifiers is not None else ''}".split()).replace(" ,", ",")
    path = (*above, own) if element.tag == "term" else (own,)
    cells = dict.fromkeys(_COLUMN.values(), "")
    for cell in element.findall("cell"):
        if cell.get("col", "") not in _COLUMN:
            raise book.wrong(cell, f"a cell is in one of the columns {', '.join(_COLUMN)}")
        cells[_COLUMN[cell.get("col", "")]] = _text(cell)
    see = [f"{name} {_text(e)}" for tag, name in (("see", "see"), ("seeAlso", "see also")) for e in element.findall(tag)]
    yield NeoplasmRow(term=" > ".join(path), modifiers=_text(modifiers), see="; ".join(see), **cells)
    for below in element.findall("term"):
        yield from _neoplasm_rows(book, below, path if element.tag == "term" else ())


def read_index(path: Path) -> tuple[IndexRow, ...]:
    """The Alphabetic Index in an official XML file, in book order. Raises InputError when the file is not one."""
    book = read_book(path, "ICD10CM.index")
    if book.root.find(".//code") is None:
        raise book.wrong(book.root, "is no Alphabetic Index: its terms have no codes")
    return tuple(row for main in book.root.iter("mainTerm") for row in _index_rows(book, main, ()))


def _named(book: Book, element: ET.Element) -> ET.Element:
    """The title of a term. Raises InputError where it has none."""
    title = element.find("title")
    if title is None or not _text(title):
        raise book.wrong(element, f"this {element.tag} has no title")
    return title


def _index_rows(book: Book, element: ET.Element, above: tuple[str, ...]) -> Iterator[IndexRow]:
    words = " ".join(" ".join(_named(book, element).itertext()).split())  # modifiers may follow without a space
    path = (*above, words.replace(" ,", ","))
    code, manifestation = (_text(element.find(tag)) for tag in ("code", "manif"))
    see = [f"{name} {_text(e)}" for tag, name in (("see", "see"), ("seeAlso", "see also")) for e in element.findall(tag)]
    yield IndexRow(term=" > ".join(path), code=f"{code} [{manifestation}]" if manifestation else code, see="; ".join(see))
    for below in element.findall("term"):
        yield from _index_rows(book, below, path)


def version_of(path: Path) -> str:
    """The version an official XML file says it is (``2027``), empty when it says none. Raises InputError for other files."""
    return _text(read_book(path).root.find("version"))


def write_codes(path: Path, tabular: Tabular, listed: Mapping[str, str] | None = None) -> None:
    """Write ``codes.tsv``: billable is what has no code under it once 7th characters are added.

    ``listed`` are the titles of all codes by the order file, when there is one: it decides which 7th characters exist.
    """
    parents = {c.parent for c in tabular.codes}
    rows: list[tuple[str, ...]] = []
    for c in tabular.codes:
        longer = [] if c.code in parents else expansions(c)
        if listed is not None:
            longer = [(code, listed[code]) for code, _ in longer if code in listed]
        rows.append((c.code, c.title, str(int(c.code not in parents and not longer)), c.parent))
        rows.extend((code, title, "1", c.code) for code, title in longer)
    write_table(path, CODE_COLUMNS, rows)


def expansions(row: CodeRow) -> list[tuple[str, str]]:
    """The codes with a 7th character that stand under a code without others under it, and their titles."""
    padded = row.code.ljust(7, "X") if "." in row.code else f"{row.code}.XXX"
    return [(padded + char, f"{row.title}, {meaning}") for char, meaning in row.seventh]


def write_blocks(path: Path, tabular: Tabular) -> None:
    """Write ``blocks.tsv``: every chapter and block of the book with its categories, which give the order of the book."""
    write_table(path, BLOCK_COLUMNS, ((b.block, b.title, b.parent, " ".join(b.categories)) for b in tabular.blocks))


def write_notes(path: Path, tabular: Tabular) -> None:
    """Write ``notes.tsv``, those of blocks first, with the code patterns that each text names and whose categories exist."""
    categories = {c for b in tabular.blocks for c in b.categories}
    places = {p: i for i, p in enumerate([*(b.block for b in tabular.blocks), *(c.code for c in tabular.codes)])}
    rows = sorted(tabular.notes, key=lambda n: places[n.code])
    write_table(path, NOTE_COLUMNS, ((n.code, n.type.value, n.text, " ".join(_known(n.text, categories))) for n in rows))


def write_neoplasm(path: Path, rows: Iterable[NeoplasmRow]) -> None:
    """Write ``neoplasm.tsv``."""
    write_table(path, NEOPLASM_COLUMNS, (tuple(getattr(r, c) for c in NEOPLASM_COLUMNS) for r in rows))


def write_index(path: Path, rows: Iterable[IndexRow]) -> None:
    """Write ``index.tsv``."""
    write_table(path, INDEX_COLUMNS, ((r.term, r.code, r.see) for r in rows))


def stamp(path: Path) -> str:
    """The name of a source file with the sha256 of its bytes, for ``release.toml``."""
    return f"{path.name} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def write_release(path: Path, name: str, days: tuple[str, str], **lists: Iterable[str]) -> None:
    """Write ``release.toml``: the name, the first and the last day, and the lists of the given names."""
    lines = [f"name = {json.dumps(name)}", f"valid_from = {days[0]}", f"valid_to = {days[1]}"]
    for key, items in lists.items():
        lines += [f"{key} = [", *(f"  {json.dumps(i)}," for i in items), "]"]
    path.write_bytes(("\n".join(lines) + "\n").encode("utf-8"))


def _known(text: str, categories: set[str]) -> Iterator[str]:
    for written in targets_in(text):
        t = target(written)
        if t is not None and t.first[:3] in categories and t.last[:3] in categories:
            yield written


def write_table(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Write a table of the pack: a header and rows, cells separated by one tab."""
    path.write_bytes("".join("\t".join(r) + "\n" for r in (columns, *rows)).encode("utf-8"))


def _text(element: ET.Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _title(book: Book, element: ET.Element) -> tuple[str, str, str]:
    """The title of a chapter or block, without its span, and the span's ends; a lone category is its own span."""
    text = _text(element.find("desc"))
    m = _SPAN.search(text)
    if m is None:
        raise book.wrong(element, f"the title of this {element.tag} has no span of codes")
    return text[: m.start()].strip(), m[1], m[2] or m[1]
