"""Undo: the last step on an encounter, or on a query, is taken back, and what stood before holds again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Field
from django.utils import timezone

from oncospan.review import audit
from oncospan.review.decisions import Refused, Stale, claim
from oncospan.review.models import FOUND_LATER, Action, Encounter, MarkedEvidence, Query, SecondReview, Step
from oncospan.review.ranking import recount

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING = "There is nothing to undo."
_ANOTHERS = "The last step was somebody else's: only a lead takes it back."


def last_step(encounter: Encounter) -> Step | None:
    """The step on an encounter that an undo would take back; those on its queries are taken back there."""
    return Step.objects.filter(encounter=encounter, query=None, undone_at=None).select_related("by").order_by("-id").first()


def last_query_step(query: Query) -> Step | None:
    """The step on a query that an undo would take back; none once a later run has ended the query."""
    if query.reason == FOUND_LATER:
        return None
    return Step.objects.filter(query=query, undone_at=None).select_related("by").order_by("-id").first()


def may_undo(step: Step | None, user: User) -> bool:
    """Whether a person may take a step back: their own, a lead anybody's."""
    return step is not None and (step.by_id == user.pk or user.has_perm("review.assign"))


def said(step: Step) -> str:
    """What a step did, in a few words."""
    if step.action != Action.DECIDE:
        return str(step.get_action_display())
    made = list(step.decisions.all())
    if len(made) > 1:
        return f"{len(made)} codes {made[0].get_verb_display()}"
    return " ".join(f"{d.key.split('_')[0] or 'codes'} {d.get_verb_display()}" for d in made)


def told(step: Step, user: User) -> str:
    """What to tell a person who took a step back."""
    return f"Taken back: {said(step)}" + ("." if step.by_id == user.pk else f", by {step.by.get_username()}.")


def undo(encounter_id: int, version: int, user: User) -> Step:
    """The last step on an encounter, taken back. Raises Stale, Refused."""
    with transaction.atomic():
        encounter = claim(encounter_id, version)
        step = _allowed(last_step(encounter), user)
        match step.action:
            case Action.DECIDE:
                _undecide(step)
                recount(encounter)
            case Action.LOOK_AFTER:
                wanted = step.before["assignee"]
                encounter.assignee = User.objects.filter(pk=wanted).first() if wanted else None
                _put_back(encounter, {"follow_up": step.before["follow_up"]})
                encounter.save(update_fields=["assignee", "follow_up"])
            case Action.MARK:
                MarkedEvidence.objects.filter(pk=step.before["mark"]).delete()
            case Action.UNMARK:
                mark = MarkedEvidence(encounter=encounter)
                _put_back(mark, step.before)
                mark.save(force_insert=True)
            case Action.ASK_REVIEW:
                SecondReview.objects.filter(pk=step.before["review"]).delete()
            case _:
                given = SecondReview.objects.filter(pk=step.before["review"])
                given.update(by=None, at=None, agrees=None, comment="")
        _settle(step, user)
    return step


def undo_query(query: Query, version: int, user: User) -> Step:
    """The last step on a query, taken back; a draft that was only begun is gone. Raises Stale, Refused."""
    try:
        with transaction.atomic():
            if not Query.objects.filter(pk=query.pk, version=version).update(version=F("version") + 1):
                raise Stale
            query.refresh_from_db()
            step = _allowed(last_query_step(query), user)
            _settle(step, user)
            if step.action == Action.QUERY_DRAFT:
                query.delete()
            else:
                _put_back(query, step.before)
                query.save(update_fields=list(step.before))
            recount(step.encounter)
    except IntegrityError:
        raise Refused("Another query of this gap is under way: discard that first.") from None
    return step


def _put_back(of: Query | Encounter | MarkedEvidence, before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        field = of._meta.get_field(name)  # noqa: SLF001 - Django documents it
        assert isinstance(field, Field), "steps keep columns"
        setattr(of, name, field.to_python(value))


def _allowed(step: Step | None, user: User) -> Step:
    if step is None:
        raise Refused(_NOTHING)
    if not may_undo(step, user):
        raise Refused(_ANOTHERS)
    return step


def _undecide(step: Step) -> None:
    for d in step.decisions.select_related("before").order_by("-id"):
        d.in_force, d.undone_at = False, timezone.now()
        d.save(update_fields=["in_force", "undone_at"])
        if d.before is not None:
            d.before.in_force = True
            d.before.save(update_fields=["in_force"])


def _settle(step: Step, user: User) -> None:
    """Note that a step was taken back, there and in the audit."""
    step.undone_at = timezone.now()
    step.save(update_fields=["undone_at"])
    detail: dict[str, Any] = {"step": step.pk, "of": str(step.action), "by": step.by.get_username()}
    if step.query_id:
        detail["query"] = step.query_id
    elif step.action == Action.DECIDE:
        detail["decisions"] = list(step.decisions.values_list("pk", flat=True))
    audit.record(audit.Entry(actor=user.get_username(), action="undo", encounter=step.encounter_id, detail=detail))
