"""Label Studio: a task for each note, its findings as predictions of regions, their assertion and relations; and the labeling config.

Offsets are characters of ``data.text``, which is the text of the note one for one, made safe for a browser: a carriage return
before a line feed stands as a blank, and a control character, or one that a browser counts twice (beyond U+FFFF), as U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from oncospan.types import Assertion, Kind
from oncospan.writers.columns import json_bytes
from oncospan.writers.result import Result, refined
from oncospan.writers.visible import visible

_COUNTED_TWICE = re.compile("[\U00010000-\U0010ffff]")
_COLORS = {
    Kind.PRIMARY: "#4a90d9", Kind.METASTASIS: "#e0604c", Kind.FUNCTIONAL: "#d9b23a", Kind.CONFIRMATION: "#4fae5b",
}  # fmt: skip
_OTHER_COLOR = "#8d7cc4"


def shown(text: str) -> str:
    """The text as a browser counts it, one character for one."""
    return _COUNTED_TWICE.sub("\ufffd", visible(text))


def tasks(result: Result) -> Iterator[bytes]:
    """The task of each note of a record as a JSON object without line breaks; a note without its text has none."""
    for head in result.heads:
        text = result.texts.get(head["note_id"])
        if text:
            yield json_bytes(_task(result, head, shown(text)))


def _task(result: Result, head: Mapping[str, Any], text: str) -> dict[str, Any]:
    record = result.record
    own = {k: head.get(k) for k in ("note_id", "note_type", "note_date", "author_role")}
    ids = {"patient_id": record.get("patient_id"), "encounter_id": head.get("encounter_id") or record.get("encounter_id")}
    codes = [f"{c['code']} {c['title']} ({c['status']})" for c in record["codes"]]
    stamp = record["stamp"]
    prediction = {"model_version": f"oncospan {stamp['engine']}, {stamp['pack']}", "result": list(_regions(result, head, text))}
    if record["codes"]:
        prediction["score"] = min(c["confidence"] for c in record["codes"])
    meta = {"codes": codes, "gaps": [g["gap"] for g in record["gaps"]], "record": record["note_id"]}
    return {"data": {"text": text, **own, **ids}, "meta": meta, "predictions": [prediction]}


def _regions(result: Result, head: Mapping[str, Any], text: str) -> Iterator[dict[str, Any]]:
    """The mentions in a note, each labelled with its kind, with its assertion and what refines it; then the relations."""
    firsts: dict[str, str] = {}
    note = head["note_id"]
    for f in result.record["findings"]:
        for number, span in enumerate(result.in_note(note, f["evidence"])):
            ident = f"{f['id']}-{number}"
            firsts.setdefault(f["id"], ident)
            value = {"start": span["start"], "end": span["end"], "text": text[span["start"] : span["end"]]}
            details = {"concept": f["concept"], **refined(f), "rule": span["rule"]}
            yield _region(ident, "label", "labels", value, [f["kind"]])
            yield _region(ident, "assertion", "choices", value, [f["assertion"]])
            yield _region(ident, "details", "textarea", value, [f"{name}={said}" for name, said in details.items()])
        for number, span in enumerate(result.in_note(note, f["cues"])):
            value = {"start": span["start"], "end": span["end"], "text": text[span["start"] : span["end"]]}
            yield _region(f"{f['id']}-cue-{number}", "label", "labels", value, ["cue"])
    for name, one, other in result.relations():
        if one in firsts and other in firsts:
            ends = {"from_id": firsts[one], "to_id": firsts[other]}
            yield {"type": "relation", **ends, "direction": "right", "labels": [name]}


def _region(ident: str, name: str, kind: str, value: Mapping[str, Any], chosen: list[str]) -> dict[str, Any]:
    key = "text" if kind == "textarea" else kind
    return {"id": ident, "from_name": name, "to_name": "text", "type": kind, "value": {**value, key: chosen}}


def config() -> str:
    """The labeling config that fits the tasks."""
    labels = "".join(
        f'    <Label value="{escape(kind)}" background="{_COLORS.get(kind, _OTHER_COLOR)}"/>\n' for kind in Kind
    )  # fmt: skip
    choices = "".join(f'    <Choice value="{escape(a)}"/>\n' for a in Assertion)
    return (
        '<View>\n  <Labels name="label" toName="text">\n'
        f'{labels}    <Label value="cue" background="#9a9a9a"/>\n  </Labels>\n'
        '  <Relations>\n    <Relation value="origin"/>\n    <Relation value="supports"/>\n  </Relations>\n'
        '  <Text name="text" value="$text" granularity="symbol"/>\n'
        f'  <Choices name="assertion" toName="text" perRegion="true" choice="single">\n{choices}  </Choices>\n'
        '  <TextArea name="details" toName="text" perRegion="true" editable="true"/>\n</View>\n'
    )
