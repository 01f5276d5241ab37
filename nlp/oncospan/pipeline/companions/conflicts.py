"""Statements of one note that contradict each other: spread present and denied, right and left, benign and malignant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oncospan.pipeline.mentions.mention import Line, Mention, Reading
from oncospan.pipeline.sentence.harmless import FLAG as HARMLESS
from oncospan.pipeline.sentence.relations import LineFacts, relate
from oncospan.pipeline.text.segmentation import Section
from oncospan.sites import PAIRED, organ
from oncospan.types import Assertion, Evidence, Finding, Kind

_NOW = frozenset(
    "hpi interval_history subjective problem_list findings impression findings_and_impression assessment assessment_and_plan plan "
    "diagnosis final_diagnosis principal_diagnosis secondary_diagnoses discharge_diagnosis operative_findings postoperative_diagnosis "
    "recommendations discussion staging".split()
)
"""Sections that tell the present state, so that two of them should agree."""


_NEUROENDOCRINE = frozenset({"carcinoid", "net", "islet_cell", "adrenal_paraganglia"})


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement: what it says of which site, in which words, where."""

    what: str
    site: str
    mention: Mention
    line: Line
    side: str | None = None


def contradictions(reading: Reading, related: Sequence[LineFacts]) -> Iterator[Finding]:
    """One finding a pair of statements that cannot both hold; ``evidence`` is the one side, ``cues`` the other."""
    told = [f for f in related if f.line.of("metastasis", "tumor", "status") and _tells_the_present(reading, f.line)]
    if len({(f.line.section.name, f.line.section.start) for f in told if f.line.section}) < 2:
        return  # contradictions are told by the sections the two sides stand in
    facts = [relate(f.line, None) if f.under else f for f in told]
    yield from _presence(reading, facts)
    yield from _opposed(reading, "side", list(_sides(facts)))
    yield from _opposed(reading, "behavior", list(_behaviors(facts)))


def _tells_the_present(reading: Reading, line: Line) -> bool:
    s = line.section
    return s is not None and "no_code" not in line.flags and (s.name in _NOW or _copied(reading, s))


def _copied(reading: Reading, s: Section) -> bool:
    return (
        s.name == "copied_forward"
        or reading.signals["companion.carried"].search(reading.text, s.title_start, s.title_end) is not None
    )


def _presence(reading: Reading, facts: Sequence[LineFacts]) -> Iterator[Finding]:
    """Spread stated in one place and denied in another."""
    stated = [s for s in _spread(facts, Assertion.PRESENT) if s.site != "lymph_node"]
    denied = [s for s in _spread(facts, Assertion.ABSENT) if not s.line.says("companion.ended")]
    for no in denied:
        for yes in stated:
            if no.site == "unspecified" and no.line.says("companion.partly"):
                continue
            if no.site in ("unspecified", yes.site) and _differ(reading, no, yes) and not _node(yes) and _one_part(no, yes):
                yield _finding(reading, "presence", yes, no)
                return


def _one_part(no: _Said, yes: _Said) -> bool:
    """Whether both speak of one side, and of the mesentery or neither does: implants denied elsewhere on the peritoneum leave its deposit."""
    if {no.side, yes.side} == {"left", "right"}:
        return False
    return no.site != "peritoneum" or len({"mesent" in s.line.text.casefold() for s in (no, yes)}) == 1


def _node(said: _Said) -> bool:
    return said.site.startswith("lymph_node")


def _spread(facts: Sequence[LineFacts], assertion: Assertion) -> Iterator[_Said]:
    for f in facts:
        for d in f.deposits:
            if d.assertion is assertion and HARMLESS not in d.flags:
                yield _Said("spread", d.site, d.trigger, f.line, d.side)
        if assertion is Assertion.ABSENT and not f.line.of("tumor"):
            for m in f.line.of("status"):
                if m.concept == "ned" and m.assertion is Assertion.PRESENT and not f.line.of("site"):
                    yield _Said("spread", "unspecified", m, f.line)


def _differ(reading: Reading, one: _Said, other: _Said) -> bool:
    """Whether two statements stand in different sections of which one is copied, or both tell the present state."""
    a, b = one.line.section, other.line.section
    if a is None or b is None or a is b:
        return False
    copied = [_copied(reading, s) for s in (a, b)]
    if any(copied):
        return not all(copied)
    if a.name == b.name or not {a.name, b.name} <= _NOW:
        return False
    return not any(s.line.says("companion.then") for s in (one, other))


def _sides(facts: Sequence[LineFacts]) -> Iterator[_Said]:
    """What the note says of the side of a tumor of a paired organ."""
    for f in facts:
        for t in f.tumors:
            if t.place is None or t.assertion is not Assertion.PRESENT or t.mention.weak or organ(t.place.site) not in PAIRED:
                continue
            if t.place.side in ("left", "right"):
                yield _Said(t.place.side, organ(t.place.site), t.mention, f.line)


def _behaviors(facts: Sequence[LineFacts]) -> Iterator[_Said]:
    """What the note says of the behavior of a neuroendocrine tumor, in so many words."""
    for f in facts:
        for t in f.tumors:
            if t.assertion is not Assertion.PRESENT or t.mention.attrs.get("family") not in _NEUROENDOCRINE:
                continue
            words = [t.mention.attrs.get("behavior"), *(d.attrs.get("behavior") for d in t.details if d.category == "behavior")]
            told = {w for w in words if w in ("benign", "malignant")}
            if len(told) == 1:
                yield _Said(told.pop(), t.place.site if t.place else "unspecified", t.mention, f.line)


def _opposed(reading: Reading, what: str, said: Sequence[_Said]) -> Iterator[Finding]:
    """The first pair that says opposite things of one site, unless the note speaks of both."""
    if any(s.line.says("companion.both") for s in said):
        return
    for i, a in enumerate(said):
        for b in said[i + 1 :]:
            same = a.site == b.site or "unspecified" in (a.site, b.site)
            if same and a.what != b.what and _alone(a, b, said) and _differ(reading, a, b):
                yield _finding(reading, what, a, b)
                return


def _alone(a: _Said, b: _Said, said: Sequence[_Said]) -> bool:
    """Whether the section of each says only the one thing of the site."""
    return all(s.what == x.what for x in (a, b) for s in said if s.line.section is x.line.section and s.site == x.site)


def _finding(reading: Reading, what: str, one: _Said, other: _Said) -> Finding:
    return Finding(
        id="f", kind=Kind.STATUS, concept="contradiction", assertion=Assertion.PRESENT, of=one.site,
        evidence=(_words(reading, one),), cues=(_words(reading, other),),
        flags=frozenset({what, *({one.what} if what != "presence" else ())}),
    )  # fmt: skip


def _words(reading: Reading, said: _Said) -> Evidence:
    return reading.evidence(said.mention.start, said.mention.end, said.mention.rule)
