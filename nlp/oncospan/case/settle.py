"""What a fact settles on: whose statement decides, and what the others add to it (SPEC 3.0 (5), 3.6, 3.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import TypeVar

from oncospan.case.facts import ASIDE, SITED, STATE, Fact, Statement, specific
from oncospan.sites import finer, same_organ
from oncospan.types import Assertion, Evidence, Finding, Kind, Setting

T = TypeVar("T")

PRESENT, HISTORY, UNCERTAIN, ABSENT = Assertion.PRESENT, Assertion.HISTORY, Assertion.UNCERTAIN, Assertion.ABSENT

DIAGNOSES = frozenset({Kind.PRIMARY, Kind.METASTASIS, Kind.FUNCTIONAL, Kind.COMPLICATION})
"""Kinds that become diagnosis codes, so that it matters who said them."""

_PRECEDENCE = {PRESENT: 5, HISTORY: 4, UNCERTAIN: 3, ABSENT: 2, Assertion.HYPOTHETICAL: 1, Assertion.FAMILY: 0}
"""Which of two statements of one day and weight stands, until somebody clears it up."""

_ALWAYS = frozenset("low_trust direction_ambiguous inferred_region stage_only weak consult".split())
"""Flags that hold only while every statement has them: one that says more takes them away."""

_CURRENT = frozenset({"treated", "planned", "in_place", "recurrent"})
_DIFFERENTIATION = frozenset({"well_differentiated", "poorly_differentiated", "graded"})
_NODE = frozenset({"distant", "mesenteric", "regional"})
_SPECIFICITY = _DIFFERENTIATION | _NODE
"""What an inpatient report may add to a diagnosis that a provider made."""


def settled(fact: Fact, setting: Setting, top: int) -> Finding:
    """The finding of a fact; ``top`` is the weight of the weightiest author of the chart. Its id is that of the deciding one."""
    winner = decider(fact, setting)
    state = _state(fact, winner)
    telling = _telling(fact, setting)
    agreeing = [s for s in fact.statements if s.assertion is state] or [winner]
    family, variant = _histology(telling)
    flags = _flags(fact, winner, state, telling, setting) | _source(fact, state, setting, top)
    return Finding(
        id=winner.finding.id,
        kind=fact.kind,
        concept=_concept(fact, state),
        assertion=state,
        evidence=_evidence(agreeing, fact.against),
        cues=tuple(sorted({c for s in agreeing for c in s.finding.cues})),
        side=_first(_ranked(fact.fresh), lambda f: f.side),
        subsite=_subsite(fact, state),
        family=_refined(family, fact) if fact.kind in SITED else family,
        behavior=_first(telling, lambda f: f.behavior),
        grade=_first(_ranked(fact.fresh), lambda f: f.grade),
        variant=variant,
        origin=_first(_ranked(fact.fresh), lambda f: f.origin),
        test=winner.finding.test,
        of=winner.finding.of,
        supports=tuple(dict.fromkeys(x for s in fact.statements for x in s.finding.supports)),
        attributes=_attributes(fact),
        support=winner.finding.support,
        flags=flags | ({"contradicted", fact.axis} if fact.against else set()),
    )


def decider(fact: Fact, setting: Setting) -> Statement:
    """The statement that decides: the weightiest author's, an assessment before a story, the latest of these.

    Outpatient, a later definite report settles what a provider only suspected (SPEC 3.7, IV.K).
    """
    best = max(fact.fresh, key=_rank)
    if setting is Setting.OUTPATIENT and best.assertion is UNCERTAIN:
        later = [s for s in fact.fresh if s.standing == 1 and s.when[0] > best.when[0] and s.assertion in (PRESENT, ABSENT)]
        best = max(later, key=_rank, default=best)
    return best


def _rank(s: Statement) -> tuple[object, ...]:
    return (s.standing, s.considered, *s.when, _PRECEDENCE[s.assertion], -s.order)


def _ranked(statements: Iterable[Statement]) -> list[Statement]:
    return sorted(statements, key=_rank, reverse=True)


def _state(fact: Fact, winner: Statement) -> Assertion:
    """The assertion; of a primary, what was said explicitly of its status is not undone by a bare mention or a bare cue."""
    if fact.kind is not Kind.PRIMARY or winner.assertion in ASIDE:
        return winner.assertion
    peers = [s for s in fact.fresh if s.standing == winner.standing and s is not winner]
    mine = winner.finding.flags
    if winner.assertion is PRESENT and not mine & _CURRENT and _gone_before(peers, winner):
        return HISTORY
    vague = winner.assertion is HISTORY and "history_cue" in mine and not mine & {"disease_free", "completed", "resected"}
    if vague and any(s.considered and s.assertion is PRESENT and s.finding.flags & {"treated", "planned"} for s in peers):
        return PRESENT
    return winner.assertion


def _gone_before(peers: Sequence[Statement], winner: Statement) -> bool:
    """Whether the last explicit word on the tumor before ``winner`` was that no disease is left."""
    told = [s for s in peers if s.when <= winner.when and s.finding.flags & (_CURRENT | {"disease_free"})]
    if not told:
        return False
    last = max(told, key=lambda s: (s.when, s.considered, -s.order))
    return last.assertion is HISTORY and "disease_free" in last.finding.flags


def _telling(fact: Fact, setting: Setting) -> list[Statement]:
    """The statements that may say what the tumor is, the weightiest first: inpatient a provider's only, where there is one."""
    ranked = _ranked(s for s in fact.fresh if s.assertion is not ABSENT) or _ranked(fact.fresh)
    limit = 1 if setting is Setting.OUTPATIENT else ranked[0].standing
    return [s for s in ranked if s.standing >= min(limit, ranked[0].standing)]


