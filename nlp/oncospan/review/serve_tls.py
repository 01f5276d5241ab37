"""Serving with TLS, by gunicorn: waitress speaks none."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from gunicorn.app.base import BaseApplication

from oncospan.review.config import Config

THREADS = 8


class TlsServer(BaseApplication):  # type: ignore[misc] # gunicorn ships no types
    """One process with threads, like the server without TLS; its workers end with it."""

    def __init__(self, config: Config, listening: Callable[[], None]) -> None:
        self._config, self._listening = config, listening
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's settings; none come from files or the environment."""
        host = self._config.host.strip("[]")
        chosen = {
            "bind": f"[{host}]:{self._config.port}" if ":" in host else f"{host}:{self._config.port}",
            "certfile": self._config.tls_cert,
            "keyfile": self._config.tls_key,
            "ssl_context": _context,
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "graceful_timeout": 5,
            "loglevel": "warning",
            "forwarded_allow_ips": "",
            "when_ready": lambda _: self._listening(),
        }
        if "control_socket_disable" in self.cfg.settings:  # of later versions: nobody steers it from outside
            chosen["control_socket_disable"] = True
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        """The pages, made in the worker."""
        from oncospan.review.wsgi import application

        return application


def _context(_: object, made: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """TLS 1.2 and later."""
    context = made()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def serve_tls(config: Config, listening: Callable[[], None]) -> None:
    """Serve the pages until the process is stopped."""
    TlsServer(config, listening).run()
