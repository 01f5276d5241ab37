"""Escaped HTML of a text with marked spans; knows nothing of notes or findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import pairwise


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
        ident = next((m.ident for m in over if m.ident and m.ident not in seen), "")
        seen.add(ident)
        out.append(f'<mark class="{css}"' + (f' id="{escape(ident)}"' if ident else "") + f' title="{title}">{piece}</mark>')
    return "".join(out)
