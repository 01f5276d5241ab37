"""Pages for what went wrong: they say what to do and quote nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - the reason is for developers
    """The page for a form whose token is missing or old."""
    return told(request, 403, "This form has expired", "Go back, load the page again and send the form once more.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - its message may quote
    """The page for an address that leads nowhere."""
    return told(request, 404, "There is nothing here", "The encounter may have been removed. Go back to the worklist.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - its message may quote
    """The page for what a role may not do."""
    return told(request, 403, "Your role may not do this", "Ask an administrator of the workbench if you need it.")


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - its message may quote
    """The page for a request that makes no sense."""
    return told(request, 400, "This request makes no sense", "Go back, load the page again and repeat the step.")


def defect(request: HttpRequest) -> HttpResponse:
    """The page for a defect of ours."""
    return told(request, 500, "The workbench failed", "Nothing was stored. Try again; if it stays so, tell whoever runs it.")


def told(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    """An error page: what happened and what to do."""
    return render(request, "review/error.html", {"title": title, "advice": advice, "status": status}, status=status)
