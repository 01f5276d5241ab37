"""Organs "involved by" a tumor that began in another: the omentum of a report, a colon invaded from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import SAMPLES, Line, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact, deposit_at
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.sentence.whence import INVOLVED
from oncospan.sites import remote, same_organ


def involved(
    line: Line, tumors: Sequence[TumorFact], found: Sequence[Place], specimen: Place | None, claimed: dict[int, Mention]
) -> list[DepositFact]:
    """A site "involved by" a tumor of another organ: the omentum of a report, a colon invaded from outside."""
    out = []
    for fact in tumors:
        mention = fact.mention
        head = line.text[: mention.start - line.sentence.start]
        inside = line.within["site.involved_by"].search(head) is not None
        if mention.weak or not (inside or line.within["site.infiltrated_by"].search(head)):
            continue
        until = line.sentence.start + max(head.lower().rfind(" by "), head.lower().rfind(" with "))
        before = [p for p in found if p.end <= until and not p.node and not p.test]
        place = before[-1] if before else specimen
        if place is None or place.node or (not before and _OF_MARGIN.search(head)):
            continue
        inside = inside or _in_sample(line, place)
        if not ((inside and place.site in INVOLVED and not _native(fact, place)) or _from_afar(fact, place)):
            continue
        claimed[place.start] = mention
        out.append(deposit_at(line, mention, place, mention))
    return out


_OF_MARGIN = re.compile(r"\bmargins?\b[^.;:]{0,24}\s(?:involved|infiltrated)\b", re.IGNORECASE)
"""A margin that the tumor of the specimen reaches tells of no deposit in the specimen's organ."""

_WHERE_CARCINOMAS_GROW_IN = frozenset({"bone", "meninges", "diaphragm"})
"""Organs that a tumor beside them invades: a sample of them shows a metastasis only in the spine."""


def _in_sample(line: Line, place: Place) -> bool:
    """Whether a small sample of the organ is told ("Liver biopsy: infiltration by …"), in which a tumor of another organ is a deposit."""
    if place.site in _WHERE_CARCINOMAS_GROW_IN and place.subsite != "bone.spine":
        return False
    return any(m.current and m.concept in SAMPLES for m in line.of("tissue"))


def _native(fact: TumorFact, place: Place) -> bool:
    """Whether the tumor is one that begins in the organ ("liver biopsy: infiltration by hepatocellular carcinoma") or anywhere."""
    if fact.mention.concept == "mesothelioma" or fact.mention.attrs.get("family") == "hematologic":
        return True
    return same_organ(fact.mention.attrs.get("site", ""), place.site)


def _from_afar(fact: TumorFact, place: Place) -> bool:
    """Whether the words name an organ of origin from which the tumor cannot have grown into the place."""
    home = fact.place.site if fact.place is not None and fact.place.start != place.start else fact.mention.attrs.get("site")
    return home is not None and remote(home, place.site)
