"""The tumors of the patient's relatives: family history, never a diagnosis of the patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.sites import DESTINATIONS, same_organ
from oncospan.types import Assertion

_GAP = 4
"""White space between a heading and its first sentence, in characters."""


def tumors(lines: Iterable[LineFacts]) -> list[list[TumorFact]]:
    """The tumors that relatives are said to have had, the facts of one organ together; unsited ones only where none has a site."""
    facts = [f for ln in lines for f in ln.tumors if _told(f)]
    groups: list[list[TumorFact]] = []
    for fact in facts:
        site = site_of(fact)[0]
        if site is None or site.startswith("lymph_node"):
            continue
        mine = next((g for g in groups if same_organ(site_of(g[0])[0] or "", site)), None)
        if mine is None:
            groups.append([fact])
        else:
            mine.append(fact)
    unsited = [f for f in facts if site_of(f)[0] is None]
    return groups or ([unsited] if unsited else [])


def syndromes(lines: Iterable[LineFacts]) -> Iterator[Mention]:
    """The mentions of a hereditary syndrome that a relative is said to have."""
    for facts in lines:
        for m in facts.line.of("functional"):
            if m.concept == "men" and m.assertion is Assertion.FAMILY and _affirmed(facts.line, m):
                yield m


def _told(fact: TumorFact) -> bool:
    m = fact.mention
    if m.assertion is not Assertion.FAMILY or m.weak or (fact.metastatic is not None and site_of(fact)[0] in DESTINATIONS):
        return False
    if m.attrs.get("family") == "hematologic" or m.attrs.get("behavior") in ("in_situ", "benign"):
        return False
    return "no_code" not in fact.line.flags and _affirmed(fact.line, m)


def _affirmed(line: Line, m: Mention) -> bool:
    """Whether the sentence neither denies the words nor doubts them, nor gives them to somebody who is no kin."""
    before = line.text[: max(0, m.start - line.sentence.start)]
    after = line.text[m.end - line.sentence.start :]
    if line.within["tumor.kin_denied"].search(before) or line.within["tumor.kin_denied_after"].match(after):
        return False
    if not m.cues and not _under_heading(line):
        return False
    return not line.signals["tumor.no_kin"].search(" ".join(c.text for c in m.cues))


def _under_heading(line: Line) -> bool:
    """Whether the sentence is the first of its section or begins a line: what runs on in one paragraph may be the patient's again."""
    first = line.section is not None and line.sentence.start - line.section.start <= _GAP
    return first or line.sentence.line_start


def site_told(facts: Sequence[TumorFact]) -> tuple[str, str | None]:
    """The site and part of a relative's tumor; ``unspecified`` where no words give one."""
    site, subsite, _ = site_of(facts[-1])
    return site or "unspecified", subsite
