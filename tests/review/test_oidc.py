"""Log-in by a provider: the right people in the right role, every forged answer refused, passwords for administrators only."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import clear_url_caches, reverse

from oncospan.errors import InputError
from oncospan.review.config import load_config
from oncospan.review.models import AuditEvent
from oncospan.review.oidc_config import ROLE_NAMES, oidc_of
from oncospan.review.roles import ROLES, role_of

pytest.importorskip("mozilla_django_oidc", reason="log-in by OIDC is not installed (pip install -e '.[oidc]')")
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

PASSWORD = "correct horse battery"
SECRET = "a secret of this test"


class Provider:
    """A small provider on this machine; a test may bend what it answers."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes, self.claims, self.token, self.info = {}, {}, {}, {}
        self.signing, self.asked, self.document = self.key, 0, {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.get(self)

            def do_POST(self):
                provider.post(self)

            def log_message(self, *_):
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def get(self, handler):
        at = urlsplit(handler.path)
        if at.path == "/authorize":
            asked = {k: v[0] for k, v in parse_qs(at.query).items()}
            code = f"code-{len(self.codes)}"
            self.codes[code] = asked
            handler.send_response(302)
            handler.send_header("Location", asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]}))
            handler.end_headers()
        elif at.path == "/.well-known/openid-configuration":
            self.asked += 1
            self.answer(handler, self.document)
        elif at.path == "/jwks":
            jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            self.answer(handler, {"keys": [{**jwk, "kid": "1", "alg": "RS256", "use": "sig"}]})
        elif handler.headers["Authorization"] == "Bearer access":
            self.answer(handler, {"sub": self.claims["sub"], **self.info})

    def post(self, handler):
        form = {k: v[0] for k, v in parse_qs(handler.rfile.read(int(handler.headers["Content-Length"])).decode()).items()}
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or form["client_secret"] != SECRET or asked["code_challenge"] != challenge:
            handler.send_error(400)
            return
        now = int(time.time())
        claims = {
            "iss": self.base,
            "aud": "workbench",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.claims,
            **self.token,
        }
        claims = {k: v for k, v in claims.items() if v is not None}
        token = jwt.encode(claims, self.signing, algorithm="RS256", headers={"kid": "1"})
        self.answer(handler, {"access_token": "access", "token_type": "Bearer", "id_token": token})

    @staticmethod
    def answer(handler, data):
        body = json.dumps(data).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def _table(base):
    return {
        "issuer": base, "client_id": "workbench", "client_secret": SECRET, "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token", "userinfo_endpoint": f"{base}/userinfo", "jwks_endpoint": f"{base}/jwks",
        "roles": {"cdi": "reviewer", "cdi-leads": "lead", "cdi-admins": "admin"},
    }  # fmt: skip


_ADDRESSES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_endpoint")


@pytest.fixture(params=["named", "discovered"])
def provider(request, settings):
    """The provider, and a workbench that trusts it: its addresses are named, or those of its own document."""
    cache.clear()
    made = Provider()
    made.claims = {"sub": "1234", "preferred_username": "Ada Lovelace", "groups": ["other", "cdi"]}
    table = _table(made.base)
    made.document = {"issuer": made.base, "jwks_uri": table["jwks_endpoint"], **{k: table[k] for k in _ADDRESSES[:3]}}
    if request.param == "discovered":
        table = {k: v for k, v in table.items() if k not in _ADDRESSES}
    oidc = oidc_of(table, "review.toml")
    made.oidc = oidc
    settings.CONFIG = replace(settings.CONFIG, oidc=oidc)
    for name, value in oidc.settings().items():
        setattr(settings, name, value)
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "oncospan.review.oidc.ProviderBackend"]
    settings.ROOT_URLCONF = "oncospan.review.urls_oidc"
    settings.AXES_ENABLED = False
    clear_url_caches()
    yield made
    made.server.shutdown()
    made.server.server_close()
    clear_url_caches()


def _enter(client, provider, wanted=""):
    """Go to the provider and come back with what it gives."""
    away = client.get(reverse("provider") + (f"?next={wanted}" if wanted else ""))
    assert away["Location"].startswith(provider.base + "/authorize?")
    line = http.client.HTTPConnection("127.0.0.1", provider.server.server_port, timeout=20)
    line.request("GET", away["Location"].removeprefix(provider.base))
    back = line.getresponse().headers["Location"]
    line.close()
    return client.get(back.removeprefix("http://testserver"))


def test_a_new_person_comes_in_with_a_role(people, client, provider):
    assert "Log in with" in client.get(reverse("login")).content.decode()
    assert _enter(client, provider, reverse("queries"))["Location"] == reverse("queries")
    user = User.objects.get(provider_account__subject="1234")
    assert (user.username, role_of(user), user.has_usable_password()) == ("Ada-Lovelace", "reviewer", False)
    page = client.get(reverse("worklist")).content.decode()
    assert "Ada-Lovelace" in page
    assert "Change password" not in page
    assert list(AuditEvent.objects.order_by("number").values_list("action", flat=True)) == ["give role", "log in"]


def _discovers(provider):
    return not provider.oidc.token_endpoint


def test_the_document_of_the_provider_is_asked_for_once(people, client, provider):
    _enter(client, provider)
    client.logout()
    _enter(client, provider)
    assert provider.asked == _discovers(provider)


