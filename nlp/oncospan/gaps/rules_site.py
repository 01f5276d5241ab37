"""Gaps of place: where the tumor began, where it went, on which side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncospan.gaps.sides import part_left_open, side_left_open, sides_told
from oncospan.gaps.view import (
    ABSENT,
    HISTORY,
    NAMELESS,
    NEUROENDOCRINE,
    PRESENT,
    REPORTERS,
    UNCERTAIN,
    GapHit,
    GapView,
    may_spread,
    spans,
    trusted,
    words,
)
from oncospan.types import AuthorRole, Kind

if TYPE_CHECKING:
    from oncospan.types import CodeProposal, Finding


_BEHIND = 3
"""The most characters between a tumor and the words on its primary."""


def g01(view: GapView) -> tuple[GapHit, ...]:
    """Current metastases, or a malignant neuroendocrine tumor, whose primary is neither named nor stated unknown."""
    if any(p.concept == "unknown_primary" for p in view.primaries(PRESENT, HISTORY)):
        return ()
    nowhere = tuple(p for p in trusted(view.primaries(PRESENT)) if p.concept == "unspecified" and _malignant_net(p))
    orphans = tuple(
        m for m in trusted(view.metastases(PRESENT)) if not any(_may_be_origin(p, m) for p in view.named(PRESENT, HISTORY))
    )
    if not orphans and (not nowhere or view.named(PRESENT, HISTORY)):
        return ()
    found = (*orphans, *nowhere)
    return (view.hit("G01", found, against=spans(view.primaries(UNCERTAIN), cues=True)),)


def _malignant_net(p: Finding) -> bool:
    stated = p.behavior == "malignant" or "malignant_stated" in p.flags
    return p.family in {"nec", "nec_poorly_differentiated"} or (p.family in NEUROENDOCRINE and stated)


def _may_be_origin(primary: Finding, metastasis: Finding) -> bool:
    """Whether the primary can be where the deposit came from: not a former cancer of another kind than a neuroendocrine deposit."""
    apart = primary.family == "other" and (primary.assertion is HISTORY or "low_trust" in primary.flags)
    if apart and metastasis.flags & {"neuroendocrine", "carcinoid_wording"}:
        return False
    return metastasis.origin in (None, primary.id)


def g02(view: GapView) -> tuple[GapHit, ...]:
    """A coded current primary whose part of the organ is left open, and is told nowhere in the note of who treats it."""
    open_ones = [p for p in view.proposals if part_left_open(p.code, view.codes) and _certain(view, p)]
    if not open_ones or view.case.author_role in REPORTERS or view.signals["gap.part.told"].search(view.note.text):
        return ()
    return tuple(_code_hit("G02", view, p) for p in open_ones)


def _certain(view: GapView, proposal: CodeProposal) -> bool:
    """Whether a code rests on more than a doubt or an indication line; what rests on no finding does."""
    found = [f for f in view.case.findings if f.id in proposal.findings]
    return not found or any(f.assertion is not UNCERTAIN for f in trusted(found))


def g04(view: GapView) -> tuple[GapHit, ...]:
    """A code of current disease whose side is left open though the code family has right and left, and given nowhere in the note."""
    return tuple(
        _code_hit("G04", view, p)
        for p in view.proposals
        if not p.code.startswith("Z") and side_left_open(p.code, view.codes) and not _side_known(view, p)
    )


def _side_known(view: GapView, proposal: CodeProposal) -> bool:
    """Whether the side is no question: given somewhere, or of a tumor that is itself in doubt."""
    found = [f for f in view.case.findings if f.id in proposal.findings]
    if not found:
        return False
    if not _certain(view, proposal):
        return True
    return all(f.side or _told(view, f) for f in found)


def _told(view: GapView, f: Finding) -> bool:
    """Whether the note gives the organ one side, or both; of a lung so much else is said that only the report on a specimen counts."""
    if f.concept == "lung" and view.case.author_role is not AuthorRole.PATHOLOGIST:
        return False
    told = sides_told(view.note.text, f.concept, view.pack)
    return told["both"] > 0 or max(told["right"], told["left"]) > 1.5 * min(told["right"], told["left"])


def _code_hit(gap: str, view: GapView, proposal: CodeProposal) -> GapHit:
    found = tuple(f for f in view.case.findings if f.id in proposal.findings)
    evidence = spans(found) or proposal.evidence
    phrase = words(found[:1]) or (proposal.evidence[0].text,)
    return GapHit(gap=gap, evidence=evidence, codes=(proposal.code,), quotes={"phrase": phrase})


def g03(view: GapView) -> tuple[GapHit, ...]:
    """Current metastases without any site, be they told by a stage alone; tissue was taken somewhere, so there nothing is asked."""
    unsited = tuple(m for m in trusted(view.metastases(PRESENT)) if m.concept == "unspecified") or _staged_only(view)
    if not unsited or view.sited(PRESENT) or any(view.case.sampled(m) for m in unsited):
        return ()
    return (view.hit("G03", unsited, against=spans(view.metastases(UNCERTAIN, ABSENT), cues=True)),)


def _staged_only(view: GapView) -> tuple[Finding, ...]:
    """A stage of distant spread beside a current tumor, where nothing else is said of metastases; a stage gives no code."""
    if view.metastases() or view.case.author_role in REPORTERS or not view.named(PRESENT):
        return ()
    text, local = view.note.text, view.signals["gap.stage.local"]
    return tuple(
        s for s in view.case.of_kind(Kind.STATUS, PRESENT)
        if s.concept == "distant_stage" and not any(local.search(text, max(0, e.start - 60), e.end + 30) for e in s.evidence)
    )  # fmt: skip


def g18(view: GapView) -> tuple[GapHit, ...]:
    """A site that may be the origin or the destination, one question a site."""
    doubtful = [
        f
        for f in trusted((*view.primaries(PRESENT, HISTORY), *view.metastases(PRESENT)))
        if "direction_ambiguous" in f.flags and f.concept not in NAMELESS and not _direction_told(view, f)
    ]
    by_site: dict[str, list[Finding]] = {}
    for f in doubtful:
        by_site.setdefault(f.concept, []).append(f)
    return tuple(
        GapHit(
            gap="G18",
            evidence=spans(found),
            against=spans(p for p in view.named(UNCERTAIN) if p.concept != site),
            codes=view.codes_of(*found),
            quotes={"phrase": words(found[:1])},
            plain={"site": view.wordings.site(site)},
            supported=frozenset({"origin", "destination"}),
        )
        for site, found in by_site.items()
    )


def _direction_told(view: GapView, doubtful: Finding) -> bool:
    """Whether a stated origin, another named primary or a deposit tied to this one tells the role of the site."""
    if doubtful.kind is Kind.METASTASIS and doubtful.origin is not None:
        return True
    other = any(p.concept != doubtful.concept and "direction_ambiguous" not in p.flags for p in view.named(PRESENT))
    return other or any(m.origin == doubtful.id and m.concept != doubtful.concept for m in view.sited(PRESENT))


def g25(view: GapView) -> tuple[GapHit, ...]:
    """An unknown primary beside a named current one that may be the origin."""
    unknown = tuple(p for p in view.primaries(PRESENT) if p.concept == "unknown_primary")
    named = tuple(p for p in trusted(view.named(PRESENT)) if may_spread(p) and not _the_same(p, unknown))
    if not unknown or not named:
        return ()
    return (
        GapHit(
            gap="G25",
            evidence=spans((*unknown, *named)),
            codes=view.codes_of(*unknown, *named),
            quotes={"phrase": words(unknown), "other_phrase": words(named)},
        ),
    )


def _the_same(p: Finding, unknown: tuple[Finding, ...]) -> bool:
    """Whether all words on a primary are those of the tumor whose primary is unknown ("adenocarcinoma of unknown primary")."""
    starts = [e.start for u in unknown for e in u.evidence]
    own = {e.text.casefold() for e in p.evidence if any(0 <= at - e.end <= _BEHIND for at in starts)}
    return all(e.text.casefold() in own for e in p.evidence)


def g26(view: GapView) -> tuple[GapHit, ...]:
    """Disseminated disease, without any site."""
    spread = tuple(m for m in trusted(view.metastases(PRESENT)) if m.concept == "unspecified" and "disseminated" in m.flags)
    if not spread or view.sited(PRESENT):
        return ()
    return (view.hit("G26", spread),)


def g27(view: GapView) -> tuple[GapHit, ...]:
    """A history of malignancy without a site."""
    former = tuple(p for p in trusted(view.primaries(HISTORY)) if p.concept == "unspecified")
    if not former or view.named(PRESENT, HISTORY):
        return ()
    return (view.hit("G27", former, cues=True),)
