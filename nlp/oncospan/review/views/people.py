"""The page where an administrator adds people and changes their role."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from oncospan.review import audit
from oncospan.review.people import PersonForm, RoleForm
from oncospan.review.roles import ROLES, role_of, set_role
from oncospan.review.views.asking import person

_ADMIN = permission_required("review.manage_people", raise_exception=True)


@_ADMIN
def page(request: HttpRequest) -> HttpResponse:
    """All people, and the form for a new one."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        detail = {"person": made.get_username(), "role": form.cleaned_data["role"]}
        audit.record(audit.Entry(actor=person(request).get_username(), action="add person", detail=detail))
        messages.success(request, f"{made.get_username()} may log in now.")
        return redirect("people")
    everybody = [(u, role_of(u)) for u in User.objects.prefetch_related("groups").order_by("username")]
    return render(
        request,
        "review/people.html",
        {"form": form, "people": everybody, "roles": list(ROLES)},
        status=422 if form.errors else 200,
    )


@require_POST
@_ADMIN
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person another role, or stop and start their log-in; nobody changes their own."""
    other, form = get_object_or_404(User, pk=pk), RoleForm(request.POST)
    if other == person(request):
        messages.error(request, "Another administrator must change your own role.")
    elif form.is_valid():
        set_role(other, form.cleaned_data["role"])
        other.is_active = form.cleaned_data["active"]
        other.save(update_fields=["is_active"])
        detail = {"person": other.get_username(), "role": form.cleaned_data["role"], "active": other.is_active}
        audit.record(audit.Entry(actor=person(request).get_username(), action="change person", detail=detail))
        messages.success(request, f"{other.get_username()} is changed.")
    return redirect("people")
