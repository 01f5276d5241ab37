"""What FHIR R4 (4.0.1) has against a resource, by three who do not know OncoSpan: the schema of HL7, the models of the SMART project,
and the rules that neither of them holds.

Each rule stands here under its name in the specification (``con-3``, ``que-5``, ``bdl-7`` …), as far as it may touch what OncoSpan writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from fhirclient.models.fhirabstractbase import FHIRValidationError
from jsonschema import Draft6Validator

Resource = dict[str, Any]

_SCHEMA = Path(__file__).parents[1] / "data" / "fhir-r4.schema.json"
_NOT_IN_STRINGS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""“Strings SHALL NOT contain Unicode character points below 32, except for u0009, u000D and u000A.”"""

_MAY_POINT_AT = {
    ("Observation", "derivedFrom"): {"DocumentReference", "ImagingStudy", "Media", "QuestionnaireResponse", "Observation", "MolecularSequence"},
    ("Provenance", "who"): {"Practitioner", "PractitionerRole", "RelatedPerson", "Patient", "Device", "Organization"},
    ("", "subject"): {"Patient", "Group"},
    ("", "encounter"): {"Encounter"},
}  # fmt: skip
"""What the references of an element may lead to, where R4 does not leave it open."""


def faults(resource: Resource) -> list[str]:
    """Everything that is wrong with a resource and with those it holds."""
    return [f"fhirclient: {e}" for e in _by_models(resource)] + _own_faults(resource)


def _own_faults(resource: Resource) -> list[str]:
    kind = resource["resourceType"]
    own = [f"{kind} {fault}" for check in (_by_schema, _by_rules) for fault in check(resource)]
    return own + [f"{kind} > {fault}" for inner in _held(resource) for fault in _own_faults(inner)]


def _held(resource: Resource) -> list[Resource]:
    return [e["resource"] for e in resource.get("entry", ())] + resource.get("contained", [])


@cache
def _validator(kind: str) -> Draft6Validator:
    definitions = json.loads(_SCHEMA.read_text(encoding="utf-8"))["definitions"]
    return Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": definitions})


def _by_schema(resource: Resource) -> Iterator[str]:
    for e in _validator(resource["resourceType"]).iter_errors(resource):
        yield f"schema: {e.json_path}: {e.message[:200]}"


def _by_models(resource: Resource) -> Iterator[str]:
    """Parse strictly, with all that it holds, and write again what was parsed: nothing may be lost."""
    kind = resource["resourceType"]
    try:
        again = getattr(import_module(f"fhirclient.models.{kind.lower()}"), kind)(resource).as_json()
    except FHIRValidationError as e:
        yield str(e)
    else:
        if again != resource:
            yield "it reads other than it was written"


def _by_rules(resource: Resource) -> Iterator[str]:
    for name, holds in _RULES.items():
        kind, _, rule = name.partition(" ")
        if kind in {"any", resource["resourceType"]} and not holds(resource):
            yield rule


def parts(value: object) -> Iterator[dict[str, Any]]:
    """Every object within a value, itself first; what a resource holds as resources is left to them."""
    if isinstance(value, dict):
        yield value
        for name, inner in value.items():
            yield from parts(inner) if name not in {"resource", "contained"} else ()
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def _texts(value: object) -> Iterator[str]:
    return (s for part in parts(value) for v in part.values() for s in (v if isinstance(v, list) else [v]) if isinstance(s, str))


def _empty(value: object) -> bool:
    """ele-1: an element has a value or children, and no list or text is empty."""
    return value in (None, "", [], {}) or (isinstance(value, list) and any(_empty(v) for v in value))


def _extensions_are_whole(r: Resource) -> bool:
    """ext-1: an extension has either a value or extensions."""
    found = [e for part in parts(r) for e in part.get("extension", ())]
    return all(
        ("extension" in e) != any(k.startswith("value") for k in e) and ("extension" not in e or e["extension"]) for e in found
    )


def _periods_run_forward(r: Resource) -> bool:
    """per-1: the end of a period is not before its start."""
    return all(p["start"] <= p["end"] for p in parts(r) if {"start", "end"} <= p.keys())


def _contained_is_meant(r: Resource) -> bool:
    """dom-2 to dom-5, ref-1: what is contained is referred to, holds no other, and every ``#id`` leads to one."""
    inside = r.get("contained", [])
    pointed = {p["reference"] for p in parts(r) if str(p.get("reference", "")).startswith("#")}
    return pointed == {f"#{c['id']}" for c in inside} and not any({"contained", "meta"} & c.keys() for c in inside)


