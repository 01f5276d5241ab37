"""What the notes of a chart say, gathered by fact: one kind, one concept or organ, one side, whoever wrote it and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncospan.case.chart import Chart, Part
from oncospan.deeds import IMAGING, act_of
from oncospan.sites import organ, same_organ
from oncospan.types import Assertion, AuthorRole, Evidence, Finding, Kind

SITED = frozenset({Kind.PRIMARY, Kind.METASTASIS})
"""Kinds whose concept is a site, so that a part and its organ may be one fact."""

STANDING = {
    AuthorRole.PROVIDER: 2, AuthorRole.PATHOLOGIST: 1, AuthorRole.RADIOLOGIST: 1, AuthorRole.NURSE: 0, AuthorRole.OTHER: 0,
}  # fmt: skip
"""How much an author's word weighs: a provider diagnoses, a report supports, others only point at something (SPEC 3.7)."""

ASIDE = frozenset({Assertion.FAMILY, Assertion.HYPOTHETICAL})
"""Assertions that say nothing of the patient's own present or past."""

STATE = frozenset("treated endocrine planned completed disease_free in_place recurrent history_cue followed".split())
"""Flags of what is the case at the time of the note, as against what was done once or how the tumor was described."""

TOLD = frozenset(
    "chief_complaint reason_for_visit hpi history interval_history subjective oncologic_history treatment_history past_medical_history "
    "past_surgical_history gynecologic_history family_history social_history allergies immunizations review_of_systems "
    "resolved_problems consent symptom_assessment nursing patient_instructions education copied_forward template clinical_history "
    "indication reason_for_exam procedure_indication comparison admission_diagnosis preoperative_diagnosis relative".split()
)
"""Sections that tell a story or give a reason; what stands elsewhere is the author's own assessment or observation."""

