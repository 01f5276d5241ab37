"""Every file of a folder of published examples: each is read and loses no word that a person sees, or says why not.

The folder is ``corpora/formats`` of the development data beside the checkout; ``ONCOSPAN_FORMATS`` names another.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from lxml import etree

from oncospan.readers import read_notes
from oncospan.types import BadNote, Note


@pytest.fixture(scope="module")
def formats(request: pytest.FixtureRequest) -> Path:
    named = os.environ.get("ONCOSPAN_FORMATS")
    folder = Path(named) if named else request.getfixturevalue("shared") / "corpora" / "formats"
    if not folder.is_dir():
        pytest.skip(f"no folder of published examples at {folder.name} (ONCOSPAN_FORMATS names one)")
    return folder


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file())


def test_every_hl7_file_ends_as_notes_or_errors_and_loses_no_text(formats: Path) -> None:
    for path in _files(formats / "hl7v2"):
        found = list(read_notes([path]))
        assert found, path.name
        raw = path.read_text("utf-8-sig")
        kind = raw.split("|", 9)[8][:3]
        if kind not in {"MDM", "ORU", "OUL"}:
            assert [n.error.code for n in found if isinstance(n, BadNote)] == ["no_document"], path.name
            continue
        read = "\n".join(n.text for n in found if isinstance(n, Note))
        for segment in re.findall(r"^OBX\|\d*\|(?:TX|FT|ST)\|[^|\n\r]*\|[^|\n\r]*\|([^|\n\r]+)", raw, re.MULTILINE):
            assert segment.strip() in read, path.name
        if isinstance(found[0], Note):
            for comment in re.findall(r"^OB[RX]\|.*[\r\n]+NTE\|[^|\n\r]*\|[^|\n\r]*\|([^|~\n\r]+)", raw, re.MULTILINE):
                assert comment.strip() in read, path.name
        if all(isinstance(n, Note) for n in found):
            for value in re.findall(r"^OBX\|\d*\|NM\|[^|\n\r]*\|[^|\n\r]*\|([^|~^\n\r]+)[^\n\r]*", raw, re.MULTILINE):
                assert value.strip() in read, path.name


def test_every_c_cda_file_ends_as_a_note_or_an_error_and_loses_no_word_of_its_narrative(formats: Path) -> None:
    for path in _files(formats / "ccda"):
        (found,) = read_notes([path])
        root = etree.parse(path, etree.XMLParser(huge_tree=True, recover=True)).getroot()
        pieces = [p for e in root.iterfind(".//{*}section/*") if e.tag.endswith(("}title", "}text")) for p in _pieces(e)]
        if isinstance(found, BadNote):
            assert pieces == [], path.name
            assert found.error.code in {"no_text", "stored_elsewhere"}, path.name
            continue
        have, at = _bare(found.text), 0
        for piece in pieces:
            at = have.find(piece, at) + len(piece)
            assert at >= len(piece), (path.name, piece)


def _pieces(element: etree._Element) -> list[str]:
    """The runs of text of a title or narrative block in order, without white space and marks; deleted and hidden ones left out."""
    for gone in [e for e in element.iter() if e.tag is etree.Comment or e.get("revised") == "delete"]:
        gone.clear(keep_tail=True)
        gone.text = None
    return [p for p in map(_bare, element.itertext()) if p]


def _bare(text: str) -> str:
    return re.sub(r"\W", "", text).upper()