@pytest.mark.parametrize("provider", ["discovered"], indirect=True)
@pytest.mark.parametrize(
    "bend",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": None},
        {"userinfo_endpoint": 7},
    ],
    ids=str,
)
def test_a_document_that_is_not_to_be_trusted_leads_back_to_the_log_in(people, client, provider, bend):
    provider.document |= bend
    assert client.get(reverse("provider"))["Location"] == reverse("login")
    assert "cannot be asked at the moment" in client.get(reverse("login")).content.decode()
    assert not User.objects.filter(provider_account__isnull=False).exists()


def test_a_provider_that_is_away_leaves_the_way_for_administrators(people, client, provider):
    provider.server.shutdown()
    provider.server.server_close()
    if _discovers(provider):
        assert client.get(reverse("provider"))["Location"] == reverse("login")
    assert client.post(reverse("login"), {"username": "admin", "password": PASSWORD}).status_code == 302


def test_the_role_follows_the_claim_and_the_mightiest_counts(people, client, provider):
    _enter(client, provider)
    provider.claims["groups"] = ["cdi-leads", "cdi"]
    client.logout()
    _enter(client, provider)
    assert role_of(User.objects.get(provider_account__subject="1234")) == "lead"
    assert User.objects.filter(username__startswith="Ada").count() == 1


def test_a_role_may_stand_in_what_the_provider_tells_apart(people, client, provider):
    del provider.claims["groups"]
    provider.info = {"groups": "cdi-leads"}
    _enter(client, provider)
    assert role_of(User.objects.get(provider_account__subject="1234")) == "lead"


def test_nobody_takes_over_a_name(people, client, provider):
    provider.claims["preferred_username"] = "admin"
    _enter(client, provider)
    user = User.objects.get(provider_account__subject="1234")
    assert (user.username, role_of(user)) == ("admin-2", "reviewer")
    assert client.get(reverse("people")).status_code == 403


@pytest.mark.parametrize(
    "bend",
    [
        {"token": {"nonce": "another"}}, {"token": {"aud": "another"}}, {"token": {"iss": "https://evil.example"}},
        {"token": {"exp": 1}}, {"token": {"exp": None}}, {"token": {"sub": None}}, {"info": {"sub": "9999"}},
        {"signing": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"claims": {"sub": "1234", "groups": ["other"]}}, {"claims": {"sub": "1234"}}, {"claims": {"sub": "1234", "groups": {"cdi": 1}}},
    ],
    ids=lambda b: str({k: v for k, v in b.items() if k != "signing"}) if "signing" not in b else "signed by another",
)  # fmt: skip
def test_a_forged_or_roleless_answer_lets_nobody_in(people, client, provider, bend):
    for name, value in bend.items():
        setattr(provider, name, value)
    assert _enter(client, provider)["Location"] == "/log-in"
    page = client.get("/log-in").content.decode()
    assert "did not let you in" in page
    assert not User.objects.filter(provider_account__isnull=False).exists()
    assert client.get(reverse("worklist")).status_code == 302


def test_an_answer_nobody_asked_for_is_refused(people, client, provider):
    assert client.get(reverse("provider-return"), {"code": "code-0", "state": "x"})["Location"] == "/log-in"
    client.get(reverse("provider"))
    assert client.get(reverse("provider-return"), {"code": "code-0", "state": "x"})["Location"] == "/log-in"
    provider.server.shutdown()
    provider.server.server_close()
    state = next(iter(client.session["oidc_states"]))
    assert client.get(reverse("provider-return"), {"code": "code-0", "state": state})["Location"] == "/log-in"


def test_who_was_stopped_stays_out(people, client, provider):
    _enter(client, provider)
    client.logout()
    User.objects.filter(provider_account__subject="1234").update(is_active=False)
    _enter(client, provider)
    assert client.get(reverse("worklist")).status_code == 302


def test_passwords_are_for_administrators(people, client, provider):
    form = {"username": "lead", "password": PASSWORD}
    refused = client.post(reverse("login"), form)
    assert refused.status_code == 200
    assert "passwords are for administrators" in refused.content.decode()
    assert client.post(reverse("login"), {**form, "username": "admin"}).status_code == 302


def test_the_roles_are_those_of_the_workbench():
    assert tuple(ROLES) == ROLE_NAMES


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"issuer": None}, "oidc.issuer is missing"), ({"token_endpoint": "http://id.example/t"}, "must be an https address"),
        ({"roles": {"a": "king"}}, "must name a role"), ({"roles": None}, "must name a role"), ({"algorithm": "none"}, "must be one of"),
        ({"jwks_endpoint": None}, "oidc.jwks_endpoint is missing"), ({"issuer": "http://id.example"}, "must be an https address"),
        ({"nonsense": "x"}, "unknown key oidc.nonsense"), ({"client_id": 3}, "must be a text"),
    ],
)  # fmt: skip
def test_a_wrong_table_says_so(change, said):
    table = {k: v for k, v in {**_table("https://id.example"), **change}.items() if v is not None}
    with pytest.raises(InputError, match=said):
        oidc_of(table, "review.toml")


def test_it_is_read_from_the_file_and_keeps_the_secret(tmp_path):
    table = _table("https://id.example")
    roles = table.pop("roles")
    lines = ["[oidc]", *(f'{k} = "{v}"' for k, v in table.items()), "[oidc.roles]", *(f'{k} = "{v}"' for k, v in roles.items())]
    (tmp_path / "review.toml").write_text("\n".join(lines), encoding="utf-8")
    config = load_config(tmp_path)
    assert config.oidc.roles["cdi"] == "reviewer"
    assert SECRET not in repr(config)
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); from django.urls import reverse; print(reverse('provider-return'))"],
        env=os.environ | {"ONCOSPAN_REVIEW_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "oncospan.review.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "/provider/return", done.stderr
