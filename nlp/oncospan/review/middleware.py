"""What every page shares: nothing is kept by browsers or proxies, and what the frame of a page needs to know."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from oncospan import __version__

_Next = Callable[[HttpRequest], HttpResponse]
_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

THEMES = ("auto", "light", "dark")


class PrivateMiddleware:
    """Pages hold patients' data: they are not stored on the way, nor after log-off."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response with headers that forbid to store it."""
        response = self.get_response(request)
        add_never_cache_headers(response)
        response["Permissions-Policy"] = _FEATURES
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class StillHereMiddleware:
    """A session lives on with every click; it is written anew only once a twentieth of the idle time has gone, not for each page."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response; the session is marked to be saved where its end must move."""
        now = int(time.time())
        if not request.session.is_empty() and now - request.session.get("seen", 0) > settings.SESSION_COOKIE_AGE // 20:
            request.session["seen"] = now
        return self.get_response(request)


def shared_context(request: HttpRequest) -> dict[str, Any]:
    """The theme, whether single keys act, and the version, for the frame of every page."""
    session = getattr(request, "session", {})
    theme = session.get("theme", "auto")
    return {"theme": theme if theme in THEMES else "auto", "keys": session.get("keys", True), "version": __version__}
