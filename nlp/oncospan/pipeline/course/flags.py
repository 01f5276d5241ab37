"""What the treatment and status words of a note say of a primary, as flags."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.course.events import (
    Event,
    dates,
    drug_flags,
    found_at,
    fresh,
    goes_on,
    partial,
    sequel,
)
from oncospan.pipeline.course.of_what import of_deposit
from oncospan.pipeline.course.whose import DRUG, linked
from oncospan.pipeline.mentions.mention import STATED, Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import Primary, told_as_past
from oncospan.sites import same_organ
from oncospan.types import Assertion


def takes_tumor(event: Event, primary: Primary) -> bool:
    """Whether an operation names the primary's organ, or a word that fits any removal stands beside the organ or a tumor word."""
    if event.mention.attrs.get("removes"):
        return True
    if found_at(event):
        return False
    if any(same_organ(m.concept, primary.site) for m in event.line.of("site")):
        return True
    if dates(event) and not any(linked(event, f.start) for f in primary.facts_in(event.line)):
        return False
    return bool(primary.facts_in(event.line)) or any(m.weak for m in event.line.of("tumor"))


def _of_else(event: Event, primary: Primary) -> bool:
    """Whether an operation to come may be for something else: it names no organ, and its sentence no tumor."""
    return event.mention.attrs.get("effect") == "surgery" and not takes_tumor(event, primary)


def disease_free(event: Event) -> bool:
    """Whether the word says that no disease is left: an NED phrase, or a recurrence or residual tumor denied."""
    if event.line.says("course.of_specimen"):
        return False
    if event.mention.concept == "ned":
        return event.mention.current
    return event.mention.concept in ("recurrence", "residual") and event.mention.assertion is Assertion.ABSENT


def _past(event: Event, primary: Primary) -> bool:
    """Whether a drug belongs to the history its sentence tells ("history of ovarian cancer treated with carboplatin")."""
    facts = primary.strong_in(event.line)
    told = bool(facts) and all(f.assertion is Assertion.HISTORY for f in facts)
    return told and not goes_on(event)


def _only_removed(fact: TumorFact) -> bool:
    """Whether the tumor is history only through "s/p resection of": that tells of an operation, not of what is left."""
    if "history" in fact.line.flags:
        return False
    return bool(fact.mention.cues) and all(
        c.rule == "context.history.status_post" and c.text.lower() not in _EARLIER for c in fact.mention.cues
    )


_EARLIER = frozenset({"prior", "previous", "remote", "past", "old"})


def _spoken_of(fact: TumorFact) -> bool:
    """Whether a bare "cancer" only speaks of a tumor that is told elsewhere ("the pill for the cancer")."""
    if fact.mention.concept != "cancer" or fact.place is not None or fact.metastatic is not None:
        return False
    at = fact.mention.start - fact.line.sentence.start
    return _SPOKEN_OF.search(fact.line.text, max(0, at - 16), at) is not None


_SPOKEN_OF = re.compile(r"\b(?:for|since|after|before|about|from)\s(?:(?:the|her|his|my|your)\s)?\Z", re.IGNORECASE)


def _not_over(fact: TumorFact) -> bool:
    """Whether the words behind a tumor told with "history of" say that it is one of now ("diagnosed two months ago")."""
    end = fact.mention.end - fact.line.sentence.start
    return fact.line.within["course.not_over"].match(fact.line.text, end) is not None


def _just_removed(event: Event, primary: Primary) -> bool:
    """Whether the organ of the tumor was taken out in the last days or weeks."""
    attrs = event.mention.attrs
    organs = {attrs.get("removes", "any"), attrs.get("cancer", "any")} - {"any"}
    return any(same_organ(o, primary.site) for o in organs) and fresh(event)


def flags_of(primary: Primary, mine: Sequence[Event]) -> set[str]:
    """The flags that the words which speak of a primary give it."""
    facts = [f for f in primary.strong if not _spoken_of(f)] or primary.strong
    flags: set[str] = set()
    past = bool(facts) and all(map(told_as_past, facts)) and not all(map(_only_removed, facts))
    if past and not any(map(_not_over, facts)) and not any(_just_removed(e, primary) for e in mine):
        flags.add("history_cue")
    for e in mine:
        flags |= _of_treatment(e, primary, flags) if e.mention.category == "treatment" else _of_status(e, primary)
    if any(_under_treatment(e, primary) for e in mine):
        flags.add("treated")
    if "resected" not in flags and any(_watched(e, primary) for e in mine):
        flags = (flags - {"history_cue"}) | {"in_place"}
    return flags


