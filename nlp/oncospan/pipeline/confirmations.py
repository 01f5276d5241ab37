"""Which tests showed the tumor or its metastases: imaging and tissue words tied to what they support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncospan.pipeline.mention import Mention
from oncospan.pipeline.primaries import Primary
from oncospan.pipeline.relations import LineFacts
from oncospan.sites import same_organ
from oncospan.types import Assertion

_SHOWN = (Assertion.PRESENT, Assertion.UNCERTAIN, Assertion.HISTORY)
_REACH = 2
"""How many sentences after a test without a finding of its own may carry its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A test of one modality that supports the primary or a metastasis, with the words of both."""

    test: str
    modality: str
    of: str
    mentions: tuple[Mention, ...]
    sites: frozenset[str]


def confirmations(lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[Confirmation]:
    """The confirmations of a note in order, one a sentence, modality and target."""
    out: list[Confirmation] = []
    for i, facts in enumerate(lines):
        tests = [m for m in facts.line.of("imaging", "tissue") if m.assertion in (Assertion.PRESENT, Assertion.HISTORY)]
        if not tests:
            continue
        shown = _shown(facts, primaries) or _later(lines, i, primaries)
        for test in tests:
            modality = _modality(test, lines, i)
            for of, sites, mentions in shown:
                kind = test.attrs.get("test", test.category)
                out.append(Confirmation(test=kind, modality=modality, of=of, mentions=(test, *mentions), sites=sites))
    return out


_Shown = list[tuple[str, frozenset[str], tuple[Mention, ...]]]


def _shown(facts: LineFacts, primaries: Sequence[Primary]) -> _Shown:
    out: _Shown = []
    tumors = [t for t in facts.tumors if t.assertion in _SHOWN]
    hits = [
        (p, t) for p in primaries for t in tumors
        if t in p.facts or (t.mention.weak and t.place and same_organ(t.place.site, p.site))
    ]  # fmt: skip
    deposits = [d for d in facts.deposits if d.assertion in _SHOWN]
    hits = [(p, t) for p, t in hits if not t.metastatic and not any(d.tumor is t.mention for d in deposits)]
    if hits:
        out.append(("primary", frozenset(p.site for p, _ in hits), tuple(t.mention for _, t in hits[:1])))
    if deposits:
        out.append(("metastasis", frozenset(d.site for d in deposits), tuple(d.trigger for d in deposits[:1])))
    return out


def _later(lines: Sequence[LineFacts], i: int, primaries: Sequence[Primary]) -> _Shown:
    """What the next sentences show, when they name no test of their own."""
    here = lines[i].line
    for facts in lines[i + 1 : i + 1 + _REACH]:
        line = facts.line
        if line.index - here.index > _REACH or line.section is not here.section:
            return []
        if line.of("imaging", "tissue"):
            return []
        if shown := _shown(facts, primaries):
            return shown
    return []


def _modality(test: Mention, lines: Sequence[LineFacts], i: int) -> str:
    """The modality of a test; pathology words take that of the biopsy or operation they follow."""
    if test.attrs.get("modality") != "from_context":
        return test.concept
    for facts in reversed(lines[max(0, i - 6) : i + 1]):
        near = [
            m for m in facts.line.of("tissue", "treatment")
            if m.start != test.start and m.assertion in (Assertion.PRESENT, Assertion.HISTORY)
            and (m.category == "tissue" and m.attrs.get("modality") != "from_context" or m.attrs.get("effect") == "surgery")
        ]  # fmt: skip
        near = [m for m in near if m.start < test.start or facts.line is lines[i].line]
        if near:
            last = near[-1]
            return "resection" if last.category == "treatment" else last.concept
    return "other_tissue"
