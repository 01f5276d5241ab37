"""Metastases only asked about on the request of a report, where the report names the primary tumor that it found instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.pipeline.tumors.primary import Primary, family
from oncospan.sites import same_organ
from oncospan.types import Assertion

_REQUEST = frozenset({"clinical_history", "indication", "history", "preoperative_diagnosis"})
"""Sections that tell what a report was asked for."""
_ANSWER = frozenset({"diagnosis", "final_diagnosis", "impression", "interpretation", "synoptic", "conclusion"})
"""Sections that tell what it found."""
_WEIGHED = re.compile(r"\b(?:vs|versus|or)\b", re.IGNORECASE)


def without_asked(deposits: Sequence[Deposit], primaries: Sequence[Primary]) -> list[Deposit]:
    """The deposits without those that a request weighs against a primary tumor that the report found ("HCC vs metastases … hepatocellular carcinoma").

    Those only asked about are denied where the report answers that there are none ("r/o liver metastases … no metastases").
    """
    found = [f for p in primaries for f in p.facts if f.assertion is Assertion.PRESENT and _section(f.line) in _ANSWER]
    nowhere = any(
        f.assertion is Assertion.ABSENT and _section(f.line) in _ANSWER
        for d in deposits
        if d.site == "unspecified"
        for f in d.facts
    )
    if nowhere and all(d.assertion in (Assertion.ABSENT, Assertion.UNCERTAIN) for d in deposits):
        for deposit in deposits:
            deposit.refuted |= all(f.assertion is Assertion.UNCERTAIN and _section(f.line) in _REQUEST for f in deposit.facts)
    return [d for d in deposits if not (d.facts and all(_answered(d, f.line, found, f.assertion) for f in d.facts))]


def _section(line: Line) -> str | None:
    """The name of the section a sentence stands in."""
    return line.section.name if line.section is not None else None


def _answered(deposit: Deposit, line: Line, found: Sequence[TumorFact], assertion: Assertion) -> bool:
    """Whether a metastasis is weighed against what the report found in that organ later, or on a request against a tumor of that kind."""
    if assertion is not Assertion.UNCERTAIN or _WEIGHED.search(line.text) is None:
        return False
    there = [f for f in found if same_organ(site_of(f)[0] or "", deposit.site)]
    if _section(line) not in _REQUEST:
        named = {m.concept for m in line.of("tumor") if not m.weak}
        return _section(line) not in _ANSWER and any(f.mention.concept in named and f.start > line.sentence.start for f in there)
    kinds = {m.attrs.get("family") for m in line.of("tumor") if not m.weak}
    return bool(there) or (deposit.site == "unspecified" and any(family(f) in kinds - {"other", None} for f in found))
