"""How the cost of a note grows: with its length, the number of rules, the share of relevant notes, and the number of notes.

``python tests/bench/growth.py NOTES`` prints one JSON object. Seconds are of the processor, the least of a few passes. What stands
still when the last column doubles is free; what doubles with it is paid for.
"""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from sides import notes_of, timed

from oncospan.engine import Settings, analyse_notes
from oncospan.pack import load
from oncospan.pipeline.reading import reader_of
from oncospan.types import Note

PASSES = 3
PROSE = "She slept well and walked in the garden. Blood pressure was 120 over 80, and she ate a light breakfast. "
RELEVANT = "CT showed liver metastases from her pancreatic neuroendocrine tumor. "


def read(notes: list[Note]) -> None:
    for _ in analyse_notes(notes, Settings()):
        pass


def milliseconds(notes: list[Note]) -> float:
    """What a note takes on average."""
    return round(min(timed(lambda: read(notes)) for _ in range(PASSES)) * 1000 / len(notes), 3)


def note(text: str) -> Note:
    return Note(text=text, note_id="n")


def by_length() -> list[dict[str, Any]]:
    """A note with one relevant sentence among more and more prose, and one that is relevant throughout."""
    rows = []
    for times in (1, 10, 100, 1_000):
        text = RELEVANT + PROSE * times
        rows.append({"what": "one relevant sentence", "characters": len(text), "ms": milliseconds([note(text)] * 3)})
    for times in (1, 10, 100):
        text = RELEVANT * times
        rows.append({"what": "all relevant", "characters": len(text), "ms": milliseconds([note(text)] * 3)})
    return rows


def by_rules(notes: list[Note]) -> list[dict[str, Any]]:
    """Reading with a part of the terms; the sentences that are relevant grow with them."""
    pack, rows = load(), []
    for nth in (8, 4, 2, 1):
        some = replace(pack, terms=pack.terms[::nth], digest=f"{pack.digest}/{nth}")
        reader = reader_of(some)
        seconds = min(timed(lambda reader=reader: [reader.read(n.text) for n in notes]) for _ in range(PASSES))
        rows.append({"rules": len(some.terms), "ms": round(seconds * 1000 / len(notes), 3)})
    return rows


def by_share(notes: list[Note]) -> list[dict[str, Any]]:
    """As many notes of one size, more and more of them relevant."""
    relevant, silent = [], []
    for one, analysis in zip(notes, analyse_notes(notes, Settings()), strict=True):
        (relevant if analysis.codes else silent).append(one)
    count, rows = 40, []
    for share in (0.0, 0.25, 0.5, 1.0):
        few = round(count * share)
        mix = [
            *itertools.islice(itertools.cycle(relevant or notes), few),
            *itertools.islice(itertools.cycle(silent or notes), count - few),
        ]
        rows.append({"relevant": f"{share:.0%}", "ms": milliseconds(mix)})
    return rows


def by_number(notes: list[Note]) -> list[dict[str, Any]]:
    """The resident memory and the cost of a note after so many."""
    rows, stream, done = [], itertools.cycle(notes), 0
    for until in (500, 1_000, 2_000, 4_000):
        some = list(itertools.islice(stream, until - done))
        seconds = timed(lambda some=some: read(some))
        rows.append({"notes": until, "resident_mb": resident_mb(), "ms": round(seconds * 1000 / (until - done), 3)})
        done = until
    return rows


def resident_mb() -> int:
    """The memory of this process now."""
    return round(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)


def growth(notes: list[Note]) -> dict[str, list[dict[str, Any]]]:
    read(notes[:1])
    return {
        "length": by_length(), "rules": by_rules(notes[:150]), "share": by_share(notes[:400]), "number": by_number(notes),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(growth(notes_of(Path(sys.argv[1])))))
