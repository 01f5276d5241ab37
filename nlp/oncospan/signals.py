"""Words by which a note shows how something is meant, read from the pack's ``signals/*.yaml``: what is no term and no ConText cue."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from oncospan.errors import PackError
from oncospan.needles import Needles
from oncospan.tables import checked_keys, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from oncospan.pack import Pack


class Signals(Mapping[str, re.Pattern[str]]):
    """The pattern of every signal by its id."""

    def __init__(self, patterns: dict[str, re.Pattern[str]]) -> None:
        self._patterns = patterns
        self._needles = Needles(patterns)

    def __getitem__(self, signal: str) -> re.Pattern[str]:
        return self._patterns[signal]

    def __iter__(self) -> Iterator[str]:
        return iter(self._patterns)

    def __len__(self) -> int:
        return len(self._patterns)

    def in_reach(self, text: str) -> Container[str]:
        """The ids of the signals that may stand in a text: no other does."""
        return self._needles.may_match(text)


_ID = re.compile(r"[a-z]+(?:\.[a-z][a-z0-9_]*){1,3}")
_KEYS = frozenset({"id", "words", "example", "counter_example"})
_EDGES = frozenset({"lead", "tail"})


def signals(pack: Pack) -> Signals:
    """The pattern of every signal of ``pack`` by its id, cached. Raises PackError with file:line for one its own example defies."""
    return _read(pack.root / "signals", pack.digest)


@lru_cache(maxsize=4)
def _read(folder: Path, digest: str) -> Signals:  # noqa: ARG001 - the digest makes a changed pack a new entry
    out: dict[str, re.Pattern[str]] = {}
    for path in sorted(folder.glob("*.yaml")):
        out.update(_signals(path))
    return Signals(out)


def _signals(path: Path) -> Iterator[tuple[str, re.Pattern[str]]]:
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
        yield name, _pattern(cells, where)


def _pattern(cells: dict[str, Any], where: str) -> re.Pattern[str]:
    """The pattern of a signal: one of its words between its lead and its tail; case matters only within ``(?-i:...)``."""
    words = cells["words"]
    if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
        raise PackError("the words are no list of strings", where=where, hint="Quote each: YAML reads a bare no as false.")
    try:
        pattern = re.compile(f"{cells.get('lead', '')}(?:{'|'.join(words)}){cells.get('tail', '')}", re.IGNORECASE)
    except re.error as e:
        raise PackError(f"the words are no regular expression: {e}", where=where) from None
    if not pattern.search(str(cells["example"])) or pattern.search(str(cells["counter_example"])):
        raise PackError("the example does not match, or the counter-example does", where=where)
    return pattern


def plain_words(pattern: re.Pattern[str]) -> list[str]:
    """The words of a signal that holds plain words alone, for a search of literals."""
    return pattern.pattern.removeprefix("(?:").removesuffix(")").split("|")
