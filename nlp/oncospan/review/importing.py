"""A run into the database: in bulk, again without harm, and on from where it was interrupted."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from oncospan.errors import InputError
from oncospan.review import audit, bulk
from oncospan.review.checked import TWICE, Batch, Part, batches
from oncospan.review.models import FOUND_LATER, Encounter, Gap, Note, Proposal, Query, QueryState, Reading, Run
from oncospan.review.ranking import COUNTED, NOTHING_DONE, Done, columns, done_with, recount, standing
from oncospan.review.records import Head, Record
from oncospan.review.tags import tag_sets, tags
from oncospan.types import digest_of

_FIELDS = ("level", "run_id", "patient_ref", "encounter_ref", "date", "setting", "release", "tag_set_id", *COUNTED)
"""The columns of an encounter that an import writes, besides its key."""


@dataclass(kw_only=True)
class Report:
    """What an import did; ``refused`` holds the errors of the records that could not be taken in."""

    run: int = 0
    records: int = 0
    skipped: int = 0
    """Records that an earlier import of the same file had taken in."""
    closed: int = 0
    """Queries closed because their gap is gone."""
    refused: list[InputError] = field(default_factory=list)


def import_run(source: Path, notes: Sequence[Path], actor: str = "command line") -> Report:
    """Take in the records of a run: ``source`` is a JSONL file or a folder of them, ``notes`` the export it was made from.

    Raises InputError when there are no records or no notes; what a single record lacks stands in the report.
    """
    report = Report()
    files = records_of(source)
    notes = notes or _notes_beside(source)
    begun = [(path, run) for path in files if (run := _begun(path, actor, report)) is not None]
    parts = [Part(path, run.position, run.line) for path, run in begun]
    runs = [run for _, run in begun]
    at = 0
    for batch in batches(parts, notes) if parts else ():
        for read in runs[at : batch.part]:
            _finish(read, actor)
        at = batch.part
        _take_in(runs[at], batch, report)
    if runs:
        bulk.analyze()
    for read in runs[at:]:
        _finish(read, actor)
    return report


def records_of(source: Path) -> list[Path]:
    """The files of records under a path. Raises InputError when there are none."""
    if source.is_dir():
        files = [source / "records.jsonl"] if (source / "records.jsonl").is_file() else sorted(source.glob("part-*.jsonl"))
    else:
        files = [source] if source.is_file() else []
    if not files:
        raise InputError("there are no records (JSONL)", where=str(source), hint="Give the file or folder that extract wrote.")
    return files


def _notes_beside(source: Path) -> list[Path]:
    beside = (source if source.is_dir() else source.parent) / "notes.jsonl"
    if not beside.is_file():
        raise InputError(
            "the records hold no text of the notes", where=str(source), hint="Give the export they were made from with --notes."
        )
    return [beside]


def _begun(path: Path, actor: str, report: Report) -> Run | None:
    """The run of a file, new or interrupted; None for one that was read to its end."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    run, fresh = Run.objects.get_or_create(digest=digest, defaults={"source": path.name[:255]})
    report.run, report.skipped = run.pk, report.skipped + run.records
    if run.finished_at:
        return None
    audit.record(audit.Entry(actor=actor, action="import" if fresh else "resume import", detail={"run": run.pk}))
    return run


def _finish(run: Run, actor: str) -> None:
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    audit.record(
        audit.Entry(actor=actor, action="import finished", detail={"run": run.pk, "records": run.records, "refused": run.refused})
    )


def _take_in(run: Run, batch: Batch, report: Report) -> None:
    """Store a batch, and note in the same transaction how far the file has been read."""
    good = {record.key: (record, texts) for record, texts in batch.good}
    bad = list(batch.bad)
    with transaction.atomic():
        known = _known(good)
        for key, (_, last_run) in known.items():
            if last_run == run.pk:
                bad.append(InputError(TWICE, where=good.pop(key)[0].where))
        ids = {key: pk for key, (pk, last_run) in known.items() if last_run != run.pk}
        report.closed += _store(run, [r for r, _ in good.values()], [t for _, t in good.values()], ids)
        run.position, run.line = batch.position, batch.line
        run.records += len(good)
        run.refused += len(bad)
        if good and not run.engine:
            stamp = next(iter(good.values()))[0].stamp
            run.engine, run.pack, run.pack_digest = stamp.engine, stamp.pack, stamp.pack_digest
        run.save()
    report.records += len(good)
    report.refused += bad


