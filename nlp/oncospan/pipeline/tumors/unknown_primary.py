"""The words that a cancer's primary is unknown, where they speak of a cancer the patient has."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import STATED, Line, Mention, Reading
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.origin_word import found_out
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, Primary, family, generic
from oncospan.sites import same_organ
from oncospan.types import Assertion

_SEATED = frozenset({"carcinoid", "net"})
_SOUGHT = ("found", "identified", "located", "localized", "localised", "visualized", "visualised", "seen")
"""Families whose origin is told without the tumor being seen ("midgut carcinoid, the primary was never found"), and how its search ends."""

_WEAK = ("no known", "no obvious", "no primary", "no definite", "no discernible", "without known", "without a known")


def unknown_words(reading: Reading, lines: Sequence[LineFacts], primaries: Sequence[Primary] = ()) -> list[Mention]:
    """The mentions of an unknown primary; none is left once it is told where the primary was found.

    "No primary found" says nothing where no cancer is told for sure, or where its primary is.
    """
    told = ((ln, m) for ln, m in reading.told("status") if m.concept == "unknown_primary" and m.current)
    late = max((f.start for p in primaries if p.certain for f in p.facts if found_out(f)), default=-1)
    came = [f for p in primaries if p.certain for f in p.strong[:1] if _may_be_it(f, p)]
    found = [
        m for ln, m in told if "low_trust" not in ln.flags and m.start > late and not any(_later(lines, ln, f) for f in came)
    ]
    seated = any(p.certain and not _SEATED.isdisjoint(p.families()) for p in primaries)
    if seated and unknown_family(unknown_facts(lines)) in _SEATED:
        found = [m for m in found if not reading.text[m.start : m.end].lower().endswith(_SOUGHT)]
    weak = [m for m in found if reading.text[m.start : m.end].lower().startswith(_WEAK)]
    if not weak or (_cancer(lines) and not any(p.certain for p in primaries)):
        return found
    return [m for m in found if m not in weak]


def _may_be_it(fact: TumorFact, primary: Primary) -> bool:
    """Whether the first words for a primary may tell of the one that was sought: a cancer of now, of no other kind than another tumor."""
    of_now = fact.assertion is Assertion.PRESENT and not generic(fact) and not {"history", "low_trust"} & fact.line.flags
    return of_now and not same_organ(primary.site, "skin") and fact.line.says("tumor.another") is None


def _later(lines: Sequence[LineFacts], line: Line, fact: TumorFact) -> bool:
    """Whether a primary is told behind the sentence that knows none, and the words between say that it was looked for anew."""
    if fact.line.index <= line.index:
        return False
    between = [ln.line for ln in lines if line.index <= ln.line.index <= fact.line.index]
    endocrine = family(fact) in NEUROENDOCRINE and family(fact) != "medullary_thyroid"
    return any(ln.says("tumor.sought_anew") for ln in between) or (endocrine and any(_taken_out(ln) for ln in between[1:]))


def _taken_out(line: Line) -> bool:
    """Whether a sentence tells of an operation done, which finds what it takes out ("ileal resection demonstrated a carcinoid")."""
    return any(m.attrs.get("effect") == "surgery" and m.assertion is Assertion.PRESENT for m in line.of("treatment"))


def _cancer(lines: Sequence[LineFacts]) -> bool:
    """Whether a note tells of any cancer or metastasis of the patient."""
    tumors = any(not f.mention.weak and f.assertion in STATED for ln in lines for f in ln.tumors)
    return tumors or any(d.assertion in STATED for ln in lines for d in ln.deposits)


def unknown_facts(lines: Sequence[LineFacts]) -> list[TumorFact]:
    """The words for the cancer whose primary is unknown: those of the family of the last histology told."""
    told = [f for ln in lines for f in ln.tumors if not f.mention.weak and not generic(f) and f.assertion in STATED]
    return [f for f in told if _kin(f) == _kin(told[-1])]


def unknown_family(facts: Sequence[TumorFact]) -> str:
    """The family of the cancer of such words: a carcinoma called poorly differentiated once is so where it is named again."""
    families = [family(f) for f in facts]
    if _POOR in families:
        return _POOR
    return families[-1] if families else "other"


_POOR = "nec_poorly_differentiated"


def _kin(fact: TumorFact) -> str:
    """The family of a word, with the carcinomas of neuroendocrine cells as one."""
    name = family(fact)
    return "nec" if name == _POOR else name
