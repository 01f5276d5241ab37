"""From the mentions of a note to its distinct findings, in a fixed order with fixed ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from oncospan.pipeline import made
from oncospan.pipeline.companions import syndromes
from oncospan.pipeline.companions.facts import encounter_facts, functional_facts, indicator_facts, plain_facts
from oncospan.pipeline.course import whose
from oncospan.pipeline.course.operated import operated, operated_on
from oncospan.pipeline.course.procedures import procedure_facts
from oncospan.pipeline.course.returns import at_home
from oncospan.pipeline.course.status import Status, status_of
from oncospan.pipeline.mentions.mention import Reading
from oncospan.pipeline.sentence.passage import related
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.site_roles import SiteRoles
from oncospan.pipeline.spread import deposits as spread
from oncospan.pipeline.spread import regions
from oncospan.pipeline.spread.asked import without_asked
from oncospan.pipeline.spread.cleared import clear
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.descent import names, origin_of
from oncospan.pipeline.spread.lesions import seat
from oncospan.pipeline.spread.refuted import disproved, fallen, not_misread, refute, unanswered
from oncospan.pipeline.spread.sides import refine_sides
from oncospan.pipeline.spread.told import told
from oncospan.pipeline.spread.withdrawn import on_record, withdrawn
from oncospan.pipeline.tests import confirmations as tests
from oncospan.pipeline.text.years import latest, year_of
from oncospan.pipeline.tumors import primaries as origins
from oncospan.pipeline.tumors import primary as origin
from oncospan.pipeline.tumors.primary import Primary
from oncospan.pipeline.tumors.unknown_primary import unknown_facts, unknown_family, unknown_words
from oncospan.types import Assertion, AuthorRole, Finding


def findings(
    reading: Reading, author: AuthorRole = AuthorRole.PROVIDER, roles: SiteRoles | None = None, *, year: int = 0
) -> tuple[Finding, ...]:
    """The distinct findings of a note: primaries, metastases, functional states, confirmations, then what surrounds them.

    A pathologist reports the operation itself, so that what it removed counts as current. ``roles`` gives primaries and
    metastases their support, and changes nothing else. ``year`` is that of the note, 0 where nobody gives it.
    """
    if not reading.lines:
        return ()
    episode = author is AuthorRole.PATHOLOGIST
    reading = _trusted(reading) if author is AuthorRole.PROVIDER else _doubted(reading, _SENT_WITH.get(author, _SENT_AS))
    lines = related(reading)
    unknown = bool(unknown_words(reading, lines))
    primaries, reached = origins.gather(lines, unknown=unknown)
    named = primaries
    primaries = [p for p in primaries if not _says_nothing(p)]
    unknown = bool(unknown_words(reading, lines, primaries))
    if unknown:
        primaries = [p for p in primaries if not origin.nameless(p) and not origin.supposed(p)]
    deposits = spread.gather(told(lines, reached, primaries), primaries, unknown=unknown)
    if not unknown:
        deposits = refute(deposits, lines, primaries)
        kept = unanswered(primaries, lines)
        deposits = fallen(deposits, primaries, kept)
        primaries = kept
    primaries = on_record(primaries, reading)
    deposits = seat(without_asked(withdrawn(disproved(deposits, lines), reading), primaries), lines, primaries)
    primaries = not_misread(primaries, deposits)
    regions.own_nodes(deposits, primaries, reading.lines, episode)
    regions.of_curvatures(deposits, primaries)
    regions.of_dissections(deposits, reading.lines)
    regions.infer_regions(deposits, primaries, episode or operated(reading))
    refine_sides(deposits, lines)
    events = [at_home(mine, deposits) for mine in whose.events_of(lines, primaries)]
    reports = [episode or operated_on(p, reading) for p in primaries]
    now = latest(reading.text) if any(reports) else year_of(reading.text, year)  # what is reported may have been long ago
    states = [
        status_of(p, mine, _spread_of(p, deposits, primaries, unknown), episode=report, now=now)
        for p, mine, report in zip(primaries, events, reports, strict=True)
    ]
    former = _former(states)
    if not episode or former:
        clear(deposits, reading, former=former, alone=sum(p.certain for p in primaries) == 1)
    deposits = spread.upheld(deposits)
    found = _all(reading, lines, primaries, states, deposits, author, named)
    return tuple(found if roles is None else roles.supported(found, lines))


_ASKED = frozenset({"indication", "clinical_history"})
_SENT_WITH = {AuthorRole.PATHOLOGIST: frozenset({"preoperative_diagnosis", "history", "past_medical_history"})}
_SENT_AS = frozenset({"preoperative_diagnosis"})
"""Sections of a report that are the sender's words: with a specimen comes its history; with images a radiologist reads the record."""
_REPORT = frozenset({"comparison", "technique", "exam_name", "specimens", "gross_description"})
_OPERATED = frozenset({"procedure_description", "operative_findings", "estimated_blood_loss", "anesthesia", "plan"})
"""Sections that only the note of who operates or plans has; it may list the specimens and its technique too."""


