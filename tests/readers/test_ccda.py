"""C-CDA: the sections as a person sees them, the header as values, and nothing that XML can be abused for."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
from pathlib import Path

import pytest

from oncospan.readers import read_notes
from oncospan.types import AuthorRole, BadNote, Note, Setting

HEADER = """<id root="1.2" extension="D-1"/><code code="11488-4"/><title>Consult  Note</title>
<effectiveTime value="20261109080000-0500"/>
<recordTarget><patientRole><id root="1.3" extension="P-1"/></patientRole></recordTarget>
<author><assignedAuthor><code code="163W00000X" displayName="Registered Nurse"/></assignedAuthor></author>
<componentOf><encompassingEncounter><id extension="E-1"/><code code="IMP"/></encompassingEncounter></componentOf>"""
ROOT = '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'


def sections(*blocks: str) -> str:
    inside = "".join(f"<component><section>{b}</section></component>" for b in blocks)
    return f"<component><structuredBody>{inside}</structuredBody></component>"


def document(body: str, header: str = HEADER) -> str:
    return f'<?xml version="1.0"?>\n<!-- a -- b -->\n{ROOT}{header}{body}</ClinicalDocument>'.replace("a -- b", "x")


def read(tmp_path: Path, data: str | bytes, name: str = "x.xml") -> Note | BadNote:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (found,) = read_notes([path])
    return found


def text(tmp_path: Path, narrative: str) -> str:
    note = read(tmp_path, document(sections(f"<text>{narrative}</text>")))
    assert isinstance(note, Note), note.error
    return note.text


def code(found: Note | BadNote) -> str:
    assert isinstance(found, BadNote)
    return found.error.code


@pytest.mark.parametrize("name", ["x.xml", "x.ccda", "x.cda", "x.xml.gz"])
def test_a_document_with_all_its_fields(tmp_path: Path, name: str) -> None:
    body = sections("<title>Impression</title><text>Ileal carcinoid.</text>", "<title>Plan:</title><text><br/>Octreotide.</text>")
    data = document(body).encode()
    note = read(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name)
    assert note == Note(
        text="IMPRESSION:\nIleal carcinoid.\n\nPLAN:\nOctreotide.", note_id="D-1", patient_id="P-1", encounter_id="E-1",
        note_type="Consult Note", author_role=AuthorRole.NURSE, note_date=dt.date(2026, 11, 9), setting=Setting.INPATIENT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("narrative", "shown"),
    [
        ("<paragraph>One\n   two.</paragraph><paragraph>Three.</paragraph>", "One two.\n\nThree."),
        ("<list><item>a</item><item><content>b</content> c</item></list>", "- a\n- b c"),
        ('<list listType="ordered"><caption>L</caption><item>a</item><item>b</item></list>', "L\n1. a\n2. b"),
        ("<table><thead><tr><th>Problem</th><th>State</th></tr></thead><tbody><tr><td>NET</td><td/><td>x</td></tr></tbody></table>",
         "Problem | State\nNET | x"),
        ("<content revised='delete'>no</content><content>yes</content>", "yes"),
        ("a<br/>b<!-- c -->d <linkHtml href='#x'>e</linkHtml>", "a\nbd e"),
        ("5 &lt; 6 &amp; 7&#160;cm<sup>2</sup>", "5 < 6 & 7\xa0cm2"),
    ],
)  # fmt: skip
def test_narrative_as_it_is_shown(tmp_path: Path, narrative: str, shown: str) -> None:
    assert text(tmp_path, narrative) == shown


def test_nested_sections_stand_in_order(tmp_path: Path) -> None:
    inner = "<component><section><title>B</title><text>two</text></section></component>"
    note = read(tmp_path, document(sections(f"<title>A</title><text>one</text>{inner}", "<title>C</title>")))
    assert isinstance(note, Note)
    assert note.text == "A:\none\n\nB:\ntwo\n\nC:"


def test_an_imaging_report_is_the_radiologist_s(tmp_path: Path) -> None:
    note = read(tmp_path, document(sections("<text>a</text>"), HEADER.replace("11488-4", "18748-4")))
    assert isinstance(note, Note)
    assert note.author_role is AuthorRole.RADIOLOGIST


def test_codes_of_other_systems_say_nothing_of_the_setting(tmp_path: Path) -> None:
    note = read(tmp_path, document(sections("<text>a</text>"), HEADER.replace('"IMP"', '"185349003"')))
    assert isinstance(note, Note)
    assert note.setting is Setting.OUTPATIENT


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (f'<text mediaType="text/plain" representation="B64">{base64.b64encode(b"Words.").decode()}</text>', "Words."),
        ('<text mediaType="text/plain">Words.</text>', "Words."),
        (f'<text mediaType="text/html" representation="B64">{base64.b64encode(b"<p>Words.</p>").decode()}</text>', "Words."),
        ('<text mediaType="text/plain" representation="B64">V29yZHM</text>', "!bad_base64"),
        ('<text><reference value="a.pdf"/></text>', "!stored_elsewhere"),
        ('<text mediaType="image/png" representation="B64">iVBORw0K</text>', "!no_text"),
        ('<text mediaType="text/plain"/>', "!empty_document"),
    ],
)
def test_an_embedded_document(tmp_path: Path, inside: str, expected: str) -> None:
    found = read(tmp_path, document(f"<component><nonXMLBody>{inside}</nonXMLBody></component>"))
    assert (found.text if isinstance(found, Note) else f"!{found.error.code}") == expected


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "declared", [BOMB, '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', '<!DOCTYPE x SYSTEM "http://x.invalid/x.dtd">',
                 '<!-- --><?a?>\n<!DOCTYPE x PUBLIC "a" "b">'],
    ids=["bomb", "file", "fetched", "behind a comment"],
)  # fmt: skip
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(tmp_path: Path, declared: str, charset: str) -> None:
    data = document(sections("<text>&f;&b;</text>")).replace('<?xml version="1.0"?>', f'<?xml version="1.0"?>{declared}')
    assert code(read(tmp_path, data.encode(charset))) == "forbidden_xml"


def test_an_entity_no_one_declared_is_an_error(tmp_path: Path) -> None:
    assert code(read(tmp_path, document(sections("<text>a &lost; b</text>")))) == "bad_xml"


def test_a_document_cut_short_anywhere_is_an_error(tmp_path: Path) -> None:
    whole = document(sections("<title>A</title><text>word</text>"))
    for cut in range(60, len(whole) - 1, 7):
        assert code(read(tmp_path, whole[:cut])) in {"bad_xml", "not_cda"}


def test_a_prefix_no_one_declared_loses_nothing(tmp_path: Path) -> None:
    assert text(tmp_path, "<paragraph sdtc:x='1'>word</paragraph>") == "word"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (document(sections("<text>café</text>")).replace('"1.0"', '"1.0" encoding="ISO-8859-1"').encode("latin-1"), "café"),
        (document(sections("<text>café</text>")).encode("utf-16"), "café"),
        (document(sections("<text>café</text>")).encode("latin-1"), "!not_utf8"),
        (b'<?xml version="1.0"?><Patient/>', "!not_cda"),
        (document(sections()).encode(), "!no_text"),
        (b"<?xml", "!bad_xml"),
    ],
)
def test_character_sets_and_other_xml(tmp_path: Path, data: bytes, wanted: str) -> None:
    found = read(tmp_path, data)
    assert (found.text if isinstance(found, Note) else f"!{found.error.code}") == wanted


def test_depth_and_length_are_no_matter(tmp_path: Path) -> None:
    deep = "<content>" * 200 + "word" + "</content>" * 200
    assert text(tmp_path, deep) == "word"
    assert len(text(tmp_path, "<paragraph>word</paragraph>" * 20_000)) == 20_000 * 6 - 2
    assert code(read(tmp_path, document(sections("<text>" + "<content>" * 200_000 + "</text>")))) == "bad_xml"
