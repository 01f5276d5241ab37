"""brat standoff: for each note its text, and its findings as text-bound annotations with attributes, relations and notes.

The text is written as it is, so offsets are those of the record. A span that goes over a line end becomes one of several pieces, for
the format knows no line end within an annotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from oncospan.types import Assertion, Kind
from oncospan.writers.result import Result, Span, one_line, refined
from oncospan.writers.visible import visible

_PIECE = re.compile("\\S(?:[^\t-\r\x1c-\x1e\x85\u2028\u2029]*\\S)?")
"""Words on one line, for every reader's notion of lines."""

_CUE = "Cue"


def name_of(number: int, note_id: str) -> str:
    """The name of a document: its number in the export, and its id as far as file names hold it."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", note_id)[:80].strip("._")
    return f"{number:06d}-{safe}" if safe else f"{number:06d}"


def entity(kind: str) -> str:
    """The type of an annotation for a kind of finding."""
    return kind.capitalize()


def standoff(result: Result, head: Mapping[str, Any]) -> str:
    """The annotations of one note, one a line."""
    return "".join(f"{line}\n" for line in _Lines(result, head["note_id"]).all())


class _Lines:
    """Numbers the annotations of one note."""

    def __init__(self, result: Result, note_id: str) -> None:
        self._result, self._note = result, note_id
        self._entities = self._attributes = self._relations = self._notes = 0

    def all(self) -> Iterator[str]:
        """The lines: entities with their attributes and notes, then relations."""
        firsts: dict[str, str] = {}
        for f in self._result.record["findings"]:
            for span in self._result.in_note(self._note, f["evidence"]):
                ident, line = self._next_entity(entity(f["kind"]), span)
                firsts.setdefault(f["id"], ident)
                yield line
                yield self._attribute("Assertion", ident, f["assertion"])
                details = {"concept": f["concept"], **refined(f), "rule": span["rule"]}
                yield self._note_on(ident, " ".join([f["id"], *(f"{name}={said}" for name, said in details.items())]))
            for cue in self._result.in_note(self._note, f["cues"]):
                ident, line = self._next_entity(_CUE, cue)
                yield line
                if f["id"] in firsts:
                    yield self._relation("Decides", ident, firsts[f["id"]])
        yield from self._codes(firsts)
        for name, one, other in self._result.relations():
            if one in firsts and other in firsts:
                yield self._relation(name.capitalize(), firsts[one], firsts[other])

    def _codes(self, firsts: Mapping[str, str]) -> Iterator[str]:
        """The codes as notes on the findings they stand on."""
        for c in self._result.record["codes"]:
            on = next((firsts[i] for i in c["findings"] if i in firsts), None)
            if on:
                yield self._note_on(on, f"{c['code']} {c['title']} ({c['status']}, {c['confidence']}, {c['rule']})")

    def _next_entity(self, name: str, span: Span) -> tuple[str, str]:
        self._entities += 1
        ident = f"T{self._entities}"
        places = pieces(span)
        where = ";".join(f"{start} {end}" for start, end, _ in places)
        return ident, f"{ident}\t{name} {where}\t{' '.join(words for _, _, words in places)}"

    def _attribute(self, name: str, on: str, value: str) -> str:
        self._attributes += 1
        return f"A{self._attributes}\t{name} {on} {value}"

    def _relation(self, name: str, one: str, other: str) -> str:
        self._relations += 1
        return f"R{self._relations}\t{name} Arg1:{one} Arg2:{other}"

    def _note_on(self, ident: str, words: str) -> str:
        self._notes += 1
        return f"#{self._notes}\tAnnotatorNotes {ident}\t{one_line(visible(words))}"


def pieces(span: Span) -> list[tuple[int, int, str]]:
    """The parts of a span that stand on one line each, without the white space at their ends."""
    at = span["start"]
    return [(at + m.start(), at + m.end(), m[0]) for m in _PIECE.finditer(span["text"])]


def annotation_conf() -> str:
    """``annotation.conf``: the types of annotations, relations and attributes."""
    entities = "\n".join([*(entity(k) for k in Kind), _CUE])
    states = "|".join(Assertion)
    return (
        f"[entities]\n{entities}\n\n[relations]\nOrigin\tArg1:Metastasis, Arg2:Primary\nSupports\tArg1:Confirmation, Arg2:<ENTITY>\n"
        f"Decides\tArg1:Cue, Arg2:<ENTITY>\n<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>\n\n[events]\n\n"
        f"[attributes]\nAssertion\tArg:<ENTITY>, Value:{states}\n"
    )
