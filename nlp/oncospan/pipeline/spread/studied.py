"""Where a metastasis lies that the report of a study of one organ tells of without naming it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.tumors.primary import Primary

_ALONE = frozenset({"brain", "bone"})
"""Organs that a study shows and nothing beside them: what a CT of the abdomen denies may lie anywhere in it."""
_TITLE_AMONG = 6
"""Among how many first sentences the title of a report stands."""
_LONGEST_TITLE = 90
_ASKED = frozenset({"indication", "clinical_history", "history", "past_medical_history", "comparison"})
"""Sections of a report that tell what was known before it."""


def studied(facts: Sequence[DepositFact], lines: Sequence[LineFacts], _primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts, those without a site at the one organ that the whole report is a study of ("MRI brain … no metastases")."""
    facts = [replace(f, site="lung", side=_side(f)) if _open(f) and _of_chest(f) else f for f in facts]
    if not any(_open(f) for f in facts) or (site := _subject(lines)) is None:
        return facts
    return [replace(f, site=site) if _open(f) else f for f in facts]


def _open(fact: DepositFact) -> bool:
    """Whether the report states or denies a metastasis and leaves the site to its title."""
    section = fact.line.section
    return (
        fact.place is None
        and fact.somewhere
        and fact.tumor is None
        and fact.trigger.concept == "metastasis"
        and (section is None or section.name not in _ASKED)
    )


def _of_chest(fact: DepositFact) -> bool:
    """Whether the metastases are nodules that a study of the chest alone showed ("chest CT showed nodules, considered metastases")."""
    line, trigger = fact.line, fact.trigger
    scans = [m for m in line.of("imaging") if m.end <= trigger.start and m.current]
    if len(scans) != 1 or any(not m.attrs.get("flag") for m in line.of("site")):
        return False
    near = [m for m in line.of("procedure") if m.attrs.get("kind") == "region" and abs(m.start - scans[0].start) <= _TITLE_REACH]
    lumps = [t for t in line.of("tumor") if t.concept == "nodule" and t.start >= scans[0].end and t.current]
    nodules = bool(lumps) or "nodul" in line.word(trigger)
    return nodules and {m.concept for m in near} == {"chest"}


_TITLE_REACH = 40


def _side(fact: DepositFact) -> str | None:
    """The side that the sentence gives its nodules."""
    sides = {m.concept for m in fact.line.of("side")}
    return fact.side or (sides.pop() if len(sides) == 1 else None)


def _subject(lines: Sequence[LineFacts]) -> str | None:
    """The organ in the title of a report, if no other study is told of before its findings."""
    titles = [ln for ln in lines if ln.line.of("imaging") and not _before(ln)]
    if not titles or titles[0].line.index >= _TITLE_AMONG or not _is_title(titles[0]):
        return None
    sites = {p.site for ln in titles for p in ln.places if ln is titles[0] or p.test} | _regions(titles[0])
    return sites.pop() if len(sites) == 1 and sites <= _ALONE else None


def _regions(title: LineFacts) -> set[str]:
    """The parts of the body that a title says were studied."""
    return {m.concept for m in title.line.of("procedure") if m.attrs.get("kind") == "region"}


def _before(ln: LineFacts) -> bool:
    return ln.line.section is not None and ln.line.section.name in _ASKED


def _is_title(ln: LineFacts) -> bool:
    """Whether a sentence is the name of a study and no statement of its own."""
    return not ln.deposits and len(ln.line.text) <= _LONGEST_TITLE and ln.line.says("test.told_of") is None
