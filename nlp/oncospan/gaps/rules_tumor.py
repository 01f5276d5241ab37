"""Gaps of the tumor itself: type, behavior, grade, hormonal activity."""

from __future__ import annotations

import itertools

from oncospan.gaps.doubts import open_doubt
from oncospan.gaps.view import (
    ABSENT,
    HISTORY,
    NEUROENDOCRINE,
    PRESENT,
    REPORTERS,
    UNCERTAIN,
    GapHit,
    GapView,
    same_side,
    spans,
    trusted,
    words,
)
from oncospan.types import Finding, Kind

CARCINOID_SITES = frozenset(
    {
        "small_intestine", "duodenum", "jejunum", "ileum", "appendix", "cecum", "ascending_colon", "transverse_colon",
        "descending_colon", "sigmoid_colon", "colon", "rectosigmoid", "rectum", "lung", "thymus", "stomach", "kidney",
        "foregut", "midgut", "hindgut",
    }
)  # fmt: skip
"""Sites with a leaf of their own under C7A.0 (SPEC 3.2)."""

_TYPED = frozenset({"carcinoid_wording", "poorly_differentiated", "nec_wording", "small_cell_wording"})
_CALLED_NEUROENDOCRINE = frozenset({"net", "nec", "nec_poorly_differentiated", "carcinoid", "mixed"})
_DIFFERENTIATED = frozenset({"well_differentiated", "poorly_differentiated", "graded"})
_CLASHES = (
    frozenset({"well_differentiated", "poorly_differentiated"}),
    frozenset({"well_differentiated", "small_cell_wording"}),
    frozenset({"carcinoid_wording", "nec_wording"}),
    frozenset({"carcinoid_wording", "poorly_differentiated"}),
    frozenset({"carcinoid_wording", "small_cell_wording"}),
)
_LOW = frozenset({"carcinoid", "net"})
_HIGH = frozenset({"nec_poorly_differentiated", "small_cell"})
_BRIEF = 250
"""The characters of a note that is but an entry of a few sentences."""

_NOT_FUNCTION = frozenset({"men"})
"""Functional kinds that say nothing of the hormonal activity of the tumor."""

_ISLET_SYNDROMES = frozenset(
    {"hyperinsulinism", "glucagonoma_syndrome", "vipoma_syndrome", "somatostatinoma_syndrome", "zollinger_ellison"}
)
"""Syndromes that name the islet type of a tumor of the pancreas or duodenum."""

_ISLET_SITES = frozenset({"pancreas", "duodenum"})

_HEART_SIGNS = frozenset({"valve", "right_heart_failure"})

_CHROMAFFIN = frozenset({"catecholamine_excess", "ectopic_acth"})
"""Syndromes whose signs count for a pheochromocytoma or paraganglioma; catecholamine signs count for no other tumor."""


def g05(view: GapView) -> tuple[GapHit, ...]:
    """A neuroendocrine tumor whose type is too open, or too contradictory, for its code family."""
    hits = [
        _type_hit(view, (p,), supported)
        for p in view.primaries(PRESENT, HISTORY)
        if (p.assertion is PRESENT or view.deposits_of(p, PRESENT, UNCERTAIN))
        and (supported := _clash(p) or _open_type(view, p) or _islet_deposits(view, p))
    ]
    hits += [
        _type_hit(view, (a, b), _offered(a) | _offered(b))
        for a, b in itertools.combinations(view.named(PRESENT), 2)
        if a.concept == b.concept and same_side(a, b) and _apart(a, b)
    ]
    return tuple(hits)


def _apart(a: Finding, b: Finding) -> bool:
    """Whether one of the two is a low-grade and the other a high-grade type."""
    return any(x.family in _LOW and y.family in _HIGH for x, y in ((a, b), (b, a)))


def _clash(p: Finding) -> frozenset[str]:
    """What to offer for a tumor described as two things at once."""
    clash = p.family in NEUROENDOCRINE - {"mixed", "adrenal_paraganglia"} and any(c <= p.flags for c in _CLASHES)
    return _offered(p) if clash else frozenset()


def _open_type(view: GapView, p: Finding) -> frozenset[str]:
    """What to offer for a plain "neuroendocrine tumor" at a site where the code depends on more than that."""
    if p.family != "net" or p.flags & _TYPED:
        return frozenset()
    graded = p.grade is not None or "well_differentiated" in p.flags
    if graded and (_graded_closes(view) or (p.concept == "pancreas" and p.grade != "G3")):
        return frozenset()
    if p.concept in _ISLET_SITES and _islet_type_told(view, p):
        return frozenset()
    if p.concept in CARCINOID_SITES:
        return _offered(p) | {"carcinoid", "well_differentiated"}
    if p.concept == "pancreas" and p.assertion is PRESENT:
        return _offered(p) | {"islet", "well_differentiated"}
    return frozenset()


def _islet_type_told(view: GapView, p: Finding) -> bool:
    """Whether the record names an islet type, on the tumor or by the syndrome it causes (SPEC 7.2)."""
    syndromes = {f.concept for f in view.case.of_kind(Kind.FUNCTIONAL, PRESENT, HISTORY)}
    return "islet_wording" in p.flags or bool(syndromes & _ISLET_SYNDROMES)


