"""Word documents: what a person sees of them, in its order; damage, locks and bombs are said."""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from pathlib import Path

import docx
import pytest

from oncospan.readers import read_notes
from oncospan.types import BadNote, Note

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
TYPES = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"


def links(*pairs: tuple[str, str]) -> str:
    rows = "".join(f'<Relationship Id="r{i}" Type="{R}/{kind}" Target="{target}"/>' for i, (kind, target) in enumerate(pairs))
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def packed(body: str, more: dict[str, str] | None = None, head: str = "") -> bytes:
    """A document of this body and these further parts, as small as Word would open it."""
    parts = {"[Content_Types].xml": TYPES, "_rels/.rels": links(("officeDocument", "word/document.xml")),
             "word/document.xml": f"{head}<w:document {SPACES}><w:body>{body}</w:body></w:document>", **(more or {})}  # fmt: skip
    return zipped(parts)


def zipped(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def p(*runs: str) -> str:
    return (
        "<w:p>" + "".join(r if r.startswith("<") else f'<w:r><w:t xml:space="preserve">{r}</w:t></w:r>' for r in runs) + "</w:p>"
    )


def box(words: str) -> str:
    return f"<w:txbxContent>{p(words)}</w:txbxContent>"


def read(tmp_path: Path, data: bytes, name: str = "x.docx") -> Note | BadNote:
    path = tmp_path / name
    path.write_bytes(data)
    (found,) = read_notes([path])
    return found


def text(tmp_path: Path, data: bytes, name: str = "x.docx") -> str:
    found = read(tmp_path, data, name)
    assert isinstance(found, Note), found.error
    return found.text


CHECKED = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>'
CODE = '<w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF no</w:instrText></w:r><w:r><w:t>no</w:t></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>seen</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (p("Ileal ", "carcinoid.") + p("No mets."), "Ileal carcinoid.\nNo mets."),
        (p("a") + p() + p("b"), "a\n\nb"),
        (p("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>"), "a\nb\tc\u2011d"),
        (p("a ", "<w:r><w:rPr><w:strike/></w:rPr><w:t>no </w:t></w:r>", "<w:r><w:rPr><w:vanish/></w:rPr><w:t>no </w:t></w:r>", "b"), "a b"),
        (p("<w:r><w:rPr><w:strike w:val='0'/></w:rPr><w:t>yes</w:t></w:r>"), "yes"),
        (p("a", "<w:del><w:r><w:delText>no</w:delText></w:r></w:del>", "<w:ins><w:r><w:t>b</w:t></w:r></w:ins>"), "ab"),
        ("<w:moveFrom>" + p("no") + "</w:moveFrom><w:moveTo>" + p("a") + "</w:moveTo>", "a"),
        ("<w:sdt><w:sdtPr><w:alias w:val='no'/></w:sdtPr><w:sdtContent>" + p("a") + "</w:sdtContent></w:sdt>", "a"),
        (p("<w:hyperlink><w:r><w:t>a</w:t></w:r></w:hyperlink>", "<w:smartTag><w:r><w:t>b</w:t></w:r></w:smartTag>"), "ab"),
        ("<w:tbl><w:tr><w:tc>" + p("Liver") + "</w:tc><w:tc>" + p("yes") + p("two") + "</w:tc></w:tr><w:tr><w:tc>" + p("Bone") + "</w:tc><w:tc>"
         + p("no") + "</w:tc></w:tr></w:tbl>" + p("after"), "Liver | yes\ntwo\nBone | no\n\nafter"),
        ("<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>" + p("no") + "</w:tc></w:tr><w:tr><w:tc>" + p("a") + "</w:tc></w:tr></w:tbl>", "a"),
        (p("The tumor ", f"<w:r><w:pict><v:textbox>{box('boxed')}</v:textbox></w:pict></w:r>", "spread."), "The tumor spread.\nboxed"),
        (p("a", f"<w:r><mc:AlternateContent><mc:Choice><wps:txbx>{box('one')}</wps:txbx></mc:Choice><mc:Fallback>{box('one')}</mc:Fallback>"
           "</mc:AlternateContent></w:r>"), "a\none"),
        (p(f"<w:r><mc:AlternateContent><mc:Choice/><mc:Fallback>{box('old')}</mc:Fallback></mc:AlternateContent></w:r>"), "old"),
        (p("<w:r><w:pict><v:shape><v:textpath string='DRAFT'/></v:shape></w:pict></w:r>", "a"), "DRAFT\na"),
        (p(CHECKED, CODE, "liver ", CHECKED.replace("<w:checked/>", ""), CODE, "bone"), "[x] liver [ ] bone"),
        (p(FIELD), "seen"),
        (p(FIELD.replace('<w:r><w:fldChar w:fldCharType="end"/></w:r>', ""), " more"), "noseen more"),
        (p("<w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:t> liver </w:t><w:sym w:font='Symbol' w:char='F0B3'/><w:t>2 cm</w:t></w:r>"),
         "☑ liver ≥2 cm"),
        (p("<m:oMath xmlns:m='m'><m:r><m:t>x</m:t></m:r></m:oMath>"), "x"),
    ],
)  # fmt: skip
def test_documents_as_they_are_shown(tmp_path: Path, body: str, shown: str) -> None:
    assert text(tmp_path, packed(body)) == shown


