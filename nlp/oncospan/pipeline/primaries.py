"""The primary tumors a note documents: tumor facts gathered by site, side and family."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from oncospan.pipeline.deposit_facts import DepositFact
from oncospan.pipeline.general import own_facts
from oncospan.pipeline.places import Place
from oncospan.pipeline.primary import NEUROENDOCRINE, Primary, elsewhere, family, generic, site_of
from oncospan.pipeline.relations import LineFacts
from oncospan.pipeline.tumor_facts import TumorFact
from oncospan.pipeline.whence import DESTINATIONS
from oncospan.sites import PAIRED, organ, same_organ
from oncospan.types import Assertion


def gather(lines: Sequence[LineFacts]) -> tuple[list[Primary], list[TumorFact]]:
    """The primaries of a note, and the metastatic facts whose named organ was reached rather than origin."""
    facts = own_facts(lines)
    stated = (Assertion.PRESENT, Assertion.HISTORY, Assertion.UNCERTAIN)
    strong = [f for f in facts if (not f.mention.weak or _origin_word(f)) and f.assertion in stated]
    reached_sites = {d.site for ln in lines for d in ln.deposits if d.assertion in stated}
    primaries: list[Primary] = []
    reached: list[TumorFact] = []
    home = next((site_of(f)[0] for f in strong if elsewhere(f)), None)
    for fact in strong:
        site = home if home and fact.place is None and fact.mention.concept == "melanoma" else site_of(fact)[0]
        if site is None or site.startswith("lymph_node"):
            continue
        if fact.metastatic and fact.place is not None and site in DESTINATIONS and not fact.mention.attrs.get("site"):
            reached.append(fact)
            continue
        # a suspected pheochromocytoma of the adrenal is another reading of the deposit, not the deposit
        at_home = fact.assertion is Assertion.UNCERTAIN and same_organ(fact.mention.attrs.get("site", ""), site)
        if site in DESTINATIONS and site in reached_sites and (generic(fact) or (_has_other(strong, site) and not at_home)):
            continue
        _take(primaries, fact, site)
    for fact in strong:
        if site_of(fact)[0] is None:
            lump = _place_unsited(primaries, fact, facts, reached_sites)
            if lump is not None:
                reached.append(replace(fact, place=lump))
    _refine_from_lumps(primaries, facts)
    _refine_from_operations(primaries, lines)
    return _settle_denied(primaries, facts), reached


_ORIGIN_OF = re.compile(r"\W*(?:site\W*)?(?:(?:is|was|in|of|the|from)\W+){0,3}", re.IGNORECASE)


def _origin_word(fact: TumorFact) -> bool:
    """Whether a weak word names where the cancer began: "her gastric primary", "primary: pancreas"."""
    if fact.mention.concept != "origin_word" or fact.place is None or not _of_tumor(fact):
        return False
    gap = fact.line.between(fact.mention, fact.place.mentions[0 if fact.how == "after" else -1])
    return gap.strip() == "" if fact.how == "before" else _ORIGIN_OF.fullmatch(gap) is not None


_PROFILE = re.compile(
    r"\b(?:favou?r\w{0,3}|support\w{0,4}|profile|immuno\w{3,20}|stain\w{0,4}|consistent|suggest\w{0,4}|compatible)\b",
    re.IGNORECASE,
)


def _of_tumor(fact: TumorFact) -> bool:
    """Whether "X origin" can be a tumor's: one is named in the sentence, or what a stain speaks for ("syncope of cardiac origin" is none)."""
    if "origin" not in fact.line.word(fact.mention):
        return True
    named = any(m is not fact.mention for m in fact.line.of("tumor", "metastasis"))
    return named or _PROFILE.search(fact.line.text) is not None


def _has_other(strong: Iterable[TumorFact], site: str) -> bool:
    return any((s := site_of(f)[0]) is not None and not same_organ(s, site) for f in strong)


_DISTINCT = frozenset(
    """adenocarcinoma signet_ring_carcinoma mucinous_carcinoma squamous_cell_carcinoma urothelial_carcinoma ductal_carcinoma
    lobular_carcinoma pancreatic_ductal_adenocarcinoma hepatocellular_carcinoma renal_cell_carcinoma cholangiocarcinoma gist
    endometrial_carcinoma""".split()
)
"""Histologies that are another tumor than a carcinoid or neuroendocrine tumor of the same organ."""

