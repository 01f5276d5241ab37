"""The members of a JSON file that is too large to be read at once, one after the other: memory follows the largest of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Any

from oncospan.readers.problems import DAMAGED, MAX_CARRIER_BYTES, MAX_NOTE_BYTES, PROBLEMS, Unreadable, problem_of
from oncospan.readers.source import File, open_bytes

_AFTER = "not valid JSON, cut short or not UTF-8 from here on; what follows is not read"
_DEEPEST = 500
_Event = tuple[str, Any]
_END: _Event = ("end_array", None)
_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


def members(path: File, name: str) -> Iterator[object]:
    """The values of the list that the file is, or of the list that the object it is has under ``name``.

    Raises Unreadable where it is damaged, or one of them is longer than any record may be, after those that stand before.
    """
    try:
        import ijson
    except ImportError:
        raise Unreadable.without_extra("ijson") from None
    with open_bytes(path) as stream:
        try:
            metered = _Metered(stream)
            events = ijson.basic_parse(metered, buf_size=MAX_NOTE_BYTES // 16, use_float=True)  # long texts in few pieces
            for value in _listed(_bounded(events), name, ijson.ObjectBuilder):
                metered.since = 0
                yield value
        except DAMAGED as e:
            raise Unreadable.of(problem_of(e)) from None
        except (ijson.JSONError, UnicodeDecodeError):
            raise Unreadable("bad_json", _AFTER, "Export it again.") from None


def _bounded(events: Iterable[_Event]) -> Iterator[_Event]:
    """The events up to a depth; ijson's own that carry their path fill any memory where brackets stand in brackets."""
    depth = 0
    for event in events:
        depth += _STEPS.get(event[0], 0)
        if depth > _DEEPEST:
            raise Unreadable("bad_json", "JSON too deep; what follows is not read", "Export it again.")
        yield event


def _listed(events: Iterator[_Event], name: str, builder: Callable[[], Any]) -> Iterator[object]:
    """The values of the list that the events begin with, or that stands under a name in the object they begin with."""
    if next(events, _END)[0] == "start_array" or _reaches(events, name):
        for event in events:
            if event == _END:
                break
            yield _built(chain([event], events), builder())
    for _ in events:
        pass  # the rest says nothing, but must be whole


def _reaches(events: Iterator[_Event], name: str) -> bool:
    """Go on until the list under a name at the top has begun; whether there is one."""
    depth, named = 1, False
    for event in events:
        if named and event[0] == "start_array":
            return True
        depth += _STEPS.get(event[0], 0)
        named = depth == 1 and event == ("map_key", name)
    return False


def _built(events: Iterable[_Event], builder: Any) -> object:
    """The value that the events begin with."""
    depth = 0
    for event in events:
        builder.event(*event)
        depth += _STEPS.get(event[0], 0)
        if depth == 0:
            break
    return builder.value


class _Metered:
    """A stream that ends with Unreadable where more comes than one member may have; a byte order mark is passed over."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._head = stream.read(4_096).removeprefix(b"\xef\xbb\xbf")
        self.since = 0
        """How much was read since the last member."""

    def read(self, size: int) -> bytes:
        """What comes next."""
        data, self._head = (self._head[:size] or self._stream.read(size)), self._head[size:]
        self.since += len(data)
        if self.since > MAX_CARRIER_BYTES:
            message = f"{PROBLEMS['note_too_long'][0]}; what follows is not read"
            raise Unreadable("note_too_long", message, "Export it as NDJSON, one resource a line.")
        return data
