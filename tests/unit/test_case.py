"""The case of a note and of a chart: order, offsets, copied blocks, and what findings of several notes settle on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospan.case import NotedFindings, case_of, in_order, last_encounter, lay_out, merge
from oncospan.case.copied import BLOCK, Earlier
from oncospan.types import Assertion, AuthorRole, Evidence, Finding, Kind, Note, Setting

ON = dt.date(2026, 11, 9)
BLOCK_TEXT = "Innumerable enhancing liver metastases, the largest measuring 3.4 cm in segment VII."


def note(name: str, text: str, day: int | None = 1, **more: Any) -> Note:
    date = dt.date(2026, 11, day) if day else None
    return Note(text=text, note_id=name, note_date=date, **more)


def said(n: Note, words: str, **more: Any) -> Finding:
    """A finding on the first place of some words in a note."""
    start = n.text.index(words)
    evidence = (Evidence(start=start, end=start + len(words), text=words, section=more.pop("section", None), rule="r"),)
    kept = {"id": "f1", "kind": Kind.METASTASIS, "concept": "liver", "assertion": Assertion.PRESENT} | more
    return Finding(evidence=evidence, **kept)


def test_the_case_of_a_note_is_its_findings() -> None:
    n = note("n", "liver metastases", setting="inpatient", author_role="radiologist", note_type="CT")
    case = case_of(n, [said(n, "liver")], ON)
    assert (case.setting, case.author_role, case.on, case.note_type) == (Setting.INPATIENT, AuthorRole.RADIOLOGIST, ON, "CT")


def test_notes_stand_by_date_then_type_then_id_and_once() -> None:
    first, late = note("z", "a", 1), note("a", "b", 2, note_type="Discharge Summary")
    same = note("b", "c", 2)
    undated = note("u", "d", None)
    assert in_order([late, same, first, undated, same]) == (undated, first, same, late)


def test_a_chart_gives_every_span_back_to_its_note() -> None:
    a, b = note("a", "liver metastases", 1), note("b", "No liver metastases", 2)
    chart = lay_out([NotedFindings(note=b, findings=(said(b, "liver"),)), NotedFindings(note=a, findings=(said(a, "liver"),))])
    spans = [chart.span(e.record()) for p in chart.parts for f in p.findings for e in f.evidence]
    assert [(s["note_id"], s["start"], s["end"]) for s in spans] == [("a", 0, 5), ("b", 3, 8)]
    assert all(chart.text[e.start : e.end] == e.text for p in chart.parts for f in p.findings for e in f.evidence)
    with pytest.raises(ValueError, match="before the first note"):
        chart.part_at(0)


def test_nothing_of_a_chart_prints_patient_text() -> None:
    a = note("a", "Quetzalcoatl metastases")
    chart = lay_out([NotedFindings(note=a, findings=(said(a, "Quetzalcoatl"),))])
    assert "Quetzalcoatl" not in repr(chart)
    assert "Quetzalcoatl" not in repr(merge(chart, chart.parts, ON))


def test_the_last_encounter_of_a_patient() -> None:
    notes = [note("a", "x", 1, encounter_id="e1"), note("b", "y", 2, encounter_id="e2"), note("c", "z", 3, encounter_id="e1")]
    chart = lay_out(NotedFindings(note=n, findings=()) for n in notes)
    assert [p.note.note_id for p in last_encounter(chart)] == ["a", "c"]
    alone = lay_out(NotedFindings(note=note(i, i), findings=()) for i in "ab")
    assert [p.note.note_id for p in last_encounter(alone)] == ["b"]
    assert last_encounter(lay_out([])) == ()


def test_a_block_is_found_whatever_its_white_space() -> None:
    earlier = Earlier()
    earlier.add(["Report of today.\n" + BLOCK_TEXT])
    later = "Seen on rounds.  " + BLOCK_TEXT.replace(" ", " \n  ") + " Stable."
    ((start, end),) = earlier.blocks(later)
    assert " ".join(later[start:end].split()).endswith(BLOCK_TEXT)


def test_a_short_repeat_is_no_block() -> None:
    earlier = Earlier()
    earlier.add([BLOCK_TEXT[: BLOCK - 1]])
    assert earlier.blocks("x " + BLOCK_TEXT[: BLOCK - 1] + " y") == ()
    earlier.add([BLOCK_TEXT[:BLOCK]])
    assert len(earlier.blocks("x " + BLOCK_TEXT[:BLOCK] + " y")) == 1


def test_ruled_lines_and_empty_texts_are_no_trouble() -> None:
    earlier = Earlier()
    assert earlier.blocks(BLOCK_TEXT) == ()
    earlier.add(["", "-" * 5_000, " \n"])
    assert earlier.blocks("") == ()
    assert earlier.blocks("-" * 5_000) == ((0, 5_000),)


@given(
    before=st.text("ab \n", max_size=90),
    block=st.text("cdefgh ij", min_size=BLOCK, max_size=150),
    after=st.text("kl \n", max_size=90),
)
def test_every_block_of_sixty_characters_is_found(before: str, block: str, after: str) -> None:
    plain = " ".join(block.split())
    earlier = Earlier()
    earlier.add([f"{after}|{block}|{before}"])
    text = f"{before}~{block}~{after}"
    found = ["".join(text[a:b].split()) for a, b in earlier.blocks(text)]
    if len(plain) >= BLOCK:
        assert any("".join(block.split()) in f for f in found)
    assert all(0 <= a < b <= len(text) for a, b in earlier.blocks(text))


def test_copies_count_only_from_an_earlier_date() -> None:
    a, b = note("a", BLOCK_TEXT, 1), note("b", BLOCK_TEXT, 1)
    same_day = lay_out([NotedFindings(note=n, findings=(said(n, "liver metastases"),)) for n in (a, b)])
    assert [p.copied for p in same_day.parts] == [(), ()]
    c = note("c", BLOCK_TEXT, 2)
    chart = lay_out([NotedFindings(note=n, findings=(said(n, "liver metastases"),)) for n in (a, c)])
    assert [bool(p.copied) for p in chart.parts] == [False, True]
    span = chart.span(chart.parts[1].findings[0].evidence[0].record())
    assert (span["note_id"], span["copied"]) == ("c", True)


def merged(*found: NotedFindings) -> tuple[Finding, ...]:
    chart = lay_out(found)
    return merge(chart, chart.parts, ON).findings


def test_references_follow_the_findings_they_name() -> None:
    a = note("a", "ileal carcinoid with liver metastases", 1)
    b = note("b", "CT shows liver metastases", 2, author_role="radiologist")
    origin = said(a, "ileal carcinoid", kind=Kind.PRIMARY, concept="ileum", family="carcinoid", variant="carcinoid")
    met = said(a, "liver metastases", id="f2", origin="f1")
    shown = said(b, "liver metastases")
    test = said(b, "CT", id="f2", kind=Kind.CONFIRMATION, concept="ct", test="imaging", of="metastasis", supports=("f1",))
    found = merged(NotedFindings(note=a, findings=(origin, met)), NotedFindings(note=b, findings=(shown, test)))
    assert [(f.id, f.concept, f.origin, f.supports) for f in found] == [
        ("f1", "ileum", None, ()), ("f2", "liver", "f1", ()), ("f3", "ct", None, ("f2",)),
    ]  # fmt: skip
    assert [e.text for e in found[1].evidence] == ["liver metastases", "liver metastases"]
    assert found[1].family == "carcinoid"


def test_a_supposition_beside_a_statement_is_dropped_and_a_relatives_tumor_stays_apart() -> None:
    a = note("a", "if liver metastases; mother liver metastases; liver metastases", 1)
    b = note("b", "liver metastases", 2)
    supposed = said(a, "if liver metastases", assertion=Assertion.HYPOTHETICAL)
    relative = said(a, "mother liver metastases", id="f2", assertion=Assertion.FAMILY)
    found = merged(NotedFindings(note=a, findings=(supposed, relative)), NotedFindings(note=b, findings=(said(b, "liver"),)))
    assert [f.assertion for f in found] == [Assertion.FAMILY, Assertion.PRESENT]


def test_flags_that_another_note_settles_are_gone() -> None:
    a, b = note("a", "metastatic lung cancer", 1), note("b", "lung cancer", 2)
    kind = {"kind": Kind.PRIMARY, "concept": "lung", "family": "other"}
    open_one = said(a, "lung cancer", flags=frozenset({"direction_ambiguous", "metastatic_stated"}), **kind)
    plain = said(b, "lung cancer", **kind)
    (found,) = merged(NotedFindings(note=a, findings=(open_one,)), NotedFindings(note=b, findings=(plain,)))
    assert found.flags == {"metastatic_stated"}


def test_a_case_needs_a_note() -> None:
    with pytest.raises(ValueError, match="needs a note"):
        merge(lay_out([]), (), ON)


def test_the_weightiest_author_and_the_strictest_setting_head_the_case() -> None:
    a = note("a", "liver metastases", 1, author_role="nurse", setting="inpatient", note_type="nursing note")
    b = note("b", "liver metastases", 2, author_role="pathologist", note_type="pathology")
    chart = lay_out([NotedFindings(note=n, findings=(said(n, "liver"),)) for n in (a, b)])
    case = merge(chart, chart.parts, ON)
    assert (case.author_role, case.setting, case.note_type) == (
        AuthorRole.PATHOLOGIST,
        Setting.INPATIENT,
        "nursing note, pathology",
    )
    assert case.findings[0].flags == {"diagnostic_only"}
