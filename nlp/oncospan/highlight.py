"""Escaped HTML of a text with marked spans; knows nothing of notes or findings."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

NOTEBOOK_STYLE = """<style>
.oncospan mark { color: #14181d; background: #e3e0f0; border-radius: .2em; padding: .05em .15em; border-bottom: 2px solid transparent; }
.oncospan mark.primary { background: #cfe3fb; } .oncospan mark.metastasis { background: #fbd3cb; }
.oncospan mark.functional { background: #f7e39d; } .oncospan mark.confirmation { background: #cbebce; }
.oncospan mark.uncertain, .oncospan mark.hypothetical { border-bottom: 2px dotted #14181d; }
.oncospan mark.absent { text-decoration: line-through; } .oncospan mark.history { font-style: italic; }
.oncospan mark.family { border-bottom: 3px double #14181d; }
.oncospan pre { white-space: pre-wrap; line-height: 1.7; }
</style>"""
"""Colors of the marks in a notebook, which has no style sheet of ours."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mark:
    """A span to mark: offsets in code points, end exclusive; ``css`` names its class, ``title`` its tooltip, ``ident`` its id."""

    start: int
    end: int
    css: str
    title: str = ""
    ident: str = ""


def marked(text: str, marks: Iterable[Mark]) -> str:
    """``text`` escaped, with every mark in a ``<mark>``; overlapping marks are cut so that tags never cross."""
    marks = sorted(marks)
    edges = sorted({0, len(text)} | {x for m in marks for x in (m.start, m.end) if 0 <= x <= len(text)})
    seen: set[str] = set()
    out: list[str] = []
    for a, b in pairwise(edges):
        over = [m for m in marks if m.start <= a and b <= m.end]
        piece = escape(text[a:b])
        if not over:
            out.append(piece)
            continue
        css = escape(" ".join(dict.fromkeys(m.css for m in over)))
        title = escape(" · ".join(dict.fromkeys(m.title for m in over if m.title)))
        ident, *others = _idents(over, b, seen) or [""]
        seen.update((ident, *others))
        out += [f'<span id="{escape(other)}"></span>' for other in others]
        out.append(f'<mark class="{css}"' + (f' id="{escape(ident)}"' if ident else "") + f' title="{title}">{piece}</mark>')
    return "".join(out)


def _idents(over: Sequence[Mark], end: int, seen: Container[str]) -> list[str]:
    """The ids a piece bears: those that have no later piece to stand on, otherwise the first that is new."""
    new = [m for m in over if m.ident and m.ident not in seen]
    return list(dict.fromkeys([m.ident for m in new if m.end == end] or [m.ident for m in new[:1]]))
