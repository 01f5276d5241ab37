"""Safety: log-in, sessions, forged requests, scripts in notes and ids, headers, and what logs and files hold."""

from __future__ import annotations

import json
import logging
import re
import stat
import subprocess
import sys

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from oncospan.errors import InputError
from oncospan.review.config import Config, load_config, make_data, secret_key
from oncospan.review.importing import import_run
from oncospan.review.logs import PlainFormatter
from oncospan.review.models import AuditEvent, Encounter
from oncospan.review.people import setup_code

PASSWORD = "correct horse battery"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{ 7 }}"


def test_a_form_without_its_token_is_refused(people, encounter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["admin"], backend="django.contrib.auth.backends.ModelBackend")
    for name in ("decide", "undo", "move", "look-after", "mark", "ask-review"):
        assert client.post(reverse(name, args=[encounter.pk]), {"version": "1"}).status_code == 403
    for name in ("people", "filters", "preferences", "logout"):
        assert client.post(reverse(name)).status_code == 403


def test_headers(as_role, encounter):
    response = as_role("reviewer").get(reverse("encounter", args=[encounter.pk]))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_pages_have_no_inline_script_or_style(as_role, encounter):
    for name, args in (("worklist", []), ("encounter", [encounter.pk]), ("queries", [])):
        page = as_role("admin").get(reverse(name, args=args)).content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)


def test_scripts_in_notes_and_ids_stay_text(as_role, tmp_path):
    text = f"Ileal carcinoid {EVIL} with liver metastases.\n"
    span = {"start": 0, "end": len(text) - 1, "text": text[:-1], "section": EVIL, "rule": EVIL}
    record = {
        "note_id": EVIL, "patient_id": EVIL, "encounter_id": EVIL, "note_type": EVIL, "author_role": "provider",
        "note_date": "2026-11-10", "setting": "outpatient", "stamp": {"release": "FY2027"},
        "findings": [{"id": "f1", "kind": "metastasis", "concept": EVIL, "assertion": "present", "evidence": [span], "cues": [span]}],
        "codes": [{"code": "C7B.02", "title": EVIL, "sequence": 1, "status": "review", "confidence": 0.5, "evidence": [span],
                   "findings": ["f1"], "rule": EVIL, "reason": EVIL, "alternates": [{"code": EVIL, "why": EVIL}]}],
        "rejected": [{"code": "C78.7", "rule": EVIL, "why": EVIL, "evidence": [span]}],
        "gaps": [{"gap": "G01_PRIMARY_SITE_MISSING", "severity": "high", "codes": [EVIL], "evidence": [span],
                  "query": {"title": EVIL, "question": EVIL, "options": [EVIL],
                            "indicators": [{"text": EVIL, "source": EVIL, "date": None}]}}],
        "errors": [{"code": EVIL, "message": EVIL, "hint": EVIL, "where": None}],
    }  # fmt: skip
    note = {k: record[k] for k in ("note_id", "patient_id", "encounter_id", "note_type")} | {"text": text}
    (tmp_path / "records.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    (tmp_path / "notes.jsonl").write_text(json.dumps(note) + "\n", encoding="utf-8")
    assert not import_run(tmp_path, []).refused
    encounter = Encounter.objects.get()
    client = as_role("reviewer")
    query = client.post(reverse("compose", args=[encounter.pk]), {"key": "G01_PRIMARY_SITE_MISSING"})["Location"]
    client.post(reverse("save-view"), {"name": EVIL})
    client.post(
        query + "/save", {"version": "1", "title": EVIL, "question": EVIL, "options": EVIL, "addressee": EVIL, "do": "save"}
    )
    for at in (reverse("worklist"), reverse("encounter", args=[encounter.pk]), query, reverse("queries") + "?state=draft"):
        page = client.get(at).content.decode()
        assert "alert(1)" in page or "queries?" in at
        assert "<script>alert" not in page
        assert "<img" not in page


def test_the_log_in_is_slowed_down(people, settings):
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = client.post(reverse("login"), {"username": "lead", "password": "wrong"})
    assert last.status_code == 429
    right = client.post(reverse("login"), {"username": "lead", "password": PASSWORD})
    assert right.status_code == 429
    assert AuditEvent.objects.filter(action="log-in refused", actor="lead").count() >= settings.AXES_FAILURE_LIMIT - 1


def test_a_session_changes_its_key_at_log_in_and_ends_at_log_out(people):
    client = Client()
    client.post(reverse("preferences"), {"theme": "dark"})
    before = client.cookies["oncospan_session"].value
    assert client.post(reverse("login"), {"username": "lead", "password": PASSWORD}).status_code == 302
    inside = client.cookies["oncospan_session"]
    assert inside.value != before
    assert inside["httponly"]
    assert inside["samesite"] == "Strict"
    stolen = inside.value
    client.post(reverse("logout"))
    thief = Client()
    thief.cookies["oncospan_session"] = stolen
    assert thief.get(reverse("worklist")).status_code == 302
    assert list(AuditEvent.objects.order_by("number").values_list("action", flat=True)) == ["log in", "log out"]


def test_an_idle_session_ends(people, settings):
    settings.SESSION_COOKIE_AGE = -1
    client = Client()
    client.post(reverse("login"), {"username": "lead", "password": PASSWORD})
    assert client.get(reverse("worklist")).status_code == 302


def test_a_session_lives_on_with_clicks_and_is_not_written_for_each(people):
    def end_after_a_click():
        assert client.get(reverse("worklist")).status_code == 200
        return Session.objects.get().expire_date

    client = Client()
    client.post(reverse("login"), {"username": "lead", "password": PASSWORD})
    end = end_after_a_click()
    assert end_after_a_click() == end
    session = client.session
    session["seen"] -= 120
    session.save()
    end = Session.objects.get().expire_date
    assert end_after_a_click() > end


def test_the_way_back_stays_in_the_house(people, client):
    for away in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert client.post(reverse("preferences"), {"theme": "dark", "back": away})["Location"] == "/"
    inside = client.post(reverse("login") + "?next=https://evil.example/", {"username": "lead", "password": PASSWORD})
    assert inside["Location"] == "/"


def test_the_first_administrator_needs_the_code_of_the_terminal(client):
    form = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD}
    assert client.get(reverse("login"))["Location"] == reverse("first-run")
    assert client.post(reverse("first-run"), {**form, "code": "0000-0000-0000"}).status_code == 422
    assert not User.objects.exists()
    assert client.post(reverse("first-run"), {**form, "code": setup_code()}).status_code == 302
    assert User.objects.get().has_perm("review.manage_people")
    assert not User.objects.get().is_superuser
    assert Client().get(reverse("first-run")).status_code == 404


