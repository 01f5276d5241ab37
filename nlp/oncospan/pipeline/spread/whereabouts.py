"""Where a metastasis lies that the tissue of a lesion told of before turned out to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oncospan.pipeline.mentions.mention import HELD, SAMPLES, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.first_readings import first_reading, names
from oncospan.pipeline.spread.swollen import swollen_nodes
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion

_REACH = 5
"""How many sentences before the result the lesion is looked for."""
_SPECIMEN_REACH = 2
"""How many sentences before the result the operation is looked for whose specimen it is."""
_NO_ORGAN = frozenset({"any", "metastasis", "lymph_node", "head_neck", "unspecified", "other"})


def located(facts: Sequence[DepositFact], lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts, those a tissue result tells without a site at the lesion that was sampled or removed before it."""
    at = {ln.line.index: i for i, ln in enumerate(lines)}
    out = []
    for fact in facts:
        place = _lesion(fact, lines, at[fact.line.index], primaries) if _of_tissue(fact) else None
        out.append(fact if place is None else fact.lying(place))
    return out


def _of_tissue(fact: DepositFact) -> bool:
    """Whether a metastasis without a site is named with its histology ("metastasis of melanoma"), not as spread at large."""
    if fact.place is not None or not fact.somewhere:
        return False
    if fact.tumor is None and not _of_lesion(fact):
        return False
    return fact.trigger.concept == "metastasis" and fact.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN)


def _of_lesion(fact: DepositFact) -> bool:
    """Whether the words before the metastasis word speak of what was told before ("it was considered a metastasis", "final diagnosis: …")."""
    head = fact.line.text[: fact.trigger.start - fact.line.sentence.start]
    return fact.line.within["spread.lesion_was"].search(head) is not None


def _lesion(fact: DepositFact, lines: Sequence[LineFacts], at: int, primaries: Sequence[Primary]) -> Place | None:
    """The place of the last lesion or operation before a result, if tissue was taken by then and no primary lies there."""
    sampled = any(m.concept in SAMPLES for m in fact.line.of("tissue"))
    tested = taken = _of_lesion(fact)
    for ln in [lines[at], *reversed(lines[:at])]:
        far = fact.line.index - ln.line.index
        if far > _REACH or ln.line.section is not fact.line.section or any(m.concept == "benign" for m in ln.line.of("behavior")):
            return None
        tested = tested or _before(ln, fact, "tissue")
        taken = taken or tested or _before(ln, fact, "treatment")
        found = (list(lumps_of(ln)) or swollen_nodes(ln)) if taken and ln.line is not fact.line else _sampled_here(ln, fact)
        if (tested or ln.line is fact.line) and not sampled and far <= _SPECIMEN_REACH:
            found += [p for p in _taken(ln) if p.end <= fact.trigger.start]
        if found:
            place = max(found, key=lambda p: p.end)
            foreign = any(p.certain and names(p, fact) and not same_organ(p.site, place.site) for p in primaries)
            here = [p for p in primaries if same_organ(p.site, place.site)]
            home = any((p.certain and not first_reading(p, fact)) or not foreign for p in here)
            return None if home or place.site in _NO_ORGAN else place
        if ln.line is not fact.line and any(d.assertion is Assertion.PRESENT and d.site != "unspecified" for d in ln.deposits):
            return None
    return None


def _sampled_here(ln: LineFacts, fact: DepositFact) -> list[Place]:
    """The places of the lumps in the sentence of a result from which tissue was taken before it ("a nodule in the breast; core biopsy: …")."""
    if ln.line is not fact.line:
        return []
    tests = [m for m in ln.line.of("tissue", "treatment") if m.current and m.end <= fact.trigger.start and _takes_tissue(m)]
    return [p for p in lumps_of(ln) if any(p.end <= m.start for m in tests)]


def _takes_tissue(mention: Mention) -> bool:
    """Whether a sample or an operation is told, or what was seen in one."""
    return mention.category == "tissue" or mention.attrs.get("effect") == "surgery"


def _before(ln: LineFacts, fact: DepositFact, category: str) -> bool:
    return any(m.current and m.start < fact.trigger.start for m in ln.line.of(category))


def lumps_of(ln: LineFacts) -> Iterator[Place]:
    """The places of the lumps that a sentence tells of, or of the tumors it only supposes, and those that tissue was taken from."""
    for tumor in ln.tumors:
        lump = tumor.mention.weak and (tumor.assertion in HELD or _reason(tumor))
        if (lump or _supposed(tumor)) and tumor.place is not None:
            inside = [p for p in ln.places if p.start > tumor.mention.end and _INSIDE.fullmatch(_between(ln, tumor.mention, p))]
            yield inside[0] if inside else tumor.place
    yield from _imaged(ln)
    yield from _changed(ln)
    sampled = [m for m in ln.line.of("tissue") if m.current]
    for place in ln.places:
        if not place.test and any(0 <= place.start - m.end <= _BESIDE for m in sampled):
            yield place


