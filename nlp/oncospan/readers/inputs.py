"""What the user named as files: folders, zip archives and single files, and which reader each file has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from oncospan.errors import InputError
from oncospan.readers import delimited, fhir_resources, jsonlines, parquet, pieces
from oncospan.readers.columns import Layout, resolve
from oncospan.readers.source import File, members

KINDS = {
    ".csv": "delimited", ".tsv": "delimited", ".tab": "delimited", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".txt": "text", ".hl7": "hl7",
    ".json": "fhir", ".xml": "document", ".ccda": "document", ".cda": "document", ".html": "document", ".htm": "document",
    ".rtf": "document", ".pdf": "document", ".docx": "document", ".docm": "document", ".doc": "document",
}  # fmt: skip
"""The reader of every file suffix; all but Parquet may be followed by ``.gz``."""

TABLES = {"delimited", "jsonl", "parquet"}
_KNOWN = f"{', '.join(KINDS)} (also .gz), .zip, folders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file that is read: its reader, the id of the note it is, and the columns of its fields where it is a table."""

    path: File
    kind: str
    note_id: str = ""
    layout: Layout | None = None


def inputs_of(paths: Iterable[Path | str], chosen: Mapping[str, str], *, check: bool = True) -> list[Input]:
    """The files of all paths, in order, the columns of tables found and checked unless ``check`` is off.

    Raises InputError for what is missing or unknown, and for a table without text.
    """
    found = [i for path in paths for i in _inputs(Path(path))]
    return [_checked(i, chosen) for i in found] if check else found


def kind_of(path: File) -> str | None:
    """The reader for a file by its name: ``delimited``, ``jsonl``, ``parquet``, ``text``, ``hl7``, ``fhir``, ``document``, or None."""
    name = path.name.lower()
    kind = KINDS.get(Path(name.removesuffix(".gz")).suffix)
    return None if kind == "parquet" and name.endswith(".gz") else kind


def id_of(name: str) -> str:
    """The id of the note that a file of this name is: the name without its suffixes."""
    bare = name[:-3] if name.lower().endswith(".gz") else name
    return bare.rsplit(".", 1)[0] if Path(bare.lower()).suffix in KINDS or bare == name else bare


def _inputs(path: Path) -> list[Input]:
    if path.is_dir():
        files: list[tuple[File, str]] = []
        for found in sorted(p for p in path.rglob("*") if p.is_file()):
            relative = found.relative_to(path).as_posix()
            files.extend(_archive(found, f"{relative}/") if _zipped(found) else [(found, relative)])
        return _chosen(files, path)
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path), hint="Check the path.")
    if _zipped(path):
        return _chosen(_archive(path, ""), path)
    kind = kind_of(path)
    if kind is None:
        raise InputError("the kind of file is not known", where=path.name, hint=f"Known: {_KNOWN}.")
    return [Input(path=path, kind=_sniffed(path, kind), note_id=id_of(path.name))]


def _zipped(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and not path.name.startswith(".")


def _archive(path: Path, before: str) -> list[tuple[File, str]]:
    """The files of an archive, each with the name it has from the folder or archive that was named."""
    found: list[tuple[File, str]] = []
    for member in members(path):
        if member.inner.lower().endswith(".zip"):
            raise InputError("an archive inside an archive", where=member.name, hint="Unpack the outer one.")
        found.append((member, before + member.inner))
    return found


def _chosen(files: list[tuple[File, str]], place: Path) -> list[Input]:
    """The documents and messages of a folder or archive; where it has none, its tables."""
    seen = [Input(path=f, kind=kind, note_id=id_of(name)) for f, name in files if (kind := _kind_within(f))]
    chosen = [i for i in seen if i.kind not in TABLES] or seen
    if not chosen:
        raise InputError("the folder holds no notes", where=str(place), hint=f"Known files: {_KNOWN}.")
    return chosen


def _kind_within(path: File) -> str | None:
    """The reader of a file among others; a hidden file and JSON that is no FHIR have none."""
    kind = None if Path(path.name).name.startswith(".") else kind_of(path)
    if kind == "fhir" and not fhir_resources.holds_fhir(path):
        return None
    return _sniffed(path, kind) if kind else None


def _sniffed(path: File, kind: str) -> str:
    """The reader of a file; lines of JSON are FHIR where the first of them is a resource."""
    return "fhir" if kind == "jsonl" and "resourceType" in jsonlines.first_keys(path) else kind


def _checked(given: Input, chosen: Mapping[str, str]) -> Input:
    """The input with its layout found; all columns are checked before the first note is read."""
    if given.kind not in TABLES:
        return given
    if given.kind == "jsonl":
        if found := jsonlines.columns_of(given.path):
            resolve(found, chosen, given.path.name)
        return given
    found = delimited.columns_of(given.path) if given.kind == "delimited" else parquet.columns_of(given.path)
    layout = resolve(found, chosen, given.path.name)
    if given.kind == "delimited" and (cut := pieces.layout_of(found, layout)):
        return replace(given, kind="pieces", layout=cut)
    return replace(given, layout=layout)
