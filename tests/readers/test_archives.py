"""Zip archives are read like folders; what is wrong with one is said."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oncospan.errors import InputError
from oncospan.readers import read_notes
from oncospan.types import BadNote, Note


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def shape(*paths: Path) -> list[str]:
    return [f"{n.note_id}={n.text}" if isinstance(n, Note) else f"!{n.error.code}@{n.error.where}" for n in read_notes(paths)]


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": ["q"], "text": ["parquet"]}), sink)
    return bytes(sink.getvalue())


DOCUMENTS = {
    "b/two.txt": b"two", "a.txt": b"one", "c.txt.gz": gzip.compress(b"three"), "d.html": b"<p>four</p>", "e/f.xml.gz": gzip.compress(b"<x/>"),
    "log.json": b'{"exported": 3}', ".hidden.txt": b"no", "__MACOSX/._a.txt": b"no", "table.csv": b"no,notes\n", "read.me": b"no",
}  # fmt: skip
READ = ["a=one", "b/two=two", "c=three", "d=four"]


def test_an_archive_is_read_like_a_folder(tmp_path: Path) -> None:
    assert shape(packed(tmp_path / "x.zip", DOCUMENTS)) == [*READ, "!not_cda@x.zip/e/f.xml.gz"]


def test_an_archive_within_a_folder(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    packed(tmp_path / "f" / "x.zip", DOCUMENTS)
    (tmp_path / "f" / "z.txt").write_text("last")
    assert shape(tmp_path / "f") == [*(f"x.zip/{r}" for r in READ), "!not_cda@x.zip/e/f.xml.gz", "z=last"]


def test_an_archive_of_tables(tmp_path: Path) -> None:
    rows = {"a.csv": b"id,text\nc,csv\n", "b.jsonl": json.dumps({"id": "j", "text": "jsonl"}).encode(), "c.parquet": parquet()}
    assert shape(packed(tmp_path / "x.zip", rows)) == ["c=csv", "j=jsonl", "q=parquet"]


def test_an_archive_of_messages_and_resources(tmp_path: Path) -> None:
    message = b"MSH|^~\\&|A|B|C|D|20261110||MDM^T02|1|P|2.5\rOBX|1|TX|||word\r"
    composition = {"resourceType": "Composition", "id": "f", "section": [{"text": {"div": "<p>w</p>"}}]}
    files = {"a.hl7": message, "b.ndjson": json.dumps(composition).encode()}
    assert shape(packed(tmp_path / "x.zip", files)) == ["1=word", "f=w"]


def test_a_file_that_is_damaged_inside_takes_no_other_along(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", {"a.txt": b"one" * 100, "b.txt": b"two" * 100, "c.txt": b"x"})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("b.txt").header_offset
    data[at + 36 : at + 42] = b"\xff" * 6  # within its compressed bytes
    path.write_bytes(data)
    found = list(read_notes([path]))
    assert [n.note_id for n in found] == ["a", "b", "c"]
    assert [isinstance(n, BadNote) for n in found] == [False, True, False]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [("x.zip", b"no archive", "not a readable zip"), ("x.zip", b"", "not a readable zip"), ("x.zip", None, "inside an archive")],
)
def test_archives_that_cannot_be_read(tmp_path: Path, name: str, data: bytes | None, message: str) -> None:
    path = tmp_path / name
    if data is None:
        packed(path, {"inner.zip": b"x"})
    else:
        path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_notes([path])


def test_an_empty_or_cut_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no notes"):
        read_notes([packed(tmp_path / "x.zip", {})])
    whole = packed(tmp_path / "y.zip", DOCUMENTS).read_bytes()
    (tmp_path / "y.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a readable zip"):
        read_notes([tmp_path / "y.zip"])


def test_an_archive_that_changed_is_read_anew(tmp_path: Path) -> None:
    assert shape(packed(tmp_path / "x.zip", {"a.txt": b"old"})) == ["a=old"]
    assert shape(packed(tmp_path / "x.zip", {"b.txt": b"new"})) == ["b=new"]
