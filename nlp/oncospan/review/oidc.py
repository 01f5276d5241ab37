"""Logging in with an account of the site's provider: who it is, and in which role."""

from __future__ import annotations

import logging
import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from jwt import PyJWTError
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView
from requests import RequestException

from oncospan.review import audit
from oncospan.review.models import ProviderAccount
from oncospan.review.oidc_config import Oidc
from oncospan.review.oidc_discovery import Undiscovered, endpoints
from oncospan.review.roles import role_of, set_role

_LOG = logging.getLogger(__name__)


def provider() -> Oidc:
    """The provider of the configuration."""
    found: Oidc | None = settings.CONFIG.oidc
    assert found is not None, "the addresses for it are there only with a provider"
    return found


class ProviderBackend(OIDCAuthenticationBackend):  # type: ignore[misc] # ships no types
    """People by the subject of their account, never by a name or address that another could bear."""

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> User | None:
        """The person whom the provider vouches for. Raises Undiscovered where its addresses cannot be had."""
        if request is None or "code" not in request.GET:
            return None
        at = endpoints(provider())
        self.OIDC_OP_TOKEN_ENDPOINT, self.OIDC_OP_USER_ENDPOINT, self.OIDC_OP_JWKS_ENDPOINT = at.token, at.userinfo, at.jwks
        found: User | None = super().authenticate(request, **kwargs)
        return found

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """The claims of a token that the provider signed for us, now."""
        claims: dict[str, Any] = super().verify_token(token, **kwargs)
        audience = claims.get("aud")
        for_us = provider().client_id in (audience if isinstance(audience, list) else [audience])
        if claims.get("iss") != provider().issuer or not for_us or not claims.get("exp") or not claims.get("sub"):
            raise SuspiciousOperation("the token is not for this workbench")
        return claims

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What the provider says of the person: the claims of the token and those of its address for it."""
        told = super().get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload["sub"]:
            raise SuspiciousOperation("the provider told of another person")
        return {**payload, **told}

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        """Whether the claims give a role; without one nobody gets in."""
        return bool(provider().role_of(claims))

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
        """The person of the account."""
        return User.objects.filter(provider_account__issuer=provider().issuer, provider_account__subject=claims["sub"])

    def create_user(self, claims: dict[str, Any]) -> User:
        """A new person with the account's name, or one like it that is free, and no password."""
        wanted = re.sub(r"[^\w.@+-]+", "-", str(claims.get(provider().name_claim) or "person"))[:140] or "person"
        with transaction.atomic():
            held = set(User.objects.filter(username__startswith=wanted).values_list("username", flat=True))
            name = next(n for n in (wanted, *(f"{wanted}-{i}" for i in range(2, len(held) + 3))) if n not in held)
            user = User.objects.create_user(name)
            ProviderAccount.objects.create(user=user, issuer=provider().issuer, subject=claims["sub"])
            self._give_role(user, claims)
        return user

    def update_user(self, user: User, claims: dict[str, Any]) -> User:
        """The person, in the role that the claims give now."""
        if role_of(user) != provider().role_of(claims):
            self._give_role(user, claims)
        return user

    def _give_role(self, user: User, claims: dict[str, Any]) -> None:
        role = provider().role_of(claims)
        set_role(user, role)
        detail = {"person": user.get_username(), "role": role}
        audit.record(audit.Entry(actor="provider", action="give role", detail=detail))


class Begin(OIDCAuthenticationRequestView):  # type: ignore[misc] # ships no types
    """The way to the provider; where it cannot be asked, back to the log-in page, which says so."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The way to the provider."""
        try:
            self.OIDC_OP_AUTH_ENDPOINT = endpoints(provider()).authorization
        except Undiscovered as e:
            _LOG.warning("log-in by the provider failed: %s", e.args[0])
            messages.error(
                request, f"{provider().label} cannot be asked at the moment. Try again in a while, or tell an administrator."
            )
            return redirect("login")
        answer: HttpResponse = super().get(request)
        return answer


class Return(OIDCAuthenticationCallbackView):  # type: ignore[misc] # ships no types
    """Where the provider sends the browser back to; whatever is wrong leads to the log-in page, which says so."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page that was wanted, or the log-in page."""
        try:
            answer: HttpResponse = super().get(request)
        except (SuspiciousOperation, PyJWTError, RequestException, KeyError, ValueError) as e:
            _LOG.warning("log-in by the provider failed: %s", type(e).__name__)
            return self.login_failure()
        return answer

    def login_failure(self) -> HttpResponse:
        """The log-in page with what to do."""
        audit.record(audit.Entry(actor="", action="log-in refused", detail={"by": "provider"}))
        messages.error(self.request, "Your account did not let you in. Try again, or ask an administrator for a role here.")
        failed: HttpResponse = super().login_failure()
        return failed
