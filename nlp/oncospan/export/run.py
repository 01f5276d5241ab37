"""An export: records of a finished run, with the texts of their notes where the form needs them, into one file or folder.

Records are streamed; the texts wait in a temporary database on disk. The output is there whole or not at all, and nothing that stands
is overwritten. The same records, notes and time give the same bytes, whatever number of workers the run had.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from oncospan.errors import InputError, UsageError
from oncospan.evaluate.records import AGAIN, Located, read_records
from oncospan.export.forms import NEED_NOTES, Exporter, Form, Target, exporter_to_folder, exporter_to_stream, is_tree
from oncospan.readers import read_notes
from oncospan.readers.stored import StoredTexts, stored_texts
from oncospan.schema import CHART_RECORD, RECORD, Level, misfit
from oncospan.types import digest_of
from oncospan.writers.result import Result
from oncospan.writers.whole import refuse_existing, whole_file, whole_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export is to do."""

    records: Path
    output: str
    form: Form
    at: dt.datetime
    notes: Sequence[Path] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Done:
    """What an export wrote: records, and those among them that only say why a note was not analysed."""

    records: int = 0
    error_records: int = 0


def export(job: Export) -> Done:
    """Does the export. Raises InputError, OutputError, UsageError; nothing is left behind then."""
    tree = is_tree(job.form, job.output)
    if job.form in NEED_NOTES and not job.notes:
        raise UsageError(f"{job.form} holds the texts of the notes", hint="Give the export they came from with --notes.")
    if job.output != "-":
        refuse_existing(Path(job.output))
    done = Done()
    with ExitStack() as stack:
        records = read_records(job.records)
        first = next(records, None)
        level = _level(first) if first else Level.NOTE
        target = Target(form=job.form, suffix=Path(job.output).suffix.lower(), level=level, at=job.at)
        texts = stack.enter_context(stored_texts(read_notes(job.notes, columns=job.columns)) if job.notes else nullcontext())
        exporter = stack.enter_context(_opened(target, job.output, tree=tree))
        for located in chain([first] if first else [], records):
            result = _result(located, texts)
            exporter.add(result)
            done.records += 1
            done.error_records += bool(result.record["errors"])
    return done


def _level(located: Located) -> Level:
    """What a record stands for. Raises InputError for what there is not."""
    try:
        return Level(located.level)
    except ValueError:
        raise InputError("not an output record of this release: level", where=located.where, hint=AGAIN) from None


@contextmanager
def _opened(target: Target, out: str, *, tree: bool) -> Iterator[Exporter]:
    """The exporter; it is finished when the block ends well, and abandoned otherwise."""
    with ExitStack() as stack:
        if tree:
            exporter = exporter_to_folder(target, stack.enter_context(whole_folder(Path(out))))
        else:
            exporter = exporter_to_stream(target, sys.stdout.buffer if out == "-" else stack.enter_context(whole_file(Path(out))))
        try:
            yield exporter
            exporter.finish()
            if out == "-":
                sys.stdout.buffer.flush()
        except BaseException:
            with suppress(Exception):  # the first error is the one to report
                exporter.abandon()
            raise


_LISTS = ("findings", "codes", "rejected", "gaps", "procedure_codes", "errors")
_SPANNED = ("findings", "codes", "rejected", "gaps")


def _result(located: Located, stored: StoredTexts | None) -> Result:
    """A record with its texts, every span found in them. Raises InputError with file:line."""
    record = _filled(located.record)
    if (lacking := misfit(record, CHART_RECORD if record.get("level") else RECORD)) is not None:
        raise InputError(f"not an output record of this release: {lacking}", where=located.where, hint=AGAIN)
    result = Result(record=record)
    if stored is None:
        return result
    texts, unread = {}, bool(record["errors"]) and not record["findings"]
    for head in result.heads:
        digest = head.get("text_sha256")
        if unread and not digest:
            continue  # it tells of a row that is no note; a note may have its id
        own = head["note_id"]
        found = stored.matches(own, record["patient_id"] or "", head.get("encounter_id") or record["encounter_id"] or "")
        if found and digest:
            found = [text for text in found if digest_of(text) == digest][:1]
            if not found:
                raise _another(located.where)
        if len(found) > 1:
            raise InputError("two notes share the id of a note of the record", where=located.where, hint=_EXPORT)
        if found:
            texts[own] = found[0]
    result = Result(record=record, texts=texts)
    _check_spans(result, located.where)
    return result


def _another(where: str) -> InputError:
    return InputError("the text of a note is not the one the record was made from", where=where, hint=_EXPORT)


_EXPORT = "Give the export that the run was made from with --notes."


def _check_spans(result: Result, where: str) -> None:
    for part in _SPANNED:
        for item in result.record[part]:
            for span in (*item["evidence"], *(item.get("cues") or ())):
                text = result.texts.get(result.note_of(span))
                if text is None:
                    raise InputError("a note of the record is not among the notes", where=where, hint=_EXPORT)
                if text[span["start"] : span["end"]] != span["text"]:
                    raise _another(where)


def _filled(record: dict[str, Any]) -> dict[str, Any]:
    """The record with what an earlier release left out."""
    out = {**record, **{name: record.get(name) or [] for name in _LISTS}}
    out.setdefault("text_sha256", None)
    return out
