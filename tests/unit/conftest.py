"""Invented analyses that have everything a record can hold, nothing at all, or an error."""

from __future__ import annotations

import datetime as dt

import pytest

from oncospan.types import (
    Alternate,
    Analysis,
    Assertion,
    CodeProposal,
    CodeStatus,
    Evidence,
    Finding,
    Gap,
    Indicator,
    Kind,
    NetSitePolicy,
    Note,
    NoteError,
    Query,
    Rejection,
    Setting,
    Stamp,
)

STAMP = Stamp(
    engine="0.0.0", pack="standin 1", pack_digest="sha256:0", release="FY2027", net_site_policy=NetSitePolicy.STRICT_INDEX
)
TEXT = "Impression: ileal carcinoid with hepatic metastases. No bone metastases. Cannot exclude <lung> nodules & more."


def span(words: str) -> Evidence:
    start = TEXT.index(words)
    return Evidence(start=start, end=start + len(words), text=words, section="impression", rule="standin.rule")


PRIMARY, LIVER, BONE, LUNG = (span(w) for w in ("ileal carcinoid", "hepatic metastases", "bone metastases", "<lung> nodules"))

FINDINGS = (
    Finding(
        id="f1", kind=Kind.PRIMARY, concept="ileum", assertion=Assertion.PRESENT, evidence=(PRIMARY,), family="carcinoid",
        behavior="malignant", grade="G2", subsite="terminal", variant="carcinoid", flags=frozenset({"resected"}),
    ),
    Finding(
        id="f2", kind=Kind.METASTASIS, concept="liver", assertion=Assertion.PRESENT, evidence=(LIVER,), origin="f1", side="right"
    ),
    Finding(id="f3", kind=Kind.METASTASIS, concept="bone", assertion=Assertion.ABSENT, evidence=(BONE,), cues=(span("No"),)),
    Finding(
        id="f4", kind=Kind.CONFIRMATION, concept="ct", assertion=Assertion.PRESENT, evidence=(LIVER,), test="imaging",
        of="metastasis", supports=("f2",),
    ),
)  # fmt: skip

CODES = (
    CodeProposal(
        code="C7B.02", title="Secondary carcinoid tumors of liver", sequence=1, status=CodeStatus.PROPOSED, confidence=0.97,
        evidence=(LIVER,), findings=("f2", "f1"), rule="secondary.carcinoid.liver", reason="The note says hepatic metastases.",
        order_reason="treated site first", alternates=(Alternate(code="C7B.8", why="if not carcinoid"),),
    ),
    CodeProposal(
        code="C7A.012", title="Malignant carcinoid tumor of the ileum", sequence=2, status=CodeStatus.REVIEW, confidence=0.6,
        evidence=(PRIMARY,), findings=("f1",), rule="primary.carcinoid.ileum", reason="=SUM(A1) is what a note could say",
    ),
)  # fmt: skip

QUERY = Query(
    title="Clarification of hormonal status",
    indicators=(Indicator(text="ileal carcinoid", source="note", date="2026-11-10"),),
    question="Can the hormonal status be documented?",
    options=("Functional", "Not functional", "Unable to determine"),
)


@pytest.fixture
def analysis() -> Analysis:
    """An analysis that has everything a record can hold."""
    note = Note(
        text=TEXT, note_id="n-1", patient_id="p-3", encounter_id="e-9", note_type="oncology clinic note",
        note_date=dt.date(2026, 11, 10), setting=Setting.OUTPATIENT,
    )  # fmt: skip
    gap = Gap(gap="G11_FUNCTIONAL_STATUS_MISSING", severity="medium", evidence=(PRIMARY,), codes=("C7A.012",), query=QUERY)
    refused = Rejection(code="C78.00", rule="certainty.outpatient", why="uncertain", evidence=(LUNG,))
    return Analysis(note=note, stamp=STAMP, findings=FINDINGS, codes=CODES, rejected=(refused,), gaps=(gap,))


@pytest.fixture
def silent_analysis() -> Analysis:
    """The analysis of a note with nothing in scope."""
    return Analysis(note=Note(text="Seen for a cold.", note_id="n-2"), stamp=STAMP)


@pytest.fixture
def failed_analysis() -> Analysis:
    """An error record, with half of a surrogate pair and a NUL wherever a record can hold them."""
    note = Note(text="bad \ud800 text \x00", note_id="n-\udc80", patient_id="\ud800", note_type="=cmd|x\x00")
    error = NoteError(code="invalid_text", message="half of a surrogate pair", hint="Export again.", where="notes.csv:7")
    return Analysis(note=note, stamp=STAMP, errors=(error,))
