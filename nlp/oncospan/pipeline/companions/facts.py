"""Findings that stand on single mentions: functional states, indicators, treatments, status, purpose of the encounter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from oncospan.pipeline.companions.attributed import attributed
from oncospan.pipeline.companions.complaints import purposes
from oncospan.pipeline.companions.conditions import caused, condition_facts
from oncospan.pipeline.companions.conflicts import contradictions
from oncospan.pipeline.companions.figures import above_normal
from oncospan.pipeline.companions.syndromes import called_functioning, signs_denied
from oncospan.pipeline.mentions.mention import Line, Mention, Reading
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.types import Assertion, Evidence, Finding, Kind

_LEVEL = re.compile(r"[\s,(]{0,3}level\s{0,2}([123])\b", re.IGNORECASE)


_Groups = dict[str, list[tuple[Line, Mention]]]
"""The words of each concept with their sentences."""


def _settled(states: Sequence[Assertion]) -> Assertion:
    """The state of a fact told several times: the last of the patient's own, "present" before a mere doubt."""
    own: list[Assertion] = [s for s in states if s not in (Assertion.FAMILY, Assertion.HYPOTHETICAL)]
    own = own or list(states)
    last = own[-1]
    if last in (Assertion.UNCERTAIN, Assertion.ABSENT) and Assertion.PRESENT in own:
        return Assertion.PRESENT
    return last


def _grouped(reading: Reading, category: str) -> _Groups:
    out: _Groups = {}
    for line, m in reading.told(category):
        if "no_code" not in line.flags:
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
    laid = attributed(reading)
    groups = _with_denied_activity(_grouped(reading, "functional"))
    yield from _without_name(reading, groups, laid)
    for concept, pairs in groups.items():
        if concept == "functioning":
            continue  # activity without a named syndrome is a status, not a syndrome
        members = [m for ln, m in pairs if concept != "nonfunctional" or not _of_benign(ln)]
        members = [m for m in _without_names(pairs, members) if not any(_unseen_tumor(ln, m) for ln, n in pairs if n is m)]
        if not members:
            continue
        states = [Assertion.ABSENT if _found_normal(ln, m) else _judged(reading, ln, m) for ln, m in pairs if m in members]
        assertion = _settled(states)
        if assertion is Assertion.UNCERTAIN and Assertion.ABSENT in states:
            assertion = Assertion.ABSENT  # a query that the note answers
        own = [m for m in members if (m.assertion is Assertion.FAMILY) is (assertion is Assertion.FAMILY)]
        codes = sorted({m.attrs["code"] for m in own if "code" in m.attrs})
        flags = {f"level_{found[1]}" for m in members if (found := _LEVEL.match(reading.text, m.end))}
        if concept == "hyperinsulinism":
            flags |= {f"level_{n}" for n in _hypoglycemia_levels(reading)}
        if concept == "siadh" and any(caused(ln, m) for ln, m in pairs):
            flags.add("cause_told")
        yield _finding(
            reading, Kind.FUNCTIONAL, concept, members, assertion, variant=codes[-1] if codes else None, flags=frozenset(flags)
        )


def _without_name(reading: Reading, groups: _Groups, laid: Mapping[str, Sequence[Mention]]) -> Iterator[Finding]:
    """The syndromes a note never names: told by a sign laid to the tumor, by the word functioning, or denied by their signs."""
    for concept, signs in laid.items():
        if concept not in groups:
            yield _finding(reading, Kind.FUNCTIONAL, concept, signs, _settled([m.assertion for m in signs]))
    for concept, word in called_functioning(reading):
        if concept not in groups and concept not in laid:
            yield _finding(reading, Kind.FUNCTIONAL, concept, [word], Assertion.PRESENT)
    denied: dict[str, list[Mention]] = {}
    for concept, name in signs_denied(reading):
        if concept not in groups and concept not in laid:
            denied.setdefault(concept, []).append(name)
    for concept, names in denied.items():
        yield _finding(reading, Kind.FUNCTIONAL, concept, names, Assertion.ABSENT)


_SECRETING = re.compile(r"-(?:secreting|producing)\Z", re.IGNORECASE)


def _unseen_tumor(line: Line, word: Mention) -> bool:
    """Whether an image showed no tumor of that secretion, which denies a tumor, no state ("MIBG showed no catecholamine-producing tumor")."""
    if word.assertion is not Assertion.ABSENT or not _SECRETING.search(line.word(word)):
        return False
    imaged = any(m.end <= word.start for m in line.of("imaging"))
    return imaged and any(0 <= m.start - word.end <= 1 for m in line.of("tumor"))