def _first(statements: Iterable[Statement], what: Callable[[Finding], T | None]) -> T | None:
    return next((value for s in statements if (value := what(s.finding)) is not None), None)


def _histology(telling: Sequence[Statement]) -> tuple[str | None, str | None]:
    """Family and variant of the weightiest statement that names a histology."""
    named = next((s.finding for s in telling if specific(s.finding)), None)
    if named is not None:
        return named.family, named.variant
    return _first(telling, lambda f: f.family), _first(telling, lambda f: f.variant)


def _refined(family: str | None, fact: Fact) -> str | None:
    """The family, sharpened by what other statements add: the carcinoid wording, an islet type, poor differentiation."""
    told = {s.finding.family for s in fact.fresh if s.standing == max(x.standing for x in fact.fresh)}
    if family == "net":
        return next((f for f in ("carcinoid", "islet_cell") if f in told), family)
    if family == "nec" and any(s.finding.family == "nec_poorly_differentiated" and s.standing for s in fact.fresh):
        return "nec_poorly_differentiated"  # differentiation is specificity, which a report may supply
    return family


def _sited(fact: Fact, state: Assertion) -> list[Statement]:
    """The statements that may refine the site: not a nurse's beside others, nor one that denies what the others state."""
    top = max(s.standing for s in fact.fresh)
    ranked = _ranked(s for s in fact.fresh if s.standing >= min(top, 1))
    return [s for s in ranked if s.assertion is not ABSENT or state is ABSENT] or ranked


def _concept(fact: Fact, state: Assertion) -> str:
    concepts = [s.finding.concept for s in _sited(fact, state)]
    return reduce(finer, concepts) if fact.kind in SITED else concepts[0]


def _subsite(fact: Fact, state: Assertion) -> str | None:
    site = _concept(fact, state)
    fits = [s for s in _sited(fact, state) if fact.kind not in SITED or same_organ(s.finding.concept, site)]
    return _first(fits, lambda f: f.subsite)


def _attributes(fact: Fact) -> tuple[tuple[str, str], ...]:
    """How a procedure was done, from all who tell of it: they agree, or it would be two facts."""
    return tuple(sorted({kind: how for s in reversed(_ranked(fact.statements)) for kind, how in s.finding.attributes}.items()))


def _flags(fact: Fact, winner: Statement, state: Assertion, telling: Sequence[Statement], setting: Setting) -> frozenset[str]:
    """The flags of the fact: what describes it from all who may, its status from the last who told it."""
    said = fact.fresh if setting is Setting.OUTPATIENT else tuple(telling)
    said = tuple(s for s in said if s.assertion is not ABSENT or winner.assertion is ABSENT) or (winner,)
    described = frozenset[str]().union(*(s.finding.flags for s in said)) - STATE - _ALWAYS
    added = frozenset[str]().union(
        *(s.finding.flags & _SPECIFICITY for s in fact.fresh if s.assertion is not ABSENT and s.standing)
    )
    shared = frozenset.intersection(*(s.finding.flags & _ALWAYS for s in said))
    if fact.kind in (Kind.TREATMENT, Kind.STATUS, Kind.COMPLICATION):
        return (described - {"planned"}) | shared | winner.finding.flags
    status = _status(fact, winner, state)
    if status & {"disease_free", "in_place", "recurrent"}:
        described -= {"resected_before"}
    return described | added | shared | status


def _status(fact: Fact, winner: Statement, state: Assertion) -> frozenset[str]:
    """The status flags: the decider's, or where it has none the latest told by an author of its weight."""
    status = winner.finding.flags & STATE
    if not status:
        peers = [s for s in fact.fresh if s.standing == winner.standing and s.finding.flags & STATE - {"history_cue"}]
        last = max(peers, key=lambda s: (s.when, s.considered, -s.order), default=None)
        status = last.finding.flags & STATE - {"history_cue"} if last else status
    if winner.assertion is HISTORY and state is PRESENT:  # called history here, under treatment there: G14 asks
        peers = [s for s in fact.fresh if s.standing == winner.standing and s.assertion is PRESENT]
        status |= frozenset[str]().union(*(s.finding.flags & {"treated", "planned", "endocrine"} for s in peers))
    return status


def _source(fact: Fact, state: Assertion, setting: Setting, top: int) -> frozenset[str]:
    """Who stands behind the fact: only a report (inpatient), only a nurse or the like, only copied words."""
    if fact.kind not in DIAGNOSES:
        return frozenset()
    out: set[str] = set()
    best = max(s.standing for s in fact.fresh)
    if best == 1 and setting is Setting.INPATIENT and state is not ABSENT:
        out.add("diagnostic_only")
    if best == 0 and top > 0:
        out.add("unestablished")
    if fact.only_carried:
        out.add("copied")
    return frozenset(out)


def _evidence(agreeing: Sequence[Statement], against: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence in the order of the chart, then that of the other side of a contradiction."""
    mine = sorted({e for s in agreeing for e in s.finding.evidence})
    return tuple(dict.fromkeys((*mine, *against)))
