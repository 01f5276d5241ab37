"""A former tumor is proven by its own words and by those that ended it."""

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
