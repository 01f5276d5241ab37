"""What the official titles say of a code: whether a side or a part of the organ is left open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oncospan.gaps.view import Codes

_WORD = re.compile(r"\w+")
_SIDES = frozenset({"right", "left", "bilateral"})


def side_left_open(code: str, codes: Codes) -> bool:
    """Whether ``code`` is the unspecified-side leaf of a family that has a right and a left: same title but for the side."""
    above = codes.ancestors(code)
    if not above:
        return False
    own = _title(code, codes)
    if "unspecified" not in own or own & _SIDES:
        return False
    siblings = [_title(c, codes) - {"unspecified"} for c in codes.children(above[0])]
    return all((own - {"unspecified"}) | {side} in siblings for side in ("right", "left"))


def _title(code: str, codes: Codes) -> frozenset[str]:
    return frozenset(_WORD.findall(codes.title(code).casefold()))


_PARTS = re.compile(r"C(?:15|16|17|18|25)\.|C7A\.0(?:19|29|9[4-68])")
"""Digestive organs whose part the record nearly always holds; elsewhere the question would drown the others."""


def part_left_open(code: str, codes: Codes) -> bool:
    """Whether ``code`` is a primary whose title leaves the part of the organ open (a side left open does not count)."""
    if not _PARTS.match(code) or not codes.exists(code):
        return False
    open_axes = len(re.findall(r"\bunspecified\b(?! whether| as to)", codes.title(code)))  # a capital means an open histology
    return open_axes - side_left_open(code, codes) > 0 or code == "C7A.098"
