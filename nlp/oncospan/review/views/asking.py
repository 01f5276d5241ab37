"""What the views share: the person who asks, numbers of a form, and pages that are only a part."""

from __future__ import annotations

import datetime as dt
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest


def person(request: HttpRequest) -> User:
    """Who asks; every page but the log-in has one."""
    return cast("User", request.user)


def number(request: HttpRequest, name: str) -> int:
    """A whole number of the form; -1 for what is none."""
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else -1


def chosen_person(request: HttpRequest, name: str) -> User | None:
    """The person whose number the form names; None for nobody."""
    return User.objects.filter(pk=number(request, name), is_active=True).first()


def may_take(user: User) -> list[User]:
    """To whom a person may give encounters: a lead to everybody, others to themselves."""
    return list(User.objects.filter(is_active=True).order_by("username")) if user.has_perm("review.assign") else [user]


def day(request: HttpRequest, name: str) -> dt.date | None:
    """A date of the form; None for what is none."""
    try:
        return dt.date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        return None


def is_part(request: HttpRequest) -> bool:
    """Whether the script asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"
