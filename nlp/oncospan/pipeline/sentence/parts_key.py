"""Which specimen each letter or number of a report stands for: its list of specimens is the key to its diagnoses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.places import BIOPSIED, FLUID, Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.specimens import OPERATION, sampled
from oncospan.pipeline.text.part_marks import LISTED, mark_of, next_mark

_DIAGNOSES = frozenset(
    {
        None,
        "diagnosis",
        "final_diagnosis",
        "synoptic",
        "microscopic_description",
        "addendum",
        "amended_report",
        "comment",
        "impression",
    }
)
"""Sections in which a letter stands for the specimen; an unknown heading opens one of name None."""


_OPENING = frozenset({None, "document_title", "clinical_history", "indication", "procedure"})
"""Sections at whose end a report may list its specimens without a heading."""
_BEFORE = frozenset({"history"})
"""Sections that run on into such a list, where its letters are named specimens."""
_LETTER = re.compile(
    r"\W{0,3}(?:(?i:part|specimen|jar|pot|source|vial|bottle)\s{0,2}[#:]?\s{0,2}(?P<named>[A-Z]|\d{1,2})[.):]?\s{1,4}|[A-Z][.):]\s{1,3})(?=\S)"
)
_OF_ORGAN = 24
"""How far behind its letter a listed specimen names its organ."""


def _lettered(facts: LineFacts) -> bool:
    """Whether a line of a report's opening lists a specimen by its letter, with no diagnosis ("Part D  Liver, core biopsy")."""
    line = facts.line
    section = line.section.name if line.section else None
    found = _LETTER.match(line.text)
    if found is None or section not in (_OPENING | _BEFORE if found["named"] else _OPENING):
        return False
    if line.of("metastasis") or any(not t.weak and t.concept != "benign_tumor" for t in line.of("tumor")):
        return False
    at = line.sentence.start + found.end()
    return any(0 <= p.start - at <= _OF_ORGAN and (not p.test or FLUID in p.flags) for p in facts.places)


def _first(facts: LineFacts) -> Place | None:
    """The first place a listed specimen names; of bare nodes the group or station named behind them ("Lymph node, station 4R")."""
    named = [p for p in facts.places if not p.test or FLUID in p.flags]
    if named and named[0].site == "lymph_node":
        return next((p for p in named[1:2] if p.node), named[0])
    return named[0] if named else None


_OF_ONE = frozenset({"diagnosis", "final_diagnosis", "synoptic", "impression"})
"""Sections that speak of the only specimen of a report without naming it again."""


_TAKEN = frozenset({LISTED, "procedure"})
"""Sections that tell how the specimens were taken."""


@dataclass(slots=True)
class PartsKey:
    """The specimens of a report by their letters, and how far a section has come in using them."""

    parts: dict[str, Place | None] = field(default_factory=dict)
    _unlettered: list[Place] = field(default_factory=list)
    _next: str | None = None
    _used: int = -1
    _below: bool = False
    _sampled: bool = False

    def begin_section(self) -> None:
        """Lets the letters begin anew."""
        self._used, self._below = -1, False

    def add(self, facts: LineFacts) -> None:
        """Learns what a letter stands for: from the list of specimens, else from the first heading that uses it."""
        line = facts.line
        section = line.section.name if line.section else None
        listed = section == LISTED or _lettered(facts)
        own = facts.specimen
        self._sampled = self._sampled or (section in _TAKEN and sampled(line))
        if not listed and (own is None or OPERATION in own.flags or not line.sentence.heading):
            return
        mark = mark_of(line.text) or (self._next if listed else None)
        self._next = next_mark(line.text) if listed else None
        place = _first(facts) if own is None or own.site == "lymph_node" else own
        if mark is not None and mark not in self.parts:
            self.parts[mark] = place
        elif mark is None and listed and place is not None:
            self._unlettered.append(place)

    def spoken_of(self, section: str | None) -> Place | None:
        """The only specimen, where a section of diagnoses speaks of it without naming it again; of a fluid or a biopsy also an interpretation."""
        only = self.only if section in _OF_ONE else None
        if only is not None and self._sampled:
            only = replace(only, flags=only.flags | {BIOPSIED})
        return only if only is None or section != "impression" or only.flags & {FLUID, BIOPSIED} else None

    @property
    def only(self) -> Place | None:
        """The specimen of a report that has only one."""
        named = {id(p): p for p in (*self.parts.values(), *self._unlettered) if p is not None}
        sites = {p.site for p in named.values()}
        return next(iter(named.values())) if len(sites) == 1 and None not in self.parts.values() else None

    def opens(self, line: Line) -> bool:
        """Whether the line begins with a letter of the key, none of a list inside one specimen."""
        if not self.parts or (line.section.name if line.section else None) not in _DIAGNOSES:
            return False
        return self._opened(mark_of(line.text))

    def passed(self, text: str, line: Line) -> str | None:
        """The last letter of the key that opens one of the sentences without a fact before the line, if any."""
        if not self.parts or line.section is None or line.section.name not in _DIAGNOSES - {None}:
            return None
        marks = [mark for row in text.splitlines() if (mark := mark_of(row)) and self._opened(mark)]
        return marks[-1] if marks else None

    def _opened(self, mark: str | None) -> bool:
        if mark not in self.parts:
            return mark is not None and self._follows(mark)
        at = list(self.parts).index(mark)
        if at <= self._used:  # "1." under the third specimen counts what was found in it
            self._below = True
        if self._below:
            return False
        self._used = at
        return True

    def _follows(self, mark: str) -> bool:
        """Whether the letter or number is the next one after that used last: of a specimen whose organ nobody knows."""
        last = list(self.parts)[self._used] if self._used >= 0 and not self._below else ""
        if mark.isdecimal() and last.isdecimal():
            return int(mark) == int(last) + 1
        return len(mark) == len(last) == 1 and mark.isalpha() and ord(mark) == ord(last) + 1

    def meant(self, line: Line) -> Place | None:
        """The specimen that the letter of a line stands for."""
        return self.parts.get(mark_of(line.text) or "")
