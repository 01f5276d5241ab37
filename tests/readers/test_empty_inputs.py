"""Nothing ends in silence: an empty file cannot be read, and one that holds no notes gives an error record."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oncospan.errors import InputError
from oncospan.readers import KINDS, Database, Defaults, read_notes
from oncospan.readers.inputs import inputs_of
from oncospan.runners.slices import notes_of, slices
from oncospan.types import BadNote, Note

NOTES_IN_IT = [s for s, kind in KINDS.items() if kind not in {"text", "document"}]
A_NOTE_ITSELF = [s for s, kind in KINDS.items() if kind in {"text", "document"}]


def errors(*paths: Path) -> list[tuple[str, str]]:
    return [(n.note_id, n.error.code) if isinstance(n, BadNote) else (n.note_id, "") for n in read_notes(paths)]


@pytest.mark.parametrize("suffix", NOTES_IN_IT)
@pytest.mark.parametrize("data", [b"", b" \n\n", b"\xef\xbb\xbf\r\n"], ids=["nothing", "blank", "mark"])
def test_an_empty_file_cannot_be_read_alone_and_is_told_among_others(tmp_path: Path, suffix: str, data: bytes) -> None:
    for path, content in ((tmp_path / f"x{suffix}", data), (tmp_path / f"y{suffix}.gz", gzip.compress(data))):
        path.write_bytes(content)
        with pytest.raises(InputError, match="the file is empty") as e:
            read_notes([path])
        assert e.value.where == path.name
        good = tmp_path / "good.csv"
        good.write_text("id,text\n1,a\n")
        assert errors(path, good) == [(path.name[0], "unreadable_file"), ("1", "")]


@pytest.mark.parametrize("suffix", A_NOTE_ITSELF)
def test_an_empty_file_that_is_a_note_is_a_note_without_text(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"x{suffix}").write_bytes(b"")
    (note,) = read_notes([tmp_path / f"x{suffix}"])  # the engine makes the error empty_note of it
    assert isinstance(note, Note)
    assert note.text == ""


def parquet(path: Path) -> None:
    pq.write_table(pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())}), path)


BARE = {
    "x.csv": b"id,text\n", "x.tsv": b"id\ttext\n\n", "x.csv.gz": gzip.compress(b"id,text\n"), "pieces.csv": b"NOTE_ID,LINE,NOTE_TEXT\n",
    "x.jsonl": b"\n" * 9_000, "batch.hl7": b"FHS|^~\\&|A\rBHS|^~\\&|A\rBTS|0\rFTS|0\r", "frames.hl7": b"\x0b\x1c\r", "x.json": b" " * 9_000,
}  # fmt: skip


@pytest.mark.parametrize("name", [*BARE, "x.parquet"])
def test_a_file_without_notes_gives_an_error_record(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BARE[name]) if name in BARE else parquet(path)
    (found,) = read_notes([path])
    assert isinstance(found, BadNote)
    wanted = "no_document" if name == "x.json" else "no_notes"
    assert (found.note_id, found.error.code, found.error.where) == (name.partition(".")[0], wanted, name)
    assert found.error.hint
    sliced = [n for part in slices(inputs_of([path], {})) for n in notes_of(part, {}, Defaults())]
    assert sliced == [found]


def test_a_query_without_rows_gives_an_error_record() -> None:
    (found,) = read_notes([Database(url="sqlite://", query="SELECT 1 AS id, 'a' AS text WHERE 1 = 0")])
    assert isinstance(found, BadNote)
    assert (found.note_id, found.error.code) == ("sqlite:memory", "no_notes")


@pytest.mark.parametrize("kind", ["Bundle", "Encounter", "Patient"])
@pytest.mark.parametrize("suffix", [".json", ".ndjson"])
def test_resources_without_a_document(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text(json.dumps({"resourceType": kind, "id": "e"}) + "\n")
    assert errors(path) == [("x", "no_document")]


def test_what_only_says_more_of_documents_elsewhere_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text('{"resourceType": "Encounter", "id": "e", "class": {"code": "IMP"}}\n')
    (tmp_path / "b.ndjson").write_text('{"resourceType": "Practitioner", "id": "p"}\n')
    assert errors(tmp_path) == [("a", "no_document")]
    document = {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": {"data": "eA=="}}]}
    (tmp_path / "c.ndjson").write_text(json.dumps(document) + "\n")
    assert errors(tmp_path) == [("d", "")]


def test_empty_files_take_no_other_along(tmp_path: Path) -> None:
    """An empty file of messages does not hide the tables beside it either."""
    for name in ("a.hl7", "b.ndjson", "c.json"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "d.csv").write_text("id,text\n1,a\n")
    lost = [(name, "unreadable_file") for name in "abc"]
    assert errors(tmp_path) == [*lost, ("1", "")]
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in sorted(tmp_path.glob("?.*")):
            archive.write(path, path.name) if path.suffix != ".zip" else None
    assert errors(tmp_path / "x.zip") == [*lost, ("1", "")]


@pytest.mark.parametrize("name", ["folder", "x.zip"])
def test_a_place_without_files_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    else:
        zipfile.ZipFile(path, "w").close()
    with pytest.raises(InputError, match="holds no notes"):
        read_notes([path])
