"""From a case to its codes: raise, validate, order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from oncospan.coding.candidates import Candidate, Context, Raised
from oncospan.coding.complication import code_complications
from oncospan.coding.encounter import code_encounter
from oncospan.coding.functional import code_functional
from oncospan.coding.primary import code_primary
from oncospan.coding.relatives import code_relatives
from oncospan.coding.releases import with_release_notes
from oncospan.coding.secondary import code_metastases
from oncospan.coding.sequence import ordered
from oncospan.coding.tables import tables_of
from oncospan.coding.validate import validated
from oncospan.icd import code_set, index_default, release_on
from oncospan.pack import Pack
from oncospan.signals import signals
from oncospan.types import Assertion, Case, CodeProposal, FamilyHistoryCodes, Finding, Kind, NetSitePolicy, Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """The codes of a case in order, and the refused ones."""

    proposals: tuple[CodeProposal, ...]
    rejected: tuple[Rejection, ...]


def propose(case: Case, pack: Pack, policy: NetSitePolicy, family: FamilyHistoryCodes = FamilyHistoryCodes.NONE) -> Coding:
    """The proposals and rejections of a case in the release of its date, saying what another release would change.

    Raises UsageError before the oldest release.
    """
    coding = coded(case, pack, policy, family)
    proposals = with_release_notes(coding.proposals, case, pack, lambda c: coded(c, pack, policy, family).proposals)
    return replace(coding, proposals=proposals)


def coded(case: Case, pack: Pack, policy: NetSitePolicy, family: FamilyHistoryCodes) -> Coding:
    """The proposals and rejections of a case in the release of its date alone. Raises UsageError before the oldest release."""
    codes = code_set(pack, release_on(pack, case.on).name)
    ctx = Context(
        case=case, codes=codes, tables=tables_of(pack), policy=policy, malignant_by_default=_malignant(pack, codes.release.name)
    )  # fmt: skip
    raised = [_primaries(ctx), code_metastases(ctx), code_functional(ctx), code_complications(ctx)]
    raised += [code_encounter(ctx, signals(pack))]
    raised += [code_relatives(ctx)] if family is FamilyHistoryCodes.PROPOSE else []
    candidates = [c for r in raised for c in r.candidates]
    kept, invalid = validated(ctx, candidates)
    taken = {c.code for c in kept}
    rejected = [r for part in raised for r in part.rejected if r.code not in taken]
    proposals = tuple(
        CodeProposal(
            code=c.code, title=codes.title(c.code), sequence=i, status=c.status, confidence=c.confidence, evidence=c.evidence,
            findings=tuple(f.id for f in c.findings), rule=c.rule, reason=c.reason, order_reason=why,
            alternates=tuple(a for a in c.alternates if a.code != c.code and codes.billable(a.code)),
        )
        for i, (c, why) in enumerate(ordered(ctx, kept), start=1)
    )  # fmt: skip
    return Coding(proposals=proposals, rejected=tuple(dict.fromkeys([*rejected, *invalid])))


_DEFAULTS = {"net": "neuroendocrine", "carcinoid": "carcinoid"}
"""The families with a default in the Index, under "Tumor"."""


@lru_cache(maxsize=16)
def _malignant(pack: Pack, release: str) -> frozenset[str]:
    """The families whose tumors the Index of the release calls malignant where no behavior is stated."""
    found = {family: index_default(pack, release, "Tumor", word) or "" for family, word in _DEFAULTS.items()}
    return frozenset(family for family, code in found.items() if code.startswith("C7A"))


def _primaries(ctx: Context) -> Raised:
    candidates: list[Candidate] = []
    rejected: list[Rejection] = []
    named = [f for f in ctx.primaries if f.concept not in ("unknown_primary", "unspecified")]
    for finding in ctx.case.of_kind(Kind.PRIMARY):
        if finding.concept == "unknown_primary":
            raised = Raised() if any(f.assertion is Assertion.PRESENT for f in named) else _unknown(ctx, finding)
        else:
            raised = code_primary(ctx, finding)
        candidates += raised.candidates
        rejected += raised.rejected
    return Raised(tuple(candidates), tuple(rejected))


def _unknown(ctx: Context, finding: Finding) -> Raised:
    """An unknown primary: C7A.00 for carcinoid, C4A.9 for Merkel, else C80.1; nothing where the tumor has a code already."""
    others = [finding.family, *(m.family for m in ctx.metastases)]
    family = next((f for f in others if f not in (None, "other")), "other")
    code = {"carcinoid": "C7A.00", "merkel": "C4A.9", "net": "C7A.8", "nec": "C7A.8", "nec_poorly_differentiated": "C7A.1"}.get(
        family or "other", "C80.1"
    )
    made = Candidate(
        code=code, rule="primary.unknown", reason="The primary is documented as unknown.", findings=(finding,), rank=35
    )
    return Raised(candidates=(made,))
