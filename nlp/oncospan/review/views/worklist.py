"""The worklist page. Filters come by POST and live in the session, so that no id of a patient stands in an address."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_POST

from oncospan.review import second_look, worklist
from oncospan.review.code_book import gap_names
from oncospan.review.models import Encounter, SavedView
from oncospan.review.views.asking import chosen_person, may_take, person
from oncospan.review.worklist import Filters

_VIEWER = permission_required("review.open_encounter", raise_exception=True)


def filters_of(request: HttpRequest) -> Filters:
    """The filters that the person chose last."""
    return Filters.of(request.session.get("filters", {}))


@_VIEWER
def page(request: HttpRequest) -> HttpResponse:
    """The list of encounters."""
    user, filters = person(request), filters_of(request)
    rows = worklist.page_of(
        worklist.listed(filters, user), after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    counted = worklist.counts(user)
    narrowed = filters.narrowed()
    total = worklist.total(filters, user, rows) if narrowed else counted[filters.scope]
    context = {
        "page": rows,
        "filters": filters,
        "scopes": [(k, label, counted[k]) for k, label in worklist.SCOPES.items()],
        "total": total,
        "too_many": worklist.FEW if filters.search and total > worklist.FEW else 0,
        "narrowed": narrowed,
        "gaps": sorted(gap_names().items()),
        "people": may_take(user) if user.has_perm("review.decide") else (),
        "views": SavedView.objects.filter(user=user).order_by("name"),
        "empty": not rows.rows and not Encounter.objects.exists(),
    }
    return render(request, "review/worklist.html", context)


@require_POST
@_VIEWER
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the chosen filters and show the list from its top."""
    kept = asdict(filters_of(request)) if "only_scope" in request.POST else {}
    request.session["filters"] = asdict(Filters.of({**kept, **request.POST.dict()}))
    return redirect("worklist")


@require_POST
@permission_required("review.decide", raise_exception=True)
def assign(request: HttpRequest) -> HttpResponse:
    """Give the chosen encounters of a page to a person, and show the page again."""
    assignee = chosen_person(request, "assignee")
    given, why = second_look.look_after_all(_chosen(request), person(request), assignee)
    if given:
        whose = assignee.get_username() if assignee else "nobody"
        messages.success(request, f"{given} encounter{pluralize(given)} assigned to {whose}.")
    for reason, times in Counter(why).items():
        messages.error(request, f"{reason} ({times})" if times > 1 else reason)
    if not given and not why:
        messages.error(request, "Choose encounters by the boxes before them.")
    after = request.POST.get("after", "")
    return redirect(reverse("worklist") + (f"?after={after}" if worklist.is_key(after) else ""))


def _chosen(request: HttpRequest) -> list[tuple[int, int]]:
    """Number and version of the chosen encounters, no more than a page holds."""
    pairs = (text.partition("-") for text in request.POST.getlist("chosen")[: worklist.PAGE])
    return [(int(n), int(v)) for n, _, v in pairs if re.fullmatch("[0-9]{1,15}", n) and re.fullmatch("[0-9]{1,9}", v)]


@require_POST
@_VIEWER
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the present filters under a name."""
    name = " ".join(request.POST.get("name", "").split())[:60]
    if name:
        held = asdict(filters_of(request))
        SavedView.objects.update_or_create(user=person(request), name=name, defaults={"filters": held})
        messages.success(request, f"The view “{name}” is saved.")
    else:
        messages.error(request, "Give the view a name.")
    return redirect("worklist")


@require_POST
@_VIEWER
def use_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Use a saved view of one's own, or remove it."""
    view = get_object_or_404(SavedView, pk=pk, user=person(request))
    if "remove" in request.POST:
        view.delete()
        messages.success(request, f"The view “{view.name}” is removed.")
    else:
        request.session["filters"] = asdict(Filters.of(view.filters))
    return redirect("worklist")
