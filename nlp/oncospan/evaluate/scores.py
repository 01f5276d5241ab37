"""Precision, recall and F1 of every slot, counted over all documents (micro average), and figures of the evidence."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oncospan.errors import InputError
from oncospan.evaluate.facts import NOTHING_FOUND, SLOTS, Outcome, Row, is_proposed, outcomes_of

RESAMPLES = 1_000
"""Bootstrap resamples of the documents behind the 95% interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotScore:
    """One slot over all documents; ``exact`` is the share of documents with nothing wrong or missed."""

    tp: int
    fp: int
    fn: int
    precision: float
    recall: float
    f1: float
    f1_low: float
    f1_high: float
    exact: float

    def record(self) -> dict[str, Any]:
        """The figures under the names of the public scorer, rounded as it rounds them."""
        return {
            "tp": self.tp, "fp": self.fp, "fn": self.fn, "p": round(self.precision, 4), "r": round(self.recall, 4),
            "f1": round(self.f1, 4), "f1_low": round(self.f1_low, 4), "f1_high": round(self.f1_high, 4),
            "documents_exact": round(self.exact, 4),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The score of a run: every slot, every document, and whether the evidence stands in the notes."""

    slots: Mapping[str, SlotScore]
    documents: Mapping[str, Mapping[str, Outcome]]
    evidence: Mapping[str, Any]
    without_output: tuple[str, ...]
    comments: Mapping[str, str]

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping."""
        return {
            **{name: score.record() for name, score in self.slots.items()},
            "evidence": dict(self.evidence),
            "documents": len(self.documents),
            "documents_without_output": len(self.without_output),
        }

    def faulty(self, slot: str) -> Iterator[tuple[str, Outcome]]:
        """The documents with something wrong or missed in a slot, in the order of the gold."""
        for name, outcomes in self.documents.items():
            if outcomes[slot].wrong or outcomes[slot].missed:
                yield name, outcomes[slot]


def evaluate(gold: Mapping[str, Row], docs: Mapping[str, Row], records: Mapping[str, Row]) -> Evaluation:
    """The score of ``records`` against ``gold``; all three by document id. Raises InputError when a document has no text."""
    if absent := sorted(set(gold) - set(docs)):
        raise InputError(
            f"{len(absent)} gold documents are not among the documents", hint="Check that both files belong together."
        )
    documents = {name: outcomes_of(g, records.get(name, NOTHING_FOUND)) for name, g in gold.items()}
    return Evaluation(
        slots=_scores(documents),
        documents=documents,
        evidence=_evidence((g, records.get(name, NOTHING_FOUND), docs[name]["text"]) for name, g in gold.items()),
        without_output=tuple(sorted(set(gold) - set(records))),
        comments={name: str(g.get("comment", "")) for name, g in gold.items()},
    )


def _evidence(documents: Iterable[tuple[Row, Row, str]]) -> dict[str, Any]:
    """How many spans there are, how many are not the note's words, and how many met codes point at a gold quote."""
    spans = broken = met = touching = 0
    for gold, record, text in documents:
        for e in (e for part in ("findings", "codes", "gaps") for x in record[part] for e in x.get("evidence", ())):
            spans += 1
            broken += text[e["start"] : e["end"]] != e["text"] or not e["text"]
        proposed = {c["code"]: c for c in record["codes"] if is_proposed(c)}
        for item in gold["codes"]:
            if item["code"] in proposed:
                met += 1
                evidence = proposed[item["code"]].get("evidence", ())
                touching += any(e["start"] < b and a < e["end"] for a, b in places_of(item["quotes"], text) for e in evidence)
    share = round(touching / met, 4) if met else None
    return {"spans": spans, "spans_not_in_note": broken, "codes_met": met, "codes_met_with_overlapping_evidence": share}


def places_of(quotes: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
    """Where quotes stand in a text: start and end of every occurrence of each."""
    for quote in quotes:
        at = text.find(quote)
        while at >= 0:
            yield at, at + len(quote)
            at = text.find(quote, at + 1)


def _f1(tp: int, fp: int, fn: int) -> tuple[float, float, float]:
    """Precision, recall and F1; 1 where there was nothing to get wrong."""
    p = tp / (tp + fp) if tp + fp else 1.0
    r = tp / (tp + fn) if tp + fn else 1.0
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def _scores(documents: Mapping[str, Mapping[str, Outcome]]) -> dict[str, SlotScore]:
    """The figures of every slot, with a 95% interval of F1 from seeded resamples of the documents."""
    rng = random.Random(0)  # noqa: S311 - seeded on purpose: the same figures on every run
    scores: dict[str, SlotScore] = {}
    for slot in SLOTS:
        rows = [outcomes[slot].counts for outcomes in documents.values()]
        tp, fp, fn = _total(rows)
        p, r, f1 = _f1(tp, fp, fn)
        resampled = (
            sorted(_f1(*_total(rng.choices(rows, k=len(rows))))[2] for _ in range(RESAMPLES)) if rows else [f1] * RESAMPLES
        )
        exact = sum(row[1] == row[2] == 0 for row in rows) / len(rows) if rows else 1.0
        scores[slot] = SlotScore(
            tp=tp, fp=fp, fn=fn, precision=p, recall=r, f1=f1, f1_low=resampled[25], f1_high=resampled[974], exact=exact
        )
    return scores


def _total(rows: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    tp, fp, fn = (sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0, 0)
    return tp, fp, fn
