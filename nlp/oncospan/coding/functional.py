"""The codes of hormonal syndromes a provider diagnosed (SPEC 3.5); a marker or symptom never makes one."""

from __future__ import annotations

from oncospan.coding.candidates import Candidate, Context, Raised, as_final, final_inpatient, refused
from oncospan.types import Assertion, Finding, Kind, Rejection


def code_functional(ctx: Context) -> Raised:
    """The candidates of the hormonal syndromes, and why the others have none."""
    candidates: list[Candidate] = []
    rejected: list[Rejection] = []
    for f in ctx.case.of_kind(Kind.FUNCTIONAL):
        code = f.variant or ctx.tables.functional.get(f.concept, "")
        if not code:  # nonfunctional, functioning, or a hormone without a code of its own
            continue
        if f.assertion is Assertion.UNCERTAIN and final_inpatient(ctx, f):
            candidates.append(as_final(_made(f, code, f"functional.{f.concept}", "Hormonal syndrome of the final diagnosis.")))
            continue
        if f.assertion is not Assertion.PRESENT:
            rejected += refused(code, f"certainty.{f.assertion}", f"the syndrome is {_SAID[f.assertion]}", f).rejected
            continue
        candidates.append(_made(f, code, f"functional.{f.concept}", "Hormonal syndrome diagnosed in the note."))
        level = next((x for x in sorted(f.flags) if x.startswith("level_")), None)
        if f.concept == "hyperinsulinism" and level:
            candidates.append(_made(f, f"E16.A{level[-1]}", "functional.hypoglycemia_level", "Documented level of hypoglycemia."))
    codes = {c.code for c in candidates}
    if "E24.3" in codes:  # E34.2 excludes ectopic ACTH (Excludes1)
        candidates = [c for c in candidates if c.code != "E34.2"]
    if codes & {"E34.01", "E34.09"}:  # the named form says more than the syndrome alone
        candidates = [c for c in candidates if c.code != "E34.00"]
    return Raised(tuple(candidates), tuple(rejected))


_SAID = {
    Assertion.UNCERTAIN: "only suspected", Assertion.ABSENT: "denied", Assertion.HISTORY: "no longer present",
    Assertion.HYPOTHETICAL: "only supposed", Assertion.FAMILY: "a relative's",
}  # fmt: skip


def _made(f: Finding, code: str, rule: str, reason: str) -> Candidate:
    return Candidate(code=code, rule=rule, reason=reason, findings=(f,), confidence=0.9, rank=40)