def test_headers_notes_and_footers(tmp_path: Path) -> None:
    def edge(kind: str, words: str) -> str:
        return f"<w:{kind} {SPACES}>{p(words)}</w:{kind}>"

    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="r0"/><w:headerReference w:type="first" r:id="r1"/>'
        '<w:headerReference w:type="even" r:id="r3"/><w:footerReference w:type="default" r:id="r2"/>{}</w:sectPr>'
    )
    notes = f'<w:footnotes {SPACES}><w:footnote w:type="separator">{p("no")}</w:footnote><w:footnote w:id="2">{p("a note")}</w:footnote></w:footnotes>'
    more = {
        "word/_rels/document.xml.rels": links(("header", "header1.xml"), ("header", "header2.xml"), ("footer", "/word/footer1.xml"),
                                              ("header", "header3.xml"), ("footnotes", "footnotes.xml")),
        "word/header1.xml": edge("hdr", "Letter"), "word/header2.xml": edge("hdr", "First page"), "word/header3.xml": edge("hdr", "Even page"),
        "word/footer1.xml": edge("ftr", "Page 1"), "word/footnotes.xml": notes,
    }  # fmt: skip
    body = p("<w:pPr>" + section.format("") + "</w:pPr>", "words") + section.format("")
    assert text(tmp_path, packed(body, more)) == "Letter\n\nwords\na note\n\nPage 1"
    assert text(tmp_path, packed(p("words") + section.format("<w:titlePg/>"), more)).startswith("Letter\n\nFirst page\n\nwords")


def test_the_words_of_charts_and_diagrams(tmp_path: Path) -> None:
    spaces = 'xmlns:c="c" xmlns:dgm="d" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    names = "<c:cat><c:strRef><c:strCache><c:pt><c:v>May</c:v></c:pt><c:pt><c:v>June</c:v></c:pt></c:strCache></c:strRef></c:cat>"
    chart = (
        f"<c:chartSpace {spaces}><c:title><a:p><a:r><a:t>Chromo</a:t></a:r><a:r><a:t>granin A</a:t></a:r></a:p></c:title>"
        f"<c:ser>{names}<c:val><c:numCache><c:pt><c:v>120</c:v></c:pt></c:numCache></c:val></c:ser><c:ser>{names}</c:ser></c:chartSpace>"
    )
    points = "".join(f"<dgm:pt><dgm:t><a:p><a:r><a:t>{words}</a:t></a:r></a:p></dgm:t></dgm:pt>" for words in ("Ileum", "Liver"))
    more = {
        "word/_rels/document.xml.rels": links(("chart", "charts/chart1.xml"), ("diagramData", "diagrams/data1.xml")),
        "word/charts/chart1.xml": chart,
        "word/diagrams/data1.xml": f"<dgm:dataModel {spaces}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>",
    }
    shown = "<w:r><w:drawing><a:graphic><a:graphicData><{} xmlns:c='c'/></a:graphicData></a:graphic></w:drawing></w:r>"
    body = p("The marker", shown.format("c:chart r:id='r0'"), " rose.") + p(shown.format("c:relIds r:dm='r1'")) + p("after")
    assert text(tmp_path, packed(body, more)) == "The marker rose.\nChromogranin A\nMay\nJune\n\nIleum\nLiver\nafter"
    assert text(tmp_path, packed(p("a", shown.format("c:chart r:id='r9'")))) == "a"


def test_lists_are_numbered_as_they_are_shown(tmp_path: Path) -> None:
    levels = (
        '<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl><w:lvl w:ilvl="2"><w:numFmt w:val="bullet"/></w:lvl>'
    )
    numbering = (
        f'<w:numbering {SPACES}><w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride></w:num></w:numbering>'
    )
    more = {"word/_rels/document.xml.rels": links(("numbering", "numbering.xml")), "word/numbering.xml": numbering}

    def item(number: int, level: int, words: str) -> str:
        return p(f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr></w:pPr>', words)

    body = (
        item(1, 0, "a")
        + item(1, 1, "b")
        + item(1, 1, "c")
        + item(1, 2, "d")
        + item(1, 0, "e")
        + item(1, 1, "f")
        + item(2, 0, "g")
    )
    assert text(tmp_path, packed(body, more)) == "3. a\n3.a) b\n3.b) c\n- d\n4. e\n4.a) f\n9. g"


def test_styles_hide_words_and_numbers_that_are_none_do_no_harm(tmp_path: Path) -> None:
    styles = (
        f'<w:styles {SPACES}><w:style w:styleId="H"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:styleId="I"><w:basedOn w:val="H"/></w:style><w:style w:styleId="L"><w:basedOn w:val="L"/></w:style></w:styles>'
    )
    level = '<w:lvl w:ilvl="0"><w:start w:val="\u00b2"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="(%1) "/></w:lvl>'
    numbering = f'<w:numbering {SPACES}><w:abstractNum w:abstractNumId="7">{level}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    more = {"word/_rels/document.xml.rels": links(("styles", "styles.xml"), ("numbering", "numbering.xml")), "word/styles.xml": styles,
            "word/numbering.xml": numbering}  # fmt: skip
    listed = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    body = (
        p('<w:pPr><w:pStyle w:val="I"/></w:pPr>', "no", "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>yes</w:t></w:r>")
        + p("a", "<w:r><w:rPr><w:rStyle w:val='H'/></w:rPr><w:t>no</w:t></w:r>", "<w:r><w:sym w:font='x' w:char='zz'/></w:r>")
        + p('<w:pPr><w:pStyle w:val="L"/></w:pPr>', "b") + p(listed, "c") + p(listed, "d")
    )  # fmt: skip
    assert text(tmp_path, packed(body, more)) == "yes\na\nb\n(I) c\n(II) d"


