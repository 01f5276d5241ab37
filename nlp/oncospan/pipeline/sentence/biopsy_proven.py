"""Tumor that a sample proved in an organ where none of its kind begins: "bone marrow biopsy: infiltration by carcinoma"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import HELD, SAMPLES, Line, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied, told_by
from oncospan.pipeline.sentence.places import BIOPSIED, Place
from oncospan.pipeline.sentence.specimens import MARGIN
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import guest_in, reached_only, same_organ
from oncospan.types import Assertion

FLAG = "sampled"
"""Marks what names no metastasis: it holds where the tumor began in another organ."""

NAMED = "named_for_another"
"""Marks a deposit whose tumor bears the name of another organ, which nothing else need confirm."""

BARREN = frozenset("bone bone_marrow brain meninges spinal_cord spleen heart adrenal".split())
"""Organs in which no carcinoma, melanoma or neuroendocrine tumor begins."""

_GUESTS = frozenset({"liver", "peritoneum"})
"""Organs in which such a tumor may begin, but mostly does not where one of another organ is known."""

GROWN_INTO = frozenset({"bone.mandible", "bone.skull"})
"""Bones that tumors of the mouth, the sinuses and the skin grow into."""

_REACH = 60
"""How far before its organ or behind it a biopsy may stand."""


def settles(deposit: DepositFact) -> bool:
    """Whether the tumor word of a sampled deposit can mean nothing but the deposit."""
    return deposit.site not in _GUESTS or NAMED in deposit.flags


def _guest(line: Line, tests: Sequence[Mention], fact: TumorFact, found: Sequence[Place]) -> Place | None:
    """The organ a sample was taken of that showed a tumor named for another organ ("liver biopsy showed breast carcinoma")."""
    home = _home(line, fact)
    if home is None:
        return None
    own = [p for p in found if p.end <= fact.mention.start <= p.end + 1 and same_organ(p.site, home)]
    start = own[-1].start if own else fact.mention.start
    others = [p for p in found if p.end <= start]
    place = others[-1] if others else None
    if place is None or place.node or place.test or place.region or place.subsite in GROWN_INTO:
        return None
    if not guest_in(home, place.site):
        return None
    at, words = line.sentence.start, line.within
    if words["site.lump_proved"].fullmatch(line.text, place.end - at, start - at):
        return place
    for test in tests:
        before = test.end <= place.start
        gap = line.text[test.end - at : place.start - at] if before else line.text[place.end - at : test.start - at]
        taken = words["site.sample_of" if before else "site.sample_behind"].fullmatch(gap)
        told = words["site.sample_goes_on"].search(line.text, test.start - at, test.end - at)
        behind = line.text[max(told.start() if told else test.end - at, place.end - at) : start - at]
        if taken and test.end <= start and words["site.sample_showed"].fullmatch(behind):
            return place
    return None


def _home(line: Line, fact: TumorFact) -> str | None:
    """The organ that the name of a tumor tells: its own, or that of the adjective right before it."""
    own = fact.mention.attrs.get("site")
    if own is None and fact.place is not None and fact.how in ("before", "inside"):
        gap = line.text[fact.place.end - line.sentence.start : fact.mention.start - line.sentence.start]
        own = fact.place.site if len(gap.strip(" -")) == 0 else None
    return own


def biopsy_proven(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place], specimen: Place | None) -> list[DepositFact]:
    """The deposits that tissue of a remote organ proved: of the last organ named before the tumor word, else of the ``specimen`` of a label."""
    held = [t for t in tumors if t.mention.assertion is Assertion.PRESENT and not t.metastatic and not t.mention.weak]
    held = [t for t in held if _spreads(t.mention) or t.mention.concept in _KINDS]
    tests = [m for m in line.of("tissue") if m.current and m.concept in SAMPLES] if held else []
    taken = [m for m in line.of("treatment") if m.attrs.get("effect") == "surgery" and m.current] if held else []
    out: list[DepositFact] = []
    for fact in held:
        guest = _guest(line, [*tests, *taken], fact, found)
        if guest is not None and not any(d.place is guest for d in out):
            out.append(told_by(fact, guest, FLAG, NAMED))
            continue
        before = [p for p in found if p.end <= fact.mention.start and not p.region]
        place = before[-1] if before and _spreads(fact.mention) else None
        if place is None or not _remote(place, fact) or any(d.place is place for d in out):
            continue
        near = any(
            t.start < fact.start and place.start - t.end >= -_REACH and t.start - place.end <= _REACH for t in [*tests, *taken]
        )
        gap = line.text[place.end - line.sentence.start : fact.mention.start - line.sentence.start]
        if near and line.within["site.biopsy_shown"].fullmatch(gap):
            out.append(told_by(fact, place, FLAG))
    return out or _in_biopsy(tumors, specimen)


def _in_biopsy(tumors: Sequence[TumorFact], specimen: Place | None) -> list[DepositFact]:
    """The deposit that the biopsy a label names held: of a tumor named for another organ, or in an organ where none begins ("Liver, core biopsy: ductal carcinoma")."""
    if specimen is None or MARGIN in specimen.flags or specimen.subsite in GROWN_INTO:
        return []
    origins = [o for o in origins_of(tumors) if not same_organ(o, specimen.site)]
    if BIOPSIED not in specimen.flags and not origins:
        return []
    for fact in tumors:
        if fact.mention.assertion is not Assertion.PRESENT or fact.metastatic or fact.mention.weak:
            continue
        if fact.place is not None and not (fact.how == "specimen" or same_organ(fact.place.site, specimen.site)):
            continue
        if _spreads(fact.mention) and any(guest_in(o, specimen.site) or reached_only(o, specimen.site) for o in origins):
            return [told_by(fact, specimen, FLAG, NAMED)]
        home = fact.mention.attrs.get("site")
        if home is None and _spreads(fact.mention) and specimen.site in BARREN:
            return [told_by(fact, specimen, FLAG)]
        if home is None and _of_no_lining(fact, specimen):
            return [told_by(fact, specimen, FLAG, NAMED)]
        if home is not None and home not in ANYWHERE and (_spreads(fact.mention) or fact.mention.concept in _KINDS):
            here = (fact.mention.concept, specimen.site) in ELSEWHERE_TOO
            lone = not here and (fact.mention.concept not in _OF_SEVERAL or reached_only(home, specimen.site))
            if lone and (guest_in(home, specimen.site) or (specimen.site in BARREN and not same_organ(home, specimen.site))):
                return [told_by(fact, specimen, FLAG, NAMED)]
    return []


def _of_no_lining(fact: TumorFact, specimen: Place) -> bool:
    """Whether a neuroendocrine tumor lies in the lining of a cavity, where none begins."""
    return specimen.site in ("peritoneum", "pleura") and fact.mention.attrs.get("family") in _NEUROENDOCRINE


_NEUROENDOCRINE = frozenset({"net", "nec", "carcinoid", "small_cell"})


def origins_of(tumors: Sequence[TumorFact]) -> list[str]:
    """The organs that a sentence names as the origin of its tumor ("adenocarcinoma, consistent with colorectal origin")."""
    return [t.place.site for t in tumors if t.mention.concept == "origin_word" and t.place is not None and t.assertion in HELD]


_OF_SEVERAL = frozenset({"urothelial_carcinoma", "serous_carcinoma"})
"""Tumors that begin in a few organs, of which the name tells one."""
ELSEWHERE_TOO = frozenset({("ductal_carcinoma", "pancreas")})
"""Histologies that begin in another organ too."""

ANYWHERE = frozenset({"soft_tissue", "nerve", "other", "paraganglia"})
"""Homes of histologies that begin in other organs too."""


def in_marrow(line: Line) -> list[DepositFact]:
    """The deposit that a bone marrow called infiltrated or positive holds ("bone marrow aspirates were infiltrated")."""
    for word in line.of("tissue", "site"):
        if "marrow" not in line.word(word) or word.assertion is not Assertion.PRESENT:
            continue
        if line.within["spread.marrow_held"].match(line.text, word.end - line.sentence.start):
            place = Place(site="bone_marrow", subsite=None, side=None, start=word.start, end=word.end, mentions=(word,))
            return [implied(line, word, place, Assertion.PRESENT, FLAG)]
    return []


def _spreads(tumor: Mention) -> bool:
    """Whether a tumor word names malignant cells of a kind that spreads, no lump."""
    kinds = ("carcinoma", "melanoma", "neuroendocrine_tumor", "carcinoid")
    return not tumor.weak and (
        tumor.concept.endswith(kinds) or tumor.concept in ("malignancy", "large_cell_neuroendocrine", "melanoma_uveal")
    )


_KINDS = frozenset("medullary_thyroid papillary_thyroid pheochromocytoma paraganglioma cancer".split())
"""More tumors that a name may tell the organ of."""


def _remote(place: Place, fact: TumorFact) -> bool:
    """Whether the tumor did not begin in the organ, as far as the sentence goes."""
    own = bool(fact.mention.attrs.get("site"))
    if place.site in _GUESTS:
        return fact.mention.concept.startswith("melanoma") or (fact.place is None and not own)
    at_home = fact.mention.attrs.get("site") == place.site
    return place.site in BARREN and place.subsite not in GROWN_INTO and not at_home
