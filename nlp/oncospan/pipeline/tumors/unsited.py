"""Tumor words without a site: the tumor they must mean, or the lump they were found in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import ONCE_HELD, Line, Mention
from oncospan.pipeline.sentence.parts import FIELD
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective, named_by
from oncospan.pipeline.text.value import value
from oncospan.pipeline.tumors.lining import lining_of
from oncospan.pipeline.tumors.of_operation import biopsied_after, examined_after, received, taken_out
from oncospan.pipeline.tumors.one_tumor import NO_NET, compatible, of_gland, other_tissue
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, Primary, family, generic, told_as_past
from oncospan.pipeline.tumors.scoped import scoped
from oncospan.sites import DESTINATIONS, organ, same_organ, taken_with
from oncospan.types import Assertion

_LARGE = frozenset({"mass", "tumor", "neoplasm", "growth"})
"""Lumps that a cancer of the note may be; a nodule or lesion told later is as a rule another finding."""

_REACHED_BY_CARCINOMA = frozenset("liver bone brain meninges bone_marrow spinal_cord peritoneum pleura soft_tissue".split())
"""Organs in which a carcinoma that does not say so did not begin."""


def lumps_of(facts: Iterable[TumorFact]) -> list[TumorFact]:
    """The lumps at a named place of which a tumor word without a site may speak."""
    return [f for f in facts if f.mention.weak and f.place is not None and _is_lump(f, f.place)]


def _is_lump(fact: TumorFact, place: Place) -> bool:
    if place.node or "body_region" in place.flags or fact.assertion not in ONCE_HELD:
        return False
    return not any(m.attrs.get("behavior") == "benign" for m in fact.details)


def _may_hold(place: Place, fact: TumorFact) -> bool:
    """Whether a lump at that place may be where the tumor word without a site was found."""
    carcinoma = (
        fact.mention.concept in _CARCINOMAS or fact.mention.concept.endswith("carcinoma") or family(fact) in NEUROENDOCRINE
    )
    if place.site == "skin" and of_gland(fact):
        return False
    return not (carcinoma and fact.metastatic is None and place.site in _REACHED_BY_CARCINOMA)


_SELDOM_HOME = frozenset({"eye", "heart", "spleen", "pericardium"})
"""Organs in which a tumor called metastatic hardly ever began."""

_CARCINOMAS = frozenset("carcinoma adenocarcinoma squamous_cell_carcinoma signet_ring_carcinoma mucinous_carcinoma".split())


def _named_elsewhere(fact: TumorFact, told: Sequence[TumorFact]) -> str | None:
    """The one organ that the note names for a neuroendocrine tumor when it speaks of such tumors in general ("gastric NETs rarely spread")."""
    if family(fact) not in ("carcinoid", "net") or fact.metastatic is not None:
        return None
    sites = {
        f.place.site for f in told
        if f.place and family(f) in ("carcinoid", "net") and f.assertion not in (Assertion.FAMILY, Assertion.ABSENT)
    }  # fmt: skip
    return sites.pop() if len(sites) == 1 and not sites & DESTINATIONS else None


_OWN_OPERATION = frozenset({"breast", "kidney", "thyroid", "prostate", "larynx"})
"""Organs that are removed only for a cancer of their own ("mastectomy in 1998 for cancer", whatever else the note tells)."""


@value
class Around:
    """What the whole note tells around a tumor word without a site."""

    lumps: Sequence[TumorFact]
    """The lumps of the patient of which such a word may speak."""
    told: Sequence[TumorFact]
    """All tumor words, those of general statements too."""
    reached_sites: set[str]
    lines: Sequence[Line]
    unknown: bool
    """Whether the primary is said to be unknown."""


def place_unsited(primaries: list[Primary], fact: TumorFact, around: Around) -> Place | None:
    """Give a tumor word without a site to the organ removed for it, to the tumor it must mean, or to the lump it was found in.

    What comes back is the lump of a "metastatic" word in an organ that metastases reach: a deposit, no primary.
    """
    home = taken_out(fact) if generic(fact) else None
    if home is not None and home in _OWN_OPERATION:
        mine = [p for p in primaries if taken_with(home, p.site)]
        if not mine:
            primaries.append(_unplaced(fact, home))
            return None
        if len(mine) == 1:
            mine[0].add(fact)
            return None
    removed = _removed_with(fact, around.lines)
    if removed is not None and not any(taken_with(removed, p.site) for p in primaries):
        primaries.append(_unplaced(fact, removed))
        return None
    return None if _named_behind(fact) else _placed(primaries, fact, around)


def _removed_with(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The appendix that was taken out with a carcinoid in it, whatever other tumor the note tells ("appendectomy in 2010 for a carcinoid")."""
    if family(fact) not in _CARCINOIDS or fact.metastatic is not None or fact.assertion not in ONCE_HELD:
        return None
    organ_out = taken_out(fact) or examined_after(fact, lines)
    return organ_out if organ_out == "appendix" else None


