"""What can be wrong with an input, and how it is told: never with a word of a note."""

from __future__ import annotations

import zipfile
import zlib

from oncospan.errors import InputError
from oncospan.types import NoteError

_MB = 1024 * 1024
MAX_NOTE_BYTES = 64 * _MB
"""The longest line, record, text or document that is read into memory; far above any note, far below the machine."""

MAX_CARRIER_BYTES = 2 * MAX_NOTE_BYTES
"""The longest resource or message: base64 makes a document that it carries a third longer."""

_MEND_ENCODING = "Convert the export first, e.g.: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT"

PROBLEMS = {
    "not_utf8": ("the text is not UTF-8", _MEND_ENCODING),
    "utf_16": ("the file is UTF-16", "Convert it: iconv -f UTF-16 -t UTF-8 IN > OUT"),
    "note_too_long": (
        f"more than {MAX_NOTE_BYTES // _MB} MB in one line, record or file, or {MAX_CARRIER_BYTES // _MB} MB in one resource or message",
        "Split the export into one note a record, and export larger attachments as files of their own.",
    ),
    "archive_bomb": (
        "the compressed file unpacks to hundreds of times its size, as no notes do; what follows is not read",
        "Look at it before you unpack it.",
    ),
    "damaged_file": ("the compressed file ends early or is damaged here; what follows is lost", "Copy or export it again."),
}
"""Message and hint of every problem a line of bytes can have."""

DAMAGED = (EOFError, zlib.error, OSError, zipfile.BadZipFile)
"""What reading raises where a compressed file ends early, is damaged, or was made to fill a disk (Swollen)."""


class Swollen(OSError):
    """A compressed file that unpacks to far more than notes would."""


def problem_of(e: BaseException) -> str:
    """The problem that one of DAMAGED is."""
    return "archive_bomb" if isinstance(e, Swollen) else "damaged_file"


class DamagedInput(InputError):
    """A file that holds nothing that can be read: damaged, empty or locked. Among others it gives an error record."""


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
