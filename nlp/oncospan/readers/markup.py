"""The text a person sees of marked-up text: HTML pages and the narrative blocks of C-CDA documents.

List items stand behind their number or a dash, check boxes as ``[x]`` or ``[ ]``. What is hidden, struck out or deleted is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oncospan.readers.page import BREAK, CELL, CELL_ENDS, GAP, KEPT, ROW, laid_out, plain
from oncospan.readers.problems import Unreadable
from oncospan.readers.xmltree import lxml

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "item", "legend",
    "li", "list", "main", "menu", "nav", "ol", "p", "paragraph", "pre", "section", "summary", "table", "tbody", "text", "tfoot",
    "thead", "title", "tr", "ul",
}  # fmt: skip
_SPACED = {"p", "paragraph", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section", "title"}
"""Blocks with an empty line above them."""

_HIDDEN = {"script", "style", "head", "template", "noscript", "object", "svg", "iframe", "datalist"}
_STRUCK = {"del", "s", "strike"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|text-decoration[^;]*line-through", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")


def html_text(page: str) -> str:
    """What a person sees of an HTML page. Raises Unreadable."""
    etree = lxml()
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8", huge_tree=True)
    try:
        root = etree.fromstring(page.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if any(e.type_name == "ERR_RESOURCE_LIMIT" for e in parser.error_log):
        raise Unreadable(
            "bad_html", "tags stand in each other thousands deep, and what is in them would be lost", "Export it again."
        )
    if root is None:
        raise Unreadable("bad_html", "the page holds no HTML that can be read", "Check the file, or export it again.")
    return shown_text(root)


def shown_text(root: Any) -> str:
    """What a person sees of a tree of HTML or of a C-CDA narrative block."""
    return laid_out(_pieces(root))


def _pieces(root: Any) -> Iterator[str]:
    """The text of the tree in order, with breaks between."""
    skipped: Any = None
    kept_space = 0
    for event, element in lxml().iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):  # a comment or an instruction: only what follows it is text
            if event == "end" and skipped is None:
                yield from _run(element.tail, kept_space)
            continue
        name = local(element)
        if event == "start":
            if skipped is None and _unseen(element, name):
                skipped = element
            if skipped is None:
                kept_space += _keeps_space(element, name)
                yield from _opening(element, name)
                yield from _run(element.text, kept_space)
            continue
        if skipped is None:
            yield from _closing(element, name)
            kept_space -= _keeps_space(element, name)
        if skipped is element:
            skipped = None
        if skipped is None and element is not root:
            yield from _run(element.tail, kept_space)


def _run(text: str | None, kept_space: int) -> Iterator[str]:
    if not text:
        return
    if kept_space:
        for at, line in enumerate(re.split(r"\r\n|[\r\n]", text)):
            if at:
                yield BREAK
            line = plain(line)
            blank = len(line) - len(line.lstrip(" \t"))
            yield line[:blank].expandtabs().replace(" ", KEPT) + line[blank:]
        return
    yield plain(_SPACE.sub(" ", text))


def _opening(element: Any, name: str) -> Iterator[str]:
    if name in {"td", "th"} and any(True for _ in element.itersiblings(preceding=True)):
        yield CELL
    elif name == "tr":
        yield ROW
    elif name in _SPACED:
        yield GAP
    elif name in _BLOCKS or name == "br":
        yield BREAK
    if name in {"li", "item"}:
        yield _bullet(element)
    elif name == "input":
        yield _control(element)


def _closing(element: Any, name: str) -> Iterator[str]:
    if name in _HEADINGS and (said := "".join(element.itertext()).strip()) and len(said) < 80 and said[-1].isalnum():
        yield ":"
    if name in _SPACED:
        yield GAP if name != "title" else BREAK
    elif name in {"td", "th"}:
        yield CELL_ENDS
    elif name in _BLOCKS:
        yield BREAK


def _bullet(element: Any) -> str:
    """The number of an item in an ordered list, else a dash."""
    parent = element.getparent()
    if parent is None or not (local(parent) == "ol" or parent.get("listType") == "ordered"):
        return "- "
    return (
        f"{1 + sum(1 for s in element.itersiblings(preceding=True) if isinstance(s.tag, str) and local(s) == local(element))}. "
    )


def _control(element: Any) -> str:
    kind = (element.get("type") or "text").lower()
    if kind in {"checkbox", "radio"}:
        return "[x] " if element.get("checked") is not None else "[ ] "
    return f" {element.get('value') or ''} " if kind in {"text", "number", "date", "email", "tel"} else ""


def _unseen(element: Any, name: str) -> bool:
    if name in _HIDDEN or name in _STRUCK or element.get("revised") == "delete":
        return True
    if name == "option" and element.get("selected") is None:
        return True
    return element.get("hidden") is not None or bool(_UNSEEN.search(element.get("style") or ""))


def _keeps_space(element: Any, name: str) -> bool:
    return name in {"pre", "textarea"} or element.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"


def local(element: Any) -> str:
    """The name of an element without its namespace, in small letters."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
