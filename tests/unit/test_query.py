"""The query composer: snippets of the note, filled wording, and no way round the linter."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncospan.gaps.lint import ELISION, TAIL, QueryRefusedError, forbidden, lint
from oncospan.gaps.query import MOST_INDICATORS, compose, indicators_of, quoted, snippet
from oncospan.gaps.wording import Option, Wording
from oncospan.types import AuthorRole, Evidence, Note

SIDE = Wording(
    id="G04_LATERALITY_MISSING",
    name="Side not documented",
    trigger="A code with an open side.",
    severity="medium",
    title="Clarification of side",
    question="The record documents {phrase}. Can the side be specified?",
    options=(Option(text="Right"), Option(text="Left"), Option(text="Both", needs="pair")),
    closed_by="",
    affected="",
    where="gaps.yaml:1",
)


def note(text: str, **more: object) -> Note:
    values: dict[str, object] = {"note_type": "oncology clinic note", "note_date": dt.date(2026, 11, 10), **more}
    return Note(text=text, **values)  # type: ignore[arg-type]


def span(text: str, words: str, start: int = 0) -> Evidence:
    at = text.index(words, start)
    return Evidence(start=at, end=at + len(words), text=words)


def test_a_query_quotes_the_sentence_with_its_source_and_date() -> None:
    text = "Seen by Dr. Roe today. CT shows lung metastases, stable. Plan: continue."
    query = compose(SIDE, indicators_of(note(text), [span(text, "lung metastases")]), {"phrase": quoted(["lung metastases"])})
    (one,) = query.indicators
    assert one.text == "CT shows lung metastases, stable."
    assert (one.source, one.date) == ("oncology clinic note, provider", "2026-11-10")
    assert query.question == "The record documents “lung metastases”. Can the side be specified?"
    assert query.options == ("Right", "Left", *TAIL)


def test_an_option_is_offered_when_the_case_supports_it() -> None:
    text = "Lung metastases."
    query = compose(SIDE, indicators_of(note(text), [span(text, "Lung")]), {"phrase": "“Lung”"}, supported={"pair"})
    assert "Both" in query.options


def test_a_note_without_type_or_date_is_still_a_source() -> None:
    text = "Lung metastases."
    bare = note(text, note_type=None, note_date=None, author_role=AuthorRole.RADIOLOGIST)
    (one,) = indicators_of(bare, [span(text, "Lung")])
    assert (one.source, one.date) == ("clinical note, radiologist", None)


def test_at_most_six_indicators_two_of_them_against() -> None:
    text = "".join(f"Lesion {n} in the lung.\n" for n in range(10)) + "".join(f"No lesion {n} in bone.\n" for n in range(4))
    spoken = [span(text, f"Lesion {n}") for n in range(10)]
    contrary = [span(text, f"No lesion {n}") for n in range(4)]
    told = [i.text for i in indicators_of(note(text), spoken, contrary)]
    assert told == [*(f"Lesion {n} in the lung." for n in range(4)), "No lesion 0 in bone.", "No lesion 1 in bone."]
    assert len(told) == MOST_INDICATORS


def test_two_spans_of_one_sentence_are_one_indicator() -> None:
    text = "Liver and lung metastases."
    assert len(indicators_of(note(text), [span(text, "Liver"), span(text, "lung")], [span(text, "metastases")])) == 1


def test_evidence_of_another_note_is_quoted_as_it_is() -> None:
    other = Evidence(start=3, end=8, text="brain")
    assert [i.text for i in indicators_of(note("Lung metastases."), [other])] == ["brain"]


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Well today. Known mets. Bye.", "mets", "Known mets."),
        ("- brain mets\n- bone mets\n", "bone", "- bone mets"),
        ("Seen by Dr. Roe for mets of e.g. bone. Next.", "mets", "Seen by Dr. Roe for mets of e.g. bone."),
        ("Size 2.5 cm mets.", "mets", "Size 2.5 cm mets."),
        ("No change; mets stable; plan CT", "mets", "mets stable;"),
        ("mets", "mets", "mets"),
        ("lung\nmets here", "lung\nmets", "lung\nmets here"),
    ],
)
def test_a_snippet_is_the_sentence_around_the_words(text: str, words: str, shown: str) -> None:
    e = span(text, words)
    a, b = snippet(text, e.start, e.end)
    assert text[a:b] == shown


def test_a_long_sentence_is_cut_between_words() -> None:
    text = "before " * 60 + "metastases " + "after " * 60
    e = span(text, "metastases")
    a, b = snippet(text, e.start, e.end)
    assert b - a <= 180
    assert set(text[a:b].split()) == {"before", "metastases", "after"}


@given(st.text(max_size=400), st.data())
@settings(max_examples=150, deadline=None)
def test_a_snippet_holds_its_evidence_and_is_not_long(text: str, data: st.DataObject) -> None:
    text += "x"
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    a, b = snippet(text, start, end)
    assert 0 <= a <= start
    assert end <= b <= len(text)
    assert b - a <= max(180, end - start)


WORDS = st.sampled_from(
    "CC MCC DRG MS-DRG HCC hcc 30 cc RAF quality denial payment audit revenue severity score metastases lung “x” {site} ? . \n ; ½".split(
        " "
    )
)


@given(st.lists(WORDS, min_size=1, max_size=40), st.data())
@settings(max_examples=200, deadline=None)
def test_no_query_holds_a_word_of_money_whatever_the_note_says(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts) + " mass"
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 1, len(text)))
    e = Evidence(start=start, end=end, text=text[start:end])
    query = compose(SIDE, indicators_of(note(text, note_type="HCC quality audit"), [e]) or indicators_of(note("x"), [span("x", "x")]),
                    {"phrase": quoted([e.text])})  # fmt: skip
    assert lint(query) == ()
    assert not forbidden().search(str(query.record()))


def test_a_forbidden_word_in_a_quote_is_left_out() -> None:
    text = "Known HCC with lung mets."
    (one,) = indicators_of(note(text), [span(text, "lung mets")])
    assert one.text == f"Known {ELISION} with lung mets."
    assert quoted(["HCC"]) == "the finding quoted above"


def test_phrases_are_quoted_once_each_and_cut() -> None:
    assert quoted(["a", "b", "a", "c", "d"]) == "“a” and “b” and “c”"
    assert quoted(["said “so”\n twice"]) == "“said 'so' twice”"
    assert quoted(["word " * 40]).endswith("word…”")


def test_a_wording_that_fails_the_linter_makes_no_query() -> None:
    text = "Lung metastases."
    told = indicators_of(note(text), [span(text, "Lung")])
    pressing = Wording(
        **{f: getattr(SIDE, f) for f in SIDE.__slots__} | {"question": "Please document the side of {phrase}, will you?"}
    )
    with pytest.raises(QueryRefusedError) as caught:
        compose(pressing, told, {"phrase": "“Lung”"})
    assert "Lung" not in str(caught.value)
    assert caught.value.where == "gaps.yaml:1"
    with pytest.raises(QueryRefusedError, match="indicators"):
        compose(SIDE, (), {"phrase": "“Lung”"})
    with pytest.raises(QueryRefusedError, match="placeholder"):
        compose(SIDE, told, {})
    with pytest.raises(QueryRefusedError, match="money"):
        compose(SIDE, told, {"phrase": "“Lung”"}, extra_words=["lung"])
