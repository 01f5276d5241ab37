"""The term tables of sites, sides, metastasis words and traps: well formed, fired by their examples, silent on the counter-examples.

A small matcher of its own stands here, so that the tables can be checked without the spaCy pipeline: tokens, guards,
then the longest match, as the target matcher does it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from oncospan.errors import PackError
from oncospan.pack import CATEGORIES, TermRule, _read_terms

ROOT = Path(__file__).parents[2] / "models" / "oncospan_metastatic"
MINE = ("site", "side", "metastasis", "trap")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_REACH = 40

SITES = frozenset(
    """brain meninges spinal_cord eye oral_cavity tongue pharynx larynx nasal_sinus salivary_gland head_neck thyroid parathyroid
    pituitary thymus trachea lung pleura mediastinum heart pericardium breast esophagus stomach small_intestine duodenum jejunum
    ileum appendix cecum ascending_colon transverse_colon descending_colon sigmoid_colon colon rectosigmoid rectum anus liver
    bile_duct gallbladder ampulla pancreas spleen adrenal kidney renal_pelvis ureter bladder urethra prostate testis penis ovary
    fallopian_tube uterus cervix vagina vulva placenta peritoneum retroperitoneum bone bone_marrow soft_tissue skin nerve
    carotid_body paraganglia foregut midgut hindgut lymph_node_head_neck lymph_node_intrathoracic lymph_node_intraabdominal
    lymph_node_axilla lymph_node_inguinal lymph_node_pelvic lymph_node unknown_primary unspecified other""".split()
)
METASTASIS = frozenset({"metastasis", "spread", "disseminated", "stage_iv", "m1", "m0", "node_positive"})


@lru_cache(maxsize=1)
def mine() -> tuple[TermRule, ...]:
    """The rules of the tables under test, in file order."""
    return tuple(rule for category in MINE for rule in _read_terms(ROOT / "terms" / f"{category}.tsv", category))


@lru_cache(maxsize=1)
def everything() -> tuple[TermRule, ...]:
    """The rules under test and those of every other table that can be read."""
    rules = list(mine())
    for category in sorted(set(CATEGORIES) - set(MINE) - {"procedure"}):  # those are matched apart
        path = ROOT / "terms" / f"{category}.tsv"
        if path.exists():
            try:
                rules += _read_terms(path, category)
            except PackError:
                continue
    return tuple(rules)


@lru_cache(maxsize=1)
def _lexicon() -> dict[tuple[str, ...], list[tuple[TermRule, tuple[str, ...]]]]:
    out: dict[tuple[str, ...], list[tuple[TermRule, tuple[str, ...]]]] = defaultdict(list)
    for rule in everything():
        for literal in rule.literals():
            tokens = tuple(_TOKEN.findall(literal))
            out[tuple(t.lower() for t in tokens)].append((rule, tokens))
    return out


def _passes(rule: TermRule, text: str, start: int, end: int) -> bool:
    if rule.unless_before and rule.unless_before.search(text, max(0, start - _REACH), start):
        return False
    if rule.unless_after and rule.unless_after.match(text, end, end + _REACH):
        return False
    return not rule.needs or rule.needs.search(text) is not None


def _candidates(text: str) -> Iterator[tuple[int, int, TermRule]]:
    places = list(_TOKEN.finditer(text))
    longest = max(map(len, _lexicon()))
    for i in range(len(places)):
        for j in range(i + 1, min(len(places), i + longest) + 1):
            words = tuple(p.group() for p in places[i:j])
            for rule, exact in _lexicon().get(tuple(w.lower() for w in words), ()):
                if (not rule.exact or words == exact) and _passes(rule, text, places[i].start(), places[j - 1].end()):
                    yield i, j, rule


def fired(text: str) -> set[str]:
    """The ids of the rules that stand after the longest match has won; equal ones go to the earlier, then the smaller id."""
    taken: set[int] = set()
    out: set[str] = set()
    for i, j, rule in sorted(_candidates(text), key=lambda m: (m[0] - m[1], m[0], m[2].id)):
        if taken.isdisjoint(range(i, j)):
            taken.update(range(i, j))
            out.add(rule.id)
    return out


def _params() -> list[object]:
    return [pytest.param(rule, id=rule.id) for rule in mine()]


@pytest.mark.parametrize("rule", _params())
def test_the_example_fires_its_rule(rule: TermRule) -> None:
    assert rule.id in fired(rule.example), f"{rule.where}: {rule.example!r} fires {sorted(fired(rule.example))}"


@pytest.mark.parametrize("rule", _params())
def test_the_counter_example_does_not_fire_its_rule(rule: TermRule) -> None:
    assert rule.id not in fired(rule.counter_example), rule.where


@pytest.mark.parametrize("category", MINE)
def test_rules_are_sorted_and_named_once(category: str) -> None:
    ids = [rule.id for rule in mine() if rule.category == category]
    assert ids == sorted(set(ids))


def test_a_term_stands_in_two_rules_only_when_both_are_guarded() -> None:
    owners: dict[str, list[TermRule]] = defaultdict(list)
    for rule in mine():
        for literal in {" ".join(_TOKEN.findall(spelled.lower())) for spelled in rule.literals()}:
            owners[literal].append(rule)
    clashes = [
        f"{literal!r}: {', '.join(r.id for r in rules)}"
        for literal, rules in sorted(owners.items())
        if len(rules) > 1 and not all(r.needs or r.unless_after or r.unless_before or r.exact for r in rules)
    ]
    assert not clashes


def test_a_trap_never_ties_with_a_term_of_the_other_tables_under_test() -> None:
    traps = {" ".join(_TOKEN.findall(s.lower())): r for r in mine() if r.category == "trap" and not r.needs for s in r.literals()}
    ties = [
        f"{s!r}: {r.id} {traps[key].id}"
        for r in mine()
        if r.category != "trap"
        for s in r.literals()
        if (key := " ".join(_TOKEN.findall(s.lower()))) in traps and not traps[key].exact
    ]
    assert not ties


def test_concepts_are_known() -> None:
    for rule in mine():
        if rule.category == "site":
            assert rule.concept in SITES, rule.where
        if rule.category == "side":
            assert rule.concept in {"left", "right", "bilateral"}, rule.where
        if rule.category == "metastasis":
            assert rule.concept in METASTASIS, rule.where
        assert rule.attrs.get("site", "liver") in SITES, rule.where
        assert rule.attrs.get("side", "left") in {"left", "right", "bilateral"}, rule.where


def test_a_subsite_belongs_to_its_site() -> None:
    for rule in mine():
        if subsite := rule.attrs.get("subsite"):
            assert subsite.startswith(rule.concept + "."), rule.where


def test_every_site_but_the_ones_nobody_writes_has_words() -> None:
    named = {rule.concept for rule in mine() if rule.category == "site"}
    assert SITES - named == {"unspecified", "unknown_primary"}


def test_there_are_enough_traps() -> None:
    assert sum(len(rule.terms) for rule in mine() if rule.category == "trap") >= 120


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("Hepatic, osseous and nodal metastases.", ["liver", "bone", "lymph_node"]),
        ("Liver function tests were normal.", []),
        ("Stage IV chronic kidney disease.", []),
        ("Metastases of T8, L3 and the left iliac wing.", ["bone", "bone", "bone"]),
        ("Mediastinal and hilar lymphadenopathy.", ["lymph_node_intrathoracic"]),
        ("Mediastinal mass and axillary nodes.", ["mediastinum", "lymph_node_axilla"]),
        ("Cervical cancer with pelvic lymph node metastasis.", ["cervix", "lymph_node_pelvic"]),
        ("Carcinoma of the tail of her pancreas.", ["pancreas"]),
        ("Mets to both lungs, brain, and adrenals.", ["lung", "brain", "adrenal"]),
        ("She met with the team; exercise capacity over 4 METs.", []),
        ("Colon cancer metastatic to the liver and para-aortic nodes.", ["colon", "liver", "lymph_node_intraabdominal"]),
        ("Oesophageal adenocarcinoma at 35 cm.", ["esophagus"]),
        ("Diffuse hepatic and splenic metastases.", ["liver", "spleen"]),
        ("New sclerotic foci in L2 and the right acetabulum, likely metastatic.", ["bone", "bone"]),
        ("Mets to spine, ribs, skull.", ["bone", "bone", "bone"]),
        ("2.3 cm met in segment 4b of the liver.", ["liver", "liver"]),
        (
            "FDG-avid retroperitoneal, iliac and inguinal nodes consistent with metastases.",
            ["lymph_node_intraabdominal", "lymph_node_pelvic", "lymph_node_inguinal"],
        ),
        (
            "Left supraclavicular and mediastinal adenopathy, biopsy-proven carcinoma.",
            ["lymph_node_head_neck", "lymph_node_intrathoracic"],
        ),
        ("Carcinoid of the TI with mesenteric mass.", ["ileum", "peritoneum"]),
        ("Small bowel NET with mesenteric adenopathy and liver mets.", ["small_intestine", "lymph_node_intraabdominal", "liver"]),
        ("Bilateral adrenal mets.", ["adrenal"]),
        ("Cerebellar and left parietal brain metastases.", ["brain", "brain"]),
        ("Leptomeningeal enhancement concerning for metastases.", ["meninges"]),
        ("Merkel cell carcinoma of the left forearm.", ["skin"]),
        ("Liposarcoma of the left thigh.", ["soft_tissue"]),
        ("Melanoma of the scalp with parotid node metastasis.", ["skin", "lymph_node_head_neck"]),
        ("Primary: pancreatic tail NET, 3.2 cm.", ["pancreas"]),
        ("NET of the body/tail of the pancreas.", ["pancreas"]),
        ("Ca of the head of the pancreas.", ["pancreas"]),
        ("Hepatic flexure adenocarcinoma.", ["colon"]),
        ("Squamous cell carcinoma, left base of tongue.", ["tongue"]),
        ("Prostate cancer metastatic to bone and bone marrow.", ["prostate", "bone", "bone_marrow"]),
        ("Peritoneal metastases, omental mets and ovarian metastases.", ["peritoneum", "peritoneum", "ovary"]),
        ("Metastasis to the right orbit and choroid.", ["eye", "eye"]),
        ("Cardiac metastasis and pericardial metastasis.", ["heart", "pericardium"]),
        ("Cutaneous metastases over the chest wall.", ["skin", "soft_tissue"]),
        ("Metastases in the psoas muscle and subcutaneous tissue.", ["soft_tissue", "soft_tissue"]),
        ("Metastatic carcinoma in 3 of 14 axillary lymph nodes.", ["lymph_node_axilla"]),
        ("Metastatic deposits in pleura.", ["pleura"]),
        ("Lungs are clear; known bone metastases.", ["bone"]),
        ("Heart failure, metastatic prostate cancer.", ["prostate"]),
        ("CKD stage IV and breast cancer.", ["breast"]),
        ("Bone density is normal. Breast cancer in remission.", ["breast"]),
        ("Metastatic disease to the spinal cord and epidural space.", ["spinal_cord", "spinal_cord"]),
        ("Paraganglioma of the organ of Zuckerkandl.", ["paraganglia"]),
        ("Duodenal and gastric NETs.", ["duodenum", "stomach"]),
        (
            "Primary of the terminal ileum; nodes along the SMA lymph node chain.",
            ["ileum", "lymph_node", "lymph_node_intraabdominal"],
        ),
        ("Cancer of the cervix with parametrial invasion.", ["cervix", "uterus"]),
        ("Tumor in the right kidney, 5 cm.", ["kidney"]),
        ("Bladder cancer metastatic to obturator nodes.", ["bladder", "lymph_node_pelvic"]),
        ("Metastasis at T7 with cord compression.", ["bone"]),
        ("Thymic carcinoid.", ["thymus"]),
        ("Bronchial carcinoid, left main bronchus.", ["lung", "lung"]),
        ("Metastatic melanoma, groin nodes.", ["lymph_node_inguinal"]),
        ("Hilar cholangiocarcinoma with portal nodes.", ["lymph_node_intraabdominal"]),
        ("Metastases to the thoracic and lumbar spine.", ["bone"]),
        ("Iliac bone metastasis.", ["bone"]),
        ("Metastatic to lung, liver, LN, and bone.", ["lung", "liver", "lymph_node", "bone"]),
        ("CT chest, abdomen and pelvis showed liver metastases.", ["liver"]),
        ("The pelvis and both femurs have lytic metastases.", ["bone", "bone"]),
        ("Tumor of the left lateral wall of the bladder.", ["bladder"]),
        ("Ampullary NET.", ["ampulla"]),
        ("Parotid gland metastasis of cutaneous squamous carcinoma.", ["salivary_gland", "skin"]),
    ],
)
def test_sites_of_a_sentence(text: str, concepts: list[str]) -> None:
    by_id = {rule.id: rule for rule in everything()}
    found: list[tuple[int, str]] = []
    taken: set[int] = set()
    for i, j, rule in sorted(_candidates(text), key=lambda m: (m[0] - m[1], m[0], m[2].id)):
        if taken.isdisjoint(range(i, j)):
            taken.update(range(i, j))
            if by_id[rule.id].category == "site":
                found.append((i, rule.concept))
    assert [concept for _, concept in sorted(found)] == concepts
