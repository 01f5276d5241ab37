"""Whose a treatment or status word is: the primary it speaks of, where a note names several tumors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncospan.pipeline.course.events import Event, only_relieves, timed
from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.text.years import years
from oncospan.pipeline.tumors.once_there import stays_free
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.pipeline.tumors.primary import Primary, told_as_past
from oncospan.sites import remote, same_organ, taken_with
from oncospan.types import Assertion

DRUG = frozenset({"systemic", "ssa", "prrt", "endocrine", "radiation", "locoregional"})
"""What a treatment that is no operation does."""

_NOBODY = -1
"""The owner of a tumor word that speaks of none of the primaries: a benign tumor, a lymphoma, a cancer that was ruled out."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A tumor word of a sentence, and the number of the primary it names."""

    start: int
    end: int
    owner: int
    benign: bool = False


def events_of(lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[list[Event]]:
    """For each primary, the treatment and status words of the note that speak of it, in order."""
    out: list[list[Event]] = [[] for _ in primaries]
    if not primaries:
        return out
    told = _told(primaries)
    unknown = any(
        m.concept == "unknown_primary" and m.assertion is Assertion.PRESENT for ln in lines for m in ln.line.of("status")
    )
    field = _field(lines)
    for at, facts in enumerate(lines):
        words = [*facts.line.of("treatment", "status"), *_gone(facts)]
        if not words:
            continue
        named = _named(facts, told.get(facts.line.index, ()), primaries)
        for word in words:
            event = timed(Event(word.start, facts.line, word))
            if not only_relieves(event) and (named or not _of_sample_elsewhere(event, lines, at, primaries)):
                for i in _owners(event, named, primaries):
                    if field and not named and _of_field(event) and not any(lies_in(primaries[i].site, s) for s in field):
                        continue  # the operation of the note is on another organ
                    if not (unknown and not named and _of_now(event) and former(primaries[i])):
                        out[i].append(event)
    return out


_TISSUE_REACH = 2
"""How many sentences before what a sample holds the organ stands that it was taken of."""


def _of_sample_elsewhere(event: Event, lines: Sequence[LineFacts], at: int, primaries: Sequence[Primary]) -> bool:
    """Whether the word only says that a sample of an organ where no primary lies holds no tumor ("craniotomy: necrosis, no viable tumor")."""
    word = event.line.word(event.mention)
    if event.mention.concept not in ("ned", "residual") or event.line.within["course.in_tissue"].search(word) is None:
        return False
    for facts in reversed(lines[max(0, at - _TISSUE_REACH) : at + 1]):
        organs = {p.site for p in facts.places if p.end <= event.at}
        organs |= {m.attrs["removes"] for m in facts.line.of("treatment") if m.attrs.get("removes") and m.start < event.at}
        organs -= {"any", "metastasis"}
        if organs:
            return not any(lies_in(p.site, o) or taken_with(o, p.site) for p in primaries for o in organs)
    return False


def _field(lines: Sequence[LineFacts]) -> set[str]:
    """The organs that the operations listed by a note are on."""
    listed = [ln for ln in lines if ln.line.section is not None and ln.line.section.name == "procedure"]
    cut = [(ln, m) for ln in listed for m in ln.line.of("treatment") if m.attrs.get("effect") == "surgery"]
    organs = {m.attrs["removes"] for _, m in cut if m.attrs.get("removes") not in (None, "any", "metastasis")}
    return organs | {p.site for ln, _ in cut for p in ln.places if not p.node and not p.test}


_TELLS_IT = frozenset({"procedure", "procedure_description"})
"""Sections that tell the operation itself."""


def _of_field(event: Event) -> bool:
    """Whether the word says that something was taken out where the operation is, or that nothing was left there."""
    word = event.mention
    if event.line.section is None or event.line.section.name not in _TELLS_IT:
        return False
    if word.attrs.get("effect") == "surgery":
        return word.attrs.get("removes") in (None, "any") and "history" not in event.line.flags
    return word.concept == "ned" or (word.concept == "residual" and word.assertion is Assertion.ABSENT)


_LUMPS = frozenset({"mass", "lesion", "nodule", "growth"})
"""Words for what is seen: that it is seen no more does not say that no tumor is left."""


def _gone(facts: LineFacts) -> list[Mention]:
    """The tumor words that are said to be gone ("complete resolution of the tumor"), as words of freedom from disease."""
    told = (f for f in facts.tumors if f.assertion is Assertion.HISTORY and f.mention.concept not in _LUMPS and not f.metastatic)
    gone = [f.mention for f in told if any(c.rule.startswith("context.history.reso") for c in f.mention.cues)]
    free = [f.mention for f in facts.tumors if f.assertion is Assertion.ABSENT and not f.mention.weak and stays_free(f)]
    return [replace(m, category="status", concept="ned", attrs={}, assertion=Assertion.HISTORY) for m in (*gone, *free)]


def _told(primaries: Sequence[Primary]) -> dict[int, list[_Named]]:
    """The tumor words of the primaries, by sentence."""
    out: dict[int, list[_Named]] = {}
    for i, primary in enumerate(primaries):
        for f in (*primary.facts, *primary.located):
            out.setdefault(f.line.index, []).append(_Named(f.start, f.mention.end, i))
    return out


def _named(facts: LineFacts, told: Sequence[_Named], primaries: Sequence[Primary]) -> list[_Named]:
    """The tumor words of a sentence in order, also those it denies ("no melanoma recurrence") and the benign ones."""
    out = list(told)
    seen = {n.start for n in told}
    for fact in facts.tumors:
        if fact.start in seen or fact.mention.weak or fact.assertion in (Assertion.FAMILY, Assertion.HYPOTHETICAL):
            continue
        site = site_of(fact)[0]
        if site is not None:
            owner = next((i for i, p in enumerate(primaries) if same_organ(p.site, site)), _NOBODY)
            out.append(_Named(fact.start, fact.mention.end, owner))
    out += [
        _Named(m.start, m.end, _NOBODY, m.concept == "benign_tumor") for m in facts.line.of("tumor")
        if m.concept == "benign_tumor" or m.attrs.get("family") == "hematologic"
    ]  # fmt: skip
    return sorted(out, key=lambda n: n.start)


def _owners(event: Event, named: Sequence[_Named], primaries: Sequence[Primary]) -> Sequence[int]:
    """The primaries a word speaks of: of the organ it names, of its sentence, the only one, or the one named last."""
    word = event.mention
    surgery = word.attrs.get("effect") == "surgery"
    removes = word.attrs.get("removes")
    certain = [i for i, p in enumerate(primaries) if p.certain]
    if removes and removes != "any":
        return _of_organ(event, removes, named, primaries, certain)
    organ = None if word.category == "treatment" else word.attrs.get("site") or organ_beside(event)
    if organ is not None:
        return [i for i in certain if lies_in(primaries[i].site, organ)]
    if word.concept in _LEFT and (_of_deposit(event, named) or _only_there(event) or (not named and _of_another(event))):
        return ()
    here = [n for n in named if surgery or not n.benign]
    object_ = next((n for n in here if linked(event, n.start)), None)
    if object_ is not None and (object_.owner == _NOBODY or surgery or word.category == "status"):
        return [object_.owner] if object_.owner != _NOBODY else ()
    here = [n for n in here if not n.benign]
    if here and word.category == "treatment" and _came_later(event, here[0]):
        return ()
    if surgery:
        here = [n for n in here if n.owner != _NOBODY and not _elsewhere(event, n.owner, named, primaries)]
        certain = [i for i in certain if not _elsewhere(event, i, named, primaries)]
    if here:
        before = [n for n in here if n.start <= event.at]
        owner = (before[-1] if before else here[0]).owner
        return [owner] if owner != _NOBODY else ()
    if sum(p.certain for p in primaries) == 1:
        drug = word.attrs.get("effect") in DRUG
        return [i for i in certain if not (drug and _after_other_side(event, primaries[i]))]
    if word.concept == "ned" and event.line.says("course.nowhere"):
        return certain
    if word.attrs.get("effect") in DRUG:
        live = [i for i in certain if not former(primaries[i])]
        return live if len(live) == 1 and "history" not in event.line.flags else ()
    if word.concept == "progression" and _grows_elsewhere(event, primaries, certain):
        return ()
    last = _last_named(event, primaries, _at_large(event, primaries, certain))
    return [last] if not surgery or not _elsewhere(event, last, named, primaries) else ()


def _grows_elsewhere(event: Event, primaries: Sequence[Primary], certain: Sequence[int]) -> bool:
    """Whether disease is told to grow in an organ where none of the tumors began ("progression in the liver"): it is of their deposits."""
    organs = [m.concept for m in event.line.of("site") if _plain(m) and linked(event, m.start)]
    return bool(organs) and not any(lies_in(primaries[i].site, organs[0]) for i in certain)


_BEDS = {
    "mediastinum": frozenset({"thymus"}),
    "vagina": frozenset({"uterus", "cervix"}),
    "retroperitoneum": frozenset({"adrenal"}),
    "soft_tissue": frozenset({"breast"}),
}
"""Regions in which a tumor of an organ that was removed comes back."""


def lies_in(site: str, organ: str) -> bool:
    """Whether disease said to be left or back in an organ or region is of a tumor of that site ("relapse in the mediastinum": the thymus)."""
    return same_organ(site, organ) or site in _BEDS.get(organ, ())


def _of_now(event: Event) -> bool:
    """Whether a treatment is told outside the history: with an unknown primary it is of that, not of a former tumor."""
    return event.mention.category == "treatment" and "history" not in event.line.flags


def former(primary: Primary) -> bool:
    """Whether every word of the primary tells it as past: by its cue, or in a section of former illnesses."""
    return all(map(told_as_past, primary.strong))


def _of_organ(
    event: Event, removes: str, named: Sequence[_Named], primaries: Sequence[Primary], certain: Sequence[int]
) -> Sequence[int]:
    """The primaries of the organ an operation removes; of several the one of its side, then the one of its sentence."""
    mine = [i for i in certain if taken_with(removes, primaries[i].site)]
    side = _side(event)
    mine = [i for i in mine if not _across(side, primaries[i])]
    if len(mine) > 1:
        before = [n.owner for n in named if n.owner in mine and n.start <= event.at]
        return before[-1:] or mine
    return mine


def _across(side: str | None, primary: Primary) -> bool:
    """Whether a side is not the one that the primary lies on."""
    return side in _OTHER and primary.side == _OTHER[side]


_OTHER = {"left": "right", "right": "left"}


def _after_other_side(event: Event, primary: Primary) -> bool:
    """Whether a drug is told behind an operation on the other side of the primary's organ ("left lumpectomy 2011, tamoxifen")."""
    before = [m for m in event.line.of("treatment") if m.attrs.get("effect") == "surgery" and m.end <= event.at]
    return any(
        taken_with(m.attrs.get("removes", ""), primary.site) and _across(_side(replace(event, at=m.start, mention=m)), primary)
        for m in before
    )


def _side(event: Event) -> str | None:
    """The side of an operation: in its words, or just before them."""
    word = event.line.word(event.mention)
    if word.startswith(("left ", "right ")):
        return word.split()[0]
    near = [s.concept for s in event.line.of("side") if 0 <= event.at - s.end <= 3]
    return near[-1] if near else None


_DATED = 60
"""How far behind a tumor word its year may stand."""


def _came_later(event: Event, first: _Named) -> bool:
    """Whether the sentence tells the tumor as found in another year than the treatment before it ("irradiated in 1998, he developed … in 2020")."""
    if first.start < event.mention.end:
        return False
    at, text = event.line.sentence.start, event.line.text
    between = text[event.mention.end - at : first.start - at]
    found = event.line.within["course.came_later"].search(between)
    if found is None:
        return False
    then, now = years(between[: found.start()]), years(text[first.end - at : first.end - at + _DATED])
    return bool(now) and not set(now) <= set(then)


_GROWING = frozenset({"progression", "recurrence", "residual"})
"""Status words that say that disease is there."""


def _at_large(event: Event, primaries: Sequence[Primary], certain: Sequence[int]) -> Sequence[int]:
    """The primaries that disease told as current without its tumor may be of: no former one where there is another."""
    if event.mention.concept not in _GROWING or not event.mention.current or "history" in event.line.flags:
        return range(len(primaries))
    return [i for i in certain if not former(primaries[i])] or range(len(primaries))


def _last_named(event: Event, primaries: Sequence[Primary], among: Sequence[int]) -> int:
    before = [(max((f.start for f in primaries[i].facts if f.start <= event.at), default=-1), i) for i in among]
    return max(before)[1]


_LINK = re.compile(
    r"\s+(?:(?:of|for|from|in|at)\s+)?(?:(?!(?:and|or|with|but|before|after|on|is|are|was|were|has|showed|showing|revealed)\b)[\w/-]+\s+){0,4}",
    re.IGNORECASE,
)


def linked(event: Event, start: int) -> bool:
    """Whether what starts there is the object of the word: "recurrence of the …", "resected left frontal …"."""
    at = event.line.sentence.start
    gap = event.line.text[event.mention.end - at : start - at]
    return start >= event.mention.end and len(gap) <= 40 and _LINK.fullmatch(gap) is not None


_LEFT = frozenset({"ned", "recurrence", "residual", "in_place"})
"""Status words that say whether disease is left or back."""


def _of_deposit(event: Event, named: Sequence[_Named]) -> bool:
    """Whether the word says of a metastasis that it is gone or back: "bone metastasis: complete response"."""
    deposits = [m for m in event.line.of("metastasis") if m.current and not event.at <= m.start < event.mention.end]
    if any(linked(event, m.start) for m in deposits):
        return True
    told = event.mention.concept == "ned" or any(m.end <= event.at for m in deposits)
    return told and bool(deposits) and not named and not event.line.within["course.at_all"].search(event.line.word(event.mention))


_CURED_OF = re.compile(r"\s+(?:of|from)\s+(?!(?:it|this|that|them|both|the|his|her)\b)", re.IGNORECASE)


def _of_another(event: Event) -> bool:
    """Whether a patient was cured of something that is named and is none of the tumors ("cured of a lymphoma")."""
    at = event.mention.end - event.line.sentence.start
    return event.line.word(event.mention) == "cured" and _CURED_OF.match(event.line.text, at) is not None


def _only_there(event: Event) -> bool:
    """Whether the tumor is said to be back only where it spread to ("liver-only recurrence of her rectal tumor")."""
    before = event.line.text[: event.at - event.line.sentence.start]
    return event.mention.concept == "recurrence" and event.line.within["course.only_there"].search(before) is not None


def organ_beside(event: Event) -> str | None:
    """The organ of which a word says that disease is left or back there ("hepatic recurrence", "recurrence in the adrenal bed")."""
    if event.mention.concept not in _LEFT:
        return None
    sites = [m for m in event.line.of("site") if _plain(m)]
    behind = next((m.concept for m in sites if m.start >= event.mention.end and linked(event, m.start)), None)
    left = event.line.within["course.left_there"]
    before = [m.concept for m in sites if m.end <= event.at <= m.end + 32 and left.match(event.line.between(m, event.mention))]
    return behind if behind is not None and before[:1] == ["soft_tissue"] else next(iter(before), behind)


def _plain(site: Mention) -> bool:
    """Whether a site word names an organ, no node group nor a word that only looks like an organ."""
    return site.attrs.get("flag") is None and not site.concept.startswith("lymph_node")


def _elsewhere(event: Event, owner: int, named: Sequence[_Named], primaries: Sequence[Primary]) -> bool:
    """Whether a removal without an organ of its own is of another organ ("resection of the lung"), or its sentence about others only."""
    others = [m for m in event.line.of("treatment") if m is not event.mention and m.attrs.get("effect") == "surgery"]
    sites = [m for m in event.line.of("site") if _plain(m) and not any(_was_taken(event.line, o, m) for o in others)]
    object_ = next((m.concept for m in sites if linked(event, m.start) or _was_taken(event.line, event.mention, m)), None)
    cut = event.mention.attrs.get("cancer")
    if cut is not None and remote(cut, primaries[owner].site):
        return True
    if object_ is not None and object_ not in _ROUGH:
        return not lies_in(primaries[owner].site, object_)
    if not sites or any(n.owner == owner for n in named):
        return False
    return not any(lies_in(primaries[owner].site, m.concept) for m in sites)


def _was_taken(line: Line, operation: Mention, site: Mention) -> bool:
    """Whether the operation stands right behind an organ or its lump ("lung nodule was resected")."""
    behind = site.end <= operation.start
    return behind and line.within["site.sample_behind"].fullmatch(line.between(site, operation)) is not None


_ROUGH = frozenset({"soft_tissue", "skin", "peritoneum", "head_neck", "bone"})
"""Sites that words for a tumor of another organ name as well: "resection of a scalp melanoma", "of the jaw"."""
