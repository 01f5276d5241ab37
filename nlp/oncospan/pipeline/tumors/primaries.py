"""The primary tumors a note documents: tumor facts gathered by site, side and family."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.doubts import FLAG as DOUBTFUL
from oncospan.pipeline.sentence.parts import FIELD
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.sights import FLAG as UNSEEN
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.arrived import arrived, came_there, of_specimen
from oncospan.pipeline.tumors.expected import expected
from oncospan.pipeline.tumors.general import own_facts
from oncospan.pipeline.tumors.grown import extends, home_of, infiltrates
from oncospan.pipeline.tumors.labels import side_by_labels
from oncospan.pipeline.tumors.of_operation import operated_on
from oncospan.pipeline.tumors.one_tumor import compatible, under_one_roof
from oncospan.pipeline.tumors.origin_word import origin_word
from oncospan.pipeline.tumors.primary import (
    DUCTS,
    GUT,
    GUT_ISLET,
    USUAL,
    Primary,
    alike,
    elsewhere,
    family,
    generic,
    site_of,
)
from oncospan.pipeline.tumors.told_again import AGAIN, told_again
from oncospan.pipeline.tumors.unsited import STATED, Around, lumps_of, place_unsited
from oncospan.sites import DESTINATIONS, PAIRED, organ, remote, same_organ
from oncospan.types import Assertion


def gather(lines: Sequence[LineFacts], *, unknown: bool = False) -> tuple[list[Primary], list[TumorFact]]:
    """The primaries of a note, and the metastatic facts whose named organ was reached rather than origin.

    With an ``unknown`` primary, a cancer in an organ where metastases go was found there, but did not begin there.
    """
    facts = expected([_once_there(f) for f in own_facts(lines)], lines)
    strong = [f for f in facts if (not f.mention.weak or origin_word(f)) and f.assertion in STATED and not _overruled(f, facts)]
    reached_sites = {d.site for ln in lines for d in ln.deposits if d.assertion in STATED}
    around = Around(
        lumps=lumps_of(facts), told=[f for ln in lines for f in ln.tumors], reached_sites=reached_sites,
        lines=[ln.line for ln in lines], unknown=unknown,
    )  # fmt: skip
    primaries: list[Primary] = []
    strong, reached = told_again(facts, strong, lines)
    usual: list[TumorFact] = []
    grown = [f for f in strong if infiltrates(f)]
    strong = _unseated([f for f in strong if f not in grown and not extends(f, strong)])
    home = next((site_of(f)[0] for f in strong if elsewhere(f) or f.mention.concept == "melanoma_uveal"), None)
    for fact in strong:
        here = fact.mention.concept == "melanoma" and (fact.place is None or fact.place.site == home or _reached_by(fact))
        site = home if home and here else site_of(fact)[0]
        if site is None or site.startswith("lymph_node"):
            continue
        moved = fact.metastatic is not None or (unknown and fact.mention.concept != "origin_word") or of_specimen(fact, strong)
        if moved and fact.place is not None and site in DESTINATIONS and not fact.mention.attrs.get("site"):
            reached.append(fact)
            continue
        if site in DESTINATIONS and fact.mention.concept != "mesothelioma" and came_there(fact, strong, around.lumps):
            reached.append(fact)
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
        _take(primaries, fact, _named_site(primaries, fact) or _lump_before(fact, facts) or site_of(fact)[0] or "unspecified")
    for fact in strong:
        if site_of(fact)[0] is None:
            found = arrived(fact, strong, lines)
            reached += [found] if found is not None else []
            lump = place_unsited(primaries, fact, around)
            if lump is not None:
                reached.append(replace(fact, place=lump))
    reached += _grown_into(primaries, grown)
    _refine(primaries, facts, lines)
    return under_one_roof(_settle_denied(primaries, facts)), reached


def _refine(primaries: Sequence[Primary], facts: Sequence[TumorFact], lines: Sequence[LineFacts]) -> None:
    """Let operations, lumps and labels name the parts and sides of the primaries."""
    _refine_from_operations(primaries, lines, beside=True)
    _refine_from_lumps(primaries, facts)
    _refine_from_operations(primaries, lines)
    side_by_labels(primaries, lines)


def _unseated(strong: Sequence[TumorFact]) -> list[TumorFact]:
    """The facts, those without the organ that a tumor of another one only involves."""
    guests = [f for f in strong if f.how == "involved" and generic(f) and _has_other(strong, f.place.site if f.place else "")]
    return [f for f in strong if f not in guests] + [replace(f, place=None, how="none") for f in guests]


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


def _overruled(fact: TumorFact, facts: Sequence[TumorFact]) -> bool:
    """Whether a histology was only supposed, and is denied further on ("working diagnosis adenocarcinoma … adenocarcinoma was excluded").

    A cancer of an organ gives way to a sentence of its own that says "not adrenal cancer".
    """
    if generic(fact) and any(f.start > fact.start and _not_this(f) and _one_organ(f, fact) for f in facts):
        return True
    if fact.assertion is not Assertion.UNCERTAIN or generic(fact):
        return False
    return any(
        f.assertion is Assertion.ABSENT
        and f.start > fact.start
        and f.mention.concept == fact.mention.concept
        and (f.place is None or fact.place is None or same_organ(f.place.site, fact.place.site))
        for f in facts
    )


_NOT = re.compile(r"\W*(?:(?:this|it|that)\s(?:is|was)\s)?not\s(?:an?\s)?(?:primary\s)?", re.IGNORECASE)


def _not_this(fact: TumorFact) -> bool:
    """Whether a sentence says no more before a tumor than that it is not this ("Not adrenal cancer.")."""
    start = min(fact.start, fact.place.start if fact.place is not None else fact.start)
    before = fact.line.text[: start - fact.line.sentence.start]
    return fact.assertion is Assertion.ABSENT and _NOT.fullmatch(before) is not None


def _one_organ(one: TumorFact, other: TumorFact) -> bool:
    """Whether both facts name an organ, and the same."""
    return one.place is not None and other.place is not None and same_organ(one.place.site, other.place.site)


_BACK = re.compile(r"\s+(?:of\s+)?(?:(?!(?:and|or|nor|but|with|in)\b)[\w'-]+\s+){0,4}", re.IGNORECASE)


def stays_free(fact: TumorFact) -> bool:
    """Whether the patient is said to be free of the tumor ever since: "she has been free of breast cancer for ten years"."""
    cues = [c for c in fact.mention.cues if c.text.lower().startswith("free")]
    if not cues or site_of(fact)[0] is None or fact.metastatic is not None:
        return False
    return fact.line.within["tumor.stays"].search(fact.line.text, 0, cues[-1].start - fact.line.sentence.start) is not None


def _no_more(fact: TumorFact) -> bool:
    """Whether what is denied is what is left of a tumor treated before ("no trace of the colonic carcinoma resected in 2011")."""
    if site_of(fact)[0] is None or fact.metastatic is not None:
        return False
    start = fact.mention.start if fact.place is None or fact.how != "before" else fact.place.start
    at, end = start - fact.line.sentence.start, fact.mention.end - fact.line.sentence.start
    within, text = fact.line.within, fact.line.text
    return (
        within["tumor.once"].search(text, max(0, at - 40), at) is not None or within["tumor.treated"].match(text, end) is not None
    )


def _once_there(fact: TumorFact) -> TumorFact:
    """The fact, told as past where only its return is denied: "no evidence of recurrent prostate cancer"."""
    if fact.assertion is not Assertion.ABSENT or fact.mention.weak:
        return fact
    if stays_free(fact) or _no_more(fact):
        return replace(fact, mention=replace(fact.mention, assertion=Assertion.HISTORY))
    line = fact.line
    words = [m for m in line.of("status") if m.concept == "recurrence"]
    back = any(_BACK.fullmatch(" " + line.between(m, fact.mention).lstrip()) for m in words if m.end <= fact.start)
    back = back or any(line.between(fact.mention, m).strip() in ("", "is", "has") for m in words if m.start >= fact.mention.end)
    return replace(fact, mention=replace(fact.mention, assertion=Assertion.HISTORY)) if back else fact


def _named_site(primaries: Sequence[Primary], fact: TumorFact) -> str | None:
    """The site that the words give to the only tumor of that histology ("choroidal melanoma … the melanoma", "uterine leiomyosarcoma … sarcoma")."""
    mine = fact.mention.attrs.get("site", "")
    named = {p.site for p in primaries if any(f.place and alike(f, fact) for f in p.facts)}
    if not named and fact.metastatic and fact.mention.concept == "soft_tissue_sarcoma":
        named = {p.site for p in primaries if any(f.mention.concept.endswith("_sarcoma") for f in p.facts)}
    if not named and fact.mention.concept in GUT_ISLET:  # "duodenal NET … the gastrinoma"
        endocrine = {p.site for p in primaries if p.certain and {*p.families()} & {"net", "carcinoid", "islet_cell"}}
        return endocrine.pop() if len(endocrine) == 1 and endocrine <= GUT else None
    return named.pop() if len(named) == 1 and not any(same_organ(s, mine) for s in named) else None


def _lump_before(fact: TumorFact, facts: Sequence[TumorFact]) -> str | None:
    """The organ of the mass told before a tumor without a site that begins in many: a paraganglioma, a sarcoma, a gastrinoma of the gut."""
    masses = _masses_before(fact, facts)
    if fact.mention.concept in GUT_ISLET:
        return masses[-1] if masses and masses[-1] in GUT else None
    if fact.mention.concept == "ductal_carcinoma":
        return _ductal_lump(fact, facts)
    if fact.mention.concept == "soft_tissue_sarcoma":
        return masses[-1] if masses and masses[-1] in _SARCOMA_SEATS else None
    if fact.mention.concept != "paraganglioma":
        return None
    return next(
        (s for s in reversed(masses) if s not in DESTINATIONS and not s.startswith("lymph_node") and s != "head_neck"), None
    )


def _masses_before(fact: TumorFact, facts: Sequence[TumorFact]) -> list[str]:
    """The organs of the masses told before a tumor word, in order."""
    return [f.place.site for f in facts if _may_be(f) and f.place and f.start < fact.start and f.assertion in STATED]


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


_ATTACHED = frozenset({"testis.epididymis", "testis.spermatic_cord"})
"""Parts taken along with an organ: a lump measured from them lies in the organ."""
_ALONG = frozenset({"breast.axillary_tail"})
"""Parts that a specimen comes with: a lump described below one need not lie in it."""


def _refine_from_lumps(primaries: Sequence[Primary], facts: Sequence[TumorFact]) -> None:
    """Let lumps in the same organ name its part and side when the tumor word did not."""
    for fact in facts:
        if fact.place and fact.how == "specimen" and fact.place.subsite in _ALONG:
            continue
        if fact.mention.weak and fact.place and fact.assertion in STATED and fact.place.subsite not in _ATTACHED:
            fits = [p for p in primaries if same_organ(p.site, fact.place.site)]
            if len(fits) > 1 and fact.place.subsite:  # "tumor of the eyelid … Merkel … the basal cell carcinoma of the nose"
                fits = [p for p in fits if p.subsite in (None, fact.place.subsite)]
            if len(fits) == 1:
                fits[0].locate(fact)
                if FIELD in fact.place.flags and fact.place.subsite:
                    fits[0].subsite = fact.place.subsite


_SIDED = re.compile(r"\b(left|right|bilateral)\b")


def _sides_taken(primary: Primary, lines: Sequence[LineFacts]) -> set[str]:
    """The sides on which operations took out the organ of the primary."""
    taken = [
        (ln.line, m) for ln in lines for m in ln.line.of("treatment") if same_organ(m.attrs.get("removes", ""), primary.site)
    ]
    sides = {s.concept for line, m in taken for s in line.of("side") if 0 <= m.start - s.end <= 25}
    sides |= {found[1].lower() for line, m in taken if (found := _SIDED.search(line.word(m)))}
    return sides or {
        s.concept for ln in lines for organ_ in operated_on(ln.line) if same_organ(organ_.concept, primary.site)
        for s in ln.line.of("side") if 0 <= organ_.start - s.end <= 10
    }  # fmt: skip


_AGAIN_NAMED = re.compile(r"\s?(?:\([^()]{1,24}\))?\s?[,;:-]\s?")


def _side_behind(fact: TumorFact, facts: LineFacts) -> set[str]:
    """The side of the organ named once more right behind the tumor's ("Seminoma of the testis (pT1), left testicle")."""
    place, line = fact.place, fact.line
    if place is None or place.side or fact.mention.weak:
        return set()
    end = max(place.end, fact.mention.end) - line.sentence.start
    again = [p for p in facts.places if p.side and p.start > place.start and same_organ(p.site, place.site)]
    sides = {s.start for s in line.of("side")}
    at = {p.side or "": min([s for s in sides if 0 <= p.start - s <= 12], default=p.start) - line.sentence.start for p in again}
    return {side for side, start in at.items() if start >= end and _AGAIN_NAMED.fullmatch(line.text, end, start)}


