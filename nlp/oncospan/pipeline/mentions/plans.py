"""Operations named in a plan: they are still to come unless the words tell of the past."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.types import Assertion

_TO_DO = frozenset({"resect"})
"""Verbs that name an operation as something to do."""


def to_come(line: Line) -> Sequence[Mention]:
    """The operations that a plan, or a verb of what is to do, names without a word of the past."""
    plan = "plan" in line.flags
    named = [
        m
        for m in line.of("treatment")
        if m.attrs.get("effect") == "surgery" and m.assertion is Assertion.PRESENT and (plan or line.word(m) in _TO_DO)
    ]
    return () if named and line.says("course.done") else named
