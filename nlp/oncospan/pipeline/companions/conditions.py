"""What accompanies a tumor: complications with their stated cause, nutrition, reach into adjacent organs, bare node words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention, Reading
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.sites import same_organ
from oncospan.types import Assertion, Evidence, Finding, Kind

_BEFORE, _AFTER = 60, 70
"""How many characters beside the word a cause is looked for in."""

_ASSESSED = frozenset(
    "assessment assessment_and_plan plan impression problem_list diagnosis final_diagnosis principal_diagnosis secondary_diagnoses "
    "discharge_diagnosis hospital_course discussion recommendations".split()
)
_REPORTED = frozenset({"imaging", "findings", "laboratory", "pathology", "comparison", "technique"})
_LOST = re.compile(r"(\d{1,3})(?:\.\d)?\s{0,2}(%|percent|kg|kilos?|kilograms?|lbs?|pounds)", re.IGNORECASE)
_REACH = re.compile(r"[^.;:\n]{0,60}\Z")

_BY_DEPOSIT = frozenset({"pathologic_fracture", "cord_compression"})
"""What a metastasis named in the same sentence explains."""

_LISTED = frozenset({"venous_thrombosis", "obstruction", "anemia"})
"""What stands in lists of the risks of an operation."""

_CAUSE_TOLD = {
    "malignant_ascites": "ascites", "malignant_pleural_effusion": "pleural_effusion", "malignant_obstruction": "obstruction",
    "malignant_pericardial_effusion": "pericardial_effusion", "anemia_neoplastic": "anemia", "anemia_chemotherapy": "anemia",
    "neoplasm_pain": "pain",
}  # fmt: skip
"""Concepts that name the cause along with the complication they are."""


_Placed = Mapping[int, Sequence[Place]]
"""The places of each sentence by its index."""


def condition_facts(reading: Reading, related: Sequence[LineFacts]) -> Iterator[Finding]:
    """One finding a complication and its assertion, one an adjacent organ reached, one for node words without a group."""
    facts = [f for f in related if "no_code" not in f.line.flags]
    placed = {f.line.index: f.places for f in facts}
    groups: dict[str, list[tuple[Line, Mention]]] = {}
    for line in (f.line for f in facts):
        for m in line.of("complication"):
            if m.concept != "adjacent_organ" and not (m.concept in _LISTED and line.says("companion.risk")):
                groups.setdefault(m.concept, []).append((line, m))
    for concept, pairs in groups.items():
        yield _complication(reading, concept, pairs, placed, {_CAUSE_TOLD.get(c) for c in groups})
    yield from _adjacent(reading, facts)
    yield from _adenopathy(reading, facts)


def _complication(
    reading: Reading, concept: str, pairs: Sequence[tuple[Line, Mention]], placed: _Placed, told: set[str | None]
) -> Finding:
    states = [m.assertion for _, m in pairs]
    own = [s for s in states if s not in (Assertion.FAMILY, Assertion.HYPOTHETICAL)] or states
    assertion = Assertion.PRESENT if Assertion.PRESENT in own and own[-1] is not Assertion.HISTORY else own[-1]
    stating = [(ln, m) for ln, m in pairs if m.assertion is assertion] or list(pairs)
    flags = {f for ln, m in stating for f in _said_of(ln, m)}
    if concept in told or any(caused(ln, m) for ln, m in pairs):
        flags.add("cause_told")
    found = _made(reading, concept, [m for _, m in stating], assertion, flags)
    return _with_bone(reading, found, stating, placed) if concept == "pathologic_fracture" else found


def _with_bone(reading: Reading, fracture: Finding, pairs: Sequence[tuple[Line, Mention]], placed: _Placed) -> Finding:
    """The fracture with the words and side of the nearest bone its sentence names."""
    near = [
        (max(p.start - m.end, m.start - p.end), p)
        for line, m in pairs for p in placed[line.index] if same_organ(p.site, "bone") and (p.subsite or p.side)
    ]  # fmt: skip
    if not near:
        return fracture
    bone = min(near, key=lambda n: (n[0], n[1].start))[1]
    evidence = tuple(sorted({*fracture.evidence, reading.evidence(bone.start, bone.end, bone.mentions[-1].rule)}))
    return replace(fracture, side=bone.side, evidence=evidence)


def _said_of(line: Line, m: Mention) -> Iterator[str]:
    at, end = m.start - line.sentence.start, m.end - line.sentence.start
    if m.attrs.get("flag") == "direct":
        yield "direct"
    name = line.section.name if line.section else None
    if line.within["companion.minor"].search(line.text, max(0, at - 40), at):
        return
    if name in _ASSESSED or (name not in _REPORTED and line.says("companion.addressed")):
        yield "addressed"
    if m.concept in ("malnutrition", "wasting") and (
        line.within["companion.severity"].search(line.text, max(0, at - 40), at)
        or line.within["companion.severity_after"].match(line.text, end)
    ):
        yield "graded"
    if m.concept == "weight_loss" and _great(line):
        yield "severe"


def _great(line: Line) -> bool:
    """Whether a weight loss is called severe, or is a tenth of the weight, ten kilograms or twenty pounds."""
    if line.says("companion.great_loss"):
        return True
    return any(
        int(number) >= (20 if unit.lower().startswith(("l", "pound")) else 10) for number, unit in _LOST.findall(line.text)
    )


def caused(line: Line, m: Mention) -> bool:
    """Whether the words beside a mention name what it is due to, or say that the cause is not known."""
    if m.attrs.get("flag") == "cause" or line.within["companion.cause_within"].search(
        line.text, m.start - line.sentence.start, m.end - line.sentence.start
    ):
        return True
    if m.concept in _BY_DEPOSIT and any(t.current for t in line.of("metastasis")):
        return True
    at, end = m.start - line.sentence.start, m.end - line.sentence.start
    after, before = line.within["companion.cause_after"], line.within["companion.cause_before"]
    return bool(after.match(line.text, end, end + _AFTER) or before.search(line.text, max(0, at - _BEFORE), at))


def _adjacent(reading: Reading, related: Iterable[LineFacts]) -> Iterator[Finding]:
    """One finding an organ that the tumor touches or enters; flag ``direct`` where the words call it direct extension."""
    found: dict[str, list[tuple[Mention, Place, bool]]] = {}
    for facts in related:
        line = facts.line
        words = [m for m in line.of("complication") if m.concept == "adjacent_organ" or m.attrs.get("flag") == "direct"]
        if not words or not line.of("tumor", "metastasis"):
            continue
        direct = any(m.attrs.get("flag") == "direct" for m in words) or line.says("companion.direct") is not None
        for m in words:
            place = _reached(facts, m)
            if place is not None:
                found.setdefault(place.site, []).append((m, place, direct))
    for site, members in found.items():
        states = [m.assertion for m, _, _ in members]
        assertion = Assertion.PRESENT if Assertion.PRESENT in states else states[-1]
        evidence = {reading.evidence(m.start, p.end, m.rule) for m, p, _ in members if m.assertion is assertion}
        flags = frozenset({"direct"} if any(d for _, _, d in members) else set())
        yield Finding(
            id="f", kind=Kind.COMPLICATION, concept="adjacent_organ", assertion=assertion, evidence=tuple(sorted(evidence)),
            cues=tuple(sorted({c for m, _, _ in members for c in m.cues})), of=site, flags=flags,
        )  # fmt: skip


def _reached(facts: LineFacts, word: Mention) -> Place | None:
    """The organ the words lead to: the next place in the same clause, no node and no mere body region."""
    line = facts.line
    after = [p for p in facts.places if p.start >= word.end]
    if not after:
        return None
    place = after[0]
    offset = line.sentence.start
    between = line.text[word.end - offset : place.start - offset]
    if (
        not _REACH.fullmatch(between)
        or line.within["companion.not_reached"].search(between)
        or place.node
        or "body_region" in place.flags
        or place.region
    ):
        return None
    return place


def _adenopathy(reading: Reading, related: Iterable[LineFacts]) -> Iterator[Finding]:
    """A finding for enlarged nodes of which no group is named anywhere in the note."""
    members: list[Mention] = []
    adenopathy = reading.signals["companion.adenopathy"]
    for facts in related:
        for place in facts.places:
            if not place.node:
                continue
            text = reading.text[place.start : place.end]
            if place.site == "lymph_node" and adenopathy.search(text):
                members += [place.mentions[-1]]
            elif adenopathy.search(text) and place.assertion is Assertion.PRESENT:
                return
    if members:
        states = [m.assertion for m in members]
        assertion = Assertion.PRESENT if Assertion.PRESENT in states else states[-1]
        yield _made(reading, "adenopathy", [m for m in members if m.assertion is assertion], assertion, set())


def _made(reading: Reading, concept: str, members: Sequence[Mention], assertion: Assertion, flags: set[str]) -> Finding:
    evidence: tuple[Evidence, ...] = tuple(sorted({reading.of_mention(m) for m in members}))
    seen = tuple(sorted({c for m in members for c in m.cues}))
    return Finding(
        id="f", kind=Kind.COMPLICATION, concept=concept, assertion=assertion, evidence=evidence, cues=seen, flags=frozenset(flags)
    )
