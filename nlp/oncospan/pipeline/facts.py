"""Findings that stand on single mentions: functional states, indicators, treatments, status, complications, purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oncospan.pipeline.mention import Line, Mention, Reading
from oncospan.types import Assertion, Evidence, Finding, Kind

_RAISED = re.compile(
    r"\b(?:elevat\w{2,4}|rais\w{2,3}|increas\w{2,3}|high|markedly|positive|abnormal|above|hyper\w{3,14})\b", re.IGNORECASE
)
_LEVEL = re.compile(r"[\s,(]{0,3}level\s{0,2}([123])\b", re.IGNORECASE)
_NORMAL = re.compile(r"\b(?:normal|normali[sz]\w{2,5}|negative|within|unremarkable|not\s+(?:elevated|raised))\b", re.IGNORECASE)


def _settled(states: Sequence[Assertion]) -> Assertion:
    """The state of a fact told several times: the last of the patient's own, "present" before a mere doubt."""
    own: list[Assertion] = [s for s in states if s not in (Assertion.FAMILY, Assertion.HYPOTHETICAL)]
    own = own or list(states)
    last = own[-1]
    if last in (Assertion.UNCERTAIN, Assertion.ABSENT) and Assertion.PRESENT in own:
        return Assertion.PRESENT
    return last


def _grouped(reading: Reading, category: str) -> dict[str, list[tuple[Line, Mention]]]:
    out: dict[str, list[tuple[Line, Mention]]] = {}
    for line in reading.lines:
        if "no_code" in line.flags:
            continue
        for m in line.of(category):
            out.setdefault(m.concept, []).append((line, m))
    return out


def _finding(
    reading: Reading, kind: Kind, concept: str, members: Sequence[Mention], assertion: Assertion, **more: object
) -> Finding:
    kept = [m for m in members if m.assertion is assertion] or list(members)
    evidence: tuple[Evidence, ...] = tuple(sorted({reading.of_mention(m) for m in kept}))
    seen = tuple(sorted({c for m in kept for c in m.cues}))
    return Finding(id="f", kind=kind, concept=concept, assertion=assertion, evidence=evidence, cues=seen, **more)  # type: ignore[arg-type]


def functional_facts(reading: Reading) -> Iterator[Finding]:
    """One finding a syndrome or stated functional status."""
    for concept, pairs in _grouped(reading, "functional").items():
        if concept == "functioning":
            continue  # activity without a named syndrome is a status, not a syndrome
        members = [m for _, m in pairs]
        assertion = _settled([m.assertion for m in members])
        codes = sorted({m.attrs["code"] for m in members if "code" in m.attrs})
        levels = {f"level_{found[1]}" for m in members if (found := _LEVEL.match(reading.text, m.end))}
        yield _finding(
            reading, Kind.FUNCTIONAL, concept, members, assertion, variant=codes[-1] if codes else None, flags=frozenset(levels)
        )


def indicator_facts(reading: Reading) -> Iterator[Finding]:
    """One finding a hormonal indicator that is present; a marker counts only where it is said to be raised."""
    for concept, pairs in _grouped(reading, "indicator").items():
        members = [
            m for line, m in pairs
            if m.assertion is Assertion.PRESENT
            and (not concept.startswith("marker_") or (_RAISED.search(line.text) and not _NORMAL.search(line.text)))
        ]  # fmt: skip
        if members:
            syndrome = members[0].attrs.get("syndrome")
            yield _finding(reading, Kind.INDICATOR, concept, members, Assertion.PRESENT, of=syndrome)


def plain_facts(reading: Reading) -> Iterator[Finding]:
    """One finding a treatment, status word or complication and its assertion."""
    for category, kind in (("treatment", Kind.TREATMENT), ("status", Kind.STATUS), ("complication", Kind.COMPLICATION),
                           ("functional", Kind.STATUS)):  # fmt: skip
        for concept, pairs in _grouped(reading, category).items():
            if category == "functional" and concept != "functioning":
                continue
            if concept in ("unknown_primary", "follow_up"):
                continue
            members = [m for _, m in pairs]
            effects = {m.attrs["effect"] for m in members if "effect" in m.attrs}
            planned = {"planned"} if any(m.assertion is Assertion.HYPOTHETICAL for m in members) else set()
            yield _finding(
                reading, kind, concept, members, _settled([m.assertion for m in members]), flags=frozenset(effects | planned)
            )


def encounter_facts(reading: Reading) -> Iterator[Finding]:
    """One finding a stated purpose of the encounter."""
    for concept, pairs in _grouped(reading, "encounter").items():
        members = [m for _, m in pairs if m.assertion in (Assertion.PRESENT, Assertion.HISTORY)]
        if members:
            flags = [m.attrs.get("flag") for m in members]
            said = frozenset(f for f in flags if f) if all(flags) else frozenset()
            yield _finding(reading, Kind.ENCOUNTER, concept, members, Assertion.PRESENT, flags=said)
