"""Notes through the engine on one machine: in this process, or in a pool of workers that gives the same bytes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from oncospan.errors import OncoSpanError
from oncospan.runners.limits import TimeUp, within
from oncospan.types import Analysis, BadNote, Note, NoteError

if TYPE_CHECKING:
    from oncospan.case import NoteGroup
    from oncospan.settings import Settings

Item = TypeVar("Item", bound="Note | BadNote | NoteGroup")
"""What one record is made of: a note, or the notes of an encounter or patient."""

Analyser = Callable[[Iterable[Any], "Settings"], Iterator[Analysis]]
"""What turns items into analyses: ``analyse_notes`` or ``analyse_groups`` of the engine, or a stand-in of the same shape."""

CHUNK_NOTES = 64
CHUNK_CHARS = 1_000_000
"""A chunk of work ends at whichever comes first: it bounds both the cost of moving it and the memory it takes."""


class WorkerError(OncoSpanError):
    """A worker that broke; the message names the kind of failure, never what a note said."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How items become results: by what, for how long at most, and what is made of each analysis, in the worker already."""

    analyse: Analyser | None = None
    """Stands in the place of the engine's ``analyse_notes``; groups of notes need ``analyse_groups``."""
    seconds: float | None = None
    """The longest a note may take; a group may take as many times that as it has notes."""
    after: Callable[[Analysis], Any] | None = None
    """What is given in the place of an analysis: bytes cost less on their way between processes than what they tell."""


PLAIN = Manner()


def machine_workers() -> int:
    """The number of processors this process may use."""
    return len(os.sched_getaffinity(0))


def run(
    notes: Iterable[Item], settings: Settings, *, workers: int = 1, analyse: Analyser | None = None, manner: Manner = PLAIN
) -> Iterator[Any]:
    """The analyses of ``notes`` in their order, the same whatever the number of workers; both ends are streams.

    ``analyse`` is a short way to a manner. A note that takes too long, or of which a worker dies, becomes an error record. Raises
    WorkerError when a worker fails otherwise.
    """
    if analyse is not None:
        manner = replace(manner, analyse=analyse)
    if workers <= 1:
        yield from _worked(notes, settings, manner)
        return
    yield from Pool(workers, settings, manner).run(notes)


class Pool:
    """Worker processes that outlive a death among them: the item that kills a worker gives an error record."""

    def __init__(self, workers: int, settings: Settings, manner: Manner) -> None:
        self._workers, self._settings, self._manner = workers, settings, manner

    def run(self, notes: Iterable[Item]) -> Iterator[Any]:
        """The results in order, with a few chunks in the pool, so that a fast reader cannot fill the memory."""
        waiting: deque[tuple[list[Item], Future[list[Any]]]] = deque()
        self._pool, self._hold = self._started(self._workers)
        try:
            for chunk in chunks(notes):
                waiting.append((chunk, self._submitted(chunk)))
                if len(waiting) >= 2 * self._workers:
                    yield from self._next(waiting)
            while waiting:
                yield from self._next(waiting)
        except BrokenProcessPool:  # even by itself, and even to refuse a note
            raise WorkerError(
                "the worker processes die",
                hint="They may have run out of memory: try fewer --workers, or look at the system log.",
            ) from None
        finally:
            self._end()

    def _end(self) -> None:
        """Ends the workers at once, whatever they are at."""
        self._hold.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _next(self, waiting: deque[tuple[list[Item], Future[list[Any]]]]) -> list[Any]:
        """The results of the chunk that waits longest; after the death of a worker all chunks are begun anew."""
        chunk, future = waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            self._end()
            results = self._one_by_one(chunk)
            self._pool, self._hold = self._started(self._workers)
            for at, (later, done) in enumerate(waiting):
                if not (done.done() and not done.cancelled() and done.exception() is None):
                    waiting[at] = (later, self._submitted(later))
            return results

    def _one_by_one(self, chunk: list[Item]) -> list[Any]:
        """The results of a chunk in which a worker may have died, each item by itself; the one it dies of is refused."""
        results: list[Any] = []
        self._pool, self._hold = self._started(1)
        for item in chunk:
            try:
                results += self._pool.submit(_work, self._settings, self._manner, [item]).result()
            except BrokenProcessPool:
                self._end()
                self._pool, self._hold = self._started(1)
                results += self._pool.submit(_refuse, self._settings, self._manner, item, _DIED).result()
        self._end()
        return results

    def _submitted(self, chunk: list[Item]) -> Future[list[Any]]:
        try:
            return self._pool.submit(_work, self._settings, self._manner, chunk)
        except BrokenProcessPool as e:  # a worker died while the pool was idle: the chunk is begun anew when its turn comes
            broken: Future[list[Any]] = Future()
            broken.set_exception(e)
            return broken

    def _started(self, workers: int) -> tuple[ProcessPoolExecutor, Connection]:
        """A pool, and what keeps its workers alive: they end when it is closed, as it is when this process dies."""
        context = multiprocessing.get_context("spawn")
        held, hold = context.Pipe(duplex=False)
        return ProcessPoolExecutor(workers, context, initializer=_begin_worker, initargs=(held,)), hold


