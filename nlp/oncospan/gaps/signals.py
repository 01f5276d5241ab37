"""Words that answer, date or place what a gap would ask about, read from the pack's ``gap_signals.yaml``."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oncospan.errors import PackError
from oncospan.tables import checked_keys, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from oncospan.pack import Pack

_ID = re.compile(r"gap(?:\.[a-z][a-z0-9_]*){2,3}")
_KEYS = frozenset({"id", "words", "example", "counter_example"})
_EDGES = frozenset({"lead", "tail"})


def signals(pack: Pack) -> Mapping[str, re.Pattern[str]]:
    """The pattern of every signal of ``pack`` by its id, cached. Raises PackError with file:line for one its own example defies."""
    return _read(pack.root / "gap_signals.yaml", pack.digest)


@lru_cache(maxsize=4)
def _read(path: Path, digest: str) -> Mapping[str, re.Pattern[str]]:  # noqa: ARG001 - the digest makes a changed pack a new entry
    data = read_yaml(path)
    if not isinstance(data, list):
        raise PackError("the file is not a list of signals", where=path.name)
    out: dict[str, re.Pattern[str]] = {}
    for item in data:
        where = f"{path.name}:{item['__line__']}"
        cells = checked_keys(item, where, _KEYS, _EDGES)
        if not _ID.fullmatch(str(cells["id"])) or cells["id"] in out:
            raise PackError("the id must look like gap.subject.name and stand once", where=where)
        out[cells["id"]] = _pattern(cells, where)
    return MappingProxyType(out)


def _pattern(cells: dict[str, Any], where: str) -> re.Pattern[str]:
    """The pattern of a signal: one of its words between its lead and its tail; case matters only within ``(?-i:...)``."""
    words = "|".join(map(str, cells["words"]))
    try:
        pattern = re.compile(f"{cells.get('lead', '')}(?:{words}){cells.get('tail', '')}", re.IGNORECASE)
    except re.error as e:
        raise PackError(f"the words are no regular expression: {e}", where=where) from None
    if not pattern.search(str(cells["example"])) or pattern.search(str(cells["counter_example"])):
        raise PackError("the example does not match, or the counter-example does", where=where)
    return pattern
