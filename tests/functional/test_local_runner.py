"""The local runner: order, streams, and the same answer from any number of workers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oncospan.engine import Settings
from oncospan.readers import BadNote
from oncospan.runners import local
from oncospan.runners.local import Manner, WorkerError, chunks, run
from oncospan.types import Note, NoteError
from oncospan.writers.jsonl import line

WORKER = """
import os, re, time
from oncospan.types import Analysis, BadNote, NetSitePolicy, Note, Stamp

STAMP = Stamp(engine="0", pack="p", pack_digest="d", release="FY2027", net_site_policy=NetSitePolicy.STRICT_INDEX)

def analyse(notes, settings):
    for note in notes:
        if isinstance(note, BadNote):
            yield Analysis(note=Note(text="", note_id=note.note_id), stamp=STAMP, errors=(note.error,))
        elif "raise" in note.text:
            raise ValueError(note.text)
        elif "die" in note.text:
            os._exit(9)
        elif "regex bait" in note.text:
            re.match(r"(a|a)*b", "a" * 40)
        elif "loop" in note.text:
            while True:
                try:
                    time.sleep(0.01)
                except Exception:
                    pass
        else:
            yield Analysis(note=note, stamp=STAMP)
"""

SETTINGS: Any = "settings"


@pytest.fixture
def analyse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in that workers can import."""
    (tmp_path / "standin_engine.py").write_text(WORKER)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("standin_engine", None)
    import standin_engine  # type: ignore[import-not-found]

    return standin_engine.analyse


def many(count: int, **at: str) -> Iterator[Note | BadNote]:
    for i in range(count):
        yield Note(text=at.get(f"n{i}", f"note \ud800 {i}"), note_id=f"n{i}")
    yield BadNote(note_id="bad", error=NoteError(code="bad_row", message="m"))


def test_two_workers_give_the_same_bytes_as_none(analyse: Any) -> None:
    one = [line(a) for a in run(many(300), SETTINGS, analyse=analyse)]
    two = [line(a) for a in run(many(300), SETTINGS, workers=2, analyse=analyse)]
    assert len(one) == 301
    assert one == two


def test_the_input_is_not_read_far_ahead(analyse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "CHUNK_NOTES", 2)
    read = 0

    def watched() -> Iterator[Note]:
        nonlocal read
        for i in range(1_000):
            read += 1
            yield Note(text="x", note_id=str(i))

    stream = run(watched(), SETTINGS, workers=2, analyse=analyse)
    next(stream)
    assert read <= 10
    stream.close()  # type: ignore[attr-defined]


def test_a_worker_that_raises_is_one_clear_error_without_words_of_the_note(analyse: Any) -> None:
    with pytest.raises(WorkerError, match="ValueError") as caught:
        list(run(many(3, n1="raise Quetzalcoatl"), SETTINGS, workers=2, analyse=analyse))
    assert "Quetzalcoatl" not in str(caught.value)


def test_a_note_a_worker_dies_of_is_an_error_record_and_the_others_are_read(
    analyse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "CHUNK_NOTES", 2)
    found = list(run(many(9, n3="die"), Settings(), workers=2, analyse=analyse))
    assert [a.note.note_id for a in found] == [*(f"n{i}" for i in range(9)), "bad"]
    assert {a.note.note_id: [e.code for e in a.errors] for a in found if a.errors} == {"n3": ["worker_died"], "bad": ["bad_row"]}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_note_that_takes_too_long_is_stopped(analyse: Any, workers: int) -> None:
    manner = Manner(analyse=analyse, seconds=0.5)
    found = list(run(many(4, n1="regex bait", n2="loop"), Settings(), workers=workers, manner=manner))
    assert [[e.code for e in a.errors] for a in found] == [[], ["time_limit"], ["time_limit"], [], ["bad_row"]]


def test_chunks_end_at_a_count_or_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "CHUNK_NOTES", 3)
    monkeypatch.setattr(local, "CHUNK_CHARS", 10)
    sizes = [1, 1, 1, 1, 20, 1]
    got = list(chunks(Note(text="x" * n, note_id="n") for n in sizes))
    assert [[len(n.text) for n in chunk if isinstance(n, Note)] for chunk in got] == [[1, 1, 1], [1, 20], [1]]
    assert list(chunks([])) == []