def _refine_from_operations(primaries: Sequence[Primary], lines: Sequence[LineFacts], *, beside: bool = False) -> None:
    """Let an operation name the side of a paired organ ("left nephrectomy"), when the note names only one.

    ``beside`` asks only the sentences that name the tumor: what they say goes before any lump of the organ.
    """
    for primary in primaries:
        if primary.side or organ(primary.site) not in PAIRED:
            continue
        sides = _sides_taken(primary, lines)
        if beside and (
            named_again := {s for ln in lines for f in primary.facts if f.line is ln.line for s in _side_behind(f, ln)}
        ):
            sides = named_again
        elif beside:  # what the tumor's own sentence says, where neither it nor another operation names the other side
            mine = [ln for ln in lines if any(f.line is ln.line for f in primary.facts)]
            named = {s.concept for ln in mine for s in ln.line.of("side")}
            sides = _sides_taken(primary, mine) if len(sides | named) == 1 else set()
        else:
            sides |= {s.concept for ln in lines for s in ln.line.of("side") if s.rule.endswith(".laterality")}
        if len(sides) == 1:
            primary.side = sides.pop()


def _settle_denied(primaries: Sequence[Primary], facts: Sequence[TumorFact]) -> list[Primary]:
    """The primaries without those that were only suspected and then denied, and those whose diagnosis was taken back."""
    kept = []
    for primary in primaries:
        last = primary.facts[-1].start
        denied = [
            f for f in facts
            if f.assertion is Assertion.ABSENT and f.start > last and (_same_named(primary, f) or _same_organ_named(primary, f))
        ]  # fmt: skip
        alone = sum(primary.family in p.families() for p in primaries) == 1
        back = any(f.start > last and (_taken_back(f, primary) or (alone and _histology_taken_back(f, primary))) for f in facts)
        if not back and (primary.certain or not denied):
            kept.append(primary)
    return kept


