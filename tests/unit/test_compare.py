from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oncospan.errors import InputError
from oncospan.evaluate.compare import NoteDifference, changes, compare, paired
from oncospan.evaluate.items import items_of
from oncospan.evaluate.judge import judged
from oncospan.evaluate.records import Located, read_records
from oncospan.evaluate.tally import Tally


def span(start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "text": "x" * (end - start)}


def finding(kind: str, concept: str, at: int = 0, assertion: str = "present", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "concept": concept, "assertion": assertion, "evidence": [span(at, at + 5)], **more}


def code(name: str, status: str = "proposed", confidence: float = 0.9, sequence: int = 2) -> dict[str, Any]:
    return {"code": name, "status": status, "confidence": confidence, "sequence": sequence, "evidence": [span(0, 5)]}


def gap(name: str, **more: Any) -> dict[str, Any]:
    return {"gap": name, "severity": "medium", "codes": [], "evidence": [], **more}


def record(name: str = "n", **parts: Any) -> dict[str, Any]:
    return {"note_id": name, "findings": [], "codes": [], "gaps": [], **parts}


def run(*records: dict[str, Any]) -> list[Located]:
    return [Located(where=f"x.jsonl:{n}", record=r) for n, r in enumerate(records, start=1)]


def told(old: dict[str, Any], new: dict[str, Any], sure: float = 0.75) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(c.what, c.kind, c.item.concept, c.fields) for c in changes(items_of(old), items_of(new), sure)]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ({}, {"findings": [finding("metastasis", "liver")]}, ("appeared", "metastasis", "liver", ())),
        ({"findings": [finding("primary", "ileum")]}, {}, ("vanished", "primary", "ileum", ())),
        (
            {"findings": [finding("metastasis", "liver")]},
            {"findings": [finding("metastasis", "liver", assertion="absent", side="left")]},
            ("changed", "metastasis", "liver", ("assertion", "side")),
        ),
        (
            {"findings": [finding("functional", "insulinoma", 0)]},
            {"findings": [finding("functional", "insulinoma", 9)]},
            ("changed", "functional", "insulinoma", ("evidence",)),
        ),
        ({"codes": [code("C7A.8")]}, {"codes": [code("C7A.8", "review")]}, ("changed", "code_review", "C7A.8", ("status",))),
        ({"codes": []}, {"codes": [code("C7A.8", "review")]}, ("appeared", "code_review", "C7A.8", ())),
        (
            {"codes": [code("C7A.8", confidence=0.9)]},
            {"codes": [code("C7A.8", confidence=0.5)]},
            ("changed", "code_proposed", "C7A.8", ("confidence",)),
        ),
        (
            {"codes": [code("C7A.8", sequence=1)]},
            {"codes": [code("C7A.8", sequence=2)]},
            ("changed", "code_proposed", "C7A.8", ("first_listed",)),
        ),
        (
            {"gaps": [gap("G11")]},
            {"gaps": [gap("G11", severity="high", query={"title": "t"})]},
            ("changed", "gap", "G11", ("severity", "query")),
        ),
        ({}, {"errors": [{"code": "empty_note"}]}, ("appeared", "error", "empty_note", ())),
    ],
)
def test_what_differs_is_told_once(old: dict[str, Any], new: dict[str, Any], what: tuple[Any, ...]) -> None:
    assert told(record(**old), record(**new)) == [what]


def test_what_is_no_change() -> None:
    old = record(findings=[finding("primary", "ileum", id="f1"), finding("metastasis", "liver", 9, id="f2", origin="f1")])
    new = record(findings=[finding("metastasis", "liver", 9, id="f1", origin="f2"), finding("primary", "ileum", id="f2")])
    assert told(old, new) == [], "ids and order are not compared"
    assert told(record(codes=[code("C7A.8", confidence=0.9)]), record(codes=[code("C7A.8", confidence=0.8)])) == []
    assert told(record(codes=[code("C7A.8", sequence=3)]), record(codes=[code("C7A.8")])) == []
    lacking = record(findings=[finding("primary", "ileum", side=None, flags=None, of=None, attributes={"method": None})])
    assert told(record(findings=[finding("primary", "ileum")]), lacking) == [], "Parquet writes what is lacking as null"


