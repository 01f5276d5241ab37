"""The pack's ConText rules, read strictly: ``context.yaml`` -> typed rules with their literals written out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from oncospan.errors import PackError
from oncospan.pipeline.mentions.scope import Reach
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
_OPTIONAL = frozenset({"pattern", "max_scope", "max_targets", "terminated_by", "allowed", "excluded", "reach", "barred_by"})
_ID = re.compile(r"context(\.[a-z][a-z0-9_]*){2,3}")
_GROUP = re.compile(r"\(([^()]*)\)")
_MARKED = re.compile("[^«»]*«[^«»]+»[^«»]*")
_BACKWARD = frozenset({"BACKWARD", "ANSWER"})


@dataclass(frozen=True, kw_only=True)
class ContextRule:
    """One rule of ``context.yaml``: cues, what they mean, how far they reach, one example and one counter-example.

    ``terms`` hold one-level alternatives, ``(is|are|) absent``; ``literals`` are the terms written out. ``direction`` ANSWER
    works backward where the cue ends its clause ("metastasis: possible.") and forward elsewhere.
    """

    id: str
    category: str
    direction: str
    terms: tuple[str, ...]
    pattern: tuple[Mapping[str, Any], ...] | None
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

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """Every spelling of the terms: alternatives written out, straight or curly apostrophe, hyphen or space."""
        return tuple(dict.fromkeys(s for t in self.terms for form in _written_out(t) for s in _spellings(form)))


def _written_out(term: str) -> Iterator[str]:
    parts = _GROUP.split(term)
    choices = [p.split("|") if i % 2 else [p] for i, p in enumerate(parts)]
    for combination in itertools.product(*choices):
        yield " ".join("".join(combination).split())


def _spellings(form: str) -> Iterator[str]:
    yield form
    if "'" in form:
        yield form.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    if re.search(r"[a-z]-[a-z]", form):
        yield form.replace("-", " ")


def read_context(pack_root: Path) -> tuple[ContextRule, ...]:
    """The ConText rules of the pack in ``pack_root``, in file order. Raises PackError with file:line for a bad rule."""
    items = read_yaml(pack_root / FILE)
    if not isinstance(items, list):
        raise PackError("the file is not a list of rules", where=FILE)
    rules = tuple(_rule(item) for item in items)
    _refuse_repeats(rules)
    return rules


def _refuse_repeats(rules: tuple[ContextRule, ...]) -> None:
    """Ids and literals stand once: of two rules with one literal medspaCy would silently drop either."""
    ids: dict[str, str] = {}
    literals: dict[str, str] = {}
    for rule in rules:
        if rule.id in ids:
            raise PackError(f"rule id {rule.id} stands at {ids[rule.id]} too", where=rule.where)
        ids[rule.id] = rule.where
        for literal in rule.literals:
            if literal in literals:
                raise PackError(
                    f"the term {literal!r} of {rule.id} stands at {literals[literal]} too", where=rule.where,
                    hint="A term belongs to one rule.",
                )  # fmt: skip
            literals[literal] = rule.where


def _rule(item: Any) -> ContextRule:
    if not isinstance(item, dict):
        raise PackError("a rule is not a mapping", where=FILE)
    where = f"{FILE}:{item.get('__line__', 0)}"
    cells = checked_keys(item, where, _REQUIRED, _OPTIONAL)
    _check(cells, where)
    direction = cells["direction"]
    default = Reach.CLAUSE if direction in _BACKWARD else Reach.SENTENCE
    pattern = cells.get("pattern")
    return ContextRule(
        id=cells["id"],
        category=cells["category"],
        direction=direction,
        terms=tuple(cells["terms"]),
        pattern=tuple(_plain(p) for p in pattern) if pattern else None,
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


def _plain(value: Any) -> Any:
    """The value without the line numbers the YAML reader leaves in mappings."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k != "__line__"}
    return [_plain(v) for v in value] if isinstance(value, list) else value


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
