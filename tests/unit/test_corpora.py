"""The annotated corpora: what the manifest says, quotes that stand in their note, words of the agreed lists."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oncospan.icd import code_set_on
from oncospan.pack import Pack
from oncospan.readers import read_notes
from oncospan.types import Note

Row = dict[str, Any]

CORPORA = Path(__file__).parents[2] / "corpora"
FOLDERS = sorted(p.parent.relative_to(CORPORA).as_posix() for p in CORPORA.rglob("notes.jsonl"))
"""Every folder that holds notes with their gold, from ``corpora`` on."""

SPLITS = ("gold/train", "gold/test")
SETS = ("gen", "gi", "ne", "rep")
"""The sets of ``corpora/gold`` that are split; the second word of an id names the set of the note."""
LATER = ("ga", "gb", "gc", "gd", "ge", "gf", "gg", "gh", "gj", "gk", "gl", "gm", "gn", "go", "gp", "gq", "gr", "gs", "gt", "tu")
"""The sets that were added to ``train`` whole."""
NAMELESS = ("case narrative", "case conference", "Consult - History and Phy.", "Discharge Summary")
"""The types of notes that name no patient: published cases, and transcriptions with the names taken out."""

DICTATED = "gp"
"""The set of dictations, which name no patient whatever their type."""

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

NEUROENDOCRINE = FAMILIES - {"other"}
NEUROENDOCRINE_CODE = re.compile(r"C4A|C7[AB]|D3A|E34\.0")


@dataclass(frozen=True)
class Corpus:
    """The notes and the gold of one folder, both in the order of their file."""

    path: Path
    notes: dict[str, Row]
    gold: list[Row]

    @property
    def quotes(self) -> Iterator[tuple[str, str]]:
        """The id of a note and a quote from it, for every quote of the gold."""
        for g in self.gold:
            yield from ((g["id"], entry["quote"]) for part in LISTS for entry in g[part])
            yield from ((g["id"], quote) for code in g["codes"] for quote in code["quotes"])


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _corpus(folder: str) -> Corpus:
    path = CORPORA / folder
    return Corpus(path, {row["id"]: row for row in _rows(path / "notes.jsonl")}, _rows(path / "gold.jsonl"))


def _codes(row: Row) -> set[str]:
    """Every code a gold row names: assigned, alternate or optional."""
    named = {c["code"] for c in row["codes"]} | {code for codes in row["alternates"].values() for code in codes}
    return named | {key.removeprefix("?") for key in row["alternates"]}


def _neuroendocrine(row: Row) -> bool:
    """Whether a primary is of a neuroendocrine family, or a code names a neuroendocrine tumor without a primary."""
    families = {p["family"] for p in row["primaries"]}
    return bool(families & NEUROENDOCRINE) or any(NEUROENDOCRINE_CODE.match(c["code"]) for c in row["codes"])


@pytest.fixture(scope="module", params=FOLDERS)
def corpus(request: pytest.FixtureRequest) -> Corpus:
    return _corpus(request.param)


@pytest.fixture(scope="module")
def sample() -> Corpus:
    return _corpus("samples")


@pytest.fixture(scope="module")
def splits() -> dict[str, Corpus]:
    return {folder: _corpus(folder) for folder in SPLITS}


@pytest.fixture(scope="module")
def manifest() -> list[Row]:
    files: list[Row] = tomllib.loads((CORPORA / "manifest.toml").read_text(encoding="utf-8"))["files"]
    return files


def test_the_folders_are_those_the_readme_tells_of() -> None:
    assert sorted(["samples", *SPLITS]) == FOLDERS
    told = (CORPORA / "README.md").read_text(encoding="utf-8")
    assert [folder for folder in FOLDERS if f"| `{folder}/` |" not in told] == []


def test_manifest_lists_every_table_once(manifest: list[Row]) -> None:
    there = sorted(p.relative_to(CORPORA).as_posix() for p in CORPORA.rglob("*.jsonl"))
    assert sorted(f["path"] for f in manifest) == there


def test_manifest_digests_are_those_of_the_files(manifest: list[Row]) -> None:
    found = {f["path"]: hashlib.sha256((CORPORA / f["path"]).read_bytes()).hexdigest() for f in manifest}
    assert {f["path"]: f["sha256"] for f in manifest} == found


def test_manifest_counts_are_those_of_the_files(corpus: Corpus, manifest: list[Row]) -> None:
    settings = [n["setting"] for n in corpus.notes.values()]
    of_notes = {
        "documents": len(corpus.notes),
        "characters": sum(len(n["text"]) for n in corpus.notes.values()),
        **{s: settings.count(s) for s in ("outpatient", "inpatient")},
    }
    of_gold = {"documents": len(corpus.gold), "in_scope": sum(g["in_scope"] for g in corpus.gold)}
    of_gold |= {part: sum(len(g[part]) for g in corpus.gold) for part in (*LISTS, "codes", "gaps")}
    told = {f["holds"]: f["counts"] for f in manifest if (CORPORA / f["path"]).parent == corpus.path}
    assert told == {"notes": of_notes, "gold": of_gold}


def test_every_file_has_a_license_and_a_datasheet_that_says_who_reviewed_it(manifest: list[Row]) -> None:
    for file in manifest:
        assert file["license"] == "Apache-2.0"
        assert "No certified human coder has reviewed the gold" in (CORPORA / file["datasheet"]).read_text(encoding="utf-8")


def test_notes_and_gold_are_ordered_pairs(corpus: Corpus) -> None:
    ids = [row["id"] for row in _rows(corpus.path / "notes.jsonl")]
    assert ids == [g["id"] for g in corpus.gold] == sorted(set(ids))


def test_every_note_is_read_as_it_stands(corpus: Corpus) -> None:
    read = list(read_notes([corpus.path / "notes.jsonl"]))
    assert all(isinstance(n, Note) for n in read)
    got = {n.note_id: (n.text, n.setting.value, n.author_role.value, str(n.note_date)) for n in read if isinstance(n, Note)}
    assert got == {i: (n["text"], n["setting"], n["author_role"], n["encounter_date"]) for i, n in corpus.notes.items()}


def test_every_note_is_a_patient_and_an_encounter_of_its_own(corpus: Corpus) -> None:
    for i, n in corpus.notes.items():
        source, number = re.fullmatch(r"([a-z]+)-(\w+-\d+)-[\w-]+", i).groups()  # type: ignore[union-attr]
        assert (n["patient_id"], n["encounter_id"]) == (f"{source}-p-{number}", f"{source}-e-{number}"), i


def test_every_quote_stands_in_its_note(corpus: Corpus) -> None:
    lost = [(i, quote) for i, quote in corpus.quotes if quote not in corpus.notes[i]["text"] or not 0 < len(quote) <= 120]
    assert lost == []
    assert [g["id"] for g in corpus.gold if not all(c["quotes"] for c in g["codes"])] == []


def test_every_word_is_of_the_agreed_lists(corpus: Corpus) -> None:
    for g in corpus.gold:
        for part, fields in LISTS.items():
            for entry in g[part]:
                assert set(entry) == {*fields, "quote"}, g["id"]
                wrong = {name: entry[name] for name, words in fields.items() if entry[name] not in words}
                assert not wrong, g["id"]
        assert all(c["modality"] in MODALITIES[c["kind"]] for c in g["confirmations"]), g["id"]
        assert {gap.removeprefix("?") for gap in g["gaps"]} <= GAPS, g["id"]


def test_a_fact_stands_once(corpus: Corpus) -> None:
    for g in corpus.gold:
        facts = [
            (part, *(e[name] for name in ("site", "side", "kind", "modality", "of") if name in e))
            for part in LISTS
            for e in g[part]
        ]
        assert len(facts) == len(set(facts)), g["id"]
        assert len(g["codes"]) == len({c["code"] for c in g["codes"]}), g["id"]
        assert len(g["gaps"]) == len({gap.removeprefix("?") for gap in g["gaps"]}), g["id"]


def test_every_code_is_billable_on_the_day_of_its_note(pack: Pack, corpus: Corpus) -> None:
    for g in corpus.gold:
        codes = code_set_on(pack, dt.date.fromisoformat(corpus.notes[g["id"]]["encounter_date"]))
        assert not [c for c in sorted(_codes(g)) if not codes.billable(c)], g["id"]


def test_alternates_belong_to_a_code_of_the_note(corpus: Corpus) -> None:
    for g in corpus.gold:
        assert {key for key in g["alternates"] if not key.startswith("?")} <= {c["code"] for c in g["codes"]}, g["id"]


def test_setting_is_that_of_the_note_and_out_of_scope_has_no_tumor(corpus: Corpus) -> None:
    for g in corpus.gold:
        assert g["setting"] == corpus.notes[g["id"]]["setting"], g["id"]
        assert g["in_scope"] or not [part for part in ("primaries", "codes", "gaps") if g[part]], g["id"]


class TestSamples:
    """What is so of ``corpora/samples`` alone."""

    def test_there_are_28(self, sample: Corpus) -> None:
        assert len(sample.notes) == len(sample.gold) == 28

    def test_notes_are_marked_as_invented_and_of_a_note_s_length(self, sample: Corpus) -> None:
        for i, n in sample.notes.items():
            assert re.search(r"\bSAMPLE,", n["text"], re.IGNORECASE), i
            assert set(re.findall(r"\bMRN:? +(\S{7})", n["text"], re.IGNORECASE)) == {"00-SMP-"}, i
            assert 1_200 <= len(n["text"]) <= 3_500, i


class TestGold:
    """What is so of ``corpora/gold`` alone."""

    def test_there_are_684_and_the_splits_share_nothing(self, splits: dict[str, Corpus], sample: Corpus) -> None:
        assert {folder: len(c.notes) for folder, c in splits.items()} == {"gold/train": 632, "gold/test": 52}
        for field in ("id", "patient_id", "encounter_id", "text"):
            values = [n[field] for c in (*splits.values(), sample) for n in c.notes.values()]
            assert len(values) == len(set(values)), field

    @pytest.mark.parametrize("name", SETS)
    def test_the_test_split_is_the_third_of_each_set_with_the_lowest_digests(self, name: str, splits: dict[str, Corpus]) -> None:
        ids = [i for c in splits.values() for i in c.notes if i.startswith(f"gold-{name}-")]
        ids.sort(key=lambda i: hashlib.sha256(i.encode()).hexdigest())
        assert {i for i in splits["gold/test"].notes if i in ids} == set(ids[: len(ids) // 3])

    def test_every_note_is_of_a_set(self, splits: dict[str, Corpus]) -> None:
        sets = {folder: {i.split("-")[1] for i in c.notes} for folder, c in splits.items()}
        assert sets == {"gold/train": {*SETS, *LATER}, "gold/test": set(SETS)}

    def test_at_least_three_of_five_notes_are_neuroendocrine(self, splits: dict[str, Corpus]) -> None:
        for corpus in splits.values():
            assert sum(_neuroendocrine(g) for g in corpus.gold) >= 0.6 * len(corpus.gold)

    def test_notes_are_marked_as_invented_and_of_a_note_s_length(self, splits: dict[str, Corpus]) -> None:
        """Case narratives and transcriptions name no one; scanned text has a letter O for a zero, an l for a 1, or a blank in the number."""
        for i, n in ((i, n) for c in splits.values() for i, n in c.notes.items()):
            numbers = re.findall(r"\b(?:MRN|MR#|Hosp no)\W{0,12}(\w\w-.{6})", n["text"], re.IGNORECASE)
            assert all(re.match(r"[0O]{2}- ?GLD", number) for number in numbers), i
            if n["note_type"] not in NAMELESS and i.split("-")[1] != DICTATED:
                assert re.search(r"\bGOLD\b", n["text"], re.IGNORECASE), i
                assert re.search(r"\b[0O]{2}- ?GLD-", n["text"]), i
            assert 1_000 <= len(n["text"]) <= 4_500, i

    def test_every_gold_has_a_comment(self, splits: dict[str, Corpus]) -> None:
        assert [g["id"] for c in splits.values() for g in c.gold if not g["comment"]] == []
