"""The codes of the encounter's purpose: therapy, palliative care, surveillance (SPEC 3.6, 3.8)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oncospan.coding.candidates import Candidate, Context, Raised
from oncospan.signals import Signals
from oncospan.types import Assertion, CodeStatus, Finding, Kind, Setting

PALLIATIVE = 70
"""The rank of palliative care, which follows the neoplasm unless it is what the patient was admitted for."""

_TO_CARE = re.compile(
    r"\w+(?:\s+(?:to|for|the|hospital|admission|inpatient|electively|directly|his|her))*\s*:?\s*", re.IGNORECASE
)
"""The words of admission with nothing but the care after them."""

_THERAPY = {"chemo_encounter": "Z51.11", "immuno_encounter": "Z51.12", "radiation_encounter": "Z51.0"}


def _told_case(ctx: Context, words: Signals) -> bool:
    """Whether only cases are told, as in a journal: years of a patient, no visit."""
    types = (ctx.case.note_type or "").split(",")
    return all(words["gap.grade.narrative"].search(t) for t in types)


def code_encounter(ctx: Context, words: Signals) -> Raised:
    """The candidates that stand on why the patient came; a told case, which the pack's ``words`` name, is no encounter."""
    out: list[Candidate] = []
    if _told_case(ctx, words):
        return Raised(tuple(_symptoms(ctx)))
    purposes = {f.concept: f for f in ctx.case.of_kind(Kind.ENCOUNTER)}
    current = ctx.case.of_kind(Kind.PRIMARY, Assertion.PRESENT) + ctx.metastases
    for concept, code in _THERAPY.items():
        if concept in purposes and current:
            out.append(_made(purposes[concept], code, f"encounter.{concept}", "The visit is for the therapy.", 5))
    if "palliative_care" in purposes and current:
        out.append(_made(
            purposes["palliative_care"], "Z51.5", "encounter.palliative", "Palliative or comfort care.", PALLIATIVE,
            CodeStatus.PROPOSED if _given(ctx, purposes) else CodeStatus.REVIEW))  # fmt: skip
    elif "hospice_care" in purposes and current:
        out.append(_made(purposes["hospice_care"], "Z51.5", "encounter.hospice", "Hospice care is given.", PALLIATIVE))
    out += _symptoms(ctx)
    former = [f for f in ctx.case.of_kind(Kind.PRIMARY, Assertion.HISTORY) if "low_trust" not in f.flags]
    visit = purposes.get("surveillance_visit") or next(
        (f for f in ctx.case.of_kind(Kind.STATUS) if f.concept == "surveillance" and _of_cancer(f)), None
    )
    if visit is not None and former and not current:
        out.append(_made(visit, "Z08", "encounter.surveillance",
                         "Follow-up after completed treatment without recurrence.", 6))  # fmt: skip
    return Raised(tuple(out))


_SURVEYED = re.compile(r"surveill|oncolog|cancer|tumou?r", re.IGNORECASE)


def _of_cancer(finding: Finding) -> bool:
    """Whether the words of a surveillance are of a former cancer: "observation" is of any patient."""
    return any(_SURVEYED.search(e.text) for e in finding.evidence)


_GIVEN = ("comfort", "encounter")
"""Words that say of palliative care that it was given."""


def _given(ctx: Context, purposes: Mapping[str, Finding]) -> bool:
    """Whether palliative care was given, not only asked about: comfort care, an encounter for it, a note of that service, or why the patient came."""
    care, kind = purposes["palliative_care"], (ctx.case.note_type or "").lower()
    if "consult" in care.flags:
        return False
    if "palliative" in kind or "hospice" in kind or any(w in e.text.lower() for e in care.evidence for w in _GIVEN):
        return True
    reasons = purposes["admitted_for"].evidence if "admitted_for" in purposes else ()
    return any(
        r.start < e.start < r.end and _TO_CARE.fullmatch(r.text[: e.start - r.start]) for r in reasons for e in care.evidence
    )


_SYMPTOMS = {"flushing": "R23.2", "diarrhea": "R19.7"}


def _symptoms(ctx: Context) -> list[Candidate]:
    """The symptoms of a syndrome that is only suspected in a patient without a tumor: they are what is coded (IV.H)."""
    suspected = ctx.case.of_kind(Kind.FUNCTIONAL, Assertion.UNCERTAIN)
    if not suspected or ctx.primaries or ctx.case.setting is Setting.INPATIENT:
        return []
    return [
        _made(f, _SYMPTOMS[f.concept], f"symptom.{f.concept}", "The syndrome is only suspected, so its symptom is coded.", 60)
        for f in ctx.case.of_kind(Kind.INDICATOR) if f.concept in _SYMPTOMS
    ]  # fmt: skip


def _made(f: Finding, code: str, rule: str, reason: str, rank: int, status: CodeStatus = CodeStatus.PROPOSED) -> Candidate:
    return Candidate(code=code, rule=rule, reason=reason, findings=(f,), status=status, confidence=0.8, rank=rank)
