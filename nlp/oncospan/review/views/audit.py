"""The page of the audit trail."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oncospan.review.models import AuditEvent

_PAGE = 100
_OTHERS = ("command line", "import", "provider")
"""Who does something without being a person."""


@permission_required("review.read_audit", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    """The events, the newest first, from a number downwards."""
    who, encounter, below = (request.GET.get(name, "").replace("\x00", "").strip() for name in ("who", "encounter", "below"))
    events = AuditEvent.objects.order_by("-number")
    if who:
        events = events.filter(actor=who)
    if (chosen := _number(encounter)) is not None:
        events = events.filter(encounter=chosen)
    if (last := _number(below)) is not None:
        events = events.filter(number__lt=last)
    rows = list(events[: _PAGE + 1])
    context = {
        "rows": [(e, _told(e.detail)) for e in rows[:_PAGE]],
        "more": rows[_PAGE - 1].number if len(rows) > _PAGE else None,
        "who": who,
        "encounter": encounter,
        "people": [*_OTHERS, *User.objects.order_by("username").values_list("username", flat=True)],
    }
    return render(request, "review/audit.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _told(detail: str) -> list[tuple[str, str]]:
    """The names and values of an event's detail, in words; the detail as it is where somebody changed it."""
    try:
        values = json.loads(detail)
        return [(name.replace("_", " "), _value(value)) for name, value in values.items()]
    except (ValueError, AttributeError):
        return [("", detail)]


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "none" if value is None else {"True": "yes", "False": "no"}.get(str(value), str(value))