def _named_behind(fact: TumorFact) -> bool:
    """Whether a neuroendocrine tumor is only what another one behind it looks like ("neuroendocrine neoplasm, consistent with medullary carcinoma")."""
    if family(fact) not in NEUROENDOCRINE:
        return False
    line = fact.line
    kinds = [m for m in line.of("tumor") if m.start >= fact.mention.end and m.attrs.get("family") in _NAMED_KINDS]
    return bool(kinds) and line.within["tumor.which_is"].fullmatch(line.between(fact.mention, kinds[0])) is not None


_NAMED_KINDS = frozenset({"medullary_thyroid", "merkel", "adrenal_paraganglia"})
"""Families of tumors that are neuroendocrine and called by other names."""


def _placed(primaries: list[Primary], fact: TumorFact, around: Around) -> Place | None:
    """Give a tumor word without a site to the tumor it must mean, or to the lump it was found in.

    What comes back is the lump of a "metastatic" word in an organ that metastases reach: a deposit, no primary.
    """
    fitting = [p for p in primaries if compatible(p, fact) and not _bygone(p, fact) and not other_tissue(p, fact)]
    again = fact.line.says("tumor.read_again") is not None  # the histology is another, the organ is not
    fitting = [p for p in fitting if p.certain or again or not _another_reading(p, fact)]
    fitting = [p for p in fitting if not (around.unknown and family(fact) in NEUROENDOCRINE and _only_cancer(p))]
    if not generic(fact) and fact.assertion is not Assertion.UNCERTAIN:
        fitting = [p for p in fitting if p.certain] or fitting
    lumps = [f for f in around.lumps if f.place and f.place.site not in around.reached_sites and _may_hold(f.place, fact)]
    before = [f for f in lumps if f.start <= fact.start]
    fitting = _current_first(fitting, fact) or [p for p in fitting if _named_later(p, fact, before)]
    if not generic(fact):
        same = [p for p in fitting if family(fact) in p.families() and p.histologies]
        fitting = same or fitting
    if fitting:
        near = [p for p in fitting if p.facts[0].start <= fact.start] or fitting
        best = max(near, key=lambda p: p.last_before(fact.start))
        known = generic(fact) or best.histologies <= {fact.mention.concept}
        if not _another_cancer(best, fact, before) and (
            known
            or family(fact) != "other"
            or not before
            or before[-1].start < best.last_before(fact.start)
            or same_organ(before[-1].place.site if before[-1].place else best.site, best.site)
        ):
            taken = _supposed(best, fact, around.unknown)
            best.add(taken)
            if taken is not fact and family(fact) in NEUROENDOCRINE:
                primaries.append(_unplaced(fact))  # the tumor is certain, where it began is not
            return None
    if primaries and generic(fact):
        return None
    if generic(fact) and fact.assertion is Assertion.HISTORY and not primaries and not before:
        primaries.append(_unplaced(fact, taken_out(fact) or "unspecified"))
        return None
    chosen, cut = _found_in(fact, lumps, around.lines)
    if chosen is None:
        site = cut or _named_elsewhere(fact, around.told) or _by_operation(fact, around.lines) or "unspecified"
        if site == "unspecified" and generic(fact) and fact.metastatic is None and family(fact) == "other":
            return None
    else:
        assert chosen.place is not None
        site = chosen.place.site
        spread = fact.metastatic is not None and fact.metastatic.assertion is not Assertion.ABSENT
        if spread and (site in DESTINATIONS or site in _SELDOM_HOME or _called_metastasis(fact)):
            return chosen.place
    made = Primary(site=site)
    made.add(fact)
    if chosen is not None:
        made.locate(chosen)
    primaries.append(made)
    return None


