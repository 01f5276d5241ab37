"""Lumps of organs that metastases reach, sampled and found benign: "Liver lesion biopsied: benign", also one sentence later."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import HELD, Line, Mention
from oncospan.pipeline.sentence.denials import FLAG, REMOTE
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion

_LUMPS = frozenset({"lesion", "nodule", "mass"})


def biopsied(told: Sequence[DepositFact], lines: Sequence[LineFacts], _primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts, with the denials that a benign sample tells, in the sentence of the lump or the one behind it."""
    out = list(told)
    for at, facts in enumerate(lines):
        if "low_trust" in facts.line.flags or any(d.assertion in HELD for d in facts.deposits):
            continue
        lumps = [t.place for t in facts.tumors if t.place is not None and _is_lump(t)]
        lumps += [
            p
            for p in facts.places
            if facts.line.within["spread.lump"].search(facts.line.word(p.mentions[-1])) and p.site in REMOTE
        ]
        if len({p.site for p in lumps}) != 1:
            continue
        lump = lumps[-1]
        taken = [m for m in facts.line.of("treatment") if m.attrs.get("effect") == "surgery"]
        sampled = [m for m in (*facts.line.of("tissue"), *taken) if m.current]
        word = _benign(facts, sampled[0].start, lump) if sampled else None
        if word is None:
            word = _next(facts, lines[at + 1] if at + 1 < len(lines) else None, lump, bool(sampled))
        if word is not None:
            out.append(implied(facts.line, lump.mentions[0], lump, Assertion.ABSENT, FLAG))
    return out


def _is_lump(tumor: TumorFact) -> bool:
    """Whether the words name a lump that is there in an organ metastases mostly reach."""
    place = tumor.place
    there = tumor.mention.weak and tumor.mention.concept in _LUMPS and tumor.assertion in HELD
    return there and place is not None and place.site in REMOTE and not place.test


def _benign(facts: LineFacts, since: int, lump: Place) -> Mention | None:
    """The word that calls the lump benign, from an offset on, where no other organ and no cancer is told of from there."""
    told = [m for m in calling(facts.line) if m.start >= max(since, lump.end)]
    if not told or any(not t.mention.weak and t.assertion in HELD for t in facts.tumors):
        return None
    others = [p for p in facts.places if not p.test and not same_organ(p.site, lump.site)]
    return None if others else told[0]


def calling(line: Line) -> list[Mention]:
    """The words of a sentence that call something benign."""
    words = [m for m in line.of("behavior") if m.attrs.get("behavior") == "benign"]
    words += [m for m in line.of("sight") if m.concept == "benign"]
    words += [m for m in line.of("tumor") if m.concept == "benign_tumor" and m.attrs.get("behavior") == "benign"]
    words += [m for m in line.of("tumor") if not m.weak and m.concept != "benign_tumor" and m.assertion is Assertion.ABSENT]
    return sorted(
        (m for m in words if m.category != "tumor" or m.assertion in (Assertion.PRESENT, Assertion.ABSENT)), key=lambda m: m.start
    )


def _next(facts: LineFacts, behind: LineFacts | None, lump: Place, sampled: bool) -> Mention | None:
    """The word by which the next sentence calls the sampled lump benign."""
    if behind is None or behind.line.index != facts.line.index + 1 or behind.line.section is not facts.line.section:
        return None
    if not (sampled or behind.line.of("tissue")) or behind.line.within["spread.points_back"].match(behind.line.text) is None:
        return None
    if any(d.assertion in HELD for d in behind.deposits):
        return None
    return _benign(behind, behind.line.sentence.start, lump)
