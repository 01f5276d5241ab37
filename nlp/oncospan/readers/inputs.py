"""What the user named as files: folders, zip archives and single files, and which reader each file has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oncospan.errors import InputError
from oncospan.readers import database, delimited, fhir_resources, jsonlines, parquet, pieces
from oncospan.readers.columns import Layout, resolve
from oncospan.readers.database import Database
from oncospan.readers.detection import is_hl7
from oncospan.readers.office import by_name
from oncospan.readers.problems import DAMAGED, DamagedInput
from oncospan.readers.source import File, is_blank, members, open_bytes

KINDS = {
    ".csv": "delimited", ".tsv": "delimited", ".tab": "delimited", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".txt": "text", ".hl7": "hl7",
    ".json": "fhir", ".xml": "document", ".ccda": "document", ".cda": "document", ".html": "document", ".htm": "document",
    ".rtf": "document", ".pdf": "document", ".docx": "document", ".docm": "document", ".doc": "document",
}  # fmt: skip
"""The reader of every file suffix; each may be followed by ``.gz``."""

TABLES = {"delimited", "jsonl", "parquet"}
_PACKED = (".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst")
_KNOWN = f"{', '.join(KINDS)} (also .gz), .zip, folders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file or query that is read: its reader, the id of the note it is, and the columns of its fields where it is a table.

    ``wrong`` is why one among others cannot be read; its kind is ``unreadable`` then.
    """

    path: File | Database
    kind: str
    note_id: str = ""
    layout: Layout | None = None
    wrong: InputError | None = None

    @property
    def file(self) -> File:
        """The file it is. Only a query is none."""
        assert not isinstance(self.path, Database)
        return self.path


Source = Path | str | Database
"""What may be named: a file, a folder, an archive, or a query to a database."""


def inputs_of(paths: Iterable[Source], chosen: Mapping[str, str], *, check: bool = True) -> list[Input]:
    """The files of all paths, in order, the columns of tables found and checked unless ``check`` is off.

    Raises InputError for what is missing or unknown, and for a table without text.
    """
    found = [i for path in paths for i in _inputs(path)]
    if not check:
        return found
    if len(found) == 1 and found[0].wrong is not None:
        raise found[0].wrong
    return [_checked(i, chosen) if len(found) == 1 else _checked_among(i, chosen) for i in found]


def kind_of(path: File) -> str | None:
    """The reader for a file by its name: ``delimited``, ``jsonl``, ``parquet``, ``text``, ``hl7``, ``fhir``, ``document``, or None."""
    name = path.name.lower()
    return KINDS.get(Path(name.removesuffix(".gz")).suffix)


def id_of(name: str) -> str:
    """The id of the note that a file of this name is: the name without its suffixes."""
    bare = name[:-3] if name.lower().endswith(".gz") else name
    return bare.rsplit(".", 1)[0] if Path(bare.lower()).suffix in KINDS or bare == name else bare


def _inputs(named: Source) -> list[Input]:
    if isinstance(named, Database):
        return [Input(path=named, kind="database")]
    path = Path(named)
    if path.is_dir() or (path.exists() and _zipped(path)):
        return _chosen(_files(path), path)
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path), hint="Check the path.")
    kind = kind_of(path)
    if kind is None:
        raise _unknown(path)
    try:
        return [Input(path=path, kind=_sniffed(path, kind), note_id=id_of(path.name))]
    except DamagedInput as e:
        return [_unreadable(path, id_of(path.name), e)]


def _unknown(path: Path) -> InputError:
    """The error of a file whose name is of no kind that is read."""
    if it := by_name(path):
        return InputError(f"{it.what}, which is not read", where=path.name, hint=it.instead)
    unpack = "Unpack it first, or pack it as zip. " if path.suffix.lower() in _PACKED else ""
    hint = f"{unpack}Known: {_KNOWN}. A file of another name can be piped in: oncospan extract - --input-format FORMAT < FILE"
    return InputError("the kind of file is not known", where=path.name, hint=hint)


def names_of(path: Path) -> list[File]:
    """All files of a folder or archive, those that are read and those that are not; none for a file."""
    return [file for file, _ in _files(path)] if path.is_dir() or _zipped(path) else []


def _files(path: Path) -> list[tuple[File, str]]:
    """The files of a folder or archive, each with its name from there."""
    if not path.is_dir():
        return _archive(path, "")
    files: list[tuple[File, str]] = []
    for found in sorted(p for p in path.rglob("*") if p.is_file()):
        relative = found.relative_to(path).as_posix()
        files.extend(_archive(found, f"{relative}/") if _zipped(found) else [(found, relative)])
    return files


