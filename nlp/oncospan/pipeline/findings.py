"""From the mentions of a note to its distinct findings, in a fixed order with fixed ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from oncospan.pipeline.companions import syndromes
from oncospan.pipeline.companions.facts import encounter_facts, functional_facts, indicator_facts, plain_facts
from oncospan.pipeline.course import whose
from oncospan.pipeline.course.events import years
from oncospan.pipeline.course.operated import operated, operated_on
from oncospan.pipeline.course.procedures import procedure_facts
from oncospan.pipeline.course.sex import is_man
from oncospan.pipeline.course.status import Status, status_of
from oncospan.pipeline.mentions.mention import Mention, Reading
from oncospan.pipeline.sentence.behavior import behaviors
from oncospan.pipeline.sentence.passage import related
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.site_roles import SiteRoles
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread import deposits as spread
from oncospan.pipeline.spread import regions
from oncospan.pipeline.spread.cleared import clear
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.descent import family_of, origin_of
from oncospan.pipeline.tests import confirmations as tests
from oncospan.pipeline.tumors import primaries as origins
from oncospan.pipeline.tumors import primary as origin
from oncospan.pipeline.tumors import relatives
from oncospan.pipeline.tumors.primary import Primary
from oncospan.pipeline.tumors.unknown_primary import unknown_family, unknown_words
from oncospan.sites import same_organ
from oncospan.types import Assertion, AuthorRole, Evidence, Finding, Kind

_JOIN = 60
"""Two words of one fact closer than this many characters are shown as one span."""


def findings(reading: Reading, author: AuthorRole = AuthorRole.PROVIDER, roles: SiteRoles | None = None) -> tuple[Finding, ...]:
    """The distinct findings of a note: primaries, metastases, functional states, confirmations, then what surrounds them.

    A pathologist reports the operation itself, so that what it removed counts as current. ``roles`` gives primaries and
    metastases their support, and changes nothing else.
    """
    if not reading.lines:
        return ()
    episode = author is AuthorRole.PATHOLOGIST
    reading = _trusted(reading) if author is AuthorRole.PROVIDER else reading
    lines = related(reading)
    unknown = bool(unknown_words(reading, lines))
    primaries, reached = origins.gather(lines, unknown=unknown)
    told = primaries
    primaries = [p for p in primaries if not _says_nothing(p)]
    unknown = bool(unknown_words(reading, lines, primaries))
    if unknown:
        primaries = [p for p in primaries if not origin.nameless(p) and not origin.supposed(p)]
    deposits = spread.gather(origins.deposits_of(lines, reached), primaries)
    if episode:
        regions.own_hilum(deposits, primaries)
    regions.infer_regions(deposits, primaries, episode or operated(reading))
    spread.refine_sides(
        deposits, [f for ln in lines for f in ln.tumors if f.mention.weak and f.assertion is not Assertion.ABSENT]
    )
    events = whose.events_of(lines, primaries)
    now = max(years(reading.text), default=0) if any(events) else 0
    states = [
        status_of(p, mine, _spread_of(p, deposits, primaries, unknown), episode=episode or operated_on(p, reading), now=now)
        for p, mine in zip(primaries, events, strict=True)
    ]
    former = _former(states)
    if not episode or former:
        clear(deposits, reading, former)
    found = _all(reading, lines, primaries, states, deposits, author, told)
    return tuple(found if roles is None else roles.supported(found, lines))


_ASKED = frozenset({"indication", "clinical_history"})
_REPORT = frozenset({"comparison", "technique", "exam_name", "specimens", "gross_description"})


def _trusted(reading: Reading) -> Reading:
    """The reading with indications trusted: what a provider gives as reason is told by who treats, not by who asks for a report."""
    names = {ln.section.name for ln in reading.lines if ln.section is not None}
    if not names & _ASKED or names & _REPORT:
        return reading
    lines = [
        replace(ln, section=ln.section._replace(flags=ln.section.flags - {"low_trust"}))
        if ln.section is not None and ln.section.name in _ASKED
        else ln
        for ln in reading.lines
    ]
    return replace(reading, lines=tuple(lines))


def _spread_of(primary: Primary, deposits: Sequence[Deposit], primaries: Sequence[Primary], unknown: bool) -> int | None:
    """Where a current distant metastasis that may come from the primary is first stated, if any.

    ``unknown`` says that the origin of the metastases is said to be unknown.
    """
    starts = []
    for deposit in deposits:
        if deposit.assertion is not Assertion.PRESENT or deposit.site.startswith("lymph_node") or "in_transit" in deposit.flags:
            continue
        come = origin_of(deposit, primaries)
        if come is None:  # the tumor of its own sentence, else any of them
            beside = [p for p in primaries if any(t.line is f.line for t in p.facts for f in deposit.facts)]
            beside = beside or [p for p in primaries if p.certain and not whose.former(p)]
            come = primary if not beside or primary in beside else beside[0]
            come = None if unknown else come
        if come is primary:
            starts += [f.trigger.start for f in deposit.facts if f.assertion is Assertion.PRESENT]
    return min(starts, default=None)


def _says_nothing(primary: Primary) -> bool:
    """Whether a tumor without a site is no entry: a cancer named only as metastatic, or of no family that is coded without a site."""
    if primary.site != "unspecified":
        return False
    only_spread = all(f.metastatic for f in primary.facts)
    former = all(f.assertion is Assertion.HISTORY for f in primary.facts)
    return only_spread or (primary.family == "other" and not former and primary.facts[-1].mention.concept not in _UNSITED)


_UNSITED = frozenset({"melanoma", "mesothelioma"})
"""Tumors of no special family that are coded without a site."""


def _all(
    reading: Reading,
    lines: Sequence[LineFacts],
    primaries: Sequence[Primary],
    states: Sequence[Status],
    deposits: Sequence[Deposit],
    author: AuthorRole,
    told: Sequence[Primary],
) -> Iterator[Finding]:
    number = 0
    ids: dict[int, str] = {}
    for primary, state in zip(primaries, states, strict=True):
        number += 1
        ids[id(primary)] = f"f{number}"
        yield _primary(reading, primary, state, f"f{number}")
    unknown = unknown_words(reading, lines, primaries)
    if unknown:
        number += 1
        yield _unknown(reading, unknown, lines, f"f{number}")
    by_site: dict[str, str] = {}
    current = [p for p, state in zip(primaries, states, strict=True) if state.assertion is not Assertion.HISTORY]
    for deposit in deposits:
        number += 1
        if deposit.assertion not in (Assertion.FAMILY, Assertion.HYPOTHETICAL):
            by_site.setdefault(deposit.site, f"f{number}")
        come = None if "direction_ambiguous" in deposit.flags else origin_of(deposit, primaries, current)
        yield _metastasis(reading, deposit, come, told, ids.get(id(come)) if come else None, f"f{number}")
    site_ids = {p.site: ids[id(p)] for p in primaries}
    for made in (
        *syndromes.ended(_functional(reading), primaries, _former(states) and not unknown, deposits),
        *_confirmed(reading, tests.confirmations(lines, primaries, deposits, author), by_site, site_ids),
        *_companions(reading, lines),
    ):
        number += 1
        yield replace(made, id=f"f{number}")


def _companions(reading: Reading, lines: Sequence[LineFacts]) -> list[Finding]:
    """What a note tells beside its tumors: signs, treatments, status, purpose, procedures, and what relatives had."""
    return [
        *indicator_facts(reading),
        *plain_facts(reading, lines),
        *encounter_facts(reading),
        *procedure_facts(reading),
        *_of_relatives(reading, lines),
    ]


def _functional(reading: Reading) -> Iterator[Finding]:
    """The functional findings of the patient; a relative's endocrine neoplasia is told apart."""
    return (f for f in functional_facts(reading) if (f.concept, f.assertion) != ("men", Assertion.FAMILY))


