"""Positive nodes that are counted behind a denial of something else: "no residual tumor, metastatic carcinoid in 1 of 17 nodes"."""

from __future__ import annotations

import re
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.types import Assertion

_BORDER = re.compile(r"[,;:]\s|\.\s")
_NODES = re.compile(r"\b(?:nodes?|nodal|LNs?|lymphaden\w+)\b", re.IGNORECASE)
_NOUGHT = frozenset({"0", "no", "none", "zero", "o"})
_FREED = ("metastasis", "tumor", "site", "side", "status")


def counted_anew(line: Line) -> Line:
    """The line, what a clause says that counts positive nodes no longer denied by a word before its comma."""
    denied = [m for m in line.of(*_FREED) if m.assertion is Assertion.ABSENT]
    if not denied:
        return line
    freed = {id(m) for start, end in _positive(line) for m in denied if _denied_before(line, m, start, end)}
    if not freed:
        return line
    return replace(
        line,
        mentions=tuple(replace(m, assertion=Assertion.PRESENT, cues=()) if id(m) in freed else m for m in line.mentions),
    )


def _positive(line: Line) -> list[tuple[int, int]]:
    """Where the clauses stand that count positive nodes and name what they hold."""
    out = []
    for count in line.every("site.node_count"):
        if count.group(1).lower() in _NOUGHT:
            continue
        start = max((m.end() for m in _BORDER.finditer(line.text, 0, count.start())), default=0)
        behind = _BORDER.search(line.text, count.end())
        end = behind.start() if behind else len(line.text)
        if start and _NODES.search(line.text, start, end):
            out.append((start, end))
    return out


def _denied_before(line: Line, mention: Mention, start: int, end: int) -> bool:
    """Whether a mention of the clause from ``start`` to ``end`` is denied only by words before that clause."""
    at = line.sentence.start
    return start <= mention.start - at < end and bool(mention.cues) and all(c.end - at <= start for c in mention.cues)
