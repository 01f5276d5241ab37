"""Which column of an export holds which field of a note: guessed by name, or said by the user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from oncospan.errors import InputError, UsageError

GUESSES: Mapping[str, tuple[str, ...]] = {
    "note_id": ("note_id", "id", "noteid", "document_id"),
    "text": ("text", "note_text", "note", "report_text", "document_text"),
    "setting": ("setting", "encounter_class", "patient_class", "visit_concept_id"),
    "note_date": ("note_date", "encounter_date", "date", "service_date", "chartdate", "charttime"),
    "note_type": ("note_type", "type", "category", "note_title"),
    "author_role": ("author_role", "role", "author"),
    "patient_id": ("patient_id", "subject_id", "person_id", "mrn"),
    "encounter_id": ("encounter_id", "hadm_id", "visit_id", "csn", "visit_occurrence_id"),
}
"""The column names tried for every field, best first; case, spaces and hyphens do not count."""

Layout = Mapping[str, str]
"""The column of every field that has one: field of a note -> column name as it stands in the file."""


def resolve(found: Sequence[str], chosen: Mapping[str, str], where: str, *, lenient: bool = False) -> Layout:
    """The column of every field. ``chosen`` wins over guesses; an empty name in it means the field has no column.

    Raises UsageError for an unknown field, InputError when a chosen column or the text column is not there;
    ``lenient`` lets chosen columns other than the text be absent.
    """
    for name in chosen:
        if name not in GUESSES:
            raise UsageError(f"{name!r} is not a field of a note", hint=f"Fields: {', '.join(GUESSES)}.")
    named: dict[str, str] = {}
    for column in found:
        named.setdefault(plain(column), column)
    layout: dict[str, str] = {}
    for name, guesses in GUESSES.items():
        if name in chosen:
            column = chosen[name]
            if column in found or plain(column) in named:
                layout[name] = column if column in found else named[plain(column)]
            elif column and not (lenient and name != "text"):
                raise InputError(
                    f"there is no column {column!r}; columns found: {_listed(found)}", where=where, hint="Check --map."
                )
        elif hit := next((named[g] for g in guesses if g in named), None):
            layout[name] = hit
    if "text" not in layout:
        raise InputError(
            f"no column holds the note text; columns found: {_listed(found)}",
            where=where,
            hint="Name it, e.g.: --map text=NOTE_TEXT",
        )
    return layout


def plain(column: str) -> str:
    """The name of a column without what does not count: case, spaces and hyphens."""
    return re.sub(r"[\s-]", "_", column.strip()).lower()


def shown(column: str) -> str:
    """The name of a column where it looks like one: in a file without a header words of a note stand there."""
    return column if len(column) <= 40 and column.isprintable() else "(not a name)"


def _listed(found: Sequence[str]) -> str:
    """The first column names, cut short: a file without a header would show a note here."""
    return ", ".join(map(shown, found[:40])) + (", …" if len(found) > 40 else "") if found else "none"