def test_the_confidence_that_counts_can_be_chosen() -> None:
    old, new = record(codes=[code("C7A.8", confidence=0.9)]), record(codes=[code("C7A.8", confidence=0.8)])
    assert told(old, new, 0.85) == [("changed", "code_proposed", "C7A.8", ("confidence",))]


def test_of_several_findings_of_one_concept_those_at_the_same_place_belong_together() -> None:
    old = record(findings=[finding("metastasis", "lung", 0, side="left"), finding("metastasis", "lung", 50, side="right")])
    new = record(findings=[finding("metastasis", "lung", 51, "uncertain", side="right")])
    found = list(changes(items_of(old), items_of(new)))
    assert [(c.what, c.fields) for c in found] == [("changed", ("assertion", "evidence")), ("vanished", ())]
    assert found[0].record()["old_places"] == [[50, 55]]
    assert found[1].record()["old_places"] == [[0, 5]]


def test_a_change_holds_no_words_of_the_note() -> None:
    old = record(gaps=[gap("G11", query={"title": "t", "question": "Quetzalcoatl"}, evidence=[span(0, 5)])])
    new = record(gaps=[gap("G11", query={"title": "t", "question": "Tlaloc"}, evidence=[{**span(1, 6), "text": "Tlalo"}])])
    (change,) = changes(items_of(old), items_of(new))
    shown = json.dumps(change.record()) + repr(change)
    assert change.fields == ("evidence", "query")
    assert not any(word in shown for word in ("Quetz", "Tlal", "xxxxx"))


def test_records_meet_by_id_whatever_their_order() -> None:
    old, new = run(*(record(n) for n in "abcd")), run(*(record(n) for n in "xdbae"))
    names = [(a and a.name, b and b.name) for a, b in paired(old, new)]
    assert names == [("b", "b"), ("d", "d"), ("a", "a"), ("c", None), (None, "x"), (None, "e")]


def test_the_second_note_of_an_id_meets_the_second() -> None:
    old = run(record("a"), record("a", codes=[code("C7A.8")]))
    new = run(record("a"), record("a", codes=[code("C7A.8")]), record("a"))
    assert [(d.only_in, len(d.changes)) for d in compare(old, new)] == [("", 0), ("", 0), ("new", 0)]


def test_runs_in_the_same_order_are_streamed() -> None:
    read = 0

    def rows() -> Iterator[Located]:
        nonlocal read
        for n in range(100):
            read += 1
            yield Located(where="", record=record(str(n)))

    stream = compare(rows(), run(*(record(str(n)) for n in range(100))))
    next(stream)
    assert read == 1


def test_records_of_another_level_are_refused() -> None:
    with pytest.raises(InputError, match="one patient") as caught:
        list(compare(run(record("a")), run(record("a", level="patient"))))
    assert caught.value.where == "x.jsonl:1"
    assert "--by" in caught.value.hint


