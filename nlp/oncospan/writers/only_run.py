"""One run at a time in a folder of output."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oncospan.errors import OutputError


@contextmanager
def only_run(folder: Path, *, told: Path | None = None) -> Iterator[None]:
    """The folder, made where it is not there, held so that no second run writes to it.

    Raises OutputError; ``told`` is the folder that the error names where this one cannot be made, if it is another.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as e:
        raise OutputError(
            f"cannot be written ({e.strerror})", where=str(told or folder), hint="Check the folder and its permissions."
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OutputError("another run writes to the folder", where=str(folder), hint="Wait for it to end.") from None
        yield
    finally:
        os.close(handle)
