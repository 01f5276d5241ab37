"""The organs a denial is said of: "the lungs and the skeleton are clear of metastases", "liver, adrenals: no metastasis"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.types import Assertion, Evidence

_BORDER = re.compile(r"[.;:\n]\s|,\s|\b(?:and|but|while|whereas|although)\s(?=the\b)")
"""Where a clause begins: a list of its own before the border would have gone on to the place behind a comma."""


def subjects(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The places that a denied word is denied of, all of them named before the denial."""
    cues = [c for c in word.cues if c.end <= word.start]
    if word.assertion is not Assertion.ABSENT or not cues:
        return []
    start = line.sentence.start
    cue = max(cues, key=lambda c: c.start)
    before = [p for p in found if p.end <= cue.start]
    if not before or not line.within["site.denied_what"].search(line.text[cue.end - start : word.start - start]):
        return []
    return listed_before(line, cue.start, before) or _of_lump(line, cue, before[-1])


def _of_lump(line: Line, cue: Evidence, place: Place) -> list[Place]:
    """The organ of the lump that is said to be none ("the 8 mm lung nodule is not thought to be a metastasis").

    What goes with a lump is denied elsewhere ("an adrenal mass, with no evidence of metastasis").
    """
    start = line.sentence.start
    between = line.text[place.end - start : cue.start - start]
    if cue.text.lower().startswith("with") and line.within["site.bare_lump"].fullmatch(between):
        return []
    return [place] if line.within["site.lump_is"].search(between) else []


def listed_before(line: Line, at: int, found: Sequence[Place]) -> list[Place]:
    """The list of places that opens its clause and of which the words from ``at`` (an offset in the note) on are said."""
    start = line.sentence.start
    before = [p for p in found if p.end <= at]
    if not before or not line.within["site.copula"].search(line.text[before[-1].end - start : at - start]):
        return []
    out = [before[-1]]
    for place in reversed(before[:-1]):
        gap = wording.bare(line, place.mentions[-1], out[0].mentions[0], "side")
        if ";" in gap or not wording.lists(gap):
            break
        out.insert(0, place)
    return out if _opens(line, out[0].start - start) else []


_REACH = 60
_LABEL = re.compile(r"\W{0,3}(?:[A-Z0-9]{1,3}(?:[.):]|\s?-)\s{0,3})?(?:(?:left|right|the)\W{1,3}){0,2}", re.IGNORECASE)


def labelled(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The list of places that is the label of the field in which the word stands ("Liver and lungs: congestion, no metastasis")."""
    out = [p for p in found[:1] if p.end <= word.start <= p.end + _REACH and _labels(line, p, word)]
    for place in found[1:] if out else ():
        gap = wording.bare(line, out[-1].mentions[-1], place.mentions[0], "side")
        if place.start < out[-1].end or place.end > word.start or ":" in gap or not wording.lists(gap):
            break
        out.append(place)
    return out


def _labels(line: Line, place: Place, word: Mention) -> bool:
    """Whether the place opens a field in which the word stands ("Adrenal gland: hyperplasia, negative for malignancy").

    A tumor before the colon makes it the name of an illness ("Colon cancer: no metastases").
    """
    at = line.sentence.start
    field = line.text[place.end - at : word.start - at]
    colon = place.end + field.find(":")
    if any(m.end <= colon and (not m.weak or m.concept == "tumor") for m in line.of("tumor")):
        return False
    return _LABEL.fullmatch(line.text[: place.start - at]) is not None and field.count(":") == 1 and ". " not in field


def tests_beside(line: Line, first: Place, found: Sequence[Place]) -> list[Place]:
    """The organs of tests listed right before the first place of a denial ("bone scan and cerebral MRI without …")."""
    before = [(p, test) for p in found if p.end <= first.start and (test := test_of(line, p)) is not None]
    out: list[Place] = []
    nxt = first
    while before and wording.joins(line.between(before[-1][1], nxt.mentions[0])):
        nxt = before.pop()[0]
        out.insert(0, nxt)
    return out


def test_of(line: Line, place: Place) -> Mention | None:
    """The test that looks at a place: the one that names it, or the one right behind it ("liver ultrasound")."""
    if place.test:
        return place.mentions[-1]
    return next((m for m in line.of("imaging") if 0 <= m.start - place.end <= 1), None)


def listed_to(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The list of places that ends right before the word ("hepatic, osseous or nodal uptake")."""
    before = [p for p in found if p.end <= word.start]
    out: list[Place] = []
    if word.attrs.get("site"):
        tied = bool(before) and wording.joins(line.between(before[-1].mentions[-1], word))
    else:
        tied = bool(before) and line.within["site.quality"].search(line.between(before[-1].mentions[-1], word)) is not None
    while tied:
        out.insert(0, before.pop())
        tied = bool(before) and wording.joins(wording.bare(line, before[-1].mentions[-1], out[0].mentions[0], "side"))
    return out


def listed_behind(line: Line, word: Mention, found: Sequence[Place], opened: bool = False) -> list[Place]:
    """The list of places that follows the word ("uptake in the liver, nodes or bones")."""
    out: list[Place] = []
    last = word
    for place in [p for p in found if p.start >= word.end]:
        gap = wording.bare(line, last, place.mentions[0], "side")
        if out or opened:
            if not wording.lists(gap):
                break
        elif line.within["site.inside"].search(gap) is None and line.within["site.in_particular"].search(gap) is None:
            break
        out.append(place)
        last = place.mentions[-1]
    return out


def listed_from(line: Line, behind: Sequence[Place]) -> list[Place]:
    """The first of the places, which is known to be meant, and those that its list goes on with."""
    return [behind[0], *listed_behind(line, behind[0].mentions[-1], behind[1:], opened=True)]


def _opens(line: Line, at: int) -> bool:
    """Whether the place that begins at ``at`` in the sentence is the first word of its clause, a test before it aside."""
    head = _without_tests(line, at)
    borders = [m.end() for m in _BORDER.finditer(head)]
    return line.within["site.opening"].search(head[borders[-1] if borders else 0 :]) is not None


def _without_tests(line: Line, at: int) -> str:
    """The sentence up to ``at``, the names of tests blanked ("Ultrasound of the liver showed no …")."""
    head, start = line.text[:at], line.sentence.start
    for test in line.of("imaging"):
        if test.end - start <= at:
            head = head[: test.start - start] + " " * (test.end - test.start) + head[test.end - start :]
    return head