def _without_names(pairs: Sequence[tuple[Line, Mention]], members: list[Mention]) -> list[Mention]:
    """The words of a syndrome, without what only names the tumor of one told to be over ("resolved after removal of the ACTH-secreting tumor")."""
    over = {ln.index for ln, m in pairs if m.assertion is Assertion.HISTORY}
    told = [m for ln, m in pairs if not (ln.index in over and m.assertion is Assertion.PRESENT and _SECRETING.search(ln.word(m)))]
    return [m for m in members if m in told]


def _with_denied_activity(groups: _Groups) -> _Groups:
    """The words of each syndrome, a hormonal activity that is denied told as what it is ("no data of hormonal hypersecretion")."""
    active = groups.get("functioning", [])
    denied = [(ln, m) for ln, m in active if m.attrs.get("flag") == "activity" and m.assertion is Assertion.ABSENT]
    denied += [(ln, m) for ln, m in active if m.attrs.get("flag") == "tested" and _tested_normal(ln, m)]
    if not denied:
        return groups
    told = [(ln, replace(m, concept="nonfunctional", assertion=Assertion.PRESENT)) for ln, m in denied]
    return {**groups, "nonfunctional": groups.get("nonfunctional", []) + told}


def _tested_normal(line: Line, m: Mention) -> bool:
    """Whether a study of the tumor's hormones gave nothing ("the functional work-up came back normal")."""
    at = m.end - line.sentence.start
    return (m.current or m.assertion is Assertion.ABSENT) and line.within["companion.tested_normal"].match(
        line.text, at
    ) is not None


_LEVEL_BEFORE = re.compile(r"\blevel\s{0,2}([123])\)?\s{1,2}\Z", re.IGNORECASE)


def _hypoglycemia_levels(reading: Reading) -> set[str]:
    """The levels of hypoglycemia the note states ("with level 3 hypoglycemia")."""
    signs = [m for _, m in reading.told("indicator") if m.concept == "hypoglycemia" and m.assertion is Assertion.PRESENT]
    found = [
        _LEVEL_BEFORE.search(reading.text, max(0, m.start - 30), m.start) or _LEVEL.match(reading.text, m.end) for m in signs
    ]
    return {f[1] for f in found if f}


def _judged(reading: Reading, line: Line, m: Mention) -> Assertion:
    """What a mention states; a tumor its author considers nonfunctional is so, and an inherited syndrome is never over."""
    if m.concept == "men" and m.assertion is Assertion.HISTORY:
        return Assertion.PRESENT
    behind = m.end - line.sentence.start
    if m.assertion is Assertion.PRESENT and line.within["companion.only_suspected"].match(line.text, behind):
        return Assertion.UNCERTAIN
    if m.assertion is Assertion.UNCERTAIN and line.within["companion.suspicion_confirmed"].match(line.text, behind):
        return Assertion.PRESENT
    if m.assertion is Assertion.ABSENT and m.rule in _DENIALS:
        return Assertion.PRESENT
    doubted = m.concept == "nonfunctional" and m.assertion is Assertion.UNCERTAIN
    judged = doubted and m.cues and all(reading.signals["companion.judged"].search(c.text) for c in m.cues)
    return Assertion.PRESENT if judged else m.assertion


_DENIALS = frozenset({"functional.nonfunctional.phrase", "functional.nonfunctional.never"})
"""Words that deny a hormonal activity by themselves, whatever the words before them deny."""
_ASKED = (Assertion.HYPOTHETICAL, Assertion.UNCERTAIN)


def _found_normal(line: Line, m: Mention) -> bool:
    """Whether a syndrome was looked for and the tests gave nothing ("requested to rule out MEN 1, were normal")."""
    if m.assertion not in _ASKED or not any(line.within["companion.looked_for"].search(c.text) for c in m.cues):
        return False
    behind = m.end - line.sentence.start
    normal = line.within["companion.found_normal"].search(line.text, behind)
    return normal is not None and line.within["companion.found_raised"].search(line.text, behind) is None


def _of_benign(line: Line) -> bool:
    """Whether "nonfunctioning" is said of a benign tumor: the only kind its sentence names."""
    tumors = [t for t in line.of("tumor") if not t.weak]
    return all(t.concept == "benign_tumor" for t in tumors) and (bool(tumors) or line.says("companion.adenoma") is not None)


def indicator_facts(reading: Reading) -> Iterator[Finding]:
    """One finding a hormonal indicator that is present; a marker counts only where it is said to be raised.

    Flag ``weak``: common enough to need a second sign; ``cause_told``: another cause is named beside it.
    """
    for concept, pairs in _grouped(reading, "indicator").items():
        kept = [(line, m) for line, m in pairs if m.assertion is Assertion.PRESENT and _telling(concept, line, m)]
        if kept:
            members = [m for _, m in kept]
            flags = {"weak"} if all(m.weak and not line.says("companion.given_for") for line, m in kept) else set()
            if any(caused(line, m) for line, m in kept):
                flags.add("cause_told")
            syndrome = members[0].attrs.get("syndrome")
            yield _finding(reading, Kind.INDICATOR, concept, members, Assertion.PRESENT, of=syndrome, flags=frozenset(flags))


