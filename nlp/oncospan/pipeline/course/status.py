"""Whether a primary is current or history at the end of the note (SPEC 3.6), and the flags a coder asks about."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.course.bygone import bygone
from oncospan.pipeline.course.events import (
    Event,
    drug_flags,
    goes_on,
    long_ago,
    of_now,
    scrapes,
    sequel,
    under_way,
)
from oncospan.pipeline.course.flags import disease_free, flags_of, takes_tumor
from oncospan.pipeline.course.of_what import at_home, names_bed, of_all, of_deposit
from oncospan.pipeline.course.whose import DRUG
from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.text.value import value
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion


@value
class Status:
    """The state of a primary, what was said of it, and the words that made it history."""

    assertion: Assertion
    flags: frozenset[str]
    ended_by: tuple[Mention, ...] = ()


def status_of(primary: Primary, mine: Sequence[Event], spread: int | None, *, episode: bool, now: int) -> Status:
    """The status of a primary at the end of the note.

    ``mine`` are the treatment and status words that speak of it; ``spread`` is where a current distant metastasis is first
    stated, if any; ``episode`` says that the note reports the operation itself (a pathology or operative report), so that
    what it removed is current; ``now`` is the last year the note names, 0 for none.
    """
    if not primary.certain:
        return Status(assertion=Assertion.UNCERTAIN, flags=frozenset())
    # with metastases, what grows or stays is the disease as a whole
    flags = flags_of(primary, mine if spread is None else [e for e in mine if not of_all(e, primary)])
    free = max((e.at for e in mine if disease_free(e) or (spread is None and _well_since(e, mine))), default=None)
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
        if e.mention.attrs.get("effect") == "surgery" and not of_deposit(e, primary) and takes_tumor(e, primary)
    ]  # fmt: skip
    stated = [e for e in removals if e.mention.current]
    episode = episode and not (stated and all(long_ago(e, now) for e in stated))  # the report is of another operation
    if any(e.mention.assertion is Assertion.PRESENT for e in removals):
        flags.discard("resected_before")
    back = max((e.at for e in mine if e.mention.concept == "recurrence" and e.mention.current), default=0)
    done = any(_done(e, spread, back) for e in removals)
    ahead = any(e.mention.assertion is Assertion.HYPOTHETICAL for e in removals)
    later = spread is not None and done and not ahead
    later = later and not any(e.at > (free or 0) and _back(e) and at_home(e, primary) for e in mine)
    if bygone(primary, mine, flags, now, spread=spread is not None):
        flags -= {"treated", "endocrine"}
        return Status(assertion=Assertion.HISTORY, flags=frozenset(flags), ended_by=tuple(e.mention for e in removals))
    assertion = _decide(flags, None if episode else free, spread, later and not episode)
    ended = [e.mention for e in mine if disease_free(e)] + [e.mention for e in removals if e.mention.current]
    ended_by = tuple(ended) if assertion is Assertion.HISTORY else ()
    return Status(assertion=assertion, flags=frozenset(flags), ended_by=ended_by)


def _done(event: Event, spread: int | None, back: int) -> bool:
    """Whether an operation took the tumor out, so that only metastases are left.

    Of a tumor removed after its metastases were found, and back after that, nobody knows where it is: ``back`` is where the
    last recurrence is told.
    """
    if spread is None or not event.mention.current or of_now(event) or scrapes(event):
        return False
    told = event.mention.assertion is Assertion.HISTORY or "history" in event.line.flags
    return event.at < spread or told or not event.at < back


def _back(event: Event) -> bool:
    """Whether the word says that the tumor is back or was not all removed."""
    return event.mention.concept in ("recurrence", "residual") and event.mention.assertion is Assertion.PRESENT


def _well_since(event: Event, mine: Sequence[Event]) -> bool:
    """Whether the patient is said to be well long after an operation for the tumor ("asymptomatic one year after surgery")."""
    if event.mention.concept != "well" or not event.mention.current:
        return False
    return any(e.mention.attrs.get("effect") == "surgery" and e.mention.current and e.at < event.at for e in mine)


def _of_it(mine: Sequence[Event], primary: Primary, free: int) -> list[Event]:
    """The words that speak of the primary beside metastases: not how the disease as a whole goes on, nor the drugs of other sentences.

    Hormonal drugs may be given for either.
    """
    at = _line_of(mine, free)
    own = [e for e in mine if not of_all(e, primary) or names_bed(e, primary)]
    return [e for e in own if e.line.index == at or e.mention.attrs.get("effect") not in DRUG - {"endocrine"}]


def _undone(mine: Sequence[Event], free: int) -> bool:
    """Whether disease or a new treatment is stated after the disease-free statement, or one that is being taken before it."""
    at = _line_of(mine, free)
    for e in mine:
        if e.line.index in (at, at + 1) and "history" not in e.line.flags and e.line.says("course.still_treated"):
            return True
        if e.mention.assertion is not Assertion.PRESENT:
            continue
        drug = e.mention.attrs.get("effect") in DRUG and bool(drug_flags(e)) and not _bygone_before(e) and not sequel(e)
        if drug and (under_way(e) or (e.line.index == at and goes_on(e))):
            return True
        if e.at <= free:
            continue
        if e.mention.concept in ("recurrence", "residual", "progression") and "low_trust" not in e.line.flags:
            return True
        if drug and (e.line.index - at > 1 or goes_on(e)):
            return True
    return False


def _bygone_before(event: Event) -> bool:
    """Whether a treatment only dates what it is told of ("alive six years following chemotherapy")."""
    before = event.line.text[: event.at - event.line.sentence.start]
    return event.line.within["course.dates"].search(before) is not None and not under_way(event)


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
