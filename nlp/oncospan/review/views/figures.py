"""The page of the figures."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oncospan.review import figures
from oncospan.review.code_book import gap_names


@permission_required("review.open_encounter", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    """How codes were judged, by rule and code, and what came of queries."""
    asked, names = figures.queries(), gap_names()
    sent, answered = sum(a.sent for a in asked), sum(a.answered for a in asked)
    context = {
        "whole": figures.all_codes(),
        "by_rule": figures.by_rule(),
        "by_code": figures.by_code(),
        "asked": [(a, names.get(a.gap, a.gap)) for a in asked],
        "sent": sent,
        "answered": round(100 * answered / sent) if sent else None,
        "most": figures.MOST_ROWS,
    }
    return render(request, "review/figures.html", context)
