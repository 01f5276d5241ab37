"""Whether a side or a part of the organ is left open: by the official title of a code, and by the whole note."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from oncospan.signals import signals

if TYPE_CHECKING:
    from oncospan.gaps.view import Codes
    from oncospan.pack import Pack, TermRule

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


def sides_told(text: str, site: str, pack: Pack) -> Counter[str]:
    """How often ``text`` gives each side, "right", "left" or "both", to the organ or its removal; one said to be normal is left out."""
    normal = signals(pack)["gap.side.normal"]
    found = (m for m in _sided_organ(pack, site).finditer(text) if not normal.search(text[m.end() : m.end() + 60]))
    return Counter(_side(m["first"] or m["last"]) for m in found)


def _side(word: str) -> str:
    """A word for a side in one of three."""
    return {"r": "right", "l": "left", "od": "right", "os": "left"}.get(word[: 1 + (word[0] in "oO")].casefold(), "both")


@lru_cache(maxsize=64)
def _sided_organ(pack: Pack, site: str) -> re.Pattern[str]:
    """The organ's words with a side up to three words before them or right behind."""
    rules = [t for t in pack.terms if t.concept == site or t.attrs.get("removes") == site]
    names = sorted({w for t in rules if _names(t) for w in t.literals()}, key=len, reverse=True)
    first = "".join(sorted({re.escape(name[0]) for name in names}))  # most words are ruled out by their first letter
    organ = rf"\b(?=[{first}])(?:{'|'.join(map(re.escape, names))})s?\b" if names else r"(?!)"
    side = signals(pack)["gap.side.word"].pattern
    before = rf"(?P<first>{side})(?:[ \t/,-]{{1,3}}\w+){{0,2}}[\s/,-]{{1,3}}{organ}"
    return re.compile(rf"{before}|{organ}[ \t]{{0,2}}[,:(-]?\s{{0,3}}(?P<last>{side})", re.IGNORECASE)


def _names(rule: TermRule) -> bool:
    """Whether a term names the organ, or the removal of it, by itself: short forms do not."""
    return rule.category in ("site", "treatment") and not rule.exact
