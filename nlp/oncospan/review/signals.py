"""Log-ins, log-outs and refused log-ins go into the audit."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from oncospan.review import audit


@receiver(user_logged_in)
def _logged_in(user: User, **_: Any) -> None:
    audit.record(audit.Entry(actor=user.get_username(), action="log in"))


@receiver(user_logged_out)
def _logged_out(user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(audit.Entry(actor=user.get_username(), action="log out"))


@receiver(user_login_failed)
def _refused(credentials: dict[str, Any], **_: Any) -> None:
    audit.record(audit.Entry(actor=str(credentials.get("username") or "")[:150], action="log-in refused"))
