"""The flat table: one row a code, refused code, gap, finding or error of a record, for spreadsheets (CSV) and databases (Parquet)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from oncospan.types import Analysis
from oncospan.writers.columns import Column, Row, Table, Type, csv_lines
from oncospan.writers.result import Result, result_of

_TEXT, _INTEGER, _NUMBER = Type.TEXT, Type.INTEGER, Type.NUMBER

TABLE = Table(
    (
        Column("kind", _TEXT, "What the row is: error, code, rejected, gap, finding, or none (a record that has none of them)."),
        Column("note_id", _TEXT, "The record: the note, or the encounter or patient it stands for."),
        Column("patient_id", _TEXT, "The patient, where the export names one."),
        Column("encounter_id", _TEXT, "The encounter, where the export names one."),
        Column("note_date", _TEXT, "The date of the note (YYYY-MM-DD), where there is one."),
        Column("setting", _TEXT, "outpatient or inpatient."),
        Column("sequence", _INTEGER, "Of a code: its place among the codes of the record, from 1."),
        Column("code", _TEXT, "The ICD-10-CM code; of a gap its id, of an error its code, of a finding nothing."),
        Column("title", _TEXT, "The title of the code or of the query; the message of an error."),
        Column("status", _TEXT, "Of a code: proposed or review. Of a gap: its severity."),
        Column("confidence", _NUMBER, "Of a code: the estimated chance that it is right, 0 to 1."),
        Column("rule", _TEXT, "The rule that made the row; of a finding that of its first words, of an error file:line."),
        Column(
            "reason",
            _TEXT,
            "Why: the sentence of the code, why a code was refused, the question of a query, the hint of an error.",
        ),
        Column("evidence", _TEXT, "The quoted words, those of several spans joined by ' | '."),
        Column("start", _INTEGER, "Where the first span begins in its note: characters (code points) from 0."),
        Column("end", _INTEGER, "Where the first span ends, exclusive."),
        Column("section", _TEXT, "The section of the first span, where it has one."),
        Column("evidence_note_id", _TEXT, "The note that the first span stands in."),
        Column("spans", _INTEGER, "How many spans the evidence has."),
        Column("finding", _TEXT, "Of a finding its id; of a code the ids of the findings it stands on, joined by ' | '."),
        Column(
            "finding_kind", _TEXT, "Of a finding: primary, metastasis, functional, confirmation, treatment, status and so on."
        ),
        Column("concept", _TEXT, "Of a finding: what it is about, e.g. the site of a tumor."),
        Column("assertion", _TEXT, "Of a finding: present, uncertain, absent, history, hypothetical or family."),
        Column("side", _TEXT, "Of a finding: left, right or bilateral, where the note says it."),
        Column("subsite", _TEXT, "Of a finding: the part of the site, where it has its own code."),
        Column("family", _TEXT, "Of a primary: the group of its histology."),
        Column("behavior", _TEXT, "Of a primary: malignant, benign or uncertain, where the note says it."),
        Column("grade", _TEXT, "Of a primary: its grade, where the note says it."),
        Column("origin", _TEXT, "Of a metastasis: the id of the finding that is its primary."),
        Column("test", _TEXT, "Of a confirmation: imaging or tissue."),
        Column("of", _TEXT, "Of a confirmation what it confirms; of an indicator what it hints at."),
        Column("cues", _TEXT, "Of a finding: the words that decided its assertion, joined by ' | '."),
        Column("codes", _TEXT, "Of a gap the codes it bears on, of a code its alternates, joined by ' | '."),
        Column("note_type", _TEXT, "The type of the note, where the export has one."),
        Column("author_role", _TEXT, "provider, radiologist, pathologist, nurse or other."),
        Column("release", _TEXT, "The ICD-10-CM release by which the record was coded."),
        Column("engine", _TEXT, "The version of OncoSpan."),
        Column("pack", _TEXT, "Name and version of the rule pack."),
        Column("pack_digest", _TEXT, "The digest of the rule pack."),
    )
)
"""The flat table, with the meaning of its columns."""

COLUMNS = TABLE.names

_OF_NOTE = ("note_id", "patient_id", "encounter_id", "note_date", "setting", "note_type", "author_role")
_OF_STAMP = ("release", "engine", "pack", "pack_digest")
_OF_FINDING = ("concept", "assertion", "side", "subsite", "family", "behavior", "grade", "origin", "test", "of")


def rows(result: Result) -> Iterator[Row]:
    """The rows of a record: errors, codes in sequence, refused codes, gaps, findings; or one row of kind ``none``."""
    record = result.record
    common = {k: record[k] for k in _OF_NOTE} | {k: record["stamp"].get(k) for k in _OF_STAMP}
    empty = True
    for cells in _cells(result):
        empty = False
        yield {**common, **cells}
    if empty:
        yield {**common, "kind": "none"}


def _cells(result: Result) -> Iterator[dict[str, Any]]:
    record = result.record
    for e in record["errors"]:
        yield {"kind": "error", "code": e["code"], "title": e["message"], "rule": e["where"], "reason": e["hint"]}
    for c in record["codes"]:
        named = {k: c[k] for k in ("sequence", "code", "title", "status", "confidence", "rule", "reason")}
        others = _joined(a["code"] for a in c.get("alternates") or ())
        yield {"kind": "code", **named, **_spans(result, c), "finding": _joined(c["findings"]), "codes": others}
    for r in record["rejected"]:
        yield {"kind": "rejected", "code": r["code"], "rule": r["rule"], "reason": r["why"], **_spans(result, r)}
    for g in record["gaps"]:
        asked = {"title": g["query"]["title"], "reason": g["query"]["question"], "codes": _joined(g["codes"])}
        yield {"kind": "gap", "code": g["gap"], "status": g["severity"], **asked, **_spans(result, g)}
    for f in record["findings"]:
        told = {k: f.get(k) for k in _OF_FINDING} | {"rule": f["evidence"][0]["rule"], "cues": _quoted(f["cues"])}
        yield {"kind": "finding", "finding": f["id"], "finding_kind": f["kind"], **told, **_spans(result, f)}


def _spans(result: Result, item: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of the evidence; none where there is none."""
    evidence: Sequence[Mapping[str, Any]] = item["evidence"]
    if not evidence:
        return {}
    first = evidence[0]
    return {
        "evidence": _quoted(evidence), "start": first["start"], "end": first["end"], "section": first["section"],
        "evidence_note_id": result.note_of(first), "spans": len(evidence),
    }  # fmt: skip


def _quoted(spans: Iterable[Mapping[str, Any]]) -> str | None:
    return _joined(s["text"] for s in spans)


def _joined(words: Iterable[str]) -> str | None:
    return " | ".join(words) or None


def lines(analysis: Analysis) -> bytes:
    """The rows of an analysis as lines of CSV."""
    return csv_lines(TABLE, rows(result_of(analysis)))
