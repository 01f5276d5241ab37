"""The ICD-10-CM releases a pack ships, and the one in force on a day."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from oncospan.errors import NoRelease, PackError, UsageError
from oncospan.pack import Pack


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Release:
    """One release of the code set; both days are inside it. ``scope`` names the branches that are held whole."""

    valid_from: dt.date
    valid_to: dt.date
    name: str
    scope: tuple[str, ...] = field(default=(), repr=False)
    folder: Path = field(default=Path(), repr=False, compare=False)


_KEYS = {
    "name": str,
    "valid_from": dt.date,
    "valid_to": dt.date,
    "scope": list,
    "sources": list,
    "derived": list,
    "not_included": list,
}


@lru_cache(maxsize=8)
def releases(pack: Pack) -> tuple[Release, ...]:
    """The releases of a pack, oldest first; a site's own stand in place of shipped ones of the same name.

    Raises PackError for a bad ``release.toml``, an overlap or a hole.
    """
    return _releases((pack.root / "icd10cm", *pack.code_folders), pack.digest)


def release_on(pack: Pack, day: dt.date) -> Release:
    """The release in force on a day; a day after the newest release gets the newest.

    Raises NoRelease for a day before the oldest release: its codes are not shipped, so no answer would be true.
    """
    known = releases(pack)
    if day < known[0].valid_from:
        raise NoRelease(
            f"no ICD-10-CM release of the pack covers {day}; the oldest, {known[0].name}, begins {known[0].valid_from}",
            hint="Code the encounter by hand, or read the notes as of another day: --map note_date= --on YYYY-MM-DD.",
        )
    return next((r for r in known if day <= r.valid_to), known[-1])


def find_release(pack: Pack, name: str) -> Release:
    """The release of that name. Raises UsageError when the pack has none."""
    known = releases(pack)
    for release in known:
        if release.name == name:
            return release
    raise UsageError(f"the pack has no ICD-10-CM release {name!r}", hint=f"It has {', '.join(r.name for r in known)}.")


def release_folder(pack: Pack, name: str) -> Path:
    """The folder of a release, shipped or imported. Raises UsageError when the pack has no release of that name."""
    return find_release(pack, name).folder


@lru_cache(maxsize=8)
def _releases(folders: tuple[Path, ...], digest: str) -> tuple[Release, ...]:  # noqa: ARG001 - part of the cache key
    by_name = {r.name: r for folder in folders for r in _in_folder(folder)}
    found = tuple(sorted(by_name.values()))
    if not found:
        raise PackError("the pack has no ICD-10-CM release", where="icd10cm", hint="Run models/build_icd10cm.py.")
    for a, b in pairwise(found):
        if a.valid_to + dt.timedelta(days=1) != b.valid_from:
            raise PackError(f"{b.name} does not begin the day after {a.name} ends", where=f"icd10cm/{b.name}/release.toml")
    return found


def _in_folder(folder: Path) -> list[Release]:
    # A folder whose name begins with a dot is an import that did not finish.
    return [_read(p) for p in sorted(folder.glob("*/release.toml")) if not p.parent.name.startswith(".")]


def _read(path: Path) -> Release:
    where = f"icd10cm/{path.parent.name}/release.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as e:
        raise PackError(f"not valid TOML: {e}", where=where) from None
    if set(data) != set(_KEYS) or any(type(data[k]) is not kind for k, kind in _KEYS.items()):
        raise PackError(f"keys must be {sorted(_KEYS)}, dates written as dates", where=where)
    if data["name"] != path.parent.name or data["valid_from"] >= data["valid_to"]:
        raise PackError("the name must be the folder's and valid_from must precede valid_to", where=where)
    return Release(
        name=data["name"], valid_from=data["valid_from"], valid_to=data["valid_to"], scope=tuple(data["scope"]), folder=path.parent
    )  # fmt: skip
