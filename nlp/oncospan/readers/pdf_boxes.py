"""Check boxes of PDF forms: each as ``[x]`` or ``[ ]`` before its words, since those mean nothing without it.

A box stands in no text of its page, only at a place of it: the words in its line are taken for its own, those to its right before those
to its left. Where two boxes would share their words, or words run on around a box, nobody could tell what was ticked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

HIDDEN = 0b10_0010
"""Flags of an annotation that is not seen."""

_DEEPEST = 32
_PUSHED = 1 << 16
"""Flag of a button that is pressed and never ticked."""

_NARROWEST = 0.42
"""How wide a letter is at least, on average, by the size of its font."""


class Unplaced(Exception):
    """A box whose words cannot be told."""


@dataclass(frozen=True, slots=True)
class Box:
    """A check box or radio button: its place on the page, and whether it is ticked."""

    left: float
    bottom: float
    top: float
    ticked: bool

    @property
    def mark(self) -> str:
        """What is read for it."""
        return "[x]" if self.ticked else "[ ]"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it was drawn at once: where it begins, and how large."""

    text: str
    x: float
    y: float
    size: float

    @classmethod
    def drawn(cls, text: str, page: Sequence[float], line: Sequence[float], size: float) -> Piece:
        """That of a text, by the matrices of the page and of its line."""
        a, b, c, d, e, f = page
        x, y = line[4], line[5]
        return cls(text, a * x + c * y + e, b * x + d * y + f, size)


def boxes(annotations: Iterable[Any]) -> Iterator[Box]:
    """The boxes among the annotations of a page that are seen."""
    for found in annotations:
        if found.get("/Subtype") != "/Widget" or int(found.get("/F", 0)) & HIDDEN or inherited(found, "/FT") != "/Btn":
            continue
        if int(inherited(found, "/Ff") or 0) & _PUSHED:
            continue
        said = found.get("/AS", inherited(found, "/V"))
        x0, y0, x1, y1 = (float(v) for v in found["/Rect"])
        yield Box(min(x0, x1), min(y0, y1), max(y0, y1), said not in {None, "/Off", ""})


def inherited(field: Any, name: str) -> Any:
    """A property of a field of a form, its own or that of the field it is a part of."""
    for _ in range(_DEEPEST):
        if name in field:
            return field[name].get_object()
        if "/Parent" not in field:
            return None
        field = field["/Parent"].get_object()
    return None


def ticked(pieces: Sequence[Piece], found: Iterable[Box]) -> str:
    """The text of the pieces with the boxes before their words. Raises Unplaced."""
    marks = dict[int, str]()
    for box in found:
        line = [i for i, p in enumerate(pieces) if p.text.strip() and _in_line(p, box)]
        right = min((i for i in line if pieces[i].x >= box.left), key=lambda i: pieces[i].x, default=None)
        at = right if right is not None else _ending(pieces, line, box)
        if at in marks:
            raise Unplaced
        marks[at] = f"{box.mark} "
    return "".join(re.sub(r"(?=\S)", marks.get(i, ""), p.text, count=1) for i, p in enumerate(pieces))


def _in_line(piece: Piece, box: Box) -> bool:
    return box.bottom - 0.6 * (box.top - box.bottom) <= piece.y <= box.top


def _ending(pieces: Sequence[Piece], line: Sequence[int], box: Box) -> int:
    """The piece of a line that ends before a box. Raises Unplaced where there is none, or it may run on behind the box."""
    last = max(line, key=lambda i: pieces[i].x, default=None)
    if last is None or pieces[last].x + len(pieces[last].text.strip()) * pieces[last].size * _NARROWEST > box.left:
        raise Unplaced
    return last