_REVISED = re.compile(
    r"\b(?:initial\w{0,2}|originally|previous\w{0,2}|prior|outside|first|revis\w{2,4}|re-?review\w{0,2}|review\w{0,2}|amend\w{2,4}"
    r"|reclassif\w{3,6}|correct\w{2,4}|addend\w{2,3}|instead|rather|actually|versus|vs|favor\w{0,3}|mixed|combined|component\w?|with|features"
    r"|differentiation|collision|read|reported|called|thought|misdiagnos\w{2,3}|consult\w{0,6}|second opinion)\b",
    re.IGNORECASE,
)
"""Words that make a second histology of an organ another name of the one tumor, or a part of it."""


def _second(primary: Primary, fact: TumorFact) -> bool:
    """Whether a histology stated of the primary's organ is a second tumor there: "adenocarcinoma of the antrum. Carcinoid of the stomach"."""

    def told(f: TumorFact) -> bool:
        return f.how in ("before", "after", "inside") and f.assertion is Assertion.PRESENT and not _REVISED.search(f.line.text)

    def kind(f: TumorFact) -> str | None:
        return "carcinoid" if family(f) in ("carcinoid", "net") else ("distinct" if f.mention.concept in _DISTINCT else None)

    own = [f for f in primary.facts if not generic(f)]
    kinds = {kind(f) for f in own}
    return (
        bool(own) and kinds | {kind(fact)} == {"carcinoid", "distinct"} and len(kinds) == 1 and told(fact) and all(map(told, own))
    )


def _compatible(primary: Primary, fact: TumorFact) -> bool:
    mine, theirs = primary.families(), family(fact)
    if generic(fact) or all(generic(f) for f in primary.facts):
        return True
    if _second(primary, fact):
        return False
    if theirs in mine:
        return True
    if theirs in NEUROENDOCRINE:
        return any(f in NEUROENDOCRINE or f == "other" for f in mine)
    return theirs == "other" and any(f in NEUROENDOCRINE for f in mine)


def _take(primaries: list[Primary], fact: TumorFact, site: str) -> None:
    side = site_of(fact)[2]
    for primary in primaries:
        if not same_organ(primary.site, site) or not _compatible(primary, fact):
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


def _place_unsited(
    primaries: list[Primary], fact: TumorFact, facts: Sequence[TumorFact], reached_sites: set[str]
) -> Place | None:
    """Give a tumor word without a site to the tumor it must mean, or to the lump it was found in.

    What comes back is the lump of a "metastatic" word in an organ that metastases reach: a deposit, no primary.
    """
    fitting = [p for p in primaries if _compatible(p, fact) and not _bygone(p, fact)]
    if not generic(fact):
        same = [p for p in fitting if family(fact) in p.families() and not all(generic(f) for f in p.facts)]
        fitting = same or fitting
    lumps = [
        f for f in facts
        if f.mention.weak and f.place and not f.place.node and f.place.site not in reached_sites and f.assertion in _STATED
        and "body_region" not in f.place.flags
    ]  # fmt: skip
    before = [f for f in lumps if f.start <= fact.start]
    if fitting:
        near = [p for p in fitting if p.facts[0].start <= fact.start] or fitting
        best = max(near, key=lambda p: _last_before(p, fact))
        known = generic(fact) or all(generic(f) or f.mention.concept == fact.mention.concept for f in best.facts)
        if (
            known
            or family(fact) != "other"
            or not before
            or before[-1].start < _last_before(best, fact)
            or same_organ(before[-1].place.site if before[-1].place else best.site, best.site)
        ):
            best.add(_supposed(best, fact))
            return None
    if primaries and generic(fact):
        return None
    if generic(fact) and fact.assertion is Assertion.HISTORY and not primaries and not before:
        made = Primary(site="unspecified")
        made.add(fact)
        primaries.append(made)
        return None
    chosen = before[-1] if before else (lumps[0] if lumps else None)
    if chosen is None:
        site = "unspecified"
        if generic(fact) and fact.metastatic is None and family(fact) == "other":
            return None
    else:
        assert chosen.place is not None
        site = chosen.place.site
        if fact.metastatic is not None and site in DESTINATIONS:
            return chosen.place
    made = Primary(site=site)
    made.add(fact)
    if chosen is not None:
        made.refine(chosen)
        made.located.append(chosen)
    primaries.append(made)
    return None


