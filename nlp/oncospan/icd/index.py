"""The Alphabetic Index of a release: for a disease or tumor word, the code or cross-reference the book gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from oncospan.icd.releases import find_release, release_folder, releases
from oncospan.pack import Pack
from oncospan.tables import read_tsv

INDEX_COLUMNS = ("term", "code", "see")

_MODIFIERS = re.compile(r" ?\([^()]{0,400}\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """One line of the Index: the path of its terms (``Tumor > neuroendocrine``), its code, its cross-reference.

    ``code`` is a code, a header with an open end (``C7A.-``), a code with its manifestation (``E10.41 [G63]``) or empty.
    """

    term: str
    code: str
    see: str


def index_table(pack: Pack, release: str) -> tuple[IndexRow, ...]:
    """The lines of the Index that the release of that name holds, in book order, cached; empty where it has no Index."""
    path = release_folder(pack, release) / "index.tsv"
    return _table(path, pack.digest) if path.is_file() else ()


def index_code(pack: Pack, release: str, *path: str) -> str | None:
    """The code of an Index path (``"Tumor", "neuroendocrine"``), words in parentheses not counting; None when not held."""
    return _by_path(pack, release).get(" > ".join(path).casefold())


def index_default(pack: Pack, release: str, *path: str) -> str | None:
    """The code of an Index path in the release, or in the newest before it whose Index holds the path; None when none does."""
    upto = [r.name for r in takewhile(lambda r: r <= find_release(pack, release), releases(pack))]
    return next((code for name in reversed(upto) if (code := index_code(pack, name, *path))), None)


def plain_term(term: str) -> str:
    """The path of an Index line without the words in parentheses, which change nothing."""
    return _MODIFIERS.sub("", term)


@lru_cache(maxsize=8)
def _table(path: Path, digest: str) -> tuple[IndexRow, ...]:  # noqa: ARG001 - part of the cache key
    return tuple(IndexRow(**row.cells) for row in read_tsv(path, INDEX_COLUMNS))


@lru_cache(maxsize=8)
def _by_path(pack: Pack, release: str) -> dict[str, str]:
    return {plain_term(r.term).casefold(): r.code for r in reversed(index_table(pack, release)) if r.code}
