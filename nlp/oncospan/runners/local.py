"""Notes through the engine on one machine: in this process, or in a pool of workers that gives the same bytes."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from oncospan.errors import OncoSpanError
from oncospan.types import Analysis, BadNote, Note

if TYPE_CHECKING:
    from oncospan.case import NoteGroup
    from oncospan.engine import Settings

Item = TypeVar("Item", bound="Note | BadNote | NoteGroup")
"""What one record is made of: a note, or the notes of an encounter or patient."""

Analyser = Callable[[Iterable[Any], "Settings"], Iterator[Analysis]]
"""What turns items into analyses: ``analyse_notes`` or ``analyse_groups`` of the engine, or a stand-in of the same shape."""

Submit = Callable[[list[Item]], "Future[list[Analysis]]"]
"""What hands a chunk to the pool."""

CHUNK_NOTES = 64
CHUNK_CHARS = 1_000_000
"""A chunk of work ends at whichever comes first: it bounds both the cost of moving it and the memory it takes."""


class WorkerError(OncoSpanError):
    """A worker that broke; the message names the kind of failure, never what a note said."""

    exit_code: ClassVar[int] = 1


def run(notes: Iterable[Item], settings: Settings, *, workers: int = 1, analyse: Analyser | None = None) -> Iterator[Analysis]:
    """The analyses of ``notes`` in their order, the same whatever the number of workers; both ends are streams.

    Groups of notes need ``analyse=analyse_groups``. Raises WorkerError when a worker process breaks.
    """
    if workers <= 1:
        yield from (analyse or _engine())(notes, settings)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max_workers=workers, mp_context=context, initializer=_leave_interrupts_to_parent)
    try:
        yield from _ordered(lambda chunk: pool.submit(_work, settings, analyse, chunk), notes, 2 * workers)
    except BrokenProcessPool:
        raise WorkerError(
            "a worker process died", hint="It may have run out of memory: try fewer --workers, or look at the system log."
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ordered(submit: Submit[Item], notes: Iterable[Item], ahead: int) -> Iterator[Analysis]:
    """Results in order, with at most ``ahead`` chunks in the pool, so that a fast reader cannot fill the memory."""
    waiting: deque[Future[list[Analysis]]] = deque()
    for chunk in chunks(notes):
        waiting.append(submit(chunk))
        if len(waiting) >= ahead:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def chunks(notes: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lists of up to CHUNK_NOTES or about CHUNK_CHARS characters."""
    chunk: list[Item] = []
    size = 0
    for note in notes:
        chunk.append(note)
        size += _size(note)
        if len(chunk) >= CHUNK_NOTES or size >= CHUNK_CHARS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _size(item: Note | BadNote | NoteGroup) -> int:
    if isinstance(item, Note):
        return len(item.text)
    return 0 if isinstance(item, BadNote) else sum(len(n.text) for n in item.notes)


def _leave_interrupts_to_parent() -> None:
    """Ctrl-C reaches the whole process group; only the parent answers it, by ending the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(settings: Settings, analyse: Analyser | None, chunk: Sequence[Any]) -> list[Analysis]:
    """The analyses of one chunk, in a worker; the engine builds its pipeline once a process and keeps it."""
    try:
        return list((analyse or _engine())(chunk, settings))
    except OncoSpanError:
        raise
    except Exception as e:  # noqa: BLE001 - whatever it is, its message may quote a note: only its kind leaves the worker
        raise WorkerError(f"a worker failed with {type(e).__name__}", hint="This is a defect; please report it.") from None


def _engine() -> Analyser:
    from oncospan.engine import analyse_notes  # here, so that --help never waits for the pipeline

    return analyse_notes
