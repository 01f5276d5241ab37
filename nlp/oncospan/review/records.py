"""The lines of a run as checked records: what one stands for, its notes, and the spans that must fit them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec

from oncospan.errors import InputError
from oncospan.schema import Level
from oncospan.types import Setting

LONGEST_LINE = 64 * 1024 * 1024
_SEVERITY = {"low": 1, "medium": 2, "high": 3}

_Id = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00]*$")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
_Offset = Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class Span(msgspec.Struct, gc=False):
    """Words of a note; ``note_id`` is empty where the record has a single note."""

    start: _Offset
    end: _Offset
    text: str
    note_id: str = ""


class Told(msgspec.Struct, kw_only=True, gc=False):
    """What stands on words."""

    evidence: list[Span]
    cues: list[Span] = []


class Finding(Told, gc=False):
    """A fact of the note."""

    id: str
    kind: str
    concept: str
    assertion: str


class Code(Told, gc=False):
    """A proposed code."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9.]{1,10}$")]
    title: str
    sequence: Annotated[int, msgspec.Meta(ge=0, le=32_767)]
    status: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,10}$")]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    findings: list[str]
    rule: _Name
    reason: str


class Refused(Told, gc=False):
    """A code that was refused."""

    code: str
    rule: str
    why: str


class Asked(msgspec.Struct, gc=False):
    """The query of a gap."""

    title: str
    indicators: list[dict[str, str | None]]
    question: str
    options: list[str]


class Raised(Told, gc=False):
    """A gap."""

    gap: Annotated[str, msgspec.Meta(pattern=r"^\w{1,80}$")]
    severity: Literal["low", "medium", "high"]
    query: Asked


class Stamp(msgspec.Struct, gc=False):
    """What made the record."""

    engine: Annotated[str, msgspec.Meta(max_length=80)] = ""
    pack: Annotated[str, msgspec.Meta(max_length=160)] = ""
    pack_digest: Annotated[str, msgspec.Meta(max_length=80)] = ""
    release: Annotated[str, msgspec.Meta(max_length=20)] = ""


class Head(msgspec.Struct, gc=False):
    """What a record tells of one of its notes; ``text_sha256`` is the digest of its text where the record has one."""

    note_id: Annotated[_Id, msgspec.Meta(min_length=1)]
    author_role: Annotated[str, msgspec.Meta(max_length=20)]
    note_date: dt.date | None = None
    note_type: str | None = None
    encounter_id: _Id | None = None
    text_sha256: str | None = None


class _Line(msgspec.Struct):
    """A record as the schema has it, as far as the workbench needs it."""

    note_id: Annotated[_Id, msgspec.Meta(min_length=1)]
    setting: Setting
    stamp: Stamp
    findings: list[Finding]
    codes: list[Code]
    rejected: list[Refused]
    gaps: list[Raised]
    level: Level = Level.NOTE
    patient_id: _Id | None = None
    encounter_id: _Id | None = None
    note_date: dt.date | None = None
    note_type: str | None = None
    author_role: Annotated[str, msgspec.Meta(max_length=20)] = ""
    text_sha256: str | None = None
    notes: list[Head] = []
    errors: list[dict[str, Any]] = []


_DECODER = msgspec.json.Decoder(_Line)
_ENCODER = msgspec.json.Encoder()


class Record(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A checked record: ``key`` names its encounter for good, ``own`` is its id in the run, ``raw`` the line it came from."""

    key: str
    own: str
    level: Level
    patient: str
    encounter: str
    date: dt.date | None
    setting: Setting
    stamp: Stamp
    heads: tuple[Head, ...]
    codes: tuple[tuple[str, int, str, int, str], ...]
    """Code, sequence, status, confidence in thousandths and rule; each code once."""
    gaps: tuple[tuple[str, str, int], ...]
    """Key, id and weight."""
    unread: bool
    """Whether it only says why nothing was read."""
    raw: str
    where: str

    def __repr__(self) -> str:
        """Where it stands: the rest is a patient's."""
        return f"{type(self).__name__}({self.where!r})"


@dataclass(frozen=True, slots=True)
class Spans:
    """All that stands on words in a record. Of a thousand records they would take long to keep: look, and let go."""

    own: str
    """The note of spans that name none."""
    told: tuple[Told, ...] = field(repr=False)

    def fit(self, texts: Mapping[str, str]) -> bool:
        """Whether every span has its words in the texts, which are given by the ids of their notes."""
        own = texts.get(self.own, "")
        for told in self.told:
            for spans in (told.evidence, told.cues):
                for span in spans:
                    if (texts.get(span.note_id, "") if span.note_id else own)[span.start : span.end] != span.text:
                        return False
        return True


def read_record(line: bytes, where: str) -> tuple[Record, Spans]:
    """The record on a line and its spans. Raises InputError that says file:line and quotes nothing."""
    try:
        raw = line.decode("utf-8")
        told = _DECODER.decode(raw)
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=where) from None
    except msgspec.ValidationError as e:
        place = str(e).rpartition(" - at ")[2].strip("`") if " - at " in str(e) else "$"  # the rest may quote the record
        what = f"not an output record: {place} is not as the schema has it"
        raise InputError(what, where=where, hint="Give the records that extract wrote as JSONL.") from None
    except (msgspec.DecodeError, RecursionError):
        raise InputError("not a JSON object on one line", where=where, hint="Give the records that extract wrote.") from None
    record = _record(told, raw, where)
    own = record.heads[0].note_id if record.heads else ""
    return record, Spans(own, (*told.findings, *told.codes, *told.rejected, *told.gaps))


def _record(line: _Line, raw: str, where: str) -> Record:
    only = Head(line.note_id, line.author_role, line.note_date, line.note_type, line.encounter_id, line.text_sha256)
    codes: dict[str, tuple[str, int, str, int, str]] = {}
    for c in line.codes:
        codes.setdefault(c.code, (c.code, c.sequence, c.status, round(1000 * c.confidence), c.rule))
    keys = _keys(g.gap for g in line.gaps)
    return Record(
        key=key_of(line.level, line.patient_id or "", line.note_id),
        own=line.note_id,
        level=line.level,
        patient=line.patient_id or "",
        encounter=line.encounter_id or "",
        date=line.note_date,
        setting=line.setting,
        stamp=line.stamp,
        heads=(only,) if line.level is Level.NOTE else tuple(line.notes),
        codes=tuple(codes.values()),
        gaps=tuple((key, g.gap, _SEVERITY[g.severity]) for key, g in zip(keys, line.gaps, strict=True)),
        unread=bool(line.errors) and not line.findings,
        raw=raw,
        where=where,
    )


def key_of(level: Level, patient: str, own: str) -> str:
    """What names the encounter of a record, whichever run it comes from: level, patient and its own id, unmistakably."""
    return _ENCODER.encode((level, patient, own)).decode()


def own_of(key: str) -> str:
    """The id that an encounter has in its run, from its key."""
    return str(json.loads(key)[2])


def keyed_gaps(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The gaps of a record that was read whole, by their keys: the id, with ``#2`` for the second of one id."""
    return zip(_keys(g["gap"] for g in data["gaps"]), data["gaps"], strict=True)


def _keys(gaps: Iterable[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for gap in gaps:
        seen[gap] = count = seen.get(gap, 0) + 1
        yield gap if count == 1 else f"{gap}#{count}"
