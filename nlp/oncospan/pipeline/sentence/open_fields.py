"""Fields of a report whose name is a metastasis word, left open or denied: "Distant metastasis (pM): not applicable"."""

from __future__ import annotations

import re

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.types import Assertion

_FIELD = re.compile(r"\s*+(?:[({\[][^(){}\[\]\n]{0,20}[)}\]]\s*+)?(?::|\.{3,}|_{2,})[\s._]*+([^\n]{0,40})")


def open_field(line: Line, trigger: Mention) -> bool:
    """Whether the word is the name of a report field that is left open or denied ("Distant metastasis (pM): not applicable")."""
    if line.says("site.field_name") or line.within["site.field_empty"].match(line.text, trigger.end - line.sentence.start):
        return True
    field_ = _FIELD.match(line.text, trigger.end - line.sentence.start)
    head = _BLANK.split(line.text[: trigger.start - line.sentence.start])[-1]
    if field_ is None or head.strip(" \t-*\u2022.0123456789)").lower() not in _FIELD_OPENERS:
        return False
    value = field_[1]
    named = any(field_.start(1) <= m.start - line.sentence.start < field_.end(1) for m in line.of("site"))
    if line.within["site.field_denied"].search(value):
        return trigger.assertion is not Assertion.ABSENT
    return not (named or line.within["site.field_filled"].search(value))


_BLANK = re.compile(r"(?<!_)_{2,}+\s{1,20}")
"""The end of a printed line that holds the answer to the field before."""
_FIELD_OPENERS = frozenset({"", "distant", "regional", "lymph node", "lymph nodes", "regional lymph node", "nodal", "extent of"})
