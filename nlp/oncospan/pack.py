"""The rule pack: every word, code table and wording OncoSpan uses, as typed, checked data with a digest."""

from __future__ import annotations

import functools
import hashlib
import importlib
import itertools
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oncospan.errors import PackError
from oncospan.needles import needles
from oncospan.tables import checked_keys, parse_attrs, read_tsv, read_yaml

DEFAULT_PACK = "oncospan_metastatic"

TERM_COLUMNS = (
    "id", "concept", "attrs", "terms", "case", "unless_before", "unless_after", "needs", "example", "counter_example",
)  # fmt: skip

CATEGORIES = (
    "site", "side", "tumor", "metastasis", "grade", "behavior", "functional", "indicator", "imaging", "tissue",
    "treatment", "status", "encounter", "complication", "procedure", "sight", "trap",
)  # fmt: skip
"""The categories of terms, each a file ``terms/<category>.tsv``."""

CARRIERS = frozenset(CATEGORIES) - {"site", "side", "grade", "behavior", "procedure", "trap"}
"""Categories that make a sentence worth reading; the others only refine what stands beside a carrier."""

ANCHORS = frozenset({"tumor", "metastasis", "functional"})
"""Categories that make a note worth reading at all."""

ATTRIBUTES = frozenset(
    {
        "site", "subsite", "side", "family", "behavior", "grade", "differentiation", "strength", "syndrome", "effect",
        "removes", "cancer", "intent", "test", "modality", "direction", "code", "anchor", "carrier", "specimen", "flag", "level", "only",
    }
)  # fmt: skip

_RULE_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


class Guard:
    """A regular expression of a term table, compiled when a note first asks it: a pack has hundreds, a note few."""

    __slots__ = ("_cell", "_compiled", "_frame", "_needles", "_where")

    def __init__(self, cell: str, where: str, frame: str) -> None:
        if any(m in cell for m in ("*", "+", ",}")) and _UNBOUNDED.search(_CHARACTER_CLASS.sub("_", cell)):
            raise PackError(f"guard {cell!r} has an unbounded repeat", where=where, hint="Use ? or {0,n}.")
        self._cell, self._where, self._frame = cell, where, frame
        self._compiled: re.Pattern[str] | None = None
        self._needles: frozenset[str] = frozenset()

    def compiled(self) -> re.Pattern[str]:
        """The pattern. Raises PackError with file:line where the cell is none."""
        if self._compiled is None:
            try:
                self._compiled = re.compile(self.pattern, re.IGNORECASE)
            except re.error as e:
                raise PackError(f"guard {self._cell!r} is not a regular expression: {e}", where=self._where) from None
            self._needles = needles(self._compiled) or frozenset()
        return self._compiled

    @property
    def pattern(self) -> str:
        """The regular expression as it is written."""
        return self._frame.format(self._cell)

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """The first match within these places of the text; where none of its literals stands there, the pattern is not tried."""
        pattern = self.compiled()
        if self._needles and (part := text[start:end]).isascii() and not any(map(part.lower().__contains__, self._needles)):
            return None
        return pattern.search(text, start, end)

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """The match that begins at ``start``."""
        return self.compiled().match(text, start, end)


