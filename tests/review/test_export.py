"""The decisions as files: for a spreadsheet, and for the evaluation of the rules."""

from __future__ import annotations

import pytest
from django.urls import reverse

from oncospan.evaluate.decisions import Kind, read_decisions
from oncospan.evaluate.judged import against, judge
from oncospan.evaluate.records import read_records
from oncospan.review import decisions, exporting, queries, second_look
from oncospan.review.decisions import Choice
from oncospan.review.models import AuditEvent, Encounter, Subject, Verb
from oncospan.review.present import composed_query


@pytest.fixture
def decided(encounter, people):
    """The encounter with a code accepted and then replaced by another person, one rejected, one added, and a query sent."""
    first, second = encounter.proposals.order_by("sequence")[:2]

    def step(who, **choice):
        version = Encounter.objects.get(pk=encounter.pk).version
        decisions.decide(encounter.pk, version, people[who], Choice(subject=Subject.CODE, **choice))

    step("reviewer", verb=Verb.ACCEPT, key=first.code)
    step("lead", verb=Verb.REPLACE, key=first.code, code="C79.51", reason="=1+1")
    step("reviewer", verb=Verb.REJECT, key=second.code, reason="Other, “said” twice")
    step("reviewer", verb=Verb.ADD, code="Z51.11")
    gap = encounter.gaps.first()
    query = queries.draft(encounter, gap.key, composed_query(encounter, gap.key), people["lead"])
    queries.send(query, 1, people["lead"])
    second_look.ask(encounter.pk, Encounter.objects.get(pk=encounter.pk).version, people["reviewer"])
    return first, second


@pytest.mark.parametrize("form", exporting.FORMS)
def test_the_file_tells_what_was_decided(decided, as_role, tmp_path, form):
    second = decided[1]
    response = as_role("lead").get(reverse(f"decisions-{form}"))
    assert response["Content-Disposition"] == f'attachment; filename="decisions.{form}"'
    path = tmp_path / f"d.{form}"
    path.write_bytes(b"".join(response.streaming_content))
    rows = list(read_decisions(path))
    assert rows == list(exporting.rows())
    assert [(r.kind, r.verb) for r in rows] == [
        (Kind.DECISION, "accept"), (Kind.DECISION, "replace"), (Kind.DECISION, "reject"), (Kind.DECISION, "add"),
        (Kind.SECOND_REVIEW, "asked"), (Kind.QUERY, "open"),
    ]  # fmt: skip
    assert (rows[1].reason, rows[1].by, rows[1].before, rows[0].in_force) == ("=1+1", "lead", rows[0].number, False)
    assert rows[2].confidence == second.confidence / 1000
    assert AuditEvent.objects.filter(action="export decisions").count() == 1
    found = judge(rows)
    assert (found.whole.accepted, found.whole.rejected, found.whole.replaced, len(found.changes)) == (0, 1, 1, 1)
    assert found.added == {"Z51.11": 1}


def test_the_run_can_be_held_against_it(decided, run_folder):
    first, second = decided
    found = against(exporting.rows(), read_records(run_folder / "records.jsonl"))
    assert (found.records, found.absent, found.found, found.gone) == (1, 0, 0, 0)
    assert found.again_codes == {first.code: 1, second.code: 1}
    assert found.missed_codes == {"C79.51": 1, "Z51.11": 1}


def test_without_decisions_it_is_empty(imported, as_role):
    assert b"".join(as_role("lead").get(reverse("decisions-jsonl")).streaming_content) == b""
