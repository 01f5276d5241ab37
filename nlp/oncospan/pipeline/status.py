"""Whether a primary is current or history at the end of the note (SPEC 3.6), and the flags a coder asks about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from oncospan.pipeline.events import Event, drug_flags, goes_on, of_now, only_relieves, sequel, timed
from oncospan.pipeline.mention import Mention, Reading
from oncospan.pipeline.primary import Primary
from oncospan.pipeline.tumor_facts import TumorFact
from oncospan.sites import same_organ
from oncospan.types import Assertion

_STATED = (Assertion.PRESENT, Assertion.HISTORY)
_DRUG = frozenset({"systemic", "ssa", "prrt", "endocrine", "radiation", "locoregional"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of a primary, what was said of it, and the words that made it history."""

    assertion: Assertion
    flags: frozenset[str]
    ended_by: tuple[Mention, ...] = ()


def status_of(
    primary: Primary, primaries: Sequence[Primary], reading: Reading, spread: int | None, *, episode: bool = False
) -> Status:
    """The status of a primary at the end of the note.

    ``spread`` is where a current distant metastasis is first stated, if any; ``episode`` says that the note reports the
    operation itself (a pathology or operative report), so that what it removed is current.
    """
    if not primary.certain:
        return Status(assertion=Assertion.UNCERTAIN, flags=frozenset())
    sole = sum(p.certain for p in primaries) == 1
    events = [Event(m.start, ln, m) for ln in reading.lines for m in ln.mentions if m.category in ("treatment", "status")]
    mine = [timed(e) for e in events if _about(e, primary, primaries, sole) and not only_relieves(e)]
    # with metastases, what grows or stays is the disease as a whole
    flags = _flags(primary, mine if spread is None else [e for e in mine if e.mention.concept not in _COURSE])
    free = max((*(e.at for e in mine if _disease_free(e)), *(_resolved(reading) if sole else ())), default=None)
    if free is not None:
        flags.add("disease_free")
    if free is not None and _undone(mine, free):
        flags -= {"disease_free"}
        free = None
    if flags & {"disease_free", "in_place", "recurrent"} or spread is None:
        flags.discard("resected_before")
    removals = [
        e for e in mine
        if e.mention.attrs.get("effect") == "surgery" and not _of_deposit(e, primary) and _takes_tumor(e, primary)
    ]  # fmt: skip
    done = any(_before(e, spread) for e in removals)
    ahead = any(e.mention.assertion is Assertion.HYPOTHETICAL for e in removals)
    later = spread is not None and done and not ahead
    assertion = _decide(flags, None if episode else free, spread, later and not episode)
    ended = [e.mention for e in mine if _disease_free(e)] + [e.mention for e in removals if e.mention.assertion in _STATED]
    ended_by = tuple(ended) if assertion is Assertion.HISTORY else ()
    return Status(assertion=assertion, flags=frozenset(flags), ended_by=ended_by)


def _before(event: Event, spread: int | None) -> bool:
    """Whether an operation was done before the metastases came: it is told before them, or told as past."""
    if spread is None or event.mention.assertion not in _STATED or of_now(event):
        return False
    return event.at < spread or event.mention.assertion is Assertion.HISTORY or "history" in event.line.flags


def _takes_tumor(event: Event, primary: Primary) -> bool:
    """Whether an operation names the primary's organ, or a word that fits any removal stands beside a tumor word."""
    if event.mention.attrs.get("removes"):
        return True
    return any(f.line is event.line for f in primary.facts) or any(m.weak for m in event.line.of("tumor"))


def _of_else(event: Event, primary: Primary) -> bool:
    """Whether an operation to come may be for something else: it names no organ, and its sentence no tumor."""
    return event.mention.attrs.get("effect") == "surgery" and not _takes_tumor(event, primary)


def _disease_free(event: Event) -> bool:
    """Whether the word says that no disease is left: an NED phrase, or a recurrence or residual tumor denied."""
    if event.mention.concept == "ned":
        return event.mention.assertion in _STATED
    return event.mention.concept in ("recurrence", "residual") and event.mention.assertion is Assertion.ABSENT


def _resolved(reading: Reading) -> list[int]:
    """Where the tumor is said to be gone ("complete resolution of the tumor")."""
    return [
        m.start for ln in reading.lines for m in ln.of("tumor")
        if m.assertion is Assertion.HISTORY and any(c.rule.startswith("context.resolved") for c in m.cues)
    ]  # fmt: skip


