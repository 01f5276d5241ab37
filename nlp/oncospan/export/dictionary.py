"""The data dictionary: every column and field that OncoSpan writes, from the schemas and tables that write them.

``python -m oncospan.export.dictionary > docs/data-dictionary.md`` makes the page again; a test holds it against what is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from oncospan.schema import CHART_RECORD, RECORD
from oncospan.writers import note_nlp, table
from oncospan.writers.columns import Table

FHIR = {
    "Bundle": (
        ("id, identifier", "drawn from the ids of the record: the same record has it again"),
        ("type", "`collection`"),
        ("timestamp", "the time of the export (`--at`)"),
        ("entry.fullUrl", "`urn:uuid:` and the id of the resource; references in the bundle name it"),
    ),
    "Device": (
        ("deviceName, version", "OncoSpan and its version"),
        ("property", "rule pack, its digest, ICD-10-CM release, policies: the stamp of the record"),
    ),
    "DocumentReference": (
        ("masterIdentifier", "the id of the note"),
        ("status", "`current`"),
        ("type, author, subject", "type of the note, author role, patient (by identifier)"),
        ("context.encounter", "the encounter (by identifier)"),
        ("content.attachment", "title and date of the note; its text is not in the bundle"),
    ),
    "Observation": (
        ("status", "`preliminary`"),
        ("code", "the kind of the finding, system `urn:oncospan:kind`"),
        ("valueCodeableConcept", "its concept, system `urn:oncospan:concept`"),
        ("component", "assertion, side, subsite, family, behavior, grade, variant, test, of; system `urn:oncospan:attribute`"),
        ("extension", "`urn:oncospan:fhir:span`: note, start, end, text, section and rule of each mention, and of each cue (`cue`)"),
        ("extension (origin, supports)", "`urn:oncospan:fhir:origin` and `:supports` point at other findings"),
        ("derivedFrom", "the notes it stands in"),
        ("subject, encounter, effectiveDateTime", "patient, encounter, date of the note"),
    ),
    "Condition": (
        ("verificationStatus", "`provisional`, always"),
        ("category", "`encounter-diagnosis`"),
        ("code", "the ICD-10-CM code with its release and title"),
        ("evidence", "each quoted span with its note, then the findings it stands on"),
        ("extension", "`urn:oncospan:fhir:proposal`: status (proposed or review), sequence, confidence, rule"),
        ("note", "the reason; why it stands at its place; what it would be in an adjacent release"),
        ("subject, encounter", "patient and encounter (by identifier)"),
    ),
    "Questionnaire": (
        ("url, identifier", "drawn from the ids of the record"),
        ("title, status, subjectType", "the title of the query; `draft` until it is sent; `Patient`"),
        ("code", "the id of the gap, system `urn:oncospan:gap`"),
        ("item", "the indicators to read, and the question with its options; open where an option asks for words"),
    ),
    "Task": (
        ("identifier", "the same as that of its Questionnaire"),
        ("status, intent, priority", "`draft`, `proposal`, `routine`; from the workbench the state of the query, and `order`"),
        ("code, description", "`Documentation query`, and the title of the query"),
        ("focus", "its Questionnaire"),
        ("reasonCode", "the id of the gap, system `urn:oncospan:gap`"),
        ("for, encounter", "patient and encounter (by identifier)"),
        ("authoredOn", "the time of the export; from the workbench that of the query"),
        ("input", "clinical indicators, the question and its options as text"),
        ("requester, owner, lastModified, restriction, statusReason, output", "from the workbench alone: who asked whom, until when, the answer"),
    ),
    "OperationOutcome": (("issue", "of a record that tells an error: its code, message, hint and where"),),
    "Provenance": (
        ("target", "every Observation, Condition and Task of the record"),
        ("recorded", "the time of the export (`--at`)"),
        ("activity, agent", "proposed from notes, by the Device as assembler"),
        ("entity", "the notes, as sources"),
    ),
}  # fmt: skip
"""The elements of the resources of a bundle. ``id`` and ``resourceType`` are everywhere."""

LABEL_STUDIO = (
    ("data.text", "the text of the note, one character for one: what a browser counts twice or does not show stands as U+FFFD"),
    ("data.note_id, data.note_type, data.note_date, data.author_role", "what the record tells of the note"),
    ("data.patient_id, data.encounter_id", "the ids of the export"),
    ("meta.codes, meta.gaps, meta.record", "the codes with title and status, the gaps, and the id of the record"),
    ("predictions.model_version", "engine and rule pack"),
    ("predictions.score", "the lowest confidence of the codes, where there are any"),
    ("predictions.result (labels)", "a region for each mention, its label the kind of the finding, and for each cue (`cue`)"),
    ("predictions.result (choices)", "the assertion of the region"),
    ("predictions.result (textarea)", "concept, side, family and so on as name=value, and the rule"),
    (
        "predictions.result (relation)",
        "`origin` from a metastasis to its primary, `supports` from a confirmation to what it confirms",
    ),
)

BRAT = (
    ("T", "a mention: its kind (`Metastasis`), its pieces as `start end` joined by `;`, its words; or a `Cue`"),
    ("A", "`Assertion` of the mention"),
    ("R", "`Origin` from a metastasis to its primary, `Supports` from a confirmation, `Decides` from a cue"),
    ("#", "`AnnotatorNotes`: id, concept, side and so on of the finding with its rule; the codes that stand on it"),
)

BRAT_INDEX = (
    ("document", "the name of the files without suffix: a number, and the id as far as file names hold it"),
    ("note_id, patient_id, encounter_id", "the ids of the export"),
)

MANIFEST = (
    ("version", "of the manifest: 1"),
    ("finished", "whether the run came to its end"),
    ("records, error_records, errors", "how many records stand, how many of them tell errors, and which"),
    ("run", "what the records were made of: digests of inputs and pack, engine and settings"),
    ("parts", "each part: name, records, error_records, errors, bytes, sha256"),
)


def markdown() -> str:
    """The page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Every column and field that OncoSpan writes. Made from the schemas that write them: `python -m oncospan.export.dictionary`."
    yield "[GLOSSARY.md](../GLOSSARY.md) defines the words. Offsets are characters (Unicode code points) from 0, end exclusive."
    yield ""
    yield "## The record: JSONL and nested Parquet"
    yield ""
    yield "`[]` marks the entries of a list. Fields marked * are there only where they have a value (null in Parquet)."
    yield ""
    yield from _table(("field", "type", "meaning"), _fields("", RECORD))
    yield ""
    yield "## The record of an encounter or patient"
    yield ""
    yield "As above, and besides (every span also has the fields `note_id` and `copied`*: whether the words were carried forward):"
    yield ""
    known = {name for name, *_ in _fields("", RECORD)}
    own = (row for row in _fields("", CHART_RECORD) if row[0] not in known and ".evidence[]." not in row[0])
    yield from _table(("field", "type", "meaning"), own)
    yield ""
    yield "## The flat table: CSV and `flat` Parquet"
    yield ""
    yield from _columns(table.TABLE)
    yield ""
    yield "## OMOP NOTE_NLP"
    yield ""
    yield from _columns(note_nlp.TABLE)
    yield ""
    yield "## FHIR R4 bundles"
    yield ""
    for resource, elements in FHIR.items():
        yield f"### {resource}"
        yield ""
        yield from _told(("element", "meaning"), elements)
        yield ""
    for title, head, rows in (
        ("Label Studio tasks", "field", LABEL_STUDIO), ("brat annotations", "line", BRAT), ("brat index.tsv", "column", BRAT_INDEX),
        ("manifest.json of a folder of parts", "field", MANIFEST),
    ):  # fmt: skip
        yield f"## {title}"
        yield ""
        yield from _told((head, "meaning"), rows)
        yield ""
    yield "`errors.csv`, beside annotations and tasks, has the columns of the flat table."