_SOON = 3
"""How many sentences behind a lump its sample is told."""


def _another_cancer(best: Primary, fact: TumorFact, before: Sequence[TumorFact]) -> bool:
    """Whether a sample of a lump in another organ names a cancer that nothing calls the one treated years ago ("prostatectomy 2012 … lung mass. Biopsy: …")."""
    if generic(fact) or fact.metastatic is not None or not before or not any(m.current for m in fact.line.of("tissue")):
        return False
    lump = before[-1].place
    if lump is None or same_organ(lump.site, best.site) or before[-1].start < best.last_before(fact.start):
        return False
    if not 0 <= fact.line.index - before[-1].line.index <= _SOON or fact.line.says("spread.same_as_before"):
        return False
    other = not best.histologies or family(fact) not in best.families()
    return other and all(told_as_past(f) or _treated_in_a_year(f) for f in best.facts)


def _called_metastasis(fact: TumorFact) -> bool:
    """Whether the sample of a lump is called a metastasis itself ("biopsy: metastasis of adenocarcinoma"), not a tumor that is metastatic."""
    word = fact.metastatic
    named = word is not None and word.end <= fact.mention.start and not adjective(fact.line, word)
    return named and not fact.line.of("site") and any(m.current for m in fact.line.of("tissue"))


def _found_in(fact: TumorFact, lumps: Sequence[TumorFact], lines: Sequence[Line]) -> tuple[TumorFact | None, str | None]:
    """The lump that a tumor was found in, and the organ taken out with it where the lump told last lies in another."""
    before = [f for f in lumps if f.start <= fact.start]
    later = [f for f in lumps if f.place and FIELD in f.place.flags] or [f for f in lumps if f.mention.concept in _LARGE]
    chosen = before[-1] if before else next(iter(later), None)
    cut = _cut_out(fact, chosen, lines)
    if cut is not None:
        chosen = next((f for f in reversed(before) if f.place and taken_with(cut, f.place.site)), None)
    return chosen, cut


def _cut_out(fact: TumorFact, lump: TumorFact | None, lines: Sequence[Line]) -> str | None:
    """The organ that was taken out with the tumor in it, where the lump told before lies in another."""
    if lump is None or lump.place is None or generic(fact):
        return None
    organ_out = taken_out(fact)
    if organ_out is None:
        done = [ln.index for ln in lines if ln.index < fact.line.index and any(map(_surgery, ln.of("treatment")))]
        organ_out = examined_after(fact, lines) if done and lump.line.index < done[-1] else None
    return None if organ_out is None or taken_with(organ_out, lump.place.site) else organ_out


def _surgery(word: Mention) -> bool:
    return word.attrs.get("effect") == "surgery" and word.current


