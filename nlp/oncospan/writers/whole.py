"""Output files and folders that are whole or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from oncospan.errors import OutputError
from oncospan.writers.only_run import only_run


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


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that becomes ``path`` when the block ends well; after an error nothing is left behind.

    What a killed run left of its draft is taken away. Raises OutputError where the folder holds something, is being written by
    another run, or cannot be written.
    """
    refuse_existing(path)
    draft = path.with_name(f".{path.name}.tmp")
    with only_run(draft, told=draft.parent):
        _emptied(draft)
        try:
            yield draft
            with suppress(FileNotFoundError):
                path.rmdir()  # an empty folder makes room
            draft.rename(path)
        except BaseException as e:
            shutil.rmtree(draft, ignore_errors=True)
            if isinstance(e, OSError) and not isinstance(e, BrokenPipeError):
                raise OutputError(f"cannot be written ({e.strerror})", where=str(path), hint="Check the disk.") from None
            raise


def refuse_existing(path: Path) -> None:
    """Raises OutputError where there is a file already, or a folder that holds something."""
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        raise OutputError("it is there already", where=str(path), hint="Nothing is overwritten: name another, or remove it.")


def _emptied(folder: Path) -> None:
    """Takes away what a killed run left."""
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