def _same_named(primary: Primary, fact: TumorFact) -> bool:
    """Whether the word names the histology of the primary."""
    return not generic(fact) and family(fact) in primary.families()


_WITHDRAWN = frozenset(
    f"context.negated.{name}" for name in ("withdrawn", "not_borne_out", "not_correct", "in_error", "superseded")
)
"""Cues that can only speak of a diagnosis made before."""
_TAKEN_BACK = _WITHDRAWN | frozenset(
    f"context.negated.{name}" for name in ("ruled_out", "ruled_out_word", "ruling_out", "discarded")
)
"""Cues that end a diagnosis made before."""


def _taken_back(fact: TumorFact, primary: Primary) -> bool:
    """Whether a statement takes back the diagnosis of the primary ("the diagnosis of breast carcinoma was withdrawn")."""
    if fact.assertion is not Assertion.ABSENT or fact.place is None or not same_organ(fact.place.site, primary.site):
        return False
    if primary.site != fact.place.site == "carotid_body":  # another paraganglion than that of the tumor
        return False
    if fact.mention.concept == "origin_word":  # "renal origin excluded" tells where a deposit does not come from
        return False
    carcinomas = [m for m in fact.line.of("tumor") if m.concept.endswith("carcinoma") and m.attrs.get("family") == "other"]
    another = primary.neuroendocrine and bool(carcinomas)  # "the bronchogenic carcinoma was not borne out"
    named = fact.metastatic is None and ((generic(fact) and not another) or _same_named(primary, fact))
    return named and fact.line.says("spread.again") is None and any(c.rule in _TAKEN_BACK for c in fact.mention.cues)


