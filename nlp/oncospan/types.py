"""The values that travel through OncoSpan: plain, frozen, and free of any library.

Nothing here prints patient text: fields that hold it are left out of every ``repr``.
The shape of :meth:`Analysis.record` is the public output record, version 1.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, fields
from enum import StrEnum
from html import escape
from typing import Any

from oncospan.highlight import NOTEBOOK_STYLE, Mark, marked


class Setting(StrEnum):
    """Where the encounter took place; it decides whether an uncertain diagnosis may be coded."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"


class AuthorRole(StrEnum):
    """Who wrote the note; it decides whether its words may support a diagnosis code."""

    PROVIDER = "provider"
    RADIOLOGIST = "radiologist"
    PATHOLOGIST = "pathologist"
    NURSE = "nurse"
    OTHER = "other"


class Assertion(StrEnum):
    """What the note says of a fact: the states of the output record."""

    PRESENT = "present"
    UNCERTAIN = "uncertain"
    ABSENT = "absent"
    HISTORY = "history"
    HYPOTHETICAL = "hypothetical"
    FAMILY = "family"


class Kind(StrEnum):
    """What sort of fact a finding is."""

    PRIMARY = "primary"
    METASTASIS = "metastasis"
    FUNCTIONAL = "functional"
    CONFIRMATION = "confirmation"
    INDICATOR = "indicator"
    TREATMENT = "treatment"
    STATUS = "status"
    ENCOUNTER = "encounter"
    COMPLICATION = "complication"
    PROCEDURE = "procedure"


class CodeStatus(StrEnum):
    """Whether the product stands behind a code or asks a coder first."""

    PROPOSED = "proposed"
    REVIEW = "review"


class NetSitePolicy(StrEnum):
    """How a well-differentiated neuroendocrine tumor of a site with a carcinoid code is read (SPEC 3.1)."""

    STRICT_INDEX = "strict_index"
    CARCINOID_EQUIVALENT = "carcinoid_equivalent"


class FamilyHistoryCodes(StrEnum):
    """Whether what relatives are said to have gives family history codes, Z80.- and Z83.41 (SPEC 3.6)."""

    NONE = "none"
    PROPOSE = "propose"


