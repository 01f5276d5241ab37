"""What a site may choose for its workbench: ``review.toml`` in the data folder, read strictly; and the folder's secret key."""

from __future__ import annotations

import os
import secrets
import ssl
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from oncospan.errors import InputError, OutputError
from oncospan.review.oidc_config import Oidc, oidc_of

DATA_VARIABLE = "ONCOSPAN_REVIEW_DATA"
"""The environment variable that names the data folder; the command line sets it."""

TLS_VARIABLES = {"tls_cert": "ONCOSPAN_REVIEW_TLS_CERT", "tls_key": "ONCOSPAN_REVIEW_TLS_KEY"}
"""The environment variables that stand above the same keys of the file; the command line sets them."""

FILE = "review.toml"
_KEY_FILE = "secret.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The choices of a site; the defaults serve one machine by its loopback address alone."""

    data: Path
    database: str = field(default="", repr=False)
    """Empty for SQLite in the data folder, or ``postgresql://user:password@host:port/name``."""
    host: str = "127.0.0.1"
    port: int = 8017
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """The names under which browsers may ask for the workbench."""
    tls: bool = False
    """Whether a proxy in front speaks TLS: cookies, redirects and HSTS then insist on it."""
    tls_cert: str = ""
    """PEM file with the certificate chain, from the data folder on, with which the workbench itself speaks TLS."""
    tls_key: str = ""
    """PEM file with its private key."""
    oidc: Oidc | None = None
    """The provider of the site's own accounts, by whom people log in."""
    trusted_proxy: str = ""
    """The address of that proxy, whose X-Forwarded-Proto is believed."""
    idle_minutes: int = 20
    """Minutes without a click after which a person is logged off."""
    login_attempts: int = 5
    """Failed log-ins of one name from one address before it must wait."""
    login_wait_minutes: int = 15
    site_words: tuple[str, ...] = ()
    """The site's own words that may not stand in a query."""
    query_days: int = 7
    """Days until a query that was sent is due."""
    pack: str = ""
    """The rule pack whose code sets are searched; empty for the installed default."""
    codes: str = ""
    """Folder of releases loaded with ``oncospan codes import``."""

    def databases(self) -> dict[str, dict[str, Any]]:
        """The database as Django wants it."""
        return {"default": _postgresql(self.database) if self.database else _sqlite(self.sqlite)}

    @property
    def https(self) -> bool:
        """Whether browsers reach the workbench by TLS alone, spoken by itself or by a proxy."""
        return self.tls or bool(self.tls_cert)

    @property
    def sqlite(self) -> Path:
        """The file of the database where it is SQLite."""
        return self.data / "review.sqlite3"


def default_data() -> Path:
    """The data folder when none is named: that of the environment, else one in the user's own data folder."""
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named)
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "oncospan-review"


def load_config(data: Path) -> Config:
    """The configuration of a data folder, which may be missing: then it is that of a fresh one. Raises InputError."""
    path, given = data / FILE, {}
    if path.is_file():
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
            raise InputError(f"not valid TOML: {e}", where=FILE) from None
    chosen = {key: os.environ[name] for key, name in TLS_VARIABLES.items() if os.environ.get(name)}
    return _with_tls(Config(data=data, **(_checked(given) | chosen)))


def _with_tls(config: Config) -> Config:
    """The configuration with whole paths of the certificate and its key, which fit each other. Raises InputError."""
    if not config.tls_cert and not config.tls_key:
        return config
    if not config.tls_cert or not config.tls_key:
        raise InputError("TLS needs a certificate and its key", where=FILE, hint="Set tls_cert and tls_key.")
    cert, key = config.data / config.tls_cert, config.data / config.tls_key
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError) as e:
        hint = "Both are PEM files, the key without a password, and belong together."
        raise InputError(f"the certificate or its key cannot be used ({type(e).__name__})", where=str(cert), hint=hint) from None
    return replace(config, tls_cert=str(cert), tls_key=str(key))


def _no_password() -> str:
    raise ValueError


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The keys of the file with values of the type of their default."""
    known: dict[str, Any] = {f.name: f.default for f in fields(Config) if f.name != "data"}
    if unknown := sorted(given.keys() - known.keys()):
        raise InputError(f"unknown key {unknown[0]!r}", where=FILE, hint=f"Known: {', '.join(sorted(known))}.")
    out: dict[str, Any] = {}
    if "oidc" in given:
        out["oidc"] = oidc_of(given.pop("oidc"), FILE)
    for key, value in given.items():
        kind = type(known[key])
        if kind is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
            out[key] = tuple(value)
        elif type(value) is kind and (kind is not int or value > 0):
            out[key] = value
        else:
            wanted = {tuple: "a list of texts", int: "a whole number above 0", bool: "true or false"}.get(kind, "a text")
            raise InputError(f"{key} must be {wanted}", where=FILE)
    return out


def make_data(data: Path) -> None:
    """Make the data folder with its secret key, for its owner alone, where they are not there yet. Raises OutputError."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(data / _KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as e:
        raise OutputError(f"the data folder cannot be made: {type(e).__name__}", where=str(data)) from None
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(64))


def secret_key(data: Path) -> str:
    """The secret that signs sessions: that of the data folder, or where there is none yet one that ends with the process."""
    path = data / _KEY_FILE
    return path.read_text(encoding="ascii") if path.is_file() else secrets.token_urlsafe(64)


def _sqlite(path: Path) -> dict[str, Any]:
    """SQLite that survives a crash and lets readers read while one writes."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; "
            "PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise InputError(
            "database must be postgresql://user:password@host:port/name", where=FILE, hint="Leave it out for SQLite."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
