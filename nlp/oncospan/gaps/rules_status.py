"""Gaps of certainty and status: how a metastasis is known, how sure it is, whether disease is current."""

from __future__ import annotations

from oncospan.gaps.doubts import open_doubt, settled
from oncospan.gaps.query import quoted
from oncospan.gaps.rules_site import g01
from oncospan.gaps.view import (
    ABSENT,
    ASSESSED,
    HISTORY,
    NAMELESS,
    PRESENT,
    REPORTERS,
    UNCERTAIN,
    GapHit,
    GapView,
    drains,
    likely_origins,
    may_spread,
    removed_organ,
    reported_only,
    same_sentence,
    spans,
    trusted,
    words,
)
from oncospan.types import Assertion, Finding, Kind

_LAST_WORDS = 450
"""The characters at the end of a note that count as what it arrives at; a short note is all end."""

_PAST = frozenset({"past_medical_history", "past_surgical_history"})

_BESIDE = 40
"""The characters around an operation in which its day may stand."""

_BEHIND = 90
"""The characters behind a metastasis in which its own support may stand."""


def g08(view: GapView) -> tuple[GapHit, ...]:
    """Current metastases that no imaging, tissue or operative finding of the note supports."""
    found = tuple(m for m in trusted(view.metastases(PRESENT)) if not reported_only(view, m))
    tests = view.case.of_kind(Kind.CONFIRMATION, PRESENT, HISTORY)
    ids = {m.id for m in found}
    if (
        not found
        or (
            view.case.author_role in REPORTERS and view.sited(PRESENT)
        )  # the report on a study or a specimen is itself the support
        or any(t.of in (None, "metastasis") or t.concept == "autopsy" or ids & set(t.supports) for t in tests)
        or _seen_at_operation(view, found)
        or any(
            _studied(view, e.start) or _shown_behind(view, e.end) or _sentinel(view, e.text) for m in found for e in m.evidence
        )
    ):
        return ()
    return (view.hit("G08", found, against=spans(view.metastases(ABSENT, UNCERTAIN), cues=True)),)


def _shown_behind(view: GapView, at: int) -> bool:
    """Whether the words right behind a metastasis name the study that shows it."""
    return view.signals["gap.support.behind"].search(view.note.text[at : at + _BEHIND]) is not None


def _sentinel(view: GapView, words_of: str) -> bool:
    """Whether the words of a metastasis name a sentinel node: it was taken out to be looked at."""
    return view.signals["gap.support.sentinel"].search(words_of) is not None


def _seen_at_operation(view: GapView, found: tuple[Finding, ...]) -> bool:
    """Whether an operation showed a metastasis: an exploration told in its sentence, or the removal of it or its organ."""
    done = view.case.of_kind(Kind.TREATMENT, PRESENT, HISTORY)
    for t in done:
        if "exploration" in t.flags and any(same_sentence(view, a, b) for a in t.evidence for m in found for b in m.evidence):
            return True
        if "surgery" in t.flags and "planned" not in t.flags:
            organ = removed_organ(view, t)
            if organ == "metastasis" or any(
                m.concept == organ or (organ == "lymph_node" and m.concept.startswith(organ)) for m in found
            ):
                return True
    return False


def g09(view: GapView) -> tuple[GapHit, ...]:
    """A metastasis or a primary the note knows only in uncertain words, one question a site."""
    origin_open = bool(g01(view))
    every = [
        *(
            m
            for m in _credible(view, view.metastases(UNCERTAIN))
            if not settled(view, m, view.metastases(PRESENT, HISTORY, ABSENT))
        ),
        *(
            p
            for p in trusted(view.primaries(UNCERTAIN))
            if not settled(view, p, view.primaries(PRESENT, HISTORY, ABSENT)) and _stands_at_the_end(view, p)
            if not origin_open  # where known disease began is asked by G01, with the doubts as what stands against
        ),
    ]
    by_site: dict[tuple[Kind, str], list[Finding]] = {}
    for f in (f for f in every if not reported_only(view, f) and open_doubt(view, f)):
        by_site.setdefault((f.kind, f.concept), []).append(f)
    return tuple(_uncertain_hit(view, tuple(found)) for found in by_site.values())


