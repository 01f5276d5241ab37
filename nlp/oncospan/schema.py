"""The JSON Schema of the output record, version 1; ``oncospan schema`` prints it and every writer is tested against it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from oncospan.types import Assertion, AuthorRole, CodeStatus, FamilyHistoryCodes, NetSitePolicy, Setting

VERSION = 1


class Level(StrEnum):
    """What one record stands for."""

    NOTE = "note"
    ENCOUNTER = "encounter"
    PATIENT = "patient"


_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
_WORD: dict[str, Any] = {"type": "string", "minLength": 1}
_OFFSET: dict[str, Any] = {"type": "integer", "minimum": 0}
_DATE: dict[str, Any] = {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"}


_DIGEST: dict[str, Any] = {
    "type": ["string", "null"],
    "pattern": "^[0-9a-f]{64}$",
    "description": "SHA-256 of the text (UTF-8) that the offsets count in; null where no text was read, or it is that of several notes.",
}


def _one_of(values: Any, description: str) -> dict[str, Any]:
    return {"type": "string", "enum": [str(v) for v in values], "description": description}


def _object(description: str, optional: dict[str, Any] | None = None, /, **required: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


def _list(items: dict[str, Any], **limits: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **limits}


_SPAN = _object(
    "Characters of the note: Python string indices, end exclusive; note_text[start:end] == text.",
    start=_OFFSET,
    end={"type": "integer", "minimum": 1},
    text=_WORD,
    section=_TEXT_OR_NULL,
    rule={"type": "string", "description": "The line of the rule pack, or the model, that made the span."},
)

ATTRIBUTES = ("approach", "contrast", "extent", "guidance", "method", "operation", "tracer")
"""What may be told of how a procedure was done."""

_FINDING = _object(
    "One distinct fact of the note; its evidence lists the mentions, its cues what decided the assertion.",
    {
        "subsite": _TEXT,
        "family": _TEXT,
        "behavior": _TEXT,
        "grade": _TEXT,
        "variant": {"type": "string", "description": "The histology of a primary, or the special code of a syndrome."},
        "origin": {"type": "string", "description": "The finding that is the primary of a metastasis."},
        "test": {"type": "string", "description": "Of a confirmation: imaging or tissue."},
        "of": {"type": "string", "description": "Of a confirmation: what it confirms; of an indicator: what it hints at."},
        "supports": _list(_WORD),
        "flags": _list(_WORD),
        "attributes": _object(
            "How a procedure was done; each is there only where the note says it.", dict.fromkeys(ATTRIBUTES, _TEXT)
        ),
    },
    id=_WORD,
    kind={"type": "string", "minLength": 1, "examples": ["primary", "metastasis", "functional", "confirmation"]},
    concept=_WORD,
    side=_TEXT_OR_NULL,
    assertion=_one_of(Assertion, "What the note says of the fact."),
    evidence=_list(_SPAN, minItems=1),
    cues=_list(_SPAN),
)

_ALTERNATE = _object("A code an equally reasonable coder could use instead.", code=_WORD, why=_TEXT)

_CODE = _object(
    "An ICD-10-CM code the evidence supports.",
    code=_WORD,
    title=_TEXT,
    sequence={"type": "integer", "minimum": 1},
    status=_one_of(CodeStatus, "proposed: the product stands behind it; review: a coder must decide first."),
    confidence={"type": "number", "minimum": 0, "maximum": 1},
    evidence=_list(_SPAN, minItems=1),
    findings=_list(_WORD),
    rule=_WORD,
    reason=_TEXT,
    order_reason=_TEXT,
    alternates=_list(_ALTERNATE),
    release_note={"type": "string", "description": "What the code would be in an adjacent release; empty when the same."},
)

_REJECTED = _object("A code the evidence raised and a rule refused.", code=_WORD, rule=_WORD, why=_TEXT, evidence=_list(_SPAN))

_INDICATOR = _object("A quoted clinical indicator of a query.", text=_TEXT, source=_TEXT, date=_TEXT_OR_NULL)

_QUERY = _object("A question to the provider.", title=_WORD, indicators=_list(_INDICATOR), question=_TEXT, options=_list(_TEXT))

_GAP = _object(
    "Something a complete, codable record lacks or contradicts.",
    gap={"type": "string", "minLength": 1, "examples": ["G11_FUNCTIONAL_STATUS_MISSING"]},
    severity=_WORD,
    evidence=_list(_SPAN),
    codes=_list(_WORD),
    query=_QUERY,
)

_ERROR = _object(
    "Why the note has no clean record; never words of the note.",
    code=_WORD,
    message=_TEXT,
    hint=_TEXT,
    where={"type": ["string", "null"], "description": "file:line of the export, where there is one."},
)

_PROCEDURE_CODE = _object(
    "A code of the site's own procedure table; OncoSpan ships none.",
    code=_WORD,
    descriptor=_TEXT,
    concept=_WORD,
    findings=_list(_WORD),
)

_STAMP = _object(
    "What made the record.",
    engine=_TEXT,
    pack=_TEXT,
    pack_digest=_TEXT,
    release=_TEXT,
    net_site_policy=_one_of(NetSitePolicy, "How a neuroendocrine tumor of a site with a carcinoid code is read."),
    family_history_codes=_one_of(FamilyHistoryCodes, "Whether what relatives have gives family history codes."),
    review_threshold={"type": "string", "description": "Estimated chance to be right below which a code is for review."},
)

RECORD: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "OncoSpan output record, version 1",
    **_object(
        "Everything OncoSpan says of one note. Fields may be added; none is renamed or dropped.",
        note_id=_WORD,
        patient_id=_TEXT_OR_NULL,
        encounter_id=_TEXT_OR_NULL,
        note_type=_TEXT_OR_NULL,
        author_role=_one_of(AuthorRole, "Who wrote the note."),
        note_date=_DATE,
        setting=_one_of(Setting, "Where the encounter took place."),
        text_sha256=_DIGEST,
        stamp=_STAMP,
        findings=_list(_FINDING),
        codes=_list(_CODE),
        rejected=_list(_REJECTED),
        gaps=_list(_GAP),
        procedure_codes=_list(_PROCEDURE_CODE),
        errors=_list(_ERROR),
    ),
}
"""The schema of one record, for any JSON Schema validator (draft 2020-12)."""


def _with_notes(part: Any) -> Any:
    """The part of a schema with the fields every span has where a record stands for several notes."""
    if isinstance(part, list):
        return [_with_notes(p) for p in part]
    if not isinstance(part, dict):
        return part
    out = {k: _with_notes(v) for k, v in part.items()}
    if {"start", "end", "text"} <= part.get("properties", {}).keys():
        out["properties"] |= {"note_id": _WORD, "copied": _COPIED}
        out["required"] = [*out["required"], "note_id"]
    return out


_COPIED: dict[str, Any] = {"type": "boolean", "description": "Stands word for word in a note of an earlier date."}
_NOTE = _object(
    "A note of the encounter or patient.",
    {"encounter_id": _TEXT_OR_NULL},
    note_id=_WORD,
    note_date=_DATE,
    note_type=_TEXT_OR_NULL,
    author_role=_one_of(AuthorRole, "Who wrote the note."),
    text_sha256=_DIGEST,
)

_STATED = _object(
    "What one note says of a fact.",
    date=_DATE,
    note_id=_WORD,
    encounter_id=_TEXT_OR_NULL,
    author_role=_one_of(AuthorRole, "Who wrote the note."),
    assertion=_one_of(Assertion, "What the note says of the fact."),
    carried={"type": "boolean", "description": "Only words carried forward from an earlier note, so nothing new."},
    evidence=_list(_SPAN, minItems=1),
)

_FACT = _object(
    "A fact and its dated states, oldest first.", kind=_WORD, concept=_WORD, side=_TEXT_OR_NULL, states=_list(_STATED)
)

CHART_RECORD: dict[str, Any] = _with_notes(
    {
        **RECORD,
        "title": "OncoSpan output record of an encounter or a patient, version 1",
        "description": "The record of a note, merged over the notes of an encounter or of a patient's last encounter; "
        "note_id names the encounter or patient, every span the note it stands in.",
        "properties": {
            **RECORD["properties"],
            "level": _one_of((Level.ENCOUNTER, Level.PATIENT), "What the record stands for."),
            "notes": _list(_NOTE),
            "timeline": _list(_FACT),
        },
        "required": [*RECORD["required"], "level", "notes"],
    }
)
"""The schema of a record of ``extract --by encounter`` or ``--by patient`` (which alone has the timeline)."""


def record_schema(level: Level) -> dict[str, Any]:
    """The schema of the records of a level."""
    return RECORD if level is Level.NOTE else CHART_RECORD


def closed(schema: dict[str, Any] = RECORD) -> dict[str, Any]:
    """The same schema with no room for further fields: what this release writes, for its own tests."""
    out = {k: closed(v) if isinstance(v, dict) else v for k, v in schema.items()}
    if schema.get("type") == "object":
        out["additionalProperties"] = False
    return out
