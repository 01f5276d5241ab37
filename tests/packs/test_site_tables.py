"""The code tables of sites: every code a billable leaf of the right side, every site and part covered, no day without a row."""

from __future__ import annotations

import datetime as dt

import pytest

from oncospan.coding.tables import FAMILY_COLUMNS, PRIMARY_COLUMNS, SECONDARY_COLUMNS, tables_of
from oncospan.icd import CodeSet, NoteType, code_set, neoplasm_table
from oncospan.icd.patterns import target
from oncospan.pack import Pack
from oncospan.tables import Row, read_tsv

PRIMARY_CELLS = tuple(c for c in PRIMARY_COLUMNS if c not in {"subsite", "site", "note"})
SIDED = {"right": " right", "left": " left"}
NEW_IN_FY2027 = {"C78.31", "C78.32", "C79.83"}

TABLE_LINES = {
    "liver": "liver", "bone": "bone", "lung": "lung", "pleura": "pleura, pleural", "mediastinum": "mediastinum, mediastinal",
    "trachea": "trachea", "larynx": "larynx, laryngeal NEC", "pharynx": "pharynx, pharyngeal", "oral_cavity": "mouth",
    "tongue": "tongue", "pancreas": "pancreas", "stomach": "stomach", "esophagus": "esophagus", "gallbladder": "gallbladder",
    "bile_duct": "bile or biliary > duct or passage", "ampulla": "ampulla of Vater", "kidney": "kidney",
    "renal_pelvis": "renal > pelvis", "ureter": "ureter, ureteral", "bladder": "bladder", "urethra": "urethra, urethral",
    "prostate": "prostate", "testis": "testis, testes", "penis": "penis", "ovary": "ovary", "fallopian_tube": "fallopian tube",
    "uterus": "uterus, uteri, uterine", "cervix": "cervix", "vagina": "vagina, vaginal", "vulva": "vulva", "placenta": "placenta",
    "peritoneum": "peritoneum, peritoneal", "retroperitoneum": "retroperitoneum", "bone_marrow": "marrow NEC", "skin": "skin NOS",
    "brain": "brain NEC", "meninges.spinal": "meninges > spinal", "meninges.cerebral": "meninges > cerebral",
    "spinal_cord": "cord > spinal", "eye": "eye NEC", "adrenal": "adrenal > gland", "breast": "breast", "heart": "heart",
    "pericardium": "pericardium", "thyroid": "thyroid", "parathyroid": "parathyroid", "pituitary": "pituitary", "thymus": "thymus",
    "carotid_body": "carotid > body", "paraganglia": "paraganglion NEC", "salivary_gland": "salivary gland or duct",
    "duodenum": "duodenum", "jejunum": "jejunum", "ileum": "ileum", "cecum": "cecum", "appendix": "appendix", "colon": "colon",
    "rectosigmoid": "rectosigmoid", "rectum": "rectum", "anus": "anus, anal", "nasal_sinus": "sinus > nasal, paranasal NEC",
    "head_neck": "head NEC", "soft_tissue": "connective tissue NEC", "nerve": "nerve > peripheral NEC",
    "brain.cns": "central nervous system", "other.gi_tract": "alimentary canal or tract NEC", "other.intestine": "intestine, intestinal",
}  # fmt: skip
"""The line of the Table of Neoplasms whose secondary column a site follows."""


@pytest.fixture(scope="module")
def codes(pack: Pack) -> CodeSet:
    """The code set the tables are written for."""
    return code_set(pack, "FY2027")


@pytest.fixture(scope="module")
def primary(pack: Pack) -> list[Row]:
    """The rows of primary_sites.tsv."""
    return list(read_tsv(pack.root / "coding" / "primary_sites.tsv", PRIMARY_COLUMNS))


@pytest.fixture(scope="module")
def secondary(pack: Pack) -> list[Row]:
    """The rows of secondary_sites.tsv."""
    return list(read_tsv(pack.root / "coding" / "secondary_sites.tsv", SECONDARY_COLUMNS))


def test_every_primary_code_is_a_billable_leaf(primary: list[Row], codes: CodeSet) -> None:
    wrong = [
        (row.where, column, row[column])
        for row in primary
        for column in PRIMARY_CELLS
        if row[column] and codes.covers(row[column]) and not codes.billable(row[column])
    ]
    assert wrong == []


def test_every_primary_code_in_scope_is_shipped(primary: list[Row], codes: CodeSet) -> None:
    out_of_scope = {row["subsite"] for row in primary if not codes.covers(row["code"])}
    assert out_of_scope <= {"bone_marrow"}


def test_side_of_a_code_is_the_side_of_its_column(primary: list[Row], secondary: list[Row], codes: CodeSet) -> None:
    for row in (*primary, *secondary):
        for column, code in row.cells.items():
            side = column.rpartition("_")[2]
            if side in SIDED and code:
                assert SIDED[side] in codes.title(code).lower(), (row.where, column, code)
            if column == "code" and row["right"]:
                assert not any(f"{s} " in codes.title(code).lower() + " " for s in SIDED.values()), (row.where, code)


def test_right_and_left_stand_together(primary: list[Row], secondary: list[Row]) -> None:
    for row in (*primary, *secondary):
        assert bool(row["right"]) == bool(row["left"]), row.where


def test_titles_fit_the_family_of_the_column(primary: list[Row], codes: CodeSet) -> None:
    for row in primary:
        assert "carcinoid" in codes.title(row["carcinoid"]).lower(), row.where
        assert row["z85_carcinoid"].startswith("Z85"), row.where
        assert row["z85_other"].startswith("Z85"), row.where
        for column, word in (("merkel", "merkel cell"), ("melanoma", "melanoma")):
            for name in (column, f"{column}_right", f"{column}_left"):
                assert not row[name] or word in codes.title(row[name]).lower(), (row.where, name)
        assert bool(row["merkel"]) == (row["site"] in {"skin", "unknown_primary", "unspecified"}), row.where


