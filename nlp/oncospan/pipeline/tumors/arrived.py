"""Tumors found in an organ that metastases reach, while the note names another organ as their home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.biopsy_proven import BARREN, GROWN_INTO
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.subjects import listed_behind
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.grown import of_lining
from oncospan.pipeline.tumors.one_tumor import may_be_one
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family, generic
from oncospan.pipeline.tumors.told_again import AGAIN, told_again
from oncospan.sites import DESTINATIONS, reached_only
from oncospan.types import Assertion

_NEAR = 30
"""How far from the organ the word of the sample may stand."""


def arrived(fact: TumorFact, strong: Sequence[TumorFact], lines: Sequence[LineFacts]) -> TumorFact | None:
    """The fact as a deposit where a sample of such an organ showed it ("biopsy of a liver lesion revealed a NET … an ileal primary")."""
    if fact.place is not None or fact.metastatic is not None or fact.assertion is not Assertion.PRESENT or generic(fact):
        return None
    if not fact.line.of("tissue"):
        return None
    found = next((ln.places for ln in lines if ln.line is fact.line), ())
    place = next((p for p in reversed(found) if p.end <= fact.start and _shown_in(fact, p)), None)
    if place is None or not any(_at_home(f, fact) for f in strong):  # the whole note is asked last
        return None
    return replace(fact, place=place, how="specimen")


def _homely(fact: TumorFact) -> bool:
    """Whether a tumor word lies in an organ that metastases do not usually reach."""
    site = site_of(fact)[0]
    return site is not None and site not in DESTINATIONS and not site.startswith("lymph_node")


def _at_home(other: TumorFact, fact: TumorFact) -> bool:
    """Whether another word of the note places the tumor in an organ that metastases do not usually reach."""
    if not _homely(other) or other.assertion is not Assertion.PRESENT:
        return False
    if family(fact) not in NEUROENDOCRINE:
        return other is not fact and other.mention.concept == fact.mention.concept
    return other.mention.concept == "origin_word" or family(other) in NEUROENDOCRINE or family(other) == family(fact)


def of_specimen(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether the label of a sample of such an organ is answered with a tumor whose home the note names ("Pancreatic NET. Liver biopsy: NET")."""
    if fact.how != "specimen" or fact.place is None or fact.place.site not in DESTINATIONS or fact.mention.attrs.get("site"):
        return False
    if of_lining(fact):
        return False
    stated = fact.metastatic is None and fact.assertion is Assertion.PRESENT and not generic(fact)
    return stated and any(f.mention.concept == fact.mention.concept and _at_home(f, fact) for f in strong)


def _shown_in(fact: TumorFact, place: Place) -> bool:
    """Whether the words between the organ and the tumor say that a sample of it showed the tumor."""
    line = fact.line
    taken = any(-_NEAR <= m.start - place.end <= _NEAR and m.end <= fact.start for m in line.of("tissue"))
    between = line.text[place.end - line.sentence.start : fact.start - line.sentence.start]
    return taken and place.site in DESTINATIONS and line.within["tumor.sample_showed"].fullmatch(between) is not None


def came_there(fact: TumorFact, strong: Sequence[TumorFact], lumps: Sequence[TumorFact]) -> bool:
    """Whether a tumor told of an organ that metastases reach is one that the note tells of its home too."""
    return _sampled_there(fact, strong) or _twin_elsewhere(fact, strong) or _lump_elsewhere(fact, strong, lumps)


_BESIDE = 40
"""How far a biopsy may stand from the organ it was taken from."""


