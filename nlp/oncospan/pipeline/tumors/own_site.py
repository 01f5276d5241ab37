"""The organ that one fact gives its tumor: the one it is told in, or the one that its histology fixes."""

from __future__ import annotations

import re

from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective
from oncospan.sites import PAIRED, finer, same_organ

_SOFT = frozenset({"soft_tissue", "bone", "paraganglia"})
"""Organs a histology only usually lies in: a named organ beside the word is stronger ("uterine leiomyosarcoma")."""

DUCTS = frozenset({"pancreas", "salivary_gland", "bile_duct", "prostate"})
"""Organs whose own ducts a ductal carcinoma comes from where they are named, not from the breast."""

_SKIN = frozenset({"merkel", "melanoma", "basal_cell_carcinoma", "squamous_cell_carcinoma_skin"})


GUT_ISLET = frozenset({"gastrinoma", "somatostatinoma"})
GUT = frozenset({"duodenum", "jejunum", "small_intestine", "stomach", "ampulla"})
"""Islet cell tumors that as often begin in the gut, and the organs of the gut they begin in."""


_OF_SARCOMAS = frozenset(
    "uterus breast retroperitoneum mediastinum prostate bladder kidney stomach esophagus small_intestine duodenum jejunum ileum colon"
    " cecum rectum spleen heart ovary cervix vagina vulva".split()
)
"""Organs whose specimens hold sarcomas that began in them ("Uterus, hysterectomy: leiomyosarcoma")."""


def site_of(fact: TumorFact) -> tuple[str | None, str | None, str | None]:
    """The site, subsite and side of a fact: its place, unless the histology fixes another organ."""
    attrs = fact.mention.attrs
    implied = attrs.get("site")
    place = fact.place
    if place is not None and implied and "body_region" in place.flags:
        place = None
    if place is not None and implied == "paraganglia" and fact.how == "before" and _of_ganglia(place):
        return implied, None, place.side
    if place is None:
        side = attrs.get("side") or _side_beside(fact) if implied in PAIRED else None
        return implied, attrs.get("subsite"), side
    if elsewhere(fact) or (fact.mention.concept == "ductal_carcinoma" and place.site in DUCTS):
        return place.site, place.subsite, place.side
    if implied and not same_organ(implied, place.site):
        if fact.mention.concept in _SKIN or implied == "skin":
            part = place.subsite if place.subsite and place.subsite.startswith(f"{implied}.") else None
            return implied, part or attrs.get("subsite"), place.side
        soft = implied in _SOFT or attrs.get("family") in ("islet_cell", "adrenal_paraganglia")
        second_homes = GUT if fact.mention.concept in GUT_ISLET else _OF_SARCOMAS if implied == "soft_tissue" else ()
        at_second_home = fact.how == "specimen" and place.site in second_homes
        spread = fact.metastatic is not None and not (soft and _of_its_organ(fact, fact.metastatic))
        if spread or (
            fact.how in ("specimen", "involved", "before") and not (soft and fact.how == "before") and not at_second_home
        ):
            return implied, attrs.get("subsite"), None
    if implied and same_organ(implied, place.site):
        return finer(implied, place.site), place.subsite or attrs.get("subsite"), place.side
    return place.site, place.subsite, place.side


_GANGLIA = frozenset({"retroperitoneum", "mediastinum"})
"""Regions in which paraganglia lie."""


def _of_ganglia(place: Place) -> bool:
    """Whether the place is a region in which paraganglia lie ("a retroperitoneal functioning paraganglioma")."""
    return place.site in _GANGLIA or place.subsite == "bone.skull"


def _of_its_organ(fact: TumorFact, metastasis: Mention) -> bool:
    """Whether the tumor that a deposit is of is said to be of an organ ("metastases of a leiomyosarcoma of the uterus")."""
    if fact.place is None or fact.how != "after" or adjective(fact.line, metastasis):
        return False
    return _OF.fullmatch(fact.line.between(fact.mention, fact.place.mentions[0])) is not None


_OF = re.compile(r"\s*of\s+(?:(?:the|her|his|left|right)\s+){0,2}", re.IGNORECASE)
_NOT_SKIN = frozenset("eye vulva vagina rectum anus nasal_sinus esophagus penis urethra".split())
_MUCOSAL = _NOT_SKIN - {"rectum", "esophagus"}
"""Organs of which a specimen that holds a melanoma is its home, where no metastasis is told."""
_PRIMARY = re.compile(r"\bprim(?:ary|itive)\s\Z", re.IGNORECASE)
"""Right before a melanoma: it began in the organ named behind it, whatever the organ."""


def elsewhere(fact: TumorFact) -> bool:
    """Whether a melanoma is said to be of an organ that is not skin, whose code it then has (Index: Melanoma)."""
    place = fact.place
    if fact.mention.concept != "melanoma" or place is None or (fact.metastatic and adjective(fact.line, fact.metastatic)):
        return False
    if fact.how == "specimen":
        return place.site in _MUCOSAL and fact.metastatic is None and not fact.line.of("metastasis")
    if fact.how != "after":
        return False
    if _OF.fullmatch(fact.line.between(fact.mention, place.mentions[0])) is None:
        return False
    told = fact.line.text[: fact.mention.start - fact.line.sentence.start]
    return place.site in _NOT_SKIN or (place.site != "skin" and not place.node and _PRIMARY.search(told) is not None)


def _side_beside(fact: TumorFact) -> str | None:
    """The side word just before the tumor word, or alone behind it ("right pheochromocytoma", "pheochromocytoma, right.", "RCC (L)")."""
    line, word = fact.line, fact.mention
    near = (
        [s for s in line.of("side") if 0 <= word.start - s.end <= 25 and not _of_another(fact, s)]
        or [s for s in line.of("side") if s.start >= word.end and _ASIDE.fullmatch(line.between(word, s)) and _alone(fact, s)]
        or [s for s in line.of("side") if s.start == word.end + 1 and line.word(s).startswith("(")]
    )
    return near[-1].concept if near else None


def _of_another(fact: TumorFact, side: Mention) -> bool:
    """Whether a side word before the tumor tells the side of another organ ("Pleura, right (biopsy): RCC", "right pleura: RCC")."""
    line, own = fact.line, fact.mention.attrs.get("site", "")
    for site in line.of("site"):
        if site.start >= fact.mention.start or same_organ(site.concept, own) or site.attrs.get("flag") == "body_region":
            continue
        if side.end <= site.start or (site.end <= side.start and _ASIDE.fullmatch(line.between(site, side))):
            return True
    return False


_ASIDE = re.compile(r"\s?(?:(?:19|20)\d\d\s?)?[,(-]\s?|\s")
_NO_MORE = re.compile(
    r"[\s-]?(?:side[d]?\b)?\s?(?:[,.;:()]|\Z|\n|with\b|stage\b|grade\b|[cpy]?T\d|s/p\b|status\b|\d)", re.IGNORECASE
)


def _alone(fact: TumorFact, side: Mention) -> bool:
    """Whether a side word stands by itself, not as the side of the organ that follows."""
    return _NO_MORE.match(fact.line.text, side.end - fact.line.sentence.start) is not None
