"""The page of the audit trail."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oncospan.review.models import AuditEvent

_PAGE = 100


@permission_required("review.read_audit", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    """The events, the newest first, from a number downwards."""
    below = request.GET.get("below", "")
    events = AuditEvent.objects.order_by("-number")
    if below.isascii() and below.isdigit() and len(below) < 16:
        events = events.filter(number__lt=int(below))
    rows = list(events[: _PAGE + 1])
    more = rows[_PAGE - 1].number if len(rows) > _PAGE else None
    return render(request, "review/audit.html", {"rows": rows[:_PAGE], "more": more})
