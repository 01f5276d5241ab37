"""From notes to analyses: the one way every reader, runner and user goes."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from oncospan import __version__
from oncospan.case import (
    Chart,
    ChartAnalysis,
    NotedFindings,
    NoteGroup,
    as_note,
    case_of,
    facts_of,
    in_order,
    last_encounter,
    latest,
    lay_out,
    merge,
    same_ids,
    sourced,
    weighed,
    without,
)
from oncospan.coding.features import Around
from oncospan.coding.learned import ConfidenceModel, model_of
from oncospan.coding.propose import propose
from oncospan.errors import OncoSpanError
from oncospan.gaps.lint import ELISION, forbidden
from oncospan.gaps.rules import find_gaps
from oncospan.gaps.view import GapView
from oncospan.icd import code_set, release_on, releases
from oncospan.pack import Pack, load
from oncospan.pipeline.findings import findings
from oncospan.pipeline.reading import Reader, reader_of
from oncospan.pipeline.sentence.site_roles import SiteRoles, roles_of
from oncospan.pipeline.text.fold import fold
from oncospan.schema import Level
from oncospan.settings import Settings, pack_of, table_of
from oncospan.types import (
    Analysis,
    BadNote,
    Case,
    CodeProposal,
    FamilyHistoryCodes,
    Finding,
    Gap,
    NetSitePolicy,
    Note,
    NoteError,
    ProcedureCode,
    Rejection,
    Stamp,
)

__all__ = ["Analyser", "Settings", "analyse_groups", "analyse_notes", "analyser_of", "refused"]


class Analyser:
    """Analyses notes one by one with one pack and settings; build one a process.

    Without ``second_opinion`` confidences are the fixed figures of the rules: what a model is trained on, with ``roles`` if given.
    """

    def __init__(self, settings: Settings = Settings(), *, second_opinion: bool = True, roles: SiteRoles | None = None) -> None:
        self.settings = settings
        shipped = load(settings.pack)
        self._table = table_of(settings)
        self.pack: Pack = pack_of(settings)
        self._reader: Reader = reader_of(self.pack)
        self._model: ConfidenceModel | None = model_of(shipped) if second_opinion else None
        self._roles: SiteRoles | None = roles_of(shipped) if second_opinion else roles
        own = self._model.threshold if self._model is not None else 0.0
        self.threshold: float = own if settings.review_threshold is None else settings.review_threshold
        self._default_date = settings.default_date or releases(self.pack)[-1].valid_from

    def analyse(self, note: Note) -> Analysis:
        """The analysis of a note; what goes wrong becomes an error of the record, never an exception."""
        try:
            on = note.note_date or self._default_date
            stamp = self._stamp(release_on(self.pack, on).name)
            if error := self._unreadable(note):
                return Analysis(note=note, stamp=stamp, errors=(error,))
            return self._analyse(note, on, stamp)
        except Exception as e:  # noqa: BLE001 - one bad note must not end the run
            return Analysis(note=note, stamp=self._stamp(releases(self.pack)[-1].name), errors=(_error(e),))

    def _analyse(self, note: Note, on: dt.date, stamp: Stamp) -> Analysis:
        found = self._findings(note)
        if not found:
            return Analysis(note=note, stamp=stamp)
        case = case_of(note, found, on)
        coding = propose(case, self.pack, self.settings.net_site_policy, self.settings.family_history_codes)
        view = GapView(
            case=case, note=note, proposals=coding.proposals, rejected=coding.rejected,
            codes=code_set(self.pack, stamp.release), pack=self.pack,
        )  # fmt: skip
        gaps = find_gaps(view)
        return Analysis(
            note=note, stamp=stamp, findings=found, codes=self._second(note, found, coding.proposals, gaps),
            rejected=coding.rejected, gaps=gaps, procedure_codes=self._procedures(found, on),
        )  # fmt: skip

    def _findings(self, note: Note) -> tuple[Finding, ...]:
        year = note.note_date.year if note.note_date else 0
        if not self._reader.matters(note.text):
            return ()
        folded = fold(note.text)
        found = findings(self._reader.read(folded.text), note.author_role, self._roles, year=year)
        return folded.unfolded(found, note.text)

    def _second(
        self, note: Note, found: tuple[Finding, ...], proposals: tuple[CodeProposal, ...], gaps: tuple[Gap, ...]
    ) -> tuple[CodeProposal, ...]:
        """The proposals after the learned second opinion, which comes last: gaps and queries never depend on it."""
        if self._model is None or not proposals:
            return proposals
        around = Around(found, proposals, gaps, note.author_role, len(note.text))
        return self._model.second(proposals, around, self.threshold)

    def analyse_group(self, group: NoteGroup) -> ChartAnalysis:
        """The analysis of an encounter or patient, the same for any order of its notes; a bad note is an error of the record."""
        notes = in_order(group.notes)
        read = [self._read(n) for n in notes]
        errors = [r for r in read if isinstance(r, NoteError)]
        errors += [_same_id(i) for i in sorted(set(same_ids(notes)))]
        errors += group.errors
        chart = lay_out(r for r in read if isinstance(r, NotedFindings))
        try:
            return self._analyse_chart(group, notes, chart, tuple(errors))
        except Exception as e:  # noqa: BLE001 - one bad encounter must not end the run
            return ChartAnalysis(
                note=as_note(group, chart, ()), stamp=self._stamp(releases(self.pack)[-1].name), level=group.level, chart=chart,
                notes=notes, errors=(*errors, _error(e)),
            )  # fmt: skip

    def _read(self, note: Note) -> NotedFindings | NoteError:
        """The findings of one note of a group, or why there are none."""
        error = self._unreadable(note)
        try:
            if error is None:
                return NotedFindings(note=note, findings=self._findings(note))
        except Exception as e:  # noqa: BLE001 - one bad note must not end its encounter
            error = _error(e)
        return replace(error, where=note.note_id)

    def _analyse_chart(
        self, group: NoteGroup, notes: tuple[Note, ...], chart: Chart, errors: tuple[NoteError, ...]
    ) -> ChartAnalysis:
        parts = last_encounter(chart) if group.level is Level.PATIENT else chart.parts
        on = latest(parts, self._default_date)
        note = as_note(group, chart, parts)
        made = ChartAnalysis(
            note=note, stamp=self._stamp(release_on(self.pack, on).name), errors=errors, level=group.level, chart=chart, notes=notes,
            timeline=facts_of(chart, chart.parts) if group.level is Level.PATIENT else (),
        )  # fmt: skip
        if not any(p.findings for p in parts):
            return made
        case = merge(chart, parts, on)
        codes, rejected = weighed(case, self._codes)
        gaps = self._gaps(without(case, "unestablished"), note, chart, codes, rejected)
        return replace(
            made, findings=case.findings, codes=self._second(note, case.findings, codes, gaps), rejected=rejected, gaps=gaps,
            procedure_codes=self._procedures(case.findings, on),
        )  # fmt: skip

    def _procedures(self, found: tuple[Finding, ...], on: dt.date) -> tuple[ProcedureCode, ...]:
        return self._table.codes(found, on) if self._table is not None else ()

    def _codes(self, case: Case) -> tuple[tuple[CodeProposal, ...], tuple[Rejection, ...]]:
        coding = propose(case, self.pack, self.settings.net_site_policy, self.settings.family_history_codes)
        return coding.proposals, coding.rejected

    def _gaps(
        self, case: Case, note: Note, chart: Chart, codes: tuple[CodeProposal, ...], rejected: tuple[Rejection, ...]
    ) -> tuple[Gap, ...]:
        """The gaps of a merged case, every quote with the note it stands in."""
        view = GapView(
            case=case, note=note, proposals=codes, rejected=rejected,
            codes=code_set(self.pack, release_on(self.pack, case.on).name), pack=self.pack,
        )  # fmt: skip
        return tuple(sourced(g, chart, lambda text: forbidden().sub(ELISION, text)) for g in find_gaps(view))

    def refused(self, item: Note | BadNote | NoteGroup, error: NoteError) -> Analysis:
        """The error record of a note or group that the runner gave up."""
        if isinstance(item, BadNote):
            return self.bad(item)
        note = as_note(item, lay_out(()), ()) if isinstance(item, NoteGroup) else item
        stamp = self._stamp(releases(self.pack)[-1].name)
        if not isinstance(item, NoteGroup):
            return Analysis(note=note, stamp=stamp, errors=(error,))
        return ChartAnalysis(
            note=note, stamp=stamp, level=item.level, chart=lay_out(()), notes=in_order(item.notes), errors=(error, *item.errors)
        )  # fmt: skip

    def bad(self, bad: BadNote) -> Analysis:
        """The error record of a row that could not be read as a note."""
        stamp = self._stamp(releases(self.pack)[-1].name)
        note = Note(text="", note_id=bad.note_id, patient_id=bad.patient_id, encounter_id=bad.encounter_id)
        return Analysis(note=note, stamp=stamp, errors=(bad.error,))

    def _stamp(self, release: str) -> Stamp:
        return _stamp(self.pack, release, self.settings.net_site_policy, self.settings.family_history_codes, self.threshold)

    def _unreadable(self, note: Note) -> NoteError | None:
        text = note.text
        if not text or text.isspace():
            return NoteError(
                code="empty_note", message="the note has no text", hint="Check the export: its column of texts, or the file."
            )
        if len(text) > self.settings.max_chars:
            return NoteError(
                code="note_too_long",
                message=f"the note has {len(text)} characters, more than {self.settings.max_chars}",
                hint="Split the note, or raise --max-chars.",
            )
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as e:
            return NoteError(
                code="invalid_text",
                message=f"character {e.start} is half of a surrogate pair",
                hint="Export the note again as UTF-8.",
            )
        return None


def _error(e: Exception) -> NoteError:
    """What went wrong, for the record; of an unforeseen error only its type, for its message may quote the note."""
    if isinstance(e, OncoSpanError):
        return NoteError(code=e.code, message=e.message, hint=e.hint, where=e.where)
    return NoteError(code="internal", message=f"{type(e).__name__} while reading the note", hint="Report this note type.")


def _same_id(note_id: str) -> NoteError:
    message = "different notes of the group have the same id, so that their spans cannot be told apart"
    return NoteError(code="same_note_id", message=message, hint="Export each note with an id of its own.", where=note_id)


def refused(item: Note | BadNote | NoteGroup, settings: Settings, error: NoteError) -> Analysis:
    """The error record of a note or group that took too long or too much."""
    return analyser_of(settings).refused(item, error)


@lru_cache(maxsize=16)
def _stamp(pack: Pack, release: str, policy: NetSitePolicy, family: FamilyHistoryCodes, threshold: float) -> Stamp:
    return Stamp(
        engine=__version__, pack=f"{pack.name} {pack.version}", pack_digest=pack.digest, release=release, net_site_policy=policy,
        family_history_codes=family, review_threshold=threshold,
    )  # fmt: skip


@lru_cache(maxsize=4)
def analyser_of(settings: Settings) -> Analyser:
    """The analyser of the settings, built once a process; nothing of it is garbage, so that none is looked for then or later."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return Analyser(settings)
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def analyse_notes(notes: Iterable[Note | BadNote], settings: Settings = Settings()) -> Iterator[Analysis]:
    """One analysis a note, in order; a bad note becomes an error record and the run goes on."""
    analyser = analyser_of(settings)
    for note in notes:
        yield analyser.bad(note) if isinstance(note, BadNote) else analyser.analyse(note)
        _leave_pack_out_of_collection(settings)


def analyse_groups(
    groups: Iterable[NoteGroup],
    settings: Settings = Settings(),
) -> Iterator[ChartAnalysis]:
    """One analysis an encounter or patient, in order; a bad note or group becomes an error of the record and the run goes on."""
    analyser = analyser_of(settings)
    for group in groups:
        yield analyser.analyse_group(group)
        _leave_pack_out_of_collection(settings)


@lru_cache(maxsize=4)
def _leave_pack_out_of_collection(_: Settings) -> None:
    """Once per analyser, behind its first note: the tables it brought live as long as the process, so no collection walks them again.

    Nothing is collected before: a run of one note would wait a tenth of a second for it, and next to nothing is found.
    """
    gc.freeze()
