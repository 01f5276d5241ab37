"""The sentences of a note in their order, each related under the specimen it speaks of."""

from __future__ import annotations

from oncospan.pipeline.mentions.mention import Mention, Reading
from oncospan.pipeline.sentence.parts_key import PartsKey
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts, opens_list, relate, under_heading
from oncospan.pipeline.sentence.specimens import carried
from oncospan.pipeline.text.part_marks import LISTED

_SPECIMEN_REACH = 8
"""How many sentences stand under the heading of a specimen."""


_DIAGNOSES = frozenset({"diagnosis", "final_diagnosis", "synoptic"})
"""Sections that speak of the only specimen of a report without naming it again."""


def related(reading: Reading) -> list[LineFacts]:
    """The facts of every sentence; a heading, or the letter of a listed specimen, holds for the sentences below it."""
    out: list[LineFacts] = []
    specimen: Place | None = None
    headed = False
    section = None
    at = 0
    opened: Mention | None = None
    key = PartsKey()
    for line in reading.lines:
        if line.index - at > _SPECIMEN_REACH or line.of("imaging"):
            specimen = None
        if line.section is not section:
            of_it = headed and line.section is not None and line.section.name == LISTED  # "2. THYROID: SPECIMEN TYPE: …"
            specimen = specimen if of_it else None
            section = line.section
            key.begin_section()
            if section is not None and section.name in _DIAGNOSES and key.only is not None:
                specimen, at = key.only, line.index
        if key.opens(line):
            specimen, at = key.meant(line), line.index
        facts = relate(line, specimen)
        key.add(facts)
        at = line.index if facts.specimen else at
        if opened is not None and line.sentence.list_item and not facts.deposits:
            facts = under_heading(facts, opened)
        else:
            opened = opens_list(facts)
        specimen, headed = carried(line, facts.specimen, specimen), facts.specimen is not None
        out.append(facts)
    return out