def test_a_document_within_the_document(tmp_path: Path) -> None:
    more = {
        "word/_rels/document.xml.rels": links(("aFChunk", "chunk.html")),
        "word/chunk.html": "<html><body><p>inner</p></body></html>",
    }
    assert text(tmp_path, packed(p("before") + '<w:altChunk r:id="r0"/>' + p("after"), more)) == "before\n\ninner\n\nafter"


def test_what_python_docx_writes_and_sees_is_read(tmp_path: Path) -> None:
    made = docx.Document()
    made.add_heading("Impression", 1)
    made.add_paragraph("Ileal carcinoid with hepatic metastases.")
    for words in ("Octreotide", "Surgery"):
        made.add_paragraph(words, style="List Number")
    table = made.add_table(2, 2)
    for n, cell in enumerate(c for row in table.rows for c in row.cells):
        cell.text = f"cell {n}"
    made.sections[0].header.paragraphs[0].text = "Clinic letter"
    out = io.BytesIO()
    made.save(out)
    found = text(tmp_path, out.getvalue())
    assert found == (
        "Clinic letter\n\nImpression:\n\nIleal carcinoid with hepatic metastases.\n1. Octreotide\n2. Surgery\n\ncell 0 | cell 1\ncell 2 | cell 3"
    )
    assert all(one.text in found for one in docx.Document(io.BytesIO(out.getvalue())).paragraphs)


@pytest.mark.parametrize("name", ["x.docx", "x.docm", "x.doc"])
def test_the_bytes_decide_not_the_name(tmp_path: Path, name: str) -> None:
    assert text(tmp_path, packed(p("words")), name) == "words"
    assert text(tmp_path, b"{\\rtf1 words}", name) == "words"


def test_a_document_that_is_attached(tmp_path: Path) -> None:
    data = b64encode(packed(p("words"))).decode()
    resource = {
        "resourceType": "DocumentReference",
        "content": [{"attachment": {"contentType": "application/msword", "data": data}}],
    }
    assert text(tmp_path, json.dumps(resource).encode(), "x.json") == "words"
    message = f"MSH|^~\\&|A|B|C|D|20261110||MDM^T02|1|P|2.5\rOBX|1|ED|||^application^docx^Base64^{data}\r"
    assert text(tmp_path, message.encode(), "x.hl7") == "words"


WIDE = "EncryptedPackage".encode("utf-16-le")
BOMB = '<!DOCTYPE w [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (packed(""), "no_text"),
        (packed(p("words"))[:300], "bad_docx"),
        (packed(p("words")).replace(b"word/document.xml", b"word/document.xm_"), "bad_docx"),
        (packed(p("words"), head=BOMB), "forbidden_xml"),
        (packed(p("a" * 30_000_000)), "note_too_long"),
        (packed("<w:p><w:r>"), "bad_xml"),
        (zipped({"[Content_Types].xml": TYPES, "xl/workbook.xml": ""}), "unknown_document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + WIDE, "locked_document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + "WordDocument".encode("utf-16-le"), "old_word"),
        (b"", "empty"),
    ],
    ids=["empty", "cut", "without text", "entities", "bomb", "malformed", "spreadsheet", "locked", "Word 97", "nothing"],
)  # fmt: skip
def test_what_gives_no_text_says_why(tmp_path: Path, data: bytes, code: str) -> None:
    found = read(tmp_path, data)
    if code == "empty":
        assert isinstance(found, Note)
        assert found.text == ""
        return
    assert isinstance(found, BadNote)
    assert found.error.code == code
    assert found.error.message


def test_a_document_cut_short_anywhere_is_an_error(tmp_path: Path) -> None:
    whole = packed(p("words"))
    for cut in range(30, len(whole) - 1, 41):
        assert isinstance(read(tmp_path, whole[:cut]), BadNote)
