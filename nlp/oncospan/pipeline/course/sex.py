"""Whether a note says that its patient is a man, for codes that ask."""

from __future__ import annotations

import re

_AGED = r"\b\d{1,3}[\s-]?(?:years?|yrs?|y)[\s./-]{0,2}(?:old|o)?\b[\s,./-]{0,3}(?:[a-z-]{2,20}\s){0,3}"
_MAN = re.compile(rf"{_AGED}(?:man|male|gentleman)\b|\b(?:sex|gender)\s?[:=]\s?m(?:ale)?\b", re.IGNORECASE)
_WOMAN = re.compile(rf"{_AGED}(?:woman|female|lady)\b|\b(?:sex|gender)\s?[:=]\s?f(?:emale)?\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:brother|father|son|uncle|grandfather|husband|partner|boyfriend|spouse|donor)\b[^.;\n]{0,30}\Z", re.IGNORECASE
)


def is_man(text: str) -> bool:
    """Whether the note calls the patient a man and nobody a woman of some age."""
    told = [m for m in _MAN.finditer(text) if not _OTHER.search(text, max(0, m.start() - 50), m.start())]
    return bool(told) and _WOMAN.search(text) is None
