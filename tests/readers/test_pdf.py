"""PDF: the text of its pages; scans and damage are said."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from oncospan.readers import read_notes
from oncospan.types import BadNote, Note

LINES = ("Impression: ileal carcinoid", "with hepatic metastases.")


def pdf(*pages: tuple[str, ...], password: str = "") -> bytes:
    """A document of pages of lines; a page of no lines is a picture."""
    writer = pypdf.PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(300, 300)
        if lines:
            font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
                                     NameObject("/BaseFont"): NameObject("/Helvetica")})  # fmt: skip
            resources = {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
            shown = "BT /F1 12 Tf 14 TL 20 250 Td " + " T* ".join(f"({line}) Tj" for line in lines) + " ET"
        else:
            image = DecodedStreamObject()
            image.set_data(b"\x00")
            image.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image"),
                          NameObject("/Width"): NumberObject(1), NameObject("/Height"): NumberObject(1),
                          NameObject("/ColorSpace"): NameObject("/DeviceGray"), NameObject("/BitsPerComponent"): NumberObject(8)})  # fmt: skip
            resources = {NameObject("/XObject"): DictionaryObject({NameObject("/I"): writer._add_object(image)})}
            shown = "q 300 0 0 300 0 0 cm /I Do Q"
        content = DecodedStreamObject()
        content.set_data(shown.encode())
        page[NameObject("/Resources")] = DictionaryObject(resources)
        page[NameObject("/Contents")] = writer._add_object(content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def read(tmp_path: Path, data: bytes, name: str = "x.pdf") -> Note | BadNote:
    path = tmp_path / name
    path.write_bytes(data)
    (found,) = read_notes([path])
    return found


def code(found: Note | BadNote) -> str:
    assert isinstance(found, BadNote)
    return found.error.code


def test_the_lines_of_all_pages(tmp_path: Path) -> None:
    note = read(tmp_path, pdf(LINES, ("Page two.",)))
    assert isinstance(note, Note), note.error
    assert note.text == "Impression: ileal carcinoid\nwith hepatic metastases.\n\nPage two."


def test_a_pdf_that_is_attached(tmp_path: Path) -> None:
    content = [{"attachment": {"contentType": "application/pdf", "data": b64encode(pdf(LINES)).decode()}}]
    note = read(tmp_path, json.dumps({"resourceType": "DocumentReference", "content": content}).encode(), "x.json")
    assert isinstance(note, Note), note.error
    assert note.text == "\n".join(LINES)


def test_what_is_filled_into_a_form_is_read(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(LINES)))
    parent = DictionaryObject({NameObject("/FT"): NameObject("/Tx"), NameObject("/V"): TextStringObject("Ki-67 3%")})
    found = [
        {"/Subtype": NameObject("/Widget"), "/Parent": writer._add_object(parent)},
        {"/Subtype": NameObject("/FreeText"), "/Contents": TextStringObject("bone:\rno")},
        {"/Subtype": NameObject("/Widget"), "/FT": NameObject("/Btn"), "/Ff": NumberObject(1 << 16)},
        {"/Subtype": NameObject("/FreeText"), "/Contents": TextStringObject("hidden"), "/F": NumberObject(2)},
        {"/Subtype": NameObject("/Text"), "/Contents": TextStringObject("a remark at the margin")},
    ]
    made = [writer._add_object(DictionaryObject({NameObject(k): v for k, v in one.items()})) for one in found]
    writer.pages[0][NameObject("/Annots")] = ArrayObject(made)
    out = io.BytesIO()
    writer.write(out)
    note = read(tmp_path, out.getvalue())
    assert isinstance(note, Note), note.error
    assert note.text == "\n".join((*LINES, "Ki-67 3%", "bone:\nno"))


def form(words: list[tuple[int, int, str]], boxes: list[tuple[int, int, bool]]) -> bytes:
    """A page with words and check boxes at these places."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(("",))))
    page = writer.pages[0]
    content = DecodedStreamObject()
    content.set_data("\n".join(f"BT /F1 12 Tf {x} {y} Td ({w}) Tj ET" for x, y, w in words).encode())
    page[NameObject("/Contents")] = writer._add_object(content)
    made = [
        {"/Subtype": NameObject("/Widget"), "/FT": NameObject("/Btn"), "/AS": NameObject("/Yes" if ticked else "/Off"),
         "/Rect": ArrayObject([NumberObject(n) for n in (x, y, x + 10, y + 10)])}
        for x, y, ticked in boxes
    ]  # fmt: skip
    made[-1:] = [made[-1] | {"/Ff": NumberObject(1 << 15)}]  # a radio button
    found = [writer._add_object(DictionaryObject({NameObject(k): v for k, v in one.items()})) for one in made]
    page[NameObject("/Annots")] = ArrayObject(found)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_check_boxes_stand_before_their_words(tmp_path: Path) -> None:
    words = [(20, 250, "Sites"), (40, 230, "Liver"), (140, 230, "Bone"), (20, 210, "Brain"), (20, 190, "seen today")]
    note = read(tmp_path, form(words, [(25, 228, True), (125, 228, False), (90, 208, False)]))
    assert isinstance(note, Note), note.error
    assert note.text == "Sites\n[x] Liver [ ] Bone\n[ ] Brain\nseen today"


@pytest.mark.parametrize(
    ("words", "boxes"),
    [
        ([(20, 250, "Liver")], [(90, 248, True), (140, 248, False)]),  # columns of a table, yes and no
        ([(20, 250, "Liver Bone")], [(50, 248, True)]),  # within words
        ([(20, 250, "Liver")], [(20, 200, False)]),  # beside none
    ],
)
def test_boxes_that_nobody_could_tell_apart_are_said(
    tmp_path: Path, words: list[tuple[int, int, str]], boxes: list[tuple[int, int, bool]]
) -> None:
    assert code(read(tmp_path, form(words, boxes))) == "check_boxes"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (pdf(()), "no_text"), (pdf(LINES, ()), "scanned_pages"), (pdf(LINES, password="secret"), "locked_document"),
        (b"%PDF-1.7\n", "bad_pdf"), (b"%PDF-1.7\ntrailer<</Root 1 0 R>>startxref\n0\n%%EOF", "bad_pdf"),
    ],
    ids=["scan", "a scanned page", "locked", "empty", "no pages"],
)  # fmt: skip
def test_what_gives_no_text_says_why(tmp_path: Path, data: bytes, wanted: str) -> None:
    assert code(read(tmp_path, data)) == wanted


def test_a_document_cut_short_is_read_whole_or_not_at_all(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = pdf(LINES)
    for cut in range(8, len(whole), 37):
        found = read(tmp_path, whole[:cut])
        assert found.text == "\n".join(LINES) if isinstance(found, Note) else found.error.code in {"bad_pdf", "no_text"}
    assert "carcinoid" not in "".join(capfd.readouterr())
