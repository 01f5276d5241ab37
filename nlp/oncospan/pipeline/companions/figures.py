"""Laboratory figures that stand above what is normal: "5-HIAA 38 (ref <8)", "serotonin 880 ng/mL (50-220)", "gastrin 4x ULN"."""

from __future__ import annotations

import re

from oncospan.pipeline.mentions.mention import Line, Mention

_REACH = 110
"""How far behind a marker, in characters, its figures and their reference are read."""
_FIGURE = r"\d{1,3}(?:,\d{3}){1,2}(?:\.\d{1,2})?|\d{1,6}(?:\.\d{1,3})?"
_NUMBER = re.compile(rf"(?<![\w./,-])(?:{_FIGURE})(?![\w/-]|[.,]\d)")
_NO_RESULT = re.compile(
    r"\b\d{1,4}[/-]\d{1,4}(?:[/-]\d{2,4})?\b|\b(?:19|20)\d\d\b|/\s?\d{1,3}\s?h\w{0,4}"
    r"|\b\d{1,2}\s?-?\s?(?:h|hr|hrs|hours?|days?|weeks?|wks?|months?|mos?)\b",
    re.IGNORECASE,
)
"""Dates, and the hours of a collection."""
_RANGE = re.compile(
    rf"[(\[]\s?(?:ref\w{{0,8}}|normal|nl|range|NR|RR)?[\s.:]{{0,2}}(?:range\s)?({_FIGURE})\s?(?:-|\u2013|to)\s?({_FIGURE})\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    rf"(?:<|\u2264|\bless than|\bup to|\bULN(?:\sof|:)?|\bupper limit(?:\sof)?(?:\snormal)?)\s{{0,2}}({_FIGURE})\b", re.IGNORECASE
)
_MARKED = re.compile(
    rf"(?:(?<![\d.,])(?:{_FIGURE})\s?(?:[a-z\u03bc]{{1,5}}(?:/[\w.]{{1,5}}){{1,2}}\s?)?(?:\(H{{1,2}}\)|\[H{{1,2}}\]|(?-i:H{{1,2}})(?!\w)|\u2191)"
    r"|(?<![\d.])(?!0|1(?:\.0)?\s?[x\u00d7])\d{1,3}(?:\.\d)?\s?(?:[x\u00d7]|fold|times)\s(?:the\s)?(?:ULN|upper limit|normal|above)"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|several|many)\s(?:fold|times)\s(?:the\s)?(?:ULN|upper limit|normal|above))",
    re.IGNORECASE,
)


def above_normal(line: Line, marker: Mention) -> bool:
    """Whether every figure behind a marker is above its reference, or one is marked as high."""
    text = _behind(line, marker)
    limit = _RANGE.search(text) or _LIMIT.search(text)
    head = text[: limit.start()] if limit else text
    if _MARKED.search(head):
        return True
    results = [_value(m[0]) for m in _NUMBER.finditer(_NO_RESULT.sub(" ", head))]
    return limit is not None and bool(results) and min(results) > _value(limit[limit.re.groups])


def _behind(line: Line, marker: Mention) -> str:
    """The words behind a marker, as far as they are its own."""
    ends = [m.start for m in line.of("indicator") if m.start >= marker.end]
    until = min([marker.end + _REACH, *ends]) - line.sentence.start
    return re.split(r";|\.\s", line.text[marker.end - line.sentence.start : until], maxsplit=1)[0]


def _value(figure: str) -> float:
    return float(figure.replace(",", ""))
