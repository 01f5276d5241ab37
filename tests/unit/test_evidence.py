"""What proves a fact is shown: a former tumor with what ended it, a purpose with what it announces."""

from __future__ import annotations

import pytest

from oncospan import analyse
from oncospan.types import Kind

FORMER = "Carcinoid of the ileum, right hemicolectomy in 2015. She remains without evidence of disease."


def words(text: str) -> set[str]:
    found = analyse(text).findings
    return {e.text for f in found if f.kind is Kind.PRIMARY for e in f.evidence}


def test_the_operation_and_the_freedom_from_disease_stand_beside_the_tumor() -> None:
    told = words(FORMER)
    assert any("Carcinoid" in t for t in told)
    assert any("hemicolectomy" in t for t in told)
    assert any("evidence of disease" in t for t in told)


@pytest.mark.parametrize(
    "text", ["Carcinoid of the ileum, on lanreotide.", "Carcinoid of the ileum, hemicolectomy is planned for next month."]
)
def test_a_current_tumor_is_proven_by_its_own_words(text: str) -> None:
    assert not any("hemicolectomy" in t for t in words(text))


def test_words_that_announce_a_purpose_are_shown_with_it() -> None:
    text = "Carcinoid of the ileum with liver metastases. She is here for cycle 3 of carboplatin; labs are fine."
    (told,) = (f for f in analyse(text).findings if f.concept == "chemo_encounter")
    assert [e.text for e in told.evidence] == ["is here for cycle 3 of carboplatin"]


def test_the_specimen_that_places_a_tumor_is_shown() -> None:
    text = "FINAL DIAGNOSIS:\nA. Kidney, left, radical nephrectomy:\n- Renal cell carcinoma, 4 cm."
    assert {"Kidney", "Renal cell carcinoma"} <= words(text)