def _under_treatment(event: Event, primary: Primary) -> bool:
    """Whether the tumor is said to be under treatment right behind its name ("lung cancer, on chemotherapy"), with no year of long ago."""
    word = event.mention
    if word.concept != "active_treatment" or word.assertion not in STATED:
        return False
    before = [f.mention for f in primary.strong_in(event.line) if f.mention.end <= word.start]
    if not before or _ON_IT.fullmatch(event.line.between(before[-1], word)) is None:
        return False
    return _ENDED.match(event.line.text, word.end - event.line.sentence.start) is None


_ON_IT = re.compile(
    r"(?:\s(?:of|in)\s(?:the\s)?(?:[\w-]{3,15}\s){0,2}[\w-]{3,15})?(?:\s?\([^()\n]{1,40}\))?(?:,?\s(?:s/p|status post)\s[^.;,\n]{3,50})?[\s,:(-]{1,3}(?:(?:is|who|which|he|she|now|currently|presently|still|with|and|stage|[IV]{1,3}[A-C]?)[\s,]{1,2}){0,4}",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"[^.;]{0,40}?\b(?:(?:in|until|till|through|during|from)\s(?:\w{3,9}\s)?(?:19|20)\d\d|stopped|completed|finished)\b",
    re.IGNORECASE,
)


def _of_treatment(event: Event, primary: Primary, flags: set[str]) -> set[str]:
    """What a treatment says of the tumor: removed, partly removed, under treatment, to be treated."""
    m = event.mention
    effect = m.attrs.get("effect")
    if effect == "surgery" and m.assertion in STATED and not of_deposit(event, primary):
        if partial(event):
            return {"in_place"}
        before = m.assertion is Assertion.HISTORY and any(f.assertion is Assertion.PRESENT for f in primary.strong_in(event.line))
        return {"resected", "resected_before"} if before else {"resected"}
    if effect in DRUG and m.assertion is Assertion.PRESENT:
        return set() if _past(event, primary) or sequel(event) else drug_flags(event)
    if m.assertion is Assertion.HYPOTHETICAL:
        return set() if "history_cue" in flags and _of_else(event, primary) else {"planned"}
    return set()


def _of_status(event: Event, primary: Primary) -> set[str]:
    """What a status word says of the tumor."""
    out = {"disease_free"} if disease_free(event) else set()
    flag = _STATUS_FLAGS.get(event.mention.concept) if event.mention.current else None
    if event.mention.concept == "residual" and event.line.says("course.clear_margins"):
        flag = None  # the specimen held it
    if flag and not (flag == "recurrent" and (of_deposit(event, primary) or _long_past(event.mention))):
        out.add(flag)
    return out


_AGES_AGO = frozenset({"context.history.years_ago", "context.history.decade"})


def _long_past(word: Mention) -> bool:
    """Whether its own cue puts a word many years back ("recurrence in the 1980s")."""
    return any(c.rule in _AGES_AGO for c in word.cues)


def _watched(event: Event, primary: Primary) -> bool:
    """Whether the tumor itself is left and watched: "on active surveillance"; other surveillance may be of a cured one.

    A history that lists it by name is no end of it ("history of gout and prostate cancer on active surveillance").
    """
    word = event.mention
    if word.concept != "surveillance" or event.line.within["course.watch"].search(event.line.word(word)) is None:
        return False
    if word.assertion is not Assertion.HISTORY:
        return word.assertion is Assertion.PRESENT
    before = [f.mention for f in primary.strong_in(event.line) if f.mention.end <= word.start]
    shared = bool(word.cues) and bool(before) and {c.start for c in word.cues} <= {c.start for c in before[-1].cues}
    return shared and event.line.within["course.watched_on"].fullmatch(event.line.between(before[-1], word)) is not None


_STATUS_FLAGS = {
    "ned": "disease_free", "recurrence": "recurrent", "residual": "in_place", "in_place": "in_place",
    "progression": "in_place", "stable_disease": "in_place", "completed_therapy": "completed", "no_therapy": "completed",
    "follow_up": "followed",
}  # fmt: skip
