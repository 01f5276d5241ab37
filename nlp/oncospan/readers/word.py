"""The text a person sees of a Word document (DOCX): headers, paragraphs, tables, text boxes, notes and footers in their order.

Paragraphs are lines, the cells of a row stand beside each other, list items behind their number or a dash, check boxes as ``[x]`` or
``[ ]``. What is deleted, struck out or hidden is left out, and so are comments. The words of charts and diagrams are lines behind their
paragraph; a chart's numbers and what stands in pictures are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from oncospan.readers.page import BREAK, CELL, CELL_ENDS, GAP, ROW, laid_out, plain
from oncospan.readers.problems import Unreadable
from oncospan.readers.word_package import Package, Part
from oncospan.readers.word_styles import Lists, Styles, child, hides, is_on, local, number, value
from oncospan.readers.xmltree import lxml

Embedded = Callable[[bytes, str], str]
"""What reads a document that is embedded in another: its bytes and its media type -> its text."""

_PASSED = frozenset("pPr rPr tblPr tblGrid trPr tcPr sectPr sdtPr instrText delInstrText delText del moveFrom fldData".split())
"""Elements of which nothing is seen."""

_SIGNS = {"tab": "\t", "ptab": "\t", "noBreakHyphen": "\u2011", "br": BREAK, "cr": BREAK}
_MARKS = {
    "wingdings": {0xFE: "☑", 0xFD: "☒", 0x6F: "☐", 0xA8: "☐", 0x71: "☐", 0xFC: "✓", 0xFB: "✗", 0x78: "☒", 0xA7: "▪", 0xE0: "→", 0xE8: "→"},
    "wingdings 2": {0x52: "☑", 0x54: "☒", 0x53: "☑", 0xA3: "☐", 0x50: "✓", 0x4F: "✗", 0x51: "☒"},
    "symbol": {0xB3: "≥", 0xA3: "≤", 0xB1: "±", 0xB4: "×", 0xB0: "°", 0xB7: "•", 0xAE: "→", 0xAD: "↑", 0xAF: "↓", 0x61: "α", 0x62: "β",
               0x67: "γ", 0x64: "δ", 0x6B: "κ", 0x6C: "λ", 0x6D: "μ", 0x44: "Δ", 0xB9: "≠", 0xBB: "≈"},
}  # fmt: skip
"""What the characters of symbol fonts look like, by the low byte of their code."""


_DRAWN = {"chart": "id", "relIds": "dm"}
"""What stands for a chart or a diagram, and the attribute that leads to its words."""


def docx_text(raw: bytes, embedded: Embedded) -> str:
    """What a person sees of a Word document. Raises Unreadable."""
    main = Package(raw).main()
    root = main.root()
    try:
        text = laid_out(_whole(main, root, embedded))
    except RecursionError:
        raise Unreadable("bad_docx", "the Word document embeds others without end", "Export it again.") from None
    if not text.strip():
        raise Unreadable("no_text", "the Word document holds no text: a scan, or empty", "OncoSpan reads no scans.")
    return text


def _whole(main: Part, root: Any, embedded: Embedded) -> Iterator[str]:
    """Headers, the body, footnotes and endnotes, then footers."""
    styles = Styles.of(_root_of(main, "styles"))
    lists = Lists.of(_root_of(main, "numbering"))
    yield from _edges(main, root, "headerReference", styles, lists, embedded)
    yield from _Walk(main, styles, lists, embedded).pieces(root)
    for kind in ("footnotes", "endnotes"):
        for part in main.linked(kind):
            for note in part.root():
                if value(note, "type") in {"", "normal"}:
                    yield BREAK
                    yield from _Walk(part, styles, lists, embedded).pieces(note)
    yield from _edges(main, root, "footerReference", styles, lists, embedded)


def _edges(main: Part, root: Any, name: str, styles: Styles, lists: Lists, embedded: Embedded) -> Iterator[str]:
    """The headers or footers of all sections, each part once, those of first pages only where a section has one."""
    seen: set[str] = set()
    even = is_on(child(_root_of(main, "settings"), "evenAndOddHeaders"))
    for section in (e for e in root.iter() if local(e) == "sectPr"):
        for reference in (e for e in section if local(e) == name):
            part, kind = main.by_id(value(reference, "id")), value(reference, "type")
            shown = is_on(child(section, "titlePg")) if kind == "first" else even if kind == "even" else True
            if part is None or part.name in seen or not shown:
                continue
            seen.add(part.name)
            yield GAP
            yield from _Walk(part, styles, lists, embedded).pieces(part.root())
            yield GAP


def _root_of(main: Part, kind: str) -> Any:
    part = next(main.linked(kind), None)
    return part.root() if part is not None else None


class _Walk:
    """The pieces of one part. A text box stands behind the paragraph it is anchored in, so that it parts no sentence."""

    def __init__(self, part: Part, styles: Styles, lists: Lists, embedded: Embedded) -> None:
        self._part, self._styles, self._lists, self._embedded = part, styles, lists, embedded
        self._out: list[list[str]] = [[]]
        self._boxes: list[str] = []
        self._fields: list[bool] = []
        self._balanced = True
        self._unseen = False

    def pieces(self, root: Any) -> list[str]:
        """The text and breaks below an element."""
        marks = [value(e, "fldCharType") for e in root.iter() if local(e) == "fldChar"]
        self._balanced = marks.count("begin") == marks.count("end")
        walk = lxml().iterwalk(root, events=("start", "end"))
        for event, e in walk:
            name = local(e)
            if event == "end":
                self._end(e, name)
            elif e is not root and self._passed(e, name):
                walk.skip_subtree()
            else:
                self._start(e, name)
        return self._out[0]

    def _show(self, *pieces: str) -> None:
        self._out[-1].extend(pieces)

    def _passed(self, e: Any, name: str) -> bool:
        """Whether nothing below an element is seen."""
        if name in _PASSED or (name == "tr" and child(e, "trPr", "del") is not None):
            return True
        if name == "r":
            said = hides(child(e, "rPr"))
            return said if said is not None else self._unseen or self._styles.hidden(value(child(e, "rPr", "rStyle")))
        if name == "Fallback":  # the same as the choice beside it, for older programs
            choice = next((c for c in e.getparent() if local(c) == "Choice"), None)
            return choice is not None and any(local(t) == "t" for t in choice.iter())
        return False

    def _start(self, e: Any, name: str) -> None:
        if name == "p":
            self._paragraph(e)
        elif name == "txbxContent":
            self._out.append([])
        elif name == "t":
            if all(self._fields):
                self._show(plain((e.text or "").replace("\n", " ")))
        elif name == "tbl":
            self._show(GAP)
        elif name == "tr":
            self._show(ROW)
        elif name == "tc":
            if any(local(s) == "tc" for s in e.itersiblings(preceding=True)):
                self._show(CELL)
        elif name in _SIGNS:
            self._show(_SIGNS[name])
        else:
            self._rare(e, name)

    def _paragraph(self, e: Any) -> None:
        style = value(child(e, "pPr", "pStyle"))
        numbering = child(e, "pPr", "numPr")
        numbering = numbering if numbering is not None else self._styles.numbering(style)
        self._unseen = self._styles.hidden(style)
        self._show(GAP if self._styles.is_heading(style) else BREAK)
        if numbering is not None and any(local(t) in {"t", "sym"} for t in e.iter()):
            self._show(self._lists.label(numbering))

    def _rare(self, e: Any, name: str) -> None:
        if name == "sym":
            said = value(e, "char")
            code = int(said, 16) if re.fullmatch("[0-9A-Fa-f]{1,4}", said) else 0
            known = _MARKS.get(value(e, "font").lower(), {})
            self._show(known.get(code & 0xFF, chr(code) if code and not 0xD800 <= code <= 0xDFFF else ""))
        elif name == "fldChar":
            self._field(e)
        elif name == "textpath":
            self._show(BREAK, plain(value(e, "string")), BREAK)
        elif name in _DRAWN and (part := self._part.by_id(value(e, _DRAWN[name]))) is not None:
            self._boxes += [BREAK, *(p for line in _drawn_words(part.root()) for p in (line, BREAK))]
        elif name == "altChunk" and (part := self._part.by_id(value(e, "id"))) is not None:
            kinds = {"htm": "text/html", "html": "text/html", "rtf": "text/rtf", "xml": "text/xml"}
            text = self._embedded(part.bytes(), kinds.get(part.name.rpartition(".")[2].lower(), ""))
            self._show(GAP, *(p for line in text.split("\n") for p in (plain(line), BREAK)), GAP)

    def _field(self, e: Any) -> None:
        """The code of a field is not seen, its result is; a check box or list of a form has its state beside its code."""
        kind = value(e, "fldCharType")
        if kind == "begin":
            self._show(_state(child(e, "ffData")))
            self._fields.append(not self._balanced)  # one that never ends must not hide what follows
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _end(self, e: Any, name: str) -> None:
        if name == "txbxContent" and len(self._out) > 1:
            self._boxes += [BREAK, *self._out.pop(), BREAK]
        elif name == "p":
            self._end_paragraph(e)
        elif name == "tc":
            self._show(CELL_ENDS)
        elif name == "tbl":
            self._show(GAP)

    def _end_paragraph(self, e: Any) -> None:
        said = next((p.strip() for p in reversed(self._out[-1]) if p.strip()), "")
        heading = self._styles.is_heading(value(child(e, "pPr", "pStyle")))
        empty = not any(local(t) == "t" and t.text for t in e.iter())
        if heading and not empty and said[-1:].isalnum() and len(said) < 80:
            self._show(":")
        self._show(GAP if heading or empty else BREAK)
        if len(self._out) == 1 and self._boxes:
            self._show(*self._boxes)
            self._boxes.clear()


def _drawn_words(root: Any) -> list[str]:
    """The titles, labels and names of a chart, or the words of a diagram, each once."""
    said = ["".join(t.text or "" for t in e.iter() if local(t) == "t") for e in root.iter() if local(e) == "p"]
    names = [v.text or "" for c in root.iter() if local(c) == "strCache" for v in c.iter() if local(v) == "v"]
    return [line for one in dict.fromkeys([*said, *names]) if (line := plain(" ".join(one.split())))]


def _state(form: Any) -> str:
    """How a check box of a form stands, or what is chosen of its list."""
    box, choice = child(form, "checkBox"), child(form, "ddList")
    if box is not None:
        said = child(box, "checked")
        return "[x] " if is_on(said if said is not None else child(box, "default")) else "[ ] "
    if choice is None:
        return ""
    entries = [value(x) for x in choice if local(x) == "listEntry"]
    chosen = value(child(choice, "result")) or value(child(choice, "default")) or "0"
    at = number(chosen)
    return plain(entries[at]) if at is not None and at < len(entries) else ""
