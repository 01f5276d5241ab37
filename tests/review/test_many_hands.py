"""Fifty reviewers at once, and a server that is killed while they write: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import http.client
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.slow

HANDS = 50
_PREPARE = """
import sys
from pathlib import Path
from oncospan.review.serve import ready
ready(Path(sys.argv[1]))
from django.contrib.auth.models import User
from django.test import Client
from oncospan.review.roles import set_role
user = User.objects.create_user("ada")
set_role(user, "reviewer")
client = Client()
client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
print(client.cookies["oncospan_session"].value)
"""


class Server:
    """A workbench in a process of its own."""

    def __init__(self, data, run=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        given = [str(run)] if run else []
        command = [sys.executable, "-m", "oncospan", "review", *given, "--data", str(data), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # it says little
        assert any("http://" in line for line in self.process.stderr)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(20)
        self.process.stderr.close()


@pytest.fixture
def workbench(run_folder, new_data):
    data = new_data()
    subprocess.run(
        [sys.executable, "-m", "oncospan", "review", str(run_folder), "--data", str(data), "--only-import"],
        check=True, capture_output=True,
    )  # fmt: skip
    made = subprocess.run([sys.executable, "-c", _PREPARE, str(data)], check=True, capture_output=True, text=True)
    return data, made.stdout.strip()


def _hand(port, session, seed, rounds, acknowledged, conflicts):
    """One reviewer: reads the version of an encounter, and decides on it."""
    rnd = random.Random(seed)
    token = "a" * 32
    headers = {"Cookie": f"oncospan_session={session}; oncospan_csrf={token}", "X-CSRFToken": token, "HX-Request": "true"}
    for _ in range(rounds):
        pk = rnd.randint(1, 6)
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
                line.request("GET", f"/encounters/{pk}", headers=headers)
                page = line.getresponse().read().decode()
                version = re.search(r'id="panel" class="panel" data-version="(\d+)"', page)
                code = rnd.choice(re.findall(r'aria-label="Code ([^"]+)"', page))
                form = urlencode({"version": version[1], "subject": "code", "verb": "reject", "key": code, "reason": "Other"})
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                line.request("POST", f"/encounters/{pk}/decide", form, {**headers, **kind})
                answer = line.getresponse()
                said = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return
        if answer.status == 200:
            acknowledged.append((pk, int(version[1]) + 1))
        elif answer.status == 409 and "Somebody else changed" in said:
            conflicts.append(pk)
        else:
            acknowledged.append((pk, -answer.status))


def _at_once(port, session, rounds, acknowledged, conflicts):
    hands = [
        threading.Thread(target=_hand, args=(port, session, n, rounds, acknowledged, conflicts)) for n in range(HANDS)
    ]  # fmt: skip
    for h in hands:
        h.start()
    return hands


def _stored(opened):
    """The encounter and version of every decision, and the number of audit events for them."""
    with opened as db:
        decisions = db.execute("SELECT count(*) FROM review_decision").fetchone()[0]
        rows = db.execute("SELECT encounter, detail FROM review_auditevent WHERE action = 'reject code'").fetchall()
    return decisions, [(pk, int(re.search(r'"version":(\d+)', detail)[1])) for pk, detail in rows]


def _whole(data):
    command = [sys.executable, "-m", "oncospan", "audit", "verify", "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_fifty_at_once_and_a_kill(workbench, behind):
    data, session = workbench
    server = Server(data)
    acknowledged, conflicts = [], []
    for h in _at_once(server.port, session, 2, acknowledged, conflicts):
        h.join()
    decisions, stored = _stored(behind(data))
    assert len(acknowledged) + len(conflicts) == 2 * HANDS
    assert Counter(stored) == Counter(acknowledged)
    assert max(Counter(stored).values()) == 1
    assert decisions == len(stored)

    # Killed while they write.
    hands = _at_once(server.port, session, 50, acknowledged, conflicts)
    enough = len(acknowledged) + 10
    for _ in range(400):
        if len(acknowledged) >= enough:
            break
        time.sleep(0.05)
    server.stop(signal.SIGKILL)
    for h in hands:
        h.join()
    again = Server(data)
    again.stop()
    decisions, stored = _stored(behind(data))
    assert set(acknowledged) <= set(stored)
    assert decisions == len(stored) == len(set(stored))
    verified = _whole(data)
    assert verified.returncode == 0, verified.stderr

    # A row that was changed behind the triggers is found.
    with behind(data) as db:
        on = "" if isinstance(db, sqlite3.Connection) else " ON review_auditevent"
        db.execute(f"DROP TRIGGER audit_no_{'change' if on else 'update'}{on}")
        db.execute("UPDATE review_auditevent SET actor = 'eve' WHERE number = 3")
    found = _whole(data)
    assert found.returncode == 1
    assert "event 3" in found.stderr
