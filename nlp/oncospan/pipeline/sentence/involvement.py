"""Organs told without a word of metastasis as reached by the tumor of the sentence: involved, gone to, or listed behind its stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.denials import remote
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.seated import FLAG
from oncospan.pipeline.sentence.subjects import listed_behind, listed_from, listed_to
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import MOST_REACHED, reached_only, same_organ
from oncospan.types import Assertion


def involvement(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[DepositFact]:
    """The organs that a tumor of the sentence is said to involve or to have gone to, begun where it cannot have grown into them ("breast cancer with liver involvement")."""
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
        taken = _taken_in(line, fact, named)
        home = fact.mention.attrs.get("site")
        there = _come_to(line, [fact], remote(line, taken))
        if home in _SHEDS and taken and not there and _diseased(line, taken):
            there = [p for p in taken if not same_organ(p.site, home)]
        out += [told_by(fact, p) for p in there]
    return out


def _grown_into(line: Line, place: Place) -> bool:
    """Whether the organ is said to be reached from beside it ("direct liver involvement")."""
    at = place.start - line.sentence.start
    return line.within["spread.from_beside"].search(line.text, max(0, at - 16), at) is not None


def _taken_in(line: Line, fact: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The list of places behind a tumor that is said to involve them ("prostate cancer involving the liver", "RCC to lung, s/p …")."""
    behind = [p for p in found if p.start >= fact.mention.end and p is not fact.place]
    if not behind:
        return []
    home = fact.place.end if fact.place is not None and fact.how == "after" else fact.mention.end
    at = line.sentence.start
    between = line.text[max(home, fact.mention.end) - at : behind[0].start - at]
    if line.within["spread.diseased"].fullmatch(between):
        return _diseased(line, listed_from(line, behind))
    gone = line.within["spread.gone_to"].search(between) is not None
    if gone and line.within["spread.end_of_course"].search(line.text[behind[0].end - line.sentence.start :]) is None:
        return []
    if not gone and line.within["spread.involving"].fullmatch(between) is None:
        return []
    return listed_from(line, behind)


_SHEDS = frozenset({"skin", "kidney", "thyroid", "testis"})
"""Homes by histology of tumors that reach organs and nodes anywhere."""


_TELLING = frozenset({"bone", "brain", "peritoneum", "pleura", "meninges", "adrenal"})
"""Organs whose "disease" beside a cancer is no other illness."""


def _diseased(line: Line, places: list[Place]) -> list[Place]:
    """The organs of a tumor "with hepatic and osseous disease": several, or one that has no common illness of that name."""
    if line.within["spread.disease"].match(line.text, places[-1].end - line.sentence.start) is None:
        return []
    return places if len(places) > 1 or places[0].site in _TELLING else []


def _come_to(line: Line, strong: Sequence[TumorFact], places: Sequence[Place]) -> list[Place]:
    """The places, where the tumors cannot have grown into one of them at least, or nobody knows where they began."""
    homes = [t.place.site if t.place is not None and t.place not in places else t.mention.attrs.get("site") for t in strong]
    known = [h for h in homes if h is not None]
    if not known:
        lost = bool(strong) and any(m.concept == "unknown_primary" and m.current for m in line.of("status"))
        endocrine = any(t.mention.attrs.get("family") in _SELDOM_THERE for t in strong)
        return list(places) if lost else [p for p in places if endocrine and p.site in MOST_REACHED]
    afar = any(reached_only(h, p.site) for p in places for h in known)
    return [p for p in places if afar and not any(same_organ(h, p.site) for h in known)]


_SELDOM_THERE = frozenset({"carcinoid", "net"})
"""Families whose tumors hardly ever begin in the organs that they reach most ("carcinoid tumor, bilobar liver involvement")."""


_STAGES = frozenset({"stage_iv", "m1"})


def staged(line: Line, found: Sequence[Place]) -> list[DepositFact]:
    """The organs that parentheses, a colon or a dash behind a stage list, and nothing else ("stage IV colon cancer (liver, lung)", "M1 (bone)").

    A tumor whose name holds its organ lists the others so without a stage ("mCRC (liver, lung)").
    """
    out: list[DepositFact] = []
    for word in line.of("metastasis"):
        if word.concept in _STAGES and word.current:
            out += _listed_aside(line, word, "spread.staged", found)
        elif word.concept == "metastasis" and word.current:
            out += _listed_aside(line, word, "spread.metastatic_at", found)
    for word in line.of("tumor"):
        if word.current and (home := word.attrs.get("site")) is not None:
            aside = _listed_aside(line, word, "spread.aside_tumor", found)
            out += aside if not any(same_organ(home, d.site) for d in aside) else []
    return out


def _listed_aside(line: Line, word: Mention, signal: str, found: Sequence[Place]) -> list[DepositFact]:
    """The organs that metastases reach in the group of a signal that matches behind a word, if it holds nothing but organs."""
    aside = line.within[signal].search(line.text[word.end - line.sentence.start :])
    if aside is None or aside.lastindex is None:
        return []
    start, end = word.end + aside.start(aside.lastindex), word.end + aside.end(aside.lastindex)
    inside = [p for p in found if start <= p.start < end and not p.test]
    rest = _without(aside[aside.lastindex], [(p.start - start, p.end - start) for p in inside])
    if not inside or not line.within["spread.lists_only"].search(rest):
        return []
    return [implied(line, word, p, word.assertion, FLAG) for p in inside if p.node or remote(line, [p])]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with the spans blanked."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
