"""The metastases a note documents: deposit facts gathered by site, with the state the note settles on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oncospan.pipeline.sentence.biopsy_proven import FLAG as SAMPLED
from oncospan.pipeline.sentence.biopsy_proven import settles
from oncospan.pipeline.sentence.denials import FLAG as DENIED
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.doubts import FLAG as DOUBTFUL
from oncospan.pipeline.sentence.seated import FLAG as SEATED
from oncospan.pipeline.sentence.sights import FLAG as UNSEEN
from oncospan.pipeline.spread.first_readings import first_reading
from oncospan.pipeline.spread.none_new import without_new
from oncospan.pipeline.spread.superseded import told_over, unrevised
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import DESTINATIONS, organ
from oncospan.types import Assertion

_ASIDE = frozenset({DOUBTFUL, UNSEEN})
"""Flags of what is said without naming a metastasis: it counts where nothing else is said of the site."""
_IMPLIED = _ASIDE | {DENIED, SEATED, SAMPLED}
"""Flags of facts that do not name metastases: they hold only where no tumor began."""


@dataclass(slots=True)
class Deposit:
    """A metastatic site in the making: its facts in the order of the note."""

    site: str
    facts: list[DepositFact] = field(default_factory=list)
    seen_side: str | None = None
    both: bool = False
    """Whether its words count deposits on the other side too."""
    inferred: bool = False
    """Whether the node group follows from the operated organ, not from the words."""
    cleared: bool = False
    """Whether a later statement says that no disease is left."""
    refuted: bool = False
    """Whether the note says later that there never was a cancer."""

    @property
    def assertion(self) -> Assertion:
        """The state at the latest time point the note describes."""
        facts = _weighed(self.facts)
        state = Assertion.ABSENT if _ruled_out_last(facts) else _settled([f.assertion for f in facts])
        if state is Assertion.HISTORY and any(f.assertion is Assertion.PRESENT and _apart(f, facts[-1]) for f in facts):
            state = Assertion.PRESENT
        if self.refuted and state in (Assertion.PRESENT, Assertion.UNCERTAIN):
            return Assertion.ABSENT
        return Assertion.HISTORY if self.cleared and state is Assertion.PRESENT else state

    @property
    def side(self) -> str | None:
        """left, right or bilateral, when said; the suspicion before a diagnosis names the side that the diagnosis leaves out."""
        sides = {f.side for f in self.stating if f.side}
        sides = sides or {f.side for f in self.facts if f.side and f.assertion is Assertion.UNCERTAIN}
        if "bilateral" in sides or len(sides) > 1 or self.both:
            return "bilateral"
        return next(iter(sides), self.seen_side)

    @property
    def subsite(self) -> str | None:
        """The part of the site that has a code of its own, when every fact names it."""
        parts = {f.place.subsite if f.place else None for f in self.stating}
        return parts.pop() if len(parts) == 1 else None

    @property
    def flags(self) -> frozenset[str]:
        """The flags of the facts that carry the state."""
        flags = frozenset().union(*(f.flags for f in self.stating))
        return flags | {"inferred_region"} if self.inferred else flags

    @property
    def stating(self) -> list[DepositFact]:
        """The facts that carry the state."""
        mine = Assertion.PRESENT if self.cleared else self.assertion
        return [f for f in self.facts if f.assertion is mine] or self.facts


def _weighed(facts: Sequence[DepositFact]) -> list[DepositFact]:
    """The facts without doubts that were only asked or copied in, where the site is denied elsewhere.

    That nothing was seen counts only where nothing else is said of the site.
    """
    if any(not f.flags & _ASIDE and f.assertion not in (Assertion.FAMILY, Assertion.HYPOTHETICAL) for f in facts):
        facts = [f for f in facts if not f.flags & _ASIDE]
    facts = told_over(facts)
    denied = [f for f in facts if f.assertion is Assertion.ABSENT and not f.flags & _IMPLIED]
    if not denied:
        return list(facts)
    return [f for f in facts if f.assertion is not Assertion.UNCERTAIN or not _only_asked(f)]


def _apart(one: DepositFact, other: DepositFact) -> bool:
    """Whether two deposits of an organ lie in different parts of it ("new cerebellar metastasis; the occipital metastasis resolved")."""
    parts = {f.place.subsite for f in (one, other) if f.place is not None and f.place.subsite is not None}
    return len(parts) == 2


def _only_asked(fact: DepositFact) -> bool:
    """Whether the doubt is a question ("rule out", "versus") or stands in words taken over from elsewhere."""
    asks = fact.line.signals["spread.asks"]
    return any(asks.search(c.text) for c in fact.trigger.cues) or fact.line.says("spread.copied") is not None


def _ruled_out_last(facts: Sequence[DepositFact]) -> bool:
    """Whether the last word on the site is that a metastasis there was ruled out."""
    told = [f for f in facts if f.assertion not in (Assertion.FAMILY, Assertion.HYPOTHETICAL)]
    if not told or told[-1].assertion is not Assertion.ABSENT or told[-1].trigger.category != "metastasis":
        return False
    if told[-1].tumor is not None or told[-1].line.says("spread.again"):
        return False
    return any(c.rule.removeprefix("context.negated.") in _RULED_OUT for c in told[-1].trigger.cues)


_RULED_OUT = frozenset({"ruled_out", "ruled_out_word", "discarded", "withdrawn", "not_borne_out"})
"""Cues that end a suspicion."""


def _settled(states: Sequence[Assertion]) -> Assertion:
    own = [s for s in states if s not in (Assertion.FAMILY, Assertion.HYPOTHETICAL)]
    if not own:
        return states[-1]
    if Assertion.PRESENT in own:
        return Assertion.HISTORY if own[-1] is Assertion.HISTORY else Assertion.PRESENT
    return own[-1]


def gather(facts: Sequence[DepositFact], primaries: Sequence[Primary], *, unknown: bool = False) -> list[Deposit]:
    """One deposit a site; unspecified ones are kept only where no named site says more, denials for ``upheld`` to decide.

    ``unknown`` says that the primary is said to be unknown: organs without tumor were then searched for it.
    """
    by_site: dict[str, Deposit] = {}
    stated = any(f.assertion is Assertion.PRESENT and not f.flags & (_IMPLIED - {SAMPLED}) for f in facts)
    for fact in (_not_at_home(f, primaries) for f in without_new(unrevised(facts))):
        if (
            _is_primary_site(fact, primaries)
            or _spread_within(fact, primaries)
            or (fact.flags & _IMPLIED and not _elsewhere(fact, primaries, _spread_told(fact, stated=stated, unknown=unknown)))
        ):
            continue
        by_site.setdefault(fact.site, Deposit(site=fact.site)).facts.append(fact)
    _fold_nodes(by_site)
    unspecified = by_site.pop("unspecified", None)
    if unspecified is not None:
        _confirmed_later(unspecified, list(by_site.values()))
    if unspecified is not None:
        denied = _denied_last(unspecified)
        kept = [d for d in (unspecified, denied) if d.facts and _says_more(d, list(by_site.values()))] or [denied]
        if kept[0].facts:
            by_site["unspecified"] = kept[0]
    free = _other_sides(list(by_site.values()))
    return [*(part for deposit in by_site.values() for part in _parted(deposit, primaries)), *free]


def upheld(deposits: Sequence[Deposit]) -> list[Deposit]:
    """The deposits without a denial of spread anywhere that a present one contradicts, once it is settled which are gone."""
    return [
        d for d in deposits
        if d.site != "unspecified" or d.assertion is not Assertion.ABSENT or _says_more(d, [o for o in deposits if o is not d])
    ]  # fmt: skip


def _parted(deposit: Deposit, primaries: Sequence[Primary]) -> list[Deposit]:
    """The deposit as one for each primary its words name, where a neuroendocrine tumor and another both reached the site."""
    come = {id(p): p for f in deposit.facts for p in [_named_origin(f, primaries)] if p is not None}
    if len(come) < 2 or len({p.neuroendocrine for p in come.values()}) < 2:
        return [deposit]
    parts = {key: Deposit(site=deposit.site) for key in come}
    last = next(iter(come))
    for fact in deposit.facts:
        named = _named_origin(fact, primaries)
        last = id(named) if named is not None else last
        parts[last].facts.append(fact)
    return list(parts.values())


def _named_origin(fact: DepositFact, primaries: Sequence[Primary]) -> Primary | None:
    """The primary that the words of a deposit name."""
    return next((p for p in primaries if any(f.mention is fact.tumor for f in p.facts)), None) if fact.tumor else None


def _other_sides(deposits: Sequence[Deposit]) -> list[Deposit]:
    """The side that is free where the other side is not ("right nodes 1/5, left nodes negative"), taken out of its deposit."""
    out = []
    for deposit in deposits:
        sides = {f.side for f in deposit.facts if f.assertion is Assertion.PRESENT and f.side}
        free = [f for f in deposit.facts if f.assertion is Assertion.ABSENT and {f.side} | sides == {"left", "right"}]
        if free and len(sides) == 1:
            deposit.facts = [f for f in deposit.facts if f not in free]
            out.append(Deposit(site=deposit.site, facts=free))
    return out


def _not_at_home(fact: DepositFact, primaries: Sequence[Primary]) -> DepositFact:
    """The deposit fact without a site that only the specimen's heading gave it, where a primary lies in that organ."""
    place = fact.place
    own = place is not None and fact.line.sentence.start <= place.start < fact.line.sentence.end
    if place is None or place.node or own or fact.flags & _IMPLIED:
        return fact
    here = [p for p in primaries if p.certain and organ(p.site) == organ(fact.site)]
    if fact.site in DESTINATIONS or all(first_reading(p, fact) for p in here):
        return fact
    return replace(fact, place=None, site="unspecified", side=None)


