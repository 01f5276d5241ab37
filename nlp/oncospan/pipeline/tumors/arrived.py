"""Tumors found in an organ that metastases reach, while the note names another organ as their home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.places import BIOPSIED, Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.grown import INNER, of_lining
from oncospan.pipeline.tumors.lumps import one_lump, told_before
from oncospan.pipeline.tumors.one_tumor import may_be_one, of_gland
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family, generic
from oncospan.sites import DESTINATIONS, MOST_REACHED, ORIGINS, guest_in, organ, reached_only, remote, same_organ
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


_MASSES = frozenset({"mass", "tumor", "neoplasm", "origin_word"})
_SOON = 3
"""How many sentences behind a mass the sample of another organ is told; behind one that its request tells, any number."""


def sampled_afar(fact: TumorFact, lumps: Sequence[TumorFact]) -> bool:
    """Whether the label of a sample is answered with a carcinoma, of which the mass told before may be the home ("gastric mass … liver biopsy: adenocarcinoma")."""
    if fact.how != "specimen" or fact.place is None or fact.place.site not in MOST_REACHED or fact.metastatic is not None:
        return False
    if fact.mention.attrs.get("site") or generic(fact) or fact.assertion is not Assertion.PRESENT:
        return False
    if not fact.line.of("tissue") and BIOPSIED not in fact.place.flags:
        return False
    near = [f for f in lumps if f.start < fact.start and (fact.line.index - f.line.index <= _SOON or "low_trust" in f.line.flags)]
    homes = {site_of(f)[0] for f in near if f.mention.concept in _MASSES and _homely(f)}
    return len(homes) == 1 and organ(homes.pop() or "") in INNER


def came_there(fact: TumorFact, strong: Sequence[TumorFact], lumps: Sequence[TumorFact]) -> bool:
    """Whether a tumor told of an organ that metastases reach is one that the note tells of its home too."""
    return _sampled_there(fact, strong) or _twin_elsewhere(fact, strong) or _lump_elsewhere(fact, strong, lumps)


def in_skin(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether a carcinoma of glands, told of the skin, is one that the note tells of an inner organ ("skin nodules: adenocarcinoma … gastric cancer")."""
    if fact.place is None or fact.place.site != "skin" or not of_gland(fact) or fact.metastatic is not None:
        return False
    if fact.line.says("tumor.of_skin_glands"):
        return False
    return fact.assertion is Assertion.PRESENT and any(_inner(f) and _came(fact, f) for f in strong)


def on_serosa(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether a serous or clear cell carcinoma, told of the bowel or beside it, is one that the note tells of the ovary, tube or uterus too."""
    homes = _SEROUS.get(fact.mention.concept)
    if homes is None or fact.place is None or organ(fact.place.site) not in _NO_SEROUS or fact.metastatic is not None:
        return False
    twins = (f for f in strong if f is not fact and f.mention.concept == fact.mention.concept)
    stated = fact.assertion is Assertion.PRESENT
    return stated and any(organ(site_of(f)[0] or "") in homes and f.assertion is Assertion.PRESENT for f in twins)


_SEROUS = {
    "serous_carcinoma": frozenset({"ovary", "fallopian_tube", "uterus"}),
    "clear_cell_carcinoma": frozenset({"ovary", "fallopian_tube", "uterus"}),
}
"""Histologies of the female tract, with the organs that they begin in."""
_NO_SEROUS = frozenset("appendix cecum colon rectum small_intestine stomach spleen bladder gallbladder skin soft_tissue".split())
"""Organs that they only reach, on their serosa."""


def in_another_specimen(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether a specimen is told to hold what the specimen before it held ("A. Ileum: NET, G1 … C. Gallbladder: involved by NET")."""
    if not _held(fact):
        return False
    return any(_held_before(f, fact) and not _held(f) for f in strong)


def _held(fact: TumorFact) -> bool:
    """Whether a tumor is told of a specimen by the words for what came there: "positive for", "foci of", "on the serosal surface"."""
    place, line, word = fact.place, fact.line, fact.mention
    if place is None or fact.how not in ("specimen", "involved") or fact.assertion is not Assertion.PRESENT or place.node:
        return False
    if same_organ(word.attrs.get("site", ""), place.site) or fact.metastatic is not None or of_lining(fact):
        return False
    at = line.sentence.start
    before = line.text[max(0, place.end - at) if place.end <= word.start else 0 : word.start - at]
    if line.within["tumor.came_to_specimen"].search(before) or on_surface(fact):
        return True
    return line.within["tumor.found_in_specimen"].search(before) is not None and (
        family(fact) in NEUROENDOCRINE or word.concept in _TWINS or place.site not in ORIGINS
    )


def on_surface(fact: TumorFact) -> bool:
    """Whether a tumor is told of the serosa of a specimen ("serous carcinoma present on the serosal surface")."""
    line, word = fact.line, fact.mention
    return line.within["tumor.on_serosa"].match(line.text, word.end - line.sentence.start) is not None


def _held_before(first: TumorFact, fact: TumorFact) -> bool:
    """Whether a tumor of the same kind was told of the specimen of another organ before."""
    if first.start >= fact.start or first.assertion is not Assertion.PRESENT or first.metastatic:
        return False
    home, site = site_of(first)[0], fact.place.site if fact.place is not None else None
    if home is None or site is None or home.startswith("lymph_node") or home in DESTINATIONS or same_organ(home, site):
        return False
    return may_be_one(fact, first) and (family(fact) == family(first) or {family(fact), family(first)} <= NEUROENDOCRINE)


def came_afar(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether a specimen holds the tumor of one before it that cannot have grown into it: a deposit."""
    homes = {site_of(f)[0] or "" for f in strong if _held_before(f, fact) and not _held(f)}
    site = fact.place.site if fact.place is not None else ""
    afar = (remote, reached_only, guest_in, _from_gut)
    there = site in DESTINATIONS or on_surface(fact) or on_serosa(fact, strong)
    return bool(homes) and (there or all(any(lies_far(h, site) for lies_far in afar) for h in homes))


def _from_gut(home: str, site: str) -> bool:
    """Whether a tumor of the gut lies in the ovary, or one of its movable loops in an organ that is no gut."""
    if site == "ovary":
        return organ(home) in _TO_OVARY
    return home in _LOOPS and organ(site) not in ("colon", "small_intestine", "appendix", "soft_tissue")


_TO_OVARY = frozenset("stomach small_intestine appendix colon pancreas gallbladder bile_duct".split())
_LOOPS = frozenset("small_intestine jejunum ileum appendix".split())


def lump_of_skin(fact: TumorFact, facts: Sequence[TumorFact], strong: Sequence[TumorFact]) -> TumorFact | None:
    """The fact as a deposit where the biopsy of a lump of the skin, told before, showed such a carcinoma."""
    if fact.place is not None or fact.mention.attrs.get("site") or not fact.line.of("tissue") or fact.line.of("site"):
        return None
    place = one_lump(told_before(fact, facts, _NEXT))
    if place is None or place.site != "skin" or not of_gland(fact):
        return None
    found = replace(fact, place=place, how="specimen")
    mass = any(f.mention.concept == "mass" and f.assertion is Assertion.PRESENT and _inner(f) for f in facts)
    return found if mass or in_skin(found, [f for f in strong if f is not fact]) else None


_NEXT = 2
"""How many sentences behind a lump its biopsy is told."""


def _inner(fact: TumorFact) -> bool:
    """Whether a tumor is told of an organ that no tumor of the skin grows from."""
    return organ(site_of(fact)[0] or "") in INNER


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
