"""Logging in, the first administrator, and what a person prefers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from oncospan.review import audit
from oncospan.review.middleware import THEMES
from oncospan.review.people import FirstAdminForm, LocalForm, nobody_yet


@method_decorator(login_not_required, name="dispatch")
class Entry(LoginView):
    """The log-in page; of a fresh workbench the page for its first administrator."""

    template_name = "review/login.html"
    redirect_authenticated_user = True
    authentication_form = LocalForm

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The form, and the provider where there is one."""
        return {**super().get_context_data(**kwargs), "provider": settings.CONFIG.oidc}

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """The page with the form."""
        return redirect("first-run") if nobody_yet() else super().get(request, *args, **kwargs)


@login_not_required
def first_run(request: HttpRequest) -> HttpResponse:
    """The page that makes the first administrator; afterwards there is no such page."""
    if not nobody_yet():
        raise Http404
    form = FirstAdminForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        audit.record(audit.Entry(actor=user.get_username(), action="first administrator"))
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("worklist")
    return render(request, "review/first_run.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@login_not_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme, or whether single keys act, and go back to where the person was."""
    if request.POST.get("theme") in THEMES:
        request.session["theme"] = request.POST["theme"]
    if request.POST.get("keys") in {"on", "off"}:
        request.session["keys"] = request.POST["keys"] == "on"
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(back) if safe else redirect("worklist")
