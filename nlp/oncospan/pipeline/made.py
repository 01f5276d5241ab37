"""The findings made of what the rooms found: tumors, metastases, tests, what relatives have, each with its evidence and cues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oncospan.pipeline.course.sex import is_man
from oncospan.pipeline.course.status import Status
from oncospan.pipeline.mentions.mention import Mention, Reading
from oncospan.pipeline.sentence.behavior import behaviors
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.descent import family_of
from oncospan.pipeline.tests import confirmations as tests
from oncospan.pipeline.tumors import primary as origin
from oncospan.pipeline.tumors import relatives
from oncospan.pipeline.tumors.primary import Primary
from oncospan.pipeline.tumors.unknown_primary import unknown_facts, unknown_family
from oncospan.sites import same_organ
from oncospan.types import Assertion, Evidence, Finding, Kind

_JOIN = 60
"""Two words of one fact closer than this many characters are shown as one span."""


def _spans(reading: Reading, mentions: Iterable[Mention]) -> tuple[Evidence, ...]:
    """The mentions as evidence, near ones of a sentence joined, in order and without repeats."""
    joined: list[list[Mention]] = []
    for m in sorted({(m.start, m.end): m for m in mentions}.values(), key=lambda m: (m.start, m.end)):
        if joined and m.sentence == joined[-1][-1].sentence and m.start - joined[-1][-1].end <= _JOIN:
            joined[-1].append(m)
        else:
            joined.append([m])
    out = [reading.evidence(g[0].start, max(m.end for m in g), g[0].rule) for g in joined]
    return tuple(sorted(set(out)))


def _cues(mentions: Iterable[Mention]) -> tuple[Evidence, ...]:
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


def of_primary(reading: Reading, primary: Primary, state: Status, ident: str) -> Finding:
    """The finding of a primary in its state at the end of the note."""
    doubted = _doubted_here(primary) if state.assertion is Assertion.PRESENT else []
    facts = doubted or primary.strong or primary.facts
    groups = _fact_mentions(facts)
    evidence = tuple(sorted({e for g in (*groups, *([m] for m in state.ended_by)) for e in _spans(reading, g)}))
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
        assertion=Assertion.UNCERTAIN if doubted else state.assertion,
        evidence=evidence,
        cues=_cues(f.mention for f in facts),
        side=primary.side,
        subsite=primary.subsite,
        family=primary.family,
        behavior=_behavior(facts),
        grade=_grade(facts, details),
        variant=_histology(primary),
        flags=frozenset(flags),
    )


def _doubted_here(primary: Primary) -> list[TumorFact]:
    """The facts of a report that doubt the tumor, where only the history it was sent with states it."""
    own = [f for f in primary.facts if "low_trust" not in f.line.flags]
    return own if own and all(f.assertion is Assertion.UNCERTAIN for f in own) else []


def _histology(primary: Primary) -> str | None:
    """The most specific histology concept named, for the code tables."""
    facts = [f for f in (primary.strong or primary.facts) if not origin.generic(f)]
    same = [f for f in facts if origin.family(f) == primary.family]
    if not facts:
        return None
    last = (same or facts)[-1].mention.concept
    return next((c for f in reversed(facts) if (c := f.mention.concept).startswith(f"{last}_")), last)


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
    if _called_cancer(facts, specific):
        return "malignant"
    return "malignant" if any(f.mention.attrs.get("behavior") == "malignant" for f in specific) else None


def _called_cancer(facts: Sequence[TumorFact], named: Sequence[TumorFact]) -> bool:
    """Whether the sentence that names a carcinoid or NET calls it a cancer ("lung cancer, atypical carcinoid of the right lower lobe")."""
    named = [f for f in named if origin.family(f) in ("carcinoid", "net")]
    said = [f.line for f in facts if f.mention.concept == "cancer" and f.assertion is Assertion.PRESENT]
    return any(f.line is line for line in said for f in named if f.assertion is Assertion.PRESENT)


def _grade(facts: Sequence[TumorFact], details: Sequence[Mention]) -> str | None:
    found = [a["grade"] for a in (*(f.mention.attrs for f in facts), *(d.attrs for d in details)) if a.get("grade")]
    return found[-1] if found else None


def of_unknown(reading: Reading, mentions: Sequence[Mention], lines: Sequence[LineFacts], ident: str) -> Finding:
    """The finding of a primary that is said to be unknown."""
    facts = unknown_facts(lines)
    details = [d for f in facts for d in f.details]
    return Finding(
        id=ident, kind=Kind.PRIMARY, concept="unknown_primary", assertion=Assertion.PRESENT,
        evidence=_spans(reading, mentions), cues=_cues(mentions), family=unknown_family(facts),
        behavior="malignant", grade=_grade(facts, details), flags=frozenset(_details(facts, details)),
    )  # fmt: skip


def of_relatives(reading: Reading, lines: Sequence[LineFacts]) -> Iterator[Finding]:
    """What relatives are said to have: one finding an organ, one for multiple endocrine neoplasia."""
    for facts in relatives.tumors(lines):
        told = Primary(site=relatives.site_told(facts)[0], facts=list(facts))
        yield Finding(
            id="f", kind=Kind.PRIMARY, concept=told.site, assertion=Assertion.FAMILY,
            evidence=tuple(sorted({e for g in _fact_mentions(facts) for e in _spans(reading, g)})),
            cues=_cues(f.mention for f in facts), subsite=relatives.site_told(facts)[1], family=told.family,
            behavior=_behavior(facts), variant=_histology(told), flags=frozenset(_wording(facts)),
        )  # fmt: skip
    if men := list(relatives.syndromes(lines)):
        yield Finding(
            id="f", kind=Kind.FUNCTIONAL, concept="men", assertion=Assertion.FAMILY, cues=_cues(men),
            evidence=tuple(sorted({reading.of_mention(m) for m in men})), variant=men[-1].attrs.get("code"),
        )  # fmt: skip


def of_deposit(
    reading: Reading,
    deposit: Deposit,
    come: Primary | None,
    primaries: Sequence[Primary],
    origin_id: str | None,
    ident: str,
    unknown: str | None = None,
) -> Finding:
    """The finding of a metastasis, stated or denied; ``come`` is the primary it came from, ``origin_id`` that one's finding.

    ``unknown`` is the family of the unknown primary it came from, if it did.
    """
    mine = deposit.stating
    evidence = tuple(sorted({e for f in mine for e in _spans(reading, (f.trigger, *(f.place.mentions if f.place else ())))}))
    family = family_of(deposit, come, primaries) or unknown
    flags = set(deposit.flags)
    if family in origin.NEUROENDOCRINE:
        flags.add("neuroendocrine")
    if all("low_trust" in f.line.flags for f in mine):
        flags.add("low_trust")
    return Finding(
        id=ident, kind=Kind.METASTASIS, concept=deposit.site, assertion=deposit.assertion, evidence=evidence,
        cues=_cues(f.trigger for f in mine), side=deposit.side, subsite=deposit.subsite, family=family, origin=origin_id, flags=frozenset(flags),
    )  # fmt: skip


def of_tests(
    reading: Reading, found: Sequence[tests.Confirmation], by_site: dict[str, str], site_ids: dict[str, str]
) -> Iterator[Finding]:
    """One finding a test, modality and what it supports, with the findings of the sites it showed."""
    groups: dict[tuple[str, str, str], list[tests.Confirmation]] = {}
    for c in found:
        groups.setdefault((c.test, c.modality, c.of), []).append(c)
    for (test, modality, of), members in groups.items():
        table = by_site if of == "metastasis" else site_ids
        supports = sorted({table[s] for c in members for s in c.sites if s in table})
        yield Finding(
            id="f", kind=Kind.CONFIRMATION, concept=modality, assertion=Assertion.PRESENT,
            evidence=tuple(sorted({e for c in members for e in _spans(reading, c.mentions[:1])})),
            cues=(), test=test, of=of, supports=tuple(supports),
        )  # fmt: skip
