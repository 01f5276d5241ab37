"""What of a merged case may be proposed, what a coder must see first, and whose words a query quotes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from oncospan.case.chart import Chart, Part
from oncospan.types import (
    Alternate,
    AuthorRole,
    Case,
    CodeProposal,
    CodeStatus,
    Evidence,
    Finding,
    Gap,
    Indicator,
    Kind,
    Rejection,
)

Codes = tuple[tuple[CodeProposal, ...], tuple[Rejection, ...]]
"""The proposals and rejections of a case."""

_UNSURE = 0.5
"""The most confidence in a code that a coder must decide on."""


def without(case: Case, flag: str) -> Case:
    """The case without the findings that carry a flag."""
    return replace(case, findings=tuple(f for f in case.findings if flag not in f.flags))


def weighed(case: Case, code: Callable[[Case], Codes]) -> Codes:
    """The codes of a merged case; ``code`` gives those of any case.

    A code that only a report supports inpatient, that a contradiction or only carried-forward text stands behind, goes to
    review; one that only a nurse's words would give is refused (SPEC 3.7).
    """
    known = without(case, "unestablished")
    proposals, rejected = code(known)
    if known.findings != case.findings:
        rejected += _unestablished(code(case)[0], proposals, case)
    if case.author_role is AuthorRole.PROVIDER and any("diagnostic_only" in f.flags for f in known.findings):
        proposals = _reported(proposals, code(without(known, "diagnostic_only"))[0], known)
    status = any(f.kind is Kind.STATUS and "contradicted" in f.flags for f in known.findings)
    doubted = tuple(_doubted(p, _findings(p, known), status) for p in proposals)
    two = {f.id for f in known.findings if "two_histologies" in f.flags}
    return tuple(_asked(p, _TWO) if two & set(p.findings) else p for p in doubted), rejected


_TWO = "Two histologies of one organ are documented: whether they are two tumors is open."


def _findings(p: CodeProposal, case: Case) -> list[Finding]:
    return [f for f in case.findings if f.id in p.findings]


def _unestablished(all_codes: Sequence[CodeProposal], proposals: Sequence[CodeProposal], case: Case) -> tuple[Rejection, ...]:
    taken = {p.code for p in proposals}
    return tuple(
        Rejection(
            code=p.code, rule="source.unestablished", evidence=p.evidence,
            why="only a nurse or another author who cannot establish a diagnosis says it",
        )
        for p in all_codes
        if p.code not in taken and any("unestablished" in f.flags for f in _findings(p, case))
    )  # fmt: skip


def _reported(proposals: Sequence[CodeProposal], eligible: Sequence[CodeProposal], case: Case) -> tuple[CodeProposal, ...]:
    """The proposals, those that rest on a report alone sent to review with the code that stands without it."""
    codes = {p.code for p in eligible}
    every = {p.code for p in proposals}
    out = []
    for p in proposals:
        own = _findings(p, case)
        if p.code in codes and not all("diagnostic_only" in f.flags for f in own):
            out.append(p)
            continue
        other = (q for q in eligible if q.code not in every and set(q.findings) & set(p.findings))
        alternates = (Alternate(code=q.code, why="without what only a report says") for q in other)
        asked = _asked(p, "It rests on what only a diagnostic report says; inpatient that needs the treating provider (III.B).")
        out.append(replace(asked, alternates=tuple(dict.fromkeys((*p.alternates, *alternates)))))
    return tuple(out)


def _doubted(p: CodeProposal, own: Sequence[Finding], status: bool) -> CodeProposal:
    if any("contradicted" in f.flags for f in own) or (status and any(f.kind is Kind.PRIMARY for f in own)):
        p = _asked(p, "Notes contradict each other.")
    if own and all("copied" in f.flags for f in own if f.kind in (Kind.PRIMARY, Kind.METASTASIS, Kind.FUNCTIONAL)):
        diagnoses = [f for f in own if f.kind in (Kind.PRIMARY, Kind.METASTASIS, Kind.FUNCTIONAL)]
        p = _asked(p, "Only text carried forward from an earlier note says so.") if diagnoses else p
    return p


def _asked(p: CodeProposal, why: str) -> CodeProposal:
    return replace(p, status=CodeStatus.REVIEW, confidence=min(p.confidence, _UNSURE), reason=f"{p.reason} {why}")


def sourced(gap: Gap, chart: Chart, elide: Callable[[str], str]) -> Gap:
    """The gap, every indicator of its query with the note it was quoted from; ``elide`` is what the composer does to a quote."""
    indicators = tuple(_sourced(i, gap.evidence, chart, elide) for i in gap.query.indicators)
    return replace(gap, query=replace(gap.query, indicators=indicators))


def _sourced(i: Indicator, evidence: Sequence[Evidence], chart: Chart, elide: Callable[[str], str]) -> Indicator:
    """The indicator with type, author and date of its note: the first the gap stands on, else the first with these words."""
    holding = [p for p in chart.parts if i.text in p.note.text] or [p for p in chart.parts if i.text in elide(p.note.text)]
    if not holding:
        return i
    own = [p for p in holding if any(_holds(p, e) for e in evidence)]
    note = (own or holding)[0].note
    date = note.note_date.isoformat() if note.note_date else None
    return replace(i, source=elide(f"{note.note_type or 'clinical note'}, {note.author_role}"), date=date)


def _holds(part: Part, e: Evidence) -> bool:
    return part.start <= e.start and e.end <= part.start + len(part.note.text)
