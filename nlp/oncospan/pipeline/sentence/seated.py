"""Disease said to lie, to be back or to go on in an organ that metastases reach: "progressive disease in the liver"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.mentions.talk import speaks_generally
from oncospan.pipeline.sentence.denials import remote
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.subjects import listed_behind, listed_from, listed_to
from oncospan.types import Assertion

FLAG = "seated"
"""Marks disease that names no metastasis: it holds where the tumor began in another organ."""


def seated(line: Line, found: Sequence[Place]) -> list[DepositFact]:
    """The remote organs and nodes of a sentence in which disease is said to lie."""
    out: dict[tuple[int, str], DepositFact] = {}
    words = [m for m in line.of("sight") if m.concept == "disease"]
    words += [m for m in line.of("status") if m.concept in _COURSE and "site" not in m.attrs and not _DENIES.match(line.word(m))]
    words = [m for m in words if m.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN)]
    if not words or speaks_generally(line):
        return []
    for word in words:
        if word.attrs.get("site"):
            out[word.start, word.attrs["site"]] = implied(line, word, None, word.assertion, FLAG)
            continue
        places = _places_of(line, word, [p for p in found if not p.test])
        for place in [*remote(line, places), *(p for p in places if p.node and not p.region)]:
            if _of_another_illness(line, place) or _in_its_bed(line, word, place):
                continue
            out[place.start, place.site] = implied(line, word, place, word.assertion, FLAG)
    return list(out.values())


_COURSE = frozenset({"recurrence", "progression", "partial_response", "stable_disease"})
"""How disease is back or goes on, told of an organ ("hepatic progression", "partial response in liver and nodes", "bone disease stable")."""
_DENIES = re.compile(r"(?:no|without|non)\b")
"""Begins the words that name what did not happen ("no progression in the liver")."""


def _in_its_bed(line: Line, word: Mention, place: Place) -> bool:
    """Whether disease is back where the tumor was taken out ("local recurrence", "in the left adrenal bed")."""
    start, end = place.start - line.sentence.start, place.end - line.sentence.start
    bed = line.within["spread.in_bed"]
    named = bed.search(line.text, start, end) or bed.match(line.text, end)
    return line.word(word).startswith("loc") or named is not None


def _of_another_illness(line: Line, place: Place) -> bool:
    """Whether the disease of the organ is named as no cancer ("metabolic bone disease stable")."""
    at = place.start - line.sentence.start
    return line.within["spread.other_illness"].search(line.text, max(0, at - 16), at) is not None


def _places_of(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The list of places behind a word that ends in "in" or the like, else the one right before it."""
    if word.attrs.get("flag") == "list":
        return _listed(line, word, found)
    if line.word(word).endswith(_INTO):
        return listed_behind(line, word, found, opened=True)
    tumor = next((t for t in line.of("tumor") if not t.weak and _OF_TUMOR.fullmatch(line.between(word, t))), None)
    behind = listed_behind(line, tumor, found) if tumor is not None else []  # "recurrence of the sarcoma in the lung"
    return behind or _newly_there(line, word, found) or listed_to(line, word, found) or listed_behind(line, word, found)


def _newly_there(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The organs where the disease is said to be back or to go on, listed or by new lumps ("progression with new liver lesions")."""
    behind = [p for p in found if p.start >= word.end]
    if not behind:
        return []
    listed, at = listed_from(line, behind), line.sentence.start
    gap = line.text[word.end - at : behind[0].start - at]
    if line.within["spread.new_lumps_in"].fullmatch(gap) or line.within["spread.back_at"].fullmatch(gap):
        return listed
    back = word.concept == "recurrence" and line.within["spread.back_as"].fullmatch(gap) is not None
    named = back or line.within["spread.new"].fullmatch(gap) is not None
    return listed if named and line.within["spread.lumps"].match(line.text, listed[-1].end - at) else []


def _listed(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The places that a label lists ("Sites of disease: liver, bones")."""
    behind = [p for p in found if p.start >= word.end]
    at = line.sentence.start
    if not behind or not line.within["spread.lists"].search(line.text[word.end - at : behind[0].start - at]):
        return []
    return listed_from(line, behind)


_OF_TUMOR = re.compile(r" of (?:(?!in\b|at\b|to\b)[\w-]{1,14} ){0,3}", re.IGNORECASE)
_INTO = (" in", " within", " involving", " throughout", " the", " her", " his", " your", " my", " their")