def _former(states: Sequence[Status]) -> bool:
    return bool(states) and all(s.assertion is Assertion.HISTORY for s in states)


def spans(reading: Reading, mentions: Iterable[Mention], rule: str | None = None) -> tuple[Evidence, ...]:
    """The mentions as evidence, near ones of a sentence joined, in order and without repeats."""
    joined: list[list[Mention]] = []
    for m in sorted({(m.start, m.end): m for m in mentions}.values(), key=lambda m: (m.start, m.end)):
        if joined and m.sentence == joined[-1][-1].sentence and m.start - joined[-1][-1].end <= _JOIN:
            joined[-1].append(m)
        else:
            joined.append([m])
    out = [reading.evidence(g[0].start, max(m.end for m in g), rule or g[0].rule) for g in joined]
    return tuple(sorted(set(out)))


def cues(mentions: Iterable[Mention]) -> tuple[Evidence, ...]:
    """The cues that decided the mentions, in order and without repeats."""
    return tuple(sorted({c for m in mentions for c in m.cues}))


def _fact_mentions(facts: Iterable[TumorFact]) -> list[list[Mention]]:
    """The mentions that state each fact, and those of the specimen that places it."""
    out: list[list[Mention]] = []
    for f in facts:
        group = [f.mention]
        if f.place is not None and f.how in ("before", "after", "inside") and f.place.mentions[0].sentence == f.mention.sentence:
            group += f.place.mentions
        out.append(group)
        if f.place is not None and f.how == "specimen":
            out.append(list(f.place.mentions))
    return out


