"""The primary tumors a note documents: tumor facts gathered by site, side and family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import ONCE_HELD, Line
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.afar import found_elsewhere
from oncospan.pipeline.tumors.arrived import (
    arrived,
    came_afar,
    came_there,
    in_another_specimen,
    in_skin,
    lump_of_skin,
    of_specimen,
    on_serosa,
    sampled_afar,
)
from oncospan.pipeline.tumors.begun import secreting, sent_deposits
from oncospan.pipeline.tumors.behaved import tell_behavior
from oncospan.pipeline.tumors.clear_cell import as_renal
from oncospan.pipeline.tumors.expected import expected
from oncospan.pipeline.tumors.general import own_facts
from oncospan.pipeline.tumors.grown import extends, home_of, infiltrates
from oncospan.pipeline.tumors.labelled import labelled
from oncospan.pipeline.tumors.of_operation import sarcoma_of_uterus
from oncospan.pipeline.tumors.once_there import once_there
from oncospan.pipeline.tumors.one_tumor import compatible, under_one_roof
from oncospan.pipeline.tumors.origin_word import origin_word
from oncospan.pipeline.tumors.own_site import DUCTS, GUT, GUT_ISLET, elsewhere, site_of
from oncospan.pipeline.tumors.primary import USUAL, Primary, alike, generic
from oncospan.pipeline.tumors.sided import of_operated_side, of_other_side, refine
from oncospan.pipeline.tumors.taken_back import overruled, settle_denied
from oncospan.pipeline.tumors.told_again import AGAIN
from oncospan.pipeline.tumors.unsited import Around, lumps_of, place_unsited
from oncospan.sites import DESTINATIONS, PAIRED, organ, remote, same_organ


def gather(lines: Sequence[LineFacts], *, unknown: bool = False) -> tuple[list[Primary], list[TumorFact]]:
    """The primaries of a note, and the metastatic facts whose named organ was reached rather than origin.

    With an ``unknown`` primary, a cancer in an organ where metastases go was found there, but did not begin there.
    """
    facts = as_renal(
        expected(of_other_side([of_operated_side(once_there(secreting(f))) for f in labelled(own_facts(lines))]), lines)
    )
    strong = [f for f in facts if (not f.mention.weak or origin_word(f)) and f.assertion in ONCE_HELD and not overruled(f, facts)]
    reached_sites = {d.site for ln in lines for d in ln.deposits if d.assertion in ONCE_HELD}
    around = Around(
        lumps=lumps_of(facts), told=[f for ln in lines for f in ln.tumors], reached_sites=reached_sites,
        lines=[ln.line for ln in lines], unknown=unknown,
    )  # fmt: skip
    primaries: list[Primary] = []
    strong, reached = found_elsewhere(facts, strong, lines)
    usual: list[TumorFact] = []
    grown = [f for f in strong if infiltrates(f)]
    strong, held = _held_apart([f for f in strong if f not in grown])
    strong, afar = _unseated(strong, around.lumps)
    reached += [*held, *afar]
    home = next((site_of(f)[0] for f in strong if elsewhere(f) or f.mention.concept == "melanoma_uveal"), None)
    for fact in strong:
        here = fact.mention.concept == "melanoma" and (fact.place is None or fact.place.site == home or _reached_by(fact))
        site = home if home and here else _in_liver(fact, strong) or site_of(fact)[0]
        if site is None or site.startswith("lymph_node"):
            continue
        come = _come(fact, site, strong, around)
        if come is not None:
            reached.append(come)
            continue
        # a pheochromocytoma of the adrenal is a tumor of its own or another reading of the deposit, not the deposit
        at_home = same_organ(fact.mention.attrs.get("site", ""), site) or (fact.mention.concept, site) == (
            "mesothelioma",
            "pleura",
        )
        if site in DESTINATIONS and site in reached_sites and (generic(fact) or (_has_other(strong, site) and not at_home)):
            continue
        if fact.place is None and (fact.mention.concept in USUAL or _ductal_lump(fact, facts)) and not (home and here):
            usual.append(fact)
            continue
        _take(primaries, fact, site)
    for fact in usual:
        site = _named_site(primaries, fact) or _lump_before(fact, facts) or _of_uterus(fact, around.lines) or site_of(fact)[0]
        _take(primaries, fact, site or "unspecified")
    for fact in strong:
        if site_of(fact)[0] is None:
            found = arrived(fact, strong, lines) or lump_of_skin(fact, facts, strong)
            reached += [replace(found, how=AGAIN)] if found is not None else []
            lump = place_unsited(primaries, fact, around)
            if lump is not None:
                reached.append(replace(fact, place=lump))
    reached += _grown_into(primaries, grown)
    for fact, site in sent_deposits(primaries, facts, () if unknown else lines):
        _take(primaries, fact, site)
    refine(primaries, facts, lines)
    return _kept([p for p in primaries if not _only_called_malignant(p, reached)], facts), reached


def _come(fact: TumorFact, site: str, strong: Sequence[TumorFact], around: Around) -> TumorFact | None:
    """The fact as told of an organ that its tumor came to: by its words, which may mean the origin too, or as one told of its home."""
    moved = fact.metastatic is not None or (around.unknown and fact.mention.concept != "origin_word")
    if moved and fact.place is not None and site in DESTINATIONS and not fact.mention.attrs.get("site"):
        return fact
    lining = fact.mention.concept == "mesothelioma"
    there = site in DESTINATIONS and (of_specimen(fact, strong) or (not lining and came_there(fact, strong, around.lumps)))
    return replace(fact, how=AGAIN) if there or in_skin(fact, strong) or on_serosa(fact, strong) else None


def _kept(primaries: list[Primary], facts: Sequence[TumorFact]) -> list[Primary]:
    """The primaries that nothing took back, with what is said of their behavior further on."""
    kept = under_one_roof(settle_denied(primaries, facts))
    tell_behavior(kept, facts)
    return kept


def _held_apart(strong: Sequence[TumorFact]) -> tuple[list[TumorFact], list[TumorFact]]:
    """The facts but those of organs that a tumor of another one only came to, and those of them that it cannot have grown into."""
    held = [f for f in strong if in_another_specimen(f, strong)]
    came = [replace(f, how=AGAIN) for f in held if came_afar(f, strong)]
    return [f for f in strong if f not in held and not extends(f, strong)], came


def _only_called_malignant(primary: Primary, reached: Sequence[TumorFact]) -> bool:
    """Whether the words of a tumor only call malignant what is told to have come there ("Liver, biopsy: positive for malignancy, NET")."""
    there = {f.place.site for f in reached if f.place is not None and f.how == AGAIN}
    return primary.site in DESTINATIONS & there and all(map(generic, primary.facts))


def _unseated(strong: Sequence[TumorFact], lumps: Sequence[TumorFact]) -> tuple[list[TumorFact], list[TumorFact]]:
    """The facts, those without the organ that a tumor of another one only involves or was sampled in, and those samples as told of it."""
    afar = [f for f in strong if sampled_afar(f, lumps)]
    guests = [f for f in strong if f.how == "involved" and generic(f) and _has_other(strong, f.place.site if f.place else "")]
    homeless = [replace(f, place=None, how="none") for f in (*guests, *afar)]
    return [f for f in strong if f not in guests and f not in afar] + homeless, [replace(f, how=AGAIN) for f in afar]


def _grown_into(primaries: list[Primary], grown: Sequence[TumorFact]) -> list[TumorFact]:
    """Those of the tumors told as infiltrating an organ that came to it from afar; one with no other home began there."""
    reached = []
    for fact in grown:
        site = site_of(fact)[0] or "unspecified"
        home = home_of(fact, primaries)
        if home is None:
            _take(primaries, fact, site)
        elif remote(home.site, site):
            reached.append(fact)
    return reached


def _reached_by(fact: TumorFact) -> bool:
    """Whether a melanoma lies in an organ that metastases reach ("lump over the sternum, aspirated: melanoma cells")."""
    return fact.place is not None and fact.place.site in DESTINATIONS


_INTRAHEPATIC = "cholangiocarcinoma_intrahepatic"


def _in_liver(fact: TumorFact, strong: Sequence[TumorFact]) -> str | None:
    """The liver for the bare name of a cholangiocarcinoma that the note elsewhere calls intrahepatic, and no other one."""
    if fact.mention.concept != "cholangiocarcinoma" or (
        fact.place is not None and fact.place.subsite == "bile_duct.extrahepatic"
    ):
        return None
    kinds = {f.mention.concept for f in strong if alike(f, fact)}
    return "liver" if _INTRAHEPATIC in kinds and "cholangiocarcinoma_extrahepatic" not in kinds else None


def _named_site(primaries: Sequence[Primary], fact: TumorFact) -> str | None:
    """The site that the words give to the only tumor of that histology ("choroidal melanoma … the melanoma", "uterine leiomyosarcoma … sarcoma")."""
    mine = fact.mention.attrs.get("site", "")
    named = {
        p.site for p in primaries if any((f.place or f.mention.attrs.get("site") != mine) and alike(f, fact) for f in p.facts)
    }
    if not named and fact.metastatic and fact.mention.concept == "soft_tissue_sarcoma":
        named = {p.site for p in primaries if any(f.mention.concept.endswith("_sarcoma") for f in p.facts)}
    if not named and fact.mention.concept in GUT_ISLET:  # "duodenal NET … the gastrinoma"
        endocrine = {
            p.site for p in primaries if p.certain and ({*p.families()} & {"net", "carcinoid", "islet_cell"} or _sought(p))
        }
        return endocrine.pop() if len(endocrine) == 1 and endocrine <= GUT else None
    return named.pop() if len(named) == 1 and not any(same_organ(s, mine) for s in named) else None


def _sought(primary: Primary) -> bool:
    """Whether all that is told of a primary is that it is one ("the duodenal primary")."""
    return all(f.mention.concept == "origin_word" for f in primary.facts)


def _lump_before(fact: TumorFact, facts: Sequence[TumorFact]) -> str | None:
    """The organ of the mass told before a tumor without a site that begins in many: a paraganglioma, a sarcoma, a gastrinoma of the gut."""
    masses = _masses_before(fact, facts)
    if fact.mention.concept in GUT_ISLET:
        opened = {
            m.attrs.get("removes") for m in fact.line.of("treatment") if m.current
        } & GUT  # "duodenotomy revealed a gastrinoma"
        return opened.pop() if len(opened) == 1 else masses[-1] if masses and masses[-1] in GUT else None
    if fact.mention.concept == "ductal_carcinoma":
        return _ductal_lump(fact, facts)
    if fact.mention.concept == "soft_tissue_sarcoma":
        return masses[-1] if masses and masses[-1] in _SARCOMA_SEATS else None
    if fact.mention.concept != "paraganglioma":
        return None
    return next(
        (s for s in reversed(masses) if s not in DESTINATIONS and not s.startswith("lymph_node") and s != "head_neck"), None
    )


def _of_uterus(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The uterus for a sarcoma found in what was removed of it."""
    sarcoma = fact.mention.concept == "soft_tissue_sarcoma"
    return "uterus" if sarcoma and sarcoma_of_uterus(fact, lines) else None


