"""The tables of every version come up to date with what they hold, and a backup of one can be restored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import oncospan.review

VERSIONS = sorted(p.stem for p in (Path(oncospan.review.__file__).parent / "migrations").glob("0*.py"))

_SCRIPT = """
import json, os, sys
from pathlib import Path
version, data = sys.argv[1], Path(sys.argv[2])
os.environ["ONCOSPAN_REVIEW_DATA"], os.environ["DJANGO_SETTINGS_MODULE"] = str(data), "oncospan.review.settings"
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
others = [node for node in executor.loader.graph.leaf_nodes() if node[0] != "review"]
then = executor.migrate([*others, ("review", version)]).apps
user = then.get_model("auth", "User").objects.create(username="ada", password="x")
run = then.get_model("review", "Run").objects.create(digest="d", source="records.jsonl")
fields = {"level": "note", "run": run, "setting": "outpatient", "release": "FY2027"}
if version >= "0009":
    fields["tag_set"] = then.get_model("review", "TagSet").objects.create(tags="!G01_X =C7A.012 @outpatient ", digest="t")
encounter = then.get_model("review", "Encounter").objects.create(key="k", **fields)
then.get_model("review", "Note").objects.create(encounter=encounter, ref="n", role="provider", text="Ileal carcinoid", digest="t")
then.get_model("review", "Decision").objects.create(encounter=encounter, subject="code", key="C7A.012", verb="accept", by=user)
then.get_model("review", "Gap").objects.create(encounter=encounter, key="G01_X", gap="G01_X", severity=2)
then.get_model("review", "Proposal").objects.create(
    encounter=encounter, code="C7A.012", sequence=1, status="proposed", confidence=900, rule="r")
from oncospan.review import audit
audit.record(audit.Entry(actor="ada", action="accept code", encounter=encounter.pk))

from oncospan.review.serve import ready
config = ready(data)
from django.db import DatabaseError
from oncospan.review.models import AuditEvent, Decision, Encounter
call_command("migrate", check_unapplied=True, verbosity=0)
try:
    AuditEvent.objects.update(actor="eve")
    refused = False
except DatabaseError:
    refused = True
from oncospan.review.roles import role_of, set_role
from oncospan.review.undo import last_step, said
found = Encounter.objects.get()
set_role(Decision.objects.get().by, "lead")
print(json.dumps({"decision": Decision.objects.get().by.username, "note": found.notes.get().text, "refused": refused,
                  "role": role_of(Decision.objects.get().by), "whole": audit.verify().fault,
                  "tags": found.tag_set.tags, "undo": said(last_step(found)) if version < "0004" else ""}))
"""


def test_the_versions_are_one_line():
    assert [int(v[:4]) for v in VERSIONS] == list(range(1, len(VERSIONS) + 1))


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_up_from_a_version(new_data, version):
    env = {k: v for k, v in os.environ.items() if k not in {"ONCOSPAN_REVIEW_DATA", "DJANGO_SETTINGS_MODULE"}}
    command = [sys.executable, "-c", _SCRIPT, version, str(new_data())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("tags") == "!G01_X =C7A.012 @outpatient "
    assert told.pop("undo") == ("C7A.012 accepted" if version < "0004" else "")
    assert told == {"decision": "ada", "note": "Ileal carcinoid", "refused": True, "role": "lead", "whole": ""}
