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
    if not any(_open(f) for f in facts) or (site := _subject(lines)) is None:
        return list(facts)
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