_DIED = NoteError(
    code="worker_died", message="the process that read the note was killed",
    hint="It may have run out of memory: lower --max-chars, or look at the system log.",
)  # fmt: skip


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


def _begin_worker(held: Connection) -> None:
    """Ctrl-C reaches the whole process group, and only the parent answers it, by ending the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(held,), daemon=True).start()


def _end_with(held: Connection) -> None:
    """Waits for the other end of a pipe to be closed, and ends the worker with what it does: nobody waits for it."""
    held.poll(None)
    os._exit(0)


def _work(settings: Settings, manner: Manner, chunk: Sequence[Any]) -> list[Any]:
    """The results of one chunk, in a worker; the engine builds its pipeline once a process and keeps it."""
    try:
        return list(_worked(chunk, settings, manner))
    except OncoSpanError:
        raise
    except Exception as e:  # noqa: BLE001 - whatever it is, its message may quote a note: only its kind leaves the worker
        raise WorkerError(f"a worker failed with {type(e).__name__}", hint="This is a defect; please report it.") from None


def _worked(items: Iterable[Any], settings: Settings, manner: Manner) -> Iterator[Any]:
    analyse, after = manner.analyse or _engine(), manner.after
    analyses = analyse(items, settings) if manner.seconds is None else _limited(analyse, items, settings, manner.seconds)
    return analyses if after is None else map(after, analyses)


def _limited(analyse: Analyser, items: Iterable[Any], settings: Settings, seconds: float) -> Iterator[Analysis]:
    """The analyses of the items, an error record for each that took too long."""
    list(analyse([], settings))  # loads the rules, which counts for no note
    for item in items:
        longest = seconds * max(1, len(getattr(item, "notes", ())))
        try:
            yield from within(longest, lambda one=item: list(analyse([one], settings)))  # type: ignore[misc]  # bound at once
        except TimeUp:
            yield from _refused(settings, item, _too_long(longest))


def _too_long(seconds: float) -> NoteError:
    return NoteError(
        code="time_limit",
        message=f"it took more than {seconds:g} seconds",
        hint="Raise --max-seconds, or report this kind of note.",
    )


def _refuse(settings: Settings, manner: Manner, item: Any, error: NoteError) -> list[Any]:
    """The error record of an item, as a result."""
    refused = _refused(settings, item, error)
    return refused if manner.after is None else [manner.after(one) for one in refused]


def _refused(settings: Settings, item: Any, error: NoteError) -> list[Analysis]:
    from oncospan.engine import refused

    return [refused(item, settings, error)]


def _engine() -> Analyser:
    from oncospan.engine import analyse_notes  # here, so that --help never waits for the pipeline

    return analyse_notes
