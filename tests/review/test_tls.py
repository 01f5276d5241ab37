"""The workbench behind a self-made certificate: really TLS, secure cookies, HSTS; and files that do not fit are refused."""

from __future__ import annotations

import http.client
import importlib.util
import os
import shutil
import socket
import ssl
import subprocess
import sys
from contextlib import closing

import pytest

from oncospan.errors import InputError
from oncospan.review.config import Config, load_config

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl, which makes a certificate, is not installed")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A certificate of this machine's own, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("gunicorn") is None, reason="gunicorn, which serves with TLS, is not installed")
def test_it_speaks_tls_and_nothing_else(pair, new_data):
    cert, key = pair
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "oncospan",
        "review",
        "--data",
        new_data(),
        "--port",
        port,
        "--tls-cert",
        cert,
        "--tls-key",
        key,
    ]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True) as server:
        try:
            said = next(line for line in server.stderr if "workbench is at" in line)
            assert f"https://127.0.0.1:{port}/" in said
            trusting = ssl.create_default_context(cafile=str(cert))
            with closing(http.client.HTTPSConnection("localhost", port, context=trusting, timeout=60)) as line:
                line.request("GET", "/first-run")
                answer = line.getresponse()
                page = answer.read().decode()
                assert (answer.status, "Welcome to the workbench" in page) == (200, True)
                assert int(answer.headers["Strict-Transport-Security"].split("=")[1].split(";")[0]) >= 31_536_000
                cookie = answer.headers["Set-Cookie"]
                assert "oncospan_csrf" in cookie
                assert "Secure" in cookie
                line.request("GET", "/static/review/workbench.css")
                sheet = line.getresponse()
                assert (sheet.status, bool(sheet.read())) == (200, True)
            with closing(http.client.HTTPSConnection("localhost", port, timeout=60)) as doubting, pytest.raises(ssl.SSLError):
                doubting.request("GET", "/")
            old = ssl.create_default_context(cafile=str(cert))
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            with closing(http.client.HTTPSConnection("localhost", port, context=old, timeout=60)) as line:
                line.request("GET", "/")
                assert line.getresponse().status == 302
            with closing(socket.create_connection(("localhost", port), timeout=60)) as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert b"200 OK" not in plain.recv(4096)
        finally:
            server.terminate()
    assert server.returncode == 0


@pytest.mark.slow
def test_django_finds_nothing_to_complain_of(pair, tmp_path):
    (tmp_path / "review.toml").write_text(f'tls_cert = "{pair[0]}"\ntls_key = "{pair[1]}"\n', encoding="utf-8")
    (tmp_path / "secret.key").write_text("abcdefghij" * 6, encoding="ascii")
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "INFO"],
        env=os.environ | {"ONCOSPAN_REVIEW_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "oncospan.review.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_paths_stand_from_the_data_folder(pair, tmp_path):
    shutil.copy(pair[0], tmp_path / "cert.pem")
    shutil.copy(pair[1], tmp_path / "key.pem")
    (tmp_path / "review.toml").write_text('tls_cert = "cert.pem"\ntls_key = "key.pem"\n', encoding="utf-8")
    config = load_config(tmp_path)
    assert (config.https, config.tls_key) == (True, str(tmp_path / "key.pem"))
    assert not Config(data=tmp_path).https


@pytest.mark.parametrize("wrong", ["alone", "missing", "other key", "no pem"])
def test_files_that_do_not_fit_are_refused(pair, tmp_path, monkeypatch, wrong):
    monkeypatch.setenv("ONCOSPAN_REVIEW_TLS_CERT", str(pair[0] if wrong != "missing" else tmp_path / "none.pem"))
    if wrong != "alone":
        key = tmp_path / "key.pem"
        if wrong == "other key":
            command = [OPENSSL, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", str(key)]
            subprocess.run(command, check=True, capture_output=True)
        else:
            key.write_text("no key", encoding="utf-8")
        monkeypatch.setenv("ONCOSPAN_REVIEW_TLS_KEY", str(key))
    with pytest.raises(InputError, match=r"TLS needs|cannot be used"):
        load_config(tmp_path)
