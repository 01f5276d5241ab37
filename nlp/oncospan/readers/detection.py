"""Which format bytes are in, where no name of a file tells it: what comes on standard input."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from enum import StrEnum

from oncospan.errors import InputError
from oncospan.readers.columns import resolve
from oncospan.readers.delimited import SEPARATOR
from oncospan.readers.documents import kind_of_bytes
from oncospan.readers.office import NOT_READ, ZIP
from oncospan.readers.source import UTF_16

HEAD = 1 << 18
"""How many bytes tell a format."""


class InputFormat(StrEnum):
    """The formats that can be named."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TEXT = "text"
    HL7 = "hl7"
    FHIR = "fhir"
    CCDA = "ccda"
    HTML = "html"
    RTF = "rtf"
    DOCX = "docx"
    PDF = "pdf"
    ZIP = "zip"


_SUFFIXES = {InputFormat.TEXT: ".txt", InputFormat.CCDA: ".xml"}
_DOCUMENTS = {"pdf": ".pdf", "rtf": ".rtf", "html": ".html", "xml": ".xml", "docx": ".docx", "old word": ".doc", "locked": ".doc"}


def suffix_of(head: bytes, named: InputFormat | None = None) -> str:
    """The suffix a file that begins like this would have; of the format that is named, where one is.

    Raises InputError where the bytes are of no format that is read.
    """
    if head.startswith(b"\x1f\x8b"):
        return suffix_of(_unpacked(head), named) + ".gz"
    if named is InputFormat.FHIR:
        return ".ndjson" if _is_object(head) else ".json"
    return _SUFFIXES.get(named, f".{named}") if named is not None else _detected(head)


def _detected(head: bytes) -> str:
    wide = head.startswith(UTF_16)
    bare = (head.decode("utf-16", "ignore").encode() if wide else head.removeprefix(b"\xef\xbb\xbf")).lstrip()
    if head.startswith(b"PAR1"):
        return ".parquet"
    if is_hl7(bare):
        return ".hl7"
    if bare.startswith((b"{", b"[")) and not bare.startswith(b"{\\rtf"):
        return ".json" if wide and b'"resourceType"' in bare else _json(bare)
    kind = kind_of_bytes(head)
    if kind == "text":
        return _table(bare)
    if kind == "binary" and head.startswith(ZIP):
        return ".zip"
    if kind not in _DOCUMENTS and (it := NOT_READ.get(kind)):
        raise InputError(f"{it.what}, which is not read", where="stdin", hint=it.instead)
    if kind not in _DOCUMENTS:
        raise InputError("the format is not known", where="stdin", hint=f"Name it with --input-format: {', '.join(InputFormat)}.")
    return _DOCUMENTS[kind]


def is_hl7(head: bytes) -> bool:
    """Whether bytes begin like HL7 version 2: with a header of a message, of a batch or of MLLP framing."""
    return re.match(rb"\s*\x0b?(?:MSH|FHS|BHS)[^\w\s]", head.removeprefix(b"\xef\xbb\xbf")) is not None


def _json(bare: bytes) -> str:
    if _is_object(bare):
        return ".ndjson" if b'"resourceType"' in bare.split(b"\n", 1)[0] else ".jsonl"
    return ".json" if b'"resourceType"' in bare else ".jsonl"


def _is_object(head: bytes) -> bool:
    """Whether the first line is an object of JSON by itself."""
    try:
        return isinstance(json.loads(head.lstrip().split(b"\n", 1)[0]), dict)
    except (ValueError, RecursionError):
        return False


def _table(bare: bytes) -> str:
    """Of text: a table where its first line names a column of texts among others, else a note."""
    first, *more = bare.decode("utf-8", "replace").split("\n", 2)
    if more and SEPARATOR.fullmatch(first):
        first = more[0]
    first = first.strip()
    for delimiter, suffix in (("\t", ".tsv"), (",", ".csv"), (";", ".csv"), ("|", ".csv")):
        names = [name.strip().strip('"') for name in first.split(delimiter)]
        if len(names) > 1:
            try:
                resolve(names, {}, "stdin")
            except InputError:
                continue
            return suffix
    return ".txt"


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except (zlib.error, gzip.BadGzipFile):
        raise InputError("the compressed input is damaged", where="stdin", hint="Copy or export it again.") from None
