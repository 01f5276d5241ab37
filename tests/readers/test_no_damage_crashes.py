"""Bytes of every format, changed and cut by chance: a note or an error each, never a crash."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from oncospan.errors import OncoSpanError
from oncospan.readers import read_notes

SAMPLES = Path(__file__).parents[2] / "docs" / "inputs" / "samples"
NAMES = ("feed.hl7", "letter.docx", "letter.pdf", "letter.rtf", "notes.csv", "notes.jsonl", "notes.parquet", "page.html", "summary.xml", "export.zip",
         "epic/HNO_NOTE_TEXT.csv", "fhir/DocumentReference.ndjson", "mimic/discharge.csv.gz")  # fmt: skip


def flipped(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] = chance.randrange(256)


def lost(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 20)]


def doubled(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[chance.randrange(len(data)) :][:50]


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


DAMAGE: tuple[Callable[[bytearray, random.Random], None], ...] = (flipped, lost, doubled, cut)


@pytest.mark.parametrize("name", NAMES)
def test_damage_ends_as_a_note_or_an_error(tmp_path: Path, name: str) -> None:
    chance, whole = random.Random(name), (SAMPLES / name).read_bytes()
    path = tmp_path / name.rpartition("/")[2]
    for _ in range(60):
        data = bytearray(whole)
        for damage in chance.choices(DAMAGE, weights=(6, 2, 2, 1), k=chance.choice((1, 1, 3, 8))):
            if data:
                damage(data, chance)
        path.write_bytes(data)
        try:
            found = list(read_notes([path]))
        except OncoSpanError:
            continue
        assert all(n.note_id for n in found)


def test_damage_within_a_gzip_or_an_archive_is_contained(tmp_path: Path) -> None:
    good = json.dumps({"id": "good", "text": "words"}).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.jsonl.gz", gzip.compress(good * 9)[:-12])
        archive.writestr("b.jsonl", good)
    (tmp_path / "x.zip").write_bytes(out.getvalue())
    assert [n.note_id for n in read_notes([tmp_path / "x.zip"])][-1] == "good"
