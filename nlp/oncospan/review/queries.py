"""Queries to providers: composed from a gap, edited, linted, and moved from state to state."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from oncospan import types
from oncospan.gaps.lint import TAIL, LintProblem, lint
from oncospan.review import audit
from oncospan.review.decisions import Refused, Stale
from oncospan.review.models import Action, Encounter, Query, QueryState, Step, kept
from oncospan.review.ranking import recount
from oncospan.writers.fhir_query import AskedQuery, identified, questionnaire, sayable, task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

OUTCOMES = {
    "documented": "Documentation added or clarified",
    "disagreed": "Provider disagrees: no change",
    "undetermined": "Unable to determine",
    "other": "Other answer",
    "no_response": "No response",
}
"""What may come of a query."""

_LONGEST = {"title": 300, "question": 4000, "options": 4000, "addressee": 200}


def alive(encounter: Encounter, gap_key: str) -> Query | None:
    """The query of a gap that is not over, if there is one."""
    return Query.objects.filter(encounter=encounter, gap_key=gap_key, state__in=("draft", "open", "answered")).first()


def draft(encounter: Encounter, gap_key: str, composed: Mapping[str, Any], user: User) -> Query:
    """A draft with the words that the run composed for a gap, or the living query that the gap has already."""
    with transaction.atomic():
        Encounter.objects.select_for_update().get(pk=encounter.pk)
        if found := alive(encounter, gap_key):
            return found
        made = Query.objects.create(
            encounter=encounter,
            gap_key=gap_key,
            title=composed["title"],
            indicators=composed["indicators"],
            question=composed["question"],
            options=composed["options"],
            by=user,
        )
        Step.objects.create(encounter=encounter, query=made, action=Action.QUERY_DRAFT, by=user)
        _audit(user, made, Action.QUERY_DRAFT)
    return made


def as_value(query: Query) -> types.Query:
    """The query as the linter reads it."""
    return types.Query(
        title=query.title,
        indicators=tuple(types.Indicator(text=i["text"], source=i["source"], date=i.get("date")) for i in query.indicators),
        question=query.question,
        options=tuple(query.options),
    )


def problems(query: Query) -> tuple[LintProblem, ...]:
    """Why the query may not be sent; empty when it may."""
    return lint(as_value(query), settings.CONFIG.site_words)


def edited(query: Query, form: Mapping[str, str]) -> Query:
    """The query with the words of a form, not saved; the two options that end every query are always there."""
    query.title = " ".join(form.get("title", query.title).split())[: _LONGEST["title"]]
    query.question = form.get("question", query.question).replace("\r\n", "\n").strip()[: _LONGEST["question"]]
    query.addressee = " ".join(form.get("addressee", query.addressee).split())[: _LONGEST["addressee"]]
    if "options" in form:
        lines = (" ".join(line.split()) for line in form["options"][: _LONGEST["options"]].splitlines())
        query.options = [*dict.fromkeys(line for line in lines if line and line not in TAIL), *TAIL]
    return query


def save(query: Query, version: int, user: User) -> None:
    """Keep an edited draft. Raises Stale, Refused."""
    _only(query, QueryState.DRAFT)
    _move(query, version, user, Action.QUERY_EDIT, title=query.title, question=query.question, options=query.options,
          addressee=query.addressee)  # fmt: skip


def send(query: Query, version: int, user: User, due: dt.date | None = None) -> None:
    """Open a draft: it is with the provider now. Raises Refused where the linter objects, Stale."""
    _only(query, QueryState.DRAFT)
    if problems(query):
        raise Refused("The query may not be sent as it stands: mend what the check lists.")
    today = timezone.now().date()
    due = due or today + dt.timedelta(days=settings.CONFIG.query_days)
    if due < today:
        raise Refused("The due date lies in the past.")
    _move(query, version, user, Action.QUERY_SEND, state=QueryState.OPEN, sent_at=timezone.now(), due=due, title=query.title,
          question=query.question, options=query.options, addressee=query.addressee)  # fmt: skip


def answer(query: Query, version: int, user: User, outcome: str, words: str) -> None:
    """Record the provider's answer to an open query. Raises Refused, Stale."""
    _only(query, QueryState.OPEN)
    if outcome not in OUTCOMES:
        raise Refused("Choose what the provider answered.")
    _move(query, version, user, Action.QUERY_ANSWER, state=QueryState.ANSWERED, outcome=outcome, answer=words.strip()[:4000],
          answered_at=timezone.now())  # fmt: skip


