"""Every billable code of the Neoplasm Table, malignant primary and secondary columns, can be reached from the code tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import pytest

from oncospan.coding.primary import of_a_man
from oncospan.coding.tables import CodeTables, Leaf, tables_of
from oncospan.engine import Settings, analyser_of
from oncospan.icd import CodeSet, NeoplasmRow, code_set, neoplasm_table
from oncospan.pack import Pack
from oncospan.types import Note

RELEASES = ("FY2025", "FY2026", "FY2027")

BY_RULE = {"C80.0": "given by the rule for disseminated cancer with neither primary nor deposits named (SPEC 3.3, 3.8)"}
"""Codes that a coding rule gives, no table row, with the reason."""


@pytest.fixture(scope="module")
def tables(pack: Pack) -> CodeTables:
    """The code tables of the pack."""
    return tables_of(pack)


def in_scope(code: str) -> bool:
    """Whether a code is a plain malignant neoplasm: C00-C80 without the families C4A, C7A and C7B."""
    return code < "C81" and not code.startswith(("C4A", "C7A", "C7B"))


def cells(pack: Pack, codes: CodeSet, column: Callable[[NeoplasmRow], str]) -> set[str]:
    """The billable codes a column of the table names, a header with an open end standing for its leaves."""
    named = {column(row) for row in neoplasm_table(pack, codes.release.name)} - {"", "-"}
    return {leaf for code in named for leaf in codes.leaves(code) if in_scope(leaf)}


def of_leaf(leaf: Leaf) -> set[str]:
    """All codes of a row."""
    return {leaf.any, leaf.right, leaf.left, *leaf.bilateral} - {""}


def primary_codes(tables: CodeTables) -> set[str]:
    """The codes the tables of primaries and histologies hold, those of a man's breast with those of a woman's."""
    leaves: Iterator[Leaf] = (x for row in tables.primary.values() for x in (row.plain, row.merkel, row.melanoma))
    held = {code for leaf in (*leaves, *tables.histology.values()) for code in of_leaf(leaf)}
    return held | {of_a_man(code) for code in held}


def secondary_codes(tables: CodeTables, on: dt.date) -> set[str]:
    """The codes the table of deposits holds on a day."""
    rows = (row for found in tables.secondary.values() for row in found)
    return {
        c for row in rows if (not row.start or row.start <= on) and (not row.end or on <= row.end) for c in of_leaf(row.plain)
    }


def unreached(wanted: Iterable[str], held: set[str], codes: CodeSet) -> list[str]:
    """The wanted codes that neither a table nor a rule gives, with their titles."""
    return [f"{c} {codes.title(c)}" for c in sorted(wanted) if c not in held and c not in BY_RULE]


@pytest.mark.parametrize("release", RELEASES)
def test_every_primary_code_of_the_table_is_reached(pack: Pack, tables: CodeTables, release: str) -> None:
    codes = code_set(pack, release)
    wanted = cells(pack, codes, lambda row: row.primary)
    assert len(wanted) > 500
    assert unreached(wanted, primary_codes(tables) | secondary_codes(tables, codes.release.valid_from), codes) == []


@pytest.mark.parametrize("release", RELEASES)
def test_every_secondary_code_of_the_table_is_reached(pack: Pack, tables: CodeTables, release: str) -> None:
    codes = code_set(pack, release)
    wanted = cells(pack, codes, lambda row: row.secondary)
    assert len(wanted) > 40
    assert unreached(wanted, secondary_codes(tables, codes.release.valid_from), codes) == []


@pytest.mark.parametrize("release", RELEASES)
def test_every_billable_code_of_the_chapter_is_reached(pack: Pack, tables: CodeTables, release: str) -> None:
    codes = code_set(pack, release)
    wanted = [c for c in codes.leaves("C") if in_scope(c)]
    assert unreached(wanted, primary_codes(tables) | secondary_codes(tables, codes.release.valid_from), codes) == []


def test_what_a_rule_gives_stands_in_no_table(pack: Pack, tables: CodeTables) -> None:
    assert not BY_RULE.keys() & (primary_codes(tables) | secondary_codes(tables, code_set(pack, "FY2027").release.valid_from))


def test_every_part_of_the_table_has_words(pack: Pack, tables: CodeTables) -> None:
    named = {v for rule in pack.terms for k in ("site", "subsite") if (v := rule.attrs.get(k))}
    named |= {rule.concept for rule in pack.of_category("site")}
    assert tables.primary.keys() - named == NO_WORDS


NO_WORDS = {"unknown_primary", "unspecified", "nasal_sinus.paranasal"}
"""Rows no site words name: a tumor without a site, and a part with the leaf of its site."""


NOT_BY_TITLE = {
    "a histology whose behavior or site the title leaves open": "C45.7 C46.3 C46.4 C46.7 C49.A9 C22.7",
    "an ill-defined region, or no site at all: nothing is coded without a tumor placed in an organ": (
        "C76.0 C76.1 C76.2 C76.3 C76.40 C76.50 C76.8 C80.1"
    ),
    "the title's 'other' sites say no more than the site itself": "C48.1 C63.7 C78.39 C78.89 C79.19 C79.49 C79.89 C4A.8",
    "the site of the title is no word of notes": "C17.3 C79.40 C79.82",
    "a histology in the plural, which speaks of such tumors in general": "C22.4",
    "a liver cancer without a word of metastasis is a primary here (SPEC 3.7)": "C22.9",
    "the lip of a melanoma is told from the mouth by an article or a side": "C43.0 C4A.0",
    "the regions behind the node words are read where the spread is told as metastases": "C77.8",
}
"""Codes whose bare official title does not give them, by reason."""


def test_a_title_as_a_problem_list_prints_it_gives_its_code(pack: Pack) -> None:
    codes = code_set(pack, "FY2027")
    analyser = analyser_of(Settings())
    left = set()
    for code in (c for c in codes.leaves("C") if c < "C81" and not c.startswith(("C7A", "C7B"))):
        note = Note(text=f"Assessment: {codes.title(code)}, treatment planned.", note_date=codes.release.valid_from)
        if [c.code for c in analyser.analyse(note).codes] != [code]:
            left.add(code)
    assert left == set(chain.from_iterable(listed.split() for listed in NOT_BY_TITLE.values()))
