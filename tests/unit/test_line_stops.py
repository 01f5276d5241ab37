"""Reports whose lines were joined with full stops: the stops inside a sentence are blanked, in their places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospan.pipeline.text.line_stops import without_line_stops


@pytest.mark.parametrize(
    ("joined", "read"),
    [
        ("carcinoma of the. colon, poorly. differentiated", "carcinoma of the  colon, poorly  differentiated"),
        ("tumor of the. colon. No. metastases", "tumor of the  colon. No  metastases"),
        ("tumor of the. colon. No. of nodes: 3", "tumor of the  colon. No. of nodes: 3"),
        ("tumor of the. colon (A1,. A2), approx. five cm", "tumor of the  colon (A1,. A2), approx. five cm"),
        ("tumor of the. colon. Margins free. Stage II", "tumor of the  colon. Margins free. Stage II"),
        ("poorly. differentiated carcinoma, no line shows itself", "poorly. differentiated carcinoma, no line shows itself"),
    ],
)
def test_stops_inside_sentences_are_blanked_where_lines_were_joined(joined: str, read: str) -> None:
    assert without_line_stops(joined) == read


@given(st.text(alphabet="ofthe. No,)\nA1", max_size=200))
def test_every_character_keeps_its_place(text: str) -> None:
    read = without_line_stops(text)
    assert len(read) == len(text)
    assert all(a == b or (a, b) == (".", " ") for a, b in zip(text, read, strict=True))