def _is_primary_site(fact: DepositFact, primaries: Sequence[Primary]) -> bool:
    """Whether the deposit is only the primary's own organ named beside a metastasis word ("metastatic ovarian cancer")."""
    return (
        fact.place is not None
        and not fact.place.node
        and fact.tumor is not None
        and fact.assertion is Assertion.PRESENT
        and any(
            organ(p.site) == organ(fact.site) and any(t.place is fact.place and t.mention is fact.tumor for t in p.facts)
            for p in primaries
        )
    )


_WITHIN = frozenset("larynx pharynx esophagus stomach thyroid bladder prostate uterus cervix colon rectum pancreas".split())
"""Organs whose own tumor spreads in them without a code for it: no pair, and no satellites that count as metastases."""


def _spread_within(fact: DepositFact, primaries: Sequence[Primary]) -> bool:
    """Whether a tumor is said to spread within its own organ ("dissemination within the gastric wall", "deposits in the vocal cord")."""
    within = fact.trigger.concept == "spread" or fact.trigger.rule == "metastasis.dissemination"
    return within and fact.site in _WITHIN and any(p.certain and organ(p.site) == fact.site for p in primaries)


def _elsewhere(fact: DepositFact, primaries: Sequence[Primary], spread: bool) -> bool:
    """Whether the note has tumors, be it only the spread of an unnamed one, and none of them in the organ of the fact."""
    known = any(p.certain or SAMPLED not in fact.flags for p in primaries)
    return (spread or known) and not any(
        organ(p.site) == organ(fact.site) or (fact.site == "fallopian_tube" and p.site == "ovary") for p in primaries
    )


