"""Scanned reports: words are mended to words of the pack, in their places, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospan.pack import load
from oncospan.pipeline.findings import findings
from oncospan.pipeline.reading import reader_of
from oncospan.pipeline.text.scans import Scans
from oncospan.types import Assertion, AuthorRole

SCANS = Scans(
    ["carcinoma", "adenocarcinoma", "metastatic", "lymph node", "in situ", "colon", "atypical carcinoid", "MEN1", "thyroid"]
)


@pytest.mark.parametrize(
    ("scanned", "read"),
    [
        ("ADEN0CARClNOMA of the co1on", "ADENOCARCINOMA of the colon"),
        ("Metastat1c carcin0ma in l/14 nodes", "Metastatic carcinoma in 1/14 nodes"),
        ("METASTATlC CARClNOMA , THYROID :", "METASTATIC CARCINOMA,  THYROID : "[:-1]),
        ("metastat|c ADENOCARC INOMA, co1on", "metastatic ADENOCARCINOMA , colon"),
        ("metastat|c carcinorna, co1on", "metastatic carcinoma , colon"),
        ("co1on, metastat1c, two c f 3 nodes, pNl", "colon, metastatic, two of  3 nodes, pN1"),
        ("co1on, metastat1c, a typical carcinoid", "colon, metastatic, a typical carcinoid"),
        ("MEN1, one carcinoma in situ, c f", "MEN1, one carcinoma in situ, c f"),
        ("pNl , a colon adenocarc inoma", "pNl , a colon adenocarc inoma"),
        ("S100 and TTF1, PAX8 and Ki67 of the colon", "S100 and TTF1, PAX8 and Ki67 of the colon"),
    ],
)
def test_words_of_the_pack_are_mended_in_scans(scanned: str, read: str) -> None:
    assert SCANS.mend(scanned).text == read


@given(st.text(alphabet="carcinomlI10| ,:.adetS\n", max_size=200))
def test_mending_keeps_the_length_and_moves_no_word(text: str) -> None:
    read, ends = SCANS.mend(text)
    assert len(read) == len(text)
    assert all(read[short] == " " and long == short + 1 for short, long in ends.items())


def test_evidence_is_cut_from_the_note_as_it_is() -> None:
    note = (
        "DlAGN0SIS\nA . L1VER , WEDGE BIOPSY :  METASTAT1C ADENOCARC INOMA, 2 CM.\n"
        "B . C0LON , ASCENDING, RESECTION :  ADENOCARC INOMA. TUMOR INVADES FAT."
    )
    found = findings(reader_of(load()).read(note), AuthorRole.PATHOLOGIST)
    told = {(f.kind.value, f.concept): f for f in found if f.assertion is Assertion.PRESENT}
    assert {("primary", "ascending_colon"), ("metastasis", "liver")} <= set(told)
    assert all(note[e.start : e.end] == e.text for f in found for e in (*f.evidence, *f.cues))
    assert any("ADENOCARC INOMA" in e.text for e in told["primary", "ascending_colon"].evidence)
