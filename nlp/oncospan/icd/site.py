"""A site's own releases: the official files it downloaded, checked against each other and written as a release folder."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from oncospan.errors import InputError, OutputError, UsageError
from oncospan.icd.codes import CodeSet, code_set
from oncospan.icd.compare import COLUMNS
from oncospan.icd.index import IndexRow, index_table
from oncospan.icd.neoplasm import NeoplasmRow, neoplasm_table
from oncospan.icd.notes import excludes1
from oncospan.icd.official import (
    Tabular,
    expansions,
    read_index,
    read_neoplasm,
    read_tabular,
    stamp,
    version_of,
    write_blocks,
    write_codes,
    write_index,
    write_neoplasm,
    write_notes,
    write_release,
)
from oncospan.icd.order import OrderRow, read_order
from oncospan.icd.patterns import CODE
from oncospan.icd.releases import releases
from oncospan.pack import Pack

_FILES = {
    kind: re.compile(rf"(?i)icd-?10-?cm?[-_]{kind}[-_](?!addenda)[-_a-z0-9]{{1,40}}\.{suffix}")
    for kind, suffix in (("tabular", "xml"), ("neoplasm", "xml"), ("index", "xml"), ("order", "txt"))
}
_RELEASE = re.compile(r"FY(20\d\d)")
_CELL = re.compile(rf"({CODE})(?:\.?-)?")
_DASHES = ("", "-", "\N{EN DASH}")
_SLIPS = 20
"""As many Index lines may name a code that does not exist: the published Index has slips; more is another year's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """The official files of one release as rows; :func:`read_official` has checked them against each other."""

    tabular: Tabular
    order: dict[str, OrderRow]
    neoplasm: tuple[NeoplasmRow, ...]
    index: tuple[IndexRow, ...]
    slips: tuple[str, ...]
    """Codes that the Index names and the order file does not have; their lines are left out of ``index``."""
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import wrote: the folder of the release and how many rows of each kind."""

    folder: Path
    codes: int
    billable: int
    neoplasm: int
    index: int
    slips: tuple[str, ...] = ()


def with_codes(pack: Pack, folder: Path) -> Pack:
    """The pack with a site's releases before its own; its digest covers them. Raises UsageError for a folder without any."""
    found = sorted(p for p in folder.glob("FY*/*") if p.suffix in {".toml", ".tsv"})
    if not _has_release(folder):
        raise UsageError(
            "there is no imported release", where=str(folder), hint="Import one: oncospan codes import FOLDER --release FY2027."
        )
    total = hashlib.sha256(pack.digest.encode())
    for path in found:
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    own = replace(pack, code_folders=(*pack.code_folders, folder), digest=f"sha256:{total.hexdigest()}")
    releases(own)
    return own


def import_release(source: Path, name: str, into: Path, shipped: Pack, *, whole: bool = False, again: bool = False) -> Imported:
    """Read the official files in ``source`` and write them as the release ``name`` under ``into``; whole or not at all.

    ``whole`` keeps every chapter instead of the branches the pack holds; ``again`` replaces a release imported before.
    Raises InputError for files that are missing, unreadable or contradict each other, OutputError for a taken place.
    """
    target = into / name
    if target.exists() and not again:
        raise OutputError("this release is imported already", where=str(target), hint="Give --again to replace it.")
    year = release_year(name)
    official = read_official(source, year)
    try:
        into.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=into))
    except OSError as e:
        raise OutputError(f"cannot write: {type(e).__name__}", where=str(into)) from None
    try:
        scope = everything(official) if whole else scope_of(official, shipped)
        write_official(draft / name, name, year, official, scope)
        done = _proved(draft, name, with_codes(shipped, into) if _has_release(into) else shipped)
        _put(draft / name, target, draft / "old")
    except OSError as e:
        raise OutputError(f"cannot write: {type(e).__name__}", where=str(into)) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return replace(done, folder=target, slips=official.slips)


def _has_release(folder: Path) -> bool:
    return any(folder.glob("FY*/release.toml"))


def release_year(name: str) -> int:
    """The fiscal year of a release name. Raises UsageError for a name that is not like FY2027."""
    if (m := _RELEASE.fullmatch(name)) is None:
        raise UsageError(f"{name!r} is no release name", hint="Write it like FY2027.")
    return int(m[1])


def read_official(source: Path, year: int) -> Official:
    """The official files of a fiscal year in a folder. Raises InputError where they are missing or contradict each other."""
    files = {kind: _the_file(source, kind, pattern) for kind, pattern in _FILES.items()}
    for kind in ("tabular", "neoplasm", "index"):
        if (version := version_of(files[kind])) != str(year):
            raise InputError(f"says it is version {version or 'unknown'}, not {year}", where=files[kind].name)
    order, index = read_order(files["order"]), read_index(files["index"])
    tabular, neoplasm = read_tabular(files["tabular"]), read_neoplasm(files["neoplasm"])
    _agree(tabular, order, files)  # first, so that a cut or older file is named itself, not the Index that stumbles over it
    slips = dict.fromkeys(r.code for r in index if not _named(r.code.partition(" [")[0], order))
    if len(slips) > _SLIPS:
        _none(files["index"].name, "codes are not in the order file", slips)
    cells = {getattr(row, column) for row in neoplasm for column in COLUMNS}
    _none(files["neoplasm"].name, "cells name no code of the order file", (c for c in sorted(cells) if not _named(c, order)))
    return Official(
        tabular=tabular,
        order=order,
        neoplasm=neoplasm,
        index=tuple(r for r in index if r.code not in slips),
        slips=tuple(slips),
        sources=tuple(stamp(p) for p in files.values()),
    )


