"""A record as a FHIR R4 Bundle: what was read, what was found where, what is proposed, what is asked, and what made it.

Of every record: a Device (the engine and its rule pack) and a DocumentReference for each note, without its text; an Observation for
each finding, which says where its words stand; a provisional Condition for each code, with the findings as its evidence; a Task and a
Questionnaire for each gap; and one Provenance over all of them. Refused codes stay in the records. What could not be read is an
OperationOutcome. Ids are drawn from the ids of the record, so that the same record gives the same Bundle.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from oncospan.writers.columns import json_bytes
from oncospan.writers.fhir_query import AskedQuery, Resource, identified, known, questionnaire, sayable, task
from oncospan.writers.result import Result, Span

ICD_SYSTEM = "http://hl7.org/fhir/sid/icd-10-cm"
SPAN_URL = "urn:oncospan:fhir:span"
"""The extension that says where words stand: start, end (code points, end exclusive), section, rule and, as its value, the words."""

PROPOSAL_URL = "urn:oncospan:fhir:proposal"
"""The extension of a Condition: status (proposed or review), sequence, confidence, rule."""

RELATED_URL = "urn:oncospan:fhir"
"""Begins the extensions of an Observation that point at another: ``:origin`` and ``:supports``."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:oncospan:fhir")
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


def line(result: Result, at: dt.datetime) -> bytes:
    """The Bundle on one line of UTF-8, as of the time of the export."""
    return json_bytes(bundle(result, at)) + b"\n"


def bundle(result: Result, at: dt.datetime) -> Resource:
    """The Bundle of a record, of type collection."""
    makes = _Makes(result, at)
    entries = [{"fullUrl": makes.url(kind, number), "resource": made} for kind, number, made in makes.all()]
    own = makes.uuid("Bundle", "")
    return {
        "resourceType": "Bundle", "id": own, "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{own}"},
        "type": "collection", "timestamp": _instant(at), "entry": sayable(entries),
    }  # fmt: skip


