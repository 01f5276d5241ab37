"""The family history codes of what relatives are said to have, by the relative's primary; only where a site asks for them."""

from __future__ import annotations

from oncospan.coding.candidates import Candidate, Context, Raised
from oncospan.coding.primary import codes_if_present
from oncospan.types import Assertion, Finding, Kind

_UNNAMED = "C80.1"
"""Stands for a cancer whose site nobody names, which the book classifies to the unspecified family history."""


def code_relatives(ctx: Context) -> Raised:
    """One candidate a code of the relatives' tumors and syndromes, after all codes of the patient (SPEC 2.14, 3.6)."""
    found = (
        *ctx.case.of_kind(Kind.PRIMARY, Assertion.FAMILY),
        *(f for f in ctx.case.of_kind(Kind.FUNCTIONAL, Assertion.FAMILY) if f.concept == "men"),
    )
    out: dict[str, Candidate] = {}
    for f in found:
        if code := _history_of(ctx, _code_of(ctx, f)):
            findings = (*out[code].findings, f) if code in out else (f,)
            out[code] = Candidate(
                code=code, rule="family.history", reason="A relative is said to have it; the patient's own code it is not.",
                findings=findings, confidence=0.8, rank=90,
            )  # fmt: skip
    return Raised(tuple(out.values()))


def _code_of(ctx: Context, f: Finding) -> str:
    """The code the relative's own chart would have."""
    if f.kind is Kind.FUNCTIONAL:
        return f.variant or ctx.tables.functional.get(f.concept, "")
    codes = codes_if_present(ctx, f)
    return codes[0] if codes else _UNNAMED if f.concept == "unspecified" else ""


def _history_of(ctx: Context, code: str) -> str | None:
    """The family history code of a relative's code: that of the first row it falls under whose code the release has."""
    rows = (history for of, history in ctx.tables.family if of.matches(code, ctx.codes.order))
    return next((history for history in rows if ctx.codes.billable(history)), None)
