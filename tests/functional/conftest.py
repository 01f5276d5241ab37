"""The command line in this process, and a stand-in for the engine: quick, and right about nothing but errors."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from oncospan import cli
from oncospan.settings import Settings
from oncospan.types import (
    Analysis,
    Assertion,
    BadNote,
    Evidence,
    Finding,
    Kind,
    NetSitePolicy,
    Note,
    NoteError,
    Stamp,
)

STAMP = Stamp(
    engine="0.0.0", pack="standin 1", pack_digest="sha256:0", release="FY2027", net_site_policy=NetSitePolicy.STRICT_INDEX
)


def analyse_notes(notes: Iterable[Note | BadNote], settings: Settings) -> Iterator[Analysis]:
    """One analysis a note, as the engine gives them: the word metastases is a finding, a bad text an error."""
    for note in notes:
        if isinstance(note, BadNote):
            yield Analysis(note=Note(text="", note_id=note.note_id), stamp=STAMP, errors=(note.error,))
        elif error := _error(note.text, settings):
            yield Analysis(note=note, stamp=STAMP, errors=(error,))
        else:
            yield Analysis(note=note, stamp=STAMP, findings=tuple(_findings(note.text)))


def _error(text: str, settings: Settings) -> NoteError | None:
    if not text or text.isspace():
        return NoteError(code="empty_note", message="the note has no text")
    if len(text) > settings.max_chars:
        return NoteError(code="note_too_long", message="the note is too long")
    if any("\ud800" <= c <= "\udfff" for c in text):
        return NoteError(code="invalid_text", message="half of a surrogate pair")
    return None


def _findings(text: str) -> Iterator[Finding]:
    word = "metastases"
    if (at := text.find(word)) >= 0:
        evidence = Evidence(start=at, end=at + len(word), text=word, rule="standin.rule")
        yield Finding(id="f1", kind=Kind.METASTASIS, concept="liver", assertion=Assertion.PRESENT, evidence=(evidence,))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The stand-in in the place of ``oncospan.engine``."""
    module = ModuleType("oncospan.engine")
    module.analyse_notes = analyse_notes  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "oncospan.engine", module)
    return module


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs ``oncospan`` with the arguments, in ``tmp_path``; gives exit code, stdout and stderr."""

    def call(*args: str, stdin: bytes = b"") -> SimpleNamespace:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["oncospan", *args])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8"))
        try:
            cli.main()
            code = 0
        except SystemExit as e:
            code = int(e.code or 0)
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return SimpleNamespace(code=code, out=out.decode(), err=err.decode())

    return call
