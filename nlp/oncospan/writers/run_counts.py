"""What a run holds, counted record by record; nothing in it names a patient, a note or its words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oncospan.writers.tally import Tally

MOST_TYPES = 500
"""Types of notes that are counted by name; an export may have as many as notes."""

OTHER_TYPES = "other types"
NO_TYPE = "no type"


@dataclass(slots=True)
class OfType:
    """The records of one type of note."""

    records: int = 0
    coded: int = 0
    with_gap: int = 0
    failed: int = 0


@dataclass(slots=True)
class RunCounts:
    """Running counts; ``add`` every record once."""

    tally: Tally = field(default_factory=Tally)
    types: dict[str, OfType] = field(default_factory=dict)
    settings: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    coded_months: Counter[str] = field(default_factory=Counter)
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    confidence: Counter[tuple[int, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    gap_notes: Counter[str] = field(default_factory=Counter)
    severities: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    makers: set[str] = field(default_factory=set)
    levels: Counter[str] = field(default_factory=Counter)

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        self.tally.add(record)
        self.settings[record["setting"]] += 1
        self.roles[record["author_role"]] += 1
        self.levels[record.get("level") or "note"] += 1
        self.makers.add(_maker(record["stamp"]))
        month = (record["note_date"] or "")[:7]
        self.months[month] += 1
        self.coded_months[month] += bool(record["codes"])
        self._add_type(record)
        self.findings.update((f["kind"], f["assertion"]) for f in record["findings"])
        self.confidence.update((min(9, int(10 * c["confidence"])), c["status"]) for c in record["codes"])
        self.refused.update(r["rule"] for r in record["rejected"])
        self.gap_notes.update({g["gap"] for g in record["gaps"]})
        for g in record["gaps"]:
            self.severities[g["gap"]][g["severity"]] += 1

    def _add_type(self, record: Mapping[str, Any]) -> None:
        name = record.get("note_type") or NO_TYPE
        if name not in self.types and len(self.types) >= MOST_TYPES:
            name = OTHER_TYPES
        of = self.types.setdefault(name, OfType())
        of.records += 1
        of.coded += bool(record["codes"])
        of.with_gap += bool(record["gaps"])
        of.failed += bool(record["errors"])

    def ranked_types(self) -> list[tuple[str, OfType]]:
        """The types of notes, those with most records first."""
        return sorted(self.types.items(), key=lambda item: (-item[1].records, item[0]))

    def kinds(self) -> list[tuple[str, dict[str, int]]]:
        """How many findings of each kind have which assertion; kinds with most findings first."""
        out: dict[str, dict[str, int]] = {}
        for (kind, assertion), n in sorted(self.findings.items()):
            out.setdefault(kind, {})[assertion] = n
        return sorted(out.items(), key=lambda item: (-sum(item[1].values()), item[0]))


def _maker(stamp: Mapping[str, Any]) -> str:
    return f"OncoSpan {stamp['engine']}, {stamp['pack']}, {stamp['net_site_policy']}"


def counted(records: Iterable[Mapping[str, Any]]) -> RunCounts:
    """The counts of records."""
    counts = RunCounts()
    for record in records:
        counts.add(record)
    return counts
