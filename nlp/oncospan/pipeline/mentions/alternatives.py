"""A metastasis and a tumor that are told as two readings of one finding: "metastasis or glioblastoma"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.types import Assertion

_OR = re.compile(
    r"(?:\s\([^()]{1,90}\)|,\s(?:which|most|more|less)\s[^,.;()]{1,60},)?,?\sor\s(?:an?\s)?(?:(?!(?:the|her|his|their|no)\b)[\w-]{3,16}\s){0,2}",
    re.IGNORECASE,
)
"""What stands between two readings: a remark on the first, and "or"."""
_GENERIC = frozenset("cancer carcinoma malignancy tumor neoplasm growth origin_word benign_tumor".split())
_REACH = 140


def either(line: Line) -> Sequence[Mention]:
    """The metastases and named tumors of a sentence that it leaves open between one another, or only calls the likelier."""
    words = [m for m in line.of("metastasis") if m.concept == "metastasis" and line.word(m).startswith("metastas")]
    named = [t for t in line.of("tumor") if not t.weak and t.concept not in _GENERIC] if words else []
    likelier = line.within["talk.likelier"]
    out = [m for m in words if m.assertion is Assertion.PRESENT and likelier.search(line.text, 0, m.start - line.sentence.start)]
    for word in words:
        for tumor in named:
            first, last = (word, tumor) if word.start < tumor.start else (tumor, word)
            if 0 < last.start - first.end <= _REACH and _OR.fullmatch(line.between(first, last)):
                out += [m for m in (first, last) if m.assertion is Assertion.PRESENT]
    return out
