"""Tumors that a sample shows again, years after their operation, in a lump of another organ: "mastectomy 2012 … a mass in the liver. Biopsy: recurrence"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.swollen import swollen_nodes
from oncospan.pipeline.spread.whereabouts import lumps_of
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion

FLAG = "returned"
"""Marks a deposit that only the return of a tumor in another organ tells of."""

_REACH = 2
"""How many sentences before the sample the lump may be told."""
_NO_ORGAN = frozenset({"any", "metastasis", "head_neck", "unspecified", "other", "abdomen", "chest"})


def returned(facts: Sequence[DepositFact], lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts, with those of tumors that were operated on before a lump of another organ was found to be one of them."""
    out = list(facts)
    told = {d.line.index for d in facts}
    homes = {id(f.mention): p for p in reversed(primaries) for f in p.facts}
    only = primaries[0] if len(primaries) == 1 else None
    for at, ln in enumerate(lines):
        if ln.line.index in told:
            continue
        for tumor in ln.tumors:
            home = only if _unnamed(tumor) else homes.get(id(tumor.mention))
            sure = home is not None and _sampled(tumor, ln) and _the_same(tumor, home, ln)
            place = _lump(tumor, home, lines, at) if home is not None and sure else None
            if place is not None:
                fact = told_by(tumor, place, FLAG)
                out.append(replace(fact, assertion=Assertion.PRESENT) if _unnamed(tumor) else fact)
                break
    return sorted(out, key=lambda d: d.trigger.start)


def _unnamed(tumor: TumorFact) -> bool:
    """Whether "the primary tumor" or "the original tumor" is all that is said of what the sample showed again."""
    before = tumor.line.text[: tumor.start - tumor.line.sentence.start]
    named = tumor.mention.concept in ("origin_word", "tumor", "neoplasm") and tumor.place is None
    return named and tumor.line.within["spread.that_of_the_first"].search(f"{before}{tumor.line.word(tumor.mention)}") is not None


def _the_same(tumor: TumorFact, home: Primary, ln: LineFacts) -> bool:
    """Whether the words call the tumor the one of before, by its organ or its return, or by a name that only one organ's tumors have."""
    own = tumor.place.site if tumor.place is not None else tumor.mention.attrs.get("site", "")
    if _unnamed(tumor) or same_organ(own, home.site) or ln.line.says("spread.same_as_before") is not None:
        return True
    return tumor.mention.concept in _OWN_NAME and any(
        f.mention.concept == tumor.mention.concept and f.start < tumor.start for f in home.facts
    )


_OWN_NAME = frozenset({"melanoma", "merkel_cell_carcinoma", "renal_cell_carcinoma", "clear_cell_carcinoma", "medullary_thyroid"})


def _sampled(tumor: TumorFact, ln: LineFacts) -> bool:
    """Whether tissue, or what was removed, is said to hold the tumor, of which no other organ is named."""
    if (tumor.mention.weak and not _unnamed(tumor)) or tumor.metastatic is not None:
        return False
    if tumor.assertion not in (Assertion.PRESENT, Assertion.UNCERTAIN) and not _unnamed(tumor):
        return False
    samples = [m for m in (*ln.line.of("tissue"), *_operations(ln)) if m.current and m.end <= tumor.start]
    since = min((m.start for m in samples), default=0)
    if any(p.end > since and not p.test and not _holds(tumor, p) for p in ln.places):
        return False
    return bool(samples)


def _holds(tumor: TumorFact, place: Place) -> bool:
    """Whether a place is the one the tumor word itself names."""
    return tumor.place is not None and same_organ(place.site, tumor.place.site)


def _operations(ln: LineFacts) -> list[Mention]:
    return [m for m in ln.line.of("treatment") if m.attrs.get("effect") == "surgery"]


def _lump(tumor: TumorFact, home: Primary, lines: Sequence[LineFacts], at: int) -> Place | None:
    """The place of the lump told right before a sample, if it lies in another organ, and the tumor was operated on before it."""
    if any(same_organ(m.attrs.get("removes", "any"), home.site) for m in _operations(lines[at])):
        return None
    for i in range(at, -1, -1):
        ln = lines[i]
        if tumor.line.index - ln.line.index > _REACH or ln.line.section is not tumor.line.section or ln.deposits:
            return None
        found = [p for p in list(lumps_of(ln)) or swollen_nodes(ln, home.site) if p.end <= tumor.start and not _holds(tumor, p)]
        if found:
            place = max(found, key=lambda p: p.end)
            seated = place.site not in _NO_ORGAN and not same_organ(place.site, home.site)
            return place if seated and _operated(home, place, lines[: i + 1]) else None
    return None


def _operated(home: Primary, place: Place, lines: Sequence[LineFacts]) -> bool:
    """Whether the tumor and an operation for it are told before the lump, in one sentence or two."""
    told = [f for f in home.facts if f.start < place.start and not f.mention.weak]
    return any(
        m.current and m.end <= place.start and abs(ln.line.index - f.line.index) <= 1
        and m.attrs.get("removes", "any") in ("any", home.site, f.mention.attrs.get("site"))
        for f in told for ln in lines for m in _operations(ln)
    )  # fmt: skip
