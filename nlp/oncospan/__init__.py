"""OncoSpan reads clinical notes and tells, with the words that prove it, what they document about a patient's cancer."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from oncospan.pipeline.mentions.assertion import SpanAsserter
    from oncospan.types import Analysis, Assertion, Evidence

__all__ = ["__version__", "analyse", "assertion_of"]


def analyse(
    text: str,
    *,
    note_id: str = "note",
    setting: str = "outpatient",
    author_role: str = "provider",
    note_type: str | None = None,
    on: dt.date | str | None = None,
    net_site_policy: str = "strict_index",
    family_history_codes: str = "none",
) -> Analysis:
    """The analysis of one note: findings, codes, rejections and gaps, each with character spans of ``text``.

    ``on`` is the encounter date (a date or YYYY-MM-DD); it decides the ICD-10-CM release. Raises ValueError for a
    setting, role or policy that does not exist. What is wrong with the text itself stands in ``errors``.
    """
    from oncospan.engine import Settings, analyser_of
    from oncospan.types import AuthorRole, FamilyHistoryCodes, NetSitePolicy, Note, Setting

    day = dt.date.fromisoformat(on) if isinstance(on, str) else on
    note = Note(
        text=text, note_id=note_id, setting=Setting(setting), author_role=AuthorRole(author_role), note_type=note_type,
        note_date=day,
    )  # fmt: skip
    settings = Settings(
        net_site_policy=NetSitePolicy(net_site_policy), family_history_codes=FamilyHistoryCodes(family_history_codes)
    )  # fmt: skip
    return analyser_of(settings).analyse(note)


def assertion_of(text: str, start: int, end: int) -> tuple[Assertion, tuple[Evidence, ...]]:
    """The assertion of ``text[start:end]``, whatever its words, and the cues that decided it, by the pipeline's own rules.

    Offsets are code points, end exclusive. Raises ValueError for a span that is empty or outside the text.
    """
    return _asserter().of(text, start, end)


@lru_cache(maxsize=1)
def _asserter() -> SpanAsserter:
    from oncospan.pack import load
    from oncospan.pipeline.mentions.assertion import SpanAsserter

    return SpanAsserter(load())
