"""Scores and comparisons as text for a terminal; words of notes stand in it only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oncospan.evaluate.compare import Change, NoteDifference
from oncospan.evaluate.facts import SLOTS
from oncospan.evaluate.items import Item
from oncospan.evaluate.judge import VERDICTS
from oncospan.evaluate.scores import Evaluation
from oncospan.evaluate.tally import WHATS, Tally
from oncospan.writers.visible import visible

CONCEPTS = 10
"""Concepts of a kind that the summary lists; JSON has all."""


def score_lines(result: Evaluation) -> Iterator[str]:
    """The table of slots, then the figures of the evidence."""
    yield f"{'slot':22} {'P':>6} {'R':>6} {'F1':>6}  {'95% of F1':12} {'tp':>5} {'fp':>5} {'fn':>5} {'exact':>6}"
    for name, s in result.slots.items():
        figures = f"{s.precision:6.3f} {s.recall:6.3f} {s.f1:6.3f}  {s.f1_low:.3f}-{s.f1_high:.3f} "
        yield f"{name:22} {figures} {s.tp:5} {s.fp:5} {s.fn:5} {s.exact:6.3f}"
    e = result.evidence
    yield f"{len(result.documents)} documents, {e['spans']} evidence spans, {e['spans_not_in_note']} not in their note"
    share = e["codes_met_with_overlapping_evidence"]
    if share is not None:
        yield f"{e['codes_met']} right codes, {share:.1%} of them with evidence that overlaps a quote of the gold"


def note_lines(difference: NoteDifference, *, text: bool) -> Iterator[str]:
    """One note that differs: its id, then a line a change."""
    yield f"## {visible(difference.name)}"
    if difference.only_in:
        yield f"   only in the {difference.only_in} run"
    for c in difference.changes:
        yield _change(c)
        if text:
            yield from (f"       {name} “{visible(' '.join(w.split()))}”" for name, words in _words(c) for w in words)


def _change(c: Change) -> str:
    told = [f"{name} {_value(a)} -> {_value(b)}" for name, a, b in c.told()]
    told += [name for name in ("evidence", "query") if name in c.fields]
    places = f"{_places(c.old)} -> {_places(c.new)}" if "evidence" in c.fields else _places(c.item)
    verdict = f"  [{c.verdict}]" if c.verdict else ""
    head = f"   {c.what:8} {c.kind:14} {visible(c.item.concept):28}"
    if not c.fields:
        told = [_value(c.item.fields[name]) for name in ("assertion", "side", "severity") if c.item.fields.get(name)]
    return f"{head} {', '.join(told)}  {places}{verdict}".rstrip()


def _value(value: Any) -> str:
    return "none" if value is None else visible(str(value))


def _places(item: Item | None) -> str:
    places = item.places if item else ()
    return " ".join(f"{visible(name)}:{a}-{b}" if name else f"{a}-{b}" for name, a, b in places) or "no place"


def _words(c: Change) -> Iterator[tuple[str, tuple[str, ...]]]:
    if "evidence" in c.fields and c.old and c.new:
        yield from (("old", c.old.words), ("new", c.new.words))
    else:
        yield "", c.item.words


def tally_lines(tally: Tally, *, judged: bool) -> Iterator[str]:
    """The summary: how much differs, by kind and concept with the most frequent first."""
    only = tally.only
    if tally.same:
        yield f"no difference in {tally.notes} notes"
        return
    yield f"{tally.differing} of {tally.notes} notes differ; {len(only['old'])} only in the old run, {len(only['new'])} only in the new"
    rows = tally.rows()
    if not rows:
        return
    columns = (*WHATS, *VERDICTS[:2]) if judged else WHATS
    yield ""
    yield f"{'':38}" + "".join(f"{name:>10}" for name in columns) + "  what changed"
    for row in rows:
        yield _row(row["kind"], row, columns)
        for concept in row["concepts"][:CONCEPTS]:
            yield _row("  " + visible(concept["concept"]), concept, columns)
        if len(row["concepts"]) > CONCEPTS:
            yield f"  and {len(row['concepts']) - CONCEPTS} more"


def _row(name: str, figures: Mapping[str, Any], columns: tuple[str, ...]) -> str:
    numbers = {**figures, **figures.get("verdicts", {})}
    fields = ", ".join(f"{field} {n}" for field, n in figures["fields"].items())
    return (f"{name:38}" + "".join(f"{numbers.get(c, 0):>10}" for c in columns) + f"  {fields}").rstrip()


def score_differences(old: Evaluation, new: Evaluation) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of every slot in both runs, and the difference of F1."""
    out: dict[str, dict[str, float]] = {}
    for slot in SLOTS:
        a, b = old.slots[slot], new.slots[slot]
        out[slot] = {
            "old_p": round(a.precision, 4), "new_p": round(b.precision, 4), "old_r": round(a.recall, 4),
            "new_r": round(b.recall, 4), "old_f1": round(a.f1, 4), "new_f1": round(b.f1, 4), "difference": round(b.f1 - a.f1, 4),
        }  # fmt: skip
    return out


def score_difference_lines(old: Evaluation, new: Evaluation) -> Iterator[str]:
    """The scores of both runs side by side."""
    yield f"{'slot':22} {'old P':>7} {'new P':>7} {'old R':>7} {'new R':>7} {'old F1':>7} {'new F1':>7} {'difference':>11}"
    for slot in SLOTS:
        a, b = old.slots[slot], new.slots[slot]
        figures = " ".join(f"{x:7.3f}" for x in (a.precision, b.precision, a.recall, b.recall, a.f1, b.f1))
        yield f"{slot:22} {figures} {b.f1 - a.f1:+11.3f}"


def side_lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What was compared: the two sources with the engine and pack that made their records."""
    for name, side in (("old", old), ("new", new)):
        yield f"{name}  {visible(side['source'])}  {side['records']} records"
        yield from (f"     {visible(maker)}" for maker in side["made_by"])
