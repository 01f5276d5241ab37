"""Procedures are told as concepts of our own, with how they were done; no number of a licensed code set is anywhere near."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oncospan import analyse
from oncospan.schema import ATTRIBUTES
from oncospan.types import Finding, Kind

LEAD = "Metastatic neuroendocrine tumor. "


def procedures(text: str) -> list[Finding]:
    analysis = analyse(LEAD + text, on="2026-11-01")
    assert analysis.errors == ()
    found = [f for f in analysis.findings if f.kind is Kind.PROCEDURE]
    assert all((LEAD + text)[e.start : e.end] == e.text for f in found for e in f.evidence)
    return found


def told(text: str) -> list[tuple[str, dict[str, str]]]:
    return [(f.concept, dict(f.attributes)) for f in procedures(text)]


CASES = [
    ("CT of the abdomen and pelvis with IV contrast showed a mass.", "ct_abdomen_pelvis", {"contrast": "with"}),
    ("CT abdomen/pelvis without contrast was done.", "ct_abdomen_pelvis", {"contrast": "without"}),
    ("CT ABDOMEN AND PELVIS WITH AND WITHOUT CONTRAST", "ct_abdomen_pelvis", {"contrast": "without_and_with"}),
    ("CTAP showed liver lesions.", "ct_abdomen_pelvis", {}),
    ("CT CAP with contrast showed stable disease.", "ct_chest_abdomen_pelvis", {"contrast": "with"}),
    ("Chest, abdominal and pelvic CT scan revealed nodes.", "ct_chest_abdomen_pelvis", {}),
    ("Noncontrast CT of the chest showed a nodule.", "ct_chest", {"contrast": "without"}),
    ("Contrast-enhanced CT of the neck showed nodes.", "ct_neck", {"contrast": "with"}),
    ("MRI of the brain with and without gadolinium showed no lesion.", "mri_brain", {"contrast": "without_and_with"}),
    ("MRI of the thoracic spine showed metastases.", "mri_spine", {}),
    ("MRI liver with contrast showed three lesions.", "mri_abdomen", {"contrast": "with"}),
    (
        "FDG PET/CT was performed from skull base to mid-thigh.",
        "pet_ct",
        {"extent": "skull_base_to_mid_thigh", "tracer": "fdg"},
    ),
    (
        "Whole-body Ga-68 DOTATATE PET/CT showed avid disease.",
        "pet_ct",
        {"extent": "whole_body", "tracer": "somatostatin_receptor"},
    ),
    ("PET/MRI showed avid liver disease.", "pet_mri", {}),
    ("Octreotide scan showed uptake in the liver.", "octreotide_scan", {}),
    (
        "CT-guided core needle biopsy of a liver lesion was performed.",
        "biopsy_liver",
        {"approach": "percutaneous", "guidance": "ct", "method": "core"},
    ),
    (
        "Under ultrasound guidance, a percutaneous liver biopsy was obtained.",
        "biopsy_liver",
        {"approach": "percutaneous", "guidance": "ultrasound"},
    ),
    ("EUS-guided FNA of the pancreatic mass confirmed NET.", "fna_pancreas", {"approach": "endoscopic", "guidance": "eus"}),
    ("Transbronchial biopsy of the lung was taken.", "biopsy_lung", {"approach": "bronchoscopic"}),
    ("Excisional biopsy of a cervical lymph node was done.", "biopsy_lymph_node_head_neck", {"method": "excisional"}),
    ("Biopsy of the liver showed NET.", "biopsy_liver", {}),
    (
        "She underwent laparoscopic partial nephrectomy.",
        "excision_kidney",
        {"approach": "laparoscopic", "extent": "partial", "operation": "nephrectomy"},
    ),
    ("Total gastrectomy was performed.", "excision_stomach", {"extent": "total", "operation": "gastrectomy"}),
    ("Craniotomy with resection of the tumor.", "excision_brain", {"operation": "craniotomy"}),
]


@pytest.mark.parametrize(("text", "concept", "attributes"), CASES, ids=[c[0][:40] for c in CASES])
def test_a_procedure_and_how_it_was_done(text: str, concept: str, attributes: dict[str, str]) -> None:
    assert (concept, attributes) in told(text)
    assert attributes.keys() <= set(ATTRIBUTES)


@pytest.mark.parametrize(
    "text",
    [
        "No biopsy was performed.",
        "Her mother had a CT of the chest.",
        "Liver disease is FDG-avid.",
        "SUVmax of 12 in the liver.",
        "Pathology confirmed NET.",
        "Imaging showed liver disease.",
    ],
)
def test_what_is_no_procedure_of_the_patient(text: str) -> None:
    assert told(text) == []


def test_the_result_gives_no_region() -> None:
    assert told("CT showed liver lesions and a pelvic mass.") == [("ct", {})]
    assert told("Liver lesions were seen on CT.") == [("ct", {})]
    assert told("PET/CT showed hypermetabolic brain lesions.") == [("pet_ct", {})]


def test_two_procedures_of_a_sentence_keep_their_own_words() -> None:
    assert told("CT of the chest and MRI of the brain with contrast were done.") == [
        ("ct_chest", {}),
        ("mri_brain", {"contrast": "with"}),
    ]
    assert told("Brain MRI and spine MRI were done.") == [("mri_brain", {}), ("mri_spine", {})]


def test_an_image_that_guides_is_no_procedure_of_its_own() -> None:
    assert [c for c, _ in told("CT-guided percutaneous liver biopsy was done.")] == ["biopsy_liver"]


def test_a_bare_mention_joins_the_fuller_one() -> None:
    assert told("CT of the chest with contrast was done. The CT showed nodules.") == [("ct_chest", {"contrast": "with"})]


def test_the_same_procedure_is_one_finding_with_all_its_evidence() -> None:
    (found,) = procedures("Liver biopsy showed NET.\n\nShe comes after her liver biopsy.")
    assert (found.concept, len(found.evidence)) == ("biopsy_liver", 2)


@pytest.mark.parametrize(
    "text",
    ["Plan: CT of the chest with contrast in 3 months.", "We will obtain a CT of the chest.", "Liver biopsy is scheduled."],
)
def test_what_is_to_come_is_planned(text: str) -> None:
    (found,) = procedures(text)
    assert (str(found.assertion), found.flags) == ("hypothetical", {"planned"})


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Robotic left nephrectomy was done.", "left"),
        ("Core biopsy of the right breast was done.", "right"),
        ("Right hemicolectomy was done.", None),
        ("Left hepatectomy was done.", None),
    ],
)
def test_the_side_of_a_paired_organ(text: str, side: str | None) -> None:
    (found,) = procedures(text)
    assert found.side == side


def test_earlier_studies_named_for_comparison_do_not_count() -> None:
    assert told("\nCOMPARISON: CT of the chest dated last year.\nFINDINGS: Liver metastases.") == []


def test_the_record_has_the_attributes() -> None:
    (found,) = procedures("MRI of the brain without contrast was done.")
    assert found.record()["attributes"] == {"contrast": "without"}


def test_no_licensed_numbers_in_anything_about_procedures(root: Path) -> None:
    named = re.compile(r"procedure", re.IGNORECASE)
    files = [
        p for top in ("nlp", "models", "tests", "corpora") for p in sorted((root / top).rglob("*"))
        if p.is_file() and named.search(p.name) and p.suffix in {".py", ".tsv", ".csv", ".yaml", ".toml", ".md", ".json"}
    ]  # fmt: skip
    assert len(files) >= 4
    numbers = re.compile(r"(?<![\w.])(?:\d{5}|\d{4}[FTUM])(?![\w.])")
    assert {
        p.name: numbers.findall(p.read_text(encoding="utf-8")) for p in files if numbers.search(p.read_text(encoding="utf-8"))
    } == {}