def _by_operation(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The organ that an operation or a biopsy told before took the tumor from."""
    site = lining_of(fact, lines) or taken_out(fact) or examined_after(fact, lines) or biopsied_after(fact, lines)
    site = site or scoped(fact, lines) or received(fact, lines)
    return None if site == "skin" and of_gland(fact) else site


def _only_cancer(primary: Primary) -> bool:
    """Whether a tumor has no other name than "cancer": beside an unknown primary it is another one."""
    return all(generic(f) and f.mention.concept != "origin_word" for f in primary.facts)


def _unplaced(fact: TumorFact, site: str = "unspecified") -> Primary:
    """A primary made of one fact, as a rule without a site."""
    made = Primary(site=site)
    made.add(fact)
    return made


def _supposed(primary: Primary, fact: TumorFact, unknown: bool) -> TumorFact:
    """A metastatic tumor as a word for an origin that is only supposed ("favors a midgut primary"): it makes no origin certain."""
    if primary.certain or not all(f.assertion is Assertion.UNCERTAIN for f in primary.facts):
        return fact
    vague = generic(fact) and not fact.line.of("tissue")
    if not unknown and not vague and all(f.mention.concept != "origin_word" for f in primary.facts):
        return fact
    return replace(fact, mention=replace(fact.mention, assertion=Assertion.UNCERTAIN))


def _another_reading(primary: Primary, fact: TumorFact) -> bool:
    """Whether a suspected tumor is not proven by a word: "cancer" said before it, or a neuroendocrine tumor beside another histology."""
    if generic(fact):
        return all(f.start > fact.start for f in primary.facts)
    told = any(not generic(f) and family(f) == "other" for f in primary.facts)
    return told and family(fact) in NEUROENDOCRINE and fact.assertion is not Assertion.UNCERTAIN


def _bygone(primary: Primary, fact: TumorFact) -> bool:
    """Whether a neuroendocrine tumor found now is no word for a former cancer of which nothing but "cancer" is said."""
    now = fact.assertion is Assertion.PRESENT and family(fact) in ("carcinoid", "net", "islet_cell")
    if not now or primary.histologies:
        return False
    past = [f.assertion is Assertion.HISTORY or _treated_in_a_year(f) for f in primary.facts]
    return all(past) or (any(past) and organ(primary.site) in NO_NET)


def _current_first(fitting: list[Primary], fact: TumorFact) -> list[Primary]:
    """The tumors a word told of now may mean: a former one only where it comes after its name and there is no current one."""
    if told_as_past(fact):
        return fitting
    current = [p for p in fitting if not all(told_as_past(f) or _treated_in_a_year(f) for f in p.facts)]
    if current:
        return [*current, *_known_before(fitting, current, fact)]
    of_deposit = any(named_by(fact.line, fact.mention, m) for m in fact.line.of("metastasis"))  # "GIST metastases"
    return [p for p in fitting if (of_deposit and p.histologies == {fact.mention.concept}) or _known_former(p, fact)]


def _known_former(primary: Primary, fact: TumorFact) -> bool:
    """Whether a word told of now may mean a former tumor named before it."""
    if primary.facts[0].start > fact.start:
        return False
    if generic(fact) or not all(map(told_as_past, primary.facts)):
        return True
    urothelial = fact.mention.concept == "urothelial_carcinoma" and primary.site in _UROTHELIUM
    return urothelial or any(f.mention.concept == fact.mention.concept for f in primary.facts)


_UROTHELIUM = frozenset({"bladder", "ureter", "renal_pelvis"})


def _known_before(fitting: Sequence[Primary], current: Sequence[Primary], fact: TumorFact) -> list[Primary]:
    """The former neuroendocrine tumors told before the word, where no current tumor is one ("the known neuroendocrine tumor")."""
    kind = family(fact)
    if generic(fact) or kind not in NEUROENDOCRINE or any(kind in p.families() for p in current):
        return []
    return [p for p in fitting if p not in current and p.facts[0].start <= fact.start and kind in p.families()]


_CARCINOIDS = frozenset({"carcinoid", "net"})


def _named_later(primary: Primary, fact: TumorFact, before: Sequence[TumorFact]) -> bool:
    """Whether a carcinoid found in a lump gets the name of its organ only further on ("rectal lump … carcinoid … the rectal NET")."""
    places = [f.place for f in before[-1:] if f.place is not None]
    one_kind = family(fact) in _CARCINOIDS and bool(_CARCINOIDS & {*primary.families()})
    return one_kind and any(same_organ(p.site, primary.site) for p in places)


_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def _treated_in_a_year(fact: TumorFact) -> bool:
    """Whether the sentence lists a cancer with its year and treatment ("breast cancer 2004, lumpectomy", "years after colectomy for cancer")."""
    done = (Assertion.PRESENT, Assertion.HISTORY)
    dated = _YEAR.search(fact.line.text) is not None or fact.line.says("course.years_ago") is not None
    return dated and any(m.assertion in done for m in fact.line.of("treatment"))
