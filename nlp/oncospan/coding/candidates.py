"""A code on its way: what raised it, why, and how sure; and the context every family shares."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oncospan.coding.tables import CodeTables
from oncospan.icd import CodeSet
from oncospan.types import (
    Alternate,
    Assertion,
    AuthorRole,
    Case,
    CodeStatus,
    Evidence,
    Finding,
    Kind,
    NetSitePolicy,
    Rejection,
    Setting,
)

NEUROENDOCRINE = frozenset("carcinoid net nec nec_poorly_differentiated islet_cell mixed".split())

_FINAL = frozenset(
    "final_diagnosis discharge_diagnosis discharge_diagnoses final_diagnoses principal_diagnosis secondary_diagnoses".split()
)


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
    """What every coding rule may look at.

    ``malignant_by_default`` are the families whose tumors of unstated behavior the Index of the release calls malignant.
    """

    case: Case
    codes: CodeSet
    tables: CodeTables
    policy: NetSitePolicy
    malignant_by_default: frozenset[str]

    @property
    def primaries(self) -> tuple[Finding, ...]:
        """The primaries documented as certain, current or former."""
        return self.case.of_kind(Kind.PRIMARY, Assertion.PRESENT, Assertion.HISTORY)

    @property
    def metastases(self) -> tuple[Finding, ...]:
        """The current metastases."""
        return self.case.of_kind(Kind.METASTASIS, Assertion.PRESENT)

    @property
    def staged_distant(self) -> bool:
        """Whether a stage of distant spread is stated, as stage IV or M1."""
        return any(f.concept == "distant_stage" for f in self.case.of_kind(Kind.STATUS, Assertion.PRESENT))

    def spread_of(self, primary: Finding) -> bool:
        """Whether a current metastasis may come from the primary."""
        if primary.assertion is Assertion.FAMILY:
            return "metastatic_stated" in primary.flags
        if "metastatic_stated" in primary.flags or any(m.origin == primary.id for m in self.metastases):
            return True
        if self._gone_beside_another(primary):
            return False
        return any(m.origin is None and m.family in (None, primary.family) for m in self.metastases)

    def spread_once(self, primary: Finding) -> bool:
        """Whether a metastasis that is gone came from the primary, which was malignant then."""
        return any(m.origin == primary.id for m in self.case.of_kind(Kind.METASTASIS, Assertion.HISTORY))

    def _gone_beside_another(self, primary: Finding) -> bool:
        """Whether the primary is stated to be gone and another, current one may be where the metastases come from."""
        return "disease_free" in primary.flags and any(
            p.assertion is Assertion.PRESENT and p.family != primary.family for p in self.primaries
        )

    def reads_as_carcinoid(self, primary: Finding) -> bool:
        """Whether the site policy reads a neuroendocrine tumor as the carcinoid that its site has a leaf for (SPEC 3.1)."""
        if self.policy is not NetSitePolicy.CARCINOID_EQUIVALENT or primary.family not in ("net", "islet_cell"):
            return False
        site = self.tables.primary_site(primary.concept, primary.subsite)
        return site is not None and site.has_carcinoid_leaf and "poorly_differentiated" not in primary.flags

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


def final_inpatient(ctx: Context, f: Finding) -> bool:
    """Whether the words stand in the provider's final diagnosis of an inpatient stay, where uncertain ones count (II.H, III.C)."""
    provider = ctx.case.author_role is AuthorRole.PROVIDER and not f.flags & {"diagnostic_only", "unestablished"}
    return provider and ctx.case.setting is Setting.INPATIENT and any((e.section or "") in _FINAL for e in f.evidence)


def as_final(c: Candidate) -> Candidate:
    """The candidate of uncertain words in the final inpatient diagnosis: coded as if established, and said so."""
    reason = f"{c.reason} Uncertain wording in the final inpatient diagnosis is coded as if established."
    return replace(c, reason=reason, confidence=min(c.confidence, 0.7))
