"""Words by which a note shows how something is meant, read from the pack's ``signals/*.yaml``: what is no term and no ConText cue."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from oncospan.errors import PackError
from oncospan.needles import Needles, Ways, Written
from oncospan.tables import checked_keys, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from oncospan.pack import Pack


class Signals(Mapping[str, re.Pattern[str]]):
    """The pattern of every signal by its id, compiled and held against its examples when it is first asked."""

    def __init__(self, cells: Mapping[str, Cells]) -> None:
        self._cells = cells
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._needles = Needles({name: Written(_written(*these), re.IGNORECASE) for name, these in cells.items()})

    def __getitem__(self, signal: str) -> re.Pattern[str]:
        if (pattern := self._patterns.get(signal)) is None:
            pattern = self._patterns[signal] = _pattern(*self._cells[signal])
        return pattern

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def ways(self, signal: str) -> Ways:
        """The alternatives of a long signal that is asked often, each to be tried by itself."""
        cells, where = self._cells[signal]
        return Ways(Written(_written({**cells, "words": [word]}, where), re.IGNORECASE) for word in cells["words"])

    def found(self, text: str) -> Container[str]:
        """The ids of the signals that may stand in a text; no other does."""
        return self._needles.found(text)


Cells = tuple[dict[str, Any], str]
"""What a file says of a signal, and where."""

_ID = re.compile(r"[a-z]+(?:\.[a-z][a-z0-9_]*){1,3}")
_KEYS = frozenset({"id", "words", "example", "counter_example"})
_EDGES = frozenset({"lead", "tail"})


@lru_cache(maxsize=8)
def signals(pack: Pack) -> Signals:
    """The pattern of every signal of ``pack`` by its id, cached. Raises PackError with file:line for one its own example defies.

    Those of a ``tested`` pack are not held against their examples before they are asked.
    """
    return _read(pack.root / "signals", pack.digest, pack.tested)


@lru_cache(maxsize=4)
def _read(folder: Path, digest: str, tested: bool) -> Signals:  # noqa: ARG001 - the digest makes a changed pack a new entry
    cells = {name: these for path in sorted(folder.glob("*.yaml")) for name, these in _signals(path)}
    if not tested:
        for these in cells.values():
            _pattern(*these)
    return Signals(cells)


def _signals(path: Path) -> Iterator[tuple[str, Cells]]:
    """The signals of one file, whose ids begin with its name."""
    data = read_yaml(path)
    if not isinstance(data, list):
        raise PackError("the file is not a list of signals", where=path.name)
    seen: set[str] = set()
    for item in data:
        where = f"{path.name}:{item['__line__']}"
        cells = checked_keys(item, where, _KEYS, _EDGES)
        name = str(cells["id"])
        if not _ID.fullmatch(name) or not name.startswith(f"{path.stem}.") or name in seen:
            raise PackError(f"the id must look like {path.stem}.subject and stand once", where=where)
        seen.add(name)
        yield name, (cells, where)


def _written(cells: dict[str, Any], where: str) -> str:
    """The pattern of a signal as text: one of its words between its lead and its tail."""
    words = cells["words"]
    if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
        raise PackError("the words are no list of strings", where=where, hint="Quote each: YAML reads a bare no as false.")
    return f"{cells.get('lead', '')}(?:{'|'.join(words)}){cells.get('tail', '')}"


def _pattern(cells: dict[str, Any], where: str) -> re.Pattern[str]:
    """The pattern of a signal; case matters only within ``(?-i:...)``."""
    try:
        pattern = re.compile(_written(cells, where), re.IGNORECASE)
    except re.error as e:
        raise PackError(f"the words are no regular expression: {e}", where=where) from None
    if not pattern.search(str(cells["example"])) or pattern.search(str(cells["counter_example"])):
        raise PackError("the example does not match, or the counter-example does", where=where)
    return pattern


def plain_words(pattern: re.Pattern[str]) -> list[str]:
    """The words of a signal that holds plain words alone, for a search of literals."""
    return pattern.pattern.removeprefix("(?:").removesuffix(")").split("|")
