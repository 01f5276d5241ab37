"""One note gives the same findings, codes and gaps through whatever format it comes."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import docx as word
import pytest

import oncospan
from oncospan.readers import read_notes
from oncospan.types import Analysis, Note

LINES = (
    "History: 61-year-old woman with flushing.",
    "CT abdomen: ileal carcinoid with hepatic metastases. No bone metastases.",
    "Assessment: Metastatic well-differentiated neuroendocrine tumor of the ileum, G2. Possible lung metastasis.",
)
TEXT = "\n".join(LINES)
HTML = "<html><body>" + "".join(f"<p>{line}</p>" for line in LINES) + "</body></html>"
RTF = "{\\rtf1\\ansi " + "\\par\n".join(LINES) + "}"
SECTION = "<section><text>" + "<br/>".join(LINES) + "</text></section>"
CDA = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component>'
    f"{SECTION}</component></structuredBody></component></ClinicalDocument>"
)


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def hl7(*segments: str) -> str:
    return "\r".join(["MSH|^~\\&|A|B|C|D|20261110||MDM^T02|1|P|2.5", "TXA|1|CN|TX|20261110", *segments]) + "\r"


def fhir(data: str | bytes, kind: str) -> str:
    content = [{"attachment": {"contentType": kind, "data": encoded(data)}}]
    return json.dumps({"resourceType": "DocumentReference", "id": "d", "content": content})


def docx() -> bytes:
    made = word.Document()
    for line in LINES:
        made.add_paragraph(line)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def table(text: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([["id", "text"], ["1", text]])
    return out.getvalue()


FORMS: dict[str, Callable[[], str | bytes]] = {
    "a.csv": lambda: table(TEXT),
    "b.jsonl": lambda: json.dumps({"id": 1, "text": TEXT}),
    "c.hl7": lambda: hl7(*(f"OBX|{i}|TX|1^Note||{line}" for i, line in enumerate(LINES))),
    "d.hl7": lambda: hl7("OBX|1|FT|1^Note||" + "\\.br\\".join(LINES)),
    "e.hl7": lambda: hl7(f"OBX|1|ED|1^Note||^TEXT^HTML^Base64^{encoded(HTML)}"),
    "f.xml": lambda: CDA,
    "g.html": lambda: HTML,
    "h.json": lambda: fhir(TEXT, "text/plain"),
    "i.ndjson": lambda: fhir(HTML, "text/html"),
    "k.rtf": lambda: RTF,
    "l.json": lambda: fhir(RTF, "text/rtf"),
    "m.hl7": lambda: hl7(f"OBX|1|ED|1^Note||^TEXT^RTF^Base64^{encoded(RTF)}"),
    "n.docx": docx,
    "o.json": lambda: fhir(docx(), "application/msword"),
    "j.json": lambda: fhir(CDA, "text/xml"),
}


def shape(analysis: Analysis) -> object:
    """All that is said of a note but where it stands."""
    findings = [(f.kind, f.concept, f.assertion, f.family, f.grade, [e.text for e in f.evidence]) for f in analysis.findings]
    return findings, [(c.code, c.status, c.sequence) for c in analysis.codes], [g.gap for g in analysis.gaps]


def analysed(note: Note) -> Analysis:
    return oncospan.analyse(note.text, on="2026-11-10")


@pytest.fixture(scope="module")
def plain() -> object:
    found = shape(oncospan.analyse(TEXT, on="2026-11-10"))
    assert found[1]  # type: ignore[index]
    return found


@pytest.mark.parametrize("name", FORMS)
def test_a_note_in_any_format_gives_the_same(tmp_path: Path, name: str, plain: object) -> None:
    path = tmp_path / name
    data = FORMS[name]()
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (note,) = read_notes([path])
    assert isinstance(note, Note), note.error
    analysis = analysed(note)
    assert shape(analysis) == plain
    for span in (e for f in analysis.findings for e in f.evidence):
        assert note.text[span.start : span.end] == span.text
