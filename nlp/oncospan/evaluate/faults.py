"""The errors of one slot, note by note: what was wanted, what was found, and where; words of notes only when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from oncospan.evaluate.facts import NOTHING_FOUND, Fact, Row, gold_quotes, record_places
from oncospan.evaluate.scores import Evaluation, places_of
from oncospan.writers.visible import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fact that was wanted and not found, or found and not wanted, with the places that speak for it."""

    what: str
    fact: Fact
    places: tuple[tuple[int, int], ...]
    words: tuple[str, ...] = field(repr=False, default=())

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping, without words of the note."""
        fact = list(self.fact) if isinstance(self.fact, tuple) else self.fact
        return {"fact": fact, "places": [list(p) for p in self.places]}

    def line(self, *, text: bool) -> str:
        """One line for the terminal."""
        fact = self.fact if isinstance(self.fact, str) else " ".join(self.fact)
        places = " ".join(f"{a}-{b}" for a, b in self.places)
        words = "".join(f" “{visible(' '.join(w.split()))}”" for w in self.words) if text else ""
        return f"   {self.what:7} {visible(fact):32} {places}{words}".rstrip()


def faults(
    result: Evaluation, slot: str, gold: Mapping[str, Row], docs: Mapping[str, Row], records: Mapping[str, Row]
) -> Iterator[tuple[str, list[Fault]]]:
    """The documents with errors in a slot, in the order of the gold, each with what was wanted and what was found."""
    for name, outcome in result.faulty(slot):
        text = docs[name]["text"]
        quoted = [(fact, quotes) for s, fact, quotes in gold_quotes(gold[name]) if s == slot]
        found = [(fact, spans) for s, fact, spans in record_places(records.get(name, NOTHING_FOUND)) if s == slot]
        missed = [_missed(fact, [q for f, quotes in quoted if f == fact for q in quotes], text) for fact in outcome.missed]
        wrong = [_wrong(fact, [e for f, spans in found if f == fact for e in spans]) for fact in outcome.wrong]
        yield name, [*missed, *wrong]


def _missed(fact: Fact, quotes: list[str], text: str) -> Fault:
    return Fault(
        what="wanted", fact=fact, places=tuple(dict.fromkeys(places_of(quotes, text))), words=tuple(dict.fromkeys(quotes))
    )


def _wrong(fact: Fact, spans: list[Row]) -> Fault:
    spans = sorted(spans, key=lambda e: (e["start"], e["end"]))
    return Fault(
        what="found",
        fact=fact,
        places=tuple(dict.fromkeys((e["start"], e["end"]) for e in spans)),
        words=tuple(dict.fromkeys(str(e.get("text") or "") for e in spans)),
    )


def fault_lines(
    result: Evaluation,
    slot: str,
    gold: Mapping[str, Row],
    docs: Mapping[str, Row],
    records: Mapping[str, Row],
    show: int,
    *,
    text: bool,
) -> Iterator[str]:
    """The errors of a slot for the terminal, of up to ``show`` documents; words and comments only with ``text``."""
    hidden = 0
    for n, (name, found) in enumerate(faults(result, slot, gold, docs, records)):
        if n >= show:
            hidden += 1
            continue
        yield f"## {visible(name)}"
        yield from (fault.line(text=text) for fault in found)
        if text and result.comments[name]:
            yield f"   gold comment: {visible(result.comments[name])}"
    if hidden:
        yield f"{hidden} more documents have errors in {slot}; --show lists more of them"


def fault_records(
    result: Evaluation, slot: str, gold: Mapping[str, Row], docs: Mapping[str, Row], records: Mapping[str, Row]
) -> dict[str, Any]:
    """The errors of a slot as a JSON-ready mapping, without words of the notes."""
    documents = [
        {"id": name, **{what: [f.record() for f in found if f.what == what] for what in ("wanted", "found")}}
        for name, found in faults(result, slot, gold, docs, records)
    ]
    return {"slot": slot, "documents": documents}