def _graded_closes(view: GapView) -> bool:
    """Whether a grade answers for the type: everywhere but in a brief entry of a treating provider, who may have left the type out."""
    return view.case.author_role in REPORTERS or view.told_case or len(view.note.text) > _BRIEF


def _islet_deposits(view: GapView, p: Finding) -> frozenset[str]:
    """What to offer for an islet cell tumor with deposits nobody called neuroendocrine."""
    if p.family != "islet_cell" or p.flags & {"net_wording", "nec_wording", "carcinoid_wording"}:
        return frozenset()
    alone = len(view.named(PRESENT, HISTORY)) == 1
    own = [m for m in view.sited(PRESENT) if m.origin == p.id or (m.origin is None and alone)]
    plain = own and not any(m.family in _CALLED_NEUROENDOCRINE or "carcinoid_wording" in m.flags for m in own)
    return frozenset({"islet_deposits"}) if plain else frozenset()


def _offered(p: Finding) -> frozenset[str]:
    """The types the words on the tumor support."""
    by_word = {
        "carcinoid_wording": "carcinoid",
        "well_differentiated": "well_differentiated",
        "poorly_differentiated": "poorly_differentiated",
        "nec_wording": "poorly_differentiated",
        "islet_wording": "islet",
        "small_cell_wording": "small_cell",
    }
    by_family = {"carcinoid": "carcinoid", "nec_poorly_differentiated": "poorly_differentiated", "mixed": "mixed",
                 "small_cell": "small_cell", "islet_cell": "islet"}  # fmt: skip
    offered = {option for flag, option in by_word.items() if flag in p.flags}
    return frozenset(offered | ({by_family[p.family]} if p.family in by_family else set()))


def _type_hit(view: GapView, found: tuple[Finding, ...], supported: frozenset[str]) -> GapHit:
    texts = tuple(dict.fromkeys(e.text for f in found for e in f.evidence))
    return GapHit(gap="G05", evidence=spans(found), codes=view.codes_of(*found), quotes={"phrase": texts}, supported=supported)


def g06(view: GapView) -> tuple[GapHit, ...]:
    """A neuroendocrine tumor called neither benign nor malignant nor uncertain, without a metastasis to tell.

    A former carcinoid or islet cell tumor is asked about too (history of a malignant or of a benign tumor), unless a metastasis is in doubt.
    """
    families = {"carcinoid", "net", "islet_cell", "adrenal_paraganglia"}
    return tuple(
        GapHit(
            gap="G06",
            evidence=spans((p,)),
            against=spans(view.metastases(ABSENT, UNCERTAIN), cues=True),
            codes=view.codes_of(p),
            quotes={"phrase": words((p,))},
        )
        for p in trusted(view.primaries(PRESENT, HISTORY))
        if p.family in families
        and p.behavior is None
        and "malignant_stated" not in p.flags
        and not view.deposits_of(p, PRESENT, HISTORY)
        and not (p.assertion is HISTORY and (p.family == "adrenal_paraganglia" or _deposit_in_doubt(view, p)))
        and not (p.family == "net" and any(m.family == "net" for m in view.metastases(PRESENT)))
    )


def _deposit_in_doubt(view: GapView, p: Finding) -> bool:
    """Whether a deposit that may be the tumor's is an open question."""
    return any(open_doubt(view, m) for m in view.deposits_of(p, UNCERTAIN))


def g07(view: GapView) -> tuple[GapHit, ...]:
    """A current neuroendocrine tumor or carcinoma, be it known by its deposits only, without differentiation, grade or proliferation index."""
    return _open_primaries(view) or _open_deposits(view)


def _open_deposits(view: GapView) -> tuple[GapHit, ...]:
    """Neuroendocrine deposits of a tumor that stands nowhere in the note."""
    found = tuple(m for m in view.metastases(PRESENT) if m.family in {"net", "nec"} and "low_trust" not in m.flags)
    told = (view.signals[s].search(view.note.text) for s in ("gap.grade.told", "gap.grade.index"))
    if not found or any(told) or any(p.family in NEUROENDOCRINE for p in view.primaries()):
        return ()
    return (view.hit("G07", found),)


def _open_primaries(view: GapView) -> tuple[GapHit, ...]:
    """One hit a primary of which none of them is told."""
    return tuple(
        view.hit("G07", (p,))
        for p in view.primaries(PRESENT, HISTORY)
        if p.family in {"net", "nec"}
        and p.grade is None
        and not p.flags & _DIFFERENTIATED
        and not _graded_elsewhere(view, p)
        and (p.assertion is PRESENT or view.deposits_of(p, PRESENT))
    )


def _graded_elsewhere(view: GapView, p: Finding) -> bool:
    """Whether a note of one neuroendocrine tumor gives a proliferation index or mitotic count away from the tumor's name."""
    others = [q for q in view.primaries(PRESENT, HISTORY) if q is not p and q.family in NEUROENDOCRINE]
    return not others and view.signals["gap.grade.index"].search(view.note.text) is not None