def _fields(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The fields of an object with their type and meaning, those within it behind it."""
    for name, part in schema["properties"].items():
        mark = "" if name in schema["required"] else "*"
        own = f"{path}{name}"
        yield f"`{own}`{mark}", _type(part), part["description"]
        inner = part["items"] if part["type"] == "array" else part
        if inner.get("type") == "object" and name not in {"evidence", "cues"}:
            yield from _fields(f"{own}{'[]' if part['type'] == 'array' else ''}.", inner)
        elif name == "evidence" and path == "findings[].":
            yield from _fields(f"{own}[].", inner)


def _type(part: dict[str, Any]) -> str:
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    if kinds == ["array"]:
        inner = part["items"]
        return "list of spans" if "start" in inner.get("properties", {}) else f"list of {inner['type']}s"
    named = " or ".join(kinds)
    return f"{named}: {', '.join(part['enum'])}" if "enum" in part else named


def _columns(columns: Table) -> Iterator[str]:
    yield from _table(("column", "type", "meaning"), ((f"`{c.name}`", str(c.type), c.meaning) for c in columns.columns))


def _told(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from _table(head, ((", ".join(f"`{n}`" for n in names.split(", ")), meaning) for names, meaning in rows))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield _row(names)
    yield "|" + "---|" * len(names)
    yield from map(_row, rows)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
