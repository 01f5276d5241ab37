"""Log lines without patients' text: an exception is told by its kind and place, never by its message."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from types import TracebackType

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """Time, level, logger and message; of an exception its kind and the last places it passed."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record. A message that stands for an exception object is replaced by its kind."""
        if isinstance(record.msg, BaseException):
            record.msg = type(record.msg).__name__
        if record.args:
            record.args = tuple(type(a).__name__ if isinstance(a, BaseException) else a for a in record.args)
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is logging's
        """Kind and place of an exception; its message may quote a note."""
        kind, _, trace = ei
        places = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in traceback.extract_tb(trace)[-5:]]
        return f"{kind.__name__ if kind else 'no exception'} at " + ", ".join(places)
