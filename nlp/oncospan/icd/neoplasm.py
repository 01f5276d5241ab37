"""The Table of Neoplasms of a release: for a site, the code of each behavior."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from oncospan.icd.releases import release_folder
from oncospan.pack import Pack
from oncospan.tables import read_tsv

NEOPLASM_COLUMNS = ("term", "modifiers", "see", "primary", "secondary", "in_situ", "benign", "uncertain", "unspecified")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeoplasmRow:
    """One line of the table: a site and the code of each behavior.

    ``term`` is the path of index terms (``aorta > body``), ``modifiers`` the words in parentheses that change nothing,
    ``see`` its cross-reference. A cell is a code, a header with an open end (``C34.1-``), ``-`` where the book has a dash, or empty.
    """

    term: str
    modifiers: str
    see: str
    primary: str
    secondary: str
    in_situ: str
    benign: str
    uncertain: str
    unspecified: str


def neoplasm_table(pack: Pack, release: str) -> tuple[NeoplasmRow, ...]:
    """The Table of Neoplasms of the release of that name, in book order, cached."""
    return _table(release_folder(pack, release) / "neoplasm.tsv", pack.digest)


@lru_cache(maxsize=8)
def _table(path: Path, digest: str) -> tuple[NeoplasmRow, ...]:  # noqa: ARG001 - part of the cache key
    return tuple(NeoplasmRow(**row.cells) for row in read_tsv(path, NEOPLASM_COLUMNS))
