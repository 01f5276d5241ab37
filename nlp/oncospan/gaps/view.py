"""What a gap rule sees: the case, its codes and its note; and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from oncospan.gaps.wording import Wordings, wordings
from oncospan.pack import Pack
from oncospan.signals import Signals, signals
from oncospan.sites import basin
from oncospan.types import Assertion, AuthorRole, Case, CodeProposal, Evidence, Finding, Kind, Note, Rejection, Setting

PRESENT, HISTORY, UNCERTAIN, ABSENT = Assertion.PRESENT, Assertion.HISTORY, Assertion.UNCERTAIN, Assertion.ABSENT

NAMELESS = frozenset({"unspecified", "unknown_primary"})
"""Concepts of a primary that name no site."""

NEUROENDOCRINE = frozenset({"carcinoid", "net", "nec", "nec_poorly_differentiated", "islet_cell", "mixed", "adrenal_paraganglia"})
"""Histology families whose tumors may be hormonally active."""


REPORTERS = frozenset({AuthorRole.PATHOLOGIST, AuthorRole.RADIOLOGIST})
"""Their reports say what a specimen or a study shows; the treating provider says what the patient has."""


class Codes(Protocol):
    """What the gap rules ask of a code set (:class:`oncospan.icd.codes.CodeSet` answers it)."""

    def exists(self, code: str) -> bool:
        """Whether the release has the code."""

    def title(self, code: str) -> str:
        """The official title."""

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The headers above a code, nearest first."""

    def children(self, code: str) -> tuple[str, ...]:
        """The codes directly under a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """One case with all a gap rule may look at; ``extra_words`` are a site's own words forbidden in queries."""

    case: Case
    note: Note
    proposals: tuple[CodeProposal, ...]
    rejected: tuple[Rejection, ...]
    codes: Codes
    pack: Pack
    extra_words: tuple[str, ...] = ()

    @property
    def wordings(self) -> Wordings:
        """The wording of the gaps in the pack."""
        return wordings(self.pack)

    @property
    def signals(self) -> Signals:
        """The words of the pack that answer, date or place what a gap would ask about."""
        return signals(self.pack)

    @property
    def told_case(self) -> bool:
        """Whether the note is a finished story told of a patient: no one is treating, so that no one can be asked about the care."""
        return self.signals["gap.grade.narrative"].search(self.note.note_type or "") is not None

    @property
    def operation(self) -> bool:
        """Whether the note is the report of an operation: its author saw what the tumor reaches and took what was enlarged."""
        return self.signals["gap.note.operation"].search(self.note.note_type or "") is not None

    def primaries(self, *assertions: Assertion) -> tuple[Finding, ...]:
        """The primaries with one of the assertions, in the order of the note."""
        return self.case.of_kind(Kind.PRIMARY, *assertions)

    def named(self, *assertions: Assertion) -> tuple[Finding, ...]:
        """The primaries whose site is named."""
        return tuple(p for p in self.primaries(*assertions) if p.concept not in NAMELESS)

    def metastases(self, *assertions: Assertion) -> tuple[Finding, ...]:
        """The metastases with one of the assertions, in the order of the note."""
        return self.case.of_kind(Kind.METASTASIS, *assertions)

    def sited(self, *assertions: Assertion) -> tuple[Finding, ...]:
        """The metastases whose site is named."""
        return tuple(m for m in self.metastases(*assertions) if m.concept != "unspecified")

    def deposits_of(self, primary: Finding, *assertions: Assertion) -> tuple[Finding, ...]:
        """The metastases that stem from ``primary``, or may: those tied to another primary are left out."""
        return tuple(m for m in self.metastases(*assertions) if m.origin in (None, primary.id))

    def codes_of(self, *findings: Finding) -> tuple[str, ...]:
        """The proposed codes that rest on one of the findings, in their sequence, each once."""
        ids = {f.id for f in findings}
        return tuple(dict.fromkeys(p.code for p in self.proposals if ids & set(p.findings)))

    def hit(self, gap: str, found: Sequence[Finding], *, against: tuple[Evidence, ...] = (), cues: bool = False) -> GapHit:
        """The gap that findings show by themselves: their spans, their codes, and their first words as its phrase."""
        quotes = {"phrase": words(found)}
        return GapHit(gap=gap, evidence=spans(found, cues=cues), codes=self.codes_of(*found), against=against, quotes=quotes)

    def withheld_of(self, *findings: Finding) -> tuple[str, ...]:
        """The rejected codes whose evidence touches that of one of the findings, each once."""
        spans = [(e.start, e.end) for f in findings for e in f.evidence]
        touched = (r.code for r in self.rejected if any(e.start < b and a < e.end for e in r.evidence for a, b in spans))
        return tuple(dict.fromkeys(touched))


