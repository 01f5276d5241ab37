"""The bytes of an export as numbered lines; a bad line is marked, never mended in silence."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from oncospan.errors import InputError
from oncospan.types import NoteError

MAX_NOTE_BYTES = 64 * 1024 * 1024
"""The longest line, record or text file that is read into memory; far above any note, far below the machine."""

_MEND_ENCODING = "Convert the export first, e.g.: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT"

PROBLEMS = {
    "not_utf8": ("the text is not UTF-8", _MEND_ENCODING),
    "note_too_long": (
        f"more than {MAX_NOTE_BYTES} bytes in one line, record or file",
        "Split the export into one note a record.",
    ),
    "damaged_file": ("the compressed file ends early or is damaged here; what follows is lost", "Copy or export it again."),
}
"""Message and hint of every problem a line of bytes can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line with its end; bytes that are no UTF-8 stand in ``text`` as lone surrogates and ``problem`` says so."""

    number: int
    text: str = field(repr=False)
    problem: str = ""


File = Path
"""A file that is read."""


class Unreadable(Exception):
    """A document that gives no text: code, message and hint of its error, never its words."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        self.code, self.message, self.hint = code, message, hint
        super().__init__(code)

    @classmethod
    def of(cls, problem: str) -> Unreadable:
        """That of one of PROBLEMS."""
        return cls(problem, *PROBLEMS[problem])

    @classmethod
    def without_extra(cls, package: str) -> Unreadable:
        """That of a document whose reader is not installed."""
        return cls("missing_extra", f"reading it needs {package}", "Install the extra: pip install 'oncospan[formats]'")

    def error(self, where: str) -> NoteError:
        """The note error of it."""
        return NoteError(code=self.code, message=self.message, hint=self.hint, where=where)


def problem_error(problem: str, where: str) -> NoteError:
    """The note error of a line's problem."""
    message, hint = PROBLEMS[problem]
    return NoteError(code=problem, message=message, hint=hint, where=where)


def stem(path: Path) -> str:
    """The name of a file without its suffix and ``.gz``."""
    name = path.name.removesuffix(".gz")
    return Path(name).stem or name


def open_bytes(path: Path) -> IO[bytes]:
    """The content of a plain or gzip file. Raises InputError when it cannot be opened."""
    try:
        return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")
    except OSError as e:
        raise InputError(
            f"cannot be opened ({e.strerror})", where=path.name, hint="Check the path and its permissions."
        ) from None


def lines(path: Path) -> Iterator[Line]:
    """The lines of a UTF-8 file (byte order mark dropped), split at line feeds only. Raises InputError for UTF-16."""
    with open_bytes(path) as stream:
        number = 0
        while True:
            number += 1
            try:
                raw = stream.readline(MAX_NOTE_BYTES)
                too_long = _skip_rest(stream, raw)
            except (EOFError, zlib.error, OSError):
                yield Line(number=number, text="", problem="damaged_file")
                return
            if not raw:
                return
            if number == 1:
                raw = _without_mark(raw, path)
            yield _line(number, raw, too_long)


def _skip_rest(stream: IO[bytes], raw: bytes) -> bool:
    """Whether the line was longer than is read; its rest is skipped."""
    if len(raw) < MAX_NOTE_BYTES or raw.endswith(b"\n"):
        return False
    rest = raw
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(MAX_NOTE_BYTES)
    return True


def _without_mark(raw: bytes, path: Path) -> bytes:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("the file is UTF-16", where=path.name, hint="Convert it: iconv -f UTF-16 -t UTF-8 IN > OUT")
    return raw.removeprefix(b"\xef\xbb\xbf")


def _line(number: int, raw: bytes, too_long: bool) -> Line:
    if too_long:
        return Line(number=number, text="", problem="note_too_long")
    try:
        return Line(number=number, text=raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Line(number=number, text=raw.decode("utf-8", "surrogateescape"), problem="not_utf8")