def _telling(concept: str, line: Line, m: Mention) -> bool:
    """Whether a sentence makes something of the sign: a raised marker, a valve changed more than by a trace.

    A stain for a hormone raises no marker.
    """
    if concept.startswith("marker_"):
        if line.says("companion.stained") and not line.says("companion.in_blood"):
            return False
        return bool(line.says("companion.raised") and not line.says("companion.normal")) or above_normal(line, m)
    if concept == "valve":
        return line.says("companion.valve_changed") is not None or line.says("companion.trace") is None
    return True


def plain_facts(reading: Reading, related: Sequence[LineFacts]) -> Iterator[Finding]:
    """One finding a treatment or status word and its assertion, then what accompanies the tumor and what contradicts."""
    for category, kind in (("treatment", Kind.TREATMENT), ("status", Kind.STATUS), ("functional", Kind.STATUS)):
        for concept, pairs in _grouped(reading, category).items():
            if category == "functional" and concept != "functioning":
                continue
            if concept in ("unknown_primary", "follow_up"):
                continue
            members = [m for _, m in pairs if m.attrs.get("only") != "absent"]
            if members:
                state = _settled([m.assertion for m in members])
                yield _finding(reading, kind, concept, members, state, flags=frozenset(_plain_flags(pairs)))
    letters = [m for ln, m in reading.told("metastasis") if m.concept in ("stage_iv", "m1") and "low_trust" not in ln.flags]
    if letters:
        yield _finding(reading, Kind.STATUS, "distant_stage", letters, _settled([m.assertion for m in letters]))
    open_words = [m for _, m in reading.told("tumor") if m.concept == "pnet_ambiguous"]
    if open_words:
        yield _finding(reading, Kind.STATUS, "ambiguous_abbreviation", open_words, _settled([m.assertion for m in open_words]))
    yield from condition_facts(reading, related)
    yield from contradictions(reading, related)


def _plain_flags(pairs: Sequence[tuple[Line, Mention]]) -> Iterator[str]:
    for line, m in pairs:
        if "effect" in m.attrs:
            yield m.attrs["effect"]
        if m.assertion is Assertion.HYPOTHETICAL:
            yield "planned"
        if m.category == "treatment" and m.assertion is Assertion.PRESENT and line.says("companion.given_now"):
            yield "given_now"
        if m.concept.startswith("hereditary") and line.says("companion.inherited"):
            yield "confirmed"


def encounter_facts(reading: Reading) -> Iterator[Finding]:
    """One finding a stated purpose of the encounter; flag ``untargeted``: radiation without a word of where it goes."""
    groups = _grouped(reading, "encounter")
    for purpose, line, word in purposes(reading):
        groups.setdefault(purpose, []).append((line, word))
    for concept, pairs in groups.items():
        kept = [(ln, m) for ln, m in pairs if m.assertion in (Assertion.PRESENT, Assertion.HISTORY, Assertion.HYPOTHETICAL)]
        if kept:
            flags = [m.attrs.get("flag") for _, m in kept]
            said = {f for f in flags if f} if all(flags) else set()
            if concept == "radiation_encounter" and not any(ln.of("site", "metastasis", "tumor") for ln, _ in kept):
                said.add("untargeted")
            made = _finding(reading, Kind.ENCOUNTER, concept, [m for _, m in kept], Assertion.PRESENT, flags=frozenset(said))
            yield replace(made, evidence=_reasons(reading, kept) if concept == "admitted_for" else _told_for(reading, kept))


_ANNOUNCED = re.compile(r"[^.;:\n]{0,80}\b")


def _told_for(reading: Reading, pairs: Sequence[tuple[Line, Mention]]) -> tuple[Evidence, ...]:
    """The words of purpose, each that only announces one with what it announces: "here for" with "cycle 3 of carboplatin"."""
    out = set()
    for line, m in pairs:
        end = m.end - line.sentence.start
        told = _ANNOUNCED.match(line.text, end) if line.word(m).endswith((" for", " to")) else None
        out.add(reading.evidence(m.start, line.sentence.start + (told.end() if told else end), m.rule))
    return tuple(sorted(out))


def _reasons(reading: Reading, pairs: Sequence[tuple[Line, Mention]]) -> tuple[Evidence, ...]:
    """The words of admission, each with the reason they give: the rest of the sentence, under a heading the sentence after it."""
    out = set()
    for line, m in pairs:
        below = (ln for ln in reading.lines if ln.index == line.index + 1 and ln.section is line.section)
        told = next(below, line) if line.sentence.heading else line
        end = told.sentence.start + len(told.text.rstrip())
        out.add(reading.evidence(m.start, max(m.end, end), m.rule))
    return tuple(sorted(out))