def scope_of(official: Official, shipped: Pack) -> tuple[str, ...]:
    """The branches the pack's newest release holds, and the categories that its book did not have."""
    newest = code_set(shipped, releases(shipped)[-1].name)
    new = (c for b in official.tabular.blocks for c in b.categories if c not in newest.order)
    return tuple(dict.fromkeys((*newest.release.scope, *new)))


def everything(official: Official) -> tuple[str, ...]:
    """Every category of the book."""
    return tuple(c for b in official.tabular.blocks for c in b.categories)


def write_official(folder: Path, name: str, year: int, official: Official, scope: tuple[str, ...]) -> None:
    """Write the release folder of the official files, cut down to the branches of ``scope``."""
    folder.mkdir()
    kept = _held(scope)
    held = Tabular(
        codes=tuple(c for c in official.tabular.codes if kept(c.code)), blocks=official.tabular.blocks,
        notes=official.tabular.notes,
    )  # fmt: skip
    places = {c.code for c in held.codes} | {b.block for b in held.blocks}
    write_codes(folder / "codes.tsv", held, {c: r.title for c, r in official.order.items()})
    write_blocks(folder / "blocks.tsv", held)
    write_notes(folder / "notes.tsv", replace(held, notes=tuple(n for n in held.notes if n.code in places)))
    write_neoplasm(folder / "neoplasm.tsv", official.neoplasm)
    write_index(folder / "index.tsv", (r for r in official.index if r.code and kept(r.code)))
    write_release(
        folder / "release.toml",
        name,
        (f"{year - 1}-10-01", f"{year}-09-30"),
        scope=scope,
        sources=official.sources,
        derived=[],
        not_included=[
            "Index lines without a code in scope",
            *(f"Index lines with {c}, which does not exist" for c in official.slips),
        ],
    )


def _held(scope: tuple[str, ...]) -> Callable[[str], bool]:
    return lambda code: code.startswith(scope) or any(s.startswith(code) for s in scope if "." in s)


def _the_file(source: Path, kind: str, pattern: re.Pattern[str]) -> Path:
    if not source.is_dir():
        raise InputError("is no folder", where=str(source), hint="Unpack the official archives into one folder.")
    found = sorted(p for p in source.rglob("*") if p.is_file() and pattern.fullmatch(p.name))
    if len(found) == 1:
        return found[0]
    names = ", ".join(p.name for p in found) or "none"
    raise InputError(
        f"needs one official {kind} file, found {names}",
        where=str(source),
        hint="Wanted are the tabular, neoplasm and index XML and the order file of one release.",
    )


def _agree(tabular: Tabular, order: dict[str, OrderRow], files: dict[str, Path]) -> None:
    """Raises InputError where the order file and the tree do not name the same codes."""
    where = files["order"].name
    tree = {c.code: c for c in tabular.codes}
    if len(tree) != len(tabular.codes):
        raise InputError("has a code twice", where=files["tabular"].name)
    headers = {c.parent for c in tree.values()}
    longer = {code: c.code for c in tree.values() if c.code not in headers for code, _ in expansions(c)}
    _none(where, "codes of the tabular file are missing", (c for c in tree if c not in order))
    _none(where, "codes are not in the tabular file", (c for c in order if c not in tree and c not in longer))
    headers |= {stem for code, stem in longer.items() if code in order}
    wrong = (c for c, row in order.items() if row.reportable == (c in headers))
    _none(where, "codes have another flag than their place in the tabular file", wrong)


def _named(cell: str, order: dict[str, OrderRow]) -> bool:
    if cell in _DASHES:
        return True
    m = _CELL.fullmatch(cell)
    return m is not None and m[1] in order


def _none(where: str, what: str, wrong: Iterable[str]) -> None:
    found = tuple(wrong)
    if found:
        hint = "Give the files of one release, as they were published together."
        raise InputError(f"{len(found)} {what}: {', '.join(found[:5])}", where=where, hint=hint)


def _proved(draft: Path, name: str, shipped: Pack) -> Imported:
    """The counts of a drafted release, read back as every run will read it. Raises PackError or InputError where it cannot be."""
    pack = with_codes(shipped, draft)
    codes: CodeSet = code_set(pack, name)
    if not codes.exists("C7B.02") or excludes1(codes, "C79.51", "C7B.03") is None:
        raise InputError("holds no neuroendocrine codes or no Excludes1 notes", hint="Is it the complete ICD-10-CM?")
    return Imported(
        folder=draft, codes=len(codes.codes), billable=sum(c.billable for c in codes.codes.values()),
        neoplasm=len(neoplasm_table(pack, name)), index=len(index_table(pack, name)),
    )  # fmt: skip


def _put(made: Path, target: Path, aside: Path) -> None:
    """Put the finished folder in its place; a release that stood there is moved aside first and comes back on failure."""
    if target.exists():
        os.replace(target, aside)  # noqa: PTH105 - a folder, moved at once
    try:
        os.replace(made, target)  # noqa: PTH105 - the same
    except OSError:
        if aside.exists():
            os.replace(aside, target)  # noqa: PTH105 - the same
        raise
