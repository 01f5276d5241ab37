"""Starting the workbench: its tables up to date, its pages served by waitress until it is stopped."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Callable
from pathlib import Path

import django

from oncospan.errors import InputError, UsageError
from oncospan.review.config import DATA_VARIABLE, Config, make_data


def ready(data: Path) -> Config:
    """The configuration of a data folder, Django set up with it and the tables brought up to date."""
    os.umask(0o077)  # whatever is written here is for its owner alone
    make_data(data)
    os.environ[DATA_VARIABLE] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "oncospan.review.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("clearsessions")
    except DatabaseError as e:
        hint = (
            "Check database in review.toml." if settings.CONFIG.database else "Is the disk full, or another program at the file?"
        )
        raise InputError(f"the database cannot be used ({type(e).__name__})", where=str(data), hint=hint) from None
    config: Config = settings.CONFIG
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        Path(database["NAME"]).chmod(0o600)
    return config


def serve(config: Config, listening: Callable[[], None]) -> None:
    """Serve the pages until the process is stopped; ``listening`` is called once they can be asked for. Raises UsageError when the port is taken."""
    _port_is_free(config)
    if config.tls_cert:
        if importlib.util.find_spec("gunicorn") is None:
            raise UsageError("serving with TLS needs gunicorn", hint="Install it: pip install 'oncospan[review]'")
        from oncospan.review.serve_tls import serve_tls

        serve_tls(config, listening)
    else:
        _serve_plain(config, listening)


def _port_is_free(config: Config) -> None:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((config.host.strip("[]"), config.port))
    except OSError as e:
        where = f"{config.host}:{config.port}"
        raise UsageError(
            f"the port cannot be used ({type(e).__name__})", where=where, hint="Choose another with --port."
        ) from None


def _serve_plain(config: Config, listening: Callable[[], None]) -> None:
    """Serve without TLS: for this machine, or a proxy."""
    import waitress

    from oncospan.review.wsgi import application

    proxy = {"trusted_proxy": config.trusted_proxy, "trusted_proxy_headers": "x-forwarded-proto x-forwarded-for"}
    server = waitress.create_server(
        application,
        host=config.host,
        port=config.port,
        threads=8,
        ident="",
        max_request_body_size=1_000_000,
        clear_untrusted_proxy_headers=True,
        **(proxy if config.trusted_proxy else {}),
    )
    listening()
    server.run()
