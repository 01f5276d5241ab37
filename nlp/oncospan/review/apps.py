"""The Django application, and what happens when its tables have been made."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReviewConfig(AppConfig):
    """The workbench as an application of Django."""

    name = "oncospan.review"
    label = "review"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the roles follow the tables, and log-ins and log-outs the audit."""
        from oncospan.review import signals  # noqa: F401 - connects its receivers

        post_migrate.connect(_make_roles, sender=self)


def _make_roles(using: str, **_: Any) -> None:
    from oncospan.review.roles import make_roles

    make_roles(using)