def _known(keys: Collection[str]) -> dict[str, tuple[int, int]]:
    """The encounters of keys, with the run that was read in last, by key."""
    return {key: (pk, run) for key, pk, run in bulk.found(Encounter, "key", keys, ("key", "id", "run_id"))}


def _store(run: Run, records: list[Record], texts: list[dict[str, str]], known: dict[str, int]) -> int:
    """Put records in place of what earlier runs said of the same encounters; how many queries that closed."""
    done = done_with(known.values()) if known else {}
    if known:
        for model in (Note, Proposal, Gap, Reading):
            bulk.delete_of(model, known.values())
    tagged = [tags(r.setting, (gap for _, gap, _ in r.gaps), (code for code, *_ in r.codes)) for r in records]
    numbers = tag_sets(set(tagged))
    rows = [
        (r.key, *_fields(run, r, numbers[text], done.get(known.get(r.key, 0), NOTHING_DONE)))
        for r, text in zip(records, tagged, strict=True)
    ]
    names, top = ("key", *_FIELDS), bulk.highest(Encounter)
    bulk.insert(Encounter, (*names, "version"), [(*row, 1) for row in rows if row[0] not in known])
    bulk.update(Encounter, names, [row for row in rows if row[0] in known])
    ids = known | bulk.numbers_above(Encounter, top, "key")
    owned = [(ids[r.key], r, t) for r, t in zip(records, texts, strict=True)]
    bulk.insert(Reading, ("encounter_id", "record"), [(pk, r.raw) for pk, r, _ in owned])
    notes = [_note(pk, h, t[h.note_id]) for pk, r, t in owned for h in r.heads if h.note_id in t]
    bulk.insert(Note, ("encounter_id", "ref", "date", "type", "role", "text", "digest"), notes)
    bulk.insert(
        Proposal,
        ("encounter_id", "code", "sequence", "status", "confidence", "rule"),
        [(pk, *row) for pk, r, _ in owned for row in r.codes],
    )
    bulk.insert(Gap, ("encounter_id", "key", "gap", "severity"), [(pk, *row) for pk, r, _ in owned for row in r.gaps])
    return _close_answered({known[r.key]: {key for key, _, _ in r.gaps} for r in records if r.key in known})


def _fields(run: Run, record: Record, tag_set: int, done: Done) -> tuple[Any, ...]:
    """The values of ``_FIELDS``: what follows of an encounter from its record and from what people did."""
    codes = ((code, confidence) for code, _, _, confidence, _ in record.codes)
    gaps = ((key, severity) for key, _, severity in record.gaps)
    return (
        record.level, run.pk, record.patient, record.encounter or record.own, _iso(record.date), record.setting,
        record.stamp.release, tag_set, *columns(standing(codes, gaps, done), record.date),
    )  # fmt: skip


def _iso(date: dt.date | None) -> str | None:
    """A date as databases take it from a text."""
    return date.isoformat() if date else None


def _note(encounter: int, head: Head, text: str) -> tuple[Any, ...]:
    """The row of a note. A digest that its record names was held against the text."""
    digest = (head.text_sha256 or "").removeprefix("sha256:") or digest_of(text)
    return (encounter, head.note_id, _iso(head.note_date), (head.note_type or "")[:200], head.author_role, text, digest)


def _close_answered(raised: dict[int, set[str]]) -> int:
    """Close the living queries of gaps that are no longer raised; drafts are cancelled, for nobody was asked."""
    alive = (QueryState.DRAFT, QueryState.OPEN, QueryState.ANSWERED)
    asked = Query.objects.filter(encounter__in=raised, state__in=alive) if raised else []
    gone = [q for q in asked if q.gap_key not in raised[q.encounter_id]]
    for q in gone:
        q.state = QueryState.CANCELLED if q.state == QueryState.DRAFT else QueryState.CLOSED
        q.reason, q.ended_at, q.version = FOUND_LATER, timezone.now(), q.version + 1
        q.save(update_fields=["state", "reason", "ended_at", "version"])
        detail = {"query": q.pk, "gap": q.gap_key}
        audit.record(audit.Entry(actor="import", action=f"query {q.state}", encounter=q.encounter_id, detail=detail))
        recount(q.encounter)
    return len(gone)
