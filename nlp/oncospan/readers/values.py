"""One row of an export as a note: settings, roles and dates as hospitals write them, read tolerantly but never guessed."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from oncospan.readers.coded import role_of_document
from oncospan.readers.columns import Layout
from oncospan.types import AuthorRole, BadNote, Note, NoteError, Setting

_SETTINGS = {
    Setting.INPATIENT: "inpatient ip i imp acute inpatient_encounter acute_inpatient 9201 262",
    Setting.OUTPATIENT: "outpatient op o ed er e emer emergency observation obs obsenc amb ambulatory clinic office recurring r 9202 9203 581477",
}
_ROLES = {
    AuthorRole.PROVIDER: "provider physician doctor md do np pa attending resident fellow surgeon oncologist hospitalist "
    "consultant nurse_practitioner physician_assistant advanced_practice_provider app",
    AuthorRole.RADIOLOGIST: "radiologist radiology",
    AuthorRole.PATHOLOGIST: "pathologist pathology",
    AuthorRole.NURSE: "nurse rn lpn nursing registered_nurse",
    AuthorRole.OTHER: "other dietitian social_worker case_manager pharmacist therapist student scribe coder",
}
SETTING_WORDS = {word: setting for setting, words in _SETTINGS.items() for word in words.split()}
ROLE_WORDS = {word: role for role, words in _ROLES.items() for word in words.split()}

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{1,2}:\d{2}[\d:.,]{0,16}\s?(?:Z|UTC|[+-]\d{2}:?\d{2})?)?")
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: \d{1,2}:\d{2}[\d:.]{0,12}(?: ?[AaPp][Mm])?)?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{4}|\d{6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a note gets where its row says nothing."""

    setting: Setting = Setting.OUTPATIENT
    author_role: AuthorRole = AuthorRole.PROVIDER
    note_type: str | None = None
    on: dt.date | None = None


R_co = TypeVar("R_co", covariant=True)


class Make(Protocol[R_co]):
    """What makes a note, or a piece of one, of a row."""

    def __call__(self, values: Mapping[str, object], layout: Layout, defaults: Defaults, *, where: str, fallback_id: str) -> R_co:
        """What the row holds, or why it holds nothing."""


class BadValue(Exception):
    """A cell that is not what its field needs; holds the field and the rule, never the value."""

    def __init__(self, field: str, needs: str, hint: str) -> None:
        self.field, self.needs, self.hint = field, needs, hint
        super().__init__(field)


def to_note(values: Mapping[str, object], layout: Layout, defaults: Defaults, *, where: str, fallback_id: str) -> Note | BadNote:
    """The note of one row, or why there is none. ``values`` holds the raw cell of every field in ``layout``."""
    note_id, values = fallback_id, _with_mimic(values, layout)
    try:
        note_id = _plain("note_id", values.get("note_id")) or fallback_id
        note_type = _plain("note_type", values.get("note_type"))
        return Note(
            text=_text(values.get("text")),
            note_id=note_id,
            patient_id=_plain("patient_id", values.get("patient_id")) or None,
            encounter_id=_plain("encounter_id", values.get("encounter_id")) or None,
            note_type=note_type or defaults.note_type,
            author_role=_role(values.get("author_role")) or _role(role_of_document("", note_type)) or defaults.author_role,
            note_date=parse_date(values.get("note_date")) or defaults.on,
            setting=_setting(values.get("setting")) or defaults.setting,
        )
    except BadValue as e:
        column = layout.get(e.field, e.field)
        error = NoteError(code="bad_value", message=f"column {column!r} of note {note_id!r} {e.needs}", hint=e.hint, where=where)
        return bad_note(note_id, error, values)


def told_note(
    told: Mapping[str, object], layout: Layout, chosen: Mapping[str, str], defaults: Defaults, *, where: str, fallback_id: str
) -> Note | BadNote:
    """The note of a document or message by what it tells of itself, without the fields that are ``chosen`` to be left out."""
    kept = {name: place for name, place in layout.items() if chosen.get(name, place)}
    return to_note({k: v for k, v in told.items() if k in kept}, kept, defaults, where=where, fallback_id=fallback_id)


