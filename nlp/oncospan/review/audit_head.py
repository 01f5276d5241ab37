"""The end of the audit trail in a file beside the secret key: whoever cuts events off in the database does not reach it there."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

FILE = "audit.head"


@dataclass(frozen=True, slots=True)
class Head:
    """The number and hash of an event."""

    number: int
    hash: str


class Forged(Exception):
    """The file was not written by the workbench that has this secret key."""


def head() -> Head | None:
    """The end that is kept; None where none is. Raises Forged."""
    with _locked() as handle:
        return _read(handle)


def advance(to: Head, *, first: bool, holds: Callable[[Head], bool]) -> None:
    """Keep a later end, where the one that is kept ``holds``: stands in the trail still. Otherwise it stays, as evidence.

    ``first`` says that no event stands before, so that there may be none kept.
    """
    with _locked() as handle:
        try:
            now = _read(handle)
        except Forged:
            return
        if first if now is None else now.number < to.number and holds(now):
            _write(handle, to)


def anchor(to: Head) -> None:
    """Keep this end, whatever was kept."""
    with _locked() as handle:
        _write(handle, to)


@contextmanager
def _locked() -> Iterator[int]:
    """The open file, while nobody else has it."""
    handle = os.open(settings.CONFIG.data / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _read(handle: int) -> Head | None:
    line = os.pread(handle, 1000, 0).decode("ascii", "replace")
    if not line:
        return None
    number, _, rest = line.partition(" ")
    found = Head(int(number), rest[:64]) if number.isascii() and number.isdigit() else None
    if found is None or not hmac.compare_digest(line.encode(), _line(found)):
        raise Forged
    return found


def _write(handle: int, to: Head) -> None:
    os.pwrite(handle, _line(to), 0)  # always of one length and in one piece: a reader never meets a half


def _line(of: Head) -> bytes:
    told = f"{of.number:020} {of.hash}"
    seal = hmac.new(settings.SECRET_KEY.encode(), told.encode(), hashlib.sha256).hexdigest()
    return f"{told} {seal}\n".encode()
