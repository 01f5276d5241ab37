"""A limit of time for a piece of work that holds whatever the work does: a timer of the system breaks into it.

The break is no Exception, so nothing that the engine catches on its way swallows it. Python looks for signals between two steps, and
its regular expressions look for them while they search, so a pattern that runs away stops too.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")


class TimeUp(BaseException):
    """The work took too long; raised in the middle of it."""


def within(seconds: float | None, work: Callable[[], Result]) -> Result:
    """What ``work`` gives. Raises TimeUp after so many seconds, in the main thread of a process; elsewhere there is no limit."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        return work()
    with _alarm():
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            return work()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _alarm() -> Iterator[None]:
    before: Any = signal.signal(signal.SIGALRM, _time_up)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def _time_up(_number: int, _frame: FrameType | None) -> None:
    raise TimeUp
