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


def _said(what: dict[str, Any], description: str) -> dict[str, Any]:
    """A part of the schema with what it means."""
    return {**what, "description": description}


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
    start=_said(_OFFSET, "Where the span begins, in characters (code points) from 0."),
    end={"type": "integer", "minimum": 1, "description": "Where the span ends, exclusive."},
    text=_said(_WORD, "The words of the note, as they stand there."),
    section=_said(_TEXT_OR_NULL, "The section the words stand in, where it has a known heading."),
    rule={"type": "string", "description": "The line of the rule pack, or the model, that made the span."},
)
_EVIDENCE = "The spans of the note that prove it."

ATTRIBUTES = ("approach", "contrast", "extent", "guidance", "method", "operation", "tracer")
"""What may be told of how a procedure was done."""

_HOW = {
    "approach": "Open, laparoscopic, robotic and so on.",
    "contrast": "With or without contrast.",
    "extent": "How much was removed or seen.",
    "guidance": "What guided it, e.g. CT.",
    "method": "How it was done, e.g. needle.",
    "operation": "What was done, e.g. excision.",
    "tracer": "The tracer of a nuclear study.",
}

_FINDING = _object(
    "One distinct fact of the note; its evidence lists the mentions, its cues what decided the assertion.",
    {
        "subsite": _said(_TEXT, "The part of a site that has its own code (lung.upper_lobe)."),
        "family": _said(_TEXT, "Of a primary: the group of histologies that shares a code family."),
        "behavior": _said(_TEXT, "Of a primary: malignant, benign or uncertain, only where the note says it."),
        "grade": _said(_TEXT, "Of a primary: the grade the note gives."),
        "variant": {"type": "string", "description": "The histology of a primary, or the special code of a syndrome."},
        "origin": {"type": "string", "description": "The finding that is the primary of a metastasis."},
        "test": {"type": "string", "description": "Of a confirmation: imaging or tissue."},
        "of": {"type": "string", "description": "Of a confirmation: what it confirms; of an indicator: what it hints at."},
        "supports": _said(_list(_WORD), "Of a confirmation: the findings it confirms."),
        "flags": _said(_list(_WORD), "What coding and gap rules ask about; the glossary lists them."),
        "attributes": _object(
            "How a procedure was done; each is there only where the note says it.",
            {name: _said(_TEXT, _HOW[name]) for name in ATTRIBUTES},
        ),
    },
    id=_said(_WORD, "The id of the finding within its record."),
    kind={
        "type": "string",
        "minLength": 1,
        "examples": ["primary", "metastasis", "functional", "confirmation"],
        "description": "What sort of fact it is.",
    },
    concept=_said(
        _WORD, "What it is about: a site for primary and metastasis, a syndrome for functional, a test for confirmation …"
    ),
    side=_said(_TEXT_OR_NULL, "left, right or bilateral, where the note says it."),
    assertion=_one_of(Assertion, "What the note says of the fact."),
    evidence=_said(_list(_SPAN, minItems=1), "The mentions of the fact."),
    cues=_said(_list(_SPAN), "The words that decided the assertion, where it is not plain."),
)

_ALTERNATE = _object(
    "A code an equally reasonable coder could use instead.",
    code=_said(_WORD, "The other code."),
    why=_said(_TEXT, "Why it could be used."),
)

_CODE = _object(
    "An ICD-10-CM code the evidence supports.",
    code=_said(_WORD, "The ICD-10-CM code."),
    title=_said(_WORD, "Its title in the release."),
    sequence={"type": "integer", "minimum": 1, "description": "Its place among the codes of the record."},
    status=_one_of(CodeStatus, "proposed: the product stands behind it; review: a coder must decide first."),
    confidence={"type": "number", "minimum": 0, "maximum": 1, "description": "The estimated chance that the code is right."},
    evidence=_said(_list(_SPAN, minItems=1), _EVIDENCE),
    findings=_said(_list(_WORD), "The ids of the findings it stands on."),
    rule=_said(_WORD, "The rule that proposed it."),
    reason=_said(_TEXT, "Why, in one sentence that a coder can check."),
    order_reason=_said(_TEXT, "Why it stands at its place."),
    alternates=_said(_list(_ALTERNATE), "Codes an equally reasonable coder could use instead."),
    release_note={"type": "string", "description": "What the code would be in an adjacent release; empty when the same."},
)

