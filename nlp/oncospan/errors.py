"""The errors a user can mend, each with an exit code and a hint; never a word of a note in them."""

from __future__ import annotations

from typing import ClassVar


class OncoSpanError(Exception):
    """Base of all errors OncoSpan raises on purpose: what went wrong, where, and how to mend it."""

    exit_code: ClassVar[int] = 2
    code: ClassVar[str] = "refused"
    """What the record of a note calls it, where it concerns one note of a run."""

    def __init__(self, message: str, *, where: str | None = None, hint: str = "") -> None:
        self.message = message
        self.where = where
        self.hint = hint
        super().__init__(f"{where}: {message}" if where else message)


class PackError(OncoSpanError):
    """A rule pack that cannot be read or contradicts itself; ``where`` is ``file:line``."""

    exit_code: ClassVar[int] = 4


class InputError(OncoSpanError):
    """An input file, column or row that cannot be read; ``where`` is ``file:line`` or a file name."""

    exit_code: ClassVar[int] = 5


class OutputError(OncoSpanError):
    """An output that cannot be written; nothing half-written is left behind."""

    exit_code: ClassVar[int] = 6


class UsageError(OncoSpanError):
    """A combination of settings that makes no sense."""

    exit_code: ClassVar[int] = 2


class NoRelease(UsageError):
    """A day that no ICD-10-CM release of the pack covers."""

    code: ClassVar[str] = "no_release"
