"""What a proposal would be in the release before or after: codes and Index defaults move on 1 October (SPEC 1.5, 1.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from oncospan.icd import CodeSet, Release, code_set, release_on, releases
from oncospan.icd.compare import compare
from oncospan.pack import Pack
from oncospan.types import Case, CodeProposal

Recode = Callable[[Case], Sequence[CodeProposal]]
"""Proposes the codes of a case for its date."""


def with_release_notes(proposals: Sequence[CodeProposal], case: Case, pack: Pack, recode: Recode) -> tuple[CodeProposal, ...]:
    """The proposals, each whose code would be another in an adjacent release saying which (``release_note``).

    The case is coded again for a day of the adjacent release, and only where a code that could move is among the proposals.
    """
    here = release_on(pack, case.on)
    said: dict[str, list[str]] = {}
    for other in _adjacent(releases(pack), here):
        if not moving(pack, *sorted((here.name, other.name))) & {p.code for p in proposals}:
            continue
        earlier = other < here
        theirs = recode(replace(case, on=other.valid_to if earlier else other.valid_from))
        when = f"before {here.valid_from}" if earlier else f"from {other.valid_from}"
        for p in proposals:
            if moved := _moved(p, proposals, theirs):
                said.setdefault(p.code, []).append(f"{when}: {moved}")
    return tuple(replace(p, release_note="; ".join(said[p.code])) if p.code in said else p for p in proposals)


@lru_cache(maxsize=32)
def moving(pack: Pack, old: str, new: str) -> frozenset[str]:
    """The codes a case may lose or gain between two releases: what changed, what stands beside it, and Index defaults."""
    difference = compare(pack, old, new, notes=False)
    before, after = code_set(pack, old), code_set(pack, new)
    changed = [*(c.code for c in (*difference.added, *difference.removed)), *(c.what for c in difference.billable)]
    codes = {x for code in changed for side in (before, after) for x in (code, *_siblings(side, code))}
    for change in (*difference.neoplasm, *difference.index):
        codes |= {*before.leaves(change.old), *after.leaves(change.new)}
    return frozenset(codes)


def _siblings(codes: CodeSet, code: str) -> tuple[str, ...]:
    found = codes.get(code)
    return codes.children(found.parent) if found and found.parent in codes.codes else ()


def _adjacent(known: Sequence[Release], here: Release) -> Iterator[Release]:
    at = known.index(here)
    yield from known[max(at - 1, 0) : at]
    yield from known[at + 1 : at + 2]


def _moved(p: CodeProposal, ours: Sequence[CodeProposal], theirs: Sequence[CodeProposal]) -> str:
    """The codes that stand on the proposal's findings in the other release, empty when they are the same."""
    mine = set(p.findings)
    beside = {o.code for o in ours if o is not p and mine & set(o.findings)}
    codes = [t.code for t in theirs if t.code not in beside and mine & set(t.findings)]
    if codes == [p.code]:
        return ""
    return ", ".join(codes) or "no code"
