"""The organ before metastases that are named by their tumor: "cerebral melanoma metastases", "hepatic breast cancer metastasis"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact, named_by
from oncospan.sites import DESTINATIONS, REACHED, same_organ

_BEDS = frozenset({"mediastinum", "retroperitoneum"})
"""Regions that metastases reach, but tumors with a home of their own begin in as well."""
_AT_HOME = frozenset("mesothelioma cholangiocarcinoma serous_carcinoma glioma germ_cell_tumor lung_carcinoma".split())
"""Tumors that begin in several organs, of which metastases reach one."""
_UNSITED = frozenset("adenocarcinoma squamous_cell_carcinoma".split())
"""Tumors of no organ that, before "metastases", are named by it as what came there."""
_FIRST = re.compile(r"\bprimary\s\Z", re.IGNORECASE)


def seats(line: Line, trigger: Mention, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[Place]:
    """The organs right before the name of the tumor that metastases are of, where these lie there and it began elsewhere."""
    fact = next((t for t in tumors if named_by(line, t.mention, trigger)), None)
    if fact is None:
        return []
    named = [p for p in found if p.end <= fact.mention.start and not p.test and not p.node]
    home = fact.mention.attrs.get("site")
    nxt: Mention = fact.mention
    if home is None and len(named) > 1 and _right_before(line, named[-1], nxt):
        own = named.pop()  # "hepatic breast cancer metastases"
        home, nxt = own.site, own.mentions[0]
    if not named or not _right_before(line, named[-1], nxt) or not _came_there(fact, home, named[-1]):
        return []
    if _FIRST.search(line.text[: named[-1].start - line.sentence.start]):
        return []
    out = [named.pop()]
    while named and named[-1].site in REACHED and wording.joins(line.between(named[-1].mentions[-1], out[0].mentions[0])):
        out.insert(0, named.pop())
    return out


def _right_before(line: Line, place: Place, word: Mention) -> bool:
    """Whether nothing stands between the organ and the word but a blank."""
    return line.between(place.mentions[-1], word) == " "


def _came_there(fact: TumorFact, home: str | None, place: Place) -> bool:
    """Whether the organ is one that the tumor reached: another than its home, or one that a tumor of no organ is found in as a metastasis."""
    if place.site not in REACHED - _BEDS or fact.mention.concept in _AT_HOME:
        return False
    if home is not None:
        return not same_organ(home, place.site)
    endocrine = fact.mention.attrs.get("family", "other") in ("net", "carcinoid")
    return place.site in DESTINATIONS and (endocrine or fact.mention.concept in _UNSITED)