def _histology_taken_back(fact: TumorFact, primary: Primary) -> bool:
    """Whether a statement without an organ takes back the histology ("the diagnosis of neuroendocrine carcinoma was annulled")."""
    if fact.assertion is not Assertion.ABSENT or fact.place is not None or fact.metastatic is not None or generic(fact):
        return False
    named = _kin(family(fact)) == _kin(primary.family)
    cues = _TAKEN_BACK
    if primary.family == "other":  # that another finding is no adenocarcinoma takes nothing back
        named, cues = primary.histologies == {fact.mention.concept}, _WITHDRAWN
    return named and fact.line.says("spread.again") is None and any(c.rule in cues for c in fact.mention.cues)


def _kin(name: str) -> str:
    """The family, with the carcinomas of neuroendocrine cells as one, and the carcinoids with the neuroendocrine tumors."""
    return "nec" if name.startswith("nec") else "net" if name == "carcinoid" else name


def _same_organ_named(primary: Primary, fact: TumorFact) -> bool:
    """Whether the word is "cancer" or the like of the organ of a primary of which no more was said."""
    named = fact.place is not None and fact.how in ("before", "after", "inside") and not fact.mention.weak
    return named and fact.place is not None and same_organ(fact.place.site, primary.site) and not primary.histologies


def deposits_of(lines: Sequence[LineFacts], reached: Iterable[TumorFact] = ()) -> list[DepositFact]:
    """All deposit facts of a note, in order, and the ``reached`` organs that nothing else calls a deposit ("metastatic liver cancer")."""
    out = [d for ln in lines for d in ln.deposits]
    told = {
        d.site for d in out if d.assertion not in (Assertion.FAMILY, Assertion.HYPOTHETICAL) and not d.flags & {UNSEEN, DOUBTFUL}
    }
    out += [
        DepositFact(
            trigger=f.mention, line=f.line, place=f.place, site=f.place.site, side=f.place.side, assertion=f.assertion,
            tumor=f.mention, flags=frozenset() if f.how == AGAIN else frozenset({"direction_ambiguous"}),
        )
        for f in reached if f.place is not None and f.place.site not in told
    ]  # fmt: skip
    return sorted(out, key=lambda d: d.trigger.start)
