"""Every format, damaged in every way: an error record or a refusal with its reason, the documented exit code, nothing half-written."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CANARY = "Quetzalcoatl"
GOOD = f"Liver metastases. {CANARY}."
LATIN = f"caf\xe9 {GOOD}".encode("latin-1")
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
HEAD = "MSH|^~\\&|A|B|C|D|20261110||{}|1|P|2.5\r"


def b64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def reference(attachment: object) -> bytes:
    return json.dumps({"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": attachment}]}).encode()


def cda(text: str, before: str = "") -> bytes:
    return f"{before}<ClinicalDocument><section><text>{text}</text></section></ClinicalDocument>".encode()


def message(kind: str, *segments: str) -> bytes:
    return (HEAD.format(kind) + "".join(f"{s}\r" for s in segments)).encode()


def word() -> bytes:
    made, out = docx.Document(), io.BytesIO()
    made.add_paragraph(GOOD)
    made.save(out)
    return out.getvalue()


def parquet(**columns: object) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name.replace("_", "."), data)
    return out.getvalue()


HUGE = {"contentType": "text/plain", "size": 2**31, "data": b64(GOOD)}
CASES: dict[str, tuple[str, bytes, str]] = {
    "csv, cut in a cell": ("x.csv", f'id,text\n1,"{GOOD}'.encode(), "bad_row"),
    "csv, another encoding": ("x.csv", b"id,text\n1," + LATIN, "not_utf8"),
    "csv, UTF-16": ("x.csv", f"id,text\n1,{GOOD}".encode("utf-16"), "exit 5: UTF-16"),
    "csv, old line ends": ("x.csv", f"id,text\r1,{GOOD}\r".encode(), "exit 5: carriage returns alone"),
    "csv, a spreadsheet": ("x.xlsx", archive(xl_workbook=b""), "exit 5: Save the sheet as CSV"),
    "csv, a cell too few": ("x.csv", b"id,setting,text\n1,a\n", "bad_row"),
    "csv, wrong type": ("x.csv", f"id,date,text\n1,soon,{GOOD}\n".encode(), "bad_value"),
    "csv, no text column": ("x.csv", f"id,body\n1,{GOOD}\n".encode(), "exit 5: no column holds the note text"),
    "csv, empty": ("x.csv", b"", "exit 5: empty"),
    "csv, no rows": ("x.csv", b"id,text\n", "no_notes"),
    "csv, gzip cut short": ("x.csv.gz", gzip.compress(f"id,text\n1,{GOOD}\n".encode() * 9)[:-9], "damaged_file"),
    "csv, no gzip": ("x.csv.gz", b"id,text\n1,a\n", "exit 5: header cannot be read"),
    "jsonl, empty": ("x.jsonl", b"", "exit 5: empty"),
    "jsonl, cut": ("x.jsonl", b'{"id": 1, "text": "a"}\n{"id": 2, "text": "b', "bad_json"),
    "jsonl, another encoding": ("x.jsonl", b'{"id": 1, "text": "a"}\n{"text": "' + LATIN + b'"}', "not_utf8"),
    "jsonl, wrong type": ("x.jsonl", b'{"id": 1, "text": ["a"]}', "bad_value"),
    "jsonl, no text": ("x.jsonl", b'{"id": 1, "text": "a"}\n{"id": 2}', "missing_text"),
    "jsonl, deep": ("x.jsonl", b'{"id": 1, "text": "a"}\n' + b"[" * 99_999, "bad_json"),
    "parquet, empty": ("x.parquet", b"", "exit 5: empty"),
    "parquet, no rows": ("x.parquet", parquet(id=[], text=[]), "no_notes"),
    "parquet, cut": ("x.parquet", parquet(id=["1"], text=[GOOD])[:-40], "exit 5: not a readable Parquet"),
    "parquet, another encoding": ("x.parquet", parquet(id=["1"], text=pa.array([LATIN], pa.binary())), "not_utf8"),
    "parquet, wrong type": ("x.parquet", parquet(id=["1"], text=[[GOOD]]), "bad_value"),
    "parquet, no text column": ("x.parquet", parquet(id=["1"]), "exit 5: no column holds the note text"),
    "pieces, one missing": ("x.csv", f"NOTE_ID,LINE,NOTE_TEXT\n7,2,{GOOD}\n".encode(), "missing_piece"),
    "pieces, no number": ("x.csv", f"NOTE_ID,LINE,NOTE_TEXT\n7,first,{GOOD}\n".encode(), "bad_piece"),
    "text, another encoding": ("x.txt", LATIN, "not_utf8"),
    "text, empty": ("x.txt", b"", "empty_note"),
    "hl7, empty": ("x.hl7", b"", "exit 5: empty"),
    "hl7, no message": ("x.hl7", b"BHS|^~\\&|A\rBTS|0\r", "no_notes"),
    "hl7, cut before the document": ("x.hl7", message("MDM^T02", "TXA|1|CN"), "no_document"),
    "hl7, no header": ("x.hl7", f"OBX|1|TX|||{GOOD}\r".encode(), "not_hl7"),
    "hl7, UTF-16": ("x.hl7", message("MDM^T02", f"OBX|1|TX|||{GOOD}").decode().encode("utf-16"), "utf_16"),
    "hl7, another encoding": ("x.hl7", HEAD.format("MDM^T02").encode() + b"OBX|1|TX|||" + LATIN, "not_utf8"),
    "hl7, another type": ("x.hl7", message("ADT^A01", f"OBX|1|TX|||{GOOD}"), "no_document"),
    "hl7, damaged base64": ("x.hl7", message("MDM^T02", f"OBX|1|ED|||^TEXT^^Base64^{b64(GOOD)[:-3]}"), "bad_base64"),
    "hl7, empty document": ("x.hl7", message("MDM^T02", "OBX|1|ED|||^TEXT^^Base64^"), "empty_document"),
    "hl7, entity bomb": ("x.hl7", message("MDM^T02", f"OBX|1|ED|||^TEXT^XML^Base64^{b64(cda('&c;', BOMB))}"), "forbidden_xml"),
    "fhir, empty": ("x.json", b"", "exit 5: empty"),
    "fhir, no document": ("x.ndjson", b'{"resourceType": "Encounter", "id": "e"}\n', "no_document"),
    "fhir, cut": ("x.json", reference(HUGE)[:-9], "bad_json"),
    "fhir, cut line": ("x.ndjson", reference(HUGE) + b"\n" + reference(HUGE)[:-9], "bad_json"),
    "fhir, another encoding": ("x.json", b'{"resourceType": "Composition", "title": "' + LATIN + b'"}', "not_utf8"),
    "fhir, wrong types": ("x.json", b'{"resourceType": "DocumentReference", "content": "a", "type": 7, "subject": []}', "no_text"),
    "fhir, data of a wrong type": ("x.json", reference({"data": 7}), "bad_value"),
    "fhir, damaged base64": ("x.json", reference({"data": "a-b"}), "bad_base64"),
    "fhir, no attachment": ("x.json", b'{"resourceType": "DocumentReference"}', "no_text"),
    "fhir, entity bomb": ("x.json", reference({"contentType": "text/xml", "data": b64(cda("&c;", BOMB))}), "forbidden_xml"),
    "fhir, no resource": ("x.json", b'{"a": 1}', "not_fhir"),
    "ccda, empty": ("x.xml", b"", "empty_note"),
    "ccda, cut": ("x.xml", cda(GOOD)[:-30], "bad_xml"),
    "ccda, another encoding": ("x.xml", cda("TEXT").replace(b"TEXT", LATIN), "not_utf8"),
    "ccda, entity bomb": ("x.xml", cda("&c;", BOMB), "forbidden_xml"),
    "ccda, a file of the machine": ("x.xml", cda("&a;", FILE), "forbidden_xml"),
    "ccda, other XML": ("x.xml", f"<x>{GOOD}</x>".encode(), "not_cda"),
    "ccda, no narrative": ("x.xml", b"<ClinicalDocument/>", "no_text"),
    "html, another encoding": ("x.html", b"<p>" + LATIN, "not_utf8"),
    "html, deeper than is read": ("x.html", f"<p>start</p>{'<div>' * 3_000}{GOOD}".encode(), "bad_html"),
    "html, empty": ("x.html", b"", "empty_note"),
    "rtf, cut": ("x.rtf", f"{{\\rtf1 {GOOD}".encode(), "bad_rtf"),
    "rtf, two gigabytes claimed": ("x.rtf", f"{{\\rtf1 {{\\pict\\bin2147483647 a}} {GOOD}}}".encode(), "bad_rtf"),
    "docx, empty": ("x.docx", b"", "empty_note"),
    "docx, cut": ("x.docx", word()[:-99], "bad_docx"),
    "docx, locked": ("x.docx", b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "locked_document"),
    "docx, a spreadsheet": ("x.docx", archive(xl_workbook=b"").replace(b"xl.workbook", b"xl/workbook"), "unknown_document"),
    "pdf, empty": ("x.pdf", b"", "empty_note"),
    "pdf, cut": ("x.pdf", b"%PDF-1.7\n1 0 obj", "bad_pdf"),
    "pdf, not one": ("x.pdf", b"\x00\x01\x02", "unknown_document"),
    "zip, cut": ("x.zip", archive(a_txt=GOOD.encode())[:-9], "exit 5: not a readable zip"),
    "zip, empty": ("x.zip", archive(), "exit 5: holds no notes"),
    "zip in zip": ("x.zip", archive(a_zip=archive(b_txt=GOOD.encode())), "exit 5: inside an archive"),
    "another kind": ("x.log", b"x", "exit 5: kind of file"),
    "OpenDocument": ("x.odt", b"x", "exit 5: an OpenDocument text, which is not read"),
    "no database": ("sqlite:///nowhere.db", b"", "exit 5: no such database file"),
}  # fmt: skip


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("case", CASES)
def test_it_ends_with_its_reason_and_leaves_nothing_half_written(run: Any, tmp_path: Path, case: str) -> None:
    name, data, wanted = CASES[case]
    query = ("--query", "SELECT 1") if "://" in name else ()
    if not query:
        (tmp_path / name).write_bytes(data)
    done = run("extract", name, "-o", "out.jsonl", *query)
    assert CANARY not in done.err
    assert "Traceback" not in done.err
    left = sorted(p.name for p in tmp_path.iterdir() if p.name != name)
    if wanted.startswith("exit 5"):
        assert done.code == 5, done.err
        assert wanted.removeprefix("exit 5: ") in done.err
        assert "hint:" in done.err
        assert left == []
        return
    assert done.code == 3, done.err
    assert left == ["out.jsonl"]
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    errors = [e for r in records for e in r["errors"]]
    assert [e["code"] for e in errors] == [wanted]
    assert CANARY not in json.dumps(errors)
    assert all(e["message"] for e in errors)
    assert all(r["text_sha256"] is None for r in records if r["errors"])


@pytest.mark.usefixtures("engine")
def test_a_size_that_is_claimed_is_not_believed(run: Any, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(reference(HUGE))
    assert run("extract", "x.json", "-o", "out.jsonl").code == 0


@pytest.mark.usefixtures("engine")
def test_all_of_them_in_one_folder_take_no_note_along(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for at, (name, data, wanted) in enumerate(CASES.values()):
        if "://" not in name and "kind" not in wanted and "no column" not in wanted:
            (folder / f"{at:02}-{name}").write_bytes(data)
    for at in range(3):
        (folder / f"{at * 30:02}-good.txt").write_text(GOOD)
    done = run("extract", "in", "-o", "out.jsonl")
    assert done.code == 3, done.err
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len([r for r in records if r["findings"]]) >= 3


@pytest.mark.usefixtures("engine")
def test_tables_beside_documents_are_not_passed_over_unseen(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "NOTE.csv").write_text(f"id,text\n1,{GOOD}\n")
    assert run("extract", "in", "-o", "out.jsonl").err == ""
    (folder / "READ.txt").write_text(GOOD)
    (folder / "d.ndjson").write_bytes(reference({"data": b64(GOOD)}))
    done = run("extract", "in", "-o", "out.jsonl")
    assert done.code == 0
    assert "so these are not read: NOTE.csv; name them" in done.err
    assert "d.ndjson" not in done.err
