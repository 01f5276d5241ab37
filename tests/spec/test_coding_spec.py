"""The notes under ``coding``: which codes each rule gives, in which order, and which it refuses; known failures are strict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from oncospan.engine import Settings, analyser_of
from oncospan.types import Analysis, CodeStatus, FamilyHistoryCodes, NetSitePolicy, Note

FOLDER = Path(__file__).parent / "coding"
KEYS = frozenset(
    "id rule text setting date role note_type policy family_history_codes codes order review optional must_not rejected gaps no_gaps alternates "
    "because release_note known_failure".split()
)
ORDERS = frozenset({"strict", "first", "any"})
ON = dt.date(2026, 11, 10)
"""The day of a note without a date of its own: FY2027."""


def items() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every item of every topic, as ``topic.id``; a matrix gives one a row and carrier."""
    for path in sorted(FOLDER.glob("*.yaml")):
        topic = yaml.safe_load(path.read_text(encoding="utf-8"))
        for item in matrix(topic) if isinstance(topic, dict) else topic:
            yield f"{path.stem}.{item['id']}", item


def matrix(topic: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One item a row and carrier: the carrier's sentence, then the row's."""
    for row in topic["rows"]:
        for name, carrier in topic["carriers"].items():
            review = row.get(f"{name}_review", [])
            deposit = [] if review else carrier.get("deposit") or row[name]
            item = {
                "id": f"{row['id']}-{name}", "rule": topic["rule"], "text": f"{carrier['text']} {row['text']}",
                "codes": carrier["codes"] + deposit, "review": review, "order": "first", "gaps": row.get("gaps", []),
            }  # fmt: skip
            if why := row.get("known_failure", {}).get(name):
                item["known_failure"] = why
            yield item


def params() -> list[Any]:
    """One parameter an item; a known failure must fail, so that a repair is noticed."""
    return [
        pytest.param(
            item, id=name, marks=[pytest.mark.xfail(reason=why, strict=True)] if (why := item.get("known_failure")) else []
        )
        for name, item in items()
    ]


def note_of(item: dict[str, Any]) -> Note:
    """The note of an item; «angle quotes» only show a reader what decides."""
    return Note(
        text=item["text"].replace("«", "").replace("»", ""),
        note_date=dt.date.fromisoformat(item["date"]) if "date" in item else ON,
        note_type=item.get("note_type", "clinic note"),
        author_role=item.get("role", "provider"),
        setting=item.get("setting", "outpatient"),
    )


def differences(item: dict[str, Any], analysis: Analysis) -> list[str]:
    """What of the record is not what the item says."""
    optional = set(item.get("optional", ()))
    proposed = [c.code for c in analysis.codes if c.status is CodeStatus.PROPOSED and c.code not in optional]
    review = sorted(c.code for c in analysis.codes if c.status is CodeStatus.REVIEW and c.code not in optional)
    wanted, out = item["codes"], list[str]()
    if not in_order(proposed, wanted, item.get("order", "strict")):
        out.append(f"proposed {proposed}, not {wanted}")
    if review != sorted(item.get("review", ())):
        out.append(f"review {review}, not {sorted(item.get('review', ()))}")
    out += [f"{c.code} must not stand" for c in analysis.codes if any(fnmatch(c.code, m) for m in item.get("must_not", ()))]
    refused = {r.code for r in analysis.rejected}
    out += [f"{code} is not among the rejected {sorted(refused)}" for code in item.get("rejected", ()) if code not in refused]
    return out + told(item, analysis)


def in_order(codes: list[str], wanted: list[str], order: str) -> bool:
    """Whether the codes are the wanted ones, in the order asked for."""
    if order == "strict":
        return codes == wanted
    return sorted(codes) == sorted(wanted) and (order == "any" or codes[:1] == wanted[:1])


def told(item: dict[str, Any], analysis: Analysis) -> list[str]:
    """What is not said beside the codes: gaps, alternates, reasons of order, other releases."""
    gaps = {g.gap.split("_")[0] for g in analysis.gaps}
    by_code = {c.code: c for c in analysis.codes}
    out = [f"no gap {g} among {sorted(gaps)}" for g in item.get("gaps", ()) if g not in gaps]
    out += [f"gap {g}" for g in item.get("no_gaps", ()) if g in gaps]
    for code, others in item.get("alternates", {}).items():
        shown = {a.code for a in by_code[code].alternates} if code in by_code else set()
        out += [f"{other} is no alternate of {code}" for other in others if other not in shown]
    for code, other in item.get("release_note", {}).items():
        if code not in by_code or other not in by_code[code].release_note:
            out.append(f"{code} does not name {other} of another release")
    if "because" in item and not (analysis.codes and item["because"] in analysis.codes[0].order_reason):
        out.append(f"the first code does not give {item['because']} as its reason")
    return out


@pytest.mark.parametrize("item", params())
def test_coding(item: dict[str, Any]) -> None:
    family = FamilyHistoryCodes(item.get("family_history_codes", "none"))
    settings = Settings(
        net_site_policy=NetSitePolicy(item.get("policy", "strict_index")), family_history_codes=family, review_threshold=0.0
    )
    note = note_of(item)
    analysis = analyser_of(settings).analyse(note)
    assert not analysis.errors
    assert all(note.text[e.start : e.end] == e.text for c in analysis.codes for e in c.evidence)
    assert differences(item, analysis) == []


def test_items_are_well_formed() -> None:
    names = [name for name, _ in items()]
    assert len(names) == len(set(names))
    assert len(names) >= 250
    for name, item in items():
        assert item.keys() <= KEYS, name
        assert item.keys() >= {"id", "rule", "text", "codes"}, name
        assert item.get("order", "strict") in ORDERS, name
        assert item["text"].count("«") == item["text"].count("»"), name