def _about(event: Event, primary: Primary, primaries: Sequence[Primary], sole: bool) -> bool:
    """Whether a treatment or status word speaks of this primary: same sentence, same organ, the only one, or the last named."""
    removes = event.mention.attrs.get("removes")
    if removes and removes != "any":
        return same_organ(removes, primary.site) or (sole and removes.startswith("lymph_node"))
    if removes in (None, "any") and _elsewhere(event, primary):
        return False
    here = [p for p in primaries if any(f.line is event.line for f in (*p.facts, *p.located))]
    if here:
        return primary is _nearest(here, event)
    if sole:
        return True
    if event.mention.attrs.get("effect") in _DRUG:
        return False  # with several tumors a drug belongs to the one of its own sentence
    before = [(max((f.start for f in p.facts if f.start <= event.at), default=-1), i) for i, p in enumerate(primaries)]
    return primaries[max(before)[1]] is primary


def _nearest(here: Sequence[Primary], event: Event) -> Primary:
    """The tumor of the sentence that was named last before the word, else the first one."""

    def last(p: Primary) -> int:
        return max((f.start for f in (*p.facts, *p.located) if f.line is event.line and f.start <= event.at), default=-1)

    return max(here, key=last)


def _elsewhere(event: Event, primary: Primary) -> bool:
    """Whether a removal without an organ of its own stands in a sentence about other organs only."""
    if event.mention.attrs.get("effect") != "surgery":
        return False
    sites = {m.concept for m in event.line.of("site") if not m.concept.startswith("lymph_node") and m.attrs.get("flag") is None}
    named = any(f.line is event.line for f in primary.facts)
    return bool(sites) and not named and not any(same_organ(s, primary.site) for s in sites)


def _past(event: Event, primary: Primary) -> bool:
    """Whether a drug belongs to the history its sentence tells ("history of ovarian cancer treated with carboplatin")."""
    facts = [f for f in primary.strong if f.line is event.line]
    told = bool(facts) and all(f.assertion is Assertion.HISTORY for f in facts)
    return told and not goes_on(event)


def _former(fact: TumorFact) -> bool:
    return fact.assertion is Assertion.HISTORY or "history" in fact.line.flags


def _only_removed(fact: TumorFact) -> bool:
    """Whether the tumor is history only through "s/p resection of": that tells of an operation, not of what is left."""
    if "history" in fact.line.flags:
        return False
    return bool(fact.mention.cues) and all(
        c.rule == "context.history.status_post" and c.text.lower() not in _EARLIER for c in fact.mention.cues
    )


_EARLIER = frozenset({"prior", "previous", "remote", "past", "old"})


def _flags(primary: Primary, mine: Sequence[Event]) -> set[str]:
    flags: set[str] = set()
    facts = primary.strong
    if facts and all(map(_former, facts)) and not all(map(_only_removed, facts)):
        flags.add("history_cue")
    for e in mine:
        m = e.mention
        effect = m.attrs.get("effect")
        if _disease_free(e):
            flags.add("disease_free")
        if m.category == "treatment" and effect == "surgery" and m.assertion in _STATED and not _of_deposit(e, primary):
            if _PARTIAL.match(e.line.text, m.start - e.line.sentence.start):
                flags.add("in_place")
                continue
            flags.add("resected")
            if m.assertion is Assertion.HISTORY and any(f.line is e.line and f.assertion is Assertion.PRESENT for f in facts):
                flags.add("resected_before")
        elif m.category == "treatment" and effect in _DRUG and m.assertion is Assertion.PRESENT:
            if _past(e, primary) or sequel(e):
                continue
            flags |= drug_flags(e)
        elif m.category == "treatment" and m.assertion is Assertion.HYPOTHETICAL:
            flags |= set() if "history_cue" in flags and _of_else(e, primary) else {"planned"}
        elif m.category == "status" and m.assertion in _STATED:
            flag = _STATUS_FLAGS.get(m.concept)
            if flag and not (flag == "recurrent" and _of_deposit(e, primary)):
                flags.add(flag)
    return flags


_PARTIAL = re.compile(r"(?:partial|subtotal|incomplete|near.total|debulk|R2)", re.IGNORECASE)

_COURSE = frozenset({"progression", "stable_disease"})

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
    return any(m.start <= at + 40 for m in event.line.of("metastasis"))


def _undone(mine: Sequence[Event], free: int) -> bool:
    """Whether disease or a new treatment is stated after the disease-free statement."""
    for e in mine:
        beside = e.line.index == _line_of(mine, free) and e.mention.attrs.get("effect") in _DRUG and goes_on(e)
        if beside and e.mention.assertion is Assertion.PRESENT:
            return True
        if e.at <= free or e.mention.assertion is not Assertion.PRESENT:
            continue
        if e.mention.concept in ("recurrence", "residual", "progression") and "low_trust" not in e.line.flags:
            return True
        if e.mention.attrs.get("effect") in _DRUG and (e.line.index - _line_of(mine, free) > 1 or goes_on(e)):
            return True
    return False


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
