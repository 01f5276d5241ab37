"""Tumors told of an organ that they only grew into: "cutaneous infiltration by adenocarcinoma", "by direct extension"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.one_tumor import may_be_one
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.pipeline.tumors.primary import Primary, generic, told_as_past
from oncospan.sites import DESTINATIONS, organ, remote, same_organ
from oncospan.types import Assertion

_ANY_LINING = frozenset("squamous_cell_carcinoma squamous_cell_carcinoma_skin basal_cell_carcinoma carcinoma_in_situ".split())
"""Histologies that begin in many organs with a lining, so that two of them may be two tumors."""


INNER = frozenset(
    "lung stomach colon rectum pancreas kidney ovary uterus prostate bladder esophagus gallbladder bile_duct small_intestine breast".split()
)
"""Organs that no tumor of the skin grows from."""
_CANCER = frozenset({"cancer", "carcinoma"})


def _of_dermis(fact: TumorFact) -> bool:
    """Whether the word is "carcinoma" of the skin: where another organ holds one, it may have come from there."""
    return fact.mention.concept == "carcinoma" and fact.place is not None and fact.place.site == "skin"


def infiltrates(fact: TumorFact) -> bool:
    """Whether a tumor is only said to have grown into the organ before it ("cutaneous infiltration by adenocarcinoma")."""
    place, line, word = fact.place, fact.line, fact.mention
    if place is None or not line.sentence.start <= place.end <= word.start or fact.how not in ("before", "specimen"):
        return False
    if fact.assertion is not Assertion.PRESENT or word.concept in _ANY_LINING or place.site in DESTINATIONS:
        return False
    if same_organ(word.attrs.get("site", ""), place.site) or (generic(fact) and not _of_dermis(fact)):
        return False
    between = line.text[place.end - line.sentence.start : word.start - line.sentence.start]
    return line.within["tumor.infiltration_by"].fullmatch(between) is not None


_LINING = frozenset({"pleura", "peritoneum"})
"""Where mesotheliomas begin as a rule, though other tumors reach it."""
_BY_PLEURA = frozenset("soft_tissue pericardium lung mediastinum bone".split())


def of_lining(fact: TumorFact) -> bool:
    """Whether a mesothelioma is told of the lining that it begins in."""
    return fact.mention.concept == "mesothelioma" and fact.place is not None and fact.place.site in _LINING


def _beside_pleura(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether a mesothelioma of the pleura is only told of a specimen beside it ("pericardium: mesothelioma … pleura: mesothelioma")."""
    if (
        fact.mention.concept != "mesothelioma"
        or fact.how != "specimen"
        or fact.place is None
        or fact.place.site not in _BY_PLEURA
    ):
        return False
    return any(of_lining(f) and f.assertion is Assertion.PRESENT and site_of(f)[0] == "pleura" for f in strong)


def extends(fact: TumorFact, strong: Sequence[TumorFact]) -> bool:
    """Whether a tumor told before in the organ beside is only said to reach this one ("Cervix: squamous carcinoma. Endometrium: squamous carcinoma by direct extension")."""
    if _beside_pleura(fact, strong):
        return True
    if not _reaches(fact):
        return False
    return any(
        f.start < fact.start and f.mention.concept == fact.mention.concept and f.assertion is Assertion.PRESENT
        and _beside(site_of(f)[0], fact.place.site if fact.place is not None else None) and not _reaches(f)
        for f in strong
    )  # fmt: skip


def _beside(home: str | None, site: str | None) -> bool:
    """Whether two organs are neighbors, so that a tumor of one may grow into the other."""
    if (
        home is None
        or site is None
        or {home, site} & {"unspecified", "other", "soft_tissue", "skin"}
        or home.startswith("lymph_node")
    ):
        return False
    return not same_organ(home, site) and not remote(home, site)


def _reaches(fact: TumorFact) -> bool:
    """Whether a tumor is told by the organ it involves or grew into, not by the one it lies in."""
    place, line, word = fact.place, fact.line, fact.mention
    if (
        place is None
        or fact.assertion is not Assertion.PRESENT
        or generic(fact)
        or same_organ(word.attrs.get("site", ""), place.site)
    ):
        return False
    at = line.sentence.start
    if fact.how == "involved" or line.within["tumor.by_extension"].match(line.text, word.end - at):
        return True
    again = [m for m in line.of("site") if m.start >= word.end and same_organ(m.concept, place.site)]
    if again and line.within["tumor.growing_over"].fullmatch(line.text[word.end - at : again[0].start - at]):
        return True
    inside = at <= place.end <= word.start and fact.how in ("before", "specimen")
    return inside and line.within["tumor.infiltration_by"].fullmatch(line.text[place.end - at : word.start - at]) is not None


def home_of(fact: TumorFact, primaries: Sequence[Primary]) -> Primary | None:
    """The tumor of another organ that a fact may tell of, one of its tissue: a current one, else a former one."""
    fits = [p for p in primaries if _elsewhere(p, fact) and any(may_be_one(fact, f) for f in p.facts if _says_what(f, p, fact))]
    return next((p for p in fits if not all(map(told_as_past, p.facts))), fits[0] if fits else None)


def _says_what(fact: TumorFact, primary: Primary, found: TumorFact) -> bool:
    """Whether a word of a primary tells enough for a tumor found elsewhere to be it: a histology, or of the skin the cancer of an inner organ."""
    skin = found.place is not None and found.place.site == "skin"
    return not generic(fact) or (skin and fact.mention.concept in _CANCER and organ(primary.site) in INNER)


def _elsewhere(primary: Primary, fact: TumorFact) -> bool:
    """Whether the tumor lies in a named organ that is not the one of the fact."""
    named = primary.site not in DESTINATIONS and primary.site not in ("unspecified", "other")
    return named and fact.place is not None and not same_organ(primary.site, fact.place.site)