def _primary(reading: Reading, primary: Primary, state: Status, ident: str) -> Finding:
    facts = primary.strong or primary.facts
    groups = _fact_mentions(facts)
    evidence = tuple(sorted({e for g in (*groups, *([m] for m in state.ended_by)) for e in spans(reading, g)}))
    details = [d for f in facts for d in f.details]
    flags = set(state.flags) | _wording(facts) | _details(facts, details) | _of_place(reading, primary)
    if any(f.metastatic for f in facts) and not any(not f.metastatic for f in facts):
        flags.add("metastatic_stated")
    if any(f.metastatic and f.place and f.place.site == "lung" and f.how == "before" for f in facts):
        flags.add("direction_ambiguous")
    if all("low_trust" in f.line.flags for f in facts):
        flags.add("low_trust")
    return Finding(
        id=ident,
        kind=Kind.PRIMARY,
        concept=primary.site,
        assertion=state.assertion,
        evidence=evidence,
        cues=cues(f.mention for f in facts),
        side=primary.side,
        subsite=primary.subsite,
        family=primary.family,
        behavior=_behavior(facts),
        grade=_grade(facts, details),
        variant=_histology(primary),
        flags=frozenset(flags),
    )


def _histology(primary: Primary) -> str | None:
    """The most specific histology concept named, for the code tables."""
    facts = [f for f in (primary.strong or primary.facts) if not origin.generic(f)]
    same = [f for f in facts if origin.family(f) == primary.family]
    return (same or facts)[-1].mention.concept if facts else None


def _wording(facts: Sequence[TumorFact]) -> set[str]:
    names = {
        "carcinoid": "carcinoid_wording", "net": "net_wording", "nec": "nec_wording",
        "nec_poorly_differentiated": "nec_wording", "islet_cell": "islet_wording", "small_cell": "small_cell_wording",
        "other": "other_wording",
    }  # fmt: skip
    return {names[n] for f in facts if not origin.generic(f) and (n := origin.family(f)) in names}


def _details(facts: Sequence[TumorFact], details: Sequence[Mention]) -> set[str]:
    out: set[str] = set()
    for attrs in (*(f.mention.attrs for f in facts), *(d.attrs for d in details)):
        if attrs.get("differentiation") == "well":
            out.add("well_differentiated")
        if attrs.get("differentiation") == "poor":
            out.add("poorly_differentiated")
        if attrs.get("grade") or attrs.get("flag") == "graded" or attrs.get("differentiation"):
            out.add("graded")
    return out


def _of_place(reading: Reading, primary: Primary) -> set[str]:
    """What the words of the primary's place say beyond the place: a man's breast, a transplanted organ."""
    out = {
        x for f in primary.facts if f.place and same_organ(f.place.site, primary.site) for x in f.place.flags & _SAID_OF_ORGANS
    }
    return out | {"male"} if primary.site == "breast" and is_man(reading) else out


