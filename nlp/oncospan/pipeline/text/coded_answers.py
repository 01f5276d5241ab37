"""Answers that exports and tables write as codes or columns ("Liver mets [N]", "Metastases? Yes - bone"), spelled as fields are."""

from __future__ import annotations

import re

_ASKS = re.compile(r"metasta|\bmets?\b", re.IGNORECASE)
_ASKED = re.compile(r"(?<=[\w)])\?([ \t]{1,3})(?=(?:yes|no|y|n)\b)", re.IGNORECASE)
_COLUMN = re.compile(
    r"^(?P<label>[^\n:.;|]{0,50}?(?:metasta\w{1,6}|\bmets?)(?:[ \t][\w()/-]{1,20}){0,4})(?P<gap>[ \t]{2,40}|\t)(?P<said>yes|no|y|n|present|absent)[ \t]*$",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"(?<=\w)[ \t]\[(y|n|yes|no)\]", re.IGNORECASE)
_CODE = re.compile(r"(?<=[\w)])[ \t]{0,2}:[ \t]{1,12}n(?=[ \t]*(?:\Z|[|;,\r\n]|[ \t]{3}))", re.IGNORECASE)
_DETAILED = re.compile(r"(?<=[\w)]):([ \t]{0,4}(?:yes|y)[ \t]{0,2}[-,:\u2013][ \t]{0,2})(?=[A-Za-z])", re.IGNORECASE)


def coded_answers(text: str) -> str:
    """The text with such answers to questions about metastases in words behind a colon; no offset moves."""
    if _ASKS.search(text) is None:
        return text
    return "".join(_read(line) if _ASKS.search(line) else line for line in text.splitlines(keepends=True))


def _read(line: str) -> str:
    """The line with its answers in words."""
    body = line.rstrip("\r\n")
    column = _COLUMN.match(body)
    if column is not None:
        start = column.start("gap")
        body = f"{body[:start]}:{body[start + 1 :]}"
    body = _ASKED.sub(lambda m: f":{m[1]}", body)
    body = _BRACKET.sub(lambda m: (":no." if m[1][0] in "nN" else ".").ljust(len(m[0])), body)
    body = _CODE.sub(lambda m: ":no".ljust(len(m[0])), body)
    return _DETAILED.sub(lambda m: ":" + " " * len(m[1]), body) + line[len(body) :]
