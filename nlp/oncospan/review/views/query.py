"""Queries: the list, the page of one, the check as one types, and its way from draft to end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from oncospan.gaps.lint import TAIL
from oncospan.review import audit, queries
from oncospan.review import undo as undoing
from oncospan.review.code_book import gap_names
from oncospan.review.decisions import Refused, Stale
from oncospan.review.models import Action, Encounter, Query, QueryState
from oncospan.review.present import composed_query
from oncospan.review.views.asking import day, number, person

_VIEWER = permission_required("review.open_encounter", raise_exception=True)
_WRITER = permission_required("review.write_query", raise_exception=True)
_PAGE = 50
_OVERDUE = "overdue"
_LISTS = {
    "draft": "draft",
    "open": "open",
    _OVERDUE: "overdue",
    "answered": "answered",
    "closed": "closed",
    "cancelled": "cancelled",
}
"""The parts of the list: the states, and the open ones that are late."""

_STALE = "Somebody else changed this query a moment ago. Your step was not stored: look again."


@_VIEWER
def listing(request: HttpRequest) -> HttpResponse:
    """The queries of a state, those due first; all of them, or one's own."""
    state, own = request.GET.get("state", QueryState.OPEN), request.GET.get("of") == "me"
    state = state if state in _LISTS else QueryState.OPEN
    every = Query.objects.filter(by=person(request)) if own else Query.objects.all()
    found = _listed(every, state).select_related("encounter", "by").order_by("due", "id")
    at = request.GET.get("page", "1")
    page = max(1, int(at)) if at.isascii() and at.isdigit() and len(at) < 7 else 1
    rows = list(found[(page - 1) * _PAGE : page * _PAGE + 1])
    context = {
        "rows": [(q, queries.OUTCOMES.get(q.outcome, "")) for q in rows[:_PAGE]], "state": state, "own": own, "page": page,
        "states": [(key, label, _listed(every, key).count()) for key, label in _LISTS.items()], "more": len(rows) > _PAGE,
        "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "review/queries.html", context)


def _listed(every: QuerySet[Query], state: str) -> QuerySet[Query]:
    """The queries of a part of the list."""
    if state == _OVERDUE:
        return every.filter(state=QueryState.OPEN, due__lt=timezone.localdate())
    return every.filter(state=state)


@require_POST
@_WRITER
def compose(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft the query of a gap, and go to it."""
    encounter = get_object_or_404(Encounter.objects.select_related("reading"), pk=pk)
    key = request.POST.get("key", "")
    composed = composed_query(encounter, key)
    if composed is None:
        messages.error(request, "The encounter has no such gap any more.")
        return redirect("encounter", pk=pk)
    return redirect("query", pk=queries.draft(encounter, key, composed, person(request)).pk)


@_VIEWER
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a query; that it was opened goes into the audit."""
    query = _of(pk)
    audit.record(
        audit.Entry(
            actor=person(request).get_username(), action="open query", encounter=query.encounter_id, detail={"query": query.pk}
        )
    )
    return _shown(request, query)


@require_POST
@_WRITER
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """What the linter says of the words in the form; nothing is stored."""
    query = queries.edited(_of(pk), request.POST.dict())
    return render(request, "review/_lint.html", {"query": query, "problems": queries.problems(query)})


@require_POST
@_WRITER
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the draft, or send it where the button says so."""
    query = queries.edited(_of(pk), request.POST.dict())
    version, user = number(request, "version"), person(request)
    if request.POST.get("do") == "send":
        due = day(request, "due")
        return _step(request, query, lambda: queries.send(query, version, user, due), "The query is open.")
    return _step(request, query, lambda: queries.save(query, version, user), "The draft is saved.")


@require_POST
@_WRITER
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the answer, close or cancel."""
    query = _of(pk)
    version, user, reason = number(request, "version"), person(request), request.POST.get("reason", "")
    match request.POST.get("do"):
        case "answer":
            outcome, words = request.POST.get("outcome", ""), request.POST.get("answer", "")
            return _step(request, query, lambda: queries.answer(query, version, user, outcome, words), "The answer is recorded.")
        case "close":
            return _step(request, query, lambda: queries.close(query, version, user, reason), "The query is closed.")
        case "cancel":
            return _step(request, query, lambda: queries.cancel(query, version, user, reason), "The query is cancelled.")
        case _:
            raise Http404


@require_POST
@_WRITER
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last step on the query back; of a draft that was only begun nothing is left."""
    query = _of(pk)
    version, user = number(request, "version"), person(request)
    try:
        step = undoing.undo_query(query, version, user)
    except Stale:
        return _shown(request, _of(pk), _STALE, 409)
    except Refused as e:
        return _shown(request, _of(pk), str(e), 422)
    messages.success(request, undoing.told(step, user))
    return redirect("encounter", pk=step.encounter_id) if step.action == Action.QUERY_DRAFT else redirect("query", pk=pk)


@_VIEWER
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """The query as plain text."""
    query = _exported(request, pk, "copy query")
    return HttpResponse(queries.as_text(query), content_type="text/plain; charset=utf-8")


@_VIEWER
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """The query as a FHIR Task, to be saved as a file."""
    query = _exported(request, pk, "export query")
    response = JsonResponse(queries.as_task(query), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Type"] = "application/fhir+json"
    response["Content-Disposition"] = f'attachment; filename="query-{query.pk}.json"'
    return response


def _of(pk: int) -> Query:
    return get_object_or_404(Query.objects.select_related("encounter", "by"), pk=pk)


def _exported(request: HttpRequest, pk: int, action: str) -> Query:
    query = _of(pk)
    detail = {"query": query.pk}
    audit.record(audit.Entry(actor=person(request).get_username(), action=action, encounter=query.encounter_id, detail=detail))
    return query


def _step(request: HttpRequest, query: Query, step: Callable[[], None], done: str) -> HttpResponse:
    try:
        step()
    except Stale:
        return _shown(request, _of(query.pk), _STALE, 409)
    except Refused as e:
        return _shown(request, query, str(e), 422)
    messages.success(request, done)
    return redirect("query", pk=query.pk)


def _shown(request: HttpRequest, query: Query, error: str = "", status: int = 200) -> HttpResponse:
    gap = query.gap_key.partition("#")[0]
    last = undoing.last_query_step(query)
    context = {
        "last": last if undoing.may_undo(last, person(request)) else None,
        "last_said": undoing.said(last) if last else "",
        "query": query,
        "options": [o for o in query.options if o not in TAIL],
        "tail": TAIL,
        "problems": queries.problems(query),
        "text": queries.as_text(query),
        "gap_name": gap_names().get(gap, gap),
        "outcomes": queries.OUTCOMES.items(),
        "outcome": queries.OUTCOMES.get(query.outcome, ""),
        "may_write": person(request).has_perm("review.write_query"),
        "error": error,
        "today": timezone.localdate(),
        "due": query.due or timezone.localdate() + dt.timedelta(days=settings.CONFIG.query_days),
    }
    return render(request, "review/query.html", context, status=status)