@dataclass(frozen=True, slots=True, kw_only=True)
class GapHit:
    """A gap a rule found: where the note shows it, what stands against it, and what fills the placeholders of its query.

    ``quotes`` are phrases of the record, ``plain`` are words of ours, ``supported`` names the options the case supports.
    """

    gap: str
    evidence: tuple[Evidence, ...]
    codes: tuple[str, ...]
    against: tuple[Evidence, ...] = ()
    quotes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    plain: Mapping[str, str] = field(default_factory=dict, repr=False)
    supported: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"gap {self.gap} has no evidence")


_SENTENCE = 250
_SENTENCE_END = re.compile(r"[.;!?]\s|\n\s{0,20}\n")

GapRule = Callable[[GapView], tuple[GapHit, ...]]


def spans(findings: Iterable[Finding], cues: bool = False) -> tuple[Evidence, ...]:
    """The evidence of the findings, the first mention of each before any second one; with their cues when asked."""
    found = tuple(findings)
    firsts = [f.evidence[0] for f in found]
    rest = [e for f in found for e in f.evidence[1:]]
    deciding = [c for f in found for c in f.cues] if cues else []
    return tuple(dict.fromkeys((*firsts, *deciding, *rest)))


def words(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The first mention of each finding, in the words of the note."""
    return tuple(f.evidence[0].text for f in findings)


def same_side(a: Finding, b: Finding) -> bool:
    """Whether two findings may lie on the same side: true unless both name one and they differ."""
    sides = {a.side, b.side}
    return None in sides or len(sides) == 1 or "bilateral" in sides


def trusted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that may raise a gap: those not known only from an indication or clinical-history line (SPEC 3.7, 7.2)."""
    return tuple(f for f in findings if "low_trust" not in f.flags)


_STAYS = frozenset({None, "basal_cell_carcinoma"})
"""What the words leave of a skin cancer that all but never spreads."""


def may_spread(p: Finding, others: Iterable[Finding] = ()) -> bool:
    """Whether a tumor is a likely origin of deposits beside ``others``: no benign one, no plain skin cancer, no pheochromocytoma."""
    if p.behavior == "benign" or (p.concept == "skin" and p.family == "other" and p.variant in _STAYS):
        return False
    open_behavior = p.family == "adrenal_paraganglia" and p.behavior is None and "malignant_stated" not in p.flags
    return not (open_behavior and any(o.family != p.family for o in others))


def likely_origins(view: GapView, deposit: Finding, primaries: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The primaries a deposit may come from: the stated one, those of its histology, those whose nodes it lies in, those told of in its sentence, else all."""
    if deposit.origin is not None:
        return tuple(p for p in primaries if p.id == deposit.origin)
    if deposit.family not in (None, "other"):
        return tuple(p for p in primaries if p.family == deposit.family) or primaries
    near = tuple(p for p in primaries if drains(p, deposit) and same_side(p, deposit))
    return near or _told_beside(view, deposit, primaries) or primaries


def _told_beside(view: GapView, deposit: Finding, primaries: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The primaries in one of whose sentences the deposit is told ("rectal cancer … with hepatic and bone metastases")."""
    return tuple(p for p in primaries if any(same_sentence(view, a, b) for a in p.evidence for b in deposit.evidence))


def drains(primary: Finding, node: Finding) -> bool:
    """Whether a node group is the first that the organ of a primary drains to."""
    return node.concept.startswith("lymph_node") and basin(primary.concept) == node.concept


ASSESSED = frozenset(
    "assessment assessment_and_plan plan impression findings_and_impression problem_list diagnosis final_diagnosis principal_diagnosis "
    "secondary_diagnoses discharge_diagnosis postoperative_diagnosis recommendations".split()
)
"""Sections in which an author says what the patient has."""


def same_sentence(view: GapView, a: Evidence, b: Evidence) -> bool:
    """Whether no sentence ends between two spans of the note."""
    first, last = sorted((a, b), key=lambda e: (e.start, e.end))
    between = view.note.text[first.end : last.start]
    return len(between) < _SENTENCE and not _SENTENCE_END.search(between)


def removed_organ(view: GapView, treatment: Finding) -> str | None:
    """The organ an operation removes, by the pack rule of its words; None where the words name none."""
    ids = {e.rule for e in treatment.evidence}
    return next((t.attrs["removes"] for t in view.pack.terms if t.id in ids and "removes" in t.attrs), None)


def reported_only(view: GapView, f: Finding) -> bool:
    """Whether inpatient only a diagnostic report stands behind a finding: G10 asks, and G08 and G09 need not (SPEC 7.2)."""
    inpatient = view.case.setting is Setting.INPATIENT
    return inpatient and (view.case.author_role in REPORTERS or "diagnostic_only" in f.flags)
