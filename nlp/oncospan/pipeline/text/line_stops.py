"""Reports whose lines were run together with a full stop at each end: the stops inside a sentence are blanked, each in its place.

Only the reading sees the blanked text; evidence is cut from the note as it is.
"""

from __future__ import annotations

import re

_NEVER_LAST = (
    "of",
    "the",
    "and",
    "with",
    "to",
    "in",
    "by",
    "for",
    "from",
    "an",
    "or",
    "is",
    "are",
    "was",
    "were",
    "at",
    "into",
    "through",
    "within",
    "between",
    "than",
    "been",
)
"""Words that no sentence ends with, in lower case."""

_BROKEN = re.compile(r"\.\s(?:" + "|".join(rf"(?<=\s{word}\.\s)" for word in _NEVER_LAST) + r")(?=[a-z])")
"""A stop that no sentence ended with: one shows how the lines of the whole report were joined."""

_ABBREVIATED = ("approx", "vs", "incl", "resp", "est", "max", "min", "diam", "no", "nos", "ca", "cf", "dr", "st", "wt", "ht")
_INSIDE = re.compile(r"(?<=[a-z]{2}|[a-z)],|-\d)\.(?=\s[a-z]{2})" + "".join(rf"(?<!\b{word}\.)" for word in _ABBREVIATED))
_NO = re.compile(r"(?<=\b[Nn]o)\.(?=\s(?!of\b|and\b)[a-z]{3})")
"""The denial that a line ended with ("No. metastases"), no count ("No. of nodes")."""


_NEVER_LAST_CAPS = (*_NEVER_LAST, "lymph", "metastatic", "invasive", "infiltrating", "squamous", "moderately", "poorly")
_INSIDE_CAPS = re.compile(r"\.(?=\s[A-Z]{2})(?:" + "|".join(rf"(?<=\s{word.upper()}\.)" for word in _NEVER_LAST_CAPS) + ")")
"""The stop behind such a word in capitals, with which no sentence ends either ("IN ONE LYMPH. NODE")."""


def without_line_stops(text: str) -> str:
    """The text with blanks for the stops that only mark where a line ended; the same object where lines were not joined so."""
    text = _INSIDE_CAPS.sub(" ", text)
    if _BROKEN.search(text) is None:
        return text
    return _NO.sub(" ", _INSIDE.sub(" ", text))
