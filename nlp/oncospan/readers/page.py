"""Text and breaks as the lines of a page: what the readers of HTML, C-CDA and Word documents share.

Blocks stand on lines of their own, the cells of a table row beside each other with ``|`` between them, whatever blocks they hold.
"""

from __future__ import annotations

from collections.abc import Iterable

BREAK, GAP = "\n", "\n\n"
"""The end of a line, and an empty line."""

CELL, CELL_ENDS, ROW = "\x00", "\x02", "\x03"
"""What stands before a cell that is not the first of its row, behind each cell, and before a row."""

KEPT = "\x01"
"""Stands for a blank at the start of a line of preformatted text."""

MARKS = frozenset({BREAK, GAP, CELL, CELL_ENDS, ROW})


class _Between:
    """What is to stand between the text before and the text after, by the breaks that were met."""

    def __init__(self) -> None:
        self.what = ""
        self._row = False

    def meet(self, mark: str) -> None:
        """Take a break into account: the blocks within a cell neither part it from the one before nor from the row's start."""
        if mark == ROW:
            self.what, self._row = max(self.what.replace(CELL, ""), BREAK, key=len), True
        elif mark == CELL:
            self.what = self.what if self._row else CELL
        elif mark == CELL_ENDS:
            self.what = self.what if self._row or self.what == CELL else ""
        elif not self._row and self.what != CELL:
            self.what = max(self.what, mark, key=len)

    def end(self) -> str:
        """What was to stand there; nothing is from now on."""
        what, self.what, self._row = self.what, "", False
        return " | " if what == CELL else what


def laid_out(pieces: Iterable[str]) -> str:
    """Pieces of text and breaks as lines: blanks at their ends and more than one empty line are dropped."""
    out: list[str] = []
    between = _Between()
    for piece in pieces:
        if piece in MARKS:
            between.meet(piece)
            continue
        text = piece.lstrip(" ") if between.what or not out or out[-1].endswith((" ", "\n")) else piece
        if not text:
            continue
        gap = between.end()
        if gap and out:
            out[-1] = out[-1].rstrip(" ")
            out.append(gap)
        out.append(text)
    return "".join(out).strip(" \n").replace(KEPT, " ")


def plain(text: str) -> str:
    """Text from a document without the characters that stand for breaks here."""
    return text.translate(_WITHOUT)


_WITHOUT = {ord(mark): None for mark in (CELL, CELL_ENDS, ROW, KEPT)}
