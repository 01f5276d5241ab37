"""The order of the codes and the sentence that gives its reason (SPEC 3.8, first matching rule)."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.coding.candidates import Candidate, Context
from oncospan.coding.complication import MAY_LEAD
from oncospan.coding.encounter import PALLIATIVE
from oncospan.types import Kind

_REASONS = {
    4: "Palliative care is why the patient was admitted.", 5: "Therapy is the reason for the encounter (I.C.2.e).", 6: "Follow-up after completed treatment comes first.",
    8: "The complication is what is treated.", 10: "Treatment is directed at this site (I.C.2.b).",
    19: "The code of the transplanted organ comes before the specific malignancy (use additional code at C80.2).",
    20: "Primary site before its secondaries (I.C.2.a).", 30: "Secondary site after the primary.",
    40: "Additional code for functional activity.", 44: "A complication follows its neoplasm.", 45: "Its code-first note puts the neoplasm before it.", 70: "Palliative care is reported additionally.",
    80: "History codes follow current disease.", 85: "History codes follow current disease.",
    90: "Family history comes last.",
}  # fmt: skip


def ordered(ctx: Context, candidates: Sequence[Candidate]) -> list[tuple[Candidate, str]]:
    """The candidates in reporting order, each with its reason."""
    focus = _focus(ctx, candidates)
    ranked = [(_first(c) if c.code == focus else c.rank, i, c) for i, c in enumerate(candidates)]
    ranked.sort(key=lambda r: (r[0], r[1]))
    return [(c, _REASONS.get(rank, "")) for rank, _, c in ranked]


def _first(c: Candidate) -> int:
    if c.rank == PALLIATIVE:
        return 4
    return min(c.rank, 8 if c.rank == MAY_LEAD else 10)


_ADMITTED = ("admi", "reason for")
"""How the words begin that tell why the patient was admitted, as against what was found."""


def _focus(ctx: Context, candidates: Sequence[Candidate]) -> str | None:
    """The code of the condition the stay was for: the first in the reason of admission, unless a primary comes before it."""
    for f in ctx.case.of_kind(Kind.ENCOUNTER):
        if f.concept != "admitted_for":
            continue
        for reason in (e for e in f.evidence if e.text.lower().startswith(_ADMITTED)):
            near = [
                (e.start, x.kind is Kind.PRIMARY, c.code) for c in candidates if c.rank in (20, 30, 40, MAY_LEAD, PALLIATIVE)
                for x in c.findings for e in x.evidence if reason.start < e.start < reason.end
            ]  # fmt: skip
            if near:
                _, primary, code = min(near)
                return None if primary else code
    return None
