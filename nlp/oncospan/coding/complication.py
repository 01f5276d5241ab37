"""The codes of what a tumor or its treatment brought about: effusions, anemia, pain, pathologic fracture (SPEC 3.8)."""

from __future__ import annotations

from oncospan.coding.candidates import Candidate, Context, Raised, refused
from oncospan.coding.tables import Complication
from oncospan.types import Assertion, Finding, Kind

MAY_LEAD, FOLLOWS = 44, 45
"""The ranks of a complication that may be what the stay was for, and of one that only follows its neoplasm."""


def code_complications(ctx: Context) -> Raised:
    """The companion codes of a patient with a current tumor; those of uncertain complications are refused."""
    out = Raised()
    if not (ctx.metastases or ctx.case.of_kind(Kind.PRIMARY, Assertion.PRESENT)):
        return out
    for f in ctx.case.of_kind(Kind.COMPLICATION, Assertion.PRESENT, Assertion.UNCERTAIN):
        row = _row(ctx, f)
        codes = row.leaf.codes(f.side) if row else ()
        if row is None or not codes or (row.needs_metastasis and not ctx.metastases):
            continue
        if f.assertion is Assertion.UNCERTAIN:
            out += refused(codes[0], f"complication.{f.concept}", "only uncertain words name it", f)
            continue
        reason = f"{f.concept.replace('_', ' ').capitalize()} is stated." + (f" {row.note.capitalize()}." if row.note else "")
        out += Raised(tuple(
            Candidate(
                code=code, rule=f"complication.{f.concept}", reason=reason, findings=(f,), status=row.status,
                confidence=0.85, rank=MAY_LEAD if row.may_lead else FOLLOWS,
            ) for code in codes
        ))  # fmt: skip
    return out


def _row(ctx: Context, f: Finding) -> Complication | None:
    """The first row of the complication whose words its evidence holds."""
    words = " ".join(e.text for e in f.evidence)
    return next((row for row in ctx.tables.complication.get(f.concept, ()) if row.words.search(words)), None)
