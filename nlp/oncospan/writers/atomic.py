"""Output files that are whole or not there at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from oncospan.errors import OutputError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A binary stream that becomes ``path`` when the block ends well; after an error nothing is left behind.

    Raises OutputError when the file cannot be written.
    """
    draft = path.with_name(path.name + ".tmp")
    stream = _opened(draft)
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException as e:
        with suppress(OSError):
            draft.unlink()
        if isinstance(e, OSError) and not isinstance(e, BrokenPipeError):
            raise OutputError(f"cannot be written ({e.strerror})", where=str(path), hint="Check the disk.") from None
        raise


def _opened(draft: Path) -> IO[bytes]:
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        return draft.open("wb")
    except OSError as e:
        raise OutputError(
            f"cannot be written ({e.strerror})", where=str(draft.parent), hint="Check the folder and its permissions."
        ) from None