_UNBOUNDED = re.compile(r"(?<!\\)[*+]|\{\d*,\}")
_CHARACTER_CLASS = re.compile(r"\[(?:\\.|[^\]\\])+\]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TermRule:
    """One line of a term table: the ways people write one concept, with an example and a counter-example.

    ``terms`` are literals, matched token by token whatever the white space between tokens; a hyphen also matches a
    space. ``exact`` keeps the case. ``unless_before``/``unless_after`` look at up to 40 characters beside the match in
    its sentence, white space and hyphens between not counting; ``needs`` looks at the whole sentence.
    """

    id: str
    category: str
    concept: str
    attrs: Mapping[str, str]
    terms: tuple[str, ...]
    exact: bool
    unless_before: Guard | None
    unless_after: Guard | None
    needs: Guard | None
    example: str
    counter_example: str
    where: str

    @property
    def anchor(self) -> bool:
        """Whether the rule makes a whole note worth reading (``anchor=no`` on a line takes that away, ``yes`` gives it)."""
        return self.attrs.get("anchor", "yes" if self.category in ANCHORS else "no") == "yes"

    @property
    def carrier(self) -> bool:
        """Whether the rule makes its sentence worth reading (``carrier=yes`` on a line gives it that)."""
        return self.category in CARRIERS or self.attrs.get("carrier") == "yes"

    def literals(self) -> Iterable[str]:
        """Every spelling the rule matches: hyphen or space, tumor or tumour, disease or dz, straight or curly apostrophe."""
        return dict.fromkeys(itertools.chain.from_iterable(map(_spellings, self.terms)))


_JOINED = re.compile(r"[^\W\d]-[^\W\d]")
_TUMOR = re.compile(r"(tum)(or)", re.IGNORECASE)
_SHORTENED = ((re.compile(r"\bdisease\b"), "dz"), (re.compile(r"\bevidence of\b"), "e/o"))
"""Words that clinics shorten within any phrase."""


def _spellings(term: str) -> Iterable[str]:
    short = functools.reduce(lambda said, word: word[0].sub(word[1], said), _SHORTENED, term)
    said = dict.fromkeys((term, *(long.sub(abbreviation, term) for long, abbreviation in _SHORTENED), short))
    return itertools.chain.from_iterable(map(_written, said))


def _written(term: str) -> Iterable[str]:
    if "-" not in term and "'" not in term and "umor" not in term.lower():
        return (term,)
    forms = (term, term.replace("-", " ")) if "-" in term and _JOINED.search(term) else (term,)
    spelled = []
    for form in forms:
        tumour = _TUMOR.sub(lambda m: m[1] + ("OUR" if m[2].isupper() else "our"), form)
        for one in (form, tumour) if tumour != form else (form,):
            spelled.append(one)
            if "'" in one:
                spelled.append(one.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"))
    return spelled


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pack:
    """A loaded rule pack; build it with :func:`load`."""

    name: str
    version: str
    digest: str
    root: Path
    terms: tuple[TermRule, ...]
    settings: Mapping[str, Any]
    code_folders: tuple[Path, ...] = ()
    """Folders of ICD-10-CM releases a site imported; they stand before the shipped ones of the same name."""
    tested: bool = False
    """Whether it is the shipped pack, whose every rule the tests hold against its examples: a start leaves them out."""

    def rule(self, rule_id: str) -> TermRule:
        """The term rule of that id; KeyError when there is none."""
        for term in self.terms:
            if term.id == rule_id:
                return term
        raise KeyError(rule_id)

    def of_category(self, category: str) -> tuple[TermRule, ...]:
        """The term rules of one category, in file order."""
        return tuple(t for t in self.terms if t.category == category)


@lru_cache(maxsize=4)
def load(name: str = DEFAULT_PACK) -> Pack:
    """The pack that the installed data package ``name`` holds, or the folder of that path (with a slash), cached.

    Raises PackError with file:line for a bad line.
    """
    if "/" in name or "\\" in name:
        return read(Path(name))
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        raise PackError(f"there is no rule pack {name!r}", hint="Install it, or name one that is installed.") from None
    assert module.__file__ is not None
    return read(Path(module.__file__).parent, tested=name == DEFAULT_PACK)


def read(root: Path, *, tested: bool = False) -> Pack:
    """The pack in the folder ``root``. Raises PackError with file:line for a bad line.

    The guards of a ``tested`` pack are compiled one by one when they are asked, which saves a third of a second.
    """
    if not (root / "pack.toml").is_file():
        raise PackError("the folder holds no rule pack", where=str(root), hint="A rule pack has a pack.toml.")
    manifest = tomllib.loads((root / "pack.toml").read_text(encoding="utf-8"))
    terms = tuple(itertools.chain.from_iterable(_read_terms(root / "terms" / f"{c}.tsv", c) for c in CATEGORIES))
    seen: dict[str, str] = {}
    for term in terms:
        if term.id in seen:
            raise PackError(f"rule id {term.id} stands at {seen[term.id]} too", where=term.where)
        seen[term.id] = term.where
    if not tested:
        for guard in (g for t in terms for g in (t.unless_before, t.unless_after, t.needs) if g is not None):
            guard.compiled()
    return Pack(
        name=manifest["name"],
        version=manifest["version"],
        digest=_digest(root),
        root=root,
        terms=terms,
        settings=MappingProxyType(manifest.get("settings", {})),
        tested=tested,
    )


def _digest(root: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in {".tsv", ".yaml", ".toml"}):
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"


def _read_terms(path: Path, category: str) -> Iterator[TermRule]:
    for row in read_tsv(path, TERM_COLUMNS):
        if not _RULE_ID.fullmatch(row["id"]) or not row["id"].startswith(category + "."):
            raise PackError(f"rule id {row['id']!r} must look like {category}.name", where=row.where)
        if row["case"] not in {"", "exact"}:
            raise PackError(f"case {row['case']!r} is not 'exact' or empty", where=row.where)
        terms = tuple(t.strip() for t in row["terms"].split("|") if t.strip())
        if not terms or not row["example"] or not row["counter_example"] or not row["concept"]:
            raise PackError("a rule needs a concept, terms, an example and a counter-example", where=row.where)
        yield TermRule(
            id=row["id"],
            category=category,
            concept=row["concept"],
            attrs=MappingProxyType(parse_attrs(row["attrs"], row.where, ATTRIBUTES)),
            terms=terms,
            exact=row["case"] == "exact",
            unless_before=_guard(row["unless_before"], row.where, r"(?:{})[\s-]{{0,4}}\Z"),
            unless_after=_guard(row["unless_after"], row.where, r"[\s-]{{0,4}}(?:{})"),
            needs=_guard(row["needs"], row.where, r"(?:{})"),
            example=row["example"],
            counter_example=row["counter_example"],
            where=row.where,
        )


def _guard(cell: str, where: str, frame: str) -> Guard | None:
    """A guard; unbounded repeats are refused so that every guard stays linear."""
    return Guard(cell, where, frame) if cell else None


__all__ = ["ANCHORS", "CARRIERS", "CATEGORIES", "DEFAULT_PACK", "Pack", "TermRule", "checked_keys", "load", "read", "read_yaml"]
