"""The worklist page. Filters come by POST and live in the session, so that no id of a patient stands in an address."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from oncospan.review import worklist
from oncospan.review.code_book import gap_names
from oncospan.review.models import Encounter, SavedView
from oncospan.review.views.asking import person
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
        "people": User.objects.filter(is_active=True).order_by("username") if user.has_perm("review.assign") else (),
        "views": SavedView.objects.filter(user=user).order_by("name"),
        "empty": not rows.rows and not Encounter.objects.exists(),
        "today": worklist.today(),
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
