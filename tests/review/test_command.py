"""The workbench from the command line: what it says when something is in its way."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest


def _run(*words):
    env = {k: v for k, v in os.environ.items() if k not in {"ONCOSPAN_REVIEW_DATA", "DJANGO_SETTINGS_MODULE"}}
    command = [sys.executable, "-m", "oncospan", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.mark.slow
def test_read_in_twice_and_verify(run_folder, tmp_path):
    data = tmp_path / "data"
    first = _run("review", run_folder, "--data", data, "--only-import")
    assert (first.returncode, first.stdout) == (0, "")
    assert "6 records read in, 0 refused" in first.stderr
    assert "6 were there already" in _run("review", run_folder, "--data", data, "--only-import").stderr
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in data.iterdir()}
    assert set(modes.values()) == {0o600}
    verified = _run("audit", "verify", "--data", data)
    assert (verified.returncode, "2 events, whole" in verified.stdout) == (0, True)
    with closing(sqlite3.connect(data / "review.sqlite3")) as db:
        db.execute("DROP TRIGGER audit_no_delete")
        db.execute("DELETE FROM review_auditevent WHERE number = 2")
        db.commit()
    cut = _run("audit", "verify", "--data", data)
    assert (cut.returncode, "1 events were cut off" in cut.stderr) == (1, True)
    assert _run("audit", "anchor", "--data", data).returncode == _run("audit", "verify", "--data", data).returncode == 0
    assert _run("decisions", tmp_path / "d.csv", "--data", data).returncode == 0
    judged = _run("evaluate", "--decisions", tmp_path / "d.csv", "--output", run_folder / "records.jsonl", "--json")
    assert (judged.returncode, json.loads(judged.stdout)["codes_decided"]) == (0, 0)
    assert _run("decisions", tmp_path / "d.xlsx", "--data", data).returncode == 2


@pytest.mark.slow
def test_a_refused_record_ends_with_3_and_its_line(run_folder, tmp_path):
    (tmp_path / "records.jsonl").write_text("{}\n", encoding="utf-8")
    done = _run("review", tmp_path, "--notes", run_folder / "notes.jsonl", "--data", tmp_path / "data", "--only-import")
    assert done.returncode == 3
    assert "records.jsonl:1" in done.stderr


@pytest.mark.slow
def test_what_is_in_the_way_is_said(tmp_path):
    assert _run("review", tmp_path / "none", "--data", tmp_path / "a", "--only-import").returncode == 5
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "review.toml").write_text('database = "postgresql://nobody@127.0.0.1:9/none"\n', encoding="utf-8")
    unreachable = _run("review", "--data", tmp_path / "b", "--only-import")
    assert unreachable.returncode == 5
    assert "the database cannot be used" in unreachable.stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = _run("review", "--data", tmp_path / "c", "--port", taken.getsockname()[1])
    assert done.returncode == 2
    assert "the port cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