def g11(view: GapView) -> tuple[GapHit, ...]:
    """A coded current neuroendocrine tumor of which nothing is said about hormonal activity."""
    codes = _codes_that_ask(view)
    told = [f for f in view.case.of_kind(Kind.FUNCTIONAL, PRESENT, ABSENT, HISTORY, UNCERTAIN) if f.concept not in _NOT_FUNCTION]
    if not codes or told or g12(view):
        return ()
    asking = [p for p in view.proposals if p.code in codes]
    ids = {i for p in asking for i in p.findings}
    found = [f for f in (*view.primaries(), *view.metastases()) if f.id in ids]
    evidence = spans(found) or tuple(dict.fromkeys(e for p in asking for e in p.evidence))
    return (GapHit(gap="G11", evidence=evidence, codes=codes, quotes={"phrase": (evidence[0].text,)}),)


def _codes_that_ask(view: GapView) -> tuple[str, ...]:
    """The proposed codes that call for a functional status; poorly differentiated carcinoma and its deposits do not."""
    every = tuple(dict.fromkeys(p.code for p in view.proposals))
    tumors = view.primaries(PRESENT, HISTORY) or view.metastases(PRESENT)
    families = {f.family for f in tumors if f.family in NEUROENDOCRINE}
    poor = "C7A.1" in every or families == {"nec_poorly_differentiated"}
    return tuple(c for c in every if c.startswith(("C7A.0", "C7A.8", "C7B.0", "C25.4")) or (c.startswith("C7B.8") and not poor))


def g12(view: GapView) -> tuple[GapHit, ...]:
    """Signs of hormonal activity in a patient with a neuroendocrine tumor, and no syndrome diagnosed or denied."""
    told = [f for f in view.case.of_kind(Kind.FUNCTIONAL, PRESENT, ABSENT, HISTORY) if f.concept not in _NOT_FUNCTION]
    tumors = _tumors(view)
    if told or not tumors:
        return ()
    signs = _telling(_matching(view, tumors))
    if not signs:
        return ()
    return (
        GapHit(
            gap="G12",
            evidence=(*spans(signs), *spans(tumors[:1])[:1]),
            against=spans(view.case.of_kind(Kind.FUNCTIONAL, UNCERTAIN), cues=True),
            codes=view.codes_of(*tumors),
            quotes={"tumor": words(tumors[:1]), "findings": words(signs)},
        ),
    )


def _tumors(view: GapView) -> tuple[Finding, ...]:
    """The current neuroendocrine tumors; a removed one counts while a deposit that may be its own is current."""
    primaries = tuple(
        p
        for p in view.primaries(PRESENT, HISTORY)
        if p.family in NEUROENDOCRINE and (p.assertion is PRESENT or view.deposits_of(p, PRESENT))
    )
    return primaries or tuple(m for m in view.metastases(PRESENT) if m.flags & {"neuroendocrine", "carcinoid_wording"})


def _matching(view: GapView, tumors: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The present signs of a syndrome that one of the tumors can cause."""
    families = {t.family for t in tumors}
    heart = "carcinoid_heart_disease"  # G13 asks of the valves
    chromaffin = "adrenal_paraganglia" in families
    others = families != {"adrenal_paraganglia"}
    return tuple(
        s
        for s in view.case.of_kind(Kind.INDICATOR, PRESENT)
        if s.of not in (None, heart)
        and "cause_told" not in s.flags
        and ((chromaffin and s.of in _CHROMAFFIN) or (others and s.of != "catecholamine_excess"))
    )


def _telling(signs: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The signs that raise the question: one strong sign, or two weak ones (flag ``weak``) of the same syndrome."""
    strong = {s.of for s in signs if "weak" not in s.flags}
    several = {a.of for a, b in itertools.combinations(signs, 2) if a.of == b.of and a.concept != b.concept}
    return tuple(s for s in signs if s.of in strong | several)


def g13(view: GapView) -> tuple[GapHit, ...]:
    """Right-sided valve disease or heart failure beside a current carcinoid or neuroendocrine tumor, its cause not stated."""
    told = [f for f in view.case.of_kind(Kind.FUNCTIONAL, PRESENT, ABSENT, HISTORY) if f.concept == "carcinoid_heart_disease"]
    tumors = tuple(t for t in _tumors(view) if t.family in {"carcinoid", "net", "mixed", None} or t.kind is Kind.METASTASIS)
    signs = tuple(
        s for s in view.case.of_kind(Kind.INDICATOR, PRESENT) if s.concept in _HEART_SIGNS and "cause_told" not in s.flags
    )
    if told or not tumors or not signs:
        return ()
    return (
        GapHit(
            gap="G13",
            evidence=(*spans(signs), *spans(tumors[:1])[:1]),
            against=spans(view.case.of_kind(Kind.FUNCTIONAL, UNCERTAIN), cues=True),
            codes=view.codes_of(*tumors),
            quotes={"tumor": words(tumors[:1]), "findings": words(signs)},
        ),
    )