def _targets_fit(bundle: Resource) -> bool:
    """References lead to resources of the Bundle, and those to kinds that may stand there."""
    kinds = {e["fullUrl"]: e["resource"]["resourceType"] for e in bundle["entry"]}
    for entry in bundle["entry"]:
        own = entry["resource"]["resourceType"]
        for part in parts(entry["resource"]):
            for name, value in part.items():
                allowed = _MAY_POINT_AT.get((own, name)) or _MAY_POINT_AT.get(("", name))
                for ref in value if isinstance(value, list) else [value]:
                    url = ref.get("reference") if isinstance(ref, dict) else None
                    if url and (url not in kinds or (allowed and kinds[url] not in allowed)):
                        return False
                    if isinstance(ref, dict) and allowed and ref.get("type") and ref["type"] not in allowed:
                        return False
    return True


def _coded(concepts: object) -> set[str]:
    return {c.get("code") for concept in parts(concepts) for c in concept.get("coding", ())}


def _items(r: Resource) -> list[Resource]:
    return [p for p in parts(r.get("item", [])) if "linkId" in p]


_ANSWERED = {"choice", "open-choice", "integer", "date", "time", "string"}

_RULES: dict[str, Callable[[Resource], bool]] = {
    "any ele-1": lambda r: not any(_empty(v) for part in parts(r) for v in part.values()),
    "any strings": lambda r: not any(_NOT_IN_STRINGS.search(s) or len(s.encode()) > 1_000_000 for s in _texts(r)),
    "any ext-1": _extensions_are_whole,
    "any per-1": _periods_run_forward,
    "any dom-2..5, ref-1": _contained_is_meant,
    "Bundle bdl-1..4": lambda r: r["type"] != "collection" or not {"total"} & r.keys(),
    "Bundle bdl-2..4": lambda r: not any({"search", "request", "response"} & e.keys() for e in r["entry"]),
    "Bundle bdl-5": lambda r: all("resource" in e for e in r["entry"]),
    "Bundle bdl-7": lambda r: len({e["fullUrl"] for e in r["entry"]}) == len(r["entry"]),
    "Bundle bdl-8": lambda r: not any("/_history/" in e["fullUrl"] for e in r["entry"]),
    "Bundle fullUrl": lambda r: all(e["fullUrl"] == f"urn:uuid:{e['resource']['id']}" for e in r["entry"]),
    "Bundle references": _targets_fit,
    "Condition con-2": lambda r: all("code" in e or "detail" in e for e in r.get("evidence", ())),
    "Condition con-3": lambda r: "clinicalStatus" in r or "problem-list-item" not in _coded(r.get("category")),
    "Condition con-4": lambda r: not any(k.startswith("abatement") for k in r),
    "Condition con-5": lambda r: "clinicalStatus" not in r or _coded(r["verificationStatus"]) != {"entered-in-error"},
    "Observation obs-6": lambda r: "dataAbsentReason" not in r or not any(k.startswith("value") for k in r),
    "Observation obs-7": lambda r: not any(c["code"] == r["code"] for c in r.get("component", ())),
    "Provenance agents": lambda r: all("who" in a and "onBehalfOf" not in a for a in r["agent"]),
    "Provenance targets": lambda r: len({json.dumps(t) for t in r["target"]}) == len(r["target"]),
    "Questionnaire que-2": lambda r: len({i["linkId"] for i in _items(r)}) == len(_items(r)),
    "Questionnaire que-1": lambda r: not any("item" in i for i in _items(r) if i["type"] == "display"),
    "Questionnaire que-3": lambda r: not any("code" in i for i in _items(r) if i["type"] == "display"),
    "Questionnaire que-4": lambda r: not any({"answerOption", "answerValueSet"} <= i.keys() for i in _items(r)),
    "Questionnaire que-5": lambda r: all(i["type"] in _ANSWERED for i in _items(r) if "answerOption" in i),
    "Questionnaire que-6": lambda r: not any({"required", "repeats"} & i.keys() for i in _items(r) if i["type"] == "display"),
    "Questionnaire que-9": lambda r: not any("readOnly" in i for i in _items(r) if i["type"] == "display"),
    "Questionnaire que-11": lambda r: not any({"answerOption", "initial"} <= i.keys() for i in _items(r)),
    "Task inv-1": lambda r: r.get("lastModified", "9") >= r.get("authoredOn", ""),
    "OperationOutcome issues": lambda r: len(r["issue"]) > 0,
}
"""Kind of resource and name of the rule -> whether it holds."""