_REJECTED = _object(
    "A code the evidence raised and a rule refused.",
    code=_said(_WORD, "The code."),
    rule=_said(_WORD, "The rule that refused it."),
    why=_said(_TEXT, "Why it was refused."),
    evidence=_said(_list(_SPAN), "The spans that raised it."),
)

_INDICATOR = _object(
    "A quoted clinical indicator of a query.",
    text=_said(_TEXT, "The quoted words, of which some may be elided."),
    source=_said(_TEXT, "The note they stand in."),
    date=_said(_TEXT_OR_NULL, "The date of that note."),
)

_QUERY = _object(
    "A question to the provider.",
    title=_said(_WORD, "What it is about."),
    indicators=_said(_list(_INDICATOR), "What the notes say, quoted."),
    question=_said(_TEXT, "The question."),
    options=_said(_list(_TEXT), "The answers to choose from; the last two are always another answer and unable to determine."),
)

_GAP = _object(
    "Something a complete, codable record lacks or contradicts.",
    gap={"type": "string", "minLength": 1, "examples": ["G11_FUNCTIONAL_STATUS_MISSING"], "description": "The id of the gap."},
    severity=_said(_WORD, "high, medium or low: how much the record lacks without it."),
    evidence=_said(_list(_SPAN), "The spans that show the gap; none where something is missing altogether."),
    codes=_said(_list(_WORD), "The codes it bears on."),
    query=_QUERY,
)

_ERROR = _object(
    "Why the note has no clean record; never words of the note.",
    code=_said(_WORD, "The kind of error."),
    message=_said(_TEXT, "What is wrong."),
    hint=_said(_TEXT, "How to mend it."),
    where={"type": ["string", "null"], "description": "file:line of the export, where there is one."},
)

_PROCEDURE_CODE = _object(
    "A code of the site's own procedure table; OncoSpan ships none.",
    code=_said(_WORD, "The code in the site's table."),
    descriptor=_said(_TEXT, "Its words in the site's table."),
    concept=_said(_WORD, "The procedure it stands for."),
    findings=_said(_list(_WORD), "The ids of the findings it stands on."),
)

_STAMP = _object(
    "What made the record.",
    engine=_said(_TEXT, "The version of OncoSpan."),
    pack=_said(_TEXT, "Name and version of the rule pack."),
    pack_digest=_said(_TEXT, "The digest of the rule pack and what was loaded with it."),
    release=_said(_TEXT, "The ICD-10-CM release, which follows the date."),
    net_site_policy=_one_of(NetSitePolicy, "How a neuroendocrine tumor of a site with a carcinoid code is read."),
    family_history_codes=_one_of(FamilyHistoryCodes, "Whether what relatives have gives family history codes."),
    review_threshold={"type": "string", "description": "Estimated chance to be right below which a code is for review."},
)

