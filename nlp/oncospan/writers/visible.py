"""Text of a note made safe to show: same length, so that offsets hold."""

from __future__ import annotations

import re

_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

WORDS_OF_LINE = re.compile(r"\S(?:[^\r\n]*\S)?")
"""What a span covers of each of its lines: the indentation between the lines of a phrase stays unmarked."""


def visible(text: str) -> str:
    """``text`` with carriage returns as white space, and control characters and lone surrogates as U+FFFD, one for one."""
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    return _UNSHOWABLE.sub("\ufffd", text)
