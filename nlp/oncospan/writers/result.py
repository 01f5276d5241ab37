"""What every writer is given: an output record, and the texts of its notes as far as they are at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from oncospan.case import ChartAnalysis
from oncospan.types import Analysis

Span = Mapping[str, Any]
"""A span of a record: start, end, text, section and rule; ``note_id`` where the record stands for several notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An output record with the texts of its notes by their ids; a text may be missing."""

    record: Mapping[str, Any] = field(repr=False)
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def heads(self) -> list[Mapping[str, Any]]:
        """What the record tells of each of its notes: the record itself where it has one note."""
        return list(self.record["notes"]) if self.record.get("level") else [self.record]

    def note_of(self, span: Span) -> str:
        """The id of the note a span stands in."""
        return str(span.get("note_id") or self.record["note_id"])

    def mentions(self) -> Iterator[tuple[Mapping[str, Any], Span]]:
        """Every finding with each of its spans."""
        for finding in self.record["findings"]:
            for span in finding["evidence"]:
                yield finding, span

    def relations(self) -> Iterator[tuple[str, str, str]]:
        """Which finding points at which: ``origin`` or ``supports``, and the ids of the two."""
        for finding in self.record["findings"]:
            if finding.get("origin"):
                yield "origin", finding["id"], finding["origin"]
            for other in finding.get("supports") or ():
                yield "supports", finding["id"], other

    def in_note(self, note_id: str, spans: list[Span]) -> list[Span]:
        """Those of the spans that stand in a note."""
        return [s for s in spans if self.note_of(s) == note_id]


def result_of(analysis: Analysis) -> Result:
    """The record of an analysis with the texts it was made from."""
    notes = analysis.notes if isinstance(analysis, ChartAnalysis) else (analysis.note,)
    return Result(record=analysis.record(), texts={n.note_id: n.text for n in notes})


_REFINING = ("side", "subsite", "family", "behavior", "grade", "variant", "test", "of")
"""What refines a finding besides its concept."""


def refined(finding: Mapping[str, Any]) -> dict[str, Any]:
    """What refines a finding, by name."""
    return {name: finding[name] for name in _REFINING if finding.get(name)}


def one_line(text: str, longest: int | None = None) -> str:
    """The text with white space as single blanks, cut to a number of characters."""
    return " ".join(text.split())[:longest]