def _masses_before(fact: TumorFact, facts: Sequence[TumorFact]) -> list[str]:
    """The organs of the masses told before a tumor word, in order."""
    return [f.place.site for f in facts if _may_be(f) and f.place and f.start < fact.start and f.assertion in ONCE_HELD]


_NEAR = 2


def _ductal_lump(fact: TumorFact, facts: Sequence[TumorFact]) -> str | None:
    """The organ with ducts of its own whose mass was told right before a "ductal carcinoma" ("pancreatic mass. FNA: …"): it is not the breast's."""
    if fact.mention.concept != "ductal_carcinoma" or fact.place is not None:
        return None
    masses = _masses_before(fact, [f for f in facts if fact.line.index - f.line.index <= _NEAR])
    return masses[-1] if masses and masses[-1] in DUCTS else None


_SARCOMA_SEATS = frozenset({"retroperitoneum", "mediastinum", "uterus"})
"""Where sarcomas begin that the Neoplasm Table keeps with the organ, not with soft tissue."""


def _may_be(lump: TumorFact) -> bool:
    """Whether the lump is large or undetermined enough to be the tumor named later."""
    return lump.mention.concept in ("mass", "tumor", "neoplasm")


def _has_other(strong: Iterable[TumorFact], site: str) -> bool:
    return any((s := site_of(f)[0]) is not None and not same_organ(s, site) for f in strong)


def _take(primaries: list[Primary], fact: TumorFact, site: str) -> None:
    side = site_of(fact)[2]
    for primary in primaries:
        if not same_organ(primary.site, site) or not compatible(primary, fact):
            continue
        if organ(site) in PAIRED and side and primary.side and side != primary.side and "bilateral" not in (side, primary.side):
            continue
        primary.add(fact)
        if side == "bilateral" and primary.side != side:
            continue  # "bilateral breast cancer" speaks of both
        return
    if side == "bilateral" and any(same_organ(p.site, site) and fact in p.facts for p in primaries):
        return
    made = Primary(site=site, subsite=None, side=side)
    made.add(fact)
    primaries.append(made)
