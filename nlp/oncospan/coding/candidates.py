"""A code on its way: what raised it, why, and how sure; and the context every family shares."""

from __future__ import annotations

from dataclasses import dataclass

from oncospan.coding.tables import CodeTables
from oncospan.icd import CodeSet
from oncospan.types import Alternate, Assertion, Case, CodeStatus, Evidence, Finding, Kind, NetSitePolicy, Rejection

NEUROENDOCRINE = frozenset("carcinoid net nec nec_poorly_differentiated islet_cell mixed".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A code raised by findings, before order and validation."""

    code: str
    rule: str
    reason: str
    findings: tuple[Finding, ...]
    status: CodeStatus = CodeStatus.PROPOSED
    confidence: float = 0.9
    alternates: tuple[Alternate, ...] = ()
    rank: int = 50

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The evidence of the findings, in order, without repeats."""
        return tuple(sorted({e for f in self.findings for e in f.evidence}))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """What every coding rule may look at."""

    case: Case
    codes: CodeSet
    tables: CodeTables
    policy: NetSitePolicy

    @property
    def primaries(self) -> tuple[Finding, ...]:
        """The primaries documented as certain, current or former."""
        return self.case.of_kind(Kind.PRIMARY, Assertion.PRESENT, Assertion.HISTORY)

    @property
    def metastases(self) -> tuple[Finding, ...]:
        """The current metastases."""
        return self.case.of_kind(Kind.METASTASIS, Assertion.PRESENT)

    def spread_of(self, primary: Finding) -> bool:
        """Whether a current metastasis may come from the primary."""
        return "metastatic_stated" in primary.flags or any(
            m.origin == primary.id or (m.origin is None and m.family in (None, primary.family)) for m in self.metastases
        )

    def title(self, code: str) -> str:
        """The official title of a code in the release in force."""
        return self.codes.title(code)


@dataclass(frozen=True, slots=True)
class Raised:
    """What a coding rule raised and what it refused."""

    candidates: tuple[Candidate, ...] = ()
    rejected: tuple[Rejection, ...] = ()

    def __add__(self, other: Raised) -> Raised:
        """Both, in order."""
        return Raised(self.candidates + other.candidates, self.rejected + other.rejected)


def refused(code: str, rule: str, why: str, *findings: Finding) -> Raised:
    """One rejection standing on the findings."""
    evidence = tuple(sorted({e for f in findings for e in f.evidence}))
    return Raised(rejected=(Rejection(code=code, rule=rule, why=why, evidence=evidence),))
