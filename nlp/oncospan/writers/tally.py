"""Counts over a run: what the demo and the report show first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oncospan.types import CodeStatus


@dataclass(slots=True)
class Tally:
    """Running counts; ``add`` every record once."""

    notes: int = 0
    silent: int = 0
    failed: int = 0
    proposed: Counter[str] = field(default_factory=Counter)
    review: Counter[str] = field(default_factory=Counter)
    titles: dict[str, str] = field(default_factory=dict)
    gaps: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        self.notes += 1
        self.failed += bool(record["errors"])
        self.silent += not (record["codes"] or record["gaps"] or record["errors"])
        for code in record["codes"]:
            (self.proposed if code["status"] == CodeStatus.PROPOSED else self.review)[code["code"]] += 1
            self.titles[code["code"]] = code["title"]
        self.gaps.update(g["gap"] for g in record["gaps"])
        self.errors.update(e["code"] for e in record["errors"])

    def codes(self) -> list[tuple[str, str, int, int]]:
        """Code, title, times proposed, times for review; most frequent first, then by code."""
        rows = [(code, title, self.proposed[code], self.review[code]) for code, title in self.titles.items()]
        return sorted(rows, key=lambda r: (-(r[2] + r[3]), r[0]))


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """The counts, highest first, then by name: the same order on every run."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