def _trusted(reading: Reading) -> Reading:
    """The reading with indications trusted: what a provider gives as reason is told by who treats, not by who asks for a report."""
    names = {ln.section.name for ln in reading.lines if ln.section is not None}
    if not names & _ASKED or (names & _REPORT and not reading.sections & _OPERATED):
        return reading
    lines = [
        replace(ln, section=ln.section._replace(flags=ln.section.flags - {"low_trust"}))
        if ln.section is not None and ln.section.name in _ASKED
        else ln
        for ln in reading.lines
    ]
    return replace(reading, lines=tuple(lines))


def _doubted(reading: Reading, sent: frozenset[str]) -> Reading:
    """The reading of a report: the history and what the sender took it for before the operation are the sender's."""
    if not any(ln.section is not None and ln.section.name in sent for ln in reading.lines):
        return reading
    lines = [
        replace(ln, section=ln.section._replace(flags=ln.section.flags | {"low_trust"}))
        if ln.section is not None and ln.section.name in sent
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
    if primary.facts[-1].mention.concept in _UNSITED:
        return False
    only_spread = all(f.metastatic for f in primary.facts)
    former = all(f.assertion is Assertion.HISTORY for f in primary.facts)
    return only_spread or (primary.family == "other" and not former)


_UNSITED = frozenset({"melanoma", "mesothelioma", "gist", "kaposi_sarcoma", "neuroblastoma"})
"""Tumors of no special family that the Index codes without a site."""


def _all(
    reading: Reading,
    lines: Sequence[LineFacts],
    primaries: Sequence[Primary],
    states: Sequence[Status],
    deposits: Sequence[Deposit],
    author: AuthorRole,
    named: Sequence[Primary],
) -> Iterator[Finding]:
    number = 0
    ids: dict[int, str] = {}
    for primary, state in zip(primaries, states, strict=True):
        number += 1
        ids[id(primary)] = f"f{number}"
        yield made.of_primary(reading, primary, state, f"f{number}")
    unknown = unknown_words(reading, lines, primaries)
    if unknown:
        number += 1
        yield made.of_unknown(reading, unknown, lines, f"f{number}")
    by_site: dict[str, str] = {}
    current = [p for p, state in zip(primaries, states, strict=True) if state.assertion is not Assertion.HISTORY]
    for deposit in deposits:
        number += 1
        if deposit.assertion not in (Assertion.FAMILY, Assertion.HYPOTHETICAL):
            by_site.setdefault(deposit.site, f"f{number}")
        come = None if "direction_ambiguous" in deposit.flags else origin_of(deposit, primaries, current)
        of, family = named, None
        if unknown and not any(p.certain for p in current) and (come is None or not names(deposit, come)):
            come, of = None, [p for p in named if p not in primaries]  # of the unknown one, not of a cancer of long ago
            family = unknown_family(unknown_facts(lines))
        yield made.of_deposit(reading, deposit, come, of, ids.get(id(come)) if come else None, f"f{number}", family)
    site_ids = {p.site: ids[id(p)] for p in primaries}
    former = frozenset(p.site for p in primaries) - frozenset(p.site for p in current)
    for companion in (
        *syndromes.ended(_functional(reading), primaries, _former(states) and not unknown, deposits, reading),
        *made.of_tests(reading, tests.confirmations(lines, primaries, deposits, author, former), by_site, site_ids),
        *_companions(reading, lines),
    ):
        number += 1
        yield replace(companion, id=f"f{number}")


def _companions(reading: Reading, lines: Sequence[LineFacts]) -> list[Finding]:
    """What a note tells beside its tumors: signs, treatments, status, purpose, procedures, and what relatives had."""
    return [
        *indicator_facts(reading),
        *plain_facts(reading, lines),
        *encounter_facts(reading),
        *procedure_facts(reading),
        *made.of_relatives(reading, lines),
    ]


def _functional(reading: Reading) -> Iterator[Finding]:
    """The functional findings of the patient; a relative's endocrine neoplasia is told apart."""
    return (f for f in functional_facts(reading) if (f.concept, f.assertion) != ("men", Assertion.FAMILY))


def _former(states: Sequence[Status]) -> bool:
    return bool(states) and all(s.assertion is Assertion.HISTORY for s in states)