_SAID_OF_ORGANS = frozenset({"male", "transplanted"})


def _behavior(facts: Sequence[TumorFact]) -> str | None:
    told = behaviors(facts)
    if told:
        return told[0]
    specific = [f for f in facts if not origin.generic(f)] or list(facts)
    return "malignant" if any(f.mention.attrs.get("behavior") == "malignant" for f in specific) else None


def _grade(facts: Sequence[TumorFact], details: Sequence[Mention]) -> str | None:
    found = [a["grade"] for a in (*(f.mention.attrs for f in facts), *(d.attrs for d in details)) if a.get("grade")]
    return found[-1] if found else None


def _unknown(reading: Reading, mentions: Sequence[Mention], lines: Sequence[LineFacts], ident: str) -> Finding:
    return Finding(
        id=ident, kind=Kind.PRIMARY, concept="unknown_primary", assertion=Assertion.PRESENT,
        evidence=spans(reading, mentions), cues=cues(mentions), family=unknown_family(lines),
        behavior="malignant",
    )  # fmt: skip


def _of_relatives(reading: Reading, lines: Sequence[LineFacts]) -> Iterator[Finding]:
    """What relatives are said to have: one finding an organ, one for multiple endocrine neoplasia."""
    for facts in relatives.tumors(lines):
        told = Primary(site=relatives.site_told(facts)[0], facts=list(facts))
        yield Finding(
            id="f", kind=Kind.PRIMARY, concept=told.site, assertion=Assertion.FAMILY,
            evidence=tuple(sorted({e for g in _fact_mentions(facts) for e in spans(reading, g)})),
            cues=cues(f.mention for f in facts), subsite=relatives.site_told(facts)[1], family=told.family,
            behavior=_behavior(facts), variant=_histology(told), flags=frozenset(_wording(facts)),
        )  # fmt: skip
    if men := list(relatives.syndromes(lines)):
        yield Finding(
            id="f", kind=Kind.FUNCTIONAL, concept="men", assertion=Assertion.FAMILY, cues=cues(men),
            evidence=tuple(sorted({reading.of_mention(m) for m in men})), variant=men[-1].attrs.get("code"),
        )  # fmt: skip


def _metastasis(
    reading: Reading, deposit: Deposit, come: Primary | None, primaries: Sequence[Primary], origin_id: str | None, ident: str
) -> Finding:
    mine = deposit.stating
    evidence = tuple(sorted({e for f in mine for e in spans(reading, (f.trigger, *(f.place.mentions if f.place else ())))}))
    family = family_of(deposit, come, primaries)
    flags = set(deposit.flags)
    if family in origin.NEUROENDOCRINE:
        flags.add("neuroendocrine")
    if all("low_trust" in f.line.flags for f in mine):
        flags.add("low_trust")
    return Finding(
        id=ident, kind=Kind.METASTASIS, concept=deposit.site, assertion=deposit.assertion, evidence=evidence,
        cues=cues(f.trigger for f in mine), side=deposit.side, subsite=deposit.subsite, family=family, origin=origin_id, flags=frozenset(flags),
    )  # fmt: skip


def _confirmed(
    reading: Reading, found: Sequence[tests.Confirmation], by_site: dict[str, str], site_ids: dict[str, str]
) -> Iterator[Finding]:
    groups: dict[tuple[str, str, str], list[tests.Confirmation]] = {}
    for c in found:
        groups.setdefault((c.test, c.modality, c.of), []).append(c)
    for (test, modality, of), members in groups.items():
        table = by_site if of == "metastasis" else site_ids
        supports = sorted({table[s] for c in members for s in c.sites if s in table})
        yield Finding(
            id="f", kind=Kind.CONFIRMATION, concept=modality, assertion=Assertion.PRESENT,
            evidence=tuple(sorted({e for c in members for e in spans(reading, c.mentions[:1])})),
            cues=(), test=test, of=of, supports=tuple(supports),
        )  # fmt: skip
