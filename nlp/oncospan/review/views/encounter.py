"""The page of an encounter, and everything a person does there."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from oncospan.review import audit, code_book, decisions, second_look, worklist
from oncospan.review import undo as undoing
from oncospan.review.decisions import REASONS, Choice, Refused, Stale
from oncospan.review.models import Action, Encounter, Note, Subject, Verb
from oncospan.review.present import Chart, chart_of
from oncospan.review.views.asking import chosen_person, day, is_part, may_take, number, person
from oncospan.review.views.worklist import filters_of

_VIEWER = permission_required("review.open_encounter", raise_exception=True)
_DECIDER = permission_required("review.decide", raise_exception=True)

_SAID = {
    Verb.ACCEPT: "accepted", Verb.REJECT: "rejected", Verb.REPLACE: "replaced", Verb.ADD: "added", Verb.DISMISS: "dismissed",
}  # fmt: skip
_STALE = "Somebody else changed this encounter a moment ago. Your step was not stored. This is how it stands now: look again."


@_VIEWER
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an encounter; that it was opened goes into the audit."""
    encounter = get_object_or_404(Encounter.objects.select_related("reading", "assignee", "run"), pk=pk)
    audit.record(audit.Entry(actor=person(request).get_username(), action="open encounter", encounter=pk))
    context = {**_panel(request, chart_of(encounter)), "kinds": second_look.KINDS}
    return render(request, "review/encounter.html", context)


@_VIEWER
def next_one(request: HttpRequest, pk: int) -> HttpResponse:
    """The way to the encounter that follows in the worklist; to the worklist when there is none."""
    encounter = get_object_or_404(Encounter, pk=pk)
    following = worklist.next_after(filters_of(request), person(request), encounter)
    return redirect("encounter", pk=following) if following else redirect("worklist")


@require_POST
@_DECIDER
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Store a decision on a code or a gap."""
    try:
        subject, verb = Subject(request.POST.get("subject", "")), Verb(request.POST.get("verb", ""))
    except ValueError:
        return _answered(request, pk, error="This cannot be decided so.")
    reason = " – ".join(filter(None, (request.POST.get("why", "").strip(), request.POST.get("reason", "").strip())))
    code = request.POST.get("chosen") or request.POST.get("code", "")
    key = request.POST.get("key", "")
    choice = Choice(subject=subject, verb=verb, key=key, reason=reason, code=code)
    named = key.split("_")[0] if key else code
    return _act(request, pk, lambda v, u: decisions.decide(pk, v, u, choice), f"{named} {_SAID.get(verb, 'stored')}.")


@require_POST
@_DECIDER
def accept_proposed(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept every undecided code that the run stands behind."""
    return _act(request, pk, lambda v, u: decisions.accept_proposed(pk, v, u), "All proposed codes accepted.")


@require_POST
@_DECIDER
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a code up or down."""
    encounter = get_object_or_404(Encounter.objects.select_related("reading"), pk=pk)
    order = list(chart_of(encounter).order)
    code, up = request.POST.get("key", ""), request.POST.get("move") == "up"
    if code not in order:
        return _answered(request, pk, error="The encounter has no such code any more.")
    at = order.index(code)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(order):
        return _answered(request, pk, done=f"{code} is {'first' if up else 'last'} already.")
    order[at], order[to] = order[to], order[at]
    choice = Choice(subject=Subject.ORDER, verb=Verb.REORDER, order=tuple(order))
    return _act(request, pk, lambda v, u: decisions.decide(pk, v, u, choice), f"{code} is now number {to + 1}.")


@require_POST
@_DECIDER
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last step back; where it shows outside the panel, the script loads the whole page again."""
    try:
        step = undoing.undo(pk, number(request, "version"), person(request))
    except Stale:
        get_object_or_404(Encounter, pk=pk)
        return _answered(request, pk, error=_STALE, status=409)
    except Refused as e:
        return _answered(request, pk, error=str(e))
    done = undoing.told(step, person(request))
    if step.action not in {Action.LOOK_AFTER, Action.MARK, Action.UNMARK} or not is_part(request):
        return _answered(request, pk, done=done)
    messages.success(request, done)
    return HttpResponse(headers={"HX-Redirect": reverse("encounter", args=[pk])})


