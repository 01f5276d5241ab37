"""Score records against gold: precision, recall and F1 of every slot, and what was wrong or missed in each document.

Every slot is a set of facts per document, counted over all documents (micro average). Sites are rolled up to their
organ; a gold code is met by itself or by one of its alternates; ``?X`` in the gold may be there or not.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncospan.errors import InputError
from oncospan.sites import PARENT

Row = Mapping[str, Any]
Fact = str | tuple[str, str]

ORGAN: Mapping[str, str] = {**PARENT, "spinal_cord": "meninges"}
"""The site a part is counted as; the public scorer counts the spinal cord with the meninges."""

SLOTS = (
    "primary_site", "primary_status", "metastasis_present", "metastasis_absent", "metastasis_uncertain", "functional",
    "confirmation_kind", "confirmation_modality", "code", "code_category", "gap",
)  # fmt: skip

RESAMPLES = 1_000
"""Bootstrap resamples of the documents behind the 95% interval."""

EMPTY: Row = {"findings": [], "codes": [], "gaps": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One slot of one document: how many facts were right, and which were wrong or missed."""

    hits: int
    wrong: tuple[Fact, ...]
    missed: tuple[Fact, ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """True positives, false positives, false negatives."""
        return self.hits, len(self.wrong), len(self.missed)


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


def read_rows(path: Path) -> dict[str, dict[str, Any]]:
    """The rows of a JSONL file by ``id`` or ``note_id``. Raises InputError with file:line; never quotes the line."""
    rows: dict[str, dict[str, Any]] = {}
    try:
        with path.open(encoding="utf-8", newline="\n") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    row = _parsed(line, f"{path.name}:{number}")
                    rows[str(row.get("id") or row["note_id"])] = row
    except OSError as e:
        raise InputError(f"cannot be read ({e.strerror})", where=str(path), hint="Check the path.") from None
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8", where=path.name, hint="Convert it to UTF-8.") from None
    return rows


def _parsed(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not (row.get("id") or row.get("note_id")):
        raise InputError("not a JSON object with an id", where=where, hint="Write one object with id or note_id a line.")
    return row


def evaluate(gold: Mapping[str, Row], docs: Mapping[str, Row], records: Mapping[str, Row]) -> Evaluation:
    """The score of ``records`` against ``gold``; all three by document id. Raises InputError when a document has no text."""
    if absent := sorted(set(gold) - set(docs)):
        raise InputError(
            f"{len(absent)} gold documents are not among the documents", hint="Check that both files belong together."
        )
    documents = {name: _outcomes(g, records.get(name, EMPTY)) for name, g in gold.items()}
    return Evaluation(
        slots=_scores(documents),
        documents=documents,
        evidence=_evidence((g, records.get(name, EMPTY), docs[name]["text"]) for name, g in gold.items()),
        without_output=tuple(sorted(set(gold) - set(records))),
        comments={name: str(g.get("comment", "")) for name, g in gold.items()},
    )


def _outcomes(gold: Row, record: Row) -> dict[str, Outcome]:
    wanted, found = gold_facts(gold), record_facts(record)
    found["gap"] -= {g[1:] for g in gold["gaps"] if g.startswith("?")} - wanted["gap"]
    outcomes = {slot: _compared(wanted[slot], found[slot]) for slot in wanted}
    outcomes["code"] = _codes(gold, record, lambda code: code)
    outcomes["code_category"] = _codes(gold, record, lambda code: code[:3])
    return {slot: outcomes[slot] for slot in SLOTS}


def _compared(wanted: set[Fact], found: set[Fact]) -> Outcome:
    return Outcome(hits=len(wanted & found), wrong=_sorted(found - wanted), missed=_sorted(wanted - found))


def _sorted(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(sorted(facts, key=str))


def _organ(site: str) -> str:
    return ORGAN.get(site, site)


def gold_facts(gold: Row) -> dict[str, set[Fact]]:
    """The facts of one gold document by slot, codes aside."""
    primaries = [p for p in gold["primaries"] if p["certainty"] == "certain"]
    facts: dict[str, set[Fact]] = {
        "primary_site": {_organ(p["site"]) for p in primaries},
        "primary_status": {(_organ(p["site"]), p["status"]) for p in primaries},
        "functional": {(f["kind"], f["assertion"]) for f in gold["functional"]},
        "confirmation_kind": {(c["kind"], c["of"]) for c in gold["confirmations"]},
        "confirmation_modality": {(c["modality"], c["of"]) for c in gold["confirmations"]},
        "gap": {g for g in gold["gaps"] if not g.startswith("?")},
    }
    for state in ("present", "absent", "uncertain"):
        facts[f"metastasis_{state}"] = {_organ(m["site"]) for m in gold["metastases"] if m["assertion"] == state}
    return facts


def record_facts(record: Row) -> dict[str, set[Fact]]:
    """The facts of one output record by slot, codes aside; a finding counts once however many mentions it has."""
    status = {"present": "current", "history": "history"}
    by_kind: dict[str, list[Row]] = {"primary": [], "metastasis": [], "functional": [], "confirmation": []}
    for f in record["findings"]:
        by_kind.setdefault(f["kind"], []).append(f)
    primaries = [p for p in by_kind["primary"] if p["assertion"] in status]
    confirmed = [(c, of) for c in by_kind["confirmation"] if c["assertion"] == "present" for of in _confirms(c)]
    facts: dict[str, set[Fact]] = {
        "primary_site": {_organ(p["concept"]) for p in primaries},
        "primary_status": {(_organ(p["concept"]), status[p["assertion"]]) for p in primaries},
        "functional": {
            (f["concept"], f["assertion"])
            for f in by_kind["functional"]
            if f["assertion"] in {"present", "uncertain", "absent", "history"}
        },
        "confirmation_kind": {(c["test"], of) for c, of in confirmed},
        "confirmation_modality": {(c["concept"], of) for c, of in confirmed},
        "gap": {g["gap"].split("_")[0] for g in record["gaps"]},
    }
    for state in ("present", "absent", "uncertain"):
        facts[f"metastasis_{state}"] = {_organ(m["concept"]) for m in by_kind["metastasis"] if m["assertion"] == state}
    return facts


def _confirms(confirmation: Row) -> set[str]:
    """What a confirmation confirms: one word, several, or nothing said."""
    of = confirmation.get("of")
    return {of} if isinstance(of, str) else set(of or ())


def _codes(gold: Row, record: Row, cut: Callable[[str], str]) -> Outcome:
    """The codes of one document: a gold code is met by itself or an alternate; optional codes are neither right nor wrong."""
    alternates: Mapping[str, Sequence[str]] = gold.get("alternates", {})
    optional = {cut(c) for k, others in alternates.items() if k.startswith("?") for c in (k[1:], *others)}
    wanted: dict[str, set[str]] = {}
    for item in gold["codes"]:
        code = item["code"]
        wanted.setdefault(cut(code), set()).update({cut(code)}, map(cut, alternates.get(code, ())))
    proposed = {cut(c["code"]) for c in record["codes"] if c.get("status", "proposed") == "proposed"}
    used: set[str] = set()
    missed: list[Fact] = []
    hits = 0
    for code, accepted in sorted(wanted.items()):
        if met := accepted & proposed:
            hits += 1
            used |= met
        elif "?" + code not in alternates and code not in optional:
            missed.append(code)
    return Outcome(hits=hits, wrong=_sorted(proposed - used - optional), missed=tuple(missed))


def _evidence(documents: Iterable[tuple[Row, Row, str]]) -> dict[str, Any]:
    """How many spans there are, how many are not the note's words, and how many met codes point at a gold quote."""
    spans = broken = met = touching = 0
    for gold, record, text in documents:
        for e in (e for part in ("findings", "codes", "gaps") for x in record[part] for e in x.get("evidence", ())):
            spans += 1
            broken += text[e["start"] : e["end"]] != e["text"] or not e["text"]
        proposed = {c["code"]: c for c in record["codes"] if c.get("status", "proposed") == "proposed"}
        for item in gold["codes"]:
            if item["code"] in proposed:
                met += 1
                evidence = proposed[item["code"]].get("evidence", ())
                touching += any(e["start"] < b and a < e["end"] for a, b in _places(item["quotes"], text) for e in evidence)
    share = round(touching / met, 4) if met else None
    return {"spans": spans, "spans_not_in_note": broken, "codes_met": met, "codes_met_with_overlapping_evidence": share}


def _places(quotes: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
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
