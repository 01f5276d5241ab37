"""Tumors found in a sample of an organ that metastases reach, while the note names another organ as their home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.one_tumor import of_one_tissue
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, Primary, alike, family, generic, site_of, told_as_past
from oncospan.sites import DESTINATIONS, remote, same_organ
from oncospan.types import Assertion

_NEAR = 30
"""How far from the organ the word of the sample may stand."""


def sampled(fact: TumorFact, strong: Sequence[TumorFact], lines: Sequence[LineFacts]) -> TumorFact | None:
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
    if _of_lining(fact):
        return False
    stated = fact.metastatic is None and fact.assertion is Assertion.PRESENT and not generic(fact)
    return stated and any(f.mention.concept == fact.mention.concept and _at_home(f, fact) for f in strong)


def _shown_in(fact: TumorFact, place: Place) -> bool:
    """Whether the words between the organ and the tumor say that a sample of it showed the tumor."""
    line = fact.line
    taken = any(-_NEAR <= m.start - place.end <= _NEAR and m.end <= fact.start for m in line.of("tissue"))
    between = line.text[place.end - line.sentence.start : fact.start - line.sentence.start]
    return taken and place.site in DESTINATIONS and line.within["tumor.sample_showed"].fullmatch(between) is not None


def told_again(
    facts: Sequence[TumorFact], strong: Sequence[TumorFact], lines: Sequence[LineFacts]
) -> tuple[list[TumorFact], list[TumorFact]]:
    """The ``strong`` facts but those that only tell where a tumor of theirs was found again, and those as deposits.

    "Lobular carcinoma of the breast … gastric biopsies contained the same carcinoma".
    """
    again = {id(f): there for f in facts if (there := _again(f, strong, lines) or _in_lump(f, facts)) is not None}
    return [f for f in strong if id(f) not in again], list(again.values())


def _again(fact: TumorFact, strong: Sequence[TumorFact], lines: Sequence[LineFacts]) -> TumorFact | None:
    """The fact as a deposit where it is said to be the tumor told before, in an organ where none of those began."""
    if fact.assertion is not Assertion.PRESENT or fact.metastatic is not None:
        return None
    if not _the_same(fact):
        return None
    homes = {site for f in strong if f.start < fact.start and f.assertion in _TOLD and (site := site_of(f)[0])}
    if not homes:
        return None
    place = fact.place or _held_in(fact, next((ln.places for ln in lines if ln.line is fact.line), ()))
    if place is None or any(same_organ(h, place.site) for h in homes):
        return None
    return replace(fact, place=place, how=AGAIN)


def _the_same(fact: TumorFact) -> bool:
    """Whether the words beside a tumor say that it is the one told before ("the same carcinoma", "carcinoma, identical to that of the first piece")."""
    line, at = fact.line, fact.line.sentence.start
    before = line.within["tumor.the_same"].search(line.text, 0, fact.start - at)
    return before is not None or line.within["tumor.same_as"].match(line.text[fact.mention.end - at :]) is not None


_SOON = 2
"""How many sentences behind a lump its biopsy is told."""
_SAMPLES = frozenset({"biopsy", "fna", "cytology"})


def _in_lump(fact: TumorFact, facts: Sequence[TumorFact]) -> TumorFact | None:
    """The fact as a deposit where the biopsy of a lump of another organ showed the tumor known from before, one that begins in one organ only.

    "Merkel cell carcinoma of the cheek … a mass in the pancreas was seen. Biopsy confirmed Merkel cell carcinoma".
    """
    word, line, home = fact.mention, fact.line, fact.mention.attrs.get("site")
    if home is None or fact.assertion is not Assertion.PRESENT or fact.metastatic is not None or fact.place is not None:
        return None
    taken = any(m.concept in _SAMPLES and m.current and m.end <= fact.start for m in line.of("tissue"))
    if not taken or line.of("site") or line.says("tumor.read_again"):
        return None
    before = [f for f in facts if 0 < line.index - f.line.index <= _SOON and f.line.section is line.section]
    lumps = [f for f in before if f.mention.weak and f.place is not None and f.assertion is Assertion.PRESENT]
    places = {f.place.site: f.place for f in lumps if f.place is not None}
    if len(places) != 1:
        return None
    site, place = places.popitem()
    first = min(f.start for f in lumps)
    known = any(f.mention.concept == word.concept and f.assertion in _TOLD and f.start < first for f in facts)
    if not known or place.node or "body_region" in place.flags or same_organ(home, site) or site in _NO_DEPOSIT:
        return None
    return replace(fact, place=place, how=AGAIN)


_NO_DEPOSIT = frozenset({"skin", "soft_tissue", "head_neck", "other", "unspecified"})
"""Places of a lump that may be the tumor itself, come back."""
AGAIN = "again"
"""How a tumor word says that it means the tumor told before."""
_TOLD = (Assertion.PRESENT, Assertion.HISTORY)


def _held_in(fact: TumorFact, found: Sequence[Place]) -> Place | None:
    """The last organ before the tumor word, of which the words between say that it held the tumor."""
    before = [p for p in found if p.end <= fact.start and not p.region]
    if not before:
        return None
    within = fact.line.within
    between = fact.line.text[before[-1].end - fact.line.sentence.start : fact.start - fact.line.sentence.start]
    return before[-1] if within["tumor.held_it"].search(between) or within["tumor.sample_showed"].fullmatch(between) else None


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
    return _kin(fact, other)


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


_ANY_LINING = frozenset("squamous_cell_carcinoma squamous_cell_carcinoma_skin basal_cell_carcinoma carcinoma_in_situ".split())
"""Histologies that begin in many organs with a lining, so that two of them may be two tumors."""


def infiltrates(fact: TumorFact) -> bool:
    """Whether a tumor is only said to have grown into the organ before it ("cutaneous infiltration by adenocarcinoma")."""
    place, line, word = fact.place, fact.line, fact.mention
    if place is None or not line.sentence.start <= place.end <= word.start or fact.how not in ("before", "specimen"):
        return False
    if fact.assertion is not Assertion.PRESENT or generic(fact) or word.concept in _ANY_LINING or place.site in DESTINATIONS:
        return False
    if same_organ(word.attrs.get("site", ""), place.site):
        return False
    between = line.text[place.end - line.sentence.start : word.start - line.sentence.start]
    return line.within["tumor.infiltration_by"].fullmatch(between) is not None


_LINING = frozenset({"pleura", "peritoneum"})
"""Where mesotheliomas begin as a rule, though other tumors reach it."""
_BY_PLEURA = frozenset("soft_tissue pericardium lung mediastinum bone".split())


def _of_lining(fact: TumorFact) -> bool:
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
    return any(_of_lining(f) and f.assertion is Assertion.PRESENT and site_of(f)[0] == "pleura" for f in strong)


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
    fits = [p for p in primaries if _elsewhere(p, fact) and any(_kin(fact, f) for f in p.facts if not generic(f))]
    return next((p for p in fits if not all(map(told_as_past, p.facts))), fits[0] if fits else None)


def _elsewhere(primary: Primary, fact: TumorFact) -> bool:
    """Whether the tumor lies in a named organ that is not the one of the fact."""
    named = primary.site not in DESTINATIONS and primary.site not in ("unspecified", "other")
    return named and fact.place is not None and not same_organ(primary.site, fact.place.site)


def _kin(fact: TumorFact, other: TumorFact) -> bool:
    """Whether two histologies may be of one tumor."""
    if {family(fact), family(other)} <= NEUROENDOCRINE or alike(fact, other):
        return True
    return family(fact) == family(other) == "other" and of_one_tissue(fact, other)
