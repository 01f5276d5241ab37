"""Which blocks of a text stand word for word in an earlier one (SPEC 8.x, copy-forward)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

BLOCK = 60
"""The fewest characters, white space normalised, that make a block: shorter repeats are phrases, not copies."""

_WINDOW = 30
_STRIDE = BLOCK - _WINDOW + 1
"""Any block of BLOCK characters holds a whole window that starts at a multiple of the stride."""

_SEEN = 8
"""Places remembered for one window: a ruled line or a form repeats itself without end."""

_WORD = re.compile(r"\S+")


class Plain:
    """A text with its white space normalised, and the way back to its offsets."""

    __slots__ = ("_at", "_source", "_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self._source = text
        self._starts: list[int] = []
        self._at: list[int] = []

    def offset(self, at: int) -> int:
        """The offset in the text as it came of a character of the normalised one."""
        if not self._at:
            self._map()
        word = bisect_right(self._at, at) - 1
        return self._starts[word] + at - self._at[word]

    def _map(self) -> None:
        """Find where every word stands; most texts have no block, so that nobody asks."""
        at = 0
        for m in _WORD.finditer(self._source):
            self._starts.append(m.start())
            self._at.append(at)
            at += m.end() - m.start() + 1


class Earlier:
    """The earlier texts, ready to be searched for blocks; texts are added in the order of their dates."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._windows: dict[str, list[tuple[int, int]]] = {}

    def add(self, texts: Iterable[str]) -> None:
        """Take in texts that later ones may have copied."""
        for text in texts:
            plain = Plain(text).text
            which = len(self._texts)
            self._texts.append(plain)
            for at in range(0, len(plain) - _WINDOW + 1, _STRIDE):
                places = self._windows.setdefault(plain[at : at + _WINDOW], [])
                if len(places) < _SEEN:
                    places.append((which, at))

    def blocks(self, text: str) -> tuple[tuple[int, int], ...]:
        """The parts of ``text`` that stand in an earlier one, in its own offsets, in order and apart from each other."""
        plain = Plain(text)
        words, windows = plain.text, self._windows
        found: list[tuple[int, int]] = []
        at = 0
        end = len(words) - _WINDOW if windows else -1
        while at <= end:
            if words[at : at + _WINDOW] in windows and (block := self._longest(words, at)) is not None:
                found.append((plain.offset(block[0]), plain.offset(block[1] - 1) + 1))
                at = max(block[1] - _WINDOW, at)
            at += 1
        return _joined(found)

    def _longest(self, text: str, at: int) -> tuple[int, int] | None:
        best: tuple[int, int] | None = None
        for which, there in self._windows.get(text[at : at + _WINDOW], ()):
            other = self._texts[which]
            left = _alike_before(text, at, other, there)
            right = _alike_after(text, at + _WINDOW, other, there + _WINDOW)
            if left + _WINDOW + right >= BLOCK and (best is None or left + right > best[1] - best[0] - _WINDOW):
                best = (at - left, at + _WINDOW + right)
        return best


def _alike_before(a: str, i: int, b: str, j: int) -> int:
    n = 0
    while i - n > 0 and j - n > 0 and a[i - n - 1] == b[j - n - 1]:
        n += 1
    return n


def _alike_after(a: str, i: int, b: str, j: int) -> int:
    n = 0
    while (piece := a[i + n : i + n + 64]) and len(piece) == 64 and piece == b[j + n : j + n + 64]:
        n += 64
    while i + n < len(a) and j + n < len(b) and a[i + n] == b[j + n]:
        n += 1
    return n


def _joined(blocks: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(blocks):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)