_ONLY_REACHED = frozenset({"bone", "bone_marrow", "meninges", "spinal_cord"})
"""Where nobody searches for an unknown primary."""


def _spread_told(fact: DepositFact, *, stated: bool, unknown: bool) -> bool:
    """Whether the note tells of spread that the fact may be part of, be its primary not named.

    Organs without tumor were searched for an unknown primary; tissue of an organ where tumors begin too proves no spread.
    """
    if SAMPLED in fact.flags and not settles(fact):
        return unknown
    begins = not fact.site.startswith("lymph_node") and fact.site not in _ONLY_REACHED
    searched = unknown and fact.assertion is Assertion.ABSENT and begins
    return stated and not searched


def _fold_nodes(by_site: dict[str, Deposit]) -> None:
    """Fold nodes of unnamed region into the one named group of the same state."""
    bare = by_site.get("lymph_node")
    if bare is None:
        return
    named = [d for s, d in by_site.items() if s.startswith("lymph_node_")]
    same = [d for d in named if d.assertion is bare.assertion]
    said = any(d.assertion is Assertion.PRESENT for d in named) and bare.assertion is Assertion.UNCERTAIN
    gone = bare.assertion is Assertion.HISTORY and not same and _gone_since(bare, named)
    gone = gone or (any(d.assertion is Assertion.HISTORY for d in named) and all(map(_found_once, bare.facts)))
    if same or said or gone or (named and bare.assertion is Assertion.ABSENT):
        del by_site["lymph_node"]
        if len(same) == 1:
            same[0].facts.extend(bare.facts)
            same[0].facts.sort(key=lambda f: f.trigger.start)