def _credible(view: GapView, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The trusted findings, and those whose own sentence opens with the name of a study though no heading does."""
    return tuple(f for f in found if trusted((f,)) or any(_studied(view, e.start) for e in f.evidence))


def _studied(view: GapView, at: int) -> bool:
    return view.signals["gap.support.study"].search(view.note.text, max(0, at - _LAST_WORDS), at) is not None


def _stands_at_the_end(view: GapView, p: Finding) -> bool:
    """Whether the doubt is where the note arrives: in a diagnosis or assessment, or near its end; a work-up starts with doubts."""
    last = p.evidence[-1]
    return last.section in ASSESSED or last.end > len(view.note.text) - _LAST_WORDS


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
    if _told(view, p):
        return False
    cue = "history_cue" in p.flags
    active = p.flags & {"treated", "planned", "recurrent", "in_place"}
    if active:
        return cue and not _only_filed(p) and not _treated_then(view, p)  # "history of" beside therapy or disease
    if "disease_free" in p.flags or view.case.author_role in REPORTERS:
        return False
    if p.concept in NAMELESS and p.assertion is HISTORY and not view.named(PRESENT, HISTORY):
        return False  # G27 asks which tumor it was
    followed = _followed(view, p)
    deposits = any(not (followed and drains(p, m)) for m in view.deposits_of(p, PRESENT))
    resected = "resected" in p.flags
    if deposits and resected:
        return False  # removed earlier, metastases current: history by convention; G15 asks about the site
    if cue or (p.assertion is HISTORY and not resected):
        return not _long_ago(view, p)
    if not resected or deposits:
        return False
    return followed or not (
        _reported_here(view) or _just_operated(view) or view.signals["gap.status.episode"].search(view.note.note_type or "")
    )


def _just_operated(view: GapView) -> bool:
    """Whether an operation of the note was done days or a few weeks ago: then it is this episode and disease is current."""
    done = (t for t in view.case.of_kind(Kind.TREATMENT, PRESENT, HISTORY) if "surgery" in t.flags)
    text, now = view.note.text, view.signals["gap.status.just_done"]
    return any(now.search(text, max(0, e.start - _BESIDE), e.end + _BESIDE) for t in done for e in t.evidence)


def _told(view: GapView, p: Finding) -> bool:
    """Whether the status is no question: new, observed, over with its treatment complete, or of a skin cancer that stays."""
    text, signs = view.note.text, view.signals
    if not may_spread(p) or _skin_excised(p):
        return True
    if any(signs["gap.status.observed"].search(text[e.end : e.end + 80]) for e in p.evidence):
        return True
    if p.assertion is PRESENT and any(signs["gap.status.new"].search(text[max(0, e.start - 80) : e.start]) for e in p.evidence):
        return True
    if p.concept == "prostate" and "resected" in p.flags and signs["gap.status.marker_gone"].search(text):
        return not p.flags & {"recurrent", "treated"}
    free = "disease_free" in p.flags or any(s.concept == "ned" for s in view.case.of_kind(Kind.STATUS, PRESENT))
    return p.assertion is HISTORY and "completed" in p.flags and free and not p.flags & {"recurrent", "in_place"}


def _skin_excised(p: Finding) -> bool:
    """Whether a carcinoma of the skin was cut out once: that ends all but a few, and nobody follows them up as cancers."""
    former = p.assertion is HISTORY and "resected" in p.flags
    return former and p.concept == "skin" and p.family == "other" and p.variant == "squamous_cell_carcinoma"


def _only_filed(p: Finding) -> bool:
    """Whether a tumor under treatment stands under a heading of past illness, and no word of its own puts it into the past.

    A hormone given for years leaves the question open all the same.
    """
    return not p.cues and "endocrine" not in p.flags and all(e.section in _PAST for e in p.evidence)


def _treated_then(view: GapView, p: Finding) -> bool:
    """Whether all that treats a tumor said to be gone is radiation told among the past illnesses ("treated with radiation, no recurrence")."""
    if p.assertion is not HISTORY or "disease_free" not in p.flags or p.flags & {"planned", "recurrent", "in_place", "endocrine"}:
        return False
    given = [t for t in view.case.of_kind(Kind.TREATMENT) if _under_way(t) and "surgery" not in t.flags]
    return all("radiation" in t.flags and all(e.section in _PAST for e in t.evidence) for t in given)


def _long_ago(view: GapView, p: Finding) -> bool:
    """Whether the words put the disease into a far past: that is a status too."""
    return any(view.signals["gap.status.remote"].search(view.note.text, max(0, e.start - 40), e.end + 40) for e in p.evidence)


def _followed(view: GapView, p: Finding) -> bool:
    """Whether the note goes on to tell of the time after the treatment."""
    return (
        "followed" in p.flags
        or view.signals["gap.status.followed"].search(view.note.text, max(0, len(view.note.text) - _LAST_WORDS)) is not None
    )


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


def _may_ask(view: GapView, p: Finding, m: Finding) -> bool:
    """Whether a deposit that may be another primary's, or a node removed along with this one, is left out."""
    known = view.named(PRESENT, HISTORY)
    return may_spread(p, known) and p in likely_origins(view, m, known) and not (drains(p, m) and p.assertion is PRESENT)


def g15(view: GapView) -> tuple[GapHit, ...]:
    """Current metastases, and a removed primary of whose site nothing is said."""
    if view.case.author_role in REPORTERS or _reported_here(view):
        return ()
    hits = []
    for p in view.named(PRESENT, HISTORY):
        deposits = tuple(m for m in view.deposits_of(p, PRESENT) if _may_ask(view, p, m))
        told = p.flags & {"disease_free", "in_place", "recurrent", "planned"}
        told |= p.flags & {"treated"} if p.assertion is PRESENT else frozenset()  # the drug may treat the deposits only
        if deposits and "resected" in p.flags and not told:
            hits.append(
                GapHit(
                    gap="G15",
                    evidence=spans((p, *deposits), cues=True),
                    codes=view.codes_of(p, *deposits),
                    quotes={"phrase": words((p,)), "other_phrase": words(deposits[:2])},
                )
            )
    return tuple(hits) if hits and not _bed_told(view) else ()


def _bed_told(view: GapView) -> bool:
    """Whether the note says that no disease is left, or what stands where the primary was."""
    gone = any(s.concept == "ned" for s in view.case.of_kind(Kind.STATUS, PRESENT))
    return gone or view.signals["gap.status.bed"].search(view.note.text) is not None