def close(query: Query, version: int, user: User, reason: str) -> None:
    """Close an open or answered query. Raises Refused, Stale."""
    _only(query, QueryState.OPEN, QueryState.ANSWERED)
    _end(query, version, user, QueryState.CLOSED, reason)


def cancel(query: Query, version: int, user: User, reason: str) -> None:
    """Cancel a draft or an open query: the gap is open again. Raises Refused, Stale."""
    _only(query, QueryState.DRAFT, QueryState.OPEN)
    _end(query, version, user, QueryState.CANCELLED, reason)


def _end(query: Query, version: int, user: User, state: QueryState, reason: str) -> None:
    if not reason.strip():
        raise Refused("Give a reason: others must be able to follow it.")
    _move(query, version, user, Action(f"query {state}"), state=state, reason=reason.strip()[:2000], ended_at=timezone.now())


def _only(query: Query, *states: QueryState) -> None:
    if query.state not in states:
        raise Refused(f"The query is {query.state}: this is no longer possible.")


def _move(query: Query, version: int, user: User, action: Action, **changes: Any) -> None:
    """Change a query that nobody else has changed, and count again what is open. Raises Stale."""
    with transaction.atomic():
        before = Query.objects.filter(pk=query.pk).values(*changes).first() or {}
        changed = Query.objects.filter(pk=query.pk, version=version).update(version=F("version") + 1, **changes)
        if not changed:
            raise Stale
        query.refresh_from_db()
        Step.objects.create(encounter=query.encounter, query=query, action=action, before=kept(before), by=user)
        _audit(user, query, action)
        recount(query.encounter)


def _audit(user: User, query: Query, action: Action) -> None:
    detail = {"query": query.pk, "gap": query.gap_key, "state": str(query.state), "version": query.version}
    if query.outcome:
        detail["outcome"] = query.outcome
    audit.record(audit.Entry(actor=user.get_username(), action=str(action), encounter=query.encounter_id, detail=detail))


def as_text(query: Query) -> str:
    """The query as plain text, to be copied into the record or a message."""
    quoted = [f"- “{i['text']}” ({', '.join(filter(None, (i['source'], i.get('date'))))})" for i in query.indicators]
    options = [f"[ ] {o}" for o in query.options]
    lines = [query.title, "", "Clinical indicators", *quoted, "", query.question, "", *options]
    return "\n".join(lines) + "\n"


_TASK_STATUS = {
    "draft": "draft", "open": "requested", "answered": "completed", "closed": "completed", "cancelled": "cancelled",
}  # fmt: skip


def as_task(query: Query) -> dict[str, Any]:
    """The query as a FHIR R4 Task that holds its Questionnaire; what is not known is left out."""
    encounter = query.encounter
    asked = AskedQuery(
        title=query.title,
        question=query.question,
        options=query.options,
        indicators=query.indicators,
        identifier=str(query.pk),
        status=_TASK_STATUS[query.state],
        intent="order",
        authored=query.made_at.isoformat(timespec="seconds"),
        modified=(query.ended_at or query.answered_at or query.sent_at or query.made_at).isoformat(timespec="seconds"),
        patient=identified("Patient", encounter.patient_ref),
        encounter=identified("Encounter", encounter.encounter_ref),
        requester=query.by.get_username(),
        owner=query.addressee,
        due=query.due.isoformat() if query.due else None,
        status_reason=query.reason,
        outcome=OUTCOMES[query.outcome] if query.outcome else None,
        answer=query.answer if query.outcome else None,
        gap=query.gap_key.partition("#")[0],
    )
    made: dict[str, Any] = sayable({**task(asked, "#questionnaire"), "contained": [questionnaire(asked, own_id="questionnaire")]})
    return made