def _found_once(fact: DepositFact) -> bool:
    """Whether nodes are told as what an operation of the past found ("given the nodal disease at resection")."""
    return fact.line.within["spread.at_operation"].match(fact.line.text, fact.trigger.end - fact.line.sentence.start) is not None


def _gone_since(bare: Deposit, named: Sequence[Deposit]) -> bool:
    """Whether nodes of unnamed region that are gone settled groups stated before ("complete resolution of the metastatic nodes")."""
    last = [f for f in bare.facts if f.assertion is Assertion.HISTORY][-1]
    before = [d for d in named if d.assertion is Assertion.PRESENT and d.facts[-1].trigger.start < last.trigger.start]
    for group in before:
        group.facts.append(replace(last, side=group.side))
    return bool(before)


_CONFIRMED = re.compile(r"confirmed|proven", re.IGNORECASE)


def _confirmed_later(unspecified: Deposit, sited: Sequence[Deposit]) -> None:
    """Let a result without a site settle the one suspected site before it ("Biopsy: metastatic …", "MRI confirmed metastasis")."""
    if any(d.assertion is Assertion.PRESENT for d in sited):
        return  # it may be one of these
    doubtful = [d for d in sited if d.assertion is Assertion.UNCERTAIN]
    for fact in unspecified.facts:
        before = [d for d in doubtful if d.facts[-1].trigger.start < fact.trigger.start]
        confirmed = fact.line.of("tissue") or any(_CONFIRMED.search(c.text) for c in fact.trigger.cues)
        if len(before) == 1 and fact.assertion is Assertion.PRESENT and confirmed:
            before[0].facts.append(fact)


def _denied_last(unspecified: Deposit) -> Deposit:
    """The denials of spread anywhere, where one of them is the last word on spread without a site."""
    told = [f for f in unspecified.facts if f.assertion not in (Assertion.HYPOTHETICAL, Assertion.FAMILY)]
    denials = [f for f in told if f.assertion is Assertion.ABSENT]
    last = bool(denials) and told[-1] is denials[-1]
    return Deposit(site=unspecified.site, facts=denials if last else [])


def _says_more(unspecified: Deposit, sited: Sequence[Deposit]) -> bool:
    state = unspecified.assertion
    if state is Assertion.PRESENT:
        return not any(d.assertion in (Assertion.PRESENT, Assertion.HISTORY) for d in sited)
    if state is Assertion.ABSENT:
        return not any(d.assertion is Assertion.PRESENT and not d.site.startswith("lymph_node") for d in sited)
    return not any(d.assertion in (state, Assertion.PRESENT) for d in sited)
