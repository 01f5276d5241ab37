"""Organs and nodes in which no disease is seen: "no uptake in the liver", "bones without avid lesion", "adrenals free"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.denials import remote
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.subjects import listed_before, listed_behind, listed_to, subjects
from oncospan.types import Assertion

FLAG = "unseen"
"""Marks a denial that only says nothing was seen: it holds where no tumor began there and nothing else is said of the site."""

_LUMPS = frozenset({"lesion", "nodule"})
_SCANNED = frozenset({"bone"})
"""Organs whose scan is made to search for deposits, so that a negative one denies them."""
_EXAMINED = frozenset({"physical_exam", "review_of_systems", "vital_signs", "social_history", "family_history"})


def unseen(line: Line, found: Sequence[Place]) -> list[DepositFact]:
    """The remote organs and nodes of a sentence in which nothing is seen."""
    out: dict[tuple[int, str], DepositFact] = {}
    for word in _words(line):
        if word.attrs.get("site"):
            fact = implied(line, word, None, Assertion.ABSENT, FLAG)
            out[word.start, fact.site] = fact
        places = _places_of(line, word, found)
        organs = [p for p in remote(line, places) if p.site != "bone" or line.of("imaging") or word.concept != "free"]
        organs += [p for p in places if organs and word.concept == "shown" and p.site == "mediastinum"]
        for place in [*organs, *(p for p in places if p.node and word.concept not in _LUMPS)]:
            out[place.start, place.site] = implied(line, word, place, Assertion.ABSENT, FLAG)
    for place in found:
        if place.test and place.site in _SCANNED and _scan_free(line, place):
            out[place.start, place.site] = implied(line, place.mentions[0], place, Assertion.ABSENT, FLAG)
        if (
            place.node
            and not place.test
            and place.assertion is Assertion.ABSENT
            and _denied_before(line, place)
            and _no_node(line, place)
        ):
            out[place.start, place.site] = implied(line, place.mentions[0], place, Assertion.ABSENT, FLAG)
    return list(out.values()) if out and not _examined(line) else []


def _scan_free(line: Line, place: Place) -> bool:
    """Whether the scan that names the place was negative, not only to be so."""
    at = line.sentence.start
    free = line.within["site.scan_free"].match(line.text, place.end - at) is not None
    return free and _WISHED.search(line.text, 0, place.start - at) is None


_WISHED = re.compile(r"\b(?:if|once|until|unless|when|whether|should|provided|pending)\b", re.IGNORECASE)


def _examined(line: Line) -> bool:
    """Whether the sentence tells of an examination by hand."""
    by_hand = line.says("site.by_hand") is not None
    under = line.section is not None and line.section.name in _EXAMINED
    return by_hand or (under and not line.of("imaging") and not any(m.concept == "shown" for m in line.of("sight")))


def _words(line: Line) -> list[Mention]:
    """The words of the sentence that deny a sight: uptake, lesions or deposits not seen, organs found normal."""
    sights = line.of("sight")
    out = [m for m in sights if m.concept in ("free", "nothing") and m.assertion in (Assertion.PRESENT, Assertion.ABSENT)]
    if not any(m.assertion is Assertion.ABSENT for m in line.mentions):
        return out
    shown = [m for m in sights if m.concept == "shown"]
    shown += [m for m in line.of("tumor") if m.weak and m.concept in _LUMPS and _avid(line, m)]
    shown += [m for m in line.of("metastasis") if m.concept == "spread" and m.attrs.get("direction") != "to"]
    shown += [m for m in line.of("status") if m.concept == "involvement"]
    shown += [m for m in line.of("imaging") if line.word(m).endswith("uptake")]
    return out + [m for m in shown if m.assertion is Assertion.ABSENT and _not_seen(line, m)]


def _avid(line: Line, lump: Mention) -> bool:
    """Whether a lesion of the kind that metastases are is denied ("no avid lesion"), not any lesion."""
    opened = max((c.end for c in lump.cues if c.end <= lump.start), default=lump.start)
    return line.within["site.avid"].search(line.text, opened - line.sentence.start, lump.end - line.sentence.start) is not None


def _not_seen(line: Line, word: Mention) -> bool:
    """Whether the word is denied as a thing to be seen, not as something told or remembered."""
    signals = line.signals
    cues = [c.text for c in word.cues if c.end <= word.start or signals["site.denied_behind"].search(c.text)]
    return any(signals["site.denies"].search(c) for c in cues) and not any(signals["site.told"].search(c) for c in cues)


def _places_of(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The places in which the word says that nothing is seen."""
    named = [p for p in found if not p.test]
    if word.concept == "nothing":
        return listed_behind(line, word, named, line.word(word).endswith(_OPENING))
    if word.concept == "free":
        return listed_to(line, word, named) if word.attrs.get("site") else listed_before(line, word.start, named)
    opened = min((c.end for c in word.cues if c.end <= word.start), default=None)
    before = [p for p in listed_to(line, word, named) if opened is not None and (p.start >= opened or _neither(p))]
    return before or listed_behind(line, word, named) or subjects(line, word, named) or subjects(line, word, _tests(found))


_OPENING = ("in", "the", "her", "his", "negative", "uninvolved", "tumor-free")


def _neither(place: Place) -> bool:
    """Whether the place opens a denied pair ("neither the liver nor the peritoneum was involved")."""
    return any(c.text.lower() == "neither" for c in place.mentions[0].cues)


def _tests(found: Sequence[Place]) -> list[Place]:
    """The organs that only a test names ("the bone scan did not show any uptake")."""
    return [p for p in found if p.test]


def _denied_before(line: Line, place: Place) -> bool:
    """Whether the place is denied by a "no" before it, not by "not of the …"."""
    return any(c.end <= place.start and line.signals["site.denied_before"].search(c.text) for c in place.mentions[0].cues)


def _no_node(line: Line, place: Place) -> bool:
    """Whether avid nodes are denied, not merely nodes or enlarged ones."""
    opened = max((c.end for c in place.mentions[0].cues if c.end <= place.start), default=place.start)
    return line.within["site.avid"].search(line.text, opened - line.sentence.start, place.start - line.sentence.start) is not None
