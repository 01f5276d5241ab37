"""The coder view: severity and risk of an encounter's codes, on a page of its own that no query comes from."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from oncospan.review import audit, coder_view
from oncospan.review.models import Encounter
from oncospan.review.present import chart_of
from oncospan.review.views.asking import person


@permission_required("review.see_coder_facts", raise_exception=True)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The facts of the codes that stand, each with its replacement where it has one."""
    encounter = get_object_or_404(Encounter.objects.select_related("reading"), pk=pk)
    audit.record(audit.Entry(actor=person(request).get_username(), action="see coder facts", encounter=pk))
    standing = [c for c in chart_of(encounter).codes if c.place is not None]
    codes = [c.decision.code if c.decision and c.decision.code else c.code for c in standing]
    context = {"encounter": encounter, "facts": coder_view.facts(codes, encounter.release), "caution": coder_view.CAUTION}
    return render(request, "review/coder_facts.html", context)
