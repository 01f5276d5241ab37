"""Who may do what: four roles as Django groups with permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

PERMISSIONS = {
    "open_encounter": "Open encounters and their notes",
    "decide": "Accept, reject, replace and reorder codes, mark evidence",
    "write_query": "Write, send and close queries",
    "see_coder_facts": "See severity and risk of codes",
    "assign": "Assign encounters to others",
    "second_review": "Give the second review",
    "read_audit": "Read the audit trail",
    "manage_people": "Add people and change their role",
}
"""The permissions of the workbench; the models declare them."""

_READ = ("open_encounter",)
_REVIEW = (*_READ, "decide", "write_query", "see_coder_facts")
_LEAD = (*_REVIEW, "assign", "second_review", "read_audit")

ROLES: dict[str, tuple[str, ...]] = {
    "read-only": _READ,
    "reviewer": _REVIEW,
    "lead": _LEAD,
    "admin": (*_LEAD, "manage_people"),
}
"""What each role may do."""


def make_roles(using: str = "default") -> None:
    """Make the groups of the roles, with exactly their permissions; does nothing where the permissions are not made yet."""
    made = Permission.objects.using(using)
    held = {p.codename: p for p in made.filter(content_type__app_label="review", codename__in=PERMISSIONS)}
    if len(held) < len(PERMISSIONS):
        return
    for role, names in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set([held[n] for n in names])


def role_of(user: User | AnonymousUser) -> str:
    """The role of a person, the mightiest where there are several; empty for none."""
    held = {g.name for g in user.groups.all()}
    return next((r for r in reversed(ROLES) if r in held), "")


def set_role(user: User, role: str) -> None:
    """Give a person one role in place of any other. Raises KeyError for an unknown role."""
    if role not in ROLES:
        raise KeyError(role)
    user.groups.set(Group.objects.filter(name=role))
