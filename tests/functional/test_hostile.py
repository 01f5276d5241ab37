"""Texts made to do harm: none ends a run, none takes longer than its limit, and no span stands outside its note."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncospan.engine import Settings, analyse_notes
from oncospan.pack import load
from oncospan.runners.local import Manner, run
from oncospan.types import Analysis, Note

SECONDS = 20.0
"""The limit of a note here; a machine that does much else needs some of it for nothing."""

REFUSED = {"empty_note", "invalid_text", "note_too_long", "time_limit"}
"""What a hostile note may be refused for."""

MARKS = "\x00\x07\x0b\x0c\x1b\x7f\x85\xa0\xad\u200b\u200d\u202a\u202e\u2028\u2029\u2066\ufeff\ufffd\u0130\u1e9e\u0301"
RUNS = ("(", ")", "[", "<", "-", ".", ",", ";", ":", "/", "*", "_", "\n", "\t", " ", "\r\n", "a", "A", "0", "1.", "no ", "and ", "\u0301",
        "\U0001f600", "\U0001f468\u200d\U0001f469", "\u05d0", "tumor-", "liver/", "mets, ", "pT1", "x|", "{{", "&amp;", "\\", "%s", "=1+")  # fmt: skip


@lru_cache(maxsize=1)
def words() -> tuple[str, ...]:
    """Words that the rules look for, so that what is hostile stands where it is read."""
    every = sorted({literal for term in load().terms for literal in term.literals()})
    return tuple(random.Random(6).sample(every, 400))


@st.composite
def hostile(draw: Callable[..., str]) -> str:
    """Words of the rules among what harms readers, in any order."""
    piece = st.one_of(
        st.sampled_from(words()),
        st.sampled_from(words()).map(str.upper),
        st.sampled_from(
            ["No evidence of ", "denies ", "possible ", "Impression:", "s/p ", "from ", " to the ", "\n- ", ".\n", "A. ", "? "]
        ),
        st.text(max_size=12),
        st.text(alphabet=MARKS, min_size=1, max_size=6),
        st.builds(lambda run, times: run * times, st.sampled_from(RUNS), st.integers(min_value=2, max_value=400)),
        st.builds(lambda word, times: f"{word} " * times, st.sampled_from(words()), st.integers(min_value=2, max_value=30)),
        st.builds(lambda times, word: "(" * times + word + ")" * times, st.integers(1, 200), st.sampled_from(words())),
    )
    between = draw(st.sampled_from(["", " ", "\n", "\u2028"]))
    return between.join(draw(st.lists(piece, min_size=1, max_size=25)))


def survives(text: str) -> None:
    (analysis,) = run([Note(text=text, note_id="n")], Settings(), manner=Manner(seconds=SECONDS))
    assert {e.code for e in analysis.errors} <= REFUSED, analysis.errors
    stands(analysis, text)


def stands(analysis: Analysis, text: str) -> None:
    """Every span of the record holds the characters of the note it says it holds."""
    found, todo = 0, [analysis.record()]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            if {"start", "end", "text"} <= part.keys():
                assert 0 <= part["start"] < part["end"] <= len(text)
                assert text[part["start"] : part["end"]] == part["text"]
                found += 1
            todo += part.values()
        elif isinstance(part, list):
            todo += part
    assert found or not analysis.codes


CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=100, suppress_health_check=CHECKS)
@given(hostile())
def test_a_hundred_hostile_notes(text: str) -> None:
    survives(text)


@pytest.mark.slow
@settings(max_examples=2_000, suppress_health_check=CHECKS)
@given(hostile())
def test_two_thousand_hostile_notes(text: str) -> None:
    survives(text)


def test_the_search_reaches_the_rules() -> None:
    """The texts are not only noise: words among it are found."""
    noisy = f"Impression: {MARKS} hepatic metastases {'(' * 50} carcinoid of the ileum {')' * 50} \U0001f600"
    (analysis,) = analyse_notes([Note(text=noisy, note_id="n")])
    assert {f.concept for f in analysis.findings} >= {"liver", "ileum"}
