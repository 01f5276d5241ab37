"""The annotated texts under ``findings``: what the engine must say of short notes; known failures are strict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from oncospan.engine import Settings, analyser_of
from oncospan.types import Analysis, Assertion, AuthorRole, Finding, Kind, Note, Setting

FOLDER = Path(__file__).parent / "findings"
SIDES = frozenset({"left", "right", "bilateral", "none"})
STATES = frozenset(str(a) for a in Assertion)
FAMILIES = frozenset(
    "carcinoid net nec_poorly_differentiated nec merkel small_cell islet_cell adrenal_paraganglia medullary_thyroid mixed other".split()
)
KEYS = frozenset("id text primaries metastases functional confirmations extras subset author setting known_failure".split())
STATED = frozenset({Assertion.PRESENT, Assertion.UNCERTAIN, Assertion.ABSENT, Assertion.HISTORY})
LISTS = {"primaries": Kind.PRIMARY, "metastases": Kind.METASTASIS, "functional": Kind.FUNCTIONAL}


def items() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every item of every topic, as ``topic.id``."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield f"{path.stem}.{item['id']}", item


def params() -> list[Any]:
    """One parameter an item; a known failure must fail, so that a repair is noticed."""
    return [
        pytest.param(
            item, id=name, marks=[pytest.mark.xfail(reason=why, strict=True)] if (why := item.get("known_failure")) else []
        )
        for name, item in items()
    ]


def read(words: str) -> dict[str, str]:
    """What "lung left small_cell history" asks of a finding; the state is "present" where none is given."""
    concept, *rest = words.split()
    wanted = {"concept": concept, "assertion": "present"}
    for word in rest:
        key = "side" if word in SIDES else "assertion" if word in STATES else "family" if word in FAMILIES else ""
        assert key, f"unknown word {word!r}"
        wanted[key] = word
    return wanted


def fits(finding: Finding, wanted: dict[str, str]) -> bool:
    """Whether the finding has every stated value; ``lymph_node*`` asks for nodes of any region."""
    values = {key: str(getattr(finding, key) or "none") for key in wanted}
    return all(values[k].startswith(v[:-1]) if v.endswith("*") else values[k] == v for k, v in wanted.items())


def told(finding: Finding) -> str:
    """The finding in the words of the items."""
    return " ".join(str(v) for v in (finding.concept, finding.side, finding.family, finding.assertion) if v)


def stated(analysis: Analysis, kind: Kind) -> list[Finding]:
    """What is said of the patient; a histology without a site is no primary of its own."""
    return [f for f in analysis.findings if f.kind is kind and f.assertion in STATED
            and not (kind is Kind.PRIMARY and (f.concept == "unspecified" or f.assertion is Assertion.ABSENT))]  # fmt: skip


def differences(item: dict[str, Any], analysis: Analysis) -> list[str]:
    """What is missed, and what is too much where the list is complete."""
    out: list[str] = []
    for key, kind in LISTS.items():
        if key not in item:
            continue
        found = stated(analysis, kind)
        for words in item[key]:
            hit = next((f for f in found if fits(f, read(words))), None)
            if hit is None:
                out.append(f"{key}: no {words!r}")
            else:
                found.remove(hit)
        if not item.get("extras") or key == "functional":
            out += [f"{key}: not {told(f)!r}" for f in found]
    if "confirmations" in item:
        seen = {f"{f.concept} {f.of}" for f in analysis.findings if f.kind is Kind.CONFIRMATION}
        wanted = set(item["confirmations"])
        out += [f"confirmations: no {c!r}" for c in sorted(wanted - seen)]
        if not item.get("subset"):
            out += [f"confirmations: not {c!r}" for c in sorted(seen - wanted)]
    return out


@pytest.fixture(scope="module")
def analyse() -> Any:
    return analyser_of(Settings()).analyse


@pytest.mark.parametrize("item", params())
def test_findings(item: dict[str, Any], analyse: Any) -> None:
    role = AuthorRole(item.get("author", "provider"))
    note = Note(text=item["text"], author_role=role, setting=Setting(item.get("setting", "outpatient")))
    analysis = analyse(note)
    assert not analysis.errors
    assert all(note.text[e.start : e.end] == e.text for f in analysis.findings for e in f.evidence)
    assert differences(item, analysis) == []


def test_items_are_well_formed() -> None:
    names = [name for name, _ in items()]
    assert len(names) == len(set(names))
    assert len(names) >= 180
    for name, item in items():
        assert item.keys() <= KEYS, name
        assert item.keys() & {*LISTS, "confirmations"}, name