def _supposed(primary: Primary, fact: TumorFact) -> TumorFact:
    """A metastatic tumor as a word for an origin that is only supposed ("favors a midgut primary"): it makes no origin certain."""
    only_origin = all(f.mention.concept == "origin_word" for f in primary.facts)
    if fact.metastatic is None or primary.certain or not only_origin:
        return fact
    return replace(fact, mention=replace(fact.mention, assertion=Assertion.UNCERTAIN))


def _bygone(primary: Primary, fact: TumorFact) -> bool:
    """Whether a neuroendocrine tumor found now is no word for a former cancer of which nothing but "cancer" is said."""
    now = fact.assertion is Assertion.PRESENT and family(fact) in ("carcinoid", "net", "islet_cell")
    return now and all(generic(f) and f.assertion is Assertion.HISTORY for f in primary.facts)


def _last_before(primary: Primary, fact: TumorFact) -> int:
    """Where the primary was last spoken of before a fact; -1 when it was not yet."""
    return max((f.start for f in (*primary.facts, *primary.located) if f.start <= fact.start), default=-1)


_STATED = (Assertion.PRESENT, Assertion.HISTORY, Assertion.UNCERTAIN)


def _refine_from_lumps(primaries: Sequence[Primary], facts: Sequence[TumorFact]) -> None:
    """Let lumps in the same organ name its part and side when the tumor word did not."""
    for fact in facts:
        if fact.mention.weak and fact.place and fact.assertion in _STATED:
            fits = [p for p in primaries if same_organ(p.site, fact.place.site)]
            if len(fits) == 1:
                fits[0].refine(fact)
                fits[0].located.append(fact)


_SIDED = re.compile(r"(left|right|bilateral)\b")


def _refine_from_operations(primaries: Sequence[Primary], lines: Sequence[LineFacts]) -> None:
    """Let an operation name the side of a paired organ ("left nephrectomy"), when the note names only one."""
    for primary in primaries:
        if primary.side or organ(primary.site) not in PAIRED:
            continue
        taken = [
            (ln.line, m) for ln in lines for m in ln.line.of("treatment") if same_organ(m.attrs.get("removes", ""), primary.site)
        ]
        sides = {s.concept for line, m in taken for s in line.of("side") if 0 <= m.start - s.end <= 25}
        sides |= {found[1].lower() for line, m in taken if (found := _SIDED.match(line.word(m)))}
        if len(sides) == 1:
            primary.side = sides.pop()


def _settle_denied(primaries: Sequence[Primary], facts: Sequence[TumorFact]) -> list[Primary]:
    """The primaries without those that were only suspected and then denied."""
    kept = []
    for primary in primaries:
        last = primary.facts[-1].start
        denied = [
            f for f in facts
            if f.assertion is Assertion.ABSENT and f.start > last and not generic(f) and family(f) in primary.families()
        ]  # fmt: skip
        if primary.certain or not denied:
            kept.append(primary)
    return kept


def deposits_of(lines: Sequence[LineFacts], reached: Iterable[TumorFact] = ()) -> list[DepositFact]:
    """All deposit facts of a note, in order, and the ``reached`` organs that nothing else calls a deposit ("metastatic liver cancer")."""
    out = [d for ln in lines for d in ln.deposits]
    told = {d.site for d in out if d.assertion not in (Assertion.FAMILY, Assertion.HYPOTHETICAL)}
    out += [
        DepositFact(
            trigger=f.mention, line=f.line, place=f.place, site=f.place.site, side=f.place.side, assertion=f.assertion,
            tumor=f.mention, flags=frozenset({"direction_ambiguous"}),
        )
        for f in reached if f.place is not None and f.place.site not in told
    ]  # fmt: skip
    return sorted(out, key=lambda d: d.trigger.start)
