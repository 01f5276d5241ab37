"""Deposits that only a bare "tumor" or a positive sample tells of: "there was tumor on the omentum", in a patient whose tumor began elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import DESTINATIONS, remote, same_organ
from oncospan.types import Assertion

_SEEDED = frozenset({"peritoneum", "liver", "brain"})
_MESENTERY = ".mesentery"
"""Ends the rule of a place where a tumor of the gut lies beside its own organ."""
_BESIDE_LIVER = frozenset({"gallbladder", "bile_duct", "stomach", "duodenum", "pancreas", "adrenal", "kidney"})
"""Organs from which a tumor grows into the liver."""


def seeded(facts: Sequence[DepositFact], lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts, with those that a bare "tumor" or a positive sample of the peritoneum, liver or brain tells of beside a certain primary."""
    homes = [p.site for p in primaries if p.certain]
    if not homes or not all(h != "unspecified" and h not in DESTINATIONS for h in homes):
        return list(facts)
    return [*facts, *(made for ln in lines if not ln.deposits for made in (*_told(ln, homes), *_positive(ln, homes)))]


POSITIVE = "positive_sample"
"""Marks a deposit that only a positive sample tells of."""


def _positive(ln: LineFacts, homes: Sequence[str]) -> Iterator[DepositFact]:
    """The deposits of a sentence in organs whose lump or sample was positive ("peritoneal nodules were positive on frozen section")."""
    says, at = ln.line.within["spread.sample_positive"], ln.line.sentence.start
    for place in ln.places:
        if not place.test and all(_reached(h, place) for h in homes) and says.match(ln.line.text[place.end - at :]):
            yield implied(ln.line, place.mentions[-1], place, Assertion.PRESENT, POSITIVE)


def _told(ln: LineFacts, homes: Sequence[str]) -> Iterator[DepositFact]:
    for fact in ln.tumors:
        if (
            fact.mention.weak
            and fact.mention.concept == "tumor"
            and fact.assertion is Assertion.PRESENT
            and _bare(ln, fact.mention)
        ):
            place = _holding(ln, fact)
            if place is not None and all(_reached(home, place) for home in homes):
                yield replace(told_by(fact, place), tumor=None)


def _bare(ln: LineFacts, word: Mention) -> bool:
    """Whether the word means tumor as a matter, not one tumor ("tumor on the omentum", "tumor nodules")."""
    before = ln.line.text[: word.start - ln.line.sentence.start]
    bare = ln.line.within["spread.bare_tumor"].fullmatch(ln.line.word(word)) is not None
    return bare and ln.line.within["spread.known_tumor"].search(before) is None


def _holding(ln: LineFacts, fact: TumorFact) -> Place | None:
    """The place that is said to hold tumor or to be full of it ("tumor on the omentum", "tumor nodules studded the peritoneum")."""
    at, text, says = ln.line.sentence.start, ln.line.text, ln.line.within
    for place in ln.places:
        if place.test:
            continue
        if place.end <= fact.start and says["spread.full_of"].fullmatch(text, place.end - at, fact.start - at):
            return place
        if fact.mention.end <= place.start and says["spread.lies_on"].fullmatch(text, fact.mention.end - at, place.start - at):
            return place
    return None


def _reached(home: str, place: Place) -> bool:
    """Whether a tumor of that organ came to the place, and did not grow into it."""
    if place.site not in _SEEDED or place.mentions[0].rule.endswith(_MESENTERY) or same_organ(home, place.site):
        return False
    if place.site == "liver":
        return home not in _BESIDE_LIVER
    return place.site == "peritoneum" or remote(home, place.site)
