"""Whether a primary is current or history at the end of the note (SPEC 3.6), and the flags a coder asks about."""

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
    long_ago,
    of_now,
    partial,
    scrapes,
    sequel,
    under_way,
)
from oncospan.pipeline.course.whose import DRUG, lies_in, linked, organ_beside
from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective
from oncospan.pipeline.text.value import value
from oncospan.pipeline.tumors.primary import Primary, told_as_past
from oncospan.sites import same_organ
from oncospan.types import Assertion

_STATED = (Assertion.PRESENT, Assertion.HISTORY)


@value
class Status:
    """The state of a primary, what was said of it, and the words that made it history."""

    assertion: Assertion
    flags: frozenset[str]
    ended_by: tuple[Mention, ...] = ()


def status_of(primary: Primary, mine: Sequence[Event], spread: int | None, *, episode: bool = False, now: int = 0) -> Status:
    """The status of a primary at the end of the note.

    ``mine`` are the treatment and status words that speak of it; ``spread`` is where a current distant metastasis is first
    stated, if any; ``episode`` says that the note reports the operation itself (a pathology or operative report), so that
    what it removed is current; ``now`` is the last year the note names, 0 for none.
    """
    if not primary.certain:
        return Status(assertion=Assertion.UNCERTAIN, flags=frozenset())
    # with metastases, what grows or stays is the disease as a whole
    flags = _flags(primary, mine if spread is None else [e for e in mine if not _of_all(e, primary)])
    free = max((e.at for e in mine if _disease_free(e) or (spread is None and _well_since(e, mine))), default=None)
    if free is not None:
        flags.add("disease_free")
    if free is not None and (
        _undone(mine if spread is None else _of_it(mine, primary, free), free) or _to_be_removed(mine, primary, free)
    ):
        flags -= {"disease_free"}
        free = None
    if flags & {"disease_free", "in_place", "recurrent"} or spread is None:
        flags.discard("resected_before")
    removals = [
        e for e in mine
        if e.mention.attrs.get("effect") == "surgery" and not _of_deposit(e, primary) and _takes_tumor(e, primary)
    ]  # fmt: skip
    stated = [e for e in removals if e.mention.assertion in _STATED]
    episode = episode and not (stated and all(long_ago(e, now) for e in stated))  # the report is of another operation
    if any(e.mention.assertion is Assertion.PRESENT for e in removals):
        flags.discard("resected_before")
    back = max((e.at for e in mine if e.mention.concept == "recurrence" and e.mention.assertion in _STATED), default=0)
    done = any(_done(e, spread, back) for e in removals)
    ahead = any(e.mention.assertion is Assertion.HYPOTHETICAL for e in removals)
    later = spread is not None and done and not ahead
    later = later and not any(e.at > (free or 0) and _back(e) and _at_home(e, primary) for e in mine)
    if _bygone(primary, mine, flags, now, spread=spread is not None):
        flags -= {"treated", "endocrine"}
        return Status(assertion=Assertion.HISTORY, flags=frozenset(flags), ended_by=tuple(e.mention for e in removals))
    assertion = _decide(flags, None if episode else free, spread, later and not episode)
    ended = [e.mention for e in mine if _disease_free(e)] + [e.mention for e in removals if e.mention.assertion in _STATED]
    ended_by = tuple(ended) if assertion is Assertion.HISTORY else ()
    return Status(assertion=assertion, flags=frozenset(flags), ended_by=ended_by)


def _bygone(primary: Primary, mine: Sequence[Event], flags: set[str], now: int, *, spread: bool) -> bool:
    """Whether all that is told of the tumor, beside its name, is a treatment of long ago: "carcinoid of the appendix, removed 1994".

    Beside a ``spread`` that is current, a drug alone ended nothing.
    """
    if flags & {"in_place", "recurrent", "planned"}:
        return False
    told = [e for e in mine if e.mention.attrs.get("effect") in _CURES and e.mention.assertion in _STATED and not sequel(e)]
    if not told:
        return any(_had_long_ago(f, now) for f in primary.strong) and not any(
            e.mention.concept == "active_treatment" for e in mine
        )
    if spread and not any(e.mention.attrs.get("effect") in ("surgery", "radiation") for e in told):
        return False
    beside = any(abs(e.line.index - f.line.index) <= 1 for e in told for f in primary.facts)
    return beside and all(long_ago(e, now) for e in told)


_AGES = 10
"""After how many years a tumor that a patient had, of which nothing else is told, is a former one."""


