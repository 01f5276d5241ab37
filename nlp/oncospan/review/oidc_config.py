"""What a site says of the provider of its accounts (OpenID Connect): the table ``oidc`` of ``review.toml``, read strictly."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from oncospan.errors import InputError

ROLE_NAMES = ("read-only", "reviewer", "lead", "admin")
"""The roles of the workbench (see :mod:`oncospan.review.roles`), the mightiest last."""

_ALGORITHMS = ("RS256", "ES256")
_SET_LATER = ("OIDC_OP_AUTHORIZATION_ENDPOINT", "OIDC_OP_TOKEN_ENDPOINT", "OIDC_OP_USER_ENDPOINT", "OIDC_OP_JWKS_ENDPOINT")
"""What the library wants named, and gets when it is needed."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """The provider, its addresses, and which role follows from which value of a claim."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: dict[str, str]
    """The role by a value of the claim."""
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    userinfo_endpoint: str = ""
    jwks_endpoint: str = ""
    """All four, or none: then the provider's own document names them (see :mod:`oncospan.review.oidc_discovery`)."""
    role_claim: str = "groups"
    name_claim: str = "preferred_username"
    """Where the name of a new person comes from."""
    scopes: str = "openid profile"
    algorithm: str = "RS256"
    label: str = "your organization's account"
    """What the log-in page calls it."""

    def settings(self) -> dict[str, Any]:
        """The settings of mozilla-django-oidc."""
        return {
            "OIDC_RP_CLIENT_ID": self.client_id,
            "OIDC_RP_CLIENT_SECRET": self.client_secret,
            "OIDC_RP_SIGN_ALGO": self.algorithm,
            "OIDC_RP_SCOPES": self.scopes,
            **dict.fromkeys(_SET_LATER, ""),
            "OIDC_AUTHENTICATION_CALLBACK_URL": "provider-return",
            "OIDC_USE_PKCE": True,
            "OIDC_TIMEOUT": 10,
            "LOGIN_REDIRECT_URL_FAILURE": "/log-in",
        }

    def role_of(self, claims: dict[str, Any]) -> str:
        """The mightiest role that the claims give; empty for none."""
        held = claims.get(self.role_claim)
        values = [held] if isinstance(held, str) else held if isinstance(held, list) else []
        given = {self.roles[v] for v in values if isinstance(v, str) and v in self.roles}
        return next((r for r in reversed(ROLE_NAMES) if r in given), "")


def oidc_of(given: Any, where: str) -> Oidc:
    """The provider that a table describes. Raises InputError."""
    known = {f.name: f for f in fields(Oidc)}
    if not isinstance(given, dict) or (unknown := sorted(given.keys() - known.keys())):
        what = f"unknown key oidc.{unknown[0]}" if isinstance(given, dict) else "oidc must be a table"
        raise InputError(what, where=where, hint=f"Known: {', '.join(known)}.")
    for name in known:
        value = given.get(name, "")
        if name in given and name != "roles" and not (isinstance(value, str) and value):
            raise InputError(f"oidc.{name} must be a text", where=where)
        if (name == "issuer" or name.endswith("endpoint")) and name in given and not is_safe(value):
            raise InputError(f"oidc.{name} must be an https address", where=where)
    addresses = [name for name in known if name.endswith("endpoint")]
    missing = [name for name in addresses if name not in given]
    if 0 < len(missing) < len(addresses):
        hint = "Name all four addresses of the provider, or none: then its own document is asked."
        raise InputError(f"oidc.{missing[0]} is missing", where=where, hint=hint)
    roles = given.get("roles")
    if not isinstance(roles, dict) or not roles or not set(map(str, roles.values())) <= set(ROLE_NAMES):
        hint = f"Roles: {', '.join(ROLE_NAMES)}."
        raise InputError("oidc.roles must name a role for each value of the claim", where=where, hint=hint)
    if given.get("algorithm", "RS256") not in _ALGORITHMS:
        raise InputError(f"oidc.algorithm must be one of {', '.join(_ALGORITHMS)}", where=where)
    try:
        return Oidc(**given)
    except TypeError:
        missing = [n for n in ("issuer", "client_id", "client_secret") if n not in given]
        raise InputError(f"oidc.{missing[0]} is missing", where=where) from None


def is_safe(address: str) -> bool:
    """Whether an address is asked by TLS, or on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
