"""The codes of real and written notes stand together: valid on the day, no Excludes1 pair, a missing primary asked for."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from oncospan.engine import Settings, analyse_notes
from oncospan.icd import code_set, excludes1
from oncospan.pack import Pack
from oncospan.readers import read_notes
from oncospan.types import Analysis, CodeStatus, Note


@pytest.fixture(scope="module")
def analyses(samples: Path) -> list[Analysis]:
    return list(analyse_notes(read_notes([samples / "notes.jsonl"]), Settings()))


@pytest.fixture(scope="module")
def dev_analyses(dev_notes: tuple[Note, ...]) -> list[Analysis]:
    return list(analyse_notes(dev_notes, Settings()))


def wrong(analysis: Analysis, pack: Pack) -> list[str]:
    """What is wrong with the codes of a note, in the release of its stamp."""
    codes = code_set(pack, analysis.stamp.release)
    bad = [f"{c.code} is not billable" for c in analysis.codes if not codes.billable(c.code)]
    sure = [c.code for c in analysis.codes if c.status is CodeStatus.PROPOSED]
    bad += [f"{a} excludes {b}" for a, b in combinations(sure, 2) if excludes1(codes, a, b)]
    asked = any(g.gap.startswith("G01") for g in analysis.gaps)
    bad += [f"{c.code} has no origin and no G01" for c in analysis.codes if "(G01)" in c.reason and not asked]
    return bad


def test_of_the_samples(analyses: list[Analysis], pack: Pack) -> None:
    assert any(a.codes for a in analyses)
    assert {a.note.note_id: bad for a in analyses if (bad := wrong(a, pack))} == {}


def test_of_annotated_notes(dev_analyses: list[Analysis], pack: Pack) -> None:
    assert {a.note.note_id: bad for a in dev_analyses if (bad := wrong(a, pack))} == {}
