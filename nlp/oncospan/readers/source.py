"""The bytes of an export as numbered lines; a bad line is marked, never mended in silence."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from oncospan.errors import InputError
from oncospan.readers.office import NOT_READ, WayOut, by_bytes, by_parts
from oncospan.readers.problems import DAMAGED, MAX_CARRIER_BYTES, MAX_NOTE_BYTES, PROBLEMS, DamagedInput, Swollen, problem_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks of UTF-16."""

_HEAD = 4_096
"""How many bytes of a file are looked at for what it is."""

_LARGEST_RATIO, _RATIO_COUNTS_FROM = 400, 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line with its end; bytes that are no UTF-8 stand in ``text`` as lone surrogates and ``problem`` says so."""

    number: int
    text: str = field(repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a zip archive."""

    archive: Path
    inner: str
    number: int
    """Its place in the archive: two may have one name."""

    @property
    def name(self) -> str:
        """The archive and the name within it."""
        return f"{self.archive.name}/{self.inner}"

    @property
    def suffix(self) -> str:
        """The last suffix of the name."""
        return Path(self.inner).suffix


File = Path | Member
"""A file that is read."""


@lru_cache(maxsize=2)  # an archive of many files is opened once, not once a file
def _opened(archive: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive)


def members(archive: Path) -> list[Member]:
    """The files of a zip archive, sorted, without links. Raises DamagedInput when it is none, or is locked with a password.

    Nothing is ever unpacked to the disk: what names the files have, and where those would lead, does not matter.
    """
    _opened.cache_clear()  # it may have changed since it was last read
    try:
        every = enumerate(_opened(archive).infolist())
        found = [(n, i) for n, i in every if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
    except (*DAMAGED, ValueError, NotImplementedError):
        raise DamagedInput("not a readable zip archive", where=archive.name, hint="Copy or export it again.") from None
    if kind := _document_kind(archive, (i.filename for _, i in found)):
        what, instead = NOT_READ.get(kind, WayOut("a Word document", "Name it .docx."))
        raise DamagedInput(f"no archive of notes but {what}", where=archive.name, hint=instead)
    found = [(n, i) for n, i in found if not stat.S_ISLNK(i.external_attr >> 16)]
    if found and all(i.flag_bits & 1 for _, i in found):
        raise DamagedInput("the archive is locked with a password", where=archive.name, hint="Unpack it first.")
    return sorted((Member(archive, i.filename, n) for n, i in found), key=lambda m: (m.inner, m.number))


def _document_kind(archive: Path, names: Iterable[str]) -> str:
    """What a zip archive is that is no archive of notes but a document of an office program; empty for any other."""
    with archive.open("rb") as stream:
        return by_bytes(stream.read(_HEAD)) or by_parts(names)


def stem(path: File) -> str:
    """The name of a file without its suffix and ``.gz``."""
    name = path.name.removesuffix(".gz")
    return Path(name).stem or name


def open_bytes(path: File) -> IO[bytes]:
    """The content of a file, plain, gzip, or within an archive. Raises InputError when it cannot be opened."""
    try:
        plain = _member(path) if isinstance(path, Member) else path.open("rb")
    except OSError as e:
        raise InputError(
            f"cannot be opened ({e.strerror})", where=path.name, hint="Check the path and its permissions."
        ) from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError):
        raise DamagedInput(
            "cannot be unpacked: damaged, or locked with a password", where=path.name, hint="Unpack it first."
        ) from None
    return _measured(gzip.GzipFile(fileobj=plain), plain.tell, plain) if path.suffix.lower() == ".gz" else plain


def _member(path: Member) -> IO[bytes]:
    """A file within an archive."""
    info = _opened(path.archive).infolist()[path.number]
    return _measured(cast("zipfile.ZipExtFile", _opened(path.archive).open(info)), lambda: info.compress_size)


def _measured(
    unpacked: gzip.GzipFile | zipfile.ZipExtFile, packed: Callable[[], int], below: IO[bytes] | None = None
) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_Measured(unpacked, packed, below), 1 << 16))


class _Measured(io.RawIOBase):
    """An unpacked stream that ends with Swollen where it grows beyond all measure of what was packed."""

    def __init__(self, unpacked: gzip.GzipFile | zipfile.ZipExtFile, packed: Callable[[], int], below: IO[bytes] | None) -> None:
        self._unpacked, self._packed, self._below, self._size = unpacked, packed, below, 0

    def readable(self) -> bool:
        """It is only read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what comes next."""
        data = self._unpacked.read1(memoryview(buffer).nbytes)  # what was unpacked before the damage is given
        self._size += len(data)
        if self._size > _RATIO_COUNTS_FROM and self._size > _LARGEST_RATIO * max(1, self._packed()):
            raise Swollen
        memoryview(buffer).cast("B")[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close it and what it reads from."""
        if not self.closed:
            super().close()
            self._unpacked.close()
            if self._below is not None:
                self._below.close()


def is_blank(path: File) -> bool:
    """Whether a file holds nothing but white space. Raises InputError when it cannot be opened."""
    with open_bytes(path) as stream:
        try:
            head = stream.read(_HEAD)
        except DAMAGED:
            return False  # its reader says so
    return len(head) < _HEAD and not head.removeprefix(b"\xef\xbb\xbf").strip()


def lines(path: File, *, carriers: bool = False) -> Iterator[Line]:
    """The lines of a UTF-8 file (byte order mark dropped), split at line feeds only; ``carriers`` may hold whole documents.

    Raises InputError for UTF-16.
    """
    longest = MAX_CARRIER_BYTES if carriers else MAX_NOTE_BYTES
    with open_bytes(path) as stream:
        number = 0
        while True:
            number += 1
            try:
                raw = stream.readline(longest)
                too_long = _skip_rest(stream, raw, longest)
            except DAMAGED as e:
                yield Line(number=number, text="", problem=problem_of(e))
                return
            if not raw:
                return
            if number == 1:
                raw = _without_mark(raw, path)
            yield _line(number, raw, too_long)


def _skip_rest(stream: IO[bytes], raw: bytes, longest: int) -> bool:
    """Whether the line was longer than is read; its rest is skipped."""
    if len(raw) < longest or raw.endswith(b"\n"):
        return False
    rest = raw
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(1 << 20)
    return True


def _without_mark(raw: bytes, path: File) -> bytes:
    if raw.startswith(UTF_16):
        message, hint = PROBLEMS["utf_16"]
        raise DamagedInput(message, where=path.name, hint=hint)
    return raw.removeprefix(b"\xef\xbb\xbf")


def _line(number: int, raw: bytes, too_long: bool) -> Line:
    if too_long:
        return Line(number=number, text="", problem="note_too_long")
    try:
        return Line(number=number, text=raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Line(number=number, text=raw.decode("utf-8", "surrogateescape"), problem="not_utf8")
