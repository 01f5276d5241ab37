"""The addresses of the workbench, and the two for log-in by the site's provider."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from oncospan.review.oidc import Begin, Return
from oncospan.review.urls import handler400, handler403, handler404, handler500
from oncospan.review.urls import urlpatterns as own

urlpatterns = [
    *own,
    path("provider", login_not_required(Begin.as_view()), name="provider"),
    path("provider/return", login_not_required(Return.as_view()), name="provider-return"),
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
