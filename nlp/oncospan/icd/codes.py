"""The shipped codes of one release as a tree: existence, billability, titles, ancestors, children, search."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import takewhile
from pathlib import Path

from oncospan.errors import PackError
from oncospan.icd.notes import ExcludesPair, IcdNote, NoteType, read_notes
from oncospan.icd.patterns import CODE, dotted
from oncospan.icd.releases import Release, find_release, release_folder, release_on
from oncospan.pack import Pack
from oncospan.tables import read_tsv

CODE_COLUMNS = ("code", "title", "billable", "parent")
BLOCK_COLUMNS = ("block", "title", "parent", "categories")

_CODE = re.compile(CODE)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class IcdCode:
    """A code or header of the Tabular List; ``parent`` is the code above it, or for a category its block."""

    code: str
    title: str
    billable: bool
    parent: str


@dataclass(frozen=True, kw_only=True)
class CodeSet:
    """The shipped part of one release; build it with :func:`code_set`. Codes may be asked with or without the dot."""

    release: Release
    folder: Path = field(repr=False)
    codes: Mapping[str, IcdCode] = field(repr=False)
    blocks: Mapping[str, str] = field(repr=False)
    """The parent of every block of the book; empty for a chapter."""
    order: Mapping[str, int] = field(repr=False)
    """The place of every category in the book, shipped or not."""

    def get(self, code: str) -> IcdCode | None:
        """The code or header, or None when the shipped part of the release does not have it."""
        return self.codes.get(dotted(code))

    def exists(self, code: str) -> bool:
        """Whether the shipped part of the release has the code or header."""
        return dotted(code) in self.codes

    def covers(self, code: str) -> bool:
        """Whether the release's shipped scope holds the code, so that ``exists`` is the last word on it."""
        return self.exists(code) or dotted(code).startswith(self.release.scope)

    def billable(self, code: str) -> bool:
        """Whether the code may be reported: it is in the shipped part and has no code under it."""
        found = self.get(code)
        return found is not None and found.billable

    def title(self, code: str) -> str:
        """The official title. Raises KeyError for a code the shipped part does not have."""
        return self.codes[dotted(code)].title

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The headers above a code, nearest first, up to its category; empty for a category or an unknown code."""
        return tuple(takewhile(lambda c: c in self.codes, self._above(code)))

    def chain(self, code: str) -> tuple[str, ...]:
        """The code, its headers, its blocks and its chapter, nearest first: every place whose notes govern it."""
        code = dotted(code)
        return (code, *self._above(code)) if code in self.codes else ()

    def children(self, code: str) -> tuple[str, ...]:
        """The codes directly under a code, in book order."""
        return self._children.get(dotted(code), ())

    def leaves(self, prefix: str) -> tuple[str, ...]:
        """The billable codes that begin with ``prefix``, in book order."""
        prefix = dotted(prefix.removesuffix("-").removesuffix("."))
        return self._billable.get(prefix, ())

    @cached_property
    def _billable(self) -> dict[str, tuple[str, ...]]:
        """The billable codes under every beginning of a code."""
        under: defaultdict[str, list[str]] = defaultdict(list)
        for c in self.codes.values():
            if c.billable:
                for end in range(len(c.code) + 1):
                    under[c.code[:end]].append(c.code)
        return {k: tuple(v) for k, v in under.items()}

    def search(self, words: str) -> tuple[IcdCode, ...]:
        """The codes whose code begins with, or whose title and inclusion terms hold a word for, every word; book order."""
        wanted = words.casefold().split()
        if not wanted:
            return ()
        return tuple(c for c in self.codes.values() if all(_found(w, self._words[c.code]) for w in wanted))

    def notes(self, code: str, *kinds: NoteType, inherited: bool = True) -> tuple[IcdNote, ...]:
        """The notes that govern a code, nearest first, of the given kinds (all when none is given)."""
        places: Iterable[str] = self.chain(code) if inherited else self.chain(code)[:1]
        return tuple(n for place in places for n in self._notes.get(place, ()) if not kinds or n.type in kinds)

    def _above(self, code: str) -> Iterator[str]:
        found = self.get(code)
        place = found.parent if found else ""
        while place:
            yield place
            place = self.codes[place].parent if place in self.codes else self.blocks[place]

    @cached_property
    def known_pairs(self) -> dict[tuple[str, str], ExcludesPair | None]:
        """What :func:`oncospan.icd.notes.excludes1` found for the pairs asked so far; it keeps them here."""
        return {}

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        under: defaultdict[str, list[str]] = defaultdict(list)
        for c in self.codes.values():
            under[c.parent].append(c.code)
        return {k: tuple(v) for k, v in under.items()}

    @cached_property
    def _notes(self) -> Mapping[str, tuple[IcdNote, ...]]:
        return read_notes(self.folder / "notes.tsv", self.codes.keys() | self.blocks.keys())

    @cached_property
    def _words(self) -> dict[str, str]:
        kept = (NoteType.INCLUSION,)
        out = {}
        for c in self.codes.values():
            text = " ".join((c.title, *(n.text for n in self._notes.get(c.code, ()) if n.type in kept)))
            out[c.code] = " ".join(("", c.code.casefold(), *_WORD.findall(text.casefold())))
        return out


def _found(word: str, words: str) -> bool:
    return f" {word}" in words


def code_set(pack: Pack, release: str) -> CodeSet:
    """The codes of the release of that name, cached. Raises UsageError for an unknown name, PackError with file:line."""
    return _code_set(release_folder(pack, release), find_release(pack, release), pack.digest)


def code_set_on(pack: Pack, day: dt.date) -> CodeSet:
    """The codes in force on a day: those of :func:`oncospan.icd.releases.release_on`."""
    return code_set(pack, release_on(pack, day).name)


@lru_cache(maxsize=8)
def _code_set(folder: Path, release: Release, digest: str) -> CodeSet:  # noqa: ARG001 - part of the cache key
    blocks, order = _read_blocks(folder / "blocks.tsv")
    codes: dict[str, IcdCode] = {}
    for row in read_tsv(folder / "codes.tsv", CODE_COLUMNS):
        code, parent = row["code"], row["parent"]
        if not _CODE.fullmatch(code) or code in codes:
            raise PackError(f"code {code!r} is not one, or stands twice", where=row.where)
        if parent not in codes and parent not in blocks:
            raise PackError(f"parent {parent!r} is no block and no code above", where=row.where, hint="Parents come first.")
        if row["billable"] not in {"0", "1"} or not row["title"]:
            raise PackError("a code needs a title, and billable is 0 or 1", where=row.where)
        codes[code] = IcdCode(code=code, title=row["title"], billable=row["billable"] == "1", parent=parent)
    if wrong := next((c for c in codes.values() if c.parent in codes and codes[c.parent].billable), None):
        raise PackError(f"{wrong.parent} is billable but has {wrong.code} under it", where="codes.tsv")
    return CodeSet(release=release, folder=folder, codes=codes, blocks=blocks, order=order)


def _read_blocks(path: Path) -> tuple[dict[str, str], dict[str, int]]:
    parents: dict[str, str] = {}
    order: dict[str, int] = {}
    for row in read_tsv(path, BLOCK_COLUMNS):
        if row["block"] in parents or (row["parent"] and row["parent"] not in parents):
            raise PackError(f"block {row['block']!r} stands twice or its parent is not above it", where=row.where)
        parents[row["block"]] = row["parent"]
        for category in row["categories"].split():
            order[category] = len(order)
    return parents, order
