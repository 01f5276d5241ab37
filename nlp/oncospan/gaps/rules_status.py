"""Gaps of certainty and status: how a metastasis is known, how sure it is, whether disease is current."""

from __future__ import annotations

from oncospan.gaps.query import quoted
from oncospan.gaps.view import (
    ABSENT,
    HISTORY,
    PRESENT,
    UNCERTAIN,
    GapHit,
    GapView,
    same_side,
    spans,
    trusted,
    words,
)
from oncospan.types import Assertion, AuthorRole, Finding, Kind

_REPORTERS = frozenset({AuthorRole.PATHOLOGIST, AuthorRole.RADIOLOGIST})
"""Their reports say what a specimen or a study shows, not whether the patient is still under treatment."""


def g08(view: GapView) -> tuple[GapHit, ...]:
    """Current metastases that no imaging, tissue or operative finding of the note supports."""
    found = trusted(view.metastases(PRESENT))
    tests = view.case.of_kind(Kind.CONFIRMATION, PRESENT, HISTORY)
    ids = {m.id for m in found}
    if not found or any(t.of in (None, "metastasis") or ids & set(t.supports) for t in tests):
        return ()
    return (
        GapHit(
            gap="G08",
            evidence=spans(found),
            against=spans(view.metastases(ABSENT, UNCERTAIN), cues=True),
            codes=view.codes_of(*found),
            quotes={"phrase": words(found)},
        ),
    )


def g09(view: GapView) -> tuple[GapHit, ...]:
    """A metastasis or a primary the note knows only in uncertain words, one question a site."""
    doubtful = [
        *(m for m in trusted(view.metastases(UNCERTAIN)) if not _settled(m, view.metastases(PRESENT, HISTORY, ABSENT))),
        *(p for p in trusted(view.primaries(UNCERTAIN)) if not _settled(p, view.primaries(PRESENT, HISTORY, ABSENT))),
    ]
    by_site: dict[tuple[Kind, str], list[Finding]] = {}
    for f in doubtful:
        by_site.setdefault((f.kind, f.concept), []).append(f)
    return tuple(_uncertain_hit(view, tuple(found)) for found in by_site.values())


def _settled(doubtful: Finding, known: tuple[Finding, ...]) -> bool:
    """Whether the note states the doubtful fact elsewhere, as present, former or ruled out; no site is settled by any site."""
    if doubtful.concept == "unspecified":
        return any(k.assertion is not ABSENT or k.concept == "unspecified" for k in known)
    return any(k.concept == doubtful.concept and same_side(k, doubtful) for k in known)


def _uncertain_hit(view: GapView, found: tuple[Finding, ...]) -> GapHit:
    one = found[0]
    what = "Metastatic disease" if one.kind is Kind.METASTASIS else "Primary tumor"
    site = "" if one.concept in {"unspecified", "unknown_primary"} else f" of {view.wordings.site(one.concept)}"
    return GapHit(
        gap="G09",
        evidence=spans(found, cues=True),
        against=spans(view.metastases(ABSENT), cues=True) if one.kind is Kind.METASTASIS else (),
        codes=tuple(dict.fromkeys((*view.codes_of(*found), *view.withheld_of(*found)))),
        quotes={"phrase": words(found)},
        plain={"diagnosis": what + site},
    )


def g14(view: GapView) -> tuple[GapHit, ...]:
    """A tumor of which the note does not say clearly whether it is current or a matter of history."""
    return tuple(_status_hit(view, p) for p in trusted(view.primaries(PRESENT, HISTORY)) if status_unclear(view, p))


def status_unclear(view: GapView, p: Finding) -> bool:
    """Whether the words on a primary leave open if disease is current (SPEC 3.6, GUIDELINES on current and history)."""
    cue = "history_cue" in p.flags
    active = p.flags & {"treated", "planned", "recurrent", "in_place"}
    if active:
        return cue  # "history of" beside therapy or disease
    if "disease_free" in p.flags or view.case.author_role in _REPORTERS:
        return False
    deposits = bool(view.deposits_of(p, PRESENT))
    resected = "resected" in p.flags
    if deposits and resected:
        return False  # removed earlier, metastases current: history by convention; G15 asks about the site
    if cue or (p.assertion is HISTORY and not resected):
        return True
    return resected and not deposits and ("followed" in p.flags or not _reported_here(view))


def _reported_here(view: GapView) -> bool:
    """Whether the note reports the specimen of the operation: then the operation is this episode and disease is current."""
    tests = view.case.of_kind(Kind.CONFIRMATION, PRESENT)
    return any(t.concept == "resection" and t.of != "metastasis" for t in tests)


def _status_hit(view: GapView, p: Finding) -> GapHit:
    directed = bool(p.flags & {"treated", "planned"})
    therapy = (t for t in view.case.of_kind(Kind.TREATMENT) if _under_way(t))
    told = tuple(therapy) if directed else ()
    free = tuple(s for s in view.case.of_kind(Kind.STATUS, PRESENT) if s.concept == "ned")
    return GapHit(
        gap="G14",
        evidence=tuple(dict.fromkeys((*spans((p,), cues=True), *spans(told)))),
        against=spans(free),
        codes=view.codes_of(p),
        quotes={"phrase": words((p,))},
        plain={"treatment": f" and {quoted(words(told), view.extra_words)}" if told else ""},
        supported=frozenset({"therapy"}) if directed else frozenset(),
    )


def _under_way(t: Finding) -> bool:
    """Whether a treatment goes on now or is planned, an operation not counted."""
    if t.assertion not in (PRESENT, Assertion.HYPOTHETICAL) or "completed" in t.flags:
        return False
    drug = t.flags & {"systemic", "ssa", "prrt", "endocrine", "radiation", "locoregional"}
    return "planned" in t.flags or (t.assertion is PRESENT and bool(drug or "current" in t.flags))


def g15(view: GapView) -> tuple[GapHit, ...]:
    """Current metastases, and a removed primary of whose site nothing is said."""
    if view.case.author_role in _REPORTERS or _reported_here(view):
        return ()
    hits = []
    for p in view.named(PRESENT, HISTORY):
        deposits = view.deposits_of(p, PRESENT)
        told = p.flags & {"disease_free", "in_place", "recurrent", "treated", "planned"}
        if deposits and "resected" in p.flags and not told:
            hits.append(
                GapHit(
                    gap="G15",
                    evidence=spans((p, *deposits), cues=True),
                    codes=view.codes_of(p, *deposits),
                    quotes={"phrase": words((p,)), "other_phrase": words(deposits[:2])},
                )
            )
    return tuple(hits)
