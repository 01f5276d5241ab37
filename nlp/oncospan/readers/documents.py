"""The text of one document from its bytes, whatever holds it: an attachment, the body of a message, or a file of its own.

What the bytes are decides, not what they are called: senders write ``application/octet-stream`` on any of them.
"""

from __future__ import annotations

import base64
import binascii
import re

from oncospan.readers.ccda import Cda, read_cda
from oncospan.readers.markup import html_text
from oncospan.readers.office import NOT_READ, OLE, ZIP, by_bytes
from oncospan.readers.pdf import pdf_text
from oncospan.readers.problems import MAX_NOTE_BYTES, Unreadable
from oncospan.readers.rtf import rtf_text
from oncospan.readers.source import UTF_16
from oncospan.readers.word import docx_text

_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|div|p|table|h[1-6]|span|ul|ol|pre|font|meta)\b")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,30})", re.IGNORECASE)
_CHARSETS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
             "us-ascii": "utf-8", "ascii": "utf-8", "iso-8859-15": "iso-8859-15", "utf-16": "utf-16", "utf-16le": "utf-16-le",
             "utf-16be": "utf-16-be"}  # fmt: skip
"""The character sets that are read as declared, besides UTF-8."""


def text_of(raw: bytes, declared: str = "") -> str:
    """The text of a document's bytes; ``declared`` is its media type. Raises Unreadable."""
    if len(raw) > MAX_NOTE_BYTES:
        raise Unreadable.of("note_too_long")
    kind = kind_of_bytes(raw, declared)
    if kind in _REFUSED:
        raise Unreadable(*_REFUSED[kind])
    return _READERS[kind](raw, declared)


def kind_of_bytes(raw: bytes, declared: str = "") -> str:
    """``pdf``, ``rtf``, ``html``, ``xml``, ``docx``, ``text``; what is not read: ``image``, ``locked``, one of NOT_READ, or ``binary`` for the rest."""
    head = raw[:2_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_IMAGES) or re.match(r"(?:image|audio|video)/", declared.strip().lower()):
        return "image"
    if head.startswith(b"%PDF"):
        return "pdf"
    if head.startswith((ZIP, OLE)):
        return by_bytes(raw) or ("docx" if "word" in declared and head.startswith(ZIP) else "binary")
    wide = raw.startswith(UTF_16)
    start = (raw[:2_000].decode("utf-16", "ignore").encode("utf-8", "ignore").lstrip() if wide else head).lower()
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if b"<clinicaldocument" in start or b":clinicaldocument" in start:
        return "xml"
    if _HTML.search(start) if start.startswith(b"<") else "html" in declared.lower():
        return "html"
    if start.startswith((b"<?xml", b"<!--")) or (start.startswith(b"<") and "xml" in declared.lower()):
        return "xml"
    return "binary" if b"\x00" in head and not wide else "text"


def from_base64(data: str) -> bytes:
    """The bytes of a base64 text. Raises Unreadable when it is damaged, or longer than any document may be."""
    if len(data) * 3 // 4 > MAX_NOTE_BYTES * 1.1:
        raise Unreadable.of("note_too_long")
    try:
        return base64.b64decode(re.sub(r"\s", "", data), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("bad_base64", "the document is not valid base64: cut short or damaged", "Export it again.") from None


def plain_text(raw: bytes, declared: str = "") -> str:
    """The text of bytes in UTF-8, or in the character set their media type or byte order mark names. Raises Unreadable."""
    named = _CHARSET.search(declared)
    charset = _CHARSETS.get(named[1].lower(), "utf-8") if named else "utf-8"
    if raw.startswith(UTF_16):
        charset = "utf-16"
    for name in dict.fromkeys(("utf-8-sig", charset)):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    raise Unreadable.of("not_utf8")


def cda_text(document: Cda) -> str:
    """The text of a C-CDA document, or of the document it embeds. Raises Unreadable."""
    if document.embedded is None:
        if not document.text.strip():
            raise Unreadable("no_text", "no section of the document holds text", "")
        return document.text
    if not document.embedded.strip():
        raise Unreadable("empty_document", "the embedded document is empty", "Export it with its content.")
    if document.base64:
        return text_of(from_base64(document.embedded), document.media)
    return document.embedded.strip("\r\n")


def _html(raw: bytes, declared: str) -> str:
    named = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,30})", raw[:4_000], re.IGNORECASE)
    return html_text(plain_text(raw, declared if "charset" in declared or not named else f"charset={named[1].decode()}"))


def _rtf(raw: bytes, declared: str) -> str:  # noqa: ARG001 - one shape for all readers
    return rtf_text(raw.removeprefix(b"\xef\xbb\xbf"))


def _pdf(raw: bytes, declared: str) -> str:  # noqa: ARG001 - one shape for all readers
    return pdf_text(raw)


def _cda(raw: bytes, declared: str) -> str:  # noqa: ARG001 - one shape for all readers
    return cda_text(read_cda(raw))


def _docx(raw: bytes, declared: str) -> str:  # noqa: ARG001 - one shape for all readers
    return docx_text(raw, text_of)


_REFUSED = {
    "image": ("no_text", "an image, sound or video, which holds no text", "OncoSpan reads no scans."),
    "locked": ("locked_document", "the document is locked with a password", "Remove the password first."),
    **{kind: ("unknown_document", f"{it.what}, which is not read", it.instead) for kind, it in NOT_READ.items()},
    "old word": ("old_word", *NOT_READ["old word"]),
    "binary": ("unknown_document", "a kind of document that is not read", "Send text, HTML, RTF, C-CDA, DOCX or PDF."),
}
_READERS = {"docx": _docx, "text": plain_text, "html": _html, "pdf": _pdf, "rtf": _rtf, "xml": _cda}
