"""Whether a word of the course speaks of a primary, of its deposits, or of a metastatic disease as a whole."""

from __future__ import annotations

import re

from oncospan.pipeline.course.events import (
    Event,
)
from oncospan.pipeline.course.whose import lies_in, linked, organ_beside
from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ

_COURSE = frozenset({"progression", "stable_disease"})


def of_all(event: Event, primary: Primary) -> bool:
    """Whether the word speaks of a metastatic disease as a whole: how it goes on, or what is left of it nobody says where."""
    if event.mention.concept != "residual":
        return event.mention.concept in _COURSE
    named = any(same_organ(m.concept, primary.site) for m in event.line.of("site"))
    return not named and not any(linked(event, f.start) for f in primary.facts_in(event.line))


def of_deposit(event: Event, primary: Primary) -> bool:
    """Whether the word speaks of a deposit: it stands beside a metastasis word and does not name the primary's organ."""
    removes = event.mention.attrs.get("removes")
    if removes and same_organ(removes, primary.site):
        return False
    at = event.mention.end
    near = [m for m in event.line.of("metastasis") if m.start <= at + 40 and not _parted(event, m)]
    return bool(near) and not at_home(event, primary)


def _parted(event: Event, word: Mention) -> bool:
    """Whether the words between open a new clause: "resected in 2019; now new liver metastases"."""
    first, then = sorted([event.mention, word], key=lambda m: m.start)
    return event.line.within["course.then"].search(event.line.between(first, then)) is not None


def at_home(event: Event, primary: Primary) -> bool:
    """Whether the word names the organ of the primary: "resection of the ileum", "recurrence in the adrenal bed", "local recurrence"."""
    if event.mention.concept == "recurrence" and _local(event):
        return True
    organ = organ_beside(event)
    if organ is not None:
        return lies_in(primary.site, organ)
    if any((f.place is not None and linked(event, f.start)) or _follows(event, f) for f in primary.strong_in(event.line)):
        return True
    return any(same_organ(m.concept, primary.site) and linked(event, m.start) for m in event.line.of("site"))


_LOCALLY = re.compile(r"\s(?:again\s)?loc(?:ally|o-?regionally)\b", re.IGNORECASE)


def _local(event: Event) -> bool:
    """Whether disease is back where it was ("local recurrence", "recurred locally")."""
    behind = event.mention.end - event.line.sentence.start
    return event.line.word(event.mention).startswith("loc") or _LOCALLY.match(event.line.text, behind) is not None


def _follows(event: Event, fact: TumorFact) -> bool:
    """Whether the word stands right behind the tumor's own name ("metastasis from the renal carcinoma resected in 1998")."""
    named = fact.metastatic is None or not adjective(event.line, fact.metastatic)
    return (
        named
        and fact.mention.end <= event.at
        and event.line.between(fact.mention, event.mention).strip() in ("", "which was", "that was")
    )


def names_bed(event: Event, primary: Primary) -> bool:
    """Whether the sentence of a word names the organ of the primary or what its operation left."""
    own = any(same_organ(m.concept, primary.site) for m in event.line.of("site"))
    return own or event.line.says("course.of_its_bed") is not None