def _zipped(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and not path.name.startswith(".")


def _archive(path: Path, before: str) -> list[tuple[File, str]]:
    """The files of an archive, each with the name it has from the folder or archive that was named.

    One that is damaged or locked stands for itself where it is one of a folder. Raises DamagedInput where it is named itself.
    """
    try:
        return [(member, before + member.inner) for member in members(path)]
    except DamagedInput:
        if before:
            return [(path, before.rstrip("/"))]
        raise


def _chosen(files: list[tuple[File, str]], place: Path) -> list[Input]:
    """The documents and messages of a folder or archive; where it has none, its tables."""
    seen = [found for f, name in files if (found := _seen(f, name))]
    documents = [i for i in seen if i.kind not in TABLES]
    chosen = documents if any(i.kind != "unreadable" for i in documents) else seen
    if not chosen:
        raise InputError(
            "the folder holds no notes", where=str(place), hint=f"{_ways_out(f for f, _ in files)}Known files: {_KNOWN}."
        )
    return chosen


def _ways_out(files: Iterable[File]) -> str:
    """What to do with the files of office programs among those of a folder that holds nothing else."""
    found = dict.fromkeys(it for f in files if (it := by_name(f)) is not None)
    return "".join(f"It holds {it.what}: {it.instead[0].lower()}{it.instead[1:].rstrip('.')}. " for it in found)


def tables_beside(files: Sequence[File]) -> list[str]:
    """The names of tables among the files of a folder or archive that are not read, because documents or messages stand beside them."""
    seen = [(f, kind_of(f) or "") for f in files if not Path(f.name).name.startswith(".")]
    kinds = {kind for f, kind in seen if kind != "fhir" or fhir_resources.holds_fhir(f)} - {""}
    if not kinds & TABLES or kinds <= TABLES:
        return []
    return [f.name for f, kind in seen if kind in TABLES and _is_table(f, kind)]


def _is_table(path: File, kind: str) -> bool:
    try:
        return _sniffed(path, kind) in TABLES
    except DamagedInput:
        return False  # it gives an error record


def _seen(path: File, name: str) -> Input | None:
    """A file among others; None for a hidden one, one of an unknown kind, and JSON that is no FHIR."""
    if Path(path.name).name.startswith("."):
        return None
    try:
        if path.name.lower().endswith(".zip"):
            return _unreadable(path, name, _zip_within(path))
        kind = kind_of(path)
        sniffed = None if kind is None else _sniffed(path, kind)
        if sniffed is None or (kind == "fhir" and not fhir_resources.holds_fhir(path)):
            return None
        return Input(path=path, kind=sniffed, note_id=id_of(name))
    except DamagedInput as e:
        return _unreadable(path, id_of(name), e)


def _zip_within(path: File) -> InputError:
    """Why an archive within an archive or a folder is not read."""
    if isinstance(path, Path):
        try:
            members(path)
        except DamagedInput as e:
            return e
    return DamagedInput("an archive inside an archive", where=path.name, hint="Unpack the outer one.")


def _unreadable(path: File | Database, note_id: str, wrong: InputError) -> Input:
    return Input(path=path, kind="unreadable", note_id=note_id, wrong=wrong)


def _sniffed(path: File, kind: str) -> str:
    """The reader of a file: lines of JSON are FHIR where the first of them is a resource or they are one JSON value, text may be HL7 messages.

    Raises DamagedInput for an empty file that should hold notes; one that is a note is a note without text.
    """
    if kind not in {"text", "document"} and is_blank(path):
        raise DamagedInput("the file is empty", where=path.name, hint="Export it again.")
    if kind == "jsonl":
        whole = not fhir_resources.by_lines(path) and fhir_resources.holds_fhir(path)
        return "fhir" if whole or "resourceType" in jsonlines.first_keys(path) else kind
    return "hl7" if kind == "text" and _begins_as_hl7(path) else kind


def _begins_as_hl7(path: File) -> bool:
    with open_bytes(path) as stream:
        try:
            return is_hl7(stream.read(64))
        except DAMAGED:
            return False  # it is damaged: its reader says so


def _checked_among(given: Input, chosen: Mapping[str, str]) -> Input:
    """The same for one of several: what is damaged or empty gives an error record and takes no other along."""
    try:
        return _checked(given, chosen)
    except DamagedInput as e:
        return _unreadable(given.path, given.note_id or given.path.name, e)


def _checked(given: Input, chosen: Mapping[str, str]) -> Input:
    """The input with its layout found; all columns are checked before the first note is read."""
    if given.kind not in {*TABLES, "database"}:
        return given
    found = columns_of(given)
    if not found and given.kind == "jsonl":
        return given  # its lines say why they are no objects
    layout = resolve(found, chosen, given.path.name)
    if cut := pieces.layout_of(found, layout):
        return replace(given, kind="pieces", layout=cut)
    return given if given.kind == "jsonl" else replace(given, layout=layout)


def columns_of(given: Input) -> Sequence[str]:
    """The columns of a table. Raises InputError."""
    if isinstance(given.path, Database):
        return database.columns_of(given.path)
    read = {"delimited": delimited.columns_of, "parquet": parquet.columns_of, "jsonl": jsonlines.columns_of}
    return read[kind_of(given.path) or ""](given.path)