class _Makes:
    """Makes the resources of one record, which point at each other by kind and number."""

    def __init__(self, result: Result, at: dt.datetime) -> None:
        self._result, self._record, self._at = result, result.record, at
        record = result.record
        self._own = (str(record.get("level") or "note"), record.get("patient_id") or "", record["note_id"])
        self._urls: dict[tuple[str, object], str] = {}
        self._patient = identified("Patient", record.get("patient_id")) or {"display": "not named in the export"}
        self._encounter = identified("Encounter", record.get("encounter_id"))

    def uuid(self, kind: str, number: object) -> str:
        """The id of a resource, decided by the ids of the record, its kind and its number."""
        return str(uuid.uuid5(_NAMESPACE, json.dumps([*self._own, kind, str(number)])))

    def url(self, kind: str, number: object) -> str:
        """What stands for a resource in the Bundle."""
        if (kind, number) not in self._urls:
            self._urls[kind, number] = f"urn:uuid:{self.uuid(kind, number)}"
        return self._urls[kind, number]

    def all(self) -> Iterable[tuple[str, object, Resource]]:
        """Every resource with its kind and number, in the order of the Bundle."""
        record = self._record
        made: list[tuple[str, object, Resource]] = [("Device", 1, self._device())]
        made += [("DocumentReference", head["note_id"], self._note(head)) for head in self._result.heads]
        made += [("Observation", f["id"], self._observation(f)) for f in record["findings"]]
        made += [("Condition", c["sequence"], self._condition(c)) for c in record["codes"]]
        asked = [("gap", n, g) for n, g in enumerate(record["gaps"], 1)]
        made += [("Questionnaire", n, questionnaire(self._asked(g, n), url=self.url("Questionnaire", n))) for _, n, g in asked]
        made += [("Task", n, task(self._asked(g, n), self.url("Questionnaire", n))) for _, n, g in asked]
        targets = [(kind, n) for kind, n, _ in made if kind in {"Observation", "Condition", "Task"}]
        if record["errors"]:
            made.append(("OperationOutcome", 1, _outcome(record["errors"])))
        if targets:
            made.append(("Provenance", 1, self._provenance(targets)))
        return [
            (kind, n, {"resourceType": kind, "id": self.url(kind, n).removeprefix("urn:uuid:"), **resource})
            for kind, n, resource in made
        ]

    def _ref(self, kind: str, number: object) -> Resource:
        return {"reference": self.url(kind, number)}

    def _device(self) -> Resource:
        stamp = self._record["stamp"]
        names = ("pack", "pack_digest", "release", "net_site_policy", "family_history_codes", "review_threshold")
        return {
            "resourceType": "Device",
            "deviceName": [{"name": "OncoSpan", "type": "manufacturer-name"}],
            "version": [{"type": {"text": "engine"}, "value": stamp["engine"]}],
            "property": [{"type": {"text": name}, "valueCode": [{"text": stamp[name]}]} for name in names if stamp.get(name)],
        }

    def _note(self, head: Mapping[str, Any]) -> Resource:
        """A note of the record: its ids, type, author and date; the text stays where it is."""
        encounter = identified("Encounter", head.get("encounter_id") or self._record.get("encounter_id"))
        attachment = known({"contentType": "text/plain", "title": head["note_id"], "creation": head.get("note_date")})
        return known(
            {
                "resourceType": "DocumentReference",
                "masterIdentifier": {"value": head["note_id"]},
                "status": "current",
                "type": {"text": head["note_type"]} if head.get("note_type") else None,
                "subject": self._patient,
                "author": [{"display": head["author_role"]}],
                "content": [{"attachment": attachment}],
                "context": {"encounter": [encounter]} if encounter else None,
            }
        )

    def _observation(self, f: Mapping[str, Any]) -> Resource:
        """A finding; its components refine it, its extensions tell where its words stand."""
        named = ("assertion", "side", "subsite", "family", "behavior", "grade", "variant", "test", "of")
        notes = list(dict.fromkeys(self._result.note_of(s) for s in f["evidence"]))
        related = [("origin", i) for i in [f.get("origin")] if i] + [("supports", i) for i in f.get("supports") or ()]
        return known(
            {
                "resourceType": "Observation",
                "extension": [
                    *(self._span(s) for s in f["evidence"]),
                    *(self._span(s, cue=True) for s in f["cues"]),
                    *({"url": f"{RELATED_URL}:{name}", "valueReference": self._ref("Observation", i)} for name, i in related),
                ],
                "status": "preliminary",
                "code": _coded("urn:oncospan:kind", f["kind"]),
                "subject": self._patient,
                "encounter": self._encounter,
                "effectiveDateTime": self._record.get("note_date"),
                "valueCodeableConcept": _coded("urn:oncospan:concept", f["concept"]),
                "component": [
                    {"code": _coded("urn:oncospan:attribute", name), "valueString": str(f[name])} for name in named if f.get(name)
                ],
                "derivedFrom": [self._ref("DocumentReference", n) for n in notes],
            }
        )

    def _condition(self, c: Mapping[str, Any]) -> Resource:
        """A code as a provisional condition: the product proposes, a coder decides."""
        told = (
            ("status", "valueCode", c["status"]),
            ("sequence", "valuePositiveInt", c["sequence"]),
            ("confidence", "valueDecimal", c["confidence"]),
            ("rule", "valueString", c["rule"]),
        )
        coding = {"system": ICD_SYSTEM, "version": self._record["stamp"]["release"], "code": c["code"], "display": c["title"]}
        facts = [self._ref("Observation", i) for i in c["findings"]]
        return known(
            {
                "resourceType": "Condition",
                "extension": [{"url": PROPOSAL_URL, "extension": [{"url": name, key: value} for name, key, value in told]}],
                "verificationStatus": {"coding": [{"system": _VERIFICATION, "code": "provisional"}]},
                "category": [{"coding": [{"system": _CATEGORY, "code": "encounter-diagnosis"}]}],
                "code": {"coding": [coding], "text": c["title"]},
                "subject": self._patient,
                "encounter": self._encounter,
                "evidence": [*(self._quoted(s) for s in c["evidence"]), *([{"detail": facts}] if facts else [])],
                "note": [{"text": words} for words in (c["reason"], c.get("order_reason"), c.get("release_note")) if words],
            }
        )

    def _quoted(self, span: Span) -> Resource:
        """Words that a code stands on, and their note."""
        note = self._ref("DocumentReference", self._result.note_of(span))
        return {"extension": [self._span(span)], "code": [{"text": span["text"]}], "detail": [note]}

    def _asked(self, gap: Mapping[str, Any], number: int) -> AskedQuery:
        q = gap["query"]
        return AskedQuery(
            title=q["title"], question=q["question"], options=q["options"], indicators=q["indicators"],
            identifier=self.uuid("query", number), authored=_instant(self._at), gap=gap["gap"],
            patient=identified("Patient", self._record.get("patient_id")), encounter=self._encounter,
        )  # fmt: skip

    def _provenance(self, targets: list[tuple[str, object]]) -> Resource:
        """Who made the proposals, when, from which notes."""
        sources = [{"role": "source", "what": self._ref("DocumentReference", h["note_id"])} for h in self._result.heads]
        return {
            "resourceType": "Provenance",
            "target": [self._ref(kind, n) for kind, n in targets],
            "recorded": _instant(self._at),
            "activity": {"text": "Proposed from the text of clinical notes"},
            "agent": [{"type": {"coding": [{"system": _PARTICIPANT, "code": "assembler"}]}, "who": self._ref("Device", 1)}],
            "entity": sources,
        }

    def _span(self, span: Span, *, cue: bool = False) -> Resource:
        """Where words stand: in which note, from where to where, by which rule."""
        parts = [
            {"url": "note", "valueString": self._result.note_of(span)},
            {"url": "start", "valueUnsignedInt": span["start"]},
            {"url": "end", "valuePositiveInt": span["end"]},
            {"url": "text", "valueString": span["text"]},
        ]
        parts += [{"url": name, "valueString": span[name]} for name in ("section", "rule") if span.get(name)]
        return {"url": SPAN_URL, "extension": [*parts, *([{"url": "cue", "valueBoolean": True}] if cue else [])]}


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}], "text": code.replace("_", " ")}


def _outcome(errors: Iterable[Mapping[str, Any]]) -> Resource:
    """What could not be read, and why."""
    issues = []
    for e in errors:
        details = {"coding": [{"system": "urn:oncospan:error", "code": e["code"]}], "text": e["message"]}
        where = [e["where"]] if e.get("where") else None
        told = {"severity": "error", "code": "processing", "details": details, "diagnostics": e["hint"], "location": where}
        issues.append(known(told))
    return {"resourceType": "OperationOutcome", "issue": issues}


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