def _with_mimic(values: Mapping[str, object], layout: Layout) -> Mapping[str, object]:
    """The cells of a row of MIMIC notes with what that layout says without a column: setting and author role.

    Notes of a hospital admission (``hadm_id``) are inpatient; RR and AR are reports of radiologists.
    """
    if (layout.get("patient_id", "").lower(), layout.get("encounter_id", "").lower()) != ("subject_id", "hadm_id"):
        return values
    kind = values.get("note_type")
    said = {"author_role": "radiologist"} if isinstance(kind, str) and kind.strip().lower() in {"rr", "ar", "radiology"} else {}
    if _plain("encounter_id", values.get("encounter_id")):
        said["setting"] = "inpatient"
    return {**said, **{k: v for k, v in values.items() if not (k in said and _absent(v))}}


def bad_note(note_id: str, error: NoteError, values: Mapping[str, object]) -> BadNote:
    """The error of a row, with the ids of patient and encounter from its cells; with neither where one cannot be read."""
    try:
        patient, encounter = (_plain(name, values.get(name)) or None for name in ("patient_id", "encounter_id"))
    except BadValue:
        patient = encounter = None
    return BadNote(note_id=note_id, error=error, patient_id=patient, encounter_id=encounter)


def _absent(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _text(value: object) -> str:
    if _absent(value):
        return ""
    if not isinstance(value, str):
        raise BadValue("text", "is not text", "Map another column, e.g.: --map text=NOTE_TEXT")
    return value


_NOTHING = {"null", "nan", "none", "nat", "<na>", "\\n"}
"""What databases and pandas write where they have no value: as ids they would make one patient of many."""


def plain_cell(value: object) -> str:
    """A cell as text; a whole float (a column of integers with holes in it) loses its ``.0``."""
    if _absent(value):
        return ""
    said = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    return "" if said.lower() in _NOTHING else said


def _plain(field: str, value: object) -> str:
    """An id or a type as text. Raises BadValue."""
    if value is None or isinstance(value, str | int | float):
        return plain_cell(value)
    raise BadValue(field, "is neither text nor a number", f"Map another column, or none: --map {field}=")


def _word(field: str, value: object) -> str:
    return re.sub(r"[\s/-]{1,8}", "_", _plain(field, value).lower().removesuffix(".0"))


def _setting(value: object) -> Setting | None:
    word = _word("setting", value)
    if word and word not in SETTING_WORDS:
        raise BadValue("setting", "is not a known setting", "Use inpatient or outpatient, or ignore the column: --map setting=")
    return SETTING_WORDS.get(word)


def _role(value: object) -> AuthorRole | None:
    word = _word("author_role", value)
    if word and word not in ROLE_WORDS:
        raise BadValue(
            "author_role",
            "is not a known author role",
            f"Use {', '.join(AuthorRole)}, or ignore the column: --map author_role=",
        )
    return ROLE_WORDS.get(word)


def parse_date(value: object) -> dt.date | None:
    """The day of a date cell: ISO date or datetime, US month/day/year, yyyymmdd; None when empty. Raises BadValue."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = _plain("note_date", value)
    if not text:
        return None
    try:
        if m := _ISO.fullmatch(text) or _PACKED.fullmatch(text):
            return _day(int(m[1]), int(m[2]), int(m[3]))
        if m := _US.fullmatch(text):
            return _day(int(m[3]), int(m[1]), int(m[2]))
    except ValueError:
        pass  # the right shape, but no such day: the same answer as any other bad date
    raise BadValue("note_date", "is not a date", "Use YYYY-MM-DD, MM/DD/YYYY or YYYYMMDD, or ignore it: --map note_date=")


def _day(year: int, month: int, day: int) -> dt.date:
    if not 1900 <= year <= 2200:
        raise ValueError(year)
    return dt.date(year, month, day)
