"""The sample notes and their gold: what the manifest says, quotes that stand in their note, words of the agreed lists."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from oncospan.icd import code_set_on
from oncospan.pack import Pack
from oncospan.readers import read_notes
from oncospan.types import Note

Row = dict[str, Any]

SIDES = {"left", "right", "bilateral", "none"}
FAMILIES = set(
    "carcinoid net nec_poorly_differentiated nec merkel small_cell islet_cell adrenal_paraganglia medullary_thyroid mixed "
    "other".split()
)
KINDS = set(
    "carcinoid_syndrome carcinoid_heart_disease zollinger_ellison hyperinsulinism glucagonoma_syndrome vipoma_syndrome "
    "somatostatinoma_syndrome ectopic_acth siadh catecholamine_excess acromegaly_ghrh hypercalcemia_pthrp men nonfunctional "
    "other".split()
)
MODALITIES = {
    "imaging": set(
        "ct mri pet ssr_pet octreotide_scan mibg bone_scan xray ultrasound endoscopic_ultrasound endoscopy mammography "
        "angiography echocardiogram other_imaging".split()
    ),
    "tissue": set("biopsy fna cytology resection autopsy other_tissue".split()),
}
SITES = set(
    "brain meninges spinal_cord eye oral_cavity tongue pharynx larynx nasal_sinus salivary_gland head_neck thyroid parathyroid "
    "pituitary thymus trachea lung pleura mediastinum heart pericardium breast esophagus stomach small_intestine duodenum "
    "jejunum ileum appendix cecum ascending_colon transverse_colon descending_colon sigmoid_colon colon rectosigmoid rectum "
    "anus liver bile_duct gallbladder ampulla pancreas spleen adrenal kidney renal_pelvis ureter bladder urethra prostate "
    "testis penis ovary fallopian_tube uterus cervix vagina vulva placenta peritoneum retroperitoneum bone bone_marrow "
    "soft_tissue skin nerve carotid_body paraganglia foregut midgut hindgut lymph_node_head_neck lymph_node_intrathoracic "
    "lymph_node_intraabdominal lymph_node_axilla lymph_node_inguinal lymph_node_pelvic lymph_node unknown_primary unspecified "
    "other".split()
)
GAPS = {"G01", "G03", "G04", "G05", "G06", "G07", "G08", "G09", "G11", "G12", "G14", "G18", "G25"}
LISTS = {
    "primaries": {
        "site": SITES, "side": SIDES, "family": FAMILIES, "status": {"current", "history"}, "certainty": {"certain", "uncertain"},
    },
    "metastases": {"site": SITES, "side": SIDES, "assertion": {"present", "uncertain", "absent", "history"}},
    "functional": {"kind": KINDS, "assertion": {"present", "uncertain", "absent", "history"}},
    "confirmations": {"kind": set(MODALITIES), "modality": set().union(*MODALITIES.values()), "of": {"primary", "metastasis"}},
}  # fmt: skip
"""For every list of facts, its fields and the words each may hold."""


@pytest.fixture(scope="module")
def notes(samples: Path) -> dict[str, Row]:
    return {row["id"]: row for row in _rows(samples / "notes.jsonl")}


@pytest.fixture(scope="module")
def gold(samples: Path) -> list[Row]:
    return _rows(samples / "gold.jsonl")


@pytest.fixture(scope="module")
def manifest(root: Path) -> list[Row]:
    files: list[Row] = tomllib.loads((root / "corpora" / "manifest.toml").read_text(encoding="utf-8"))["files"]
    return files


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _codes(row: Row) -> set[str]:
    """Every code a gold row names: assigned, alternate or optional."""
    named = {c["code"] for c in row["codes"]} | {code for codes in row["alternates"].values() for code in codes}
    return named | {key.removeprefix("?") for key in row["alternates"]}


def test_manifest_lists_every_table_once(root: Path, manifest: list[Row]) -> None:
    there = sorted(p.relative_to(root / "corpora").as_posix() for p in (root / "corpora").rglob("*.jsonl"))
    assert sorted(f["path"] for f in manifest) == there


def test_manifest_digests_are_those_of_the_files(root: Path, manifest: list[Row]) -> None:
    found = {f["path"]: hashlib.sha256((root / "corpora" / f["path"]).read_bytes()).hexdigest() for f in manifest}
    assert {f["path"]: f["sha256"] for f in manifest} == found


def test_manifest_counts_are_those_of_the_files(notes: dict[str, Row], gold: list[Row], manifest: list[Row]) -> None:
    settings = [n["setting"] for n in notes.values()]
    of_notes = {
        "documents": len(notes),
        "characters": sum(len(n["text"]) for n in notes.values()),
        **{s: settings.count(s) for s in ("outpatient", "inpatient")},
    }
    of_gold = {"documents": len(gold), "in_scope": sum(g["in_scope"] for g in gold)}
    of_gold |= {part: sum(len(g[part]) for g in gold) for part in (*LISTS, "codes", "gaps")}
    assert {f["holds"]: f["counts"] for f in manifest} == {"notes": of_notes, "gold": of_gold}


def test_every_file_has_a_license_and_a_datasheet_that_says_who_reviewed_it(root: Path, manifest: list[Row]) -> None:
    for file in manifest:
        assert file["license"] == "Apache-2.0"
        assert "No certified human coder has reviewed the gold" in (root / "corpora" / file["datasheet"]).read_text(
            encoding="utf-8"
        )


def test_notes_and_gold_are_28_ordered_pairs(samples: Path, gold: list[Row]) -> None:
    ids = [row["id"] for row in _rows(samples / "notes.jsonl")]
    assert ids == [g["id"] for g in gold] == sorted(set(ids))
    assert len(ids) == 28


def test_every_note_is_read_as_it_stands(samples: Path, notes: dict[str, Row]) -> None:
    read = list(read_notes([samples / "notes.jsonl"]))
    assert all(isinstance(n, Note) for n in read)
    got = {n.note_id: (n.text, n.setting.value, n.author_role.value, str(n.note_date)) for n in read if isinstance(n, Note)}
    assert got == {i: (n["text"], n["setting"], n["author_role"], n["encounter_date"]) for i, n in notes.items()}


def test_notes_are_marked_as_invented_and_of_a_note_s_length(notes: dict[str, Row]) -> None:
    for i, n in notes.items():
        assert re.search(r"\bSAMPLE,", n["text"], re.IGNORECASE), i
        assert set(re.findall(r"\bMRN:? +(\S{7})", n["text"], re.IGNORECASE)) == {"00-SMP-"}, i
        assert 1_200 <= len(n["text"]) <= 3_500, i
        assert n["patient_id"] == i[: len("sample-")] + "p" + re.sub(r"^sample(-\w+-\d+).*", r"\1", i), i


def test_every_quote_stands_in_its_note(notes: dict[str, Row], gold: list[Row]) -> None:
    for g in gold:
        quotes = [entry["quote"] for part in LISTS for entry in g[part]] + [q for c in g["codes"] for q in c["quotes"]]
        lost = [q for q in quotes if q not in notes[g["id"]]["text"] or not 0 < len(q) <= 120]
        assert not lost, g["id"]
        assert all(c["quotes"] for c in g["codes"]), g["id"]


def test_every_word_is_of_the_agreed_lists(gold: list[Row]) -> None:
    for g in gold:
        for part, fields in LISTS.items():
            for entry in g[part]:
                assert set(entry) == {*fields, "quote"}, g["id"]
                wrong = {name: entry[name] for name, words in fields.items() if entry[name] not in words}
                assert not wrong, g["id"]
        assert all(c["modality"] in MODALITIES[c["kind"]] for c in g["confirmations"]), g["id"]
        assert {gap.removeprefix("?") for gap in g["gaps"]} <= GAPS, g["id"]


def test_a_fact_stands_once(gold: list[Row]) -> None:
    for g in gold:
        facts = [
            (part, *(e[name] for name in ("site", "side", "kind", "modality", "of") if name in e))
            for part in LISTS
            for e in g[part]
        ]
        assert len(facts) == len(set(facts)), g["id"]
        assert len(g["codes"]) == len({c["code"] for c in g["codes"]}), g["id"]
        assert len(g["gaps"]) == len({gap.removeprefix("?") for gap in g["gaps"]}), g["id"]


def test_every_code_is_billable_on_the_day_of_its_note(pack: Pack, notes: dict[str, Row], gold: list[Row]) -> None:
    for g in gold:
        codes = code_set_on(pack, dt.date.fromisoformat(notes[g["id"]]["encounter_date"]))
        assert not [c for c in sorted(_codes(g)) if not codes.billable(c)], g["id"]


def test_alternates_belong_to_a_code_of_the_note(gold: list[Row]) -> None:
    for g in gold:
        assert {key for key in g["alternates"] if not key.startswith("?")} <= {c["code"] for c in g["codes"]}, g["id"]


def test_setting_is_that_of_the_note_and_out_of_scope_has_no_tumor(notes: dict[str, Row], gold: list[Row]) -> None:
    for g in gold:
        assert g["setting"] == notes[g["id"]]["setting"], g["id"]
        assert g["in_scope"] or not [part for part in ("primaries", "codes", "gaps") if g[part]], g["id"]
