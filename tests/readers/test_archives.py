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
from oncospan.readers import read_notes, source
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


def test_every_file_may_be_packed_by_gzip(tmp_path: Path) -> None:
    files = {
        "a.txt": b"one", "b.csv": b"id,text\nc,csv\n", "c.jsonl": b'{"id": "j", "text": "jsonl"}', "d.parquet": parquet(),
        "e.rtf": b"{\\rtf1 five}", "f.html": b"<p>six</p>", "g.hl7": b"MSH|^~\\&|A|B|C|D|1||MDM^T02|1|P|2.5\rOBX|1|TX|||seven\r",
        "h.xml": b"<ClinicalDocument><section><text>eight</text></section></ClinicalDocument>",
        "i.ndjson": b'{"resourceType": "Composition", "section": [{"text": {"div": "<p>nine</p>"}}]}',
    }  # fmt: skip
    words = []
    for name, data in files.items():
        path = tmp_path / f"{name}.gz"
        path.write_bytes(gzip.compress(data))
        words.append(shape(path)[0].split("=")[1])
    assert words == ["one", "csv", "jsonl", "parquet", "five", "six", "seven", "eight", "nine"]


def test_names_that_lead_out_of_an_archive_lead_nowhere(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    path = packed(place / "x.zip", {"../../evil.txt": b"one", "/tmp/absolute.txt": b"two", "c:\\d.txt": b"three"})
    assert len(list(read_notes([path]))) == 3
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "x.zip"]


def test_a_link_within_an_archive_is_no_note(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", {"a.txt": b"one"})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert shape(path) == ["a=one"]


def locked(path: Path, *names: str) -> Path:
    """The archive with these files marked as encrypted, as tools see it before they ask for a password."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        for name in names:
            start = archive.getinfo(name).header_offset
            data[start + 6] |= 1
            central = data.index(b"PK\x01\x02")
            while data[central + 46 : central + 46 + len(name)] != name.encode():
                central = data.index(b"PK\x01\x02", central + 4)
            data[central + 8] |= 1
    path.write_bytes(data)
    return path


def test_a_locked_archive_is_refused_and_a_locked_file_is_told(tmp_path: Path) -> None:
    files = {"a.txt": b"one", "b.txt": b"two", "c.html": b"<p>three</p>", "d.jsonl": b'{"text": "four"}'}
    with pytest.raises(InputError, match="locked with a password"):
        read_notes([locked(packed(tmp_path / "x.zip", files), *files)])
    assert shape(locked(packed(tmp_path / "y.zip", files), "b.txt", "d.jsonl")) == [
        "a=one", "!unreadable_file@y.zip/b.txt", "c=three", "!unreadable_file@y.zip/d.jsonl",
    ]  # fmt: skip


def test_what_is_damaged_or_empty_in_a_folder_takes_no_other_along(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text("id,text\nb,two\n")
    (tmp_path / "c.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "d.zip").write_bytes(b"no archive")
    packed(tmp_path / "e.zip", {"f.zip": b"x", "g.csv": b"id,text\ng,five\n"})
    assert shape(tmp_path) == [
        "!unreadable_file@a.csv", "b=two", "!unreadable_file@c.parquet", "!unreadable_file@d.zip", "!unreadable_file@e.zip/f.zip", "g=five",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.csv.gz", "x.hl7.gz", "x.txt.gz", "x.json.gz", "x.zip"])
def test_what_unpacks_beyond_all_measure_ends(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_RATIO_COUNTS_FROM", 100_000)
    monkeypatch.setattr(source, "_LARGEST_RATIO", 50)
    head = b'{"id": 1, "text": "a", "resourceType": "x"}\n' if "json" in name else b"id,text\n1,a\n"
    head = b"MSH|^~\\&|A|B|C|D|1||MDM^T02|1|P|2.5\rOBX|1|TX|||a\r" if "hl7" in name else head
    bomb = head + (b" " * 1_000 + b"\n") * 2_000
    path = tmp_path / name
    if name == "x.zip":
        packed(path, {"a.csv": bomb, "b.csv": b"id,text\nb,two\n"})
    else:
        path.write_bytes(gzip.compress(bomb, 9))
    found = shape(path)
    assert any(s.startswith("!archive_bomb") for s in found), found
    assert name != "x.zip" or found[-1] == "b=two"


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


def test_two_files_of_one_name_are_both_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "one")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.txt", "two")
    assert shape(tmp_path / "x.zip") == ["a=one", "a=two"]
