"""The lines of a run as checked records: what one stands for, its notes, and the spans that must fit them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from oncospan.errors import InputError
from oncospan.schema import Level
from oncospan.types import Setting

LONGEST_LINE = 64 * 1024 * 1024
_REQUIRED = ("note_id", "setting", "stamp", "findings", "codes", "rejected", "gaps")
_LONGEST_ID = 300
_SEVERITY = {"low": 1, "medium": 2, "high": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a record tells of one of its notes; ``digest`` is the SHA-256 of its text where the record has one."""

    ref: str
    date: dt.date | None
    type: str
    role: str
    encounter: str | None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A checked record: ``key`` names its encounter for good, ``raw`` is the line it came from."""

    key: str
    level: Level
    patient: str
    encounter: str
    date: dt.date | None
    heads: tuple[Head, ...]
    codes: list[dict[str, Any]] = field(repr=False)
    """As rows, each code once."""
    gaps: list[dict[str, Any]] = field(repr=False)
    """As rows, each key once."""
    data: dict[str, Any] = field(repr=False)
    raw: str = field(repr=False)
    where: str

    def spans(self) -> Iterator[tuple[str, int, int, str]]:
        """Every span of the record: the note it stands in, its offsets and its words."""
        own = self.heads[0].ref if self.heads else ""
        for part in ("findings", "codes", "rejected", "gaps"):
            for item in self.data[part]:
                for span in item.get("evidence", ()):
                    yield span.get("note_id", own), span["start"], span["end"], span["text"]
                for span in item.get("cues", ()):
                    yield span.get("note_id", own), span["start"], span["end"], span["text"]


def read_record(line: bytes, where: str) -> Record:
    """The record on a line. Raises InputError that says file:line and quotes nothing."""
    try:
        raw = line.decode("utf-8")
        data = json.loads(raw)
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=where) from None
    except (json.JSONDecodeError, RecursionError):
        raise InputError("not a JSON object on one line", where=where, hint="Give the records that extract wrote.") from None
    if not isinstance(data, dict) or any(k not in data for k in _REQUIRED):
        raise InputError("not an output record", where=where, hint="Give the records that extract wrote as JSONL.")
    try:
        return _record(data, raw, where)
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise InputError(f"a field of the record is not as the schema has it ({type(e).__name__})", where=where) from None


def _record(data: dict[str, Any], raw: str, where: str) -> Record:
    level = Level(data.get("level", "note"))
    patient, encounter = _id(data.get("patient_id")), _id(data.get("encounter_id"))
    own = _id(data["note_id"])
    if not own:
        raise InputError("the record has no note_id", where=where)
    Setting(data["setting"])
    for part in ("findings", "codes", "rejected", "gaps"):
        if not isinstance(data[part], list):
            raise TypeError(part)
    heads = tuple(_head(n, encounter) for n in data["notes"]) if level is not Level.NOTE else (_head(data, encounter),)
    return Record(
        key=key_of(level, patient, own),
        level=level,
        patient=patient,
        encounter=encounter or (own if level is Level.ENCOUNTER else ""),
        date=_date(data.get("note_date")),
        heads=heads,
        codes=_proposals(data),
        gaps=[{"key": key, "gap": g["gap"], "severity": _SEVERITY[g["severity"]]} for key, g in keyed_gaps(data)],
        data=data,
        raw=raw,
        where=where,
    )


def key_of(level: Level, patient: str, own: str) -> str:
    """What names the encounter of a record, whichever run it comes from: level, patient and its own id, unmistakably."""
    return json.dumps([str(level), patient, own], ensure_ascii=False, separators=(",", ":"))


def _proposals(data: dict[str, Any]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for c in data["codes"]:
        confidence = round(1000 * c["confidence"])
        row = {"code": c["code"], "sequence": c["sequence"], "status": c["status"], "confidence": confidence, "rule": c["rule"]}
        rows.setdefault(c["code"], row)
    return list(rows.values())


def keyed_gaps(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The gaps of a record by their keys: the id, with ``#2`` for the second of one id."""
    seen: dict[str, int] = {}
    for g in data["gaps"]:
        seen[g["gap"]] = count = seen.get(g["gap"], 0) + 1
        yield (g["gap"] if count == 1 else f"{g['gap']}#{count}"), g


def _head(data: dict[str, Any], encounter: str) -> Head:
    return Head(
        ref=_id(data["note_id"]),
        date=_date(data.get("note_date")),
        type=str(data.get("note_type") or "")[:200],
        role=str(data["author_role"])[:20],
        encounter=_id(data.get("encounter_id")) or encounter or None,
        digest=str(data.get("text_sha256") or ""),
    )


def _id(value: object) -> str:
    text = "" if value is None else str(value)
    if len(text) > _LONGEST_ID or "\x00" in text:
        raise ValueError("id")
    return text


def _date(value: object) -> dt.date | None:
    return dt.date.fromisoformat(str(value)) if value else None
