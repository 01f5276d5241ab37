"""Texts copied from print: its hyphens and blanks as a keyboard has them, each in its place, so that every offset stays."""

from __future__ import annotations

import re

_DASH = re.compile(r"(?<=[ \n])[\u2013\u2014](?= )")
"""A dash between blanks, for which a keyboard has the hyphen."""
_TYPED = {ord(sign): "-" for sign in "\u2010\u2011\u2043\u2212\ufe63\uff0d"} | {
    ord(sign): " " for sign in "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
}


def as_typed(text: str) -> str:
    """The text with plain hyphens and blanks; the same object where it has no others."""
    return text if text.isascii() else _DASH.sub("-", text.translate(_TYPED))
