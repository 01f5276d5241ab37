"""The page of the figures."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from oncospan.review import audit, exporting, figures, trends
from oncospan.review.code_book import gap_names
from oncospan.review.models import Decision
from oncospan.review.views.asking import person


@permission_required("review.open_encounter", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    """How codes were judged, over time, by rule and code; what came of queries; and where second reviews disagree."""
    asked, names = figures.queries(), gap_names()
    sent, answered = sum(a.sent for a in asked), sum(a.answered for a in asked)
    documented = sum(a.documented for a in asked)
    context = {
        "reviewed": figures.reviewed(),
        "whole": figures.all_codes(),
        "by_rule": figures.by_rule(),
        "by_code": figures.by_code(),
        "asked": [(a, names.get(a.gap, a.gap)) for a in asked],
        "sent": sent,
        "answered": round(100 * answered / sent) if sent else None,
        "agreed": round(100 * documented / answered) if answered else None,
        "second": figures.second_reviews(),
        "over_time": trends.decisions_over_time(),
        "query_plots": [p for p in (trends.turnaround(), trends.rates()) if p],
        "most": figures.MOST_ROWS,
        "may_export": person(request).has_perm("review.read_audit") and (asked or Decision.objects.exists()),
    }
    return render(request, "review/figures.html", context)


@permission_required("review.read_audit", raise_exception=True)
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """All decisions as a file; that it was taken goes into the audit."""
    audit.record(audit.Entry(actor=person(request).get_username(), action="export decisions", detail={"form": form}))
    kind = "text/csv" if form == "csv" else "application/jsonl"
    response = StreamingHttpResponse(exporting.lines(form), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="decisions.{form}"'
    return response
