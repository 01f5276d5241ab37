"""Real notes: one record each, every evidence span in its note, accuracy above the bars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oncospan.engine import Settings, analyse_notes
from oncospan.evaluate import evaluate, read_rows
from oncospan.icd import code_set
from oncospan.pack import Pack
from oncospan.types import Analysis, Note

BARS = {"code": 0.72, "metastasis_present": 0.78, "primary_site": 0.85}


def _notes(path: Path) -> list[Note]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Note(text=r["text"], note_id=r["note_id"], note_type=r["note_type"]) for r in rows]


def _spans_hold(analysis: Analysis) -> bool:
    text = analysis.note.text
    parts = [*analysis.findings, *analysis.codes, *analysis.gaps, *analysis.rejected]
    spans = [e for part in parts for e in part.evidence] + [c for f in analysis.findings for c in f.cues]
    return all(text[e.start : e.end] == e.text for e in spans)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mtsamples", "tcga_pathology"])
def test_one_record_a_note_and_every_span_in_it(shared: Path, pack: Pack, name: str) -> None:
    notes = _notes(shared / f"corpora/unlabelled/{name}.jsonl")
    codes = code_set(pack, "FY2027")
    seen = []
    for analysis in analyse_notes(notes, Settings()):
        seen.append(analysis.note.note_id)
        assert not analysis.errors, analysis.note.note_id
        assert _spans_hold(analysis), analysis.note.note_id
        assert all(codes.billable(c.code) for c in analysis.codes), analysis.note.note_id
    assert seen == [n.note_id for n in notes]


def test_accuracy_on_annotated_notes(shared: Path, dev_notes: tuple[Note, ...]) -> None:
    dev = shared / "corpora/dev"
    records = {a.note.note_id: a.record() for a in analyse_notes(dev_notes, Settings())}
    scores = evaluate(read_rows(dev / "gold.jsonl"), read_rows(dev / "docs.jsonl"), records)
    figures = {slot: scores.slots[slot].f1 for slot in BARS}
    assert all(figures[slot] >= bar for slot, bar in BARS.items()), figures
