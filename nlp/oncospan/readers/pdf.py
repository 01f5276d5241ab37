"""The text of a PDF that has text, with what is filled into its forms; scanned pages are said: OncoSpan reads no images."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

from oncospan.readers.pdf_boxes import HIDDEN, Piece, Unplaced, boxes, inherited, ticked
from oncospan.readers.problems import MAX_NOTE_BYTES, Unreadable


def pdf_text(raw: bytes) -> str:
    """The text of all pages, one empty line between them. Raises Unreadable."""
    try:
        import pypdf
    except ImportError:
        raise Unreadable.without_extra("pypdf") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it says of a damaged file may quote it
    try:
        pages = _pages(pypdf.PdfReader(io.BytesIO(raw)))
    except pypdf.errors.DependencyError:
        raise Unreadable(
            "missing_extra", "the PDF is encrypted, and reading it needs cryptography", "pip install cryptography"
        ) from None
    except Unreadable:
        raise
    except Exception:  # noqa: BLE001 - a damaged file fails anywhere in the parser, in every way
        raise Unreadable("bad_pdf", "the PDF is cut short or damaged", "Export it again.") from None
    if pages is None:
        raise Unreadable("locked_document", "the PDF is locked with a password", "Remove the password first.")
    return _whole(pages)


def _pages(reader: Any) -> list[tuple[str, bool]] | None:
    """Text of every page and whether it is a picture; None where a password is needed."""
    if reader.is_encrypted and not reader.decrypt(""):
        return None
    return [_page(page, number) for number, page in enumerate(reader.pages, 1)]


def _page(page: Any, number: int) -> tuple[str, bool]:
    """The text of a page, and whether it is a picture without any. Raises Unreadable."""
    annotations = [a.get_object() for a in page.annotations or ()]
    lines = [line.rstrip() for line in _drawn(page, annotations, number).splitlines()]
    text = "\n".join(["\n".join(lines).strip("\n"), *_filled(annotations)]).strip("\n")
    return text, not text.strip() and bool(len(page.images))


def _drawn(page: Any, annotations: list[Any], number: int) -> str:
    """The content of a page, with the check boxes of a form before their words. Raises Unreadable."""
    found = list(boxes(annotations))
    if not found:
        return str(page.extract_text())
    pieces: list[Piece] = []
    page.extract_text(visitor_text=lambda text, page, line, _, size: pieces.append(Piece.drawn(text, page, line, size)))
    try:
        return ticked(pieces, found)
    except Unplaced:
        message = f"a form whose check boxes cannot be told apart (page {number} of the PDF): what is ticked would not be known"
        raise Unreadable("check_boxes", message, "Export it in another format.") from None


def _filled(annotations: list[Any]) -> Iterator[str]:
    """What is written into the text fields and lists of a form, and into boxes on the page: it stands in no content of the page."""
    for found in annotations:
        if int(found.get("/F", 0)) & HIDDEN:
            continue
        kind, said = found.get("/Subtype"), None
        if kind == "/FreeText":
            said = found.get("/Contents")
        elif kind == "/Widget" and inherited(found, "/FT") in {"/Tx", "/Ch"}:
            said = inherited(found, "/V")
        if isinstance(said, str) and said.strip():
            yield "\n".join(said.splitlines())


def _whole(pages: list[tuple[str, bool]]) -> str:
    scanned = [str(number) for number, (_, picture) in enumerate(pages, 1) if picture]
    if not any(text.strip() for text, _ in pages):
        raise Unreadable("no_text", "the PDF holds no text: a scan, or empty", "OncoSpan reads no scans.")
    if scanned:
        raise Unreadable(
            "scanned_pages", f"page {', '.join(scanned[:5])} of the PDF is a picture without text", "OncoSpan reads no scans."
        )
    whole = "\n\n".join(text for text, _ in pages if text.strip())
    if len(whole) > MAX_NOTE_BYTES:
        raise Unreadable.of("note_too_long")
    return whole
