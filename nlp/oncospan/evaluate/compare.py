"""What differs between two runs, note by note, as a stream: both are read once, side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from oncospan.errors import InputError
from oncospan.evaluate.items import PARTS_TOLD, SILENT, SURE, Item, Place, differing, items_of
from oncospan.evaluate.records import Located

Pair = tuple[Located | None, Located | None]
"""The records of one note in the old and the new run; None where a run has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that appeared, vanished or changed in a note; ``fields`` says what of it changed."""

    old: Item | None
    new: Item | None
    fields: tuple[str, ...] = ()
    verdict: str = ""
    """Against gold: gain, loss, both or neither; empty without."""

    @property
    def what(self) -> str:
        """Whether it appeared, vanished or changed."""
        return "changed" if self.old and self.new else "appeared" if self.new else "vanished"

    @property
    def item(self) -> Item:
        """The new state, or what vanished."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def kind(self) -> str:
        """The kind of the item; of a code with its status."""
        return f"{self.item.kind}_{self.item.fields['status']}" if self.item.part == "codes" else self.item.kind

    def told(self) -> Iterator[tuple[str, Any, Any]]:
        """The fields that changed with their old and new value, those aside whose values are not told."""
        for name in self.fields:
            if name not in SILENT and self.old and self.new:
                yield name, self.old.fields.get(name), self.new.fields.get(name)

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping, without words of the note."""
        out: dict[str, Any] = {"kind": self.kind, "concept": self.item.concept, "what": self.what}
        if self.fields:
            out["fields"] = list(self.fields)
            out["from_to"] = {name: [a, b] for name, a, b in self.told()}
        out |= {"old_places": _listed(self.old), "new_places": _listed(self.new)}
        return out | ({"verdict": self.verdict} if self.verdict else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDifference:
    """What differs in one note; ``only_in`` says which run alone has it (old or new), empty when both have."""

    name: str
    only_in: str = ""
    changes: tuple[Change, ...] = ()
    pair: Pair = field(repr=False, default=(None, None))

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping, without words of the note."""
        if self.only_in:
            return {"note_id": self.name, "only_in": self.only_in}
        return {"note_id": self.name, "changes": [c.record() for c in self.changes]}


def _listed(item: Item | None) -> list[list[str | int]]:
    """Places as [start, end], with the note in front in a record of several."""
    return [[name, a, b] if name else [a, b] for name, a, b in item.places] if item else []


def compare(old: Iterable[Located], new: Iterable[Located], sure: float = SURE) -> Iterator[NoteDifference]:
    """Every note in the order its two records met, then those of one run only; without changes where the two agree.

    Raises InputError where the runs have records of different levels.
    """
    for pair in paired(old, new):
        a, b = pair
        if a is None or b is None:
            one = a or b
            assert one is not None
            yield NoteDifference(name=one.name, only_in="old" if a else "new", pair=pair)
        else:
            found = () if _alike(a, b) else tuple(changes(items_of(a.record), items_of(b.record), sure))
            yield NoteDifference(name=a.name, changes=found, pair=pair)


def _alike(a: Located, b: Located) -> bool:
    """Whether two records say the same in the same words; most do, and need no closer look."""
    return all(a.record.get(part) == b.record.get(part) for part in PARTS_TOLD)


def paired(old: Iterable[Located], new: Iterable[Located]) -> Iterator[Pair]:
    """The records of the same note together, also where their order differs; the n-th of an id with the n-th.

    What waits for its partner is held in memory: nothing where both runs have the same notes in the same order.
    """
    waiting: tuple[dict[str, deque[Located]], dict[str, deque[Located]]] = ({}, {})
    level = ""
    for both in zip_longest(old, new):
        for side, row in enumerate(both):
            if row is None:
                continue
            level = level or row.level
            _same_level(row, level)
            others = waiting[1 - side]
            if row.name not in others:
                waiting[side].setdefault(row.name, deque()).append(row)
                continue
            partner = others[row.name].popleft()
            if not others[row.name]:
                del others[row.name]
            yield (row, partner) if side == 0 else (partner, row)
    yield from ((row, None) for rows in waiting[0].values() for row in rows)
    yield from ((None, row) for rows in waiting[1].values() for row in rows)


def _same_level(row: Located, level: str) -> None:
    if row.level != level:
        raise InputError(
            f"a record of one {row.level:.20}, where others are of one {level:.20}",
            where=row.where,
            hint="Make both runs with the same --by.",
        )


def changes(old: Iterable[Item], new: Iterable[Item], sure: float = SURE) -> Iterator[Change]:
    """What differs between the items of two records, findings first, then codes and gaps, each in the order first told."""
    groups: dict[tuple[str, str, str], tuple[list[Item], list[Item]]] = {}
    for side, items in enumerate((old, new)):
        for item in items:
            groups.setdefault((item.part, item.kind, item.concept), ([], []))[side].append(item)
    in_order = sorted(groups, key=lambda key: PARTS_TOLD.index(key[0]))
    for before, after in (groups[key] for key in in_order):
        yield from _matched(before, after, sure)


def _matched(before: list[Item], after: list[Item], sure: float) -> Iterator[Change]:
    """The changes of items of one concept: the same go out first, then those most alike are one that changed."""
    rest_old, rest_new = [], list(after)
    for a in before:
        same = next((b for b in rest_new if not differing(a, b, sure)), None)
        if same is None:
            rest_old.append(a)
        else:
            rest_new.remove(same)
    near = sorted((_distance(a, b, sure), i, j) for i, a in enumerate(rest_old) for j, b in enumerate(rest_new))
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    for _, i, j in near:
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            yield Change(old=rest_old[i], new=rest_new[j], fields=differing(rest_old[i], rest_new[j], sure))
    yield from (Change(old=a, new=None) for i, a in enumerate(rest_old) if i not in taken_old)
    yield from (Change(old=None, new=b) for j, b in enumerate(rest_new) if j not in taken_new)


def _distance(a: Item, b: Item, sure: float) -> tuple[bool, int]:
    """How unlike two items are: whether they share no character, and how many fields differ."""
    return not any(_overlap(p, q) for p in a.places for q in b.places), len(differing(a, b, sure))


def _overlap(p: Place, q: Place) -> bool:
    return p[0] == q[0] and p[1] < q[2] and q[1] < p[2]