@require_POST
@_DECIDER
def codes(request: HttpRequest, pk: int) -> HttpResponse:
    """The codes that a search of the code set of the encounter's date finds, as buttons of the form."""
    encounter = get_object_or_404(Encounter, pk=pk)
    words = request.POST.get("code", "")[:100]
    found = code_book.search(encounter.release, words) if words.strip() else ()
    return render(request, "review/_found.html", {"found": found, "words": words, "release": encounter.release})


@require_POST
@_DECIDER
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark words of a note as evidence, or remove such a mark."""
    if "remove" in request.POST:
        gone = number(request, "remove")
        return _act(request, pk, lambda v, u: second_look.unmark(pk, v, u, gone), "The mark is removed.", whole=True)
    note = get_object_or_404(Note, pk=max(0, number(request, "note")), encounter=pk)
    if "words" in request.POST:
        start, end = second_look.place_of(note, request.POST["words"])
    else:
        start, end = number(request, "start"), number(request, "end")
    kind, comment = request.POST.get("kind", ""), request.POST.get("comment", "")
    return _act(
        request, pk, lambda v, u: second_look.mark(pk, v, u, note, start, end, kind, comment), "The words are marked.", whole=True
    )


@require_POST
@_DECIDER
def ask_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a second review."""
    return _act(request, pk, lambda v, u: second_look.ask(pk, v, u), "A second review is asked for.")


@require_POST
@permission_required("review.second_review", raise_exception=True)
def give_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the second review."""
    agrees, comment = request.POST.get("verdict") == "agree", request.POST.get("comment", "")
    return _act(
        request, pk, lambda v, u: second_look.give(pk, v, u, agrees=agrees, comment=comment), "The second review is stored."
    )


@require_POST
@_DECIDER
def look_after(request: HttpRequest, pk: int) -> HttpResponse:
    """Set who looks after the encounter, and when it is to be seen again."""
    get_object_or_404(Encounter, pk=pk)
    assignee, until = chosen_person(request, "assignee"), day(request, "follow_up")
    return _act(request, pk, lambda v, u: second_look.look_after(pk, v, u, assignee, until), "Stored.", whole=True)


def _act(request: HttpRequest, pk: int, step: Callable[[int, User], object], done: str, *, whole: bool = False) -> HttpResponse:
    """Do a step on the version the person saw, and answer with how the encounter stands afterwards."""
    try:
        step(number(request, "version"), person(request))
    except Stale:
        get_object_or_404(Encounter, pk=pk)
        return _answered(request, pk, error=_STALE, status=409)
    except Refused as e:
        return _answered(request, pk, error=str(e))
    return _answered(request, pk, done=done, whole=whole)


def _answered(
    request: HttpRequest, pk: int, *, done: str = "", error: str = "", status: int = 422, whole: bool = False
) -> HttpResponse:
    """The panel as it stands now for the script, otherwise the whole page."""
    if not error and (whole or not is_part(request)):
        messages.success(request, done)
        response = redirect("encounter", pk=pk)
        card = request.POST.get("card", "")
        if card.isalnum() and len(card) < 20:
            response["Location"] = reverse("encounter", args=[pk]) + f"#{card}"
        return response
    encounter = get_object_or_404(Encounter.objects.select_related("reading", "assignee", "run"), pk=pk)
    context = {**_panel(request, chart_of(encounter)), "done": done, "error": error, "kinds": second_look.KINDS}
    template = "review/_panel.html" if is_part(request) else "review/encounter.html"
    return render(request, template, context, status=status if error else 200)


def _panel(request: HttpRequest, chart: Chart) -> dict[str, object]:
    """What the panel of codes and gaps needs."""
    user = person(request)
    last = undoing.last_step(chart.encounter)
    return {
        "last": last if undoing.may_undo(last, user) else None,
        "last_said": undoing.said(last) if last else "",
        "chart": chart,
        "encounter": chart.encounter,
        "code_reasons": REASONS[Subject.CODE],
        "gap_reasons": REASONS[Subject.GAP],
        "may_decide": user.has_perm("review.decide"),
        "may_query": user.has_perm("review.write_query"),
        "may_review": user.has_perm("review.second_review"),
        "may_see_facts": user.has_perm("review.see_coder_facts"),
        "people": may_take(user),
    }
