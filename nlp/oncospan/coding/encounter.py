"""The codes of the encounter's purpose: therapy, palliative care, surveillance, pathologic fracture (SPEC 3.6, 3.8)."""

from __future__ import annotations

from oncospan.coding.candidates import Candidate, Context, Raised
from oncospan.types import Assertion, CodeStatus, Finding, Kind

_THERAPY = {"chemo_encounter": "Z51.11", "immuno_encounter": "Z51.12", "radiation_encounter": "Z51.0"}


def code_encounter(ctx: Context) -> Raised:
    """The candidates that stand on why the patient came."""
    out: list[Candidate] = []
    purposes = {f.concept: f for f in ctx.case.of_kind(Kind.ENCOUNTER)}
    current = ctx.case.of_kind(Kind.PRIMARY, Assertion.PRESENT) + ctx.metastases
    for concept, code in _THERAPY.items():
        if concept in purposes and current:
            out.append(_made(purposes[concept], code, f"encounter.{concept}", "The visit is for the therapy.", 5))
    if "palliative_care" in purposes and current:
        given = not purposes["palliative_care"].flags & {"consult"}
        out.append(_made(
            purposes["palliative_care"], "Z51.5", "encounter.palliative", "Palliative or comfort care.", 70,
            CodeStatus.PROPOSED if given else CodeStatus.REVIEW))  # fmt: skip
    former = ctx.case.of_kind(Kind.PRIMARY, Assertion.HISTORY)
    if "surveillance_visit" in purposes and former and not current:
        out.append(_made(purposes["surveillance_visit"], "Z08", "encounter.surveillance",
                         "Follow-up after completed treatment without recurrence.", 6))  # fmt: skip
    for f in ctx.case.of_kind(Kind.COMPLICATION, Assertion.PRESENT):
        if f.concept == "pathologic_fracture" and ctx.metastases:
            out.append(_made(f, "M84.58XA", "complication.pathologic_fracture", "Pathologic fracture in neoplastic disease.", 8))
    return Raised(tuple(out))


def _made(f: Finding, code: str, rule: str, reason: str, rank: int, status: CodeStatus = CodeStatus.PROPOSED) -> Candidate:
    return Candidate(code=code, rule=rule, reason=reason, findings=(f,), status=status, confidence=0.8, rank=rank)
