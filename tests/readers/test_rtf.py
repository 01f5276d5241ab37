"""RTF: what a person sees of a document."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from oncospan.readers import read_notes
from oncospan.types import BadNote, Note


def read(tmp_path: Path, data: str | bytes) -> Note | BadNote:
    path = tmp_path / "x.rtf"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (found,) = read_notes([path])
    return found


def box(state: str) -> str:
    """A check box of a form as Word writes it; ``state`` is what it says of being ticked."""
    return rf"{{\field{{\*\fldinst {{\rtlch\fcs1 FORMCHECKBOX }}{{\*\formfield{{\fftype1{state}{{\*\ffname Check1}}}}}}}}{{\fldrslt }}}}"


TICKED, OPEN, TICKED_BEFORE = box(r"\ffres1"), box(r"\ffres0"), box(r"\ffres25\ffdefres1")
BARE = r"{\field{\*\fldinst { FORMCHECKBOX }}{\fldrslt {}}}"
LIST = r"{\field{\*\fldinst {FORMDROPDOWN {\*\formfield{\fftype2\ffhaslistbox1\ffres1{\*\ffl G1}{\*\ffl G2}}}}}{\fldrslt {}}}"


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (
            r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Impression:\par Ileal \b carcinoid\b0 .\line x\tab y}",
            "Impression:\nIleal carcinoid.\nx\ty",
        ),
        (r"{\rtf1 caf\'e9 \u8217?s \u-10179?\u-8704? \uc2\u233??x \emdash  \{a\}\\ 5\~cm}", "café ’s 😀 éx — {a}\\ 5\xa0cm"),
        (r"{\rtf1\ansicpg1251 \'ea\'e0}", "ка"),
        ("{\\rtf1 one\r\ntwo\\par\r\nthree}", "onetwo\nthree"),
        (r"{\rtf1 seen \strike struck\strike0 {\v hidden}{\deleted gone}{\*\generator z;}{\pict 89504e}kept}", "seen kept"),
        (r"{\rtf1 {\strike struck}\plain seen {\revised new}}", "seen new"),
        (r"{\rtf1\trowd\intbl Liver\cell yes\cell\row Bone\cell no\cell\row}", "Liver | yes\nBone | no"),
        (r"{\rtf1{\header Top}{\footnote Below}body {\field{\*\fldinst HYPERLINK x}{\fldrslt link}}}", "Top\n\nBelow\nbody link"),
        (b"{\\rtf1 a\\bin3 {}{b}", "ab"),
        (rf"{{\rtf1 Liver {TICKED}\par Bone {OPEN}\par {TICKED_BEFORE}Lung {BARE}}}", "Liver [x] \nBone [ ] \n[x] Lung [ ] "),
        (rf"{{\rtf1 Grade {LIST} NET}}", "Grade G2 NET"),
        (r"{\rtf1 {\listtext 1.\tab}first\par{\listtext 2.\tab}second}", "1.\tfirst\n2.\tsecond"),
    ],
)
def test_documents_as_they_are_shown(tmp_path: Path, document: str | bytes, shown: str) -> None:
    note = read(tmp_path, document)
    assert isinstance(note, Note), note.error
    assert note.text == shown


def test_a_document_cut_short_anywhere_is_an_error(tmp_path: Path) -> None:
    whole = r"{\rtf1\ansi {\b Impression:} caf\'e9 \u8217? liver}"
    for cut in range(6, len(whole)):
        found = read(tmp_path, whole[:cut])
        assert isinstance(found, BadNote)
        assert found.error.code == "bad_rtf"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(["{", "}", "\\", "\\u", "\\u-1", "\\'", "\\'e", "\\bin9999999999", "\\uc-3", "\\ansicpg1", "\\*", "word", "\n", "\\strike",
                                 "\\v0", "\\cell", "FORMCHECKBOX", "FORMDROPDOWN", "\\ffres9", "\\ffl", "{\\*", "\\deleted", "\\ansicpg932", "\\'81", "\x00"])))  # fmt: skip
def test_no_soup_of_words_stops_the_reader(tmp_path: Path, pieces: list[str]) -> None:
    assert read(tmp_path, "{\\rtf1" + "".join(pieces) + "}").note_id
