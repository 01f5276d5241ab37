"""Files of office programs that are not read: each is told by its bytes and its name, and says the way out, wherever it comes from."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from oncospan.errors import InputError
from oncospan.readers import Defaults, one_note, read_notes, spooled
from oncospan.readers.documents import kind_of_bytes
from oncospan.readers.office import NOT_READ
from oncospan.types import BadNote, Note

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


def packed(*names: str, media: str = "", how: int = zipfile.ZIP_DEFLATED, **more: bytes) -> bytes:
    """An archive of XML files of these names, behind a ``mimetype`` as OpenDocument has it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        if media:
            archive.writestr("mimetype", media, compress_type=zipfile.ZIP_STORED)
        for name in names:
            archive.writestr(name, "<x/>")
        for name, data in more.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


def stream(name: str) -> bytes:
    return OLE + name.encode("utf-16-le")


ODF = "application/vnd.oasis.opendocument."
FILES = {
    "book.xlsx": (packed("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml"), "workbook"),
    "sheets_first.xlsx": (packed("docProps/app.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"), "workbook"),
    "book.xls": (stream("Workbook"), "workbook"),
    "book.ods": (packed("content.xml", media=f"{ODF}spreadsheet"), "workbook"),
    "talk.pptx": (packed("[Content_Types].xml", "ppt/presentation.xml"), "slides"),
    "talk.ppt": (stream("PowerPoint Document"), "slides"),
    "talk.odp": (packed("content.xml", media=f"{ODF}presentation"), "slides"),
    "letter.odt": (packed("content.xml", "styles.xml", media=f"{ODF}text"), "opendocument"),
    "letter.msg": (stream("__substg1.0_1000001F"), "mail"),
    "guide.epub": (packed("META-INF/container.xml", media="application/epub+zip"), "book"),
}  # fmt: skip
WORD = packed("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize("name", FILES)
def test_it_says_what_it_is_and_the_way_out(tmp_path: Path, name: str) -> None:
    data, kind = FILES[name]
    what, instead = NOT_READ[kind]
    assert kind_of_bytes(data) == kind
    with pytest.raises(InputError) as piped, spooled(io.BytesIO(data)):
        pass
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as named:
        read_notes([tmp_path / name])
    with pytest.raises(InputError) as explained:
        one_note(str(tmp_path / name), io.BytesIO(), Defaults())
    for found in (piped, named, explained):
        assert found.value.message == f"{what}, which is not read"
        assert found.value.hint == instead
        assert found.value.exit_code == 5


@pytest.mark.parametrize("name", FILES)
def test_under_the_name_of_a_document_it_gives_an_error_record(tmp_path: Path, name: str) -> None:
    data, kind = FILES[name]
    (tmp_path / "x.docx").write_bytes(data)
    (found,) = read_notes([tmp_path / "x.docx"])
    assert isinstance(found, BadNote)
    assert (found.error.code, found.error.hint) == ("unknown_document", NOT_READ[kind].instead)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(("x", "ods", "odt", "epub"))])
def test_under_the_name_of_an_archive_its_parts_are_no_notes(tmp_path: Path, name: str) -> None:
    data, kind = FILES[name]
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(InputError, match="no archive of notes but") as e:
        read_notes([tmp_path / "x.zip"])
    assert NOT_READ[kind].what in e.value.message
    (tmp_path / "y.txt").write_text("Liver metastases.")
    lost, note = read_notes([tmp_path])
    assert isinstance(note, Note)
    assert isinstance(lost, BadNote)
    assert lost.error.code == "unreadable_file"


def test_a_word_document_named_as_an_archive(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(WORD)
    with pytest.raises(InputError, match="but a Word document") as e:
        read_notes([tmp_path / "x.zip"])
    assert e.value.hint == "Name it .docx."


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_holds_such_files_is_an_archive(tmp_path: Path, how: int) -> None:
    data = packed(how=how, a_xlsx=FILES["book.xlsx"][0], b_docx=WORD, c_txt=b"Liver metastases.")
    assert kind_of_bytes(data) == "binary"
    with spooled(io.BytesIO(data)) as path:
        assert path.suffix == ".zip"
        found = list(read_notes([path]))
    assert [n.note_id for n in found] == ["b", "c"]


def test_a_folder_of_such_files_alone_says_the_ways_out(tmp_path: Path) -> None:
    for name, (data, _) in FILES.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match="holds no notes") as e:
        read_notes([tmp_path])
    for it in (NOT_READ[kind] for _, kind in FILES.values()):
        assert it.what in e.value.hint


def test_a_folder_of_notes_may_be_called_as_office_calls_its_parts() -> None:
    assert kind_of_bytes(packed("xl/notes.csv", "ppt/a.txt", "word/b.txt")) == "binary"
