"""The text of a PDF that has text; scanned pages are said, not skipped: OncoSpan reads no images."""

from __future__ import annotations

import io
import logging
from typing import Any

from oncospan.readers.source import MAX_NOTE_BYTES, Unreadable


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
        pages = None
    except Exception:  # noqa: BLE001 - a damaged file fails anywhere in the parser, in every way
        raise Unreadable("bad_pdf", "the PDF is cut short or damaged", "Export it again.") from None
    if pages is None:
        raise Unreadable("locked_document", "the PDF is locked with a password", "Remove the password first.")
    return _whole(pages)


def _pages(reader: Any) -> list[tuple[str, bool]] | None:
    """Text of every page and whether it is a picture; None where a password is needed."""
    if reader.is_encrypted and not reader.decrypt(""):
        return None
    return [_page(page) for page in reader.pages]


def _page(page: Any) -> tuple[str, bool]:
    """The text of a page, and whether it is a picture without any."""
    lines = [line.rstrip() for line in page.extract_text().splitlines()]
    text = "\n".join(lines).strip("\n")
    return text, not text.strip() and bool(len(page.images))


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
