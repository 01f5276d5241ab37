"""Cancers told in an organ where none of their kind begins, as the deposits they are: "RCC in the right femur", "prostate cancer in the ribs"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.biopsy_proven import ANYWHERE, BARREN, ELSEWHERE_TOO, GROWN_INTO
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.subjects import listed_behind
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.clear_cell import clear_cells
from oncospan.pipeline.tumors.found_first import found_first
from oncospan.pipeline.tumors.lumps import changed_organ, one_lump, told_before
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family
from oncospan.pipeline.tumors.told_again import AGAIN, told_again
from oncospan.sites import guest_in, reached_only, same_organ
from oncospan.types import Assertion

_NEVER_OF_SKIN = frozenset("kidney liver thyroid prostate pancreas adrenal testis ovary uterus bladder stomach colon".split())
"""Homes of histologies that begin nowhere else, above all not in the skin."""


def under_skin(fact: TumorFact, lines: Sequence[LineFacts]) -> list[TumorFact]:
    """The fact as a deposit in the skin, where a tumor of an inner organ is told of it ("RCC in a scalp nodule", "scalp nodule; path: RCC")."""
    home = fact.mention.attrs.get("site")
    if home not in _NEVER_OF_SKIN or fact.assertion is not Assertion.PRESENT or fact.metastatic is not None:
        return []
    if fact.place is not None:
        here = fact.place.site == "skin" and fact.line.sentence.start <= fact.place.start < fact.line.sentence.end
        return [replace(fact, how=AGAIN)] if here else []
    line, at = fact.line, fact.line.sentence.start
    before = [p for ln in lines if ln.line is line for p in ln.places if p.end <= fact.start and not p.test]
    if {p.site for p in before} != {"skin"} or not (line.of("tissue") or line.of("treatment")):
        return []
    between = line.text[before[-1].end - at : fact.start - at]
    shown = line.within["site.biopsy_shown"].fullmatch(between) is not None
    return [replace(fact, place=before[-1], how=AGAIN)] if shown else []


_ONE_HOME = frozenset("kidney liver thyroid breast testis prostate eye lung bone".split())
"""Organs whose own histologies begin nowhere else."""
_FAR = frozenset("liver lung brain bone bone_marrow pancreas peritoneum".split())
"""Organs in which such a histology is a deposit, and to which it does not grow straight."""
_NEVER_FAR = frozenset({"urothelial_carcinoma"})
"""Histologies of several organs, none of them remote."""


def _far_from_home(fact: TumorFact, found: Sequence[Place]) -> list[TumorFact]:
    """The fact as deposits where its histology is told in organs it does not begin in ("recurrence of the RCC in the right femur")."""
    word, place = fact.mention, fact.place
    if place is None or word.attrs.get("behavior") != "malignant" or fact.how != "after":
        return []
    if not (_begins_elsewhere(fact, place) or _barren(fact, place)):
        return []
    stated = fact.assertion is Assertion.PRESENT and fact.metastatic is None and place.assertion is Assertion.PRESENT
    inside = fact.line.between(word, place.mentions[0]).startswith(" in ")
    listed = [p for p in listed_behind(fact.line, word, found) if p.site in _FAR] if stated and inside else []
    return [replace(fact, place=p, how=AGAIN) for p in listed]


def _begins_elsewhere(fact: TumorFact, place: Place) -> bool:
    """Whether the histology begins in one organ only, and not in this one."""
    word, home = fact.mention, fact.mention.attrs.get("site")
    if place.site not in _FAR - {home} or (word.concept, place.site) in ELSEWHERE_TOO:
        return False
    if family(fact) in NEUROENDOCRINE and word.attrs.get("family") != "small_cell":
        return False
    afar = home is not None and home not in ANYWHERE and reached_only(home, place.site)
    return home in _ONE_HOME or word.concept in _NEVER_FAR or afar


def _barren(fact: TumorFact, place: Place) -> bool:
    """Whether it is a carcinoma in an organ where none begins ("small cell carcinoma in the brain")."""
    return fact.mention.concept.endswith("carcinoma") and place.site in BARREN & _FAR and place.subsite not in GROWN_INTO


def _named_afar(fact: TumorFact, found: Sequence[Place]) -> list[TumorFact]:
    """The fact as deposits, where a cancer with the name of one organ is told in others ("prostate cancer in the femur and the ribs")."""
    home = fact.place
    if home is None or fact.how != "before" or fact.assertion is not Assertion.PRESENT or fact.metastatic is not None:
        return []
    if fact.mention.weak or fact.mention.attrs.get("behavior") != "malignant" or home.mentions[-1].end < fact.mention.start - 1:
        return []
    behind = [p for p in found if p.start >= fact.mention.end]
    if not behind or not fact.line.between(fact.mention, behind[0].mentions[0]).startswith(" in "):
        return []
    listed = listed_behind(fact.line, fact.mention, behind)
    afar = all(p.site in _FAR and p.assertion is Assertion.PRESENT and reached_only(home.site, p.site) for p in listed)
    return [replace(fact, place=p, how=AGAIN) for p in listed] if afar else []


def _elsewhere(fact: TumorFact) -> bool:
    """Whether the sentence names an organ beside that in the name of its tumor ("prostate biopsy showed prostate cancer")."""
    own = fact.place.mentions if fact.place is not None else ()
    return any(m not in own and not fact.start <= m.start < fact.mention.end for m in fact.line.of("site"))


def _named_home(fact: TumorFact) -> str | None:
    """The organ that a tumor word names as its own: by its histology, by name, or as its origin ("adenocarcinoma of prostatic origin")."""
    own, place = fact.mention.attrs.get("site"), fact.place
    if own is not None or place is None:
        return own
    of = fact.how == "after" and _OF.fullmatch(fact.line.between(fact.mention, place.mentions[0])) is not None
    return place.site if of or fact.how == "before" else None


_OF = re.compile(r" (?:of|from) (?:the )?(?:(?:left|right) )?", re.IGNORECASE)


def _sampled_afar(fact: TumorFact, facts: Sequence[TumorFact], lines: Sequence[LineFacts]) -> list[TumorFact]:
    """The fact as a deposit, where the sample of a lump in a remote organ showed a cancer that names its own ("a mass at T7 … histology: prostatic adenocarcinoma")."""
    line, home = fact.line, _named_home(fact)
    if home is None or fact.assertion is not Assertion.PRESENT or fact.metastatic is not None:
        return []
    known = any(f.start < fact.start and f.mention.concept == fact.mention.concept for f in facts)
    if family(fact) in NEUROENDOCRINE or (home in ANYWHERE and not known):
        return []
    if not any(m.current and m.end <= fact.start for m in line.of("tissue")) or _elsewhere(fact):
        return []
    if any(same_organ(m.attrs.get("removes", ""), home) for m in line.of("treatment")):
        return []
    before = told_before(fact, facts, 1)
    place = one_lump(before) or changed_organ(line, lines)
    if place is None or any(not f.mention.weak for f in before):
        return []
    return [replace(fact, place=place, how=AGAIN)] if guest_in(home, place.site) else []


def _away(fact: TumorFact, facts: Sequence[TumorFact], lines: Sequence[LineFacts], found: Sequence[Place]) -> list[TumorFact]:
    """The fact as deposits in the organs, none its home, that its own sentence or lump names."""
    return under_skin(fact, lines) or clear_cells(fact, facts) or _far_from_home(fact, found)


def found_elsewhere(
    facts: Sequence[TumorFact], strong: Sequence[TumorFact], lines: Sequence[LineFacts]
) -> tuple[list[TumorFact], list[TumorFact]]:
    """The ``strong`` facts without the places where their tumor was only found again, and the facts of those places."""
    strong, reached = told_again(facts, strong, lines)
    strong, first = found_first(facts, strong)
    reached += first
    found = {id(ln.line): [p for p in ln.places if not p.test] for ln in lines}
    there = {id(f): away for f in strong if (away := _away(f, facts, lines, found[id(f.line)]))}
    reached += [deposit for away in there.values() for deposit in away]
    reached += [deposit for f in strong for deposit in (*_named_afar(f, found[id(f.line)]), *_sampled_afar(f, facts, lines))]
    return [replace(f, place=None, how="none") if id(f) in there else f for f in strong], reached