def _had_long_ago(fact: TumorFact, now: int) -> bool:
    """Whether a tumor is told as one the patient had many years back ("she had carcinoma of the cervix in 1992")."""
    line = fact.line
    start = fact.mention.start if fact.place is None else min(fact.mention.start, fact.place.start)
    end = fact.mention.end if fact.place is None else max(fact.mention.end, fact.place.end)
    at = start - line.sentence.start
    year = line.within["course.had_in"].match(line.text, end - line.sentence.start)
    if year is None or line.within["course.had"].search(line.text, max(0, at - 40), at) is None:
        return False
    return now - int(year[1]) >= _AGES


_CURES = DRUG | {"surgery"}


def _done(event: Event, spread: int | None, back: int) -> bool:
    """Whether an operation took the tumor out, so that only metastases are left.

    Of a tumor removed after its metastases were found, and back after that, nobody knows where it is: ``back`` is where the
    last recurrence is told.
    """
    if spread is None or event.mention.assertion not in _STATED or of_now(event) or scrapes(event):
        return False
    told = event.mention.assertion is Assertion.HISTORY or "history" in event.line.flags
    return event.at < spread or told or not event.at < back


def _back(event: Event) -> bool:
    """Whether the word says that the tumor is back or was not all removed."""
    return event.mention.concept in ("recurrence", "residual") and event.mention.assertion is Assertion.PRESENT


def _takes_tumor(event: Event, primary: Primary) -> bool:
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
    return event.mention.attrs.get("effect") == "surgery" and not _takes_tumor(event, primary)


def _disease_free(event: Event) -> bool:
    """Whether the word says that no disease is left: an NED phrase, or a recurrence or residual tumor denied."""
    if event.mention.concept == "ned":
        return event.mention.assertion in _STATED
    return event.mention.concept in ("recurrence", "residual") and event.mention.assertion is Assertion.ABSENT


def _well_since(event: Event, mine: Sequence[Event]) -> bool:
    """Whether the patient is said to be well long after an operation for the tumor ("asymptomatic one year after surgery")."""
    if event.mention.concept != "well" or event.mention.assertion not in _STATED:
        return False
    return any(e.mention.attrs.get("effect") == "surgery" and e.mention.assertion in _STATED and e.at < event.at for e in mine)


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


def _flags(primary: Primary, mine: Sequence[Event]) -> set[str]:
    facts = [f for f in primary.strong if not _spoken_of(f)] or primary.strong
    flags: set[str] = set()
    past = bool(facts) and all(map(told_as_past, facts)) and not all(map(_only_removed, facts))
    if past and not any(map(_not_over, facts)) and not any(_just_removed(e, primary) for e in mine):
        flags.add("history_cue")
    for e in mine:
        flags |= _of_treatment(e, primary, flags) if e.mention.category == "treatment" else _of_status(e, primary)
    if "resected" not in flags and any(map(_watched, mine)):
        flags.add("in_place")
    return flags


def _of_treatment(event: Event, primary: Primary, flags: set[str]) -> set[str]:
    """What a treatment says of the tumor: removed, partly removed, under treatment, to be treated."""
    m = event.mention
    effect = m.attrs.get("effect")
    if effect == "surgery" and m.assertion in _STATED and not _of_deposit(event, primary):
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
    out = {"disease_free"} if _disease_free(event) else set()
    flag = _STATUS_FLAGS.get(event.mention.concept) if event.mention.assertion in _STATED else None
    if event.mention.concept == "residual" and event.line.says("course.clear_margins"):
        flag = None  # the specimen held it
    if flag and not (flag == "recurrent" and (_of_deposit(event, primary) or _long_past(event.mention))):
        out.add(flag)
    return out


_AGES_AGO = frozenset({"context.history.years_ago", "context.history.decade"})


def _long_past(word: Mention) -> bool:
    """Whether its own cue puts a word many years back ("recurrence in the 1980s")."""
    return any(c.rule in _AGES_AGO for c in word.cues)


def _watched(event: Event) -> bool:
    """Whether the tumor itself is left and watched: "on active surveillance"; other surveillance may be of a cured one."""
    if event.mention.concept != "surveillance" or event.mention.assertion is not Assertion.PRESENT:
        return False
    return event.line.within["course.watch"].search(event.line.word(event.mention)) is not None


_COURSE = frozenset({"progression", "stable_disease"})


def _of_all(event: Event, primary: Primary) -> bool:
    """Whether the word speaks of a metastatic disease as a whole: how it goes on, or what is left of it nobody says where."""
    if event.mention.concept != "residual":
        return event.mention.concept in _COURSE
    named = any(same_organ(m.concept, primary.site) for m in event.line.of("site"))
    return not named and not any(linked(event, f.start) for f in primary.facts_in(event.line))


_STATUS_FLAGS = {
    "ned": "disease_free", "recurrence": "recurrent", "residual": "in_place", "in_place": "in_place",
    "progression": "in_place", "stable_disease": "in_place", "completed_therapy": "completed", "no_therapy": "completed",
    "follow_up": "followed",
}  # fmt: skip


