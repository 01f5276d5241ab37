"""The evidence of a record in its notes: quotes under the cards, and spans to be marked in the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from oncospan.review.marks import Span, mark_id
from oncospan.review.records import keyed_gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of a note under a card, and the id of their mark."""

    text: str
    mark: str
    section: str
    rule: str
    note: str
    """What the note is called, where there are several."""
    copied: bool


class Quoter:
    """Makes quotes of spans: it knows which note a span stands in and what its mark is called."""

    def __init__(self, idents: dict[str, str], own: str, names: dict[str, str]) -> None:
        self.idents, self.own, self.names = idents, own, names

    def note(self, span: dict[str, Any]) -> str:
        """The id of the note that a span stands in."""
        return str(span.get("note_id", self.own))

    def all(self, evidence: Iterable[dict[str, Any]]) -> tuple[Quote, ...]:
        """The quotes of spans, in their order."""
        return tuple(
            Quote(
                text=" ".join(s["text"].split()),
                mark=mark_id(self.idents.get(self.note(s), "n0"), s["start"], s["end"]),
                section=(s.get("section") or "").replace("_", " "),
                rule=s.get("rule", ""),
                note=self.names.get(self.note(s), "") if len(self.idents) > 1 else "",
                copied=bool(s.get("copied")),
            )
            for s in evidence
        )


def spans_of(data: dict[str, Any], cards: dict[str, str], keys: dict[str, str], quoter: Quoter) -> dict[str, list[Span]]:
    """The spans of every note: findings by kind and assertion with their rule and cues, cues, and what codes and gaps add.

    ``cards`` are the ids of the cards of codes, ``keys`` those of gaps.
    """
    target: dict[tuple[str, int, int], str] = {}
    named: dict[str, str] = {}
    for c in data["codes"]:
        for f in c["findings"]:
            named.setdefault(f, cards[c["code"]])
    sources: list[tuple[str, dict[str, Any]]] = [(cards[c["code"]], s) for c in data["codes"] for s in c["evidence"]]
    sources += [(keys[k], s) for k, g in keyed_gaps(data) for s in g["evidence"]]
    sources += [(f"r{i}", s) for i, r in enumerate(data["rejected"]) for s in r["evidence"]]
    for ident, s in sources:
        target.setdefault((quoter.note(s), s["start"], s["end"]), ident)
    out: dict[str, list[Span]] = {}
    for i, f in enumerate(data["findings"]):
        for note, span in _of_finding(f, named.get(f["id"], f"f{i}"), target, quoter):
            out.setdefault(note, []).append(span)
    told = {(n, s.start, s.end) for n, spans in out.items() for s in spans}
    for ident, s in sources:
        if (quoter.note(s), s["start"], s["end"]) not in told:
            other = Span(start=s["start"], end=s["end"], css="other", tip=s.get("rule", ""), target=ident)
            out.setdefault(quoter.note(s), []).append(other)
    return out


def _of_finding(
    f: dict[str, Any], card: str, target: dict[tuple[str, int, int], str], quoter: Quoter
) -> Iterator[tuple[str, Span]]:
    cues = ", ".join(f"“{' '.join(c['text'].split())}”" for c in f["cues"])
    for s in f["evidence"]:
        told = f"{f['kind']}: {f['concept'].replace('_', ' ')}, {f['assertion']}" + (f" by {cues}" if cues else "")
        note = quoter.note(s)
        ident = target.get((note, s["start"], s["end"]), card)
        css = f"k-{f['kind']} a-{f['assertion']}"
        yield note, Span(start=s["start"], end=s["end"], css=css, tip=f"{told} · {s.get('rule', '')}", target=ident)
    for s in f["cues"]:
        yield quoter.note(s), Span(start=s["start"], end=s["end"], css="cue", tip=f"cue: {s.get('rule', '')}", target=card)