def test_types_of_skin_cancer_differ_in_one_character(primary: list[Row], codes: CodeSet) -> None:
    for row in primary:
        if row["site"] == "skin":
            for code in filter(None, (row["code"], row["right"], row["left"])):
                for digit, word in (("1", "basal"), ("2", "squamous"), ("9", "other specified")):
                    typed = code[:5] + digit + code[6:]
                    assert word in codes.title(typed).lower(), (row.where, typed)


def test_breast_of_a_man_differs_in_one_character(primary: list[Row], codes: CodeSet) -> None:
    for row in primary:
        if row["site"] == "breast":
            for code in (row["code"], row["right"], row["left"]):
                assert "female" in codes.title(code), row.where
                assert " male" in codes.title(code[:5] + "2" + code[6:]), row.where


def test_every_site_and_part_of_the_words_has_a_primary_row(pack: Pack, primary: list[Row]) -> None:
    rows = {row["subsite"]: row["site"] for row in primary}
    for rule in pack.terms:
        named = [rule.concept] if rule.category == "site" else []
        named += [v for k in ("site", "subsite") if (v := rule.attrs.get(k))]
        assert not [n for n in named if n not in rows], rule.where


def test_rows_are_sorted_and_parts_belong_to_their_site(primary: list[Row], secondary: list[Row]) -> None:
    keys = [row["subsite"] for row in primary]
    assert keys == sorted(set(keys))
    assert all(row["subsite"].split(".")[0] == row["site"] for row in primary)
    assert {row["site"] for row in primary} <= set(keys)
    order = [(row["site"], row["from"]) for row in secondary]
    assert [site for site, _ in order] == sorted(site for site, _ in order)


def test_every_secondary_code_is_a_billable_leaf(secondary: list[Row], codes: CodeSet) -> None:
    for row in secondary:
        for code in (*row["carcinoid"].split(" or "), row["code"], row["right"], row["left"], *row["bilateral"].split("+")):
            assert not code or codes.billable(code), (row.where, code)


def test_secondary_codes_of_earlier_years_were_billable_then(pack: Pack, secondary: list[Row]) -> None:
    for release in ("FY2025", "FY2026"):
        then = code_set(pack, release)
        for row in secondary:
            if row["from"] < "2026-10-01":
                assert then.billable(row["code"]), (row.where, release)
    assert {row["code"] for row in secondary if row["from"]} == NEW_IN_FY2027


@pytest.mark.parametrize("day", [dt.date(2024, 10, 1), dt.date(2026, 9, 30), dt.date(2026, 10, 1), dt.date(2026, 11, 10)])
def test_every_site_has_one_secondary_row_a_day(primary: list[Row], secondary: list[Row], day: dt.date) -> None:
    iso = day.isoformat()
    rows = [r["site"] for r in secondary if (r["from"] or "0") <= iso <= (r["until"] or "9")]
    assert len(rows) == len(set(rows))
    assert {row["site"] for row in primary} <= set(rows)


def test_secondary_codes_follow_the_table_of_neoplasms(pack: Pack, secondary: list[Row]) -> None:
    table = {line.term: line.secondary for line in neoplasm_table(pack, "FY2025")}
    before = {row["site"]: row for row in secondary if row["from"] < "2026-10-01"}
    for site, term in TABLE_LINES.items():
        expected = table[term]
        got = before[site]["code"]
        assert got == expected or (expected.endswith("-") and got.startswith(expected[:-1])), (site, term, got, expected)


def test_carcinoid_deposits_have_the_leaves_of_the_index(secondary: list[Row]) -> None:
    own = {
        "liver": "C7B.02", "bile_duct.intrahepatic": "C7B.02", "bone": "C7B.03", "peritoneum": "C7B.04",
        "lymph_node_intraabdominal.mesenteric": "C7B.04", "unspecified": "C7B.00", "unknown_primary": "C7B.00",
        "retroperitoneum": "C7B.09 or C7B.04",
    }  # fmt: skip
    for row in secondary:
        node = row["site"].startswith("lymph_node")
        assert row["carcinoid"] == own.get(row["site"], "C7B.01" if node else "C7B.09"), row.where


def test_family_history_follows_the_inclusion_terms_of_the_book(pack: Pack, codes: CodeSet) -> None:
    """Every row lies within what the Tabular List classifies to its code, or to the header above it."""
    for row in read_tsv(pack.root / "coding" / "family_codes.tsv", FAMILY_COLUMNS):
        if row["code"] == "Z83.41":
            assert row["of"] == "E31.2-"
            continue
        said = [t for n in codes.notes(row["code"], NoteType.INCLUSION) for t in n.targets]
        own = target(row["of"])
        assert own is not None, row.where
        for end in (own.first, own.last):
            assert any(t.matches(end, codes.order) for t in said), row.where
        assert codes.billable(row["code"]), row.where


NO_RELATIVE = "C80.2"
"""The book classifies a cancer in a transplanted organ to no family history code; its specific malignancy has one."""


def test_every_malignant_primary_has_a_family_history_code(pack: Pack, primary: list[Row], codes: CodeSet) -> None:
    family = tables_of(pack).family
    for row in primary:
        for cell in filter(None, (row["code"], row["carcinoid"], row["merkel"], row["melanoma"])):
            if codes.covers(cell) and cell not in ("-", NO_RELATIVE):
                assert any(of.matches(cell, codes.order) for of, _ in family), (row.where, cell)
