"""The last look: validity on the date, Excludes1 pairs, double and contradictory codes, who wrote the note (SPEC 3.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.coding.candidates import Candidate, Context
from oncospan.icd import excludes1
from oncospan.types import AuthorRole, CodeStatus, Rejection, Setting

_READERS = (AuthorRole.RADIOLOGIST, AuthorRole.PATHOLOGIST)


def validated(ctx: Context, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Rejection]]:
    """The candidates that may stand, conflicting ones sent to review, and the rejections of the rest."""
    rejected: list[Rejection] = []
    kept: dict[str, Candidate] = {}
    for c in candidates:
        if not ctx.codes.billable(c.code):
            why = f"{c.code} is not a billable code in {ctx.codes.release.name}"
            rejected.append(Rejection(code=c.code, rule="validator.V1", why=why, evidence=c.evidence))
        elif c.code in kept:
            old = kept[c.code]
            kept[c.code] = replace(
                old, findings=tuple(dict.fromkeys(old.findings + c.findings)), status=min(old.status, c.status)
            )
        else:
            kept[c.code] = c
    out = _eligible(ctx, list(kept.values()))
    return _conflicts(ctx, out), rejected


def _eligible(ctx: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, sent to review where the author's words alone may not carry a diagnosis code (SPEC 3.7)."""
    role, setting = ctx.case.author_role, ctx.case.setting
    if role in (AuthorRole.NURSE, AuthorRole.OTHER):
        return [_asked(c, f"The author ({role}) cannot establish a diagnosis.") for c in candidates]
    if role in _READERS and setting is Setting.INPATIENT:
        return [_asked(c, f"Inpatient {role} findings need the treating provider.") for c in candidates]
    return list(candidates)


def _conflicts(ctx: Context, candidates: list[Candidate]) -> list[Candidate]:
    """The candidates, both sides of an Excludes1 pair sent to review with the note that excludes them."""
    why: dict[str, str] = {}
    for i, a in enumerate(candidates):
        for b in candidates[i + 1 :]:
            pair = excludes1(ctx.codes, a.code, b.code)
            if pair is not None and CodeStatus.REVIEW not in (a.status, b.status):
                why.setdefault(a.code, f"Excludes1 with {b.code} ({pair.note_code}).")
                why.setdefault(b.code, f"Excludes1 with {a.code} ({pair.note_code}).")
    return [_asked(c, why[c.code]) if c.code in why else c for c in candidates]


def _asked(c: Candidate, why: str) -> Candidate:
    return replace(c, status=CodeStatus.REVIEW, confidence=min(c.confidence, 0.5), reason=f"{c.reason} {why}")