def _of_deposit(event: Event, primary: Primary) -> bool:
    """Whether the word speaks of a deposit: it stands beside a metastasis word and does not name the primary's organ."""
    removes = event.mention.attrs.get("removes")
    if removes and same_organ(removes, primary.site):
        return False
    at = event.mention.end
    near = [m for m in event.line.of("metastasis") if m.start <= at + 40 and not _parted(event, m)]
    return bool(near) and not _at_home(event, primary)


def _parted(event: Event, word: Mention) -> bool:
    """Whether the words between open a new clause: "resected in 2019; now new liver metastases"."""
    first, then = sorted([event.mention, word], key=lambda m: m.start)
    return event.line.within["course.then"].search(event.line.between(first, then)) is not None


def _at_home(event: Event, primary: Primary) -> bool:
    """Whether the word names the organ of the primary: "resection of the ileum", "recurrence in the adrenal bed", "local recurrence"."""
    if event.mention.concept == "recurrence" and event.line.word(event.mention).startswith("loc"):
        return True
    organ = organ_beside(event)
    if organ is not None:
        return lies_in(primary.site, organ)
    if any((f.place is not None and linked(event, f.start)) or _follows(event, f) for f in primary.strong_in(event.line)):
        return True
    return any(same_organ(m.concept, primary.site) and linked(event, m.start) for m in event.line.of("site"))


def _follows(event: Event, fact: TumorFact) -> bool:
    """Whether the word stands right behind the tumor's own name ("metastasis from the renal carcinoma resected in 1998")."""
    named = fact.metastatic is None or not adjective(event.line, fact.metastatic)
    return (
        named
        and fact.mention.end <= event.at
        and event.line.between(fact.mention, event.mention).strip() in ("", "which was", "that was")
    )


def _of_it(mine: Sequence[Event], primary: Primary, free: int) -> list[Event]:
    """The words that speak of the primary beside metastases: not how the disease as a whole goes on, nor the drugs of other sentences.

    Hormonal drugs may be given for either.
    """
    at = _line_of(mine, free)
    own = [e for e in mine if not _of_all(e, primary) or _names_bed(e, primary)]
    return [e for e in own if e.line.index == at or e.mention.attrs.get("effect") not in DRUG - {"endocrine"}]


_BED = re.compile(r"\b(?:anastomo|bed\b|local|stump|remnant|primary)", re.IGNORECASE)


def _names_bed(event: Event, primary: Primary) -> bool:
    """Whether the sentence of a word names the organ of the primary or what its operation left."""
    own = any(same_organ(m.concept, primary.site) for m in event.line.of("site"))
    return own or _BED.search(event.line.text) is not None


def _undone(mine: Sequence[Event], free: int) -> bool:
    """Whether disease or a new treatment is stated after the disease-free statement, or one that is being taken before it."""
    at = _line_of(mine, free)
    for e in mine:
        if e.mention.assertion is not Assertion.PRESENT:
            continue
        drug = e.mention.attrs.get("effect") in DRUG and bool(drug_flags(e))
        if drug and (under_way(e) or (e.line.index == at and goes_on(e))):
            return True
        if e.at <= free:
            continue
        if e.mention.concept in ("recurrence", "residual", "progression") and "low_trust" not in e.line.flags:
            return True
        if drug and (e.line.index - at > 1 or goes_on(e)):
            return True
    return False


def _to_be_removed(mine: Sequence[Event], primary: Primary, free: int) -> bool:
    """Whether the organ of the tumor is to be taken out after the disease-free statement: that was but a response to treatment."""
    return any(
        e.at > free
        and e.mention.assertion is Assertion.HYPOTHETICAL
        and e.mention.attrs.get("effect") == "surgery"
        and e.mention.attrs.get("removes") not in (None, "any")
        and same_organ(e.mention.attrs["removes"], primary.site)
        and e.line.says("course.to_be_done")
        for e in mine
    )


def _line_of(mine: Sequence[Event], at: int) -> int:
    return next((e.line.index for e in mine if e.at == at), 1_000_000)


def _decide(flags: set[str], free: int | None, spread: int | None, later: bool) -> Assertion:
    """``later`` says that the metastases came after the removal of the primary."""
    if "in_place" in flags and free is None:
        return Assertion.PRESENT
    if free is not None and (spread is None or spread < free or "resected" in flags):
        return Assertion.HISTORY
    if "recurrent" in flags and spread is None:
        return Assertion.PRESENT
    if "history_cue" in flags and spread is not None and "resected" not in flags:
        return Assertion.PRESENT
    if "history_cue" in flags and (not flags & {"treated", "recurrent", "planned"} or "completed" in flags):
        return Assertion.HISTORY
    if later and "resected" in flags:
        return Assertion.HISTORY
    return Assertion.PRESENT
