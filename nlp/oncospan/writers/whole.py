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

    A pipe or device is written as it goes, and never replaced; of a link the file it leads to becomes whole, and the link stays.
    Raises OutputError when the file cannot be written.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with _told(path), _opened(path) as stream:
            yield stream
        return
    path = path.resolve() if path.is_symlink() else path
    draft = path.with_name(path.name + ".tmp")
    stream = _opened(draft)
    try:
        with _told(path):
            with stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Says of an error of the disk what could not be written; a closed pipe is for the caller."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as e:
        raise OutputError(f"cannot be written ({e.strerror})", where=str(path), hint="Check the disk.") from None


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
            with _told(path):
                yield draft
                with suppress(FileNotFoundError):
                    path.rmdir()  # an empty folder makes room
                draft.rename(path)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
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
