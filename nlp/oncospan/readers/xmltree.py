"""XML as a tree of lxml, from anyone: no document type is accepted, so nothing is expanded, included or fetched."""

from __future__ import annotations

import re
from typing import Any

from oncospan.readers.problems import Unreadable

_DECLARED = re.compile(rb"^[\s\xef\xbb\xbf]*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,30})[\"']")


def lxml() -> Any:
    """The module ``lxml.etree``. Raises Unreadable where it is not installed."""
    try:
        from lxml import etree
    except ImportError:
        raise Unreadable.without_extra("lxml") from None
    return etree


def tree(raw: bytes) -> Any:
    """The root of an XML document. Raises Unreadable where it is malformed, or declares a document type."""
    etree = lxml()
    text = _decoded(raw)
    start = _prolog(text)
    rest = text[start:]
    if rest[:2] == "<!":
        raise Unreadable("forbidden_xml", "the XML declares a document type, which is not accepted", "Remove the DOCTYPE.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, remove_comments=True, remove_pis=True,
        huge_tree=True, recover=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(rest.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        root = None
    wrong = next((e for e in parser.error_log if e.domain_name != "NAMESPACE"), None)  # a prefix no one declared loses nothing
    if wrong is not None or root is None:
        line = (wrong.line if wrong is not None else 1) + text[:start].count("\n")
        raise Unreadable("bad_xml", f"the XML is cut short or malformed at line {line}", "Export the document again.")
    return root


def _prolog(text: str) -> int:
    """Where the white space, instructions and comments at the start of an XML text end."""
    at = 0
    while True:
        while at < len(text) and text[at] in "\ufeff \t\r\n":
            at += 1
        last = "?>" if text.startswith("<?", at) else "-->" if text.startswith("<!--", at) else ""
        end = text.find(last, at) if last else -1
        if end < 0:
            return at
        at = end + len(last)


def _decoded(raw: bytes) -> str:
    """The text of an XML file by its byte order mark or its declaration."""
    declared = _DECLARED.match(raw)
    charset = declared[1].decode().lower() if declared else "utf-8"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    elif raw[:4] in {b"<\x00?\x00", b"\x00<\x00?"}:
        charset = "utf-16-le" if raw[0] else "utf-16-be"
    try:
        return raw.decode("utf-8-sig" if charset == "utf-8" else charset)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable("not_utf8", "the text is not in the character set the XML declares", "Export it as UTF-8.") from None