def digest_of(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One clinical note as it was exported; ``text`` is never rewritten."""

    text: str = field(repr=False)
    note_id: str = "note"
    patient_id: str | None = field(default=None, repr=False)
    encounter_id: str | None = None
    note_type: str | None = None
    author_role: AuthorRole = AuthorRole.PROVIDER
    note_date: dt.date | None = None
    setting: Setting = Setting.OUTPATIENT

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError(f"note text must be str, not {type(self.text).__name__}")
        if not self.note_id:
            raise ValueError("note_id must not be empty")
        object.__setattr__(self, "author_role", AuthorRole(self.author_role))
        object.__setattr__(self, "setting", Setting(self.setting))

    @property
    def text_sha256(self) -> str | None:
        """The SHA-256 of the text in UTF-8, in hexadecimal: it says which text the offsets of a record count in; None without text."""
        return digest_of(self.text) if self.text else None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Evidence:
    """A span of the note: ``note.text[start:end] == text``, offsets in code points, end exclusive."""

    start: int
    end: int
    text: str = field(repr=False)
    section: str | None = None
    rule: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"evidence span {self.start}:{self.end} is empty or negative")
        if self.end - self.start != len(self.text):
            raise ValueError(f"evidence span {self.start}:{self.end} does not fit its text of {len(self.text)} characters")

    def record(self) -> dict[str, Any]:
        """The span as it stands in the output record."""
        return {"start": self.start, "end": self.end, "text": self.text, "section": self.section, "rule": self.rule}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One distinct fact of a note, with the mentions that prove it and the cues that decided its assertion.

    ``concept`` is a word of GLOSSARY.md for its kind. ``subsite`` refines a site for the code tables
    (``lung.upper_lobe``); ``variant`` is the histology of a primary or the special code of a syndrome; ``origin`` is the
    id of the primary a metastasis comes from; ``of`` names what a confirmation confirms or an indicator hints at;
    ``flags`` are what coding and gap rules ask about (GLOSSARY.md lists them); ``attributes`` tell how a procedure was done,
    pairs of a kind (guidance, contrast, extent, approach, method, tracer, operation) and its value, sorted; ``support`` is the
    chance a learned reading of the words around its site gives it, for the confidence of codes only: no rule asks for it.
    """

    id: str
    kind: Kind
    concept: str
    assertion: Assertion
    evidence: tuple[Evidence, ...]
    cues: tuple[Evidence, ...] = ()
    side: str | None = None
    subsite: str | None = None
    family: str | None = None
    behavior: str | None = None
    grade: str | None = None
    variant: str | None = None
    origin: str | None = None
    test: str | None = None
    of: str | None = None
    supports: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str], ...] = ()
    support: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"finding {self.id} ({self.kind}) has no evidence")

    def record(self) -> dict[str, Any]:
        """The finding as it stands in the output record; keys without a value are kept only where the contract has them."""
        out: dict[str, Any] = {
            "id": self.id,
            "kind": str(self.kind),
            "concept": self.concept,
            "side": self.side,
            "assertion": str(self.assertion),
        }
        for name in ("subsite", "family", "behavior", "grade", "variant", "origin", "test", "of"):
            value = getattr(self, name)
            if value is not None:
                out[name] = value
        if self.supports:
            out["supports"] = list(self.supports)
        if self.flags:
            out["flags"] = sorted(self.flags)
        if self.attributes:
            out["attributes"] = dict(self.attributes)
        out["evidence"] = [e.record() for e in self.evidence]
        out["cues"] = [e.record() for e in self.cues]
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is documented about one patient in one note or encounter, ready for coding and gap review."""

    findings: tuple[Finding, ...]
    setting: Setting
    author_role: AuthorRole
    on: dt.date
    note_type: str | None = None
    _asked: dict[tuple[str, ...], tuple[Finding, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", {})

    def of_kind(self, kind: Kind, *assertions: Assertion) -> tuple[Finding, ...]:
        """The findings of one kind, in the order of the note, with one of the assertions (any when none is given)."""
        key = (kind, *assertions)
        if (found := self._asked.get(key)) is None:  # some eighty questions a case, most of them the same few
            those = self.of_kind(kind) if assertions else self.findings
            found = tuple([f for f in those if (f.assertion in assertions if assertions else f.kind is kind)])
            self._asked[key] = found
        return found

    def sampled(self, finding: Finding) -> bool:
        """Whether tissue that was taken shows the finding."""
        return any(c.test == "tissue" and finding.id in c.supports for c in self.of_kind(Kind.CONFIRMATION))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternate:
    """A code an equally reasonable coder could use instead, and why."""

    code: str
    why: str

    def record(self) -> dict[str, Any]:
        """The alternate as it stands in the output record."""
        return {"code": self.code, "why": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeProposal:
    """An ICD-10-CM code with the evidence, rule and sentence a coder needs to check it."""

    code: str
    title: str
    sequence: int
    status: CodeStatus
    confidence: float
    evidence: tuple[Evidence, ...]
    findings: tuple[str, ...]
    rule: str
    reason: str
    order_reason: str = ""
    alternates: tuple[Alternate, ...] = ()
    release_note: str = ""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"code {self.code} has no evidence")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence {self.confidence} of {self.code} is not between 0 and 1")

    def record(self) -> dict[str, Any]:
        """The proposal as it stands in the output record."""
        return {
            "code": self.code,
            "title": self.title,
            "sequence": self.sequence,
            "status": str(self.status),
            "confidence": self.confidence,
            "evidence": [e.record() for e in self.evidence],
            "findings": list(self.findings),
            "rule": self.rule,
            "reason": self.reason,
            "order_reason": self.order_reason,
            "alternates": [a.record() for a in self.alternates],
            "release_note": self.release_note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A code the evidence raised and a rule refused."""

    code: str
    rule: str
    why: str
    evidence: tuple[Evidence, ...] = ()

    def record(self) -> dict[str, Any]:
        """The rejection as it stands in the output record."""
        return {"code": self.code, "rule": self.rule, "why": self.why, "evidence": [e.record() for e in self.evidence]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureCode:
    """A code of the site's own procedure table for procedures of the note; ``findings`` are their ids."""

    code: str
    descriptor: str = field(repr=False)
    concept: str
    findings: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """The code as it stands in the output record."""
        return {"code": self.code, "descriptor": self.descriptor, "concept": self.concept, "findings": list(self.findings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A quoted clinical indicator of a query, with its source and date."""

    text: str = field(repr=False)
    source: str
    date: str | None

    def record(self) -> dict[str, Any]:
        """The indicator as it stands in the output record."""
        return {"text": self.text, "source": self.source, "date": self.date}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question to the provider: indicators, one question, options; built by ``gaps.query.compose`` only."""

    title: str
    indicators: tuple[Indicator, ...]
    question: str = field(repr=False)
    options: tuple[str, ...] = field(repr=False)

    def record(self) -> dict[str, Any]:
        """The query as it stands in the output record."""
        return {
            "title": self.title,
            "indicators": [i.record() for i in self.indicators],
            "question": self.question,
            "options": list(self.options),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something a complete, codable record lacks or contradicts."""

    gap: str
    severity: str
    evidence: tuple[Evidence, ...]
    codes: tuple[str, ...]
    query: Query

    def record(self) -> dict[str, Any]:
        """The gap as it stands in the output record."""
        return {
            "gap": self.gap,
            "severity": self.severity,
            "evidence": [e.record() for e in self.evidence],
            "codes": list(self.codes),
            "query": self.query.record(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What made a record: enough to make the same bytes again."""

    engine: str
    pack: str
    pack_digest: str
    release: str
    net_site_policy: NetSitePolicy
    family_history_codes: FamilyHistoryCodes = FamilyHistoryCodes.NONE
    review_threshold: float = 0.0

    def record(self) -> dict[str, str]:
        """The stamp as it stands in the output record."""
        return {f.name: str(getattr(self, f.name)) for f in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteError:
    """Why a note has no clean record; ``message`` and ``hint`` never hold words of the note."""

    code: str
    message: str
    hint: str = ""
    where: str | None = None

    def record(self) -> dict[str, Any]:
        """The error as it stands in the output record."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "where": self.where}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadNote:
    """A row or file that could not be read as a note: where it stands under ``note_id``, and why.

    The ids of its patient and encounter are those of the row, where they could be read: its error belongs to them too.
    """

    note_id: str
    error: NoteError
    patient_id: str | None = field(default=None, repr=False)
    encounter_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything OncoSpan says of one note."""

    note: Note
    stamp: Stamp
    findings: tuple[Finding, ...] = ()
    codes: tuple[CodeProposal, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    gaps: tuple[Gap, ...] = ()
    errors: tuple[NoteError, ...] = ()
    procedure_codes: tuple[ProcedureCode, ...] = ()
    """Those of the site's own table; none without one."""

    def record(self) -> dict[str, Any]:
        """The output record, version 1: a JSON-ready mapping without the note's text."""
        n = self.note
        return {
            "note_id": n.note_id,
            "patient_id": n.patient_id,
            "encounter_id": n.encounter_id,
            "note_type": n.note_type,
            "author_role": str(n.author_role),
            "note_date": n.note_date.isoformat() if n.note_date else None,
            "setting": str(n.setting),
            "text_sha256": n.text_sha256,
            "stamp": self.stamp.record(),
            "findings": [f.record() for f in self.findings],
            "codes": [c.record() for c in self.codes],
            "rejected": [r.record() for r in self.rejected],
            "gaps": [g.record() for g in self.gaps],
            "procedure_codes": [p.record() for p in self.procedure_codes],
            "errors": [e.record() for e in self.errors],
        }

    def _repr_html_(self) -> str:
        """The note with its evidence highlighted, for notebooks."""
        marks = [
            Mark(start=e.start, end=e.end, css=f"{f.kind} {f.assertion}", title=f"{f.kind}: {f.concept} ({f.assertion})")
            for f in self.findings
            for e in f.evidence
        ]
        codes = "".join(
            f"<li><b>{escape(c.code)}</b> {escape(c.title)} ({c.status})<br>{escape(c.reason)}</li>" for c in self.codes
        )
        gaps = "".join(f"<li><b>{escape(g.gap)}</b> {escape(g.query.title)}</li>" for g in self.gaps)
        return (
            f'{NOTEBOOK_STYLE}<div class="oncospan"><pre>{marked(self.note.text, marks)}</pre>'
            f"<ol>{codes or '<li>no codes</li>'}</ol><ul>{gaps or '<li>no gaps</li>'}</ul></div>"
        )
