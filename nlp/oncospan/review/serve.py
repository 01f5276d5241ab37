"""Starting the workbench: its tables up to date, its pages served by waitress until it is stopped."""

from __future__ import annotations

import os
from pathlib import Path

import django

from oncospan.review.config import DATA_VARIABLE, Config, make_data


def ready(data: Path) -> Config:
    """The configuration of a data folder, Django set up with it and the tables brought up to date."""
    make_data(data)
    os.environ[DATA_VARIABLE] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "oncospan.review.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("clearsessions")
    config: Config = settings.CONFIG
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        Path(database["NAME"]).chmod(0o600)
    return config


def serve(config: Config) -> None:
    """Serve the pages until the process is stopped."""
    import waitress

    from oncospan.review.wsgi import application

    proxy = {"trusted_proxy": config.trusted_proxy, "trusted_proxy_headers": "x-forwarded-proto x-forwarded-for"}
    waitress.serve(
        application,
        host=config.host,
        port=config.port,
        threads=8,
        ident="",
        max_request_body_size=1_000_000,
        clear_untrusted_proxy_headers=True,
        **(proxy if config.trusted_proxy else {}),
    )
