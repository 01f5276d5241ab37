"""Operations named in a plan: they are still to come unless the words tell of the past."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from oncospan.pipeline.mentions.assertion import Decision
from oncospan.types import Assertion

_PAST = re.compile(
    r"\b(?:s/p|status[ -]post|after|since|following|had|has been|have been|was|were|underwent|history|h/o|prior|previous\w{0,2}|post-?op\w{0,9}"
    r"|recent\w{0,2}|POD|resected|removed|excised|completed|done|pathology|path|margins?|recover\w{0,4}|heal\w{0,3})\b",
    re.IGNORECASE,
)


_TO_DO = frozenset({"resect"})
"""Verbs that name an operation as something to do."""


def planned(decision: Decision, attrs: Mapping[str, str], flags: frozenset[str], sentence: str, word: str) -> Decision:
    """The decision on a mention; an operation that a plan, or a verb of what is to do, names without a word of the past is hypothetical."""
    if attrs.get("effect") != "surgery" or decision.assertion is not Assertion.PRESENT:
        return decision
    if "plan" not in flags and word.lower() not in _TO_DO:
        return decision
    return decision if _PAST.search(sentence) else replace(decision, assertion=Assertion.HYPOTHETICAL)
