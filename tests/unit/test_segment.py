"""Sections and sentences: invented notes, the section rules both ways, and the promises every text gets."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospan.errors import PackError
from oncospan.pipeline.text.headings import SectionRule, read_sections
from oncospan.pipeline.text.segment import MAX_SENTENCE, Segmenter
from oncospan.pipeline.text.segmentation import Segmentation
from oncospan.tables import read_yaml

PACK = Path(__file__).parents[2] / "models" / "oncospan_metastatic"
SPEC = Path(__file__).parents[1] / "spec" / "segment"
RULES = read_sections(PACK)
SEGMENT = Segmenter(RULES)


def cases(name: str) -> list[Any]:
    return [pytest.param(c, id=c["id"]) for c in read_yaml(SPEC / f"{name}.yaml")]


def folded(text: str) -> str:
    return " ".join(text.split())


def check(text: str, result: Segmentation) -> None:
    """Ordered, trimmed, short, without overlap, over every character that is not white space; sections one after another."""
    at = 0
    for sentence in result.sentences:
        assert at <= sentence.start < sentence.end <= len(text)
        assert not text[at : sentence.start].strip()
        piece = text[sentence.start : sentence.end]
        assert piece == piece.strip()
        assert len(piece) <= MAX_SENTENCE
        section = result.sections[sentence.section]
        assert section.start <= sentence.start < sentence.end <= section.end
        at = sentence.end
    assert not text[at:].strip()
    groups = [s.group for s in result.sentences]
    assert groups == sorted(groups)
    assert [s.section for s in result.sentences] == sorted(s.section for s in result.sentences)
    for one, two in zip(result.sections, result.sections[1:], strict=False):
        assert one.end == two.start
    for section in result.sections:
        assert section.start <= section.title_start <= section.title_end <= section.end
    assert not result.sections or result.sections[-1].end == len(text)


@pytest.mark.parametrize("case", cases("sentences"))
def test_sentences(case: dict[str, Any]) -> None:
    text = case["text"]
    result = SEGMENT(text)
    check(text, result)
    got = [("# " if s.heading else "* " if s.list_item else "") + folded(text[s.start : s.end]) for s in result.sentences]
    assert got == case["want"]
    if "groups" in case:
        assert [s.group for s in result.sentences] == case["groups"]


@pytest.mark.parametrize("case", cases("sections"))
def test_sections(case: dict[str, Any]) -> None:
    text = case["text"]
    result = SEGMENT(text)
    check(text, result)
    got = []
    for section, want in zip(result.sections, case["want"], strict=True):
        flags = " ".join(("", *sorted(section.flags))) if " " in want.partition(" | ")[0] else ""
        got.append(f"{section.name or '-'}{flags} | {folded(text[section.start : section.end])}")
    assert got == case["want"]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_rule_reads_its_example_and_not_its_counter_example(rule: SectionRule) -> None:
    found = [s.name for s in SEGMENT(rule.example).sections]
    other = [s.name for s in SEGMENT(rule.counter_example).sections]
    if rule.sub:  # its heading opens no section; that of the counter-example opens a nameless one
        assert None not in found
        assert None in other
    else:
        assert rule.name in found
        assert rule.name not in other


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_every_header_is_read_at_a_line_start(rule: SectionRule) -> None:
    for header in rule.headers:
        for form in (header.upper(), header, header.lower()):
            sections = SEGMENT(f"{form}:\nSome text here.").sections
            assert [s.name for s in sections] == [None if rule.sub else rule.name], form


def test_there_are_enough_rules() -> None:
    assert len(RULES) >= 60
    assert len({r.id for r in RULES}) == len(RULES)


def test_flags_of_the_sections_that_matter() -> None:
    flags = {r.name: r.trust for r in RULES}
    assert flags["family_history"] == {"family"}
    assert "no_code" in flags["allergies"]
    assert "no_code" in flags["education"]
    for name in ("indication", "clinical_history", "reason_for_exam", "comparison", "review_of_systems", "social_history"):
        assert "low_trust" in flags[name], name
    for name in ("final_diagnosis", "discharge_diagnosis", "assessment", "impression"):
        assert "diagnosis_final" in flags[name], name


def test_sentence_at() -> None:
    text = "First one.  Second one."
    result = SEGMENT(text)
    assert [result.sentence_at(i) for i in (0, 9, 10, 11, 12, 22)] == [0, 0, None, None, 1, 1]


def test_a_title_is_where_it_says() -> None:
    text = "  FAMILY HISTORY (reviewed): none."
    (section,) = SEGMENT(text).sections
    assert text[section.title_start : section.title_end] == "FAMILY HISTORY (reviewed):"


WORDS = st.sampled_from(
    (
        "Dr. No. e.g. 1. 2) A. - • [x] [ ] (x) : ; , . .. ., :, \n \n\n \r\n \r \t \u2028 \x85 \x0c \u200b \u00a0 PLAN: Plan: IMPRESSION FAMILY HISTORY:"
        " Final Diagnosis. LIVER, BIOPSY: PART 1: liver metastases. No of the and 2.5 cm β É 汉字。 𝒜 e\u0301 ' \" ) ( ] [ | HPI (copied): A/P: "
    ).split(" ")
)


@given(st.one_of(st.text(max_size=400), st.lists(st.one_of(WORDS, st.text(max_size=5)), max_size=80).map(" ".join)))
def test_every_character_is_in_exactly_one_sentence(text: str) -> None:
    check(text, SEGMENT(text))


@given(st.lists(WORDS, max_size=60).map("".join))
def test_glued_words_too(text: str) -> None:
    check(text, SEGMENT(text))
    assert SEGMENT(text) == SEGMENT(text)


HOSTILE = {
    "spaces": " " * 100_000,
    "spaces after a full stop": "End." + " " * 100_000 + "x",
    "spaces after a heading": ("Plan:" + " " * 1_000) * 100,
    "one line": "abc def " * 625_000,
    "one word": "a" * 5_000_000,
    "newlines": "\n" * 10_000_000,
    "spaced newlines": " \n" * 1_000_000,
    "full stops": ". " * 200_000,
    "headings": "Plan: " * 50_000,
    "capitals and colons": "AAAA: " * 50_000,
    "open brackets": "[(" * 200_000,
    "boxes": "(x)" * 50_000,
    "numbers": "1) " * 100_000,
    "wrapped lines": "x," * 3 + "a,\n" * 100_000,
    "tabs": "a\t" * 200_000 + "\n" + "b   " * 100_000,
    "fields": ("x" * 30 + ": ") * 50_000,
    "quotes": '."' * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name: str) -> None:
    text = HOSTILE[name]
    begun = time.process_time()
    result = SEGMENT(text)
    spent = time.process_time() - begun
    assert spent < 10, "a quadratic step would take minutes"
    assert all(s.end - s.start <= MAX_SENTENCE for s in result.sentences)


def test_a_long_sentence_is_cut_at_a_semicolon() -> None:
    text = "word " * 200 + "half; " + "word " * 300
    result = SEGMENT(text)
    check(text, result)
    assert text[: result.sentences[0].end].endswith("half;")


BAD = {
    "not a list": "a: 1\n",
    "unknown key": "- {id: section.a, name: a, headers: [A], trust: [], example: x, counter_example: y, foo: 1}\n",
    "missing key": "- {id: section.a, name: a, headers: [A], trust: [], example: x}\n",
    "unknown flag": "- {id: section.a, name: a, headers: [A], trust: [odd], example: x, counter_example: y}\n",
    "bad id": "- {id: a, name: a, headers: [A], trust: [], example: x, counter_example: y}\n",
    "header twice": (
        "- {id: section.a, name: a, headers: [Odd One], trust: [], example: x, counter_example: y}\n"
        "- {id: section.b, name: b, headers: [odd-one], trust: [], example: x, counter_example: y}\n"
    ),
    "header that is no text": "- {id: section.a, name: a, headers: [1], trust: [], example: x, counter_example: y}\n",
    "strict that is no boolean": "- {id: section.a, name: a, headers: [A], trust: [], example: x, counter_example: y, strict: 1}\n",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_rule_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "sections.yaml").write_text(BAD[name], encoding="utf-8")
    with pytest.raises(PackError, match=r"sections\.yaml"):
        read_sections(tmp_path)


@pytest.mark.parametrize("name", ["dev/docs", "unlabelled/tcga_pathology"])
def test_real_notes_keep_the_promises(shared: Path, name: str) -> None:
    lines = (shared / "corpora" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines[:150]:
        text = json.loads(line)["text"]
        check(text, SEGMENT(text))