_NEUROENDOCRINE = frozenset("carcinoid net nec nec_poorly_differentiated islet_cell small_cell mixed".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one note says of one fact; the finding is in chart offsets, its ids made unique by the place of the note."""

    order: int
    part: Part
    finding: Finding
    considered: bool
    copied: bool

    @property
    def standing(self) -> int:
        """The weight of the author's word."""
        return STANDING[self.part.note.author_role]

    @property
    def own_study(self) -> bool:
        """Whether it is the imaging study that a radiologist's note reports: the first the note names, and no addendum."""
        f, part = self.finding, self.part
        if part.note.author_role is not AuthorRole.RADIOLOGIST or self.when[1] or not self.considered:
            return False
        first = min(e.start for p in part.findings if p.kind is Kind.PROCEDURE for e in p.evidence)
        return act_of(f.concept) in IMAGING and any(e.start == first for e in f.evidence)

    @property
    def when(self) -> tuple[dt.date, int]:
        """When it was said."""
        return self.part.when

    @property
    def assertion(self) -> Assertion:
        """What it says of the fact."""
        return self.finding.assertion

    @property
    def state(self) -> tuple[Assertion, frozenset[str]]:
        """The assertion, and what is said of the tumor's status."""
        return self.finding.assertion, self.finding.flags & STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """All statements on one fact in the order of the chart, and the evidence of those that contradict what it settles on.

    ``axis`` says in what they differ: presence, side or behavior.
    """

    statements: tuple[Statement, ...]
    against: tuple[Evidence, ...] = ()
    axis: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of the fact."""
        return self.statements[0].finding.kind

    @property
    def fresh(self) -> tuple[Statement, ...]:
        """The statements that are not carried forward; all of them where every one is."""
        return tuple(s for s in self.statements if not self.carried(s)) or self.statements

    def carried(self, s: Statement) -> bool:
        """Whether a statement only repeats copied words: nothing in its note changed what they said before."""
        if not s.copied:
            return False
        earlier = [e for e in self.statements if e.when[0] < s.when[0]]
        return not earlier or any(e.state == s.state for e in earlier)

    @property
    def only_carried(self) -> bool:
        """Whether nothing but copied words speak of the fact."""
        return all(self.carried(s) for s in self.statements)


def facts_of(chart: Chart, parts: Sequence[Part]) -> tuple[Fact, ...]:
    """The facts that the parts of the chart speak of, in the order in which they are first spoken of."""
    rows: list[list[Statement]] = []
    for order, part in enumerate(parts):
        taken: set[int] = set()
        for f in part.findings:
            s = _statement(chart, part, order, f)
            fits = [
                i for i, row in enumerate(rows) if i not in taken and all(_same(f, o.finding) and not _apart(s, o) for o in row)
            ]
            if fits:
                best = max(fits, key=lambda i, s=s: (_likeness(s.finding, rows[i]), *_nearest(s, rows[i]), -i))  # type: ignore[misc]  # bound at once
                rows[best].append(s)
                taken.add(best)
            else:
                taken.add(len(rows))
                rows.append([s])
    return tuple(Fact(statements=tuple(row)) for row in rows)


def own_id(order: int, ident: str) -> str:
    """The id of a finding of the note at a place of the chart."""
    return f"{order}.{ident}"


def _statement(chart: Chart, part: Part, order: int, f: Finding) -> Statement:
    named = replace(
        f, id=own_id(order, f.id), origin=own_id(order, f.origin) if f.origin else None,
        supports=tuple(own_id(order, s) for s in f.supports),
    )  # fmt: skip
    copied = all(chart.copied(e) for e in f.evidence) and all(chart.repeated(c) for c in f.cues)
    return Statement(order=order, part=part, finding=named, considered=_considered(part, f), copied=copied)


def _considered(part: Part, f: Finding) -> bool:
    """Whether the author says it as an assessment: not only in a story, unless an assessment gives the status of the tumor."""
    if "low_trust" in f.flags:
        return False
    if any((e.section or "") not in TOLD for e in f.evidence):
        return True
    if f.kind is not Kind.PRIMARY or not f.flags & STATE:
        return False
    telling = (s for s in part.findings if s.kind in (Kind.STATUS, Kind.TREATMENT))
    return any((e.section or "") not in TOLD for s in telling for e in s.evidence)


def _same(a: Finding, b: Finding) -> bool:
    """Whether two findings of different notes speak of one fact."""
    if a.kind is not b.kind or _class(a) != _class(b):
        return False
    if a.kind is Kind.PROCEDURE:
        return a.concept == b.concept and sides_fit(a, b) and _done_alike(a, b)
    if a.kind not in SITED:
        return (a.concept, a.test, a.of) == (b.concept, b.test, b.of)
    if not same_organ(a.concept, b.concept) or not sides_fit(a, b):
        return False
    return not (_denies_part(a, b) or _denies_part(b, a) or clash(a, b))


def _done_alike(a: Finding, b: Finding) -> bool:
    """Whether nothing of how two procedures were done differs: what only one tells (guidance, contrast) does not."""
    theirs = dict(b.attributes)
    return all(theirs.get(kind, how) == how for kind, how in a.attributes)


def _apart(a: Statement, b: Statement) -> bool:
    """Whether two statements are studies of two days: each in its own report, for other notes may only look back."""
    if a.finding.kind is not Kind.PROCEDURE or a.assertion is not Assertion.PRESENT or b.assertion is not Assertion.PRESENT:
        return False
    return a.when[0] != b.when[0] and a.own_study and b.own_study and not (a.copied or b.copied)


def _nearest(s: Statement, row: Sequence[Statement]) -> tuple[int, int]:
    """How well the days of a row fit what a note tells of a procedure: the last before it; of no weight for other kinds."""
    if s.finding.kind is not Kind.PROCEDURE:
        return 0, 0
    days = [(s.when[0] - o.when[0]).days for o in row]
    before = [d for d in days if d >= 0]
    return (1, -min(before)) if before else (0, -min(abs(d) for d in days))


def _class(f: Finding) -> Assertion | None:
    return f.assertion if f.assertion in ASIDE else None


def sides_fit(a: Finding, b: Finding) -> bool:
    """Whether two findings may lie on the same side."""
    sides = {a.side, b.side}
    return None in sides or len(sides) == 1 or "bilateral" in sides


def _denies_part(a: Finding, b: Finding) -> bool:
    """Whether ``a`` denies only a part or a side of what ``b`` speaks of: it says nothing of the rest."""
    if a.assertion is not Assertion.ABSENT or b.assertion is Assertion.ABSENT:
        return False
    part = a.concept != b.concept and organ(a.concept) == b.concept
    return part or (a.side is not None and b.side is None)


def specific(f: Finding) -> bool:
    """Whether a tumor's histology is named, not just "cancer"."""
    return f.family not in (None, "other") or f.variant is not None


def clash(a: Finding, b: Finding) -> bool:
    """Whether two histologies cannot be one tumor: a neuroendocrine one, and a named other one."""
    if a.kind is not Kind.PRIMARY or not (specific(a) and specific(b)) or "mixed" in (a.family, b.family):
        return False
    return (a.family in _NEUROENDOCRINE) != (b.family in _NEUROENDOCRINE)


def neuroendocrine(family: str | None) -> bool:
    """Whether a family is one of the names of a neuroendocrine tumor."""
    return family in _NEUROENDOCRINE


def _likeness(f: Finding, row: Sequence[Statement]) -> tuple[int, int, int]:
    others = [s.finding for s in row]
    return (
        max(f.concept == o.concept for o in others),
        max(f.side == o.side for o in others),
        max((f.family, f.variant) == (o.family, o.variant) for o in others),
    )
