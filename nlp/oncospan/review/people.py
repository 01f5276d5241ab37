"""People of the workbench: the first administrator, new people, and their roles."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, ClassVar

from axes.utils import reset
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from oncospan.errors import UsageError
from oncospan.review import audit
from oncospan.review.roles import ROLES, role_of, set_role

_ROLES = [(r, r) for r in ROLES]


def nobody_yet() -> bool:
    """Whether the workbench still waits for its first administrator."""
    return not User.objects.exists()


def setup_code() -> str:
    """The code that the first administrator must give: only who runs the server can read it."""
    made = hmac.new(settings.SECRET_KEY.encode(), b"first administrator", hashlib.sha256).hexdigest()
    return "-".join(made[i : i + 4] for i in range(0, 12, 4))


def set_password(name: str, password: str, *, admin: bool = False, actor: str = "command line") -> None:
    """Give a person another password, or an administrator's log-in; failed log-ins are forgotten. Raises UsageError."""
    user = User.objects.filter(username=name).first()
    if user is None:
        raise UsageError("nobody of this name is in the workbench", where=name)
    try:
        validate_password(password, user)
    except ValidationError as e:
        raise UsageError(" ".join(e.messages)) from None
    user.set_password(password)
    if admin:
        user.is_active = True
        set_role(user, "admin")
    user.save()
    reset(username=name)
    audit.record(audit.Entry(actor=actor, action="set password", detail={"person": name, "admin": admin}))


if TYPE_CHECKING:  # the class takes a parameter for type checkers only
    _CreationForm = BaseUserCreationForm[User]
else:
    _CreationForm = BaseUserCreationForm


class PersonForm(_CreationForm):
    """A new person with a role."""

    role = forms.ChoiceField(choices=_ROLES, initial="reviewer")

    class Meta:
        """The fields that are asked for; a name is not needed."""

        model = User
        fields: ClassVar = ["username"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus", None)

    def save(self, commit: bool = True) -> User:
        """The new person, in their role."""
        user: User = super().save(commit=commit)
        set_role(user, self.cleaned_data["role"])
        return user


class FirstAdminForm(PersonForm):
    """The first administrator, who proves to run the server."""

    code = forms.CharField(
        label="Setup code", max_length=40, help_text="It stands in the terminal where the workbench was started."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["role"]

    def clean_code(self) -> str:
        """The code, when it is the right one."""
        given: str = self.cleaned_data["code"]
        if not hmac.compare_digest(given.strip().encode(), setup_code().encode()):
            raise ValidationError("This is not the code in the terminal.")
        return given

    def clean(self) -> dict[str, Any]:
        """The fields, with the role of an administrator."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["role"] = "admin"
        return data


class LocalForm(AuthenticationForm):
    """Log-in with a password; where people have accounts of a provider, for administrators alone."""

    def confirm_login_allowed(self, user: User) -> None:
        """Raises ValidationError for who must come by the provider."""
        super().confirm_login_allowed(user)
        if settings.CONFIG.oidc is not None and role_of(user) != "admin":
            raise ValidationError(f"Log in with {settings.CONFIG.oidc.label}: passwords are for administrators here.")


class RoleForm(forms.Form):
    """The role of a person, and whether they may log in."""

    role = forms.ChoiceField(choices=_ROLES)
    active = forms.BooleanField(required=False)
