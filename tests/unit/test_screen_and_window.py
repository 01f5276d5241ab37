"""What makes the reading of a note cheap must not change what is read: words, screen, windows and their vocabulary."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospan.pack import Pack, TermRule, load
from oncospan.pipeline.text.screen import Screen, lowered, spaced, words_of
from oncospan.pipeline.text.tokens import tokenize

NOTE = "Liver mass. Biopsy:\nmetastatic neuroendocrine  tumor of\nthe ileum. No bone metastases. The weather is fine."


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load()


@pytest.fixture(scope="module")
def screen() -> Screen:
    """The screen of a pack with one term, of two words."""
    rule = TermRule(
        id="tumor.small", category="tumor", concept="small", attrs=MappingProxyType({}), terms=("oat-cell growth",), exact=False,
        unless_before=None, unless_after=None, needs=None, example="", counter_example="", where="",
    )  # fmt: skip
    nothing: MappingProxyType[str, Any] = MappingProxyType({})
    return Screen(Pack(name="one", version="0", digest="one", root=Path(), terms=(rule,), settings=nothing))


@given(st.one_of(st.text(), st.text(alphabet=st.characters(max_codepoint=127), min_size=20, max_size=120)))
def test_words_are_runs_of_word_characters_and_single_marks(text: str) -> None:
    assert words_of(text) == re.findall(r"\w+|[^\w\s]", text)


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_every_word_stands_where_its_offsets_say(text: str) -> None:
    tokens = tokenize(text)
    assert [text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)] == tokens.words == words_of(text)


@given(st.text())
def test_lowering_keeps_the_length(text: str) -> None:
    assert len(lowered(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "matters"),
    [
        ("Oat-cell growth", True),
        ("an oat \n\t CELL  growth.", True),
        ("oat - cell growth", True),
        ("goat-cell growth", False),
        ("oat-cell growths", False),
        ("cell growth", False),
        ("growth oat-cell", False),
        ("", False),
    ],
)
def test_a_term_stands_by_whole_words_whatever_the_white_space(screen: Screen, text: str, matters: bool) -> None:
    low = lowered(text)
    assert screen.matters(low) is matters
    assert screen.kept(low, [(0, len(low))]) == ([0] if matters else [])


@pytest.mark.parametrize("border", ["\0", "\x1f", "\n", " "])
def test_no_term_stands_across_two_sentences(screen: Screen, border: str) -> None:
    low = f"oat-cell{border}growth{border}oat{border}cell growth"
    half = len(f"oat-cell{border}")
    assert screen.kept(low, [(0, half), (half, len(low))]) == ([1] if border != "\0" else [])


def test_spaced_text_holds_each_word_between_blanks() -> None:
    assert spaced("s/p  resection,\n(2019)") == " s / p resection , ( 2019 ) "