def _sampled_there(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether tissue of a remote organ proved to be a tumor that is told of another organ too ("liver biopsy: carcinoid")."""
    place = fact.place
    if place is None or fact.mention.attrs.get("site") or fact.how not in ("before", "specimen"):
        return False
    taken = [m for m in fact.line.of("tissue") if m.current and m.concept in ("biopsy", "fna")]
    near = any(-_BESIDE <= m.start - place.end <= _BESIDE or -_BESIDE <= place.start - m.end <= 0 for m in taken)
    return near and any(_came(fact, f) for f in strong)


def _came(fact: TumorFact, other: TumorFact) -> bool:
    """Whether a fact may tell of a deposit of another tumor: one of its kind, told of an organ where metastases do not go."""
    if not _homely(other) or other.assertion not in (Assertion.PRESENT, Assertion.HISTORY) or other.mention.weak:
        return False
    return may_be_one(fact, other)


_TWINS = frozenset({"serous_carcinoma", "renal_cell_carcinoma", "melanoma", "merkel_cell_carcinoma"})


def _twin_elsewhere(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether a tumor found in the specimen of an organ that metastases reach is one found in its usual organ too ("omentum: serous carcinoma")."""
    word = fact.mention
    if (
        fact.how != "specimen"
        or not (word.concept in _TWINS or family(fact) in NEUROENDOCRINE)
        or word.attrs.get("site") in DESTINATIONS
    ):
        return False
    return any(
        f is not fact and family(f) == family(fact) and f.assertion is Assertion.PRESENT and not generic(f)
        and (f.mention.concept == word.concept or family(fact) in NEUROENDOCRINE)
        and _homely(f)
        for f in strong
    )  # fmt: skip


def _lump_elsewhere(fact: TumorFact, strong: Sequence[TumorFact], lumps: Sequence[TumorFact]) -> bool:
    """Whether such a specimen shows the neuroendocrine tumor of a lump told before it ("esophagus: mass; biopsy: NEC … liver puncture: NEC")."""
    if fact.how != "specimen" or family(fact) not in NEUROENDOCRINE or fact.place is None:
        return False
    first = next((f for f in strong if family(f) in NEUROENDOCRINE and f.assertion is Assertion.PRESENT and not generic(f)), fact)
    before = {f.place.site for f in lumps if f.place is not None and f.start < first.start}
    return site_of(first)[0] is None and bool(before) and not before & DESTINATIONS


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
_ANYWHERE = frozenset({"soft_tissue", "nerve", "other"})
"""Homes of histologies that begin in other organs too."""
_NEVER_FAR = frozenset({"urothelial_carcinoma"})
"""Histologies of several organs, none of them remote."""
_ELSEWHERE_TOO = frozenset({("ductal_carcinoma", "pancreas")})
"""Histologies that begin in another organ too."""


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
    if place.site not in _FAR - {home} or (word.concept, place.site) in _ELSEWHERE_TOO:
        return False
    if family(fact) in NEUROENDOCRINE and word.attrs.get("family") != "small_cell":
        return False
    afar = home is not None and home not in _ANYWHERE and reached_only(home, place.site)
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


def _sampled_afar(fact: TumorFact, facts: Sequence[TumorFact]) -> list[TumorFact]:
    """The fact as a deposit, where the sample of a lump in a remote organ showed a cancer that names its own ("a mass at T7 … histology: prostatic adenocarcinoma")."""
    line, home = fact.line, fact.mention.attrs.get("site") or (fact.place.site if fact.place and fact.how == "before" else None)
    if home is None or fact.assertion is not Assertion.PRESENT or fact.metastatic is not None or family(fact) in NEUROENDOCRINE:
        return []
    if not any(m.current and m.end <= fact.start for m in line.of("tissue")) or any(m.concept != home for m in line.of("site")):
        return []
    before = [f for f in facts if line.index - f.line.index == 1 and f.line.section is line.section]
    lumps = {f.place.site: f.place for f in before if f.mention.weak and f.place is not None and f.assertion is Assertion.PRESENT}
    place = next(iter(lumps.values()), None)
    if len(lumps) != 1 or place is None or any(not f.mention.weak for f in before):
        return []
    return [replace(fact, place=place, how=AGAIN)] if place.site in _FAR and reached_only(home, place.site) else []


def found_elsewhere(
    facts: Sequence[TumorFact], strong: Sequence[TumorFact], lines: Sequence[LineFacts]
) -> tuple[list[TumorFact], list[TumorFact]]:
    """The ``strong`` facts without the places where their tumor was only found again, and the facts of those places."""
    strong, reached = told_again(facts, strong, lines)
    found = {id(ln.line): [p for p in ln.places if not p.test] for ln in lines}
    there = {id(f): away for f in strong if (away := under_skin(f, lines) or _far_from_home(f, found[id(f.line)]))}
    reached += [deposit for away in there.values() for deposit in away]
    reached += [deposit for f in strong for deposit in (*_named_afar(f, found[id(f.line)]), *_sampled_afar(f, facts))]
    return [replace(f, place=None, how="none") if id(f) in there else f for f in strong], reached
