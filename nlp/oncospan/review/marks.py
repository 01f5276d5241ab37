"""The text of a note with its evidence marked, as HTML: every mark is a link to the code, gap or finding it supports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from oncospan.writers.visible import WORDS_OF_LINE, visible


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Words to be marked: offsets in code points, end exclusive; ``target`` is the id of the card they belong to."""

    start: int
    end: int
    css: str
    tip: str
    target: str


def marked(text: str, spans: Iterable[Span], prefix: str) -> SafeString:
    """The escaped text with every span in a link; overlapping ones are cut, so that tags never cross.

    The first piece of a span has the id ``<prefix>-<start>-<end>``, which is where its card leads to.
    """
    text = visible(text)
    given = sorted(s for s in spans if 0 <= s.start < s.end <= len(text))
    lines = [
        _Piece(s, s.start + m.start(), s.start + m.end()) for s in given for m in WORDS_OF_LINE.finditer(text[s.start : s.end])
    ]
    edges = sorted({0, len(text)} | {x for p in lines for x in (p.start, p.end)})
    seen: set[str] = set()
    out: list[str] = []
    active: list[_Piece] = []
    waiting = sorted(lines, key=lambda p: p.start, reverse=True)
    for a, b in pairwise(edges):
        while waiting and waiting[-1].start <= a:
            active.append(waiting.pop())
        active = [p for p in active if p.end > a]
        piece = text[a:b]
        spoken = active and not piece.isspace()
        out.append(_link(piece, [p.span for p in active], prefix, seen) if spoken else conditional_escape(piece))
    return mark_safe("".join(out))  # noqa: S308 - every part was escaped above


@dataclass(frozen=True, slots=True)
class _Piece:
    span: Span
    start: int
    end: int


def _link(piece: str, over: list[Span], prefix: str, seen: set[str]) -> SafeString:
    """A piece of the text as a link to the card of its narrowest span."""
    first = min(over, key=lambda s: (s.css == "cue", s.end - s.start))
    ident = next((i for s in over if (i := mark_id(prefix, s.start, s.end)) not in seen), "")
    seen.add(ident)
    css = " ".join(dict.fromkeys(word for s in over for word in s.css.split()))
    tip = " · ".join(dict.fromkeys(s.tip for s in over if s.tip))
    spot = format_html(' id="{}"', ident) if ident else ""
    return format_html('<a class="mark {}"{} href="#{}" data-tip="{}">{}</a>', css, spot, first.target, tip, piece)


def mark_id(prefix: str, start: int, end: int) -> str:
    """The id of the mark of a span in the page."""
    return f"{prefix}-{start}-{end}"
