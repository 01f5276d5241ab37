"""A workbench with a few sample encounters, and people of every role; without the extra these tests are skipped."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import shutil
import sqlite3
import tempfile
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

NEEDED = ("django", "axes", "csp", "msgspec", "whitenoise", "waitress", "argon2", "pytest_django")
MISSING = [m for m in NEEDED if importlib.util.find_spec(m) is None]


class Absent(pytest.Module):
    """A module of tests that cannot be imported here."""

    def collect(self):
        """Nothing but the reason."""
        pytest.skip(f"the workbench needs {', '.join(MISSING)}: pip install -e '.[dev,review]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    """Skip the tests of the workbench, with the reason, where its libraries are not installed."""
    return Absent.from_parent(parent, path=module_path) if MISSING else None


_DATA = Path(tempfile.mkdtemp(prefix="oncospan-review-"))
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
if database := os.environ.get("ONCOSPAN_REVIEW_TEST_DATABASE"):
    (_DATA / "review.toml").write_text(f'database = "{database}"\n', encoding="utf-8")
os.environ["ONCOSPAN_REVIEW_DATA"] = str(_DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "oncospan.review.settings"
if not MISSING:
    import django

    django.setup()  # here, because pytest-django does so only for a settings module that was named before it began

PASSWORD = "correct horse battery"
_OWN_SERVER = {"test_browser.py", "test_command.py", "test_many_hands.py"}
ROLES = ("read-only", "reviewer", "lead", "admin")


def pytest_collection_modifyitems(items):
    """Every test of the workbench may use its database; those in a browser start a server with one of its own."""
    for item in items:
        if not MISSING and Path(__file__).parent in item.path.parents and item.path.name not in _OWN_SERVER:
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="session")
def new_data(tmp_path_factory):
    """Makes data folders for servers of their own; on PostgreSQL each has a database of its own, which goes at the end."""
    made = []

    def make():
        folder = tmp_path_factory.mktemp("workbench")
        if database:
            name = f"oncospan_{os.getpid()}_{len(made)}"
            with psycopg_connection(database) as server:
                server.execute(f"CREATE DATABASE {name}")
            made.append(name)
            folder.joinpath("review.toml").write_text(f'database = "{database.rpartition("/")[0]}/{name}"\n', encoding="utf-8")
        return folder

    yield make
    for name in made:
        with psycopg_connection(database) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def psycopg_connection(address):
    """The server of PostgreSQL, where databases are made and dropped."""
    import psycopg

    return psycopg.connect(address, autocommit=True)


@pytest.fixture(scope="session")
def behind():
    """A connection to the database of a data folder, behind the back of its workbench."""

    def connect(data):
        config = data / "review.toml"
        if config.is_file():
            return closing(psycopg_connection(tomllib.loads(config.read_text(encoding="utf-8"))["database"]))
        return closing(sqlite3.connect(data / "review.sqlite3", isolation_level=None))

    return connect


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing that does not slow the tests; one test looks at the real hasher."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory, samples):
    """A folder with the records of six sample notes, and the notes."""
    from oncospan.engine import Settings, analyse_notes
    from oncospan.readers import read_notes

    folder = tmp_path_factory.mktemp("run")
    notes = list(read_notes([samples / "notes.jsonl"]))[:6]
    lines = [json.dumps(a.record()) for a in analyse_notes(notes, Settings())]
    (folder / "records.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    exported = (samples / "notes.jsonl").read_text(encoding="utf-8").splitlines()[:6]
    (folder / "notes.jsonl").write_text("\n".join(exported) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def records(run_folder):
    """The records of the run as objects that a test may change."""
    return [json.loads(line) for line in (run_folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def run_again(tmp_path, run_folder):
    """Reads changed records in, with the same notes."""
    from oncospan.review.importing import import_run

    def read(records, name="records.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
        return import_run(path, [run_folder / "notes.jsonl"])

    return read


@pytest.fixture
def imported(run_folder):
    """The run, read in."""
    from oncospan.review.importing import import_run

    report = import_run(run_folder, [])
    assert not report.refused
    return report


@pytest.fixture
def encounter(imported):
    """An encounter with at least two codes and one gap."""
    from oncospan.review.models import Encounter

    return Encounter.objects.filter(open_codes__gt=1, open_gaps__gt=0).order_by("rank").first()


@pytest.fixture
def people():
    """One person of each role."""
    from django.contrib.auth.models import User

    from oncospan.review.roles import make_roles, set_role

    make_roles()
    made = {}
    for role in ROLES:
        made[role] = User.objects.create_user(role.replace("-", ""), password=PASSWORD)
        set_role(made[role], role)
    return made


@pytest.fixture
def as_role(people, client):
    """The client, logged in as a person of a role."""

    def enter(role):
        client.force_login(people[role], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter
