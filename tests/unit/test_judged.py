"""Decisions as evaluation data: the file there and back, and what its figures say."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospan.errors import InputError
from oncospan.evaluate.decisions import COLUMNS, Kind, Row, csv_head, csv_line, json_line, read_decisions
from oncospan.evaluate.judged import Share, against, judge
from oncospan.evaluate.records import Located
from oncospan.evaluate.show_judged import judgement_lines

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


def row(number: int = 1, **given: Any) -> Row:
    plain = {
        "kind": Kind.DECISION, "number": number, "level": "encounter", "patient_id": "p", "encounter_id": "e", "record_id": "e",
        "setting": "outpatient", "release": "FY2027", "engine": "0.1.0", "pack": "x", "pack_digest": "sha256:0",
        "subject": "code", "key": "C78.7", "verb": "accept", "rule": "r", "by": "ann", "at": "2026-11-10T08:00:00+00:00",
        "in_force": True,
    }  # fmt: skip
    return Row(**{**plain, **given})


def written(rows: list[Row], path: Path) -> Path:
    lines = [csv_head(), *map(csv_line, rows)] if path.suffix == ".csv" else map(json_line, rows)
    path.write_text("".join(lines), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("name", ["d.csv", "d.jsonl"])
@given(reason=TEXT, ident=TEXT, before=st.none() | st.integers(1), confidence=st.none() | st.floats(0, 1))
def test_what_is_written_is_read(tmp_path_factory, name, reason, ident, before, confidence):
    path = tmp_path_factory.mktemp("d") / name
    rows = [
        row(reason=reason, patient_id=ident, before=before, confidence=confidence, in_force=before is None),
        row(2, subject="order", verb="reorder", key="", order=("C78.7", "C7A.012")),
    ]
    assert list(read_decisions(written(rows, path))) == rows


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "＝1"])
def test_no_cell_begins_as_a_formula(tmp_path, text):
    path = written([row(reason=text, patient_id=text, by=text)], tmp_path / "d.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        (cells,) = csv.DictReader(stream)
    assert {cells[name] for name in ("reason", "patient_id", "by")} == {f"'{text}"}


def test_what_is_no_export_is_named_and_not_quoted(tmp_path):
    (tmp_path / "a.jsonl").write_text(json_line(row()) + '{"note_id": "Mrs Quite"}\n', encoding="utf-8")
    (tmp_path / "b.csv").write_text("name\nMrs Quite\n", encoding="utf-8")
    (tmp_path / "c.csv").write_bytes(csv_head().encode() + b"\xff\n")
    for name, line in (("a.jsonl", 2), ("b.csv", 2), ("c.csv", 1), ("absent.csv", None)):
        with pytest.raises(InputError) as told:
            list(read_decisions(tmp_path / name))
        assert f"{name}:{line}" in str(told.value) or line is None or name == "c.csv"
        assert "Quite" not in str(told.value)


def test_every_column_is_in_the_file(tmp_path):
    head = written([], tmp_path / "d.csv").read_text(encoding="utf-8-sig").strip().split(",")
    assert tuple(head) == COLUMNS


def test_the_figures():
    found = judge([
        row(1, confidence=0.95),
        row(2, key="C7B.02", rule="q", verb="reject", reason="x", confidence=0.55),
        row(3, key="C79.51", verb="accept", in_force=False),
        row(4, key="C79.51", verb="replace", code="C79.52", reason="x", by="bob", before=3, confidence=0.9),
        row(5, key="Z51.11", verb="add", code="Z51.11", rule=""),
        row(6, key="C77.1", verb="reject", reason="x", in_force=False, undone_at="2026-11-10T09:00:00+00:00"),
        row(7, subject="gap", key="G01_X#2", rule="G01_X", verb="dismiss", reason="x"),
        row(1, kind=Kind.QUERY, subject="gap", key="G01_X", rule="G01_X", verb="closed", outcome="documented"),
        row(2, kind=Kind.QUERY, subject="gap", key="G02_X", rule="G02_X", verb="draft"),
        row(1, kind=Kind.SECOND_REVIEW, subject="", key="", rule="", verb="disagrees"),
    ])  # fmt: skip
    assert found.whole == Share(accepted=1, rejected=1, replaced=1)
    assert {name: s.decided for name, s in found.rules.items()} == {"r": 2, "q": 1}
    assert found.codes["C79.51"].precision == 0
    assert {b: s.decided for b, (s, _) in found.bands.items()} == {0.5: 1, 0.9: 2}
    assert found.gaps == {"G01_X": {"asked": 1, "documented": 1, "dismissed": 1}}
    assert (found.added, found.reviews) == ({"Z51.11": 1}, {"disagrees": 1})
    assert [r["record_id"] for r in found.record()["disagreed"]] == ["e"]
    (change,) = found.changes
    assert (change.record()["from"], change.record()["to"]) == ("accept", "replace C79.52")
    assert found.record()["recall"] == pytest.approx(1 / 3, abs=1e-4)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_interval_holds_the_precision(accepted, rejected, replaced):
    share = Share(accepted=accepted, rejected=rejected, replaced=replaced)
    bounds = share.interval()
    assert (bounds is None) == (share.precision is None)
    if bounds and share.precision is not None:
        assert 0 <= bounds[0] <= share.precision + 1e-9
        assert share.precision <= bounds[1] + 1e-9 <= 1 + 2e-9


def test_a_run_is_held_against_the_decisions():
    rows = [
        row(1),
        row(2, key="C79.51", verb="replace", code="C79.52", reason="x"),
        row(3, key="C7A.1", verb="reject", reason="x"),
        row(4, key="Z51.11", verb="add", code="Z51.11", rule=""),
        row(5, record_id="gone", encounter_id="gone"),
    ]

    def record(name: str, *codes: str) -> Located:
        told = {"note_id": name, "level": "encounter", "patient_id": "p", "codes": [{"code": c} for c in codes]}
        return Located(where="x:1", record=told)

    found = against(rows, [record("e", "C78.7", "C79.52", "C7A.1", "C80.1"), record("other", "C80.1")])
    assert (found.records, found.absent) == (1, 1)
    assert (found.found, found.missed, found.gone, found.refused_again, found.undecided) == (2, 1, 1, 1, 1)
    assert (found.record()["precision"], found.record()["recall"]) == (0.6667, 0.6667)
    assert (found.missed_codes, found.again_codes) == ({"Z51.11": 1}, {"C7A.1": 1})


def test_all_of_it_is_told_and_no_reason():
    rows = [
        row(1, confidence=0.95),
        row(2, verb="reject", reason="Quite", by="bob", before=1),
        row(3, key="Z51.11", verb="add", code="Z51.11", rule=""),
        row(4, subject="gap", key="G01_X", rule="G01_X", verb="dismiss", reason="Quite"),
        row(1, kind=Kind.SECOND_REVIEW, subject="", key="", rule="", verb="disagrees", reason="Quite"),
    ]
    told = [" ".join(line.split()) for line in judgement_lines(judge(rows), 20)]
    for line in ("r 1 1 0 0.500 0.095-0.905", "added by reviewers: Z51.11 1", "G01_X dismissed 1", "disagrees with e",
                 "e C78.7 accept -> reject"):  # fmt: skip
        assert line in told
    assert "Quite" not in "".join(told)
    assert any("--show" in line for line in judgement_lines(judge([row(n, rule=f"r{n}") for n in range(5)]), 3))
    assert list(judgement_lines(judge([]), 20)) == []