GOLD = {
    "primaries": [{"site": "ileum", "certainty": "certain", "status": "current"}],
    "metastases": [{"site": "liver", "assertion": "present"}],
    "functional": [], "confirmations": [],
    "codes": [{"code": "C7A.012", "quotes": []}], "alternates": {"C7A.012": ["C7A.019"], "?E34.00": []}, "gaps": ["G11", "?G03"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "verdicts"),
    [
        ({}, {"findings": [finding("metastasis", "liver")]}, ["gain"]),
        ({}, {"findings": [finding("metastasis", "bone")]}, ["loss"]),
        ({"findings": [finding("metastasis", "bone")]}, {}, ["gain"]),
        ({"findings": [finding("metastasis", "liver")]}, {}, ["loss"]),
        ({"findings": [finding("primary", "ileum")]}, {"findings": [finding("primary", "ileum", 0, "history")]}, ["loss"]),
        ({}, {"findings": [finding("primary", "ileum", 0, "history")]}, ["both"]),
        (
            {"findings": [finding("metastasis", "liver")]},
            {"findings": [finding("metastasis", "liver"), finding("metastasis", "liver", 9)]},
            ["neither"],
        ),
        ({}, {"findings": [finding("treatment", "octreotide")]}, ["neither"]),
        ({}, {"codes": [code("C7A.012")]}, ["gain"]),
        ({}, {"codes": [code("C7A.019")]}, ["gain"]),
        ({"codes": [code("C7A.012")]}, {"codes": [code("C7A.019")]}, ["neither", "neither"]),
        ({"codes": [code("C7A.012")]}, {"codes": [code("C7A.012", "review")]}, ["loss"]),
        ({}, {"codes": [code("E34.00")]}, ["neither"]),
        ({}, {"codes": [code("C18.9")]}, ["loss"]),
        ({"codes": [code("C18.9")]}, {}, ["gain"]),
        ({}, {"gaps": [gap("G11_X"), gap("G03_X"), gap("G05_X")]}, ["gain", "neither", "loss"]),
    ],
)
def test_the_gold_says_what_is_a_gain(old: dict[str, Any], new: dict[str, Any], verdicts: list[str]) -> None:
    (difference,) = compare(run(record(**old)), run(record(**new)))
    assert [c.verdict for c in judged(difference, GOLD).changes] == verdicts


def test_a_note_of_one_run_alone_has_no_verdict() -> None:
    (difference,) = compare(run(record()), [])
    assert judged(difference, GOLD) == difference


def test_the_tally_puts_the_most_frequent_first() -> None:
    tally = Tally()
    olds = [record(str(n), findings=[finding("metastasis", "liver"), finding("metastasis", "bone")]) for n in range(3)]
    news = [record(str(n), findings=[finding("metastasis", "liver", 0, "absent")] * (n < 2), gaps=[gap("G1")]) for n in range(3)]
    for d in compare(run(*olds), run(*news, record("z"))):
        tally.add(d)
    found = tally.record()
    assert (found["same"], found["notes_in_both"], found["notes_differing"], found["only_in_new"]) == (False, 3, 3, ["z"])
    rows = [
        (r["kind"], r["appeared"], r["vanished"], r["changed"], [c["concept"] for c in r["concepts"]]) for r in found["kinds"]
    ]
    assert rows == [("metastasis", 0, 4, 2, ["bone", "liver"]), ("gap", 3, 0, 0, ["G1"])]
    assert found["kinds"][0]["fields"] == {"assertion": 2}


def test_two_runs_that_agree_are_the_same() -> None:
    tally = Tally()
    tally.add(NoteDifference(name="a"))
    assert tally.same


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('{"id": "a", "text": "t"}', "no note_id"),
        ('{"note_id": "a", "findings": [], "codes": {}, "gaps": []}', "no list 'codes'"),
        ('{"note_id": "a", "findings": [{}], "codes": [], "gaps": []}', "an entry of 'findings' without kind"),
        ('{"note_id": "a", "findings": [], "codes": [{"code": "C", "evidence": [{"start": 1}]}], "gaps": []}', "without start"),
        ('{"note_id": "a", "findings": [], "codes": [], "gaps": [], "schema_version": 2}', "version 2, and this release reads"),
    ],
)
def test_what_is_no_record_is_named_by_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(record("Quetzalcoatl")) + "\n\n" + line + "\n")
    with pytest.raises(InputError, match=message) as caught:
        list(read_records(path))
    assert caught.value.where == "x.jsonl:3"
    assert caught.value.hint
    assert "Quetz" not in str(caught.value)
