"""Layouts of a note: they are read as one, and evidence stands in the note as it is."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospan.engine import analyse_notes
from oncospan.pipeline.text.fold import fold
from oncospan.types import Analysis, Note

NOTE = """\
HISTORY: This 62-year-old woman had a well-differentiated neuroendocrine tumor of the terminal ileum resected in 2019, and \
underwent a right hepatectomy for metastases in 2021. She has no flushing and no diarrhea, and no evidence of carcinoid \
heart disease was found on the echocardiogram of last year.

FINDINGS: Multiple new liver metastases are seen, the largest in segment VII, with a diameter of 34 mm. No bone metastases, no \
pulmonary metastases. Her mother, who died at 71, had breast cancer with metastases to the brain and to the spine.

IMPRESSION:
1. New liver metastases of the ileal neuroendocrine tumor.
2. No bone metastases.
"""


def wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.fill(line, width, break_on_hyphens=False) for line in text.split("\n"))


def analysed(text: str) -> Analysis:
    (analysis,) = analyse_notes([Note(text=text, note_id="n")])
    return analysis


def told(analysis: Analysis) -> list[tuple[str, ...]]:
    out = [(str(f.kind), f.concept, str(f.assertion), " ".join(f.evidence[0].text.split())) for f in analysis.findings]
    return out + [(c.code, str(c.status)) for c in analysis.codes]


LAYOUTS = {
    "wrapped at 60": wrapped(NOTE, 60),
    "wrapped at 80": wrapped(NOTE, 80),
    "lines doubled": wrapped(NOTE, 80).replace("\n", "\n\n"),
    "blanks doubled": NOTE.replace(" ", "  "),
    "carriage returns": wrapped(NOTE, 80).replace("\n", "\r\n"),
    "tabs behind labels": NOTE.replace(": ", ":\t"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_says_the_same(layout: str) -> None:
    assert told(analysed(LAYOUTS[layout])) == told(analysed(NOTE))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_evidence_stands_in_the_note_as_it_is(layout: str) -> None:
    text, analysis = LAYOUTS[layout], analysed(LAYOUTS[layout])
    spans = [e for f in analysis.findings for e in (*f.evidence, *f.cues)] + [e for c in analysis.codes for e in c.evidence]
    assert spans
    assert all(text[e.start : e.end] == e.text for e in spans)


@pytest.mark.parametrize(
    "text",
    [
        "Liver metastases, stable.",
        "NODES     2/14\nMARGINS   free",  # columns
        "1. Liver metastases\n2. Bone metastases\n\nPlan: octreotide",
        "Liver: clear.\nBones: clear.\nLungs: clear.",
        "SPECIMEN:\nColon\n\nDIAGNOSIS:\nAdenocarcinoma",
    ],
)
def test_other_layouts_stay_as_they_are(text: str) -> None:
    assert fold(text).text is text


def test_items_keep_their_lines() -> None:
    long = "liver metastases that have grown since the last scan of the abdomen and of the pelvis, and a new one"
    items = "\n".join(f"{i}. {long} in segment {i}" for i in range(1, 6))
    assert fold(wrapped(items, 70)).text == items


def test_a_label_opens_its_line() -> None:
    lines = [
        "FINDINGS: the liver holds several lesions, which have grown since then",
        *["Lungs: no lesions in either of the lobes, nothing new since last time"] * 4,
    ]
    assert fold("\n".join(lines)).text == "\n".join(lines)


@given(st.text(alphabet="ab,.: \t\r\n", max_size=400))
def test_every_character_read_stands_where_it_is_said_to(text: str) -> None:
    folded = fold(text)
    places = [folded.place(i) for i in range(len(folded.text))]
    assert places == sorted(set(places))
    assert all(text[p] == c or (c == " " and text[p].isspace()) for p, c in zip(places, folded.text, strict=True))
    assert "".join(text.split()) == "".join(folded.text.split())


@given(st.lists(st.text(alphabet="liver metastases", min_size=1, max_size=90), max_size=12))
def test_folding_twice_changes_nothing_more(lines: list[str]) -> None:
    once = fold("\n".join(lines)).text
    assert "".join(fold(once).text.split()) == "".join(once.split())


def test_a_line_that_ends_within_its_sentence_goes_on() -> None:
    assert fold("CT WAS READ AS NO\nPERITONEAL DISEASE.").text == "CT WAS READ AS NO PERITONEAL DISEASE."
    assert fold("Taken in for\n1. Liver biopsy").text == "Taken in for\n1. Liver biopsy"


FORM = "Procedure\tNephrectomy\nTumor Site\t\tLeft kidney\nTumor Size\t2 cm\nHistologic Type\tRenal cell carcinoma"


def test_a_colon_stands_behind_the_names_of_fields() -> None:
    folded = fold(FORM)
    assert folded.text == "Procedure:Nephrectomy\nTumor Site: Left kidney\nTumor Size:2 cm\nHistologic Type:Renal cell carcinoma"
    assert [folded.place(i) for i in range(len(folded.text))] == list(range(len(FORM)))


def test_a_table_of_more_columns_or_few_lines_stays() -> None:
    table = "\n".join(f"{name}\t4.1\t3-5" for name in ("Sodium", "Potassium", "Chloride", "Albumin"))
    assert fold(table).text == table
    assert fold("Sodium\t138\nPotassium\t4").text == "Sodium\t138\nPotassium\t4"


def test_capitals_go_on_where_no_mark_stops_them() -> None:
    lines = ["BONES: A FOCUS IN THE RIGHT ILIAC WING IS INDETERMINATE, A BONE ISLAND VERSUS", "METASTASIS. NO OTHER LESION."]
    assert fold("\n".join(lines)).text == " ".join(lines)
    (lung,) = analysed(
        "CARCINOID OF THE ILEUM. ON THE CT OF THE CHEST OF THIS WEEK THERE WERE NO LUNG\nMETS. STABLE LIVER."
    ).findings[1:2]
    assert (lung.concept, str(lung.assertion)) == ("lung", "absent")
