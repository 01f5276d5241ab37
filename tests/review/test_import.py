"""Reading runs in: again without harm, on from an interruption, decisions kept, and every refusal with its line."""

from __future__ import annotations

import json

import pytest

from oncospan.errors import InputError
from oncospan.readers import stored
from oncospan.review import checked, decisions, importing, queries
from oncospan.review.decisions import Choice
from oncospan.review.importing import import_run
from oncospan.review.models import Decision, Encounter, Gap, Note, Proposal, QueryState, Reading, Run, Subject, Verb
from oncospan.review.present import chart_of, composed_query


def test_a_run_is_read_in_whole(imported, records):
    assert imported.records == len(records) == Encounter.objects.count() == Reading.objects.count()
    assert Proposal.objects.count() == sum(len(r["codes"]) for r in records)
    assert Gap.objects.count() == sum(len(r["gaps"]) for r in records)
    assert Run.objects.get().finished_at is not None


def test_every_span_stands_in_its_note(imported, records):
    texts = dict(Note.objects.values_list("ref", "text"))
    spans = [(r["note_id"], s) for r in records for f in r["findings"] for s in f["evidence"]]
    assert spans
    assert all(texts[ref][s["start"] : s["end"]] == s["text"] for ref, s in spans)


def test_the_same_file_again_changes_nothing(imported, run_folder):
    before = list(Encounter.objects.order_by("pk").values())
    again = import_run(run_folder, [])
    assert (again.records, again.skipped) == (0, imported.records)
    assert list(Encounter.objects.order_by("pk").values()) == before


def test_decisions_outlive_a_run_that_is_read_again(encounter, people, records, run_again):
    code = encounter.proposals.order_by("sequence").first().code
    gap = encounter.gaps.first().key
    accept = Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=code)
    dismiss = Choice(subject=Subject.GAP, verb=Verb.DISMISS, key=gap, reason="Asked before")
    decisions.decide(encounter.pk, encounter.version, people["reviewer"], accept, dismiss)
    encounter.refresh_from_db()
    open_before = (encounter.open_codes, encounter.open_gaps)
    for r in records:
        r["stamp"]["engine"] = "another"
    assert not run_again(records).refused
    again = Encounter.objects.get(pk=encounter.pk)
    chart = chart_of(again)
    assert (again.open_codes, again.open_gaps, again.version) == (*open_before, encounter.version)
    assert next(c for c in chart.codes if c.code == code).state == Verb.ACCEPT
    assert next(g for g in chart.gaps if g.key == gap).state == Verb.DISMISS


def test_a_decision_on_a_code_that_is_gone_is_shown(encounter, people, records, run_again):
    code = encounter.proposals.order_by("sequence").first().code
    decisions.decide(encounter.pk, 1, people["reviewer"], Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=code))
    for r in records:
        r["codes"] = [c for c in r["codes"] if c["code"] != code]
    run_again(records)
    assert [d.key for d in chart_of(Encounter.objects.get(pk=encounter.pk)).gone] == [code]


def test_a_query_closes_when_a_later_run_finds_the_documentation(encounter, people, records, run_again, as_role):
    gap = encounter.gaps.first().key
    query = queries.draft(encounter, gap, composed_query(encounter, gap), people["reviewer"])
    queries.send(query, query.version, people["reviewer"])
    for r in records:
        r["gaps"] = []
    assert run_again(records).closed == 1
    query.refresh_from_db()
    encounter.refresh_from_db()
    assert (query.state, bool(query.reason), encounter.waiting) == (QueryState.CLOSED, True, 0)
    page = as_role("reviewer").get(f"/encounters/{encounter.pk}").content.decode()
    assert "no longer raised" in page
    assert "A later run found the documentation" in page


def test_an_interrupted_import_goes_on(records, run_again, monkeypatch):
    monkeypatch.setattr(checked, "BATCH", 2)
    whole = importing._take_in
    seen = []

    def stops(run, batch, *rest):
        if seen:
            raise KeyboardInterrupt
        seen.append(batch)
        whole(run, batch, *rest)

    monkeypatch.setattr(importing, "_take_in", stops)
    with pytest.raises(KeyboardInterrupt):
        run_again(records)
    monkeypatch.setattr(importing, "_take_in", whole)
    report = run_again(records)
    assert (report.skipped, report.records) == (2, len(records) - 2)
    assert Encounter.objects.count() == len(records)


def test_many_records_are_read_by_a_process_of_their_own(records, run_again, monkeypatch):
    monkeypatch.setattr(checked, "MUCH", 0)
    monkeypatch.setattr(checked.os, "cpu_count", lambda: 2)
    strange = {**records[1], "note_id": "nowhere"}
    report = run_again([*records, strange, records[0]])
    assert (report.records, [e.where for e in report.refused]) == (len(records), [f"records.jsonl:{n}" for n in (7, 8)])
    assert report.refused[0].hint
    assert Reading.objects.count() == len(records)


