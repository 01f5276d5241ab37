"""Standard input as a file: readers look at one more than once, and Parquet from its end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from oncospan.errors import InputError, OutputError
from oncospan.readers.detection import HEAD, InputFormat, suffix_of


@contextmanager
def spooled(stream: IO[bytes], named: InputFormat | None = None) -> Iterator[Path]:
    """A private temporary file of what comes, with the suffix of its format; it goes with the block.

    Raises InputError where nothing comes or the format is not known, OutputError where there is no space for it.
    """
    head = _begin(stream)
    if not head:
        raise InputError(
            "nothing comes on standard input", where="stdin", hint="Pipe notes into it: … | oncospan extract - -o OUT"
        )
    with tempfile.TemporaryDirectory(prefix="oncospan-") as folder:
        path = Path(folder) / f"stdin{suffix_of(head, named)}"
        try:
            with path.open("wb") as out:
                out.write(head)
                shutil.copyfileobj(stream, out, 1 << 20)
        except OSError as e:
            raise OutputError(
                f"standard input cannot be put aside ({e.strerror})", hint="Free space where TMPDIR points."
            ) from None
        yield path


def _begin(stream: IO[bytes]) -> bytes:
    """The first bytes, as many as tell the format."""
    head = b""
    while len(head) < HEAD and (more := stream.read(HEAD - len(head))):
        head += more
    return head
