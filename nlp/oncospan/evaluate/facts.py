"""The facts of a gold document and of a record, slot by slot, and which of them are right, wrong or missed.

Every slot is a set of facts per document. Sites are rolled up to their organ; a gold code is met by itself or by one of its
alternates; ``?X`` in the gold may be there or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oncospan.sites import PARENT

Row = Mapping[str, Any]
Fact = str | tuple[str, str]

ORGAN: Mapping[str, str] = {**PARENT, "spinal_cord": "meninges"}
"""The site a part is counted as; the public scorer counts the spinal cord with the meninges."""

SLOTS = (
    "primary_site", "primary_status", "metastasis_present", "metastasis_absent", "metastasis_uncertain", "functional",
    "confirmation_kind", "confirmation_modality", "code", "code_category", "gap",
)  # fmt: skip

_NOTHING_WANTED: Row = {"primaries": [], "metastases": [], "functional": [], "confirmations": [], "gaps": []}

NOTHING_FOUND: Row = {"findings": [], "codes": [], "gaps": []}
"""The record of a document that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One slot of one document: how many facts were right, and which were wrong or missed."""

    hits: int
    wrong: tuple[Fact, ...]
    missed: tuple[Fact, ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """True positives, false positives, false negatives."""
        return self.hits, len(self.wrong), len(self.missed)


def outcomes_of(gold: Row, record: Row) -> dict[str, Outcome]:
    """What a record got right, wrong and missed in every slot of one document."""
    wanted, found = gold_facts(gold), record_facts(record)
    found["gap"] -= {g[1:] for g in gold["gaps"] if g.startswith("?")} - wanted["gap"]
    outcomes = {slot: _compared(wanted[slot], found[slot]) for slot in wanted}
    outcomes["code"] = code_outcome(gold, record, lambda code: code)
    outcomes["code_category"] = code_outcome(gold, record, lambda code: code[:3])
    return {slot: outcomes[slot] for slot in SLOTS}


def _compared(wanted: set[Fact], found: set[Fact]) -> Outcome:
    return Outcome(hits=len(wanted & found), wrong=_sorted(found - wanted), missed=_sorted(wanted - found))


def _sorted(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(sorted(facts, key=str))


def _organ(site: str) -> str:
    return ORGAN.get(site, site)


def gold_facts(gold: Row) -> dict[str, set[Fact]]:
    """The facts of one gold document by slot, codes aside."""
    primaries = [p for p in gold["primaries"] if p["certainty"] == "certain"]
    facts: dict[str, set[Fact]] = {
        "primary_site": {_organ(p["site"]) for p in primaries},
        "primary_status": {(_organ(p["site"]), p["status"]) for p in primaries},
        "functional": {(f["kind"], f["assertion"]) for f in gold["functional"]},
        "confirmation_kind": {(c["kind"], c["of"]) for c in gold["confirmations"]},
        "confirmation_modality": {(c["modality"], c["of"]) for c in gold["confirmations"]},
        "gap": {g for g in gold["gaps"] if not g.startswith("?")},
    }
    for state in ("present", "absent", "uncertain"):
        facts[f"metastasis_{state}"] = {_organ(m["site"]) for m in gold["metastases"] if m["assertion"] == state}
    return facts


def record_facts(record: Row) -> dict[str, set[Fact]]:
    """The facts of one output record by slot, codes aside; a finding counts once however many mentions it has."""
    status = {"present": "current", "history": "history"}
    by_kind: dict[str, list[Row]] = {"primary": [], "metastasis": [], "functional": [], "confirmation": []}
    for f in record["findings"]:
        by_kind.setdefault(f["kind"], []).append(f)
    primaries = [p for p in by_kind["primary"] if p["assertion"] in status]
    confirmed = [(c, of) for c in by_kind["confirmation"] if c["assertion"] == "present" for of in _confirms(c)]
    facts: dict[str, set[Fact]] = {
        "primary_site": {_organ(p["concept"]) for p in primaries},
        "primary_status": {(_organ(p["concept"]), status[p["assertion"]]) for p in primaries},
        "functional": {
            (f["concept"], f["assertion"])
            for f in by_kind["functional"]
            if f["assertion"] in {"present", "uncertain", "absent", "history"}
        },
        "confirmation_kind": {(c["test"], of) for c, of in confirmed},
        "confirmation_modality": {(c["concept"], of) for c, of in confirmed},
        "gap": {g["gap"].split("_")[0] for g in record["gaps"]},
    }
    for state in ("present", "absent", "uncertain"):
        facts[f"metastasis_{state}"] = {_organ(m["concept"]) for m in by_kind["metastasis"] if m["assertion"] == state}
    return facts


def _confirms(confirmation: Row) -> set[str]:
    """What a confirmation confirms: one word, several, or nothing said."""
    of = confirmation.get("of")
    return {of} if isinstance(of, str) else set(of or ())


def code_outcome(gold: Row, record: Row, cut: Callable[[str], str]) -> Outcome:
    """The codes of one document: a gold code is met by itself or an alternate; optional codes are neither right nor wrong."""
    wanted, optional = wanted_codes(gold, cut)
    proposed = {cut(c["code"]) for c in record["codes"] if is_proposed(c)}
    used: set[str] = set()
    missed: list[Fact] = []
    hits = 0
    for code, accepted in sorted(wanted.items()):
        if met := accepted & proposed:
            hits += 1
            used |= met
        elif code not in optional:
            missed.append(code)
    return Outcome(hits=hits, wrong=_sorted(proposed - used - optional), missed=tuple(missed))


def wanted_codes(gold: Row, cut: Callable[[str], str] = str) -> tuple[dict[str, set[str]], set[str]]:
    """The gold codes, each with the codes that meet it, and the codes that may be there or not."""
    alternates: Mapping[str, Sequence[str]] = gold.get("alternates") or {}
    optional = {cut(c) for k, others in alternates.items() if k.startswith("?") for c in (k[1:], *others)}
    wanted: dict[str, set[str]] = {}
    for item in gold["codes"]:
        code = item["code"]
        wanted.setdefault(cut(code), set()).update({cut(code)}, map(cut, alternates.get(code, ())))
    return wanted, optional


def is_right(gold: Row, code: str) -> bool | None:
    """Whether the gold holds a code or has it as an alternate; None for one that may be there or not."""
    wanted, optional = wanted_codes(gold)
    if any(code in accepted for accepted in wanted.values()):
        return True
    return None if code in optional else False


def is_proposed(code: Row) -> bool:
    """Whether the product stands behind a code of a record."""
    return str(code.get("status", "proposed")) == "proposed"


def gold_quotes(gold: Row) -> Iterator[tuple[str, Fact, tuple[str, ...]]]:
    """Slot, fact and quotes of everything a gold document wants; a gap has no quotes."""
    for part in ("primaries", "metastases", "functional", "confirmations"):
        for item in gold[part]:
            quotes = (item["quote"],) if item.get("quote") else ()
            yield from ((slot, fact, quotes) for slot, fact in _only(gold_facts({**_NOTHING_WANTED, part: [item]})))
    for item in gold["codes"]:
        yield "code", item["code"], tuple(item.get("quotes", ()))
        yield "code_category", item["code"][:3], tuple(item.get("quotes", ()))


def record_places(record: Row) -> Iterator[tuple[str, Fact, Sequence[Row]]]:
    """Slot, fact and evidence of everything a record found."""
    for part in ("findings", "gaps"):
        for item in record[part]:
            yield from ((slot, fact, _spans(item)) for slot, fact in _only(record_facts({**NOTHING_FOUND, part: [item]})))
    for item in record["codes"]:
        if is_proposed(item):
            yield "code", item["code"], _spans(item)
            yield "code_category", item["code"][:3], _spans(item)


def _only(facts: Mapping[str, set[Fact]]) -> Iterator[tuple[str, Fact]]:
    return ((slot, fact) for slot, found in facts.items() for fact in _sorted(found))


def _spans(item: Row) -> Sequence[Row]:
    return item.get("evidence") or ()
