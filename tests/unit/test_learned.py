"""The learned second opinion: what it sees, what it may do, and that it is made again from the corpora."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from oncospan.coding.features import FEATURES, Around, numbers
from oncospan.coding.learned import FILE, ConfidenceModel, model_of, read_model
from oncospan.engine import Analyser, Settings
from oncospan.errors import PackError, UsageError
from oncospan.evaluate.facts import is_right
from oncospan.pack import Pack
from oncospan.readers import read_notes
from oncospan.types import Analysis, AuthorRole, CodeProposal, CodeStatus, Evidence, Note

TEXT = """HISTORY
Carcinoid of the ileum, resected.

IMPRESSION
1. Metastatic ileal carcinoid tumor with hepatic metastases, biopsy-proven.
"""


@pytest.fixture(scope="module")
def model(pack: Pack) -> ConfidenceModel:
    found = model_of(pack)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def rules_alone() -> Analyser:
    return Analyser(second_opinion=False)


@pytest.fixture(scope="module")
def ruled(rules_alone: Analyser, samples: Path) -> list[Analysis]:
    return [rules_alone.analyse(n) for n in read_notes([samples / "notes.jsonl"]) if isinstance(n, Note)]


@pytest.fixture
def analysis(rules_alone: Analyser) -> Analysis:
    return rules_alone.analyse(Note(text=TEXT))


def around(a: Analysis) -> Around:
    return Around(a.findings, a.codes, a.gaps, a.note.author_role, len(a.note.text))


def moved(p: CodeProposal, section: str | None) -> CodeProposal:
    return replace(p, evidence=tuple(replace(e, section=section) for e in p.evidence))


def test_every_sample_has_every_feature(ruled: list[Analysis]) -> None:
    for a in ruled:
        for p in a.codes:
            assert set(numbers(p, around(a))) == set(FEATURES)


def test_words_of_the_note_are_no_feature(analysis: Analysis) -> None:
    other = Note(text=TEXT.replace("ileum", "xxxxx").replace("hepatic", "xxxxxxx"))
    blind = [replace(p, evidence=tuple(_blind(e) for e in p.evidence)) for p in analysis.codes]
    assert len(other.text) == len(TEXT)
    assert [numbers(p, around(analysis)) for p in blind] == [numbers(p, around(analysis)) for p in analysis.codes]


def _blind(e: Evidence) -> Evidence:
    return replace(e, text="x" * len(e.text))


def test_what_speaks_for_a_code_never_lowers_its_estimate(model: ConfidenceModel, ruled: list[Analysis]) -> None:
    for a in ruled:
        ctx = around(a)
        for p in a.codes:
            here = model.chance(p, ctx)
            last = p.evidence[-1]
            more = Evidence(start=last.end + 1, end=last.end + 2, text="x", section=last.section, rule=last.rule)
            assert model.chance(replace(p, evidence=(*p.evidence, more)), ctx) >= here
            assert (
                model.chance(moved(p, "impression"), ctx)
                >= model.chance(moved(p, "hpi"), ctx)
                >= model.chance(moved(p, None), ctx)
            )
            assert model.chance(replace(p, confidence=0.5), ctx) <= here
            assert model.chance(replace(p, title=f"{p.title}, unspecified"), ctx) <= here
            assert model.chance(p, Around(a.findings, a.codes, a.gaps, AuthorRole.NURSE, ctx.chars)) <= here


def test_no_weight_stands_against_its_sign(model: ConfidenceModel) -> None:
    assert all(w * FEATURES[name].sign > 0 for name, w in model.weights.items())


def test_only_confidence_differs_where_the_threshold_is_off(ruled: list[Analysis]) -> None:
    off = Analyser(Settings(review_threshold=0.0))
    for a in ruled:
        b = off.analyse(a.note)
        fixed = tuple(replace(p, confidence=q.confidence) for p, q in zip(b.codes, a.codes, strict=True))
        assert replace(b, codes=fixed).record() == a.record()


def test_a_threshold_sends_to_review_and_says_why(rules_alone: Analyser, ruled: list[Analysis]) -> None:
    strict = Analyser(Settings(review_threshold=1.0))
    for a in ruled:
        b = strict.analyse(a.note)
        assert [p.code for p in b.codes] == [p.code for p in a.codes]
        assert all(p.status is CodeStatus.REVIEW for p in b.codes)
        assert (b.findings, b.rejected, b.gaps) == (a.findings, a.rejected, a.gaps)
        for p, q in zip(b.codes, a.codes, strict=True):
            assert ("review threshold of 1" in p.reason) == (q.status is CodeStatus.PROPOSED)
            assert q.status is CodeStatus.PROPOSED or p.confidence <= q.confidence
        assert b.stamp.record()["review_threshold"] == "1.0"
    assert rules_alone.threshold == 0.0


def test_the_default_is_the_threshold_of_the_pack(model: ConfidenceModel) -> None:
    assert Analyser().threshold == model.threshold


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        Settings(review_threshold=threshold)


@pytest.mark.parametrize(
    "text",
    [
        "threshold = 0.5", "not toml", "threshold = 0.5\nintercept = 'x'\n[weights]", "threshold = 2.0\nintercept = 1.0\n[weights]",
        "threshold = 0.5\nintercept = 1.0\n[weights]\nno_feature = 1.0", "threshold = 0.5\nintercept = 1.0\n[weights]\nmentions = -1.0",
        "threshold = 0.5\nintercept = nan\n[weights]", "threshold = 0.5\nintercept = 1.0\n[weights]\nmentions = nan",
    ],
)  # fmt: skip
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "confidence.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"weight|threshold"):
        read_model(path)


@pytest.mark.parametrize(
    ("code", "right"), [("C61", True), ("C7B.02", True), ("C79.51", None), ("C78.7", False), ("C79.52", None)]
)
def test_right_is_what_the_gold_or_an_alternate_says(code: str, right: bool | None) -> None:
    gold = {"codes": [{"code": "C61"}, {"code": "C7B.8"}], "alternates": {"C7B.8": ["C7B.02"], "?C79.51": ["C79.52"]}}
    assert is_right(gold, code) is right


@pytest.mark.slow
def test_training_again_gives_the_same_bytes(root: Path, pack: Pack, tmp_path: Path) -> None:
    if not (root / "corpora/gold/train").is_dir():
        pytest.skip("the train split is not here")
    command = [sys.executable, root / "models/train_confidence.py", "--out"]
    first, second = tmp_path / "a", tmp_path / "b"
    for out in (first, second):
        subprocess.run([*command, out], check=True, capture_output=True, cwd=root)
    name, shipped = Path(FILE).name, pack.root / Path(FILE).parent
    assert (first / name).read_bytes() == (second / name).read_bytes()
    rows = [tomllib.loads((folder / name).read_text(encoding="utf-8"))["rows"] for folder in (shipped, first)]
    if rows[0] != rows[1]:
        pytest.skip("the rules have moved on since the model was trained: make train")
    for made in (name, "MODEL_CARD.md"):
        assert (first / made).read_bytes() == (shipped / made).read_bytes()