_OF = re.compile(r"\s*(?:of\s)?(?:the\s)?\s*", re.IGNORECASE)


def _changed(ln: LineFacts) -> Iterator[Place]:
    """The places of which a sentence tells a change that no lump is ("induration of the penis", "an ulcer of the lip")."""
    at = ln.line.sentence.start
    for place in ln.places:
        before, behind = ln.line.text[max(0, place.start - at - 40) : place.start - at], ln.line.text[place.end - at :]
        changed = ln.line.within["spread.change_of"].search(before) or ln.line.within["spread.changed"].match(behind)
        if changed and not place.test and not place.region and place.assertion is Assertion.PRESENT:
            yield place


def _imaged(ln: LineFacts) -> list[Place]:
    """The one organ that a sentence names, as what was imaged, before the lump seen there ("MRI of the liver showed three lesions")."""
    lumps = [t.mention for t in ln.tumors if t.mention.weak and t.place is None and t.assertion is Assertion.PRESENT]
    named = [p for p in ln.places if lumps and p.end <= lumps[-1].start]
    if len({p.site for p in named}) != 1:
        return []
    at = ln.line.sentence.start
    scans = [
        p for p in named for m in ln.line.of("imaging")
        if _OF.fullmatch(ln.line.text, min(p.end, m.end) - at, max(p.start, m.start) - at)
    ]  # fmt: skip
    return scans[:1]


def _reason(tumor: TumorFact) -> bool:
    """Whether a lump is what the patient was sent for ("referred for a liver mass")."""
    return tumor.assertion is Assertion.HYPOTHETICAL and all(_SENT.match(c.text) for c in tumor.mention.cues)


_SENT = re.compile(r"(?:(?:was|is|been|being)\s)?(?:referred|sent|seen|admitted|transferred)\b", re.IGNORECASE)


_SUPPOSED = frozenset(
    f"context.possible.{name}"
    for name in "thought thought_first thought_of taken_for working_label clinical_label hypothesis hypotheses evoked between".split()
)
"""Cues of a first guess, which the tissue then answers; what a report calls most consistent is no guess."""


def _supposed(tumor: TumorFact) -> bool:
    """Whether a tumor was only a first guess ("initially a pancreatic carcinoma was supposed")."""
    return tumor.assertion is Assertion.UNCERTAIN and any(c.rule in _SUPPOSED for c in tumor.mention.cues)


_INSIDE = re.compile(r"[^.;:]{0,30}\b(?:in|of|within|at|on|inside)\s(?:the\s)?(?:[\w-]+\s){0,3}", re.IGNORECASE)
"""What stands between a lump and the place it lies in ("a mass of 5 cm in the head of the pancreas")."""


def _between(ln: LineFacts, mention: Mention, place: Place) -> str:
    return ln.line.text[mention.end - ln.line.sentence.start : place.start - ln.line.sentence.start]


_BESIDE = 24
"""How far behind a biopsy the place stands that it was taken from."""


_ELSEWHEN = re.compile(r"\W{0,3}(?:for|in|at|(?:19|20)\d\d|years?)\b")
"""What follows an operation of long ago, or one whose reason is told."""


def _taken(ln: LineFacts) -> Iterator[Place]:
    """The organs that operations of a sentence took; a spleen goes with the organ beside it."""
    words = ln.line.of("treatment")
    alone = sum(m.attrs.get("effect") == "surgery" for m in words) == 1
    for word in words:
        organ = word.attrs.get("removes", "any")
        after = ln.line.text[word.end - ln.line.sentence.start :]
        if (
            word.assertion is Assertion.PRESENT
            and organ not in _NO_ORGAN
            and not _ELSEWHEN.match(after)
            and (alone or organ != "spleen")
        ):
            yield Place(
                site=organ, subsite=None, side=_side(ln, word), start=word.start, end=word.end, mentions=(word,),
            )  # fmt: skip


def _side(ln: LineFacts, word: Mention) -> str | None:
    own = ln.line.word(word).partition(" ")[0]
    sides = [own] if own in ("left", "right") else [s.concept for s in ln.line.of("side") if 0 <= word.start - s.end <= _BESIDE]
    return sides[-1] if sides else None
