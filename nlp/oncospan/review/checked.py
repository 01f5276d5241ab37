"""The records of a run, read and checked against their notes, a batch at a time; where it pays, in a process of their own.

Nothing of Django is needed here: while one process reads and checks, the other stores.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from oncospan.errors import InputError, OncoSpanError
from oncospan.review.note_texts import NoteTexts, note_texts
from oncospan.review.records import LONGEST_LINE, Record, read_record

BATCH = 4000
"""Records that one transaction takes in."""

MUCH = 32 * 1024 * 1024
"""Bytes of records from which on a second process is worth its start."""

TWICE = "a record of the same id stands above"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of records, and how far it was read already."""

    path: Path
    position: int = 0
    line: int = 0


class Batch(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Records of one part that may be stored, each with the texts of its notes, and the errors of the others."""

    part: int
    """Which of the parts, from 0."""
    position: int
    line: int
    """How far the file is read with them."""
    good: tuple[tuple[Record, dict[str, str]], ...]
    bad: tuple[InputError, ...] = ()

    def __repr__(self) -> str:
        """How far it goes: the rest is patients'."""
        return f"{type(self).__name__}(part={self.part}, line={self.line})"


def _told(error: InputError) -> tuple[str, str | None, str]:
    return error.message, error.where, error.hint


def _error(_: type, told: tuple[str, str | None, str]) -> InputError:
    message, where, hint = told
    return InputError(message, where=where, hint=hint)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_told)
_DECODER = msgspec.msgpack.Decoder(Batch, dec_hook=_error)


def batches(parts: Sequence[Part], notes: Sequence[Path]) -> Iterator[Batch]:
    """The batches of all parts in their order. Raises InputError where the notes or the records cannot be read at all."""
    size = sum(p.path.stat().st_size - p.position for p in parts)
    aside = size >= MUCH and (os.cpu_count() or 1) > 1
    yield from (_read_aside if aside else _read)(parts, notes)


def _read(parts: Sequence[Part], notes: Sequence[Path]) -> Iterator[Batch]:
    with note_texts(notes) as texts:
        for number, part in enumerate(parts):
            for lines in _lines(part):
                yield _checked(number, lines, part.path.name, texts)


def _read_aside(parts: Sequence[Part], notes: Sequence[Path]) -> Iterator[Batch]:
    """The same by another process, which reads the next batch while this one is stored."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sending, parts, notes), daemon=True)
    process.start()
    sending.close()
    try:
        while (told := _received(receiving)) is not None:
            yield told
    finally:
        receiving.close()
        process.terminate()
        process.join()


def _received(receiving: Connection) -> Batch | None:
    """The next batch; None after the last. Raises what the other process raised."""
    try:
        told: bytes | OncoSpanError | None = receiving.recv()
    except EOFError:
        hint = "It may have run out of memory: look at the system log, and start the import again; it goes on where it stopped."
        raise InputError("the process that reads the records has died", hint=hint) from None
    if isinstance(told, OncoSpanError):
        raise told
    return _DECODER.decode(told) if told else None


def _send(sending: Connection, parts: Sequence[Part], notes: Sequence[Path]) -> None:
    """What the other process does; it ends with the one it reads for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # nothing here hangs in circles; looking for them among the spans of records takes long
    try:
        try:
            for batch in _read(parts, notes):
                sending.send(_ENCODER.encode(batch))
            sending.send(None)
        except OncoSpanError as e:
            sending.send(e)
    except BrokenPipeError:
        pass


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    end: int
    data: bytes = field(repr=False)


def _lines(part: Part) -> Iterator[list[_Line]]:
    """The lines of a part from where it was read to, a batch at a time."""
    batch: list[_Line] = []
    position, number = part.position, part.line
    with part.path.open("rb") as stream:
        stream.seek(position)
        while line := stream.readline(LONGEST_LINE):
            number += 1
            position += len(line)
            batch.append(_Line(number, position, line))
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _checked(part: int, lines: list[_Line], name: str, texts: NoteTexts) -> Batch:
    good: dict[str, tuple[Record, dict[str, str]]] = {}
    bad: list[InputError] = []
    for line in lines:
        if line.data.isspace():
            continue
        try:
            record, spans = read_record(line.data, f"{name}:{line.number}")
            found = texts.of(record, spans)
        except InputError as e:
            bad.append(e)
        else:
            if record.key in good:
                bad.append(InputError(TWICE, where=record.where))
            good.setdefault(record.key, (record, found))
    last = lines[-1]
    return Batch(part=part, position=last.end, line=last.number, good=tuple(good.values()), bad=tuple(bad))
