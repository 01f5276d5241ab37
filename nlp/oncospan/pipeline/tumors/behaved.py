"""What a later sentence says of the behavior of the one endocrine tumor a note tells ("The tumor was benign.")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oncospan.pipeline.sentence.behavior import behaviors
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion

_OPEN = frozenset({"carcinoid", "net", "islet_cell", "adrenal_paraganglia"})
"""Families whose names leave the behavior open."""
_SOON = 6
"""How many sentences behind a word for the tumor its behavior may be told."""
_WORDS = frozenset({"tumor", "neoplasm", "lesion", "mass"})


def tell_behavior(primaries: Sequence[Primary], facts: Sequence[TumorFact]) -> None:
    """Let the one endocrine tumor of a note take in the sentences that say how it behaved, where its own words leave that open."""
    if len(primaries) != 1 or not primaries[0].certain or primaries[0].family not in _OPEN or behaviors(primaries[0].facts):
        return
    for fact in list(_said_of(primaries[0], facts)):
        primaries[0].add(fact)


def _said_of(primary: Primary, facts: Sequence[TumorFact]) -> Iterator[TumorFact]:
    """The facts that call the tumor benign, malignant or uncertain without naming it."""
    lines = [f.line.index for f in primary.facts]
    for fact in facts:
        if not fact.mention.weak or fact.mention.concept not in _WORDS or fact.assertion is not Assertion.PRESENT:
            continue
        before = [f for f in facts if f.start < fact.start]
        if any(f.place is not None and not same_organ(f.place.site, primary.site) for f in (fact, *before[-1:])):
            continue
        near = any(0 <= fact.line.index - index <= _SOON for index in lines)
        if near and behaviors([fact]) and _called(fact):
            yield fact


def _called(fact: TumorFact) -> bool:
    """Whether the word is the subject of what is said of its behavior ("the tumor was regarded as malignant")."""
    line, word = fact.line, fact.mention
    before = line.text[: word.start - line.sentence.start]
    return line.within["tumor.known_one"].search(before) is not None and any(
        d.start >= word.end and line.within["tumor.behaved"].fullmatch(line.between(word, d)) is not None
        for d in fact.details
        if d.category == "behavior"
    )
