"""The pack's ConText rules, read strictly: ``context.yaml`` -> typed rules with their literals written out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from oncospan.errors import PackError
from oncospan.pipeline.mentions.phrases import Rest, Slot, clash
from oncospan.pipeline.mentions.scope import Reach
from oncospan.pipeline.text.screen import words_of
from oncospan.tables import checked_keys, read_yaml

FILE = "context.yaml"

CATEGORIES = frozenset(
    {
        "NEGATED_EXISTENCE", "POSSIBLE_EXISTENCE", "HISTORICAL", "HYPOTHETICAL", "FAMILY", "PLANNED", "RESOLVED", "AFFIRMED",
        "STOP", "BREAK", "CAUSE", "PATIENT", "SUBJECT", "CURRENT", "NEUTRAL",
    }
)  # fmt: skip
SCOPE_ONLY = frozenset({"STOP", "BREAK", "CAUSE", "PATIENT", "SUBJECT", "CURRENT", "NEUTRAL"})
"""Categories that never modify a target; they only end the scope of others."""

DIRECTIONS = frozenset({"FORWARD", "BACKWARD", "BIDIRECTIONAL", "ANSWER", "TERMINATE", "PSEUDO"})

_REQUIRED = frozenset({"id", "category", "direction", "terms", "example", "counter_example"})
_OPTIONAL = frozenset({"max_scope", "max_targets", "terminated_by", "allowed", "excluded", "reach", "barred_by"})
_ID = re.compile(r"context(\.[a-z][a-z0-9_]*){2,3}")
_GROUP = re.compile(r"\(([^()]*)\)")
_JOINED = re.compile(r"[a-z]-[a-z]")
_MARKED = re.compile("[^«»]*«[^«»]+»[^«»]*")
_BACKWARD = frozenset({"BACKWARD", "ANSWER"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRule:
    """One rule of ``context.yaml``: cues, what they mean, how far they reach, one example and one counter-example.

    ``terms`` hold one-level alternatives, ``(is|are|) absent``; ``literals`` writes them out. ``direction`` ANSWER
    works backward where the cue ends its clause ("metastasis: possible.") and forward elsewhere.
    """

    id: str
    category: str
    direction: str
    terms: tuple[str, ...]
    reach: Reach
    max_scope: int | None
    max_targets: int | None
    terminated_by: frozenset[str]
    allowed: frozenset[str] | None
    excluded: frozenset[str] | None
    barred_by: frozenset[str]
    example: str
    counter_example: str
    where: str

    def literals(self) -> Iterator[str]:
        """Every spelling of the terms: alternatives written out, straight or curly apostrophe, hyphen or space."""
        for term in self.terms:
            for places in _spellings(_places(term)):
                for choice in itertools.product(*places):
                    yield " ".join(filter(None, choice))

    def phrases(self, number: int) -> Iterator[Rest]:
        """The terms as phrases of that number, in the same spellings."""
        for term in self.terms:
            for slots in _slots(term):
                yield number, (), slots


Places = tuple[tuple[str, ...], ...]
"""What may stand at each place of a term, where blanks outside of alternatives part the places."""


def _places(term: str) -> Places:
    places: list[list[str]] = [[""]]
    for i, part in enumerate(_GROUP.split(term)):
        if i % 2:
            places[-1] = [before + choice for before in places[-1] for choice in part.split("|")]
            continue
        first, *others = re.split(r"\s+", part)
        places[-1] = [before + first for before in places[-1]]
        places += [[other] for other in others]
    return tuple(tuple(dict.fromkeys(" ".join(choice.split()) for choice in place)) for place in places)


def _spellings(places: Places) -> Iterator[Places]:
    """The places as they are, with curly apostrophes, and with blanks for all hyphens where one joins two letters."""
    yield places
    if any("'" in choice for place in places for choice in place):
        yield tuple(tuple(choice.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}") for choice in place) for place in places)
    for at, place in enumerate(places):
        if joined := _blank(filter(_JOINED.search, place)):
            before = (_blank(choice for choice in other if not _JOINED.search(choice)) for other in places[:at])
            yield (*before, joined, *map(_blank, places[at + 1 :]))


def _blank(choices: Iterable[str]) -> tuple[str, ...]:
    return tuple(" ".join(choice.replace("-", " ").split()) for choice in choices)


@lru_cache(maxsize=4096)
def _slots(term: str) -> tuple[tuple[Slot, ...], ...]:
    """The places of a term in all its spellings, cut into words."""
    return tuple(tuple(map(_slot, places)) for places in _spellings(_places(term)))


@lru_cache(maxsize=1024)
def _slot(choices: tuple[str, ...]) -> Slot:
    return tuple(tuple(words_of(choice)) for choice in choices)


def read_context(pack_root: Path, *, tested: bool = False) -> tuple[ContextRule, ...]:
    """The ConText rules of the pack in ``pack_root``, in file order. Raises PackError with file:line for a bad rule.

    Those of a ``tested`` pack are not compared with each other: the tests did.
    """
    items = read_yaml(pack_root / FILE)
    if not isinstance(items, list):
        raise PackError("the file is not a list of rules", where=FILE)
    rules = tuple(_rule(item) for item in items)
    if not tested:
        _refuse_repeats(rules)
    return rules


def _refuse_repeats(rules: tuple[ContextRule, ...]) -> None:
    """Ids and literals stand once: of two rules with one literal medspaCy would silently drop either."""
    ids: dict[str, str] = {}
    for rule in rules:
        if rule.id in ids:
            raise PackError(f"rule id {rule.id} stands at {ids[rule.id]} too", where=rule.where)
        ids[rule.id] = rule.where
    if found := clash(phrase for at, rule in enumerate(rules) for phrase in rule.phrases(at)):
        words, (at, other, *_) = found[0], sorted(found[1], reverse=True)
        raise PackError(
            f"the term {' '.join(words)!r} of {rules[at].id} stands at {rules[other].where} too", where=rules[at].where,
            hint="A term belongs to one rule.",
        )  # fmt: skip


def _rule(item: Any) -> ContextRule:
    if not isinstance(item, dict):
        raise PackError("a rule is not a mapping", where=FILE)
    where = f"{FILE}:{item.get('__line__', 0)}"
    cells = checked_keys(item, where, _REQUIRED, _OPTIONAL)
    _check(cells, where)
    direction = cells["direction"]
    default = Reach.CLAUSE if direction in _BACKWARD else Reach.SENTENCE
    return ContextRule(
        id=cells["id"],
        category=cells["category"],
        direction=direction,
        terms=tuple(cells["terms"]),
        reach=Reach(cells.get("reach", default)),
        max_scope=cells.get("max_scope"),
        max_targets=cells.get("max_targets"),
        terminated_by=frozenset(cells.get("terminated_by", ())),
        allowed=frozenset(cells["allowed"]) if "allowed" in cells else None,
        excluded=frozenset(cells["excluded"]) if "excluded" in cells else None,
        barred_by=frozenset(cells.get("barred_by", ())),
        example=cells["example"],
        counter_example=cells["counter_example"],
        where=where,
    )


def _check(cells: dict[str, Any], where: str) -> None:
    if not isinstance(cells["id"], str) or not _ID.fullmatch(cells["id"]):
        raise PackError(f"rule id {cells['id']!r} must look like context.group.name", where=where)
    for name, known in (("category", CATEGORIES), ("direction", DIRECTIONS), ("reach", frozenset(Reach))):
        if name in cells and cells[name] not in known:
            raise PackError(f"{name} {cells[name]!r} is not known", where=where, hint=f"Known: {sorted(known)}.")
    if cells["category"] in SCOPE_ONLY and cells["direction"] not in {"TERMINATE", "PSEUDO"}:
        raise PackError(f"category {cells['category']} only ends scopes", where=where, hint="Use TERMINATE or PSEUDO.")
    if "allowed" in cells and "excluded" in cells:
        raise PackError("a rule has either allowed or excluded targets", where=where)
    if unknown := frozenset(cells.get("terminated_by", ())) - CATEGORIES:
        raise PackError(f"terminated_by names unknown categories {sorted(unknown)}", where=where)
    _check_values(cells, where)


def _check_values(cells: dict[str, Any], where: str) -> None:
    terms = cells["terms"]
    if not isinstance(terms, list) or not terms or not all(isinstance(t, str) and t == t.strip().lower() and t for t in terms):
        raise PackError("terms must be a list of lower-case literals", where=where, hint="Quote terms such as 'no'.")
    for name in ("max_scope", "max_targets"):
        if name in cells and not (type(cells[name]) is int and cells[name] > 0):
            raise PackError(f"{name} must be a positive number", where=where)
    for name in ("example", "counter_example"):
        if not isinstance(cells[name], str) or not _MARKED.fullmatch(cells[name]):
            raise PackError(f"{name} must mark one target in «angle quotes»", where=where)
