"""HL7 version 2: what a person sees of a message is what is read, and what cannot be read says why."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from oncospan.readers import hl7_messages, read_notes
from oncospan.readers.hl7_messages import Marks, unescaped
from oncospan.types import AuthorRole, BadNote, Note, Setting

TEXT = "Impression: ileal carcinoid with hepatic metastases on CT."
MSH = "MSH|^~\\&|LAB|H|APP|H|20261110080000||{}|MSG1|P|2.5"
PID = "PID|1||777^^^H^PI~4711^^^H^MR||Doe^Jo"
PV1 = "PV1|1|I|3W" + "|" * 16 + "V-9"
TXA = "TXA|1|CN^Consultation|TX|20261109" + "|" * 8 + "DOC-5"
OBR = "OBR|1|P1|F1^LAB|71260^CT CHEST^L|||20261108" + "|" * 17 + "RAD|F"


def message(kind: str, *segments: str, end: str = "\r") -> str:
    return end.join([MSH.format(kind), PID, PV1, *segments]) + end


def read(tmp_path: Path, data: str | bytes, name: str = "x.hl7", **kwargs: dict[str, str]) -> list[Note | BadNote]:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_notes([path], columns=kwargs.get("columns")))


def only(found: list[Note | BadNote]) -> Note:
    (note,) = found
    assert isinstance(note, Note), note.error
    return note


def error(found: list[Note | BadNote]) -> str:
    (bad,) = found
    assert isinstance(bad, BadNote)
    return bad.error.code


def text(tmp_path: Path, *segments: str) -> str:
    return only(read(tmp_path, message("ORU^R01", OBR, *segments))).text


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"], ids=repr)
def test_a_document_with_all_its_fields(tmp_path: Path, end: str) -> None:
    note = only(read(tmp_path, message("MDM^T02", TXA, f"OBX|1|TX|1^Note||{TEXT}", end=end)))
    assert note == Note(
        text=TEXT, note_id="DOC-5", patient_id="4711", encounter_id="V-9", note_type="Consultation",
        author_role=AuthorRole.PROVIDER, note_date=dt.date(2026, 11, 9), setting=Setting.INPATIENT,
    )  # fmt: skip


def test_a_report_with_all_its_fields(tmp_path: Path) -> None:
    note = only(read(tmp_path, message("ORU^R01", OBR, f"OBX|1|TX|1^Report||{TEXT}||||||F")))
    assert (note.note_id, note.note_type, note.author_role) == ("F1", "CT CHEST", AuthorRole.RADIOLOGIST)
    assert note.note_date == dt.date(2026, 11, 8)


@pytest.mark.parametrize(
    ("kind", "title", "role"),
    [
        ("11526-1", "Pathology study", "pathologist"),
        ("X", "SURGICAL PATHOLOGY REPORT", "pathologist"),
        ("X", "MRI ABDOMEN W CONTRAST", "radiologist"),
        ("X", "Oncology consultation", "provider"),
    ],
)
def test_who_wrote_a_report_is_told_by_its_code_or_title(tmp_path: Path, kind: str, title: str, role: str) -> None:
    assert only(read(tmp_path, message("ORU^R01", f"OBR|1|||{kind}^{title}", "OBX|1|TX|||a"))).author_role == role


def test_measured_values_alone_are_of_a_laboratory(tmp_path: Path) -> None:
    note = only(read(tmp_path, message("ORU^R01", "OBR|1||F1|1^CGA", "OBX|1|NM|9^Chromogranin A^LN||450|ng/mL|0-95|H|||F")))
    assert (note.text, note.author_role) == ("Chromogranin A: 450 ng/mL (0-95) H", AuthorRole.OTHER)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("a\\.br\\b", "a\nb"), ("a\\.sp2\\b", "a\n\nb"), ("5 \\T\\ 6 \\F\\ 7 \\S\\ \\R\\ \\E\\", "5 & 6 | 7 ^ ~ \\"),
        ("\\H\\bold\\N\\", "bold"), ("a\\X0D0A\\b", "a\nb"), ("caf\\XC3A9\\", "café"), ("a\\Zlocal b", "a\\Zlocal b"),
        ("50% \\ 2\\", "50% \\ 2\\"), ("\\.in+4\\a\\.sk3\\b", "a   b"), ("C:\\data\\x", "C:\\data\\x"),
    ],
)  # fmt: skip
def test_escapes(raw: str, plain: str) -> None:
    assert unescaped(raw, Marks()) == plain


def test_other_separators_than_the_usual(tmp_path: Path) -> None:
    data = "MSH#*%!?#A#B#C#D#20261110##MDM*T02#M1#P#2.5\rTXA#1#CN\rOBX#1#TX###a | b ^ c%d!F!e\r"
    assert only(read(tmp_path, data)).text == "a | b ^ c\nd#e"


def test_repeats_and_lines_of_a_field_are_lines(tmp_path: Path) -> None:
    assert text(tmp_path, "OBX|1|FT|||one~two", "OBX|2|TX|||", "OBX|3|TX|||three") == "one\ntwo\n\nthree"


def test_a_line_break_inside_a_field_is_kept(tmp_path: Path) -> None:
    data = message("ORU^R01", OBR, "OBX|1|FT|||one\ntwo, three\n\nfour||||||F", "OBX|2|FT|||five")
    assert only(read(tmp_path, data)).text == "one\ntwo, three\n\nfour\nfive"


def test_parts_of_a_report_stand_under_their_headings(tmp_path: Path) -> None:
    shown = text(
        tmp_path, "OBX|1|TX|71260&GDT^CT||Lesion of the liver.", "OBX|2|TX|71260&GDT^CT||No node.", "OBX|3|TX|19005-8^X^LN||Metastasis.",
        "OBX|4|NM|1^Size^L||4.2|cm", "NTE|1||As discussed.",
    )  # fmt: skip
    assert shown == "FINDINGS:\nLesion of the liver.\nNo node.\nIMPRESSION: Metastasis.\nSize: 4.2 cm\nAs discussed."


def test_what_was_taken_back_or_corrected_is_not_read(tmp_path: Path) -> None:
    shown = text(
        tmp_path, "OBX|1|TX|1^R||wrong||||||F", "OBX|2|TX|1^R||stays||||||F", "OBX|3|TX|1^R||other patient||||||W", "NTE|1||of it",
        "OBX|4|TX|1^R||deleted later||||||F", "OBX|1|TX|1^R||right||||||C", "OBX|4|TX|1^R||||||||D",
    )  # fmt: skip
    assert shown == "right\nstays"


def test_a_whole_corrected_report_keeps_all_its_lines(tmp_path: Path) -> None:
    assert text(tmp_path, "OBX|1|TX|1^R||one||||||C", "OBX|1|TX|1^R||two||||||C") == "one\ntwo"


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("Base64", base64.b64encode(TEXT.encode()).decode()), ("A", TEXT), ("Hex", TEXT.encode().hex()), ("base64", base64.encodebytes(TEXT.encode()).decode().strip())],
    ids=["base64", "as it is", "hex", "base64 in lines"],
)  # fmt: skip
def test_an_embedded_text(tmp_path: Path, encoding: str, data: str) -> None:
    assert text(tmp_path, f"OBX|1|ED|1^R||^TEXT^PLAIN^{encoding}^{data}") == TEXT


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("^APPLICATION^PDF^Base64^", "empty_document"),
        ("^TEXT^PLAIN^Base64^SGVsbG8", "bad_base64"),
        ("^TEXT^PLAIN^Hex^48656c6", "bad_base64"),
        ("^IMAGE^JPEG^Base64^/9j/4AAQ", "no_text"),
        ("^TEXT^PLAIN^Base64^" + base64.b64encode(b"caf\xe9").decode(), "not_utf8"),
        ("TEXT", "empty_document"),
    ],
)
def test_an_embedded_document_that_gives_no_text(tmp_path: Path, value: str, code: str) -> None:
    found = read(tmp_path, message("ORU^R01", OBR, f"OBX|1|ED|1^R||{value}"))
    assert error(found) == code
    assert (found[0].note_id, found[0].patient_id, found[0].encounter_id) == ("F1", "4711", "V-9")


def test_an_image_beside_the_text_takes_nothing_away(tmp_path: Path) -> None:
    assert text(tmp_path, "OBX|1|TX|1^R||words", "OBX|2|ED|1^R||^IMAGE^PNG^Base64^iVBORw0K") == "words"


def test_embedded_documents_that_repeat_or_are_cut(tmp_path: Path) -> None:
    data = base64.b64encode(TEXT.encode()).decode()
    assert text(tmp_path, f"OBX|1|ED|1^R||^TEXT^^Base64^{data}~^TEXT^^Base64^{data}") == f"{TEXT}\n{TEXT}"
    assert text(tmp_path, f"OBX|1|ED|1^R||^TEXT^^Base64^{data[:7]}~{data[7:]}") == TEXT
    assert text(tmp_path, "OBX|1|ED|1^R||^TEXT^^A^a~b") == "a~b"


def test_a_document_that_is_only_pointed_at_says_so(tmp_path: Path) -> None:
    pointer = "OBX|2|RP|1^R||https://x.invalid/7.pdf"
    (bad,) = read(tmp_path, message("MDM^T02", "TXA|1|CN", pointer))
    assert isinstance(bad, BadNote)
    assert bad.error.code == "stored_elsewhere"
    assert text(tmp_path, "OBX|1|TX|1^R||words", pointer) == "words"
    assert text(tmp_path, "OBX|1|NM|1^Ki-67||3|%", pointer) == "Ki-67: 3 %"


def test_a_field_that_is_to_be_emptied_has_no_words(tmp_path: Path) -> None:
    assert text(tmp_path, "OBX|1|TX|1^R||words", 'OBX|2|TX|1^R||""') == "words\n"


def test_a_claim_of_gigabytes_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hl7_messages, "MAX_CARRIER_BYTES", 5_000)
    monkeypatch.setattr(hl7_messages, "_CHUNK", 700)
    huge = message("ORU^R01", OBR, "OBX|1|ED|1^R||^TEXT^PLAIN^Base64^" + "QUFB" * 5_000)
    fine = message("MDM^T02", TXA, f"OBX|1|TX|||{TEXT}")
    found = read(tmp_path, fine + huge + fine)
    assert [n.text if isinstance(n, Note) else n.error.code for n in found if isinstance(n, BadNote) or n.note_id == "DOC-5"] == [
        TEXT, "note_too_long", TEXT,
    ]  # fmt: skip


def test_framing_batches_and_byte_order_marks(tmp_path: Path) -> None:
    one = message("MDM^T02", TXA, "OBX|1|TX|||a")
    framed = f"\x0b{one}\x1c\r" * 2
    assert [n.text for n in read(tmp_path, framed) if isinstance(n, Note)] == ["a", "a"]
    batch = f"\ufeffFHS|^~\\&|A\rBHS|^~\\&|A\r{one}\r\r{one}BTS|2\rFTS|1\r"
    assert [n.text for n in read(tmp_path, batch) if isinstance(n, Note)] == ["a", "a"]
    assert only(read(tmp_path, gzip.compress(one.encode()), "x.hl7.gz")).text == "a"


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_pieces_of_the_file_may_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(hl7_messages, "_CHUNK", chunk)
    one = message("MDM^T02", TXA, "OBX|1|TX|||café", "", "OBX|2|TX|||b", end="\r\n")
    found = read(tmp_path, one + one)
    assert [n.text for n in found if isinstance(n, Note)] == ["café\nb"] * 2


def test_the_character_set_of_the_header_is_believed_and_none_is_guessed(tmp_path: Path) -> None:
    plain = message("MDM^T02", TXA, "OBX|1|TX|||café").encode("latin-1")
    assert error(read(tmp_path, plain)) == "not_utf8"
    declared = plain.replace(b"|P|2.5", b"|P|2.5||||||8859/1")
    assert only(read(tmp_path, declared)).text == "café"


def test_the_parts_of_a_message_and_its_neighbours(tmp_path: Path) -> None:
    data = (
        message("ORU^R01", OBR, "OBX|1|TX|||a", OBR, "OBX|1|TX|||b", "OBR|3||F3") + message("ADT^A01") + message("MDM^T02", TXA)
    )
    found = read(tmp_path, "stray words\r" + data)
    assert [n.note_id if isinstance(n, Note) else f"{n.error.code}@{n.error.where}" for n in found] == [
        "not_hl7@x.hl7:1", "F1", "F1#2", "no_document@x.hl7:10", "no_document@x.hl7:13",
    ]  # fmt: skip


@pytest.mark.parametrize("segments", [(TXA.replace("DOC-5", "DOC-5|||||||CA"), "OBX|1|TX|||a")])
def test_a_withdrawn_document_is_not_read(tmp_path: Path, segments: tuple[str, ...]) -> None:
    assert error(read(tmp_path, message("MDM^T02", *segments))) == "document_withdrawn"
    assert error(read(tmp_path, message("MDM^T11", TXA, "OBX|1|TX|||a"))) == "document_withdrawn"


def test_an_unknown_setting_is_reported_unless_it_is_ignored(tmp_path: Path) -> None:
    data = message("MDM^T02", TXA, "OBX|1|TX|||a").replace("PV1|1|I", "PV1|1|Quetzal")
    (bad,) = read(tmp_path, data)
    assert isinstance(bad, BadNote)
    assert bad.error.code == "bad_value"
    assert "PV1-2" in bad.error.message
    assert "Quetzal" not in repr(bad)
    assert only(read(tmp_path, data, columns={"setting": ""})).setting is Setting.OUTPATIENT


@pytest.mark.parametrize("data", ["\x0b\x1c\r", "BHS|^~\\&|A\rBTS|0\r"], ids=repr)
def test_a_file_without_messages_says_so(tmp_path: Path, data: str) -> None:
    (bad,) = read(tmp_path, data)
    assert isinstance(bad, BadNote)
    assert bad.error.code == "no_notes"


def test_a_message_cut_short_gives_what_stands(tmp_path: Path) -> None:
    whole = message("MDM^T02", TXA, f"OBX|1|TX|||{TEXT}")
    for cut in range(1, len(whole)):
        for item in read(tmp_path, whole[:cut]):
            assert isinstance(item, BadNote) or TEXT.startswith(item.text)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["MSH|^~\\&|", "MSH", "|", "\r", "\n", "OBX|1|ED|", "^", "~", "\\", "\x0b", "\x1c", "word", "\xe9", "ORU^R01",
                                 "OBR|1", "NTE|1||a", "\x00", "|||||||", "TXA|1"])))  # fmt: skip
def test_no_soup_of_bytes_stops_the_reader(tmp_path: Path, pieces: list[str]) -> None:
    soup = "".join(pieces).encode("latin-1")
    if not soup.strip():
        return  # an empty file is refused before it is read
    for item in read(tmp_path, soup):
        assert item.note_id


def test_an_empty_attachment_takes_no_text_of_the_report_along(tmp_path: Path) -> None:
    lines = ("OBR|1||a|X", "OBX|1|TX|1^Report||Liver metastases.", "OBX|2|ED|2^PDF||^application^pdf^Base64^")
    (note,) = read(tmp_path, message("ORU^R01", *lines))
    assert isinstance(note, Note)
    assert "Liver metastases." in note.text
    (bad,) = read(tmp_path, message("ORU^R01", lines[0], "OBX|1|NM|1^Weight||60|kg", lines[2]))
    assert isinstance(bad, BadNote)
    assert bad.error.code == "empty_document"


def test_notes_to_the_order_of_a_document_are_read(tmp_path: Path) -> None:
    (note,) = read(
        tmp_path, message("MDM^T02", "OBR|1||a|X", "NTE|1||to the order", "TXA|1|CN", "OBX|1|TX|||words", "NTE|1||behind")
    )
    assert isinstance(note, Note)
    assert note.text == "to the order\nwords\nbehind"
