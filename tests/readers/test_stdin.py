"""Standard input: every format is told by its bytes or by name, and nothing is left behind."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from pathlib import Path

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oncospan.errors import InputError
from oncospan.readers import InputFormat, read_notes, spooled
from oncospan.readers.detection import suffix_of
from oncospan.types import BadNote, Note

TEXT = "Ileal carcinoid with hepatic metastases."
DOCUMENT = {"resourceType": "Composition", "section": [{"text": {"div": f"<p>{TEXT}</p>"}}]}
MESSAGE = f"MSH|^~\\&|A|B|C|D|20261110||MDM^T02|1|P|2.5\rOBX|1|TX|||{TEXT}\r"
CDA = f'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"><section><text>{TEXT}</text></section></ClinicalDocument>'


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": ["1"], "text": [TEXT]}), sink)
    return bytes(sink.getvalue())


def word() -> bytes:
    out = io.BytesIO()
    made = docx.Document()
    made.add_paragraph(TEXT)
    made.save(out)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.txt", TEXT)
    return out.getvalue()


FORMS = {
    "comma": (f'id,text\n1,"{TEXT}"\n'.encode(), ".csv"), "mark": (f'\ufeffid;note_text\n1;"{TEXT}"\n'.encode(), ".csv"),
    "excel": (f"sep=|\r\nid|text\r\n1|{TEXT}\r\n".encode(), ".csv"), "wide": (TEXT.encode("utf-16"), ".txt"),
    "wide resource": (json.dumps(DOCUMENT).encode("utf-16"), ".json"),
    "tab": (f"id\ttext\n1\t{TEXT}\n".encode(), ".tsv"), "objects": (json.dumps({"text": TEXT}).encode() + b"\n", ".jsonl"),
    "resources": (json.dumps(DOCUMENT).encode() + b"\n", ".ndjson"), "pretty": (json.dumps(DOCUMENT, indent=1).encode(), ".json"),
    "list": (json.dumps([DOCUMENT]).encode(), ".json"), "message": (MESSAGE.encode(), ".hl7"),
    "framed": (b"\x0b" + MESSAGE.encode() + b"\x1c\r", ".hl7"), "batch": (f"FHS|^~\\&|A\r{MESSAGE}".encode(), ".hl7"),
    "text": (TEXT.encode(), ".txt"), "prose": (f"Plan, next note, text.\n{TEXT}".encode(), ".txt"), "parquet": (parquet(), ".parquet"),
    "rtf": (f"{{\\rtf1 {TEXT}}}".encode(), ".rtf"), "html": (f"<html><p>{TEXT}</p></html>".encode(), ".html"), "ccda": (CDA.encode(), ".xml"),
    "word": (word(), ".docx"), "archive": (archive(), ".zip"), "packed": (gzip.compress(f'id,text\n1,"{TEXT}"\n'.encode()), ".csv.gz"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_the_format_is_told_by_the_bytes(name: str) -> None:
    data, suffix = FORMS[name]
    with spooled(io.BytesIO(data)) as path:
        assert path.name == f"stdin{suffix}"
        assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
        (note,) = read_notes([path])
        assert isinstance(note, Note), note.error
        assert TEXT in note.text
    assert not path.parent.exists()


@pytest.mark.parametrize("named", InputFormat)
def test_a_format_that_is_named_is_taken(named: InputFormat) -> None:
    suffix = suffix_of(b"Plan: none", named)
    known = {InputFormat.TEXT: ".txt", InputFormat.CCDA: ".xml", InputFormat.FHIR: ".json"}
    assert suffix == known.get(named, f".{named}")
    assert suffix_of(gzip.compress(b"words"), named) == suffix + ".gz"
    assert suffix_of(b'{"resourceType": "Bundle"}\n', InputFormat.FHIR) == ".ndjson"


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01\x02\x03", b"\x1f\x8b broken", b"\x89PNG\r\n\x1a\n"], ids=["nothing", "bytes", "gzip", "picture"]
)
def test_what_is_of_no_format_is_refused_and_nothing_is_left(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InputError), spooled(io.BytesIO(data)):
        pass
    assert not list(tmp_path.iterdir())


def test_a_bad_row_is_told_with_its_line() -> None:
    with spooled(io.BytesIO(b"id,text\n1,a\n2,b,c\n")) as path:
        _, bad = read_notes([path])
    assert isinstance(bad, BadNote)
    assert (bad.note_id, bad.error.where) == ("stdin:2", "stdin.csv:3")
