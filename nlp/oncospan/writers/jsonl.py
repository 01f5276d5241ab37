"""JSONL: one output record a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from oncospan.types import Analysis

_LINE_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""Characters JSON allows in a string but many readers take for the end of a line."""


def line(analysis: Analysis) -> bytes:
    """The record of an analysis as one line, keys in the order of the contract."""
    return record_line(analysis.record())


def record_line(record: Mapping[str, Any]) -> bytes:
    """The record as one line of UTF-8; a lone surrogate is written as its escape."""
    try:
        text = json.dumps(record, ensure_ascii=False).translate(_LINE_BREAKS).encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(record).encode("ascii")
    return text + b"\n"
