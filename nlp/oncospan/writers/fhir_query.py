"""A query to a provider as FHIR R4: a Task that asks for an answer, and the Questionnaire it asks with. The only maker of both."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]
"""A FHIR resource or a part of one, JSON-ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuery:
    """A query, whether a run composed it or a person sent it; what is not known is None and left out."""

    title: str
    question: str
    options: Sequence[str]
    indicators: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    """Each with its text, source and date."""
    identifier: str
    status: str = "draft"
    intent: str = "proposal"
    authored: str | None = None
    modified: str | None = None
    patient: Resource | None = None
    encounter: Resource | None = None
    requester: str | None = None
    owner: str | None = None
    due: str | None = None
    status_reason: str | None = None
    outcome: str | None = None
    answer: str | None = field(default=None, repr=False)
    gap: str | None = None


_ODD_SPACE = re.compile(r"[^\S \t\r\n]")
_UNSAYABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

QUERY_SYSTEM = "urn:oncospan:query"
GAP_SYSTEM = "urn:oncospan:gap"


def task(query: AskedQuery, asks_with: str) -> Resource:
    """The Task; ``asks_with`` is the reference of its Questionnaire."""
    made: Resource = {
        "resourceType": "Task",
        "identifier": [{"system": QUERY_SYSTEM, "value": query.identifier}],
        "status": query.status,
        "intent": query.intent,
        "priority": "routine",
        "code": {"text": "Documentation query"},
        "description": query.title,
        "focus": {"reference": asks_with},
        "for": query.patient,
        "encounter": query.encounter,
        "authoredOn": query.authored,
        "lastModified": query.modified,
        "requester": _named(query.requester),
        "owner": _named(query.owner),
        "statusReason": {"text": query.status_reason} if query.status_reason else None,
        "reasonCode": _gap(query.gap) if query.gap else None,
        "restriction": {"period": {"end": query.due}} if query.due else None,
        "input": _inputs(query),
        "output": _outputs(query),
    }
    return known(made)


def questionnaire(query: AskedQuery, *, url: str | None = None, own_id: str | None = None) -> Resource:
    """The Questionnaire, by its canonical address or its id in a Task: the indicators to read, and the question with its options, the one that asks for words open."""
    quoted = enumerate(map(said, query.indicators), 1)
    items = [{"linkId": f"indicator-{number}", "type": "display", "text": text} for number, text in quoted]
    ask = {
        "linkId": "answer", "type": "open-choice" if any(is_open(o) for o in query.options) else "choice", "text": query.question,
        "required": True, "answerOption": [{"valueString": o} for o in query.options if not is_open(o)],
    }  # fmt: skip
    return known(
        {
            "resourceType": "Questionnaire",
            "id": own_id,
            "url": url,
            "identifier": [{"system": QUERY_SYSTEM, "value": query.identifier}],
            "title": query.title,
            "status": "draft" if query.status == "draft" else "active",
            "subjectType": ["Patient"],
            "code": [{"system": GAP_SYSTEM, "code": query.gap}] if query.gap else None,
            "item": [*items, ask],
        }
    )


def is_open(option: str) -> bool:
    """Whether an option leaves a blank for words of the provider's own."""
    return "____" in option


def said(indicator: Mapping[str, Any]) -> str:
    """An indicator as one line: its words, its source and its date."""
    source = ", ".join(filter(None, (indicator["source"], indicator.get("date"))))
    return f"“{indicator['text']}”" + (f" ({source})" if source else "")


def known(resource: Resource) -> Resource:
    """The resource without what is not known: FHIR has no empty values."""
    return {k: v for k, v in resource.items() if v not in (None, [], {})}


def identified(kind: str, value: str | None) -> Resource | None:
    """A reference to what the export knows by an id alone."""
    return {"type": kind, "identifier": {"value": value}} if value else None


def sayable(value: Any) -> Any:
    """The value with texts as FHIR takes them, of the same length: odd white space as a space, control characters as U+FFFD."""
    if isinstance(value, str):
        return value if value.isprintable() else _UNSAYABLE.sub("\ufffd", _ODD_SPACE.sub(" ", value))
    if isinstance(value, dict):
        return {k: sayable(v) for k, v in value.items()}
    return [sayable(v) for v in value] if isinstance(value, list) else value


def _named(name: str | None) -> Resource | None:
    return {"display": name} if name else None


def _gap(gap: str) -> Resource:
    return {"coding": [{"system": GAP_SYSTEM, "code": gap}]}


def _inputs(query: AskedQuery) -> list[Resource]:
    told = [("clinical indicator", i["text"]) for i in query.indicators]
    told += [("question", query.question), *(("option", o) for o in query.options)]
    return [{"type": {"text": name}, "valueString": value} for name, value in told]


def _outputs(query: AskedQuery) -> list[Resource]:
    told = (("outcome", query.outcome), ("answer", query.answer))
    return [{"type": {"text": name}, "valueString": value} for name, value in told if value]
