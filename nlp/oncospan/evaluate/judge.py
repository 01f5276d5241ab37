"""Whether a change is a gain or a loss, by the gold of its note."""

from __future__ import annotations

from dataclasses import replace

from oncospan.evaluate.compare import Change, NoteDifference
from oncospan.evaluate.facts import NOTHING_FOUND, Fact, Row, gold_facts, is_proposed, record_facts, wanted_codes
from oncospan.evaluate.items import Item

VERDICTS = ("gain", "loss", "both", "neither")
"""``both``: right in one slot and wrong in another; ``neither``: nothing the gold speaks of moved."""

_JUDGED = frozenset({"findings", "codes", "gaps"})


def judged(difference: NoteDifference, gold: Row) -> NoteDifference:
    """The difference with a verdict on every change, where both runs have the note."""
    old, new = difference.pair
    if old is None or new is None:
        return difference
    judge = _Judge(gold, old.record, new.record)
    return replace(difference, changes=tuple(replace(c, verdict=judge.verdict(c)) for c in difference.changes))


class _Judge:
    """The gold of one note and what both runs said of it."""

    def __init__(self, gold: Row, old: Row, new: Row) -> None:
        self._wanted = gold_facts(gold)
        self._optional_gaps = {g[1:] for g in gold["gaps"] if g.startswith("?")} - self._wanted["gap"]
        self._codes, self._optional_codes = wanted_codes(gold)
        self._old, self._new = _facts(old), _facts(new)

    def verdict(self, change: Change) -> str:
        """One of VERDICTS: facts count only where the record as a whole won or lost them."""
        before, after = _facts_of(change.old), _facts_of(change.new)
        signs = [self._sign(fact, came=True) for fact in sorted(after - before - self._old, key=str)]
        signs += [self._sign(fact, came=False) for fact in sorted(before - after - self._new, key=str)]
        better, worse = any(s > 0 for s in signs), any(s < 0 for s in signs)
        return "both" if better and worse else "gain" if better else "loss" if worse else "neither"

    def _sign(self, fact: tuple[str, Fact], *, came: bool) -> int:
        """1 for the better, -1 for the worse, 0 where the gold leaves it open."""
        slot, what = fact
        if slot == "code":
            return self._code_sign(str(what), came=came)
        if slot == "gap" and what in self._optional_gaps:
            return 0
        return 1 if (what in self._wanted[slot]) == came else -1

    def _code_sign(self, code: str, *, came: bool) -> int:
        """As above; a code that takes the place of one that met the same gold code is no change for the better or worse."""
        other = {str(what) for slot, what in (self._old if came else self._new) if slot == "code"}
        meets = [accepted for accepted in self._codes.values() if code in accepted]
        if any(not accepted & other for accepted in meets):
            return 1 if came else -1
        if meets or code in self._optional_codes:
            return 0
        return -1 if came else 1


def _facts(record: Row) -> set[tuple[str, Fact]]:
    facts: set[tuple[str, Fact]] = {(slot, fact) for slot, found in record_facts(record).items() for fact in found}
    return facts | {("code", c["code"]) for c in record["codes"] if is_proposed(c)}


def _facts_of(item: Item | None) -> set[tuple[str, Fact]]:
    """The facts that one item alone gives."""
    return _facts({**NOTHING_FOUND, item.part: [item.row]}) if item and item.part in _JUDGED else set()