RECORD: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "OncoSpan output record, version 1",
    **_object(
        "Everything OncoSpan says of one note. Fields may be added; none is renamed or dropped.",
        note_id=_said(_WORD, "The note, or the encounter or patient that the record stands for."),
        patient_id=_said(_TEXT_OR_NULL, "The patient, where the export names one."),
        encounter_id=_said(_TEXT_OR_NULL, "The encounter, where the export names one."),
        note_type=_said(_TEXT_OR_NULL, "The type of the note, as the export has it."),
        author_role=_one_of(AuthorRole, "Who wrote the note."),
        note_date=_said(_DATE, "The date of the note."),
        setting=_one_of(Setting, "Where the encounter took place."),
        text_sha256=_DIGEST,
        stamp=_STAMP,
        findings=_said(_list(_FINDING), "The facts of the note."),
        codes=_said(_list(_CODE), "The codes, in sequence."),
        rejected=_said(_list(_REJECTED), "The codes that were refused."),
        gaps=_said(_list(_GAP), "What a complete record lacks or contradicts, with a query for each."),
        procedure_codes=_said(_list(_PROCEDURE_CODE), "Codes of the site's own procedure table, where it has one."),
        errors=_said(_list(_ERROR), "What went wrong with the note; empty for a clean record."),
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
        out["properties"] |= {"note_id": _said(_WORD, "The note that the span stands in."), "copied": _COPIED}
        out["required"] = [*out["required"], "note_id"]
    return out


_COPIED: dict[str, Any] = {"type": "boolean", "description": "Stands word for word in a note of an earlier date."}
_NOTE = _object(
    "A note of the encounter or patient.",
    {"encounter_id": _said(_TEXT_OR_NULL, "Its encounter, in the record of a patient.")},
    note_id=_said(_WORD, "The id of the note."),
    note_date=_said(_DATE, "The date of the note."),
    note_type=_said(_TEXT_OR_NULL, "The type of the note, as the export has it."),
    author_role=_one_of(AuthorRole, "Who wrote the note."),
    text_sha256=_DIGEST,
)

_STATED = _object(
    "What one note says of a fact.",
    date=_said(_DATE, "The date of the note."),
    note_id=_said(_WORD, "The note that says it."),
    encounter_id=_said(_TEXT_OR_NULL, "Its encounter."),
    author_role=_one_of(AuthorRole, "Who wrote the note."),
    assertion=_one_of(Assertion, "What the note says of the fact."),
    carried={"type": "boolean", "description": "Only words carried forward from an earlier note, so nothing new."},
    evidence=_said(_list(_SPAN, minItems=1), "The words of the note."),
)

_FACT = _object(
    "A fact and its dated states, oldest first.",
    kind=_said(_WORD, "What sort of fact it is."),
    concept=_said(_WORD, "What it is about."),
    side=_said(_TEXT_OR_NULL, "left, right or bilateral, where a note says it."),
    states=_said(_list(_STATED), "What each note says of it, oldest first."),
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
            "notes": _said(_list(_NOTE), "The notes it was made from."),
            "timeline": _said(_list(_FACT), "The facts of a patient over time; only in the record of a patient."),
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


def without_empty(value: Any, schema: dict[str, Any]) -> Any:
    """A record out of a table, where every key has a value, as it was: optional keys without a value are not there."""
    if isinstance(value, dict):
        parts, needed = schema.get("properties", {}), schema.get("required", ())
        kept = {k: v for k, v in value.items() if v is not None or k in needed or k not in parts}
        return {k: without_empty(v, parts.get(k, {})) for k, v in kept.items()}
    return [without_empty(v, schema.get("items", {})) for v in value] if isinstance(value, list) else value


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "null": (type(None),),
}  # fmt: skip


def misfit(value: Any, schema: dict[str, Any], path: str = "") -> str | None:
    """Where a value first lacks a field of the schema or has another type, as a path without words of it; None where it fits."""
    kinds = schema.get("type", ())
    allowed = [t for kind in ([kinds] if isinstance(kinds, str) else kinds) for t in _TYPES[kind]]
    if allowed and (not isinstance(value, tuple(allowed)) or (isinstance(value, bool) and bool not in allowed)):
        return path or "$"
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        lacking = next((name for name in schema.get("required", ()) if name not in value), None)
        if lacking is not None:
            return f"{path}.{lacking}".lstrip(".")
        inside = ((sub, parts[name], f"{path}.{name}".lstrip(".")) for name, sub in value.items() if name in parts)
    elif isinstance(value, list):
        inside = ((sub, schema.get("items", {}), f"{path}[{n}]") for n, sub in enumerate(value))
    else:
        return None
    return next((found for sub, part, at in inside if (found := misfit(sub, part, at)) is not None), None)