def test_nobody_changes_their_own_role(as_role, people):
    as_role("admin").post(reverse("change-person", args=[people["admin"].pk]), {"role": "reviewer"})
    assert User.objects.get(pk=people["admin"].pk).groups.get().name == "admin"


def test_passwords_are_kept_by_argon2():
    from oncospan.review import settings as ours

    assert ours.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_oversized_and_uploaded_requests_are_refused(as_role, encounter):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client, at = as_role("reviewer"), reverse("decide", args=[encounter.pk])
    assert client.post(at, {"version": "1", "reason": "x" * 2_000_000}).status_code == 400
    assert client.post(at, {"version": "1", "file": SimpleUploadedFile("../../x", b"x")}).status_code == 400


def test_numbers_that_are_none_are_harmless(as_role, encounter):
    client = as_role("lead")
    for wrong in ("", "x", "-1", "1" * 40, "١"):
        for name in ("decide", "undo", "mark", "look-after"):
            data = {"version": wrong, "note": wrong, "start": wrong, "end": wrong, "assignee": wrong, "key": wrong, "verb": wrong}
            assert client.post(reverse(name, args=[encounter.pk]), data).status_code in {302, 404, 409, 422}
    for at in ("/encounters/999999999", "/encounters/..%2f..%2fetc", "/queries/0", "/static/..%2f..%2fsettings.py"):
        assert client.get(at).status_code == 404


def test_severity_and_risk_stand_in_the_coder_view_alone(as_role, encounter, people):
    client = as_role("reviewer")
    assert "HCC" in client.get(reverse("coder-facts", args=[encounter.pk])).content.decode()
    query = client.post(reverse("compose", args=[encounter.pk]), {"key": encounter.gaps.first().key})["Location"]
    for at in (reverse("encounter", args=[encounter.pk]), query, query + "/text", query + "/task"):
        assert not re.search(r"\b(?:HCC|MCC|CC)\b", client.get(at).content.decode())


def test_a_defect_is_logged_without_its_message(caplog):
    try:
        int("Ileal carcinoid of Mr. Sample")
    except ValueError as e:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed: %s", (e,), sys.exc_info())
    line = PlainFormatter().format(record)
    assert "carcinoid" not in line
    assert "ValueError" in line


def test_the_data_folder_is_its_owners(tmp_path):
    data = tmp_path / "data"
    make_data(data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "secret.key").stat().st_mode) == 0o600
    key = secret_key(data)
    make_data(data)
    assert secret_key(data) == key
    assert len(key) > 60
    assert "secret" not in repr(Config(data=data, database="postgresql://me:secret@db/x"))


@pytest.mark.parametrize("line", ["nonsense = 1", "port = 'x'", "port = 0", "hosts = [1]", "database = 'mysql://x/y'", "= 3"])
def test_a_wrong_configuration_says_so(tmp_path, line):
    (tmp_path / "review.toml").write_text(line, encoding="utf-8")
    with pytest.raises(InputError, match=r"review\.toml"):
        load_config(tmp_path).databases()


def test_django_finds_nothing_to_complain_of_behind_tls(tmp_path):
    (tmp_path / "review.toml").write_text('tls = true\ntrusted_proxy = "127.0.0.1"\n', encoding="utf-8")
    make_data(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "INFO"],
        env={"PATH": "/usr/bin", "ONCOSPAN_REVIEW_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "oncospan.review.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_tables_follow_the_models():
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
