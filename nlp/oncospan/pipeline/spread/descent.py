"""From which of the note's tumors a deposit came, and its histology family."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import STATED, Mention
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, Primary, generic, told_as_past
from oncospan.types import Assertion


def origin_of(deposit: Deposit, primaries: Sequence[Primary], current: Sequence[Primary] = ()) -> Primary | None:
    """The primary a deposit comes from: the one its own words name, else one of its family, else the only one.

    ``current`` are the tumors that are no history at the end of the note, once that is settled.
    """
    tumors = _named_in(deposit)
    for primary in primaries:
        if any(t is fact.mention for t in tumors for fact in primary.facts):
            return primary
    named = {t.attrs.get("family", "other") for t in tumors if t.attrs.get("family")}
    fits = [p for p in primaries if named & set(p.families())]
    if len(fits) == 1:
        return fits[0]
    certain = [p for p in primaries if p.certain]
    if len(certain) > 1:
        certain = _told_with(certain, deposit) or _likely(certain, current)
    return certain[0] if len(certain) == 1 and not _foreign(certain[0], named) else None


def _told_with(primaries: Sequence[Primary], deposit: Deposit) -> list[Primary]:
    """The one primary that the sentences of a deposit tell of ("ileal NET, resected, with liver metastases"), if it is only one."""
    lines = [f.line for f in deposit.facts if f.assertion is Assertion.PRESENT]
    told = [
        p for p in primaries
        if any(f.line is ln and f.assertion is Assertion.PRESENT and not generic(f) for f in p.facts for ln in lines)
    ]  # fmt: skip
    return told if len(told) == 1 else []


def _named_in(deposit: Deposit) -> list[Mention]:
    """The tumors that the words of a deposit name; those of what was denied or asked only where the deposit itself is."""
    told = [f for f in deposit.facts if f.tumor is not None]
    if not told:
        return []
    state = deposit.assertion
    told = [f for f in told if state is Assertion.ABSENT or f.assertion is not Assertion.ABSENT]
    sure = [f.tumor for f in told if f.tumor is not None and f.tumor.assertion is not Assertion.UNCERTAIN]
    return sure if state is Assertion.PRESENT else [f.tumor for f in told if f.tumor is not None]


def names(deposit: Deposit, primary: Primary) -> bool:
    """Whether the words of a deposit name the primary as where it came from."""
    return any(f.tumor is fact.mention for f in deposit.facts for fact in primary.facts)


_STAYS = frozenset({"basal_cell_carcinoma", "squamous_cell_carcinoma_skin", "other_skin_carcinoma"})
"""Histologies that as a rule leave no deposits elsewhere."""


def _likely(primaries: Sequence[Primary], current: Sequence[Primary]) -> list[Primary]:
    """The tumors that deposits of no named origin come from: those called metastatic, else those that are not former."""
    spread = [p for p in primaries if any(f.metastatic and f.assertion in STATED for f in p.facts)]
    if spread:
        return spread
    living = [p for p in primaries if not _bygone(p)]
    return living if len(living) < 2 else [p for p in living if p in current]


def _bygone(primary: Primary) -> bool:
    """Whether a tumor is only told as history, or is of a kind that stays where it is."""
    stays = primary.site == "skin" and primary.histologies <= _STAYS
    return stays or all(map(told_as_past, primary.facts))


def _foreign(primary: Primary, named: set[str]) -> bool:
    """Whether a former cancer is of another kind than the neuroendocrine tumor that the words of a deposit name."""
    former = all(f.assertion is Assertion.HISTORY for f in primary.facts)
    return former and primary.family == "other" and bool(named & NEUROENDOCRINE)


_NEC = frozenset({"nec", "nec_poorly_differentiated"})


def family_of(deposit: Deposit, origin: Primary | None, primaries: Sequence[Primary]) -> str | None:
    """The histology family of a deposit: that of its own words, else that of its origin, else the one all primaries share."""
    own = [t for t in _named_in(deposit) if t.attrs.get("family") not in (None, "other")]
    if origin is not None and origin.family == "carcinoid" and all(t.attrs["family"] in ("net", "carcinoid") for t in own):
        return "carcinoid"
    if origin is not None and origin.family in (*_NEC, "merkel") and all(t.attrs["family"] in _NEC | {"small_cell"} for t in own):
        return origin.family  # "small cell neuroendocrine carcinoma", as the primary is called elsewhere
    if own:
        return own[-1].attrs["family"]
    if origin is not None:
        return origin.family
    certain = [p for p in primaries if p.certain]
    families = {p.family for p in certain}
    if len(families) > 1 and families <= NEUROENDOCRINE:  # whichever of them it is, the deposit is neuroendocrine
        first = min(f.trigger.start for f in deposit.facts)
        before = [p for p in certain if p.facts[0].start <= first]
        return max(before or certain, key=lambda p: max((f.start for f in p.facts if f.start <= first), default=-1)).family
    return families.pop() if len(families) == 1 else None
