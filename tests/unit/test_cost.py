"""What a note costs, counted instead of timed: Docs, segmentations, and how the work grows with the length of a note."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from unittest import mock

import pytest

from oncospan.engine import analyse_notes
from oncospan.pack import load
from oncospan.pipeline import reading
from oncospan.pipeline.reading import reader_of
from oncospan.pipeline.sentence import relations
from oncospan.pipeline.sentence.passage import related
from oncospan.pipeline.sentence.relations import may_tell
from oncospan.pipeline.text.segment import Segmenter
from oncospan.readers import read_notes
from oncospan.types import Note

RELEVANT = "CT showed liver metastases from her pancreatic neuroendocrine tumor. "


def read(text: str) -> None:
    (analysis,) = analyse_notes([Note(text=text, note_id="n")])
    assert not analysis.errors


@contextmanager
def counted(owner: object, name: str) -> Iterator[mock.Mock]:
    with mock.patch.object(owner, name, autospec=True, side_effect=getattr(owner, name)) as calls:
        yield calls


def test_an_irrelevant_note_is_neither_segmented_nor_cut_into_words() -> None:
    with counted(Segmenter, "__call__") as segmented, counted(reading, "window_of") as windows:
        read("The patient sleeps and eats well. Blood pressure 120/80. " * 200)
    assert (segmented.call_count, windows.call_count) == (0, 0)


@pytest.mark.parametrize("text", ["Seen at the cancer center for a cold.", "Ca was low at 7.9.", "Right CCA plaque on duplex."])
def test_a_note_whose_anchors_are_none_has_no_findings(text: str) -> None:
    (analysis,) = analyse_notes([Note(text=f"{text} She had a cholecystectomy and a CT.", note_id="n")])
    assert not analysis.findings


def test_only_sentences_that_matter_are_cut_into_words() -> None:
    with counted(reading, "window_of") as windows:
        read("She sleeps well. " * 200 + RELEVANT + "She eats well. " * 200)
    sentences = [s for call in windows.call_args_list for s in call.args[1]]
    assert len(sentences) == 1


def calls_made(text: str) -> int:
    """How many functions of ours run while the note is read."""
    made = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal made
        made += event == "call" and "oncospan" in frame.f_code.co_filename

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        read(text)
    finally:
        sys.setprofile(before)
    return made


@pytest.mark.parametrize(
    ("sentence", "times"),
    [
        (RELEVANT, 40),
        ("Three of 12 lymph nodes positive for carcinoma. ", 40),
        ("A. Colon, sigmoid, resection: adenocarcinoma.\nB. Lymph node, biopsy: negative.\n", 40),
        ("carcinoid ", 500),
        ("Carcinoid.\n", 300),
        ("Biopsy: carcinoid. Resection of ileum. ", 100),
    ],
)
def test_work_grows_with_the_length_of_a_note(sentence: str, times: int) -> None:
    read(sentence)
    assert calls_made(sentence * 2 * times) < 2.5 * calls_made(sentence * times)


def test_what_is_passed_over_tells_nothing(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that names neither tumor, spread nor sight goes through no further step: going through them all finds no more."""
    notes = [n for n in read_notes([samples / "notes.jsonl"]) if isinstance(n, Note)]
    readings = [reader_of(load()).read(n.text) for n in notes]
    short = list(map(related, readings))
    assert any(not may_tell(f.line, f.places, None) for facts in short for f in facts)
    monkeypatch.setattr(relations, "may_tell", lambda *_: True)
    assert list(map(related, readings)) == short
