"""The tables of tumors, details, syndromes, tests, treatments and status, and two code tables: well formed and consistent.

Whether every rule matches its own example is tested over the whole pack by ``test_terms.py``; here stands what only
these tables promise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

import pytest

from oncospan.coding.tables import FUNCTIONAL_COLUMNS, HISTOLOGY_COLUMNS
from oncospan.pack import TERM_COLUMNS, TermRule, _read_terms
from oncospan.tables import read_tsv

ROOT = Path(__file__).parents[2] / "models" / "oncospan_metastatic"
MINE = (
    "tumor", "grade", "behavior", "functional", "indicator", "imaging", "tissue", "treatment", "status", "encounter",
    "complication",
)  # fmt: skip
FAMILIES = frozenset(
    """carcinoid net nec_poorly_differentiated nec merkel small_cell islet_cell adrenal_paraganglia medullary_thyroid mixed
    other hematologic""".split()
)
FUNCTIONAL = frozenset(
    """carcinoid_syndrome carcinoid_heart_disease zollinger_ellison hyperinsulinism glucagonoma_syndrome vipoma_syndrome
    somatostatinoma_syndrome ectopic_acth siadh catecholamine_excess acromegaly_ghrh hypercalcemia_pthrp men nonfunctional
    other functioning""".split()
)
IMAGING = frozenset(
    """ct mri pet ssr_pet octreotide_scan mibg bone_scan xray ultrasound endoscopic_ultrasound endoscopy mammography
    angiography echocardiogram other_imaging""".split()
)
TISSUE = frozenset("biopsy fna cytology resection autopsy other_tissue".split())
BEHAVIORS = frozenset("malignant benign uncertain in_situ".split())
EFFECTS = frozenset("surgery exploration systemic ssa prrt endocrine radiation locoregional supportive none".split())
_TOKEN = re.compile(r"\w+|[^\w\s]")


@lru_cache(maxsize=1)
def rules() -> tuple[TermRule, ...]:
    """The rules of the tables under test, in file order."""
    return tuple(rule for category in MINE for rule in _read_terms(ROOT / "terms" / f"{category}.tsv", category))


def of(category: str) -> list[TermRule]:
    """The rules of one table."""
    return [r for r in rules() if r.category == category]


@pytest.mark.parametrize("category", MINE)
def test_rows_are_sorted_and_named_once(category: str) -> None:
    ids = [row["id"] for row in read_tsv(ROOT / "terms" / f"{category}.tsv", TERM_COLUMNS)]
    assert ids == sorted(set(ids))


def test_a_literal_stands_in_two_rules_only_where_guards_tell_them_apart() -> None:
    seen: dict[tuple[str, ...], list[tuple[TermRule, tuple[str, ...]]]] = defaultdict(list)
    for rule in rules():
        for literal in rule.literals():
            words = tuple(_TOKEN.findall(literal))
            seen[tuple(w.lower() for w in words)].append((rule, words))
    doubles = [
        (" ".join(words), first.id, second.id)
        for found in seen.values()
        for first, words in found
        for second, other in found
        if first.id < second.id
        and (words == other or not (first.exact and second.exact))
        and not (first.unless_before or first.unless_after or first.needs)
    ]
    assert doubles == [], "the rule with the smaller id always wins: guard it or drop the literal from one of them"


def test_no_row_repeats_a_term() -> None:
    for rule in rules():
        terms = [t if rule.exact else t.lower() for t in rule.terms]
        assert len(terms) == len(set(terms)), rule.where


@pytest.mark.parametrize(
    ("category", "concepts"), [("functional", FUNCTIONAL), ("imaging", IMAGING), ("tissue", TISSUE)], ids=lambda v: str(v)[:12]
)
def test_concepts_are_those_of_the_output_record(category: str, concepts: frozenset[str]) -> None:
    assert {r.concept for r in of(category)} <= concepts
    assert concepts <= {r.concept for r in of(category)}


def test_every_tumor_that_is_not_a_weak_word_has_a_family() -> None:
    for rule in of("tumor"):
        if rule.attrs.get("strength") != "weak":
            assert rule.attrs.get("family") in FAMILIES, rule.where
        assert rule.attrs.get("behavior", "malignant") in BEHAVIORS, rule.where


def test_benign_words_are_no_anchor_and_carry_the_concept_that_is_left_out() -> None:
    for rule in of("tumor"):
        if rule.attrs.get("behavior") == "benign":
            assert (rule.concept, rule.anchor) == ("benign_tumor", False), rule.where


def test_neuroendocrine_words_state_a_behavior_only_where_the_word_says_it() -> None:
    silent = {"neuroendocrine_tumor", "carcinoid", "typical_carcinoid", "atypical_carcinoid", "pheochromocytoma", "paraganglioma",
              "insulinoma", "gastrinoma"}  # fmt: skip
    for rule in of("tumor"):
        if rule.concept in silent and "behavior" in rule.attrs:
            assert any(re.search(r"malignan|cancer|carcinoma|metastasizing|blastoma", t) for t in rule.terms), rule.where


def test_treatments_name_a_known_effect() -> None:
    assert {r.attrs.get("effect") for r in of("treatment")} <= EFFECTS


def test_syndromes_of_indicators_are_functional_concepts() -> None:
    for rule in of("indicator"):
        assert rule.attrs.get("syndrome", "other") in FUNCTIONAL, rule.where
        assert not rule.anchor, rule.where


def test_histology_rows_are_unique_and_speak_of_known_histologies() -> None:
    rows = list(read_tsv(ROOT / "coding" / "histology_codes.tsv", HISTOLOGY_COLUMNS))
    keys = [(r["histology"], r["site"], r["behavior"]) for r in rows]
    assert keys == sorted(set(keys))
    assert {r["behavior"] for r in rows} <= {"malignant", "benign", "uncertain", "nos"}
    assert {r["histology"] for r in rows} <= {r.concept for r in of("tumor")}


def test_functional_rows_are_the_syndromes_with_a_code() -> None:
    kinds = [r["kind"] for r in read_tsv(ROOT / "coding" / "functional_codes.tsv", FUNCTIONAL_COLUMNS)]
    assert kinds == sorted(FUNCTIONAL - {"nonfunctional", "functioning", "other"})


def test_codes_are_billable_leaves() -> None:
    icd = pytest.importorskip("oncospan.icd")
    from oncospan.pack import load

    codes = icd.code_set(load(), "FY2027")
    wanted = {
        c
        for r in read_tsv(ROOT / "coding" / "histology_codes.tsv", HISTOLOGY_COLUMNS)
        for c in (r["code"], r["right"], r["left"], *r["bilateral"].split("+"))
        if c
    }
    wanted |= {r["code"] for r in read_tsv(ROOT / "coding" / "functional_codes.tsv", FUNCTIONAL_COLUMNS)}
    wanted |= {r.attrs["code"] for r in rules() if "code" in r.attrs}
    assert [c for c in sorted(wanted) if not codes.billable(c)] == []
