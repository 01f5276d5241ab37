"""The wording of the gaps, read from the pack's ``gaps.yaml`` and checked before anything is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oncospan.errors import PackError
from oncospan.gaps.lint import TAIL, forbidden
from oncospan.tables import checked_keys, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from oncospan.pack import Pack

SEVERITIES = ("high", "medium", "low")

_GAP_ID = re.compile(r"G\d\d_[A-Z_]{3,60}")
_KEYS = frozenset({"id", "name", "trigger", "severity", "title", "question", "options", "closed_by", "affected"})
_PLACEHOLDERS = frozenset(
    {
        "phrase", "site", "diagnosis", "tumor", "findings", "treatment", "organ", "other_phrase", "primary_1", "primary_2",
        "report", "date", "drug", "abbreviation", "status_1", "status_2",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer of a query; ``needs`` names what the case must support before it is offered (None: always)."""

    text: str
    needs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one gap is named and asked: ``name``, ``trigger`` and ``closed_by`` for the specialist, ``title`` to ``options`` for the provider."""

    id: str
    name: str
    trigger: str
    severity: str
    title: str
    question: str
    options: tuple[Option, ...]
    closed_by: str
    affected: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordings:
    """The wording of every gap, and the names of sites in plain words."""

    gaps: Mapping[str, Wording]
    site_names: Mapping[str, str]

    def of(self, short: str) -> Wording:
        """The wording of a gap by its number (``G01``) or its whole id; KeyError when the pack has none."""
        return self.gaps[short[:3]]

    def site(self, slug: str) -> str:
        """A site in plain words."""
        return self.site_names.get(slug, slug.replace("_", " "))


@lru_cache(maxsize=4)
def _read(path: Path, digest: str) -> Wordings:  # noqa: ARG001 - the digest makes a changed pack a new entry
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise PackError("the file is not a mapping", where=path.name, hint="It needs the keys gaps and site_names.")
    top = checked_keys(data, path.name, frozenset({"gaps", "site_names"}), frozenset())
    gaps: dict[str, Wording] = {}
    for item in top["gaps"]:
        one = _wording(item, f"{path.name}:{item['__line__']}")
        if one.id[:3] in gaps:
            raise PackError(f"gap {one.id[:3]} stands at {gaps[one.id[:3]].where} too", where=one.where)
        gaps[one.id[:3]] = one
    names = {k: str(v) for k, v in top["site_names"].items() if k != "__line__"}
    return Wordings(gaps=MappingProxyType(gaps), site_names=MappingProxyType(names))


@lru_cache(maxsize=8)
def wordings(pack: Pack) -> Wordings:
    """The wording of every gap of ``pack``, cached. Raises PackError with file:line for an item that cannot be asked."""
    return _read(pack.root / "gaps.yaml", pack.digest)


def _wording(item: dict[str, Any], where: str) -> Wording:
    cells = checked_keys(item, where, _KEYS, frozenset())
    if not _GAP_ID.fullmatch(str(cells["id"])) or cells["severity"] not in SEVERITIES:
        raise PackError("the id must look like G01_NAME and the severity be high, medium or low", where=where)
    options = tuple(_option(o, where) for o in cells["options"])
    texts = {k: " ".join(str(cells[k]).split()) for k in ("name", "trigger", "title", "question", "closed_by", "affected")}
    _check(texts, options, where)
    return Wording(id=cells["id"], severity=cells["severity"], options=options, where=where, **texts)


def _option(item: Any, where: str) -> Option:
    if isinstance(item, str):
        return Option(text=item)
    cells = checked_keys(item, where, frozenset({"text", "needs"}), frozenset())
    return Option(text=str(cells["text"]), needs=str(cells["needs"]))


def _check(texts: Mapping[str, str], options: tuple[Option, ...], where: str) -> None:
    """Refuse at load time what could never become a query, so that a bad pack fails before the first note."""
    shown = (texts["name"], texts["title"], texts["question"], *(o.text for o in options))
    if any(forbidden().search(s) for s in shown):
        raise PackError("a word of payment, severity or quality stands in the wording", where=where)
    if not options or any(o.text in TAIL for o in options):
        raise PackError("options are needed, without the two that end every query", where=where)
    used = {name for s in shown for _, name, _, _ in Formatter().parse(s) if name is not None}
    if unknown := used - _PLACEHOLDERS:
        raise PackError(f"placeholders {sorted(unknown)} are not known", where=where, hint=f"Known: {sorted(_PLACEHOLDERS)}.")
    if texts["question"].count("?") != 1 or not texts["question"].endswith("?"):
        raise PackError("the question needs exactly one question mark, at its end", where=where)
