"""Where a metastatic tumor of no named site went: to the organs of the lesions that the note tells of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import MOST_REACHED, SEATS, same_organ
from oncospan.types import Assertion


def seat(deposits: Sequence[Deposit], lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[Deposit]:
    """The deposits; those stated without a site lie at the lesions, where the note names a metastatic tumor but no place it went to."""
    stated = [d for d in deposits if d.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN, Assertion.HISTORY)]
    if len(stated) != 1 or stated[0].site != "unspecified" or stated[0].assertion is not Assertion.PRESENT:
        return list(deposits)
    open_ = stated[0]
    denied = {d.site: d.facts[-1].trigger.start for d in deposits if d.assertion is Assertion.ABSENT}
    known = {d.site for d in deposits} - {*denied}
    found: dict[str, Place] = {}
    for place in (*_beside(open_, lines), *_lesions(lines)):
        if (
            place.site not in known
            and denied.get(place.site, -1) < place.start
            and not any(same_organ(p.site, place.site) for p in primaries)
        ):
            found.setdefault(place.site, place)
    if not found:
        return list(deposits)
    seated = [Deposit(site=site, facts=[f.lying(place) for f in open_.stating]) for site, place in found.items()]
    return [*(d for d in deposits if d is not open_ and d.site not in found), *seated]


_WITH = re.compile(r"\bwith\b[^.;:]{0,60}\Z", re.IGNORECASE)
"""Ends right before the one lesion that a metastatic tumor is told with ("oligometastatic lung cancer with a single brain lesion")."""


def _beside(deposit: Deposit, lines: Sequence[LineFacts]) -> Iterator[Place]:
    """The organs of a lesion that the sentence of a metastatic tumor sets beside it."""
    for fact in deposit.facts:
        own = next((ln for ln in lines if ln.line is fact.line), None)
        for tumor in own.tumors if own is not None else ():
            place, mention = tumor.place, tumor.mention
            if place is None or place.site not in SEATS or not mention.weak or mention.concept != "lesion":
                continue
            start = min(place.start, mention.start)
            between = fact.line.text[fact.trigger.end - fact.line.sentence.start : start - fact.line.sentence.start]
            benign = any(m.attrs.get("behavior") == "benign" for m in tumor.details)
            if tumor.assertion is Assertion.PRESENT and not benign and _WITH.search(between):
                yield place


def _lesions(lines: Sequence[LineFacts]) -> Iterator[Place]:
    """The remote organs that hold several lesions which nobody calls harmless or doubts."""
    for facts in lines:
        if "low_trust" in facts.line.flags or any(m.concept == "benign_tumor" for m in facts.line.of("tumor")):
            continue
        for tumor in facts.tumors:
            place = tumor.place
            if (
                place is None
                or place.site not in MOST_REACHED
                or not tumor.mention.weak
                or tumor.assertion is not Assertion.PRESENT
            ):
                continue
            if facts.line.within["spread.several"].search(facts.line.word(tumor.mention)) and not any(
                m.attrs.get("behavior") == "benign" for m in tumor.details
            ):
                yield place
