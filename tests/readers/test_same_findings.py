"""One note gives the same findings, codes and gaps through whatever format it comes, and its record names the text they stand in."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from typing import Any

import docx as word
import pyarrow as pa
import pyarrow.parquet as pq
import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from oncospan import cli
from oncospan.readers import Database, Source, read_notes
from oncospan.types import Note

LINES = (
    "History: 61-year-old woman with flushing.",
    "CT abdomen: ileal carcinoid with hepatic metastases. No bone metastases.",
    "Assessment: Metastatic well-differentiated neuroendocrine tumor of the ileum, G2. Possible lung metastasis.",
)
TEXT = "\n".join(LINES)
HTML = "<html><body>" + "".join(f"<p>{line}</p>" for line in LINES) + "</body></html>"
RTF = "{\\rtf1\\ansi " + "\\par\n".join(LINES) + "}"
SECTION = "<section><text>" + "<br/>".join(LINES) + "</text></section>"
HEAD = '<ClinicalDocument xmlns="urn:hl7-org:v3"><component>'
CDA = f"{HEAD}<structuredBody><component>{SECTION}</component></structuredBody></component></ClinicalDocument>"
QUERY = "SELECT note_id, note_text FROM note ORDER BY note_id"


def encoded(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def hl7(*segments: str) -> str:
    return "\r".join(["MSH|^~\\&|A|B|C|D|20261110||MDM^T02|1|P|2.5", "TXA|1|CN|TX|20261110", *segments]) + "\r"


def embedded(data: str | bytes, kind: str) -> str:
    return hl7(f"OBX|1|ED|1^Note||^{kind}^Base64^{encoded(data)}")


def fhir(data: str | bytes, kind: str) -> dict[str, Any]:
    content = [{"attachment": {"contentType": kind, "data": encoded(data)}}]
    return {"resourceType": "DocumentReference", "id": "d", "content": content}


def embedding_cda(data: str | bytes, kind: str) -> str:
    body = f'<nonXMLBody><text mediaType="{kind}" representation="B64">{encoded(data)}</text></nonXMLBody>'
    return f"{HEAD}{body}</component></ClinicalDocument>"


def docx() -> bytes:
    made = word.Document()
    for line in LINES:
        made.add_paragraph(line)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def pdf() -> bytes:
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(900, 300)
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = writer._add_object(DictionaryObject({NameObject(k): NameObject(v) for k, v in names.items()}))
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = DecodedStreamObject()
    content.set_data(("BT /F1 12 Tf 14 TL 20 250 Td " + " T* ".join(f"({line}) Tj" for line in LINES) + " ET").encode())
    page[NameObject("/Contents")] = writer._add_object(content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def table(*rows: tuple[object, ...], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def parquet(**columns: list[object]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


def zipped(name: str, data: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


PIECES = ((2, TEXT[50:120]), (3, TEXT[120:]), (1, TEXT[:50]))
OMOP = ("note_id", "person_id", "note_date", "note_title", "note_text", "visit_occurrence_id", "visit_concept_id")
MIMIC = ("note_id", "subject_id", "hadm_id", "note_type", "note_seq", "charttime", "storetime", "text")

FORMS: dict[str, Callable[[], str | bytes]] = {
    "plain.txt": lambda: TEXT,
    "table.csv": lambda: table(("id", "text"), (1, TEXT)),
    "table.tsv": lambda: table(("id", "text"), (1, TEXT), delimiter="\t"),
    "omop.csv": lambda: table(OMOP, (7, 12, "2026-11-10", "Consult note", TEXT, 44, 9202)),
    "mimic.csv": lambda: table(MIMIC, ("1-DS-3", 1, "", "DS", 3, "2026-11-10 00:00:00", "", TEXT)),
    "objects.jsonl": lambda: json.dumps({"id": 1, "text": TEXT}),
    "table.parquet": lambda: parquet(id=["1"], text=[TEXT]),
    "HNO_NOTE_TEXT.csv": lambda: table(("NOTE_ID", "LINE", "NOTE_TEXT"), *((5, *piece) for piece in PIECES)),
    "HNO_NOTE_TEXT.jsonl": lambda: "\n".join(json.dumps({"NOTE_ID": 5, "LINE": n, "NOTE_TEXT": words}) for n, words in PIECES),
    "HNO_NOTE_TEXT.parquet": lambda: parquet(NOTE_ID=[5, 5, 5], LINE=[n for n, _ in PIECES], NOTE_TEXT=[words for _, words in PIECES]),
    "lines.hl7": lambda: hl7(*(f"OBX|{i}|TX|1^Note||{line}" for i, line in enumerate(LINES))),
    "breaks.hl7": lambda: hl7("OBX|1|FT|1^Note||" + "\\.br\\".join(LINES)),
    "repeats.hl7": lambda: hl7("OBX|1|TX|1^Note||" + "~".join(LINES)),
    "framed.hl7": lambda: f"\x0b{hl7('OBX|1|TX|1^Note||' + '~'.join(LINES))}\x1c\r",
    "result.hl7": lambda: hl7("OBR|1||9|X", "OBX|1|TX|1^Note||" + "~".join(LINES)).replace("MDM^T02", "ORU^R01"),
    "html.hl7": lambda: embedded(HTML, "TEXT^HTML"),
    "rtf.hl7": lambda: embedded(RTF, "TEXT^RTF"),
    "cda.hl7": lambda: embedded(CDA, "multipart^x-hl7-cda-level-one"),
    "docx.hl7": lambda: embedded(docx(), "application^octet-stream"),
    "pdf.hl7": lambda: embedded(pdf(), "application^pdf"),
    "plain.json": lambda: json.dumps(fhir(TEXT, "text/plain"), indent=1),
    "html.ndjson": lambda: json.dumps(fhir(HTML, "text/html")),
    "rtf.ndjson": lambda: json.dumps(fhir(RTF, "text/rtf")),
    "cda.ndjson": lambda: json.dumps(fhir(CDA, "application/hl7-sda+xml")),
    "docx.ndjson": lambda: json.dumps(fhir(docx(), "application/msword")),
    "pdf.ndjson": lambda: json.dumps(fhir(pdf(), "application/pdf")),
    "bundle.json": lambda: json.dumps({"resourceType": "Bundle", "entry": [{"resource": fhir(TEXT, "text/plain")}]}),
    "report.json": lambda: json.dumps({"resourceType": "DiagnosticReport", "presentedForm": [fhir(TEXT, "text/plain")["content"][0]["attachment"]]}),
    "referred.ndjson": lambda: json.dumps({"resourceType": "DocumentReference", "content": [{"attachment": {"url": "Binary/b"}}]}),
    "sections.xml": lambda: CDA,
    "embedded.ccda": lambda: embedding_cda(RTF, "text/rtf"),
    "page.html": lambda: HTML,
    "letter.rtf": lambda: RTF,
    "letter.docx": docx,
    "letter.pdf": pdf,
    "packed.txt.gz": lambda: gzip.compress(TEXT.encode()),
    "packed.docx.gz": lambda: gzip.compress(docx()),
    "packed.parquet.gz": lambda: gzip.compress(parquet(id=["1"], text=[TEXT])),
    "archive.zip": lambda: zipped("a/b.html", HTML),
    "sqlite:///notes.db": lambda: "",
    "-": lambda: "",
}  # fmt: skip
"""What each input holds; beside them stands the Binary resource that one refers to."""


def shape(record: dict[str, Any]) -> object:
    """All that is said of a note but where it stands."""
    findings = [(*(f.get(k) for k in ("kind", "concept", "assertion", "family", "grade")), [e["text"] for e in f["evidence"]])
                for f in record["findings"]]  # fmt: skip
    return findings, [(c["code"], c["status"], c["sequence"]) for c in record["codes"]], [g["gap"] for g in record["gaps"]]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], Note]]:
    """The record of every form, from one run of the command over all of them, and the note as its reader gives it."""
    folder = tmp_path_factory.mktemp("forms")
    for name, made in FORMS.items():
        if name != "-" and "://" not in name:
            data = made()
            (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    (folder / "Binary.ndjson").write_text(
        json.dumps({"resourceType": "Binary", "id": "b", "contentType": "text/html", "data": encoded(HTML)})
    )
    with closing(sqlite3.connect(folder / "notes.db")) as base, base:
        base.execute("CREATE TABLE note (note_id, note_text)")
        base.execute("INSERT INTO note VALUES (1, ?)", (TEXT,))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(table(("id", "text"), (1, TEXT)).encode())))
        patch.setattr(
            sys,
            "argv",
            ["oncospan", "extract", *FORMS, "Binary.ndjson", "--query", QUERY, "-o", "out.jsonl", "--on", "2026-11-10"],
        )
        with pytest.raises(SystemExit, match=r"^0$"):
            cli.main()
        lines = (folder / "out.jsonl").read_text().splitlines()
        files: list[Source] = [folder / (name if name != "-" else "table.csv") for name in FORMS if "://" not in name]
        files.insert(list(FORMS).index("sqlite:///notes.db"), Database(url="sqlite:///notes.db", query=QUERY))
        notes = [n for n in read_notes([*files, folder / "Binary.ndjson"]) if isinstance(n, Note)]
    return dict(zip(FORMS, zip(map(json.loads, lines), notes, strict=True), strict=True))


@pytest.mark.parametrize("name", FORMS)
def test_a_note_in_any_format_gives_the_same(records: dict[str, tuple[dict[str, Any], Note]], name: str) -> None:
    record, _ = records[name]
    assert record["codes"]
    assert shape(record) == shape(records["plain.txt"][0])


@pytest.mark.parametrize("name", FORMS)
def test_offsets_count_in_the_text_that_the_digest_names(records: dict[str, tuple[dict[str, Any], Note]], name: str) -> None:
    record, note = records[name]
    assert record["text_sha256"] == hashlib.sha256(note.text.encode()).hexdigest()
    spans = [e for part in ("findings", "codes", "rejected", "gaps") for one in record[part] for e in one["evidence"]]
    assert len(spans) > 5
    for span in spans:
        assert note.text[span["start"] : span["end"]] == span["text"]