def test_a_reading_process_that_dies_is_told(records, run_again, monkeypatch):
    monkeypatch.setattr(checked, "MUCH", 0)
    monkeypatch.setattr(checked.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(checked, "_send", _nothing)
    with pytest.raises(InputError, match="has died"):
        run_again(records)
    assert Run.objects.get().finished_at is None


def test_no_words_of_a_note_stand_in_what_is_shown_of_a_batch(run_folder):
    (batch,) = checked.batches([checked.Part(run_folder / "records.jsonl")], [run_folder / "notes.jsonl"])
    assert repr(batch) == "Batch(part=0, line=6)"
    assert repr(batch.good[0][0]) == "Record('records.jsonl:1')"


def _nothing(*_):
    """What a process does that is killed at once."""


def test_what_cannot_be_read_is_told_by_file_and_line(records, run_folder, tmp_path):
    path = tmp_path / "records.jsonl"
    good = json.dumps(records[0])
    strange = json.dumps({**records[1], "gaps": [{"gap": "G01", "severity": "dire"}]})
    path.write_text(f"{good}\nnot json\n{{}}\n{good}\n{strange}\n\n", encoding="utf-8")
    report = import_run(path, [run_folder / "notes.jsonl"])
    assert report.records == 1
    assert sorted(e.where for e in report.refused) == [f"records.jsonl:{n}" for n in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("setting", "Mrs Quite", "$.setting"),
        ("patient_id", "Mrs\x00Quite", "$.patient_id"),
        ("note_date", "Quite", "$.note_date"),
        ("codes", [{"code": "Quite a long one"}], "$.codes[0]"),
        ("findings", [{"evidence": [{"start": -9, "end": 4, "text": "Quite"}]}], "$.findings[0].evidence[0].start"),
        ("stamp", ["Quite"], "$.stamp"),
    ],
)
def test_a_field_of_another_kind_is_named_and_not_quoted(records, run_again, field, value, place):
    (told,) = run_again([{**records[0], field: value}]).refused
    assert place in str(told)
    assert "Quite" not in str(told)


@pytest.mark.parametrize("near", [1, 2, 2000])
@pytest.mark.parametrize("step", [1, -1], ids=["in order", "backwards"])
def test_notes_are_found_in_any_order(run_folder, tmp_path, records, monkeypatch, near, step):
    monkeypatch.setattr(stored, "NEAR", near)
    lines = (run_folder / "notes.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    another = json.dumps({**json.loads(lines[0]), "text": "Quite another note of the same id."}) + "\n"
    (tmp_path / "notes.jsonl").write_text(another + "".join(lines[::step]), encoding="utf-8")
    report = import_run(run_folder / "records.jsonl", [tmp_path / "notes.jsonl"])
    assert (report.records, report.refused) == (len(records), [])


def test_half_a_surrogate_pair_is_refused(run_folder, records, tmp_path):
    (tmp_path / "records.jsonl").write_text(
        json.dumps(
            {**records[0], "text_sha256": None, "note_id": "half", "findings": [], "codes": [], "rejected": [], "gaps": []}
        )
        + "\n"
    )
    (tmp_path / "notes.jsonl").write_text('{"note_id": "half", "text": "Half \\ud800 of a pair."}\n')
    report = import_run(tmp_path, [])
    assert [e.message for e in report.refused] == ["a note holds characters that no database keeps"]


def test_another_text_is_refused(records, run_folder, tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(records[0]) + "\n", encoding="utf-8")
    (tmp_path / "other.jsonl").write_text(json.dumps({"note_id": records[0]["note_id"], "text": "Quite another note."}) + "\n")
    report = import_run(path, [tmp_path / "other.jsonl"])
    assert (report.records, len(report.refused)) == (0, 1)
    assert "Quite" not in str(report.refused[0])


def test_a_digest_of_another_text_is_refused(records, run_again):
    records[0]["text_sha256"] = "0" * 64
    assert len(run_again(records).refused) == 1


def test_records_without_notes_say_what_to_give(records, tmp_path):
    (tmp_path / "records.jsonl").write_text(json.dumps(records[0]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="no text") as told:
        import_run(tmp_path, [])
    assert "--notes" in told.value.hint


def test_a_record_of_an_encounter_has_all_its_notes(tmp_path):
    from oncospan.engine import Settings
    from oncospan.runners.batch import Batch, Summary, extract
    from oncospan.schema import Level
    from oncospan.writers import Format

    export = tmp_path / "notes.jsonl"
    texts = ("CT: liver metastases from ileal carcinoid.", "Clinic: ileal carcinoid. No bone metastases.")
    rows = [
        {"note_id": f"n{i}", "encounter_id": "e", "patient_id": "p", "note_date": f"2026-11-1{i}", "text": text}
        for i, text in enumerate(texts)
    ]
    export.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    out = str(tmp_path / "records.jsonl")
    batch = Batch(inputs=[export], output=out, format=Format.JSONL, settings=Settings(), level=Level.ENCOUNTER)
    extract(batch, Summary(output=out), lambda records, _: iter(records))
    report = import_run(tmp_path, [])
    assert (report.records, report.refused) == (1, [])
    chart = chart_of(Encounter.objects.get())
    assert [p.note.ref for p in chart.notes] == ["n0", "n1"]
    assert {q.note for c in chart.codes for q in c.quotes} <= {"2026-11-10", "2026-11-11"}
    assert all(f'id="{q.mark}"' in "".join(p.html for p in chart.notes) for c in chart.codes for q in c.quotes)


def test_the_constraints_hold(encounter, people):
    from django.db import IntegrityError, transaction

    by = people["reviewer"]
    wrong = (
        {"verb": "reject", "key": "C78.7"},
        {"verb": "replace", "key": "C78.7", "reason": "why"},
    )
    for fields in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(encounter=encounter, subject="code", by=by, **fields)
    Decision.objects.create(encounter=encounter, subject="code", key="C78.7", verb="accept", by=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(encounter=encounter, subject="code", key="C78.7", verb="accept", by=by)
