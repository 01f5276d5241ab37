"""HTML: what a person sees of a page."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from oncospan.readers import read_notes
from oncospan.types import BadNote, Note


def read(tmp_path: Path, data: str | bytes) -> Note | BadNote:
    path = tmp_path / "x.html"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (found,) = read_notes([path])
    return found


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<html><head><title>no</title><style>no</style></head><body><h2>Impression</h2><p>Ileal\n carcinoid.</p>No mets.<br>x</body></html>",
         "Impression:\n\nIleal carcinoid.\n\nNo mets.\nx"),
        ("<div>a<div>b</div>c</div><script>no()</script>", "a\nb\nc"),
        ("<p>a <b>b</b><i> c</i> d</p>", "a b c d"),
        ("<ul><li>a<li>b</ul><ol><li>c<li>d</ol>", "- a\n- b\n1. c\n2. d"),
        ("<table><tr><td>Liver</td><td>yes</td></tr><tr><td>Bone<td>no</table>", "Liver | yes\nBone | no"),
        ("<pre>a\n  b\r\nc</pre>", "a\n  b\nc"),
        ("<p>seen</p><p style='display: none'>no</p><p hidden>no</p><del>no</del><s>no</s>", "seen"),
        ("<p><input type=checkbox checked>liver <input type=checkbox>bone</p>", "[x] liver [ ] bone"),
        ("<p>5 &lt; 6&nbsp;cm &eacute; &#8217;</p>", "5 < 6\xa0cm é ’"),
        ("<p>never <b>closed", "never closed"),
        ("<!DOCTYPE html><body>words", "words"),
        ("<p>a</p><!-- no --><p>b</p>", "a\n\nb"),
    ],
)  # fmt: skip
def test_pages_as_they_are_shown(tmp_path: Path, page: str, shown: str) -> None:
    note = read(tmp_path, page)
    assert isinstance(note, Note), note.error
    assert note.text == shown


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ('<html><meta charset="windows-1252"><p>caf\xe9</p>'.encode("latin-1"), "café"),
        ("<html><p>café</p>".encode("utf-16"), "café"),
        (b"\xef\xbb\xbf<p>caf\xc3\xa9</p>", "café"),
        (b"<p>caf\xe9</p>", "!not_utf8"),
    ],
)
def test_character_sets(tmp_path: Path, data: bytes, shown: str) -> None:
    found = read(tmp_path, data)
    assert (found.text if isinstance(found, Note) else f"!{found.error.code}") == shown


def test_a_page_nested_beyond_all_measure_ends(tmp_path: Path) -> None:
    assert read(tmp_path, "<div>" * 100_000 + "word")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(["<p>", "</p>", "<td>", "<li>", "<ol>", "&lt", "&#x", "word", " ", "\n", "<!--", "-->", "<", ">", "<?xml?>",
                                 "<pre>", "\x00", "é", "</table>", "<tr>", "<s>", "<![CDATA["])))  # fmt: skip
def test_no_soup_of_tags_stops_the_reader(tmp_path: Path, pieces: list[str]) -> None:
    assert read(tmp_path, "<html>" + "".join(pieces)).note_id


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ("<tr><td><p>Liver</p></td><td><p>yes</p></td></tr><tr><td><div>Bone</div></td><td><p>no</p></td></tr>", "Liver | yes\nBone | no"),
        ("<tr><td><p>a</p><p>b</p></td><td>c</td></tr>", "a\n\nb | c"),
        ("<tr><td></td><td>a</td></tr><tr><td></td><td><p>b</p></td><td></td><td>c</td></tr>", "a\nb | c"),
        ("<tr><td>a</td><td><table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr>", "a\nb | c | d"),
        ("<tr><td><ul><li>a</li><li>b</li></ul></td><td>c</td></tr>", "- a\n- b | c"),
    ],
)  # fmt: skip
def test_cells_stand_in_their_row_whatever_blocks_they_hold(tmp_path: Path, table: str, shown: str) -> None:
    note = read(tmp_path, f"<p>before</p><table>{table}</table><p>after</p>")
    assert isinstance(note, Note), note.error
    assert note.text == f"before\n\n{shown}\n\nafter"
