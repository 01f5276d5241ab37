"""The therapy that a chief complaint or a reason for visit consists of ("CC: chemotherapy", "Reason for visit: C3D1 carboplatin")."""

from __future__ import annotations

from collections.abc import Iterator

from oncospan.pipeline.mentions.mention import Line, Mention, Reading

_SECTIONS = frozenset({"chief_complaint", "reason_for_visit"})
_DRUGS = {
    "chemotherapy": "chemo_encounter", "chemotherapy_regimen": "chemo_encounter", "cytotoxic_drug": "chemo_encounter",
    "immunotherapy": "immuno_encounter",
}  # fmt: skip
"""The purpose of a visit by the therapy that it is for."""


def purposes(reading: Reading) -> Iterator[tuple[str, Line, Mention]]:
    """The purposes that a complaint names by the therapy alone, each with its sentence and the words for the therapy."""
    for line in reading.lines:
        if line.section is None or line.section.name not in _SECTIONS or line.sentence.heading:
            continue
        if reading.signals["companion.asks_advice"].search(reading.text, line.section.title_start, line.section.title_end):
            continue
        words = [m for m in line.of("treatment") if m.concept in _DRUGS and m.current]
        if words and line.within["companion.beside_therapy"].fullmatch(_without(line, words)):
            first = next((m for m in words if _DRUGS[m.concept] == "chemo_encounter"), words[0])
            yield _DRUGS[first.concept], line, first


def _without(line: Line, words: list[Mention]) -> str:
    """The sentence without those words."""
    text = line.text
    for m in words:
        start, end = m.start - line.sentence.start, m.end - line.sentence.start
        text = text[:start] + " " * (end - start) + text[end:]
    return text
