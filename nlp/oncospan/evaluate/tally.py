"""The figures of a comparison: how many of each kind and concept appeared, vanished and changed, and what of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from oncospan.evaluate.compare import NoteDifference
from oncospan.evaluate.judge import VERDICTS

KINDS = (
    "primary", "metastasis", "functional", "confirmation", "code_proposed", "code_review", "gap", "indicator", "treatment",
    "status", "complication", "encounter", "procedure", "procedure_code", "error",
)  # fmt: skip
"""The kinds in the order they are told; others follow by name."""

WHATS = ("appeared", "vanished", "changed")


class Tally:
    """Counts differences as they pass."""

    def __init__(self) -> None:
        self.notes = self.differing = 0
        self.only: dict[str, list[str]] = {"old": [], "new": []}
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def add(self, difference: NoteDifference) -> None:
        """Count one note."""
        if difference.only_in:
            self.only[difference.only_in].append(difference.name)
            return
        self.notes += 1
        self.differing += bool(difference.changes)
        for c in difference.changes:
            counts = self._counts.setdefault((c.kind, c.item.concept), Counter())
            counts.update([c.what, *(f"field:{name}" for name in c.fields), f"verdict:{c.verdict}"])

    @property
    def same(self) -> bool:
        """Whether nothing differed."""
        return not (self.differing or self.only["old"] or self.only["new"])

    def rows(self) -> list[dict[str, Any]]:
        """One row a kind with its concepts, those that differ most often first."""
        kinds = sorted({kind for kind, _ in self._counts}, key=lambda k: (KINDS.index(k) if k in KINDS else len(KINDS), k))
        return [self._kind(kind) for kind in kinds]

    def _kind(self, kind: str) -> dict[str, Any]:
        of_kind = {concept: counts for (k, concept), counts in self._counts.items() if k == kind}
        total: Counter[str] = Counter()
        for counts in of_kind.values():
            total.update(counts)
        concepts = sorted(of_kind.items(), key=lambda item: (-_size(item[1]), item[0]))
        return {"kind": kind, **_figures(total), "concepts": [{"concept": name, **_figures(c)} for name, c in concepts]}

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping."""
        return {
            "same": self.same,
            "notes_in_both": self.notes,
            "notes_differing": self.differing,
            "only_in_old": self.only["old"],
            "only_in_new": self.only["new"],
            "kinds": self.rows(),
        }


def _size(counts: Counter[str]) -> int:
    return sum(counts[what] for what in WHATS)


def _figures(counts: Counter[str]) -> dict[str, Any]:
    fields = {name.removeprefix("field:"): n for name, n in counts.items() if name.startswith("field:")}
    verdicts = {v: counts[f"verdict:{v}"] for v in VERDICTS if counts[f"verdict:{v}"]}
    out: dict[str, Any] = {what: counts[what] for what in WHATS}
    out["fields"] = dict(sorted(fields.items(), key=lambda item: (-item[1], item[0])))
    return out | ({"verdicts": verdicts} if verdicts else {})
