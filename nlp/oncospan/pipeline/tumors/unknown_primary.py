"""The words that a cancer's primary is unknown, where they speak of a cancer the patient has."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Mention, Reading
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.tumors.primary import Primary, family, generic
from oncospan.types import Assertion

_STATED = (Assertion.PRESENT, Assertion.HISTORY)
_WEAK = ("no known", "no obvious", "without known", "without a known")


def unknown_words(reading: Reading, lines: Sequence[LineFacts], primaries: Sequence[Primary] = ()) -> list[Mention]:
    """The mentions of an unknown primary; "no known primary" says nothing where no cancer is told for sure, or where its primary is."""
    told = [ln for ln in reading.lines if "low_trust" not in ln.flags]
    found = [m for ln in told for m in ln.of("status") if m.concept == "unknown_primary" and m.current]
    weak = [m for m in found if reading.text[m.start : m.end].lower().startswith(_WEAK)]
    if not weak or (_cancer(lines) and not any(p.certain for p in primaries)):
        return found
    return [m for m in found if m not in weak]


def _cancer(lines: Sequence[LineFacts]) -> bool:
    """Whether a note tells of any cancer or metastasis of the patient."""
    tumors = any(not f.mention.weak and f.assertion in _STATED for ln in lines for f in ln.tumors)
    return tumors or any(d.assertion in _STATED for ln in lines for d in ln.deposits)


def unknown_family(lines: Sequence[LineFacts]) -> str:
    """The family of the cancer whose primary is unknown: that of the last histology told."""
    facts = [f for ln in lines for f in ln.tumors if not f.mention.weak and not generic(f)]
    families = [family(f) for f in facts if f.assertion in (Assertion.PRESENT, Assertion.HISTORY)]
    return families[-1] if families else "other"
