"""Disease said to lie, to be back, to go on or to be involved in an organ that metastases reach: "progressive disease in the liver"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.mentions.talk import speaks_generally
from oncospan.pipeline.sentence.denials import remote
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.subjects import listed_behind, listed_to
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import reached_only, same_organ
from oncospan.types import Assertion

FLAG = "seated"
"""Marks disease that names no metastasis: it holds where the tumor began in another organ."""


def seated(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[DepositFact]:
    """The remote organs and nodes of a sentence in which disease is said to lie."""
    out = {(d.trigger.start, d.site): d for d in (*_involved(line, tumors, found), *_staged(line, found))}
    words = [m for m in line.of("sight") if m.concept == "disease"]
    words += [m for m in line.of("status") if m.concept in _COURSE and "site" not in m.attrs and not _DENIES.match(line.word(m))]
    words = [m for m in words if m.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN)]
    if not words or speaks_generally(line):
        return list(out.values())
    for word in words:
        if word.attrs.get("site"):
            out[word.start, word.attrs["site"]] = implied(line, word, None, word.assertion, FLAG)
            continue
        places = _places_of(line, word, [p for p in found if not p.test])
        for place in [*remote(line, places), *(p for p in places if p.node and not p.region)]:
            if _of_another_illness(line, place):
                continue
            out[place.start, place.site] = implied(line, word, place, word.assertion, FLAG)
    return list(out.values())


def _involved(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[DepositFact]:
    """The organs that a tumor of the sentence involves, begun where it cannot have grown into them ("breast cancer with liver involvement")."""
    strong = [t for t in tumors if not t.mention.weak and t.assertion is Assertion.PRESENT]
    named = [p for p in found if not p.test]
    out = []
    for word in line.of("status"):
        if word.concept == "involvement" and word.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN):
            places = remote(line, listed_to(line, word, named) or listed_behind(line, word, named))
            places = [p for p in places if not _grown_into(line, p)]
            if line.within["spread.by_tumor"].match(line.text, word.end - line.sentence.start):
                out += [implied(line, word, p, word.assertion, FLAG) for p in places]
            elif strong:
                out += [replace(told_by(strong[-1], p), assertion=word.assertion) for p in _come_to(line, strong, places)]
    for fact in strong:
        out += [told_by(fact, p) for p in _come_to(line, [fact], remote(line, _taken_in(line, fact, named)))]
    return out


def _grown_into(line: Line, place: Place) -> bool:
    """Whether the organ is said to be reached from beside it ("direct liver involvement")."""
    at = place.start - line.sentence.start
    return _BESIDE.search(line.text, max(0, at - 16), at) is not None


_BESIDE = re.compile(r"\b(?:direct|contiguous|local)\s\Z", re.IGNORECASE)


def _taken_in(line: Line, fact: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The list of places behind a tumor that is said to involve them ("prostate cancer involving the liver", "RCC to lung, s/p …")."""
    behind = [p for p in found if p.start >= fact.mention.end and p is not fact.place]
    if not behind:
        return []
    between = line.between(fact.mention, behind[0].mentions[0])
    gone = line.within["spread.gone_to"].search(between) is not None
    if gone and line.within["spread.end_of_course"].search(line.text[behind[0].end - line.sentence.start :]) is None:
        return []
    if not gone and line.within["spread.involving"].fullmatch(between) is None:
        return []
    return [behind[0], *listed_behind(line, behind[0].mentions[-1], behind[1:], opened=True)]


def _come_to(line: Line, strong: Sequence[TumorFact], places: Sequence[Place]) -> list[Place]:
    """The places, where the tumors cannot have grown into one of them at least, or nobody knows where they began."""
    homes = [t.place.site if t.place is not None and t.place not in places else t.mention.attrs.get("site") for t in strong]
    known = [h for h in homes if h is not None]
    if not known:
        lost = bool(strong) and any(m.concept == "unknown_primary" and m.current for m in line.of("status"))
        endocrine = any(t.mention.attrs.get("family") in _SELDOM_THERE for t in strong)
        return list(places) if lost else [p for p in places if endocrine and p.site in _SEATS]
    afar = any(reached_only(h, p.site) for p in places for h in known)
    return [p for p in places if afar and not any(same_organ(h, p.site) for h in known)]


_SELDOM_THERE = frozenset({"carcinoid", "net"})
_SEATS = frozenset({"liver", "bone", "brain"})
"""Families whose tumors hardly ever begin in the organs that they reach most ("carcinoid tumor, bilobar liver involvement")."""
_COURSE = frozenset({"recurrence", "progression", "partial_response", "stable_disease"})
"""How disease is back or goes on, told of an organ ("hepatic progression", "partial response in liver and nodes", "bone disease stable")."""
_DENIES = re.compile(r"(?:no|without|non)\b")
"""Begins the words that name what did not happen ("no progression in the liver")."""


def _of_another_illness(line: Line, place: Place) -> bool:
    """Whether the disease of the organ is named as no cancer ("metabolic bone disease stable")."""
    at = place.start - line.sentence.start
    return _ANOTHER.search(line.text, max(0, at - 16), at) is not None


_ANOTHER = re.compile(
    r"\b(?:metabolic|degenerative|mineral|chronic|fatty|alcoholic|interstitial|fibrotic|cholestatic|autoimmune|viral|polycystic|renal)\s\Z",
    re.IGNORECASE,
)


def _places_of(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The list of places behind a word that ends in "in" or the like, else the one right before it."""
    if word.attrs.get("flag") == "list":
        return _listed(line, word, found)
    opened = line.word(word).endswith(_INTO)
    return (
        listed_behind(line, word, found, opened=True)
        if opened
        else listed_to(line, word, found) or listed_behind(line, word, found)
    )


def _listed(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The places that a label lists ("Sites of disease: liver, bones")."""
    behind = [p for p in found if p.start >= word.end]
    at = line.sentence.start
    if not behind or not line.within["spread.lists"].search(line.text[word.end - at : behind[0].start - at]):
        return []
    return [behind[0], *listed_behind(line, behind[0].mentions[-1], behind[1:], opened=True)]


_STAGES = frozenset({"stage_iv", "m1"})


def _staged(line: Line, found: Sequence[Place]) -> list[DepositFact]:
    """The organs that parentheses behind a stage list, and nothing else ("stage IV colon cancer (liver, lung)", "M1 (bone)")."""
    at, out = line.sentence.start, []
    for word in line.of("metastasis"):
        if (
            word.concept in _STAGES
            and word.current
            and (aside := line.within["spread.staged"].search(line.text[word.end - at :]))
        ):
            start, end = word.end + aside.start(1), word.end + aside.end(1)
            inside = [p for p in found if start <= p.start < end]
            rest = _without(aside[1], [(p.start - start, p.end - start) for p in inside])
            if inside and line.within["spread.lists_only"].search(rest):
                out += [implied(line, word, p, word.assertion, FLAG) for p in inside if p.node or remote(line, [p])]
    return out


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with the spans blanked."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


_INTO = (" in", " within", " involving", " throughout", " the", " her", " his", " your", " my", " their")
