"""What differs between releases, and the Index of each."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from oncospan.errors import UsageError
from oncospan.icd import index_code, index_table
from oncospan.icd.compare import Difference, compare
from oncospan.pack import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    root = Path(__file__).parents[2] / "models" / "oncospan_metastatic"
    return Pack(name="icd", version="0", digest="shipped", root=root, terms=(), settings=MappingProxyType({}))


@pytest.fixture(scope="module")
def newest(pack: Pack) -> Difference:
    return compare(pack, "FY2026", "FY2027")


def test_fy2027_adds_three_secondary_codes(newest: Difference) -> None:
    assert [c.code for c in newest.added] == ["C78.31", "C78.32", "C79.83"]
    assert newest.removed == newest.titles == newest.billable == ()
    assert [(n.code, n.sign, n.text) for n in newest.notes] == [
        ("Z51.5", "+", "Encounter for comfort care"),
        ("Z51.5", "+", "Encounter for hospice care"),
    ]


def test_fy2027_moves_secondary_cells_only(newest: Difference) -> None:
    assert len(newest.neoplasm) == 225
    assert {(c.old, c.new) for c in newest.neoplasm} == {("C78.39", "C78.31"), ("C79.89", "C78.32"), ("C79.89", "C79.83")}
    assert all(c.what.endswith(" (secondary)") for c in newest.neoplasm)


def test_fy2027_moves_the_index_default_of_neuroendocrine_tumor(pack: Pack, newest: Difference) -> None:
    assert [(c.what, c.old, c.new) for c in newest.index] == [("Tumor > neuroendocrine", "D3A.8", "C7A.-")]
    found = [index_code(pack, name, "Tumor", "neuroendocrine") for name in ("FY2025", "FY2026", "FY2027")]
    assert found == ["D3A.8", "D3A.8", "C7A.-"]
    assert index_code(pack, "FY2027", "Carcinoma", "neuroendocrine", "high grade, any site") == "C7A.1"
    assert index_code(pack, "FY2027", "Tumor", "no such") is None


def test_the_other_way_round_what_was_added_is_gone(pack: Pack, newest: Difference) -> None:
    back = compare(pack, "FY2027", "FY2026")
    assert [c.code for c in back.removed] == [c.code for c in newest.added]
    assert back.added == ()
    assert [(c.what, c.new) for c in back.neoplasm] == [(c.what, c.old) for c in newest.neoplasm]


def test_fy2026_turns_a_code_into_a_header(pack: Pack) -> None:
    difference = compare(pack, "FY2025", "FY2026")
    assert [(c.what, c.old, c.new) for c in difference.billable] == [("E88.1", "billable", "header")]
    assert "C50.A1" in [c.code for c in difference.added]
    assert ("C77", "-", "excludes1") in [(n.code, n.sign, n.type) for n in difference.notes]


def test_a_release_has_no_difference_from_itself(pack: Pack) -> None:
    same = compare(pack, "FY2026", "FY2026").record()
    assert {k: v for k, v in same.items() if v} == {"from": "FY2026", "to": "FY2026"}


def test_an_unknown_release_is_refused(pack: Pack) -> None:
    with pytest.raises(UsageError, match="FY1999"):
        compare(pack, "FY1999", "FY2027")


@pytest.mark.parametrize("year", ["FY2025", "FY2026", "FY2027"])
def test_every_index_line_says_something(pack: Pack, year: str) -> None:
    rows = index_table(pack, year)
    assert len(rows) > 400
    assert all(r.code or r.see for r in rows)
