"""A run into the database: in bulk, again without harm, and on from where it was interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from oncospan.errors import InputError
from oncospan.review import audit
from oncospan.review.models import Encounter, Gap, Note, Proposal, Query, QueryState, Reading, Run, Severity
from oncospan.review.note_texts import NoteTexts, checked_texts, digest_of, note_texts
from oncospan.review.ranking import COUNTED, NOTHING_DONE, Done, done_with, place, standing
from oncospan.review.records import LONGEST_LINE, Record, read_record

BATCH = 1000
"""Records that one transaction takes in."""

FOUND = "A later run found the documentation"
"""Why a query is closed whose gap a run raises no more."""

_FIELDS = ("level", "run", "patient_ref", "encounter_ref", "date", "setting", "release", *COUNTED)


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
    with note_texts(notes or _notes_beside(source)) as texts:
        for path in files:
            _import_file(path, texts, actor, report)
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


def _import_file(path: Path, texts: NoteTexts, actor: str, report: Report) -> None:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    run, fresh = Run.objects.get_or_create(digest=digest, defaults={"source": path.name[:255]})
    report.run, report.skipped = run.pk, report.skipped + run.records
    if run.finished_at:
        return
    audit.record(audit.Entry(actor=actor, action="import" if fresh else "resume import", detail={"run": run.pk}))
    for lines in _batches(path, run.position, run.line):
        _take_in(run, lines, path.name, texts, report)
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    audit.record(
        audit.Entry(actor=actor, action="import finished", detail={"run": run.pk, "records": run.records, "refused": run.refused})
    )


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    end: int
    data: bytes = field(repr=False)


def _batches(path: Path, position: int, number: int) -> Iterator[list[_Line]]:
    """The lines from a position on, as many at a time as one transaction takes."""
    batch: list[_Line] = []
    with path.open("rb") as stream:
        stream.seek(position)
        while line := stream.readline(LONGEST_LINE):
            number += 1
            position += len(line)
            batch.append(_Line(number, position, line))
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _take_in(run: Run, lines: list[_Line], name: str, texts: NoteTexts, report: Report) -> None:
    """Read, check and store a batch, and note in the same transaction how far the file has been read."""
    good: dict[str, tuple[Record, dict[str, str]]] = {}
    bad: list[InputError] = []
    for line in lines:
        if not line.data.strip():
            continue
        try:
            record = read_record(line.data, f"{name}:{line.number}")
            if record.key in good:
                raise InputError("a record of the same id stands above", where=record.where)
            good[record.key] = record, checked_texts(record, texts)
        except InputError as e:
            bad.append(e)
    with transaction.atomic():
        taken = {r.key for r, _ in good.values()} & _already(run, good)
        for key in taken:
            bad.append(InputError("a record of the same id stands above", where=good.pop(key)[0].where))
        report.closed += _store(run, [r for r, _ in good.values()], [t for _, t in good.values()])
        run.position, run.line = lines[-1].end, lines[-1].number
        run.records += len(good)
        run.refused += len(bad)
        if good and not run.engine:
            stamp = next(iter(good.values()))[0].data["stamp"]
            run.engine, run.pack = str(stamp.get("engine", ""))[:80], str(stamp.get("pack", ""))[:160]
            run.pack_digest = str(stamp.get("pack_digest", ""))[:80]
        run.save()
    report.records += len(good)
    report.refused += bad


def _already(run: Run, keys: dict[str, object] | dict[str, tuple[Record, dict[str, str]]]) -> set[str]:
    if not run.records:
        return set()
    return set(Encounter.objects.filter(run=run, key__in=list(keys)).values_list("key", flat=True))


def _store(run: Run, records: list[Record], texts: list[dict[str, str]]) -> int:
    """Put records in place of what earlier runs said of the same encounters; how many queries that closed."""
    known = dict(Encounter.objects.filter(key__in=[r.key for r in records]).values_list("key", "pk"))
    done = done_with(list(known.values())) if known else {}
    codes, gaps = [_codes(r) for r in records], [_gaps(r) for r in records]
    encounters = [
        _encounter(run, r, c, g, done.get(known.get(r.key, 0), NOTHING_DONE)) for r, c, g in zip(records, codes, gaps, strict=True)
    ]
    if known:
        for model in (Note, Proposal, Gap, Reading):
            model.objects.filter(encounter__in=known.values())._raw_delete("default")  # type: ignore[attr-defined]  # noqa: SLF001 - nothing hangs on these rows
    new = [e for e in encounters if e.key not in known]
    Encounter.objects.bulk_create(new, batch_size=500)
    old = [e for e in encounters if e.key in known]
    for e in old:
        e.pk = known[e.key]
    Encounter.objects.bulk_update(old, _FIELDS, batch_size=50)
    Reading.objects.bulk_create(
        (Reading(encounter_id=e.pk, record=r.raw) for e, r in zip(encounters, records, strict=True)), batch_size=400
    )
    Note.objects.bulk_create(
        [_note(e.pk, r, i, t) for e, r, t in zip(encounters, records, texts, strict=True) for i in range(len(r.heads))],
        batch_size=200,
    )
    for rows, e in zip((*codes, *gaps), (*encounters, *encounters), strict=True):
        for row in rows:
            row.encounter_id = e.pk
    Proposal.objects.bulk_create([p for rows in codes for p in rows], batch_size=200)
    Gap.objects.bulk_create([g for rows in gaps for g in rows], batch_size=200)
    return _close_answered(old, gaps_of={e.pk: {g.key for g in rows} for e, rows in zip(encounters, gaps, strict=True)})


def _encounter(run: Run, record: Record, codes: list[Proposal], gaps: list[Gap], done: Done) -> Encounter:
    made = Encounter(
        key=record.key,
        level=str(record.level),
        run=run,
        patient_ref=record.patient,
        encounter_ref=record.encounter or record.heads[0].ref,
        date=record.date,
        setting=record.data["setting"],
        release=str(record.data["stamp"].get("release", ""))[:20],
    )
    place(made, standing([(c.code, c.confidence) for c in codes], [(g.key, g.severity) for g in gaps], done))
    return made


def _note(encounter: int, record: Record, number: int, texts: dict[str, str]) -> Note:
    head = record.heads[number]
    text = texts[head.ref]
    return Note(
        encounter_id=encounter, ref=head.ref, date=head.date, type=head.type, role=head.role, text=text, digest=digest_of(text)
    )  # fmt: skip


def _codes(record: Record) -> list[Proposal]:
    """The proposals of a record, each code once."""
    rows: dict[str, Proposal] = {}
    for c in record.data["codes"]:
        rows.setdefault(
            c["code"],
            Proposal(
                code=c["code"],
                title=c["title"],
                sequence=c["sequence"],
                status=c["status"],
                confidence=round(1000 * c["confidence"]),
                rule=c["rule"],
                reason=c["reason"],
                order_reason=c.get("order_reason", ""),
                release_note=c.get("release_note", ""),
                evidence=c["evidence"],
                alternates=c["alternates"],
            ),
        )
    return list(rows.values())


def _gaps(record: Record) -> list[Gap]:
    """The gaps of a record; the second of one id has the key ``G04_…#2``."""
    seen: dict[str, int] = {}
    rows = []
    for g in record.data["gaps"]:
        seen[g["gap"]] = count = seen.get(g["gap"], 0) + 1
        rows.append(
            Gap(
                key=g["gap"] if count == 1 else f"{g['gap']}#{count}",
                gap=g["gap"],
                severity=Severity[g["severity"].upper()],
                codes=g["codes"],
                evidence=g["evidence"],
                query=g["query"],
            )
        )
    return rows


def _close_answered(known: list[Encounter], gaps_of: dict[int, set[str]]) -> int:
    """Close the living queries of gaps that are gone; drafts are cancelled, for nobody was asked."""
    alive = (QueryState.DRAFT, QueryState.OPEN, QueryState.ANSWERED)
    gone = [q for q in Query.objects.filter(encounter__in=known, state__in=alive) if q.gap_key not in gaps_of[q.encounter_id]]
    for q in gone:
        q.state = QueryState.CANCELLED if q.state == QueryState.DRAFT else QueryState.CLOSED
        q.reason, q.ended_at, q.version = FOUND, timezone.now(), q.version + 1
    Query.objects.bulk_update(gone, ["state", "reason", "ended_at", "version"])
    audit.record(
        *(
            audit.Entry(actor="import", action=f"query {q.state}", encounter=q.encounter_id, detail={"query": q.pk, "gap": q.gap_key})
            for q in gone
        )
    )
    if gone:
        ids = {q.encounter_id for q in gone}
        waiting = done_with(ids)
        for e in known:
            if e.pk in ids:
                Encounter.objects.filter(pk=e.pk).update(waiting=waiting.get(e.pk, NOTHING_DONE).waiting)
    return len(gone)
