"""OMOP NOTE_NLP (CDM 5.4): one row a mention of a finding, and one a quoted span of a code.

The columns of the table come first and in its order, two source values behind them. OncoSpan ships no OMOP vocabulary: all
concept ids are 0, and a site maps ``note_nlp_source_value`` by its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from oncospan.types import Assertion
from oncospan.writers.columns import Column, Row, Table, Type
from oncospan.writers.result import Result, Span, one_line, refined

LONGEST = 250
"""Characters of ``snippet``, ``lexical_variant`` and ``nlp_system``."""

LONGEST_MODIFIERS = 2000

_TEXT, _INTEGER = Type.TEXT, Type.INTEGER

TABLE = Table(
    (
        Column("note_nlp_id", _INTEGER, "A number drawn from what the row says: the same row has it again in every run."),
        Column("note_id", _INTEGER, "The note, where its id is a number as in OMOP; otherwise nothing: see note_source_value."),
        Column("section_concept_id", _INTEGER, "0: sections are named in term_modifiers."),
        Column("snippet", _TEXT, "The words around the mention, at most 250 characters; nothing without the text of the note."),
        Column("offset", _TEXT, "Where the mention begins in the note: characters (code points) from 0."),
        Column("lexical_variant", _TEXT, "The words of the mention, at most 250 characters."),
        Column("note_nlp_concept_id", _INTEGER, "0: no standard concept is given."),
        Column("note_nlp_source_concept_id", _INTEGER, "0: no source concept is given."),
        Column("nlp_system", _TEXT, "OncoSpan with its version, and the rule pack with its version."),
        Column("nlp_date", Type.DATE, "The day of the export (--at)."),
        Column("nlp_datetime", _TEXT, "The time of the export (--at), in UTC."),
        Column(
            "term_exists", _TEXT, "Y where the patient has or had it; N where it is denied, uncertain, planned or a relative's."
        ),
        Column("term_temporal", _TEXT, "past for what is history, otherwise present."),
        Column(
            "term_modifiers", _TEXT, "name=value pairs joined by ';': type, id, kind, concept, assertion, side, section, rule …"
        ),
        Column("note_source_value", _TEXT, "The id of the note as the export has it."),
        Column("note_nlp_source_value", _TEXT, "Of a finding kind:concept (metastasis:liver), of a code ICD10CM:C78.7."),
    )
)
"""The table, with the meaning of its columns."""

_EXISTS = {Assertion.PRESENT, Assertion.HISTORY}


def rows(result: Result, at: dt.datetime) -> Iterator[Row]:
    """The rows of a record, as of the time of the export."""
    stamp = result.record["stamp"]
    common = {
        "section_concept_id": 0, "note_nlp_concept_id": 0, "note_nlp_source_concept_id": 0,
        "nlp_system": f"OncoSpan {stamp['engine']}, {stamp['pack']}"[:LONGEST], "nlp_date": at.date(),
        "nlp_datetime": at.strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip
    for finding, span in result.mentions():
        yield {**common, **_row(result, span, _of_finding(finding))}
    for code in result.record["codes"]:
        told = _of_code(code, result.record["findings"])
        for span in code["evidence"]:
            yield {**common, **_row(result, span, told)}


def _of_finding(f: Mapping[str, Any]) -> dict[str, Any]:
    """What a finding says of each of its mentions."""
    said = {"type": "finding", **{k: f[k] for k in ("id", "kind", "concept", "assertion")}, **refined(f)}
    return {"source": f"{f['kind']}:{f['concept']}", "modifiers": said, "assertion": f["assertion"]}


def _of_code(c: Mapping[str, Any], findings: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What a code says of its spans; it exists as the findings do that it stands on."""
    states = {f["assertion"] for f in findings if f["id"] in c["findings"]}
    known = [a for a in (Assertion.PRESENT, Assertion.HISTORY) if a in states] or sorted(states) or [Assertion.PRESENT]
    said = {"type": "code", **{k: c[k] for k in ("code", "status", "sequence", "confidence", "rule")}}
    return {"source": f"ICD10CM:{c['code']}", "modifiers": said, "assertion": known[0]}


def _row(result: Result, span: Span, told: Mapping[str, Any]) -> Row:
    note = result.note_of(span)
    state = told["assertion"]
    modifiers = {**told["modifiers"], "section": span["section"], "words_rule": span["rule"]}
    cells = {
        "note_id": int(note) if _is_number(note) else None,
        "snippet": snippet(result.texts.get(note), span),
        "offset": str(span["start"]),
        "lexical_variant": one_line(span["text"], LONGEST),
        "term_exists": "Y" if state in _EXISTS else "N",
        "term_temporal": "past" if state == Assertion.HISTORY else "present",
        "term_modifiers": _joined(modifiers),
        "note_source_value": note,
        "note_nlp_source_value": told["source"],
    }
    own = (result.record.get("patient_id"), result.record["note_id"], note, span["start"], span["end"], cells["term_modifiers"])
    return {**cells, "note_nlp_id": _number(own)}


def _is_number(note: str) -> bool:
    return note.isascii() and note.isdigit() and len(note) <= 18


def _joined(modifiers: Mapping[str, Any]) -> str:
    """The pairs that have a value, as many as the column holds."""
    out = ""
    for name, value in modifiers.items():
        pair = f"{name}={str(value).replace(';', ',')}"
        if value is not None and len(out) + 1 + len(pair) <= LONGEST_MODIFIERS:
            out += f";{pair}" if out else pair
    return out


def _number(own: tuple[object, ...]) -> int:
    """A positive number of 62 bits that what the row says decides."""
    digest = hashlib.blake2b(repr(own).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> 2


def snippet(text: str | None, span: Span) -> str | None:
    """The words around a span on one line, whole words where they fit, the span in their middle."""
    if text is None:
        return None
    inner = one_line(span["text"], LONGEST)
    room = (LONGEST - len(inner) - 2) // 2
    if room <= 0:
        return inner
    before = one_line(text[max(0, span["start"] - 2 * room) : span["start"]])
    after = one_line(text[span["end"] : span["end"] + 2 * room])
    if len(before) > room:
        before = before[-room:].partition(" ")[2]
    if len(after) > room:
        after = after[:room].rpartition(" ")[0]
    left = " " if before and text[: span["start"]][-1:].isspace() else ""
    right = " " if after and text[span["end"] :][:1].isspace() else ""
    return f"{before}{left}{inner}{right}{after}"
