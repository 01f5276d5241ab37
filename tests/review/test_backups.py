"""Backups: whole, private, restored with every decision; and nothing is overwritten, damaged or forged in silence."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest
from django.conf import settings
from django.urls import reverse

from oncospan.errors import UsageError
from oncospan.review.models import AuditEvent
from oncospan.review.people import set_password

PASSWORD = "correct horse battery"

_BEGIN = """
import sys
from pathlib import Path
from oncospan.review.serve import ready
config = ready(Path(sys.argv[1]))
from django.contrib.auth.models import User
from oncospan.review.roles import role_of, set_role
from oncospan.review import audit, decisions, undo
from oncospan.review.models import AuditEvent, Decision, Encounter, Note, Subject, Verb
"""
_DECIDE = """
for role in ("lead", "admin"):
    set_role(User.objects.create_user(role, password="correct horse battery"), role)
e = Encounter.objects.filter(open_codes__gt=0).first()
accept = decisions.Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=e.proposals.first().code)
from django.test import Client
Client().force_login(User.objects.get(username="lead"), backend="django.contrib.auth.backends.ModelBackend")
decisions.decide(e.pk, 1, User.objects.get(username="lead"), accept)
"""
_LOSE = """
e = Encounter.objects.get(decisions__in_force=True)
undo.undo(e.pk, e.version, User.objects.get(username="lead"))
User.objects.filter(username="admin").update(is_active=False)
"""
_TELL = """
import json
from django.db import DatabaseError
made = User.objects.create_user("new" + str(AuditEvent.objects.count()))
try:
    AuditEvent.objects.filter(number=1).update(actor="eve")
    refused = False
except DatabaseError:
    refused = True
last = AuditEvent.objects.order_by("-number").first()
print(json.dumps({
    "decisions": [d.in_force for d in Decision.objects.all()], "notes": Note.objects.count(),
    "admin": User.objects.get(username="admin").is_active, "lead": User.objects.get(username="lead").has_perm("review.assign"),
    "role": role_of(User.objects.get(username="lead")), "whole": audit.verify().fault == "", "refused": refused,
    "last": last.action, "detail": json.loads(last.detail),
}))
"""


def _script(data, text):
    done = subprocess.run([sys.executable, "-c", _BEGIN + text, str(data)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(*words):
    env = {k: v for k, v in os.environ.items() if k not in {"ONCOSPAN_REVIEW_DATA", "DJANGO_SETTINGS_MODULE"}}
    command = [sys.executable, "-m", "oncospan", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, input="another good battery\n")


@pytest.fixture(scope="module")
def workbench(new_data, run_folder, tmp_path_factory):
    """A workbench with a decision and somebody logged in, and its backup."""
    data, path = new_data(), tmp_path_factory.mktemp("backups") / "backup.sqlite3"
    assert _run("review", run_folder, "--data", data, "--only-import").returncode == 0
    _script(data, _DECIDE)
    written = _run("workbench", "backup", path, "--data", data)
    assert written.returncode == 0, written.stderr
    assert "events, whole" in written.stdout
    return data, path


@pytest.mark.slow
def test_a_backup_holds_everything_but_sessions(workbench):
    _, path = workbench
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with closing(sqlite3.connect(path)) as file:
        tables = ("review_encounter", "review_note", "review_decision", "auth_user", "auth_user_groups", "django_session")
        assert [file.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables] == [6, 6, 1, 2, 2, 0]
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            file.execute("UPDATE review_auditevent SET actor = 'eve'")


@pytest.mark.slow
def test_what_was_lost_comes_back(workbench, new_data, run_folder):
    data, backup = workbench
    assert _run("workbench", "backup", backup, "--data", data).returncode == 2
    _script(data, _LOSE)
    refused = _run("workbench", "restore", backup, "--data", data)
    assert (refused.returncode, "--overwrite" in refused.stderr) == (2, True)
    restored = _run("workbench", "restore", backup, "--data", data, "--overwrite")
    assert restored.returncode == 0, restored.stderr
    told = json.loads(_script(data, _TELL))
    assert told.pop("detail")["replaced_events"] > 0
    assert told == {
        "decisions": [True], "notes": 6, "admin": True, "lead": True, "role": "lead", "whole": True, "refused": True, "last": "restore",
    }  # fmt: skip
    assert _run("audit", "verify", "--data", data).returncode == 0

    # Into an empty workbench, be it on another database.
    other = new_data()
    assert _run("workbench", "restore", backup, "--data", other).returncode == 0
    assert json.loads(_script(other, _TELL))["decisions"] == [True]
    assert _run("review", run_folder, "--data", other, "--only-import").stderr.count("were there already") == 1
    assert "may log in" in _run("workbench", "password", "lead", "--data", other).stderr
    assert _run("workbench", "password", "nobody", "--data", other).returncode == 2


@pytest.mark.slow
def test_a_backup_moves_the_workbench_to_another_database(workbench, tmp_path):
    assert _run("workbench", "restore", workbench[1], "--data", tmp_path / "sqlite").returncode == 0
    told = json.loads(_script(tmp_path / "sqlite", _TELL))
    assert (told["decisions"], told["notes"], told["whole"], told["role"]) == ([True], 6, True, "lead")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["no database", "another database", "cut", "forged", "later"])
def test_what_is_no_whole_backup_is_refused(workbench, tmp_path, what):
    backup = workbench[1]
    broken = tmp_path / "broken.sqlite3"
    shutil.copy(backup, broken)
    if what == "no database":
        broken.write_text("no database at all", encoding="utf-8")
    elif what == "cut":
        broken.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    else:
        with closing(sqlite3.connect(broken)) as file:
            match what:
                case "another database":
                    file.execute("DROP TABLE review_auditevent")
                case "forged":
                    file.execute("DROP TRIGGER audit_no_update")
                    file.execute("UPDATE review_auditevent SET actor = 'eve' WHERE number = 2")
                case "later":
                    file.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('review', '9999_x', '2030-01-01')")
            file.commit()
    refused = _run("workbench", "restore", broken, "--data", tmp_path / "data")
    assert refused.returncode == 5
    assert re.search("no backup|damaged|audit trail is broken|later version", refused.stderr), refused.stderr
    assert [p.name for p in (tmp_path / "data").iterdir() if "restore-" in p.name] == []


def test_a_password_is_set_and_the_log_in_free_again(people, client):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(reverse("login"), {"username": "lead", "password": "wrong"})
    people["lead"].is_active = False
    people["lead"].save()
    set_password("lead", "a battery that is new", admin=True)
    assert client.post(reverse("login"), {"username": "lead", "password": "a battery that is new"}).status_code == 302
    assert client.get(reverse("people")).status_code == 200
    last = AuditEvent.objects.filter(action="set password").get()
    assert "battery" not in last.detail


def test_a_password_too_easy_or_a_name_unknown_is_refused(people):
    with pytest.raises(UsageError, match="short"):
        set_password("lead", "short")
    with pytest.raises(UsageError, match="nobody of this name"):
        set_password("eve", PASSWORD)
    assert people["lead"].check_password(PASSWORD)
