"""Counts of examined and positive nodes, and the node words they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.places import Place

_NUMBERS = {
    w: i
    for i, w in enumerate(
        "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
        " nineteen twenty".split()
    )
} | {
    "none": 0,
    "zero": 0,
    "o": 0,
}


def counted(line: Line, found: Sequence[Place]) -> bool:
    """Whether the sentence counts nodes, so that its metastasis words are about them."""
    return any(p.node and not p.region and count_near(line, p) is not None for p in found)


def count_in(line: Line) -> bool:
    """Whether the sentence holds a count of nodes at all."""
    return any(_possible(line, m) for m in line.every("site.node_count"))


def none_positive(line: Line, word: Mention) -> bool:
    """Whether the word stands in a count that finds no node positive ("0/12 nodes positive", "number with metastasis: 0")."""
    start, end = word.start - line.sentence.start, word.end - line.sentence.start
    return any(m.start() < end and start < m.end() for m in (*line.every("site.none_positive"), *line.every("site.none_tallied")))


def none_of_size(line: Line, word: Mention) -> bool:
    """Whether the word only says that no deposit of one size was counted ("macrometastases 1, micrometastases 0")."""
    return line.within["site.none_of_size"].match(line.text, word.start - line.sentence.start) is not None


def count_near(line: Line, place: Place) -> re.Match[str] | None:
    """The count of nodes nearest to a node word: "3/14 nodes", "nodes (0/12)", "two of five axillary nodes"."""
    start, end = place.start - line.sentence.start, place.end - line.sentence.start
    near = [
        (max(start - m.end(), m.start() - end, 0) + 2 * _parted(line.text[m.end() : start]), i, m)
        for i, m in enumerate((*line.every("site.node_count"), *line.every("site.node_tally")))
        if _possible(line, m) and (-60 <= m.start() - end <= 60 or 0 <= start - m.end() <= 60)
    ]  # fmt: skip
    return min(near)[2] if near else None


def _parted(between: str) -> bool:
    """Whether a comma or semicolon parts a count from the node behind it, which then has its own ("7: 0/2; 4R: 1/3")."""
    return "," in between or ";" in between


def number_of(count: re.Match[str]) -> int:
    """How many nodes a count calls positive; 1 for a word that is no number."""
    first = count.group(1).lower()
    return _NUMBERS.get(first, int(first) if first.isdigit() else 1)


def _possible(line: Line, count: re.Match[str]) -> bool:
    """Whether no more nodes are positive than were examined, and the slash is not that of a day, image or grade."""
    numbers = [g for g in count.groups() if g.isdigit()]
    if len(numbers) == 2 and int(numbers[0]) > int(numbers[1]):
        return False
    return not ("/" in count.group() and line.within["site.no_count"].search(line.text, 0, count.start()))
