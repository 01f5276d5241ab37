"""What people decide of codes, gaps and their order: checked, kept with its history, never lost to a second hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from oncospan.review import audit
from oncospan.review.code_book import found_code
from oncospan.review.models import Action, Decision, Encounter, Gap, Proposal, Step, Subject, Verb
from oncospan.review.ranking import recount

if TYPE_CHECKING:
    from django.contrib.auth.models import User

REASONS = {
    Subject.CODE: (
        "Not supported by the documentation",
        "Denied, past or only suspected in the record",
        "Belongs to another encounter or person",
        "A more specific code applies",
        "Already coded",
        "Other",
    ),
    Subject.GAP: (
        "The record answers it elsewhere",
        "No bearing on this encounter",
        "Asked before",
        "Not a gap: the run misread the note",
        "Other",
    ),
}
"""The reasons offered when a code is rejected or a gap dismissed."""

VERBS = {
    Subject.CODE: {Verb.ACCEPT, Verb.REJECT, Verb.REPLACE, Verb.ADD},
    Subject.GAP: {Verb.DISMISS},
    Subject.ORDER: {Verb.REORDER},
}
_LONGEST_REASON = 2000


class Stale(Exception):
    """Somebody else changed the encounter since the person loaded it; nothing was stored."""


class Refused(Exception):
    """A decision that makes no sense; the message says how to mend it and quotes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person wants done: ``code`` is the replacement or the added code, ``order`` the codes in their new order."""

    subject: Subject
    verb: Verb
    key: str = ""
    reason: str = ""
    code: str = ""
    order: tuple[str, ...] = ()


def claim(encounter: int, version: int) -> Encounter:
    """The encounter, its version moved on, inside the transaction of the caller. Raises Stale when the version is not the present one."""
    if not Encounter.objects.filter(pk=encounter, version=version).update(version=F("version") + 1):
        raise Stale
    return Encounter.objects.get(pk=encounter)


def decide(encounter_id: int, version: int, user: User, *choices: Choice) -> Encounter:
    """The encounter after the choices are stored, all or none. Raises Stale, Refused."""
    with transaction.atomic():
        encounter = claim(encounter_id, version)
        step = Step.objects.create(encounter=encounter, action=Action.DECIDE, by=user)
        for choice in choices:
            _store(step, choice)
        recount(encounter)
    return encounter


def accept_proposed(encounter_id: int, version: int, user: User) -> Encounter:
    """The encounter after every undecided code that the run stands behind is accepted. Raises Stale, Refused."""
    decided = Decision.objects.filter(encounter=encounter_id, subject=Subject.CODE, in_force=True).values("key")
    open_codes = Proposal.objects.filter(encounter=encounter_id, status="proposed").exclude(code__in=decided)
    codes = open_codes.order_by("sequence").values_list("code", flat=True)
    choices = [Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=code) for code in codes]
    if not choices:
        raise Refused("There is no undecided code that the run stands behind.")
    return decide(encounter_id, version, user, *choices)


def _store(step: Step, choice: Choice) -> None:
    encounter, user = step.encounter, step.by
    made = _checked(encounter, choice)
    made.by, made.step = user, step
    made.before = Decision.objects.filter(
        encounter=encounter, subject=choice.subject, key=choice.key, in_force=True
    ).first()  # fmt: skip
    if made.before is not None:
        made.before.in_force = False
        made.before.save(update_fields=["in_force"])
    made.save()
    _audit(user, encounter, f"{choice.verb} {choice.subject}", made)


def _checked(encounter: Encounter, choice: Choice) -> Decision:
    """The decision of a choice, not saved. Raises Refused when it does not fit the encounter."""
    if choice.verb not in VERBS[choice.subject]:
        raise Refused("This cannot be decided so.")
    reason = choice.reason.strip()[:_LONGEST_REASON]
    if choice.verb in {Verb.REJECT, Verb.REPLACE, Verb.DISMISS} and not reason:
        raise Refused("Give a reason: others must be able to follow the decision.")
    made = Decision(encounter=encounter, subject=choice.subject, key=choice.key, verb=choice.verb, reason=reason)
    if choice.subject == Subject.ORDER:
        return _ordered(encounter, choice, made)
    if choice.subject == Subject.GAP:
        gap = Gap.objects.filter(encounter=encounter, key=choice.key).first()
        if gap is None:
            raise Refused("The encounter has no such gap any more.")
        made.rule = gap.gap
        return made
    proposal = Proposal.objects.filter(encounter=encounter, code=choice.key).first()
    if choice.verb == Verb.ADD:
        return _added(encounter, choice, made, proposal)
    added = Decision.objects.filter(encounter=encounter, subject=Subject.CODE, key=choice.key, verb=Verb.ADD).exists()
    if proposal is None and not added:
        raise Refused("The encounter has no such code any more.")
    made.rule = proposal.rule if proposal else ""
    if choice.verb == Verb.REPLACE:
        made.code, made.title = _code(encounter, choice.code)
        if made.code == choice.key:
            raise Refused("That is the same code: accept it, or choose another.")
    return made


def _added(encounter: Encounter, choice: Choice, made: Decision, proposal: Proposal | None) -> Decision:
    made.code, made.title = _code(encounter, choice.code)
    made.key = made.code
    held = Decision.objects.filter(encounter=encounter, subject=Subject.CODE, key=made.code, in_force=True)
    if proposal is not None or held.exists():
        raise Refused("The encounter has this code already.")
    return made


def _code(encounter: Encounter, given: str) -> tuple[str, str]:
    found = found_code(encounter.release, given)
    if found is None:
        raise Refused(f"{encounter.release} has no billable code of that name: search and choose one.")
    return found.code, found.title


def _ordered(encounter: Encounter, choice: Choice, made: Decision) -> Decision:
    known = set(Proposal.objects.filter(encounter=encounter).values_list("code", flat=True))
    added = Decision.objects.filter(encounter=encounter, subject=Subject.CODE, verb=Verb.ADD, in_force=True)
    known |= set(added.values_list("key", flat=True))
    if len(set(choice.order)) != len(choice.order) or not set(choice.order) <= known:
        raise Refused("The order names a code that the encounter does not have.")
    made.key, made.order = "", list(choice.order)
    return made


def _audit(user: User, encounter: Encounter, action: str, decision: Decision) -> None:
    detail = {"decision": decision.pk, "subject": str(decision.subject), "key": decision.key, "version": encounter.version}
    if decision.code:
        detail["code"] = decision.code
    if decision.order:
        detail["order"] = decision.order
    audit.record(audit.Entry(actor=user.get_username(), action=action, encounter=encounter.pk, detail=detail))
