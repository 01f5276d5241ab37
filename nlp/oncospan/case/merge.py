"""The case of a chart: its facts settled, tied to each other, and numbered (SPEC 3.0 (5))."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from oncospan.case.chart import Chart, Part, author_of, setting_of
from oncospan.case.conflicts import with_conflicts
from oncospan.case.facts import STANDING, Fact, clash, facts_of, neuroendocrine, sides_fit, specific
from oncospan.case.settle import settled
from oncospan.deeds import act_of
from oncospan.sites import organ, same_organ
from oncospan.types import Assertion, AuthorRole, Case, Finding, Kind, Setting

PRESENT, HISTORY, UNCERTAIN, ABSENT = Assertion.PRESENT, Assertion.HISTORY, Assertion.UNCERTAIN, Assertion.ABSENT

_NAMELESS = frozenset({"unspecified", "unknown_primary"})
_ORDER = {
    kind: at
    for at, kind in enumerate(
        (Kind.PRIMARY, Kind.METASTASIS, Kind.FUNCTIONAL, Kind.CONFIRMATION, Kind.INDICATOR, Kind.TREATMENT, Kind.STATUS)
    )
}
"""The kinds in the order of a record; the others follow."""


def merge(chart: Chart, parts: Sequence[Part], on: dt.date) -> Case:
    """The case of some notes of a chart, coded for the day ``on``; evidence in chart offsets. Raises ValueError without notes.

    It is inpatient where any note is, and its author is the weightiest of the notes'.
    """
    if not parts:
        raise ValueError("a case needs a note")
    setting, author = setting_of(parts), author_of(parts)
    facts = with_conflicts(chart, facts_of(chart, parts))
    rows = [_Row(f, settled(f, setting, STANDING[author])) for f in facts]
    _fold_metastases(rows, setting)
    _fold_primaries(rows)
    _fold_procedures(rows)
    _clear_up(rows)
    _place_in_time(rows)
    _tie(rows)
    _tell_two_histologies(rows)
    types = dict.fromkeys(p.note.note_type for p in parts if p.note.note_type)
    return Case(findings=_numbered(rows), setting=setting, author_role=author, on=on, note_type=", ".join(types) or None)


class _Row:
    """A fact, what it settled on, and whether it went into another."""

    __slots__ = ("fact", "finding", "into")

    def __init__(self, fact: Fact, finding: Finding) -> None:
        self.fact = fact
        self.finding = finding
        self.into: _Row | None = None

    @property
    def kept(self) -> bool:
        """Whether the row stands for a finding of its own."""
        return self.into is None

    def add(self, *flags: str) -> None:
        """Set flags of the finding."""
        self.finding = replace(self.finding, flags=self.finding.flags | frozenset(flags))


def _of(rows: Sequence[_Row], kind: Kind, *states: Assertion) -> list[_Row]:
    return [r for r in rows if r.kept and r.finding.kind is kind and (not states or r.finding.assertion in states)]


def _established(row: _Row) -> bool:
    return not row.finding.flags & {"diagnostic_only", "unestablished"}


def _fold_metastases(rows: Sequence[_Row], setting: Setting) -> None:
    """Let go of "metastatic disease" without a site where a site is established, and of suppositions beside statements."""
    sited = [r for r in _of(rows, Kind.METASTASIS) if r.finding.concept != "unspecified" and _established(r)]
    for row in _of(rows, Kind.METASTASIS):
        state = row.finding.assertion
        if state is Assertion.HYPOTHETICAL:
            same = (r for r in _of(rows, Kind.METASTASIS, PRESENT, HISTORY, UNCERTAIN, ABSENT) if _one_organ(r, row))
            row.into = next((r for r in same if _elsewhere(r, row)), None)
        elif row.finding.concept == "unspecified":
            telling = {
                PRESENT: (PRESENT, UNCERTAIN, HISTORY) if setting is Setting.OUTPATIENT else (PRESENT, HISTORY),
                ABSENT: (PRESENT,),
            }.get(state, (state, PRESENT))
            named = (
                r for r in sited if r.finding.assertion in telling and _elsewhere(r, row)
                and not (state is ABSENT and r.finding.concept.startswith("lymph_node"))
            )  # fmt: skip
            row.into = next(named, None)


def _elsewhere(a: _Row, b: _Row) -> bool:
    """Whether a note speaks of ``a`` that does not speak of ``b``: what one note keeps apart stays apart."""
    return bool({s.order for s in a.fact.statements} - {s.order for s in b.fact.statements})


def _one_organ(a: _Row, b: _Row) -> bool:
    return organ(a.finding.concept) == organ(b.finding.concept)


def _fold_primaries(rows: Sequence[_Row]) -> None:
    """Give tumors without a site to the named one they fit, and let a primary found later end an unknown one."""
    for row in _of(rows, Kind.PRIMARY, Assertion.HYPOTHETICAL):
        same = (r for r in _of(rows, Kind.PRIMARY) if r is not row and _one_organ(r, row) and _elsewhere(r, row))
        row.into = next(same, None)
    named = [r for r in _of(rows, Kind.PRIMARY, PRESENT, HISTORY) if r.finding.concept not in _NAMELESS]
    for row in _of(rows, Kind.PRIMARY, PRESENT, HISTORY, UNCERTAIN):
        if row.finding.concept == "unspecified":
            fits = [r for r in named if _fits(row, r) and _elsewhere(r, row)]
            row.into = fits[0] if fits else None
            if row.into is not None:
                _take_wording(row.into, row)
        elif row.finding.concept == "unknown_primary":
            row.into = next((r for r in named if _found_later(row, r)), None)


def _fits(nameless: _Row, named: _Row) -> bool:
    """Whether a tumor word without a site may mean the named tumor, and is no weightier than it."""
    a, b = nameless.finding, named.finding
    if _established(nameless) and not _established(named):
        return False
    if not specific(a) or not specific(b):
        return a.assertion is b.assertion or not specific(a)
    return a.family == b.family or (neuroendocrine(a.family) and neuroendocrine(b.family))


def _take_wording(into: _Row, row: _Row) -> None:
    """Let the named tumor keep what was said of it without its site: family where it had none, and how it was called."""
    words = {
        f for f in row.finding.flags if f.endswith("_wording") or f in {"graded", "well_differentiated", "poorly_differentiated"}
    }
    into.add(*words)
    if not specific(into.finding) and specific(row.finding):
        into.finding = replace(into.finding, family=row.finding.family, variant=row.finding.variant)
    if into.finding.behavior is None and row.finding.behavior is not None and _established(row):
        into.finding = replace(into.finding, behavior=row.finding.behavior)
    if into.finding.grade is None:
        into.finding = replace(into.finding, grade=row.finding.grade)


def _found_later(unknown: _Row, named: _Row) -> bool:
    """Whether a provider names the primary after the last time it was called unknown."""
    last = max(s.when[0] for s in unknown.fact.fresh)
    firsts = (s.when[0] for s in named.fact.fresh if s.standing == STANDING[AuthorRole.PROVIDER] and s.assertion is PRESENT)
    return max(firsts, default=dt.date.min) > last


def _fold_procedures(rows: Sequence[_Row]) -> None:
    """Let a bare mention of a deed ("her biopsy") be the fuller one that another note tells of: the last before it."""
    every = _of(rows, Kind.PROCEDURE)
    for row in (r for r in every if r.finding.concept == act_of(r.finding.concept) and not r.finding.attributes):
        fuller = [
            r for r in every
            if r is not row and act_of(r.finding.concept) == row.finding.concept and r.finding.assertion is row.finding.assertion
            and (r.finding.concept != row.finding.concept or r.finding.attributes) and _elsewhere(r, row)
        ]  # fmt: skip
        row.into = max(fuller, key=lambda r: (_told_before(r, row), -every.index(r)), default=None)
        if row.into is not None:
            evidence = sorted({*row.into.finding.evidence, *row.finding.evidence})
            row.into.finding = replace(row.into.finding, evidence=tuple(evidence))


def _told_before(fuller: _Row, bare: _Row) -> tuple[bool, dt.date]:
    last = max(s.when[0] for s in bare.fact.statements)
    days = [s.when[0] for s in fuller.fact.statements if s.when[0] <= last]
    return bool(days), max(days, default=dt.date.min)


def _clear_up(rows: Sequence[_Row]) -> None:
    """Let go of what one note said against itself where a provider assessed that site in a later note."""
    provider = STANDING[AuthorRole.PROVIDER]
    for row in (r for r in _of(rows, Kind.STATUS) if r.finding.concept == "contradiction"):
        last = max(s.when for s in row.fact.fresh)
        site = organ(row.finding.of or "unspecified")
        row.into = next(
            (
                r
                for r in (*_of(rows, Kind.PRIMARY), *_of(rows, Kind.METASTASIS))
                if site in ("unspecified", organ(r.finding.concept))
                and any(s.standing == provider and s.considered and s.when > last for s in r.fact.fresh)
            ),
            None,
        )


def _place_in_time(rows: Sequence[_Row]) -> None:
    """Say whether a removed primary is current: it is in the encounter of the operation, it is history once metastases come later."""
    specimens = [
        r for r in _of(rows, Kind.CONFIRMATION, PRESENT) if r.finding.concept == "resection" and r.finding.of != "metastasis"
    ]  # fmt: skip
    episode = any(s.part.note.author_role is AuthorRole.PATHOLOGIST for r in specimens for s in r.fact.fresh)
    spread = [
        r for r in _of(rows, Kind.METASTASIS, PRESENT) if not r.finding.concept.startswith("lymph_node") and _established(r)
    ]  # fmt: skip
    for row in _of(rows, Kind.PRIMARY, PRESENT, HISTORY):
        flags = row.finding.flags
        if "resected" not in flags and not (episode and "disease_free" in flags):
            continue
        if episode and "history_cue" not in flags:
            row.finding = replace(row.finding, assertion=PRESENT, flags=flags - {"resected_before"})
        elif spread and not flags & {"in_place", "recurrent", "planned"} and _spread_after(row, spread):
            row.finding = replace(row.finding, assertion=HISTORY)


def _spread_after(row: _Row, spread: Sequence[_Row]) -> bool:
    """Whether metastases are current in a note after the first that tells of the removal."""
    removed = min((s.when[0] for s in row.fact.statements if "resected" in s.finding.flags), default=None)
    if removed is None:
        return False
    alone = {s.order for s in row.fact.statements if "resected" in s.finding.flags}
    return any(
        s.when[0] >= removed and s.order not in alone
        for r in spread for s in r.fact.fresh if s.assertion is PRESENT
    )  # fmt: skip


def _tie(rows: Sequence[_Row]) -> None:
    """Tie every metastasis to its primary: the one its words name, else the only one there is, whose family it takes."""
    table = _table(rows)
    primaries = _of(rows, Kind.PRIMARY, PRESENT, HISTORY)
    for row in _of(rows, Kind.METASTASIS):
        f = row.finding
        come = table.get(f.origin) if f.origin else None
        if come is None or not come.kept or come.finding.kind is not Kind.PRIMARY:
            come = _only(f, [p for p in primaries if _established(p) or not _established(row)])
        family = _family(f, come, primaries)
        flags = f.flags | ({"neuroendocrine"} if neuroendocrine(family) else set())
        row.finding = replace(f, origin=come.finding.id if come else None, family=family, flags=flags)
        if come is not None and f.assertion is HISTORY and _established(row):
            come.add("metastatic_stated")  # it did spread: what is gone now does not make the tumor benign


def _tell_two_histologies(rows: Sequence[_Row]) -> None:
    """Mark the current primaries of one organ and side that cannot be one tumor, unless one note tells of both."""
    found = [r for r in _of(rows, Kind.PRIMARY, PRESENT) if "unestablished" not in r.finding.flags]
    for a, b in combinations(found, 2):
        f, g = a.finding, b.finding
        both = {s.order for s in a.fact.fresh} & {s.order for s in b.fact.fresh}
        if not both and same_organ(f.concept, g.concept) and sides_fit(f, g) and clash(f, g):
            a.add("two_histologies")
            b.add("two_histologies")


def _table(rows: Sequence[_Row]) -> dict[str, _Row]:
    """The row that every finding of the notes went into."""
    table: dict[str, _Row] = {}
    for row in rows:
        last = row
        while last.into is not None:
            last = last.into
        table |= {s.finding.id: last for s in row.fact.statements}
    return table


def _only(metastasis: Finding, primaries: Sequence[_Row]) -> _Row | None:
    """The only primary the deposit can come from, by its family where that is known."""
    named = [p for p in primaries if p.finding.concept not in _NAMELESS] or list(primaries)
    fits = [p for p in named if metastasis.family in (None, "other", p.finding.family) or _alike(metastasis, p.finding)]
    return fits[0] if len(fits) == 1 else None


def _alike(a: Finding, b: Finding) -> bool:
    return neuroendocrine(a.family) and neuroendocrine(b.family)


def _family(f: Finding, come: _Row | None, primaries: Sequence[_Row]) -> str | None:
    """The family of a deposit: its own, the carcinoid wording of its origin before "NET"; else its origin's, else the shared one."""
    if come is not None and (f.family in (None, "other") or (come.finding.family == "carcinoid" and f.family == "net")):
        return come.finding.family
    if f.family is not None:
        return f.family
    shared = {p.finding.family for p in primaries}
    return shared.pop() if len(shared) == 1 else None


def _numbered(rows: Sequence[_Row]) -> tuple[Finding, ...]:
    """The findings in the order of the record, with ids f1, f2 … and every reference following them."""
    kept = [r for r in rows if r.kept]
    kept.sort(key=lambda r: (_ORDER.get(r.finding.kind, len(_ORDER)), r.finding.kind, r.finding.concept == "unknown_primary"))
    names = {id(r): f"f{i}" for i, r in enumerate(kept, start=1)}
    table = {old: names[id(r)] for old, r in _table(rows).items()}
    return tuple(
        replace(
            r.finding, id=names[id(r)], origin=table.get(r.finding.origin) if r.finding.origin else None,
            supports=tuple(sorted({table[s] for s in r.finding.supports if s in table}, key=lambda s: int(s[1:]))),
        )
        for r in kept
    )  # fmt: skip
