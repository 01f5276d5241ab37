"""The addresses of the provider: those of the configuration, or what the provider's own document names (OpenID Connect Discovery)."""

from __future__ import annotations

from dataclasses import dataclass

import requests
from django.core.cache import cache

from oncospan.review.oidc_config import Oidc, is_safe

HOLDS = 3600
"""Seconds for which what the document says is believed."""

_KEY = "oncospan-oidc-endpoints"
_SECONDS = 10
_PATH = "/.well-known/openid-configuration"


class Undiscovered(ValueError):
    """The provider's document cannot be had or is not to be trusted; the message quotes nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the provider is asked."""

    authorization: str
    token: str
    userinfo: str
    jwks: str


def endpoints(oidc: Oidc) -> Endpoints:
    """The addresses of a provider; its document is asked for at need, and again after an hour. Raises Undiscovered."""
    if oidc.token_endpoint:
        return Endpoints(
            authorization=oidc.authorization_endpoint, token=oidc.token_endpoint, userinfo=oidc.userinfo_endpoint,
            jwks=oidc.jwks_endpoint,
        )  # fmt: skip
    held = cache.get(_KEY)
    if held is not None and held[0] == oidc.issuer:
        known: Endpoints = held[1]
        return known
    found = _discovered(oidc.issuer)
    cache.set(_KEY, (oidc.issuer, found), HOLDS)
    return found


def _discovered(issuer: str) -> Endpoints:
    try:
        answer = requests.get(issuer.rstrip("/") + _PATH, timeout=_SECONDS, allow_redirects=False)
        told = answer.json() if answer.status_code == requests.codes.ok else None
    except requests.RequestException as e:
        raise Undiscovered(f"the provider's document cannot be had ({type(e).__name__})") from None
    if not isinstance(told, dict):
        raise Undiscovered("the provider's document cannot be had")
    if told.get("issuer") != issuer:
        raise Undiscovered("the provider's document is that of another issuer")
    names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
    if not all(isinstance(told.get(n), str) and is_safe(told[n]) for n in names):
        raise Undiscovered("the provider's document lacks an https address")
    authorization, token, userinfo, jwks = (str(told[n]) for n in names)
    return Endpoints(authorization=authorization, token=token, userinfo=userinfo, jwks=jwks)
