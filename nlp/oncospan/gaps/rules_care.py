"""Gaps of care: what the encounter was for, what caused a complication, nutrition, heredity, palliation."""

from __future__ import annotations

import re

from oncospan.gaps.doubts import dated_long_ago
from oncospan.gaps.view import ASSESSED, HISTORY, NEUROENDOCRINE, PRESENT, UNCERTAIN, GapHit, GapView, spans, trusted, words
from oncospan.types import AuthorRole, Evidence, Finding, Kind

_COMPLICATIONS = frozenset(
    "ascites pleural_effusion pericardial_effusion anemia obstruction pain pathologic_fracture cord_compression hypercalcemia".split()
)
"""Complications whose code depends on the cause (SPEC G22); that of a thrombosis does not, so that no answer would change it (7.1.9)."""

_OTHER_CAUSE = {
    "anemia": "gap.complication.anemia_else", "ascites": "gap.complication.fluid_else", "pleural_effusion": "gap.complication.fluid_else",
    "pericardial_effusion": "gap.complication.fluid_else", "obstruction": "gap.complication.bowel_else",
}  # fmt: skip
"""The words for other illnesses that bring a complication, anywhere in the note: with one of them there the tumor is not the one answer."""

_FLUIDS = frozenset({"ascites", "pleural_effusion", "pericardial_effusion"})
_GENE = 40
_BESIDE = 160
"""The characters behind a word that are searched for what tells its cause."""

_ALWAYS = frozenset({"pathologic_fracture", "cord_compression", "hypercalcemia"})
"""Complications that no one mentions in passing: they need no sign of having been attended to."""

_DRUG = frozenset({"systemic", "ssa", "prrt"})
_CARE = frozenset({"palliative_care", "palliative_order", "hospice", "hospice_care"})
"""Encounter concepts that tell of palliation, not of why the patient came."""

_TYPE_LEFT_OPEN = re.compile(r"(?:\b(?:2|II|two))\Z", re.IGNORECASE)
_HEREDITARY_TUMORS = NEUROENDOCRINE | {"medullary_thyroid"}


def current_malignancy(view: GapView) -> tuple[Finding, ...]:
    """The current tumors that may be the cause of a complication: metastases, and primaries not called benign."""
    primaries = (
        p for p in trusted(view.primaries(PRESENT)) if p.behavior not in ("benign", "uncertain") and not _benign_family(p)
    )
    return (*primaries, *trusted(view.metastases(PRESENT)))


def _benign_family(p: Finding) -> bool:
    return p.family in {"adrenal_paraganglia", "carcinoid", "net", "islet_cell"} and p.behavior is None


def g21(view: GapView) -> tuple[GapHit, ...]:
    """Therapy as the purpose of the encounter, primary and metastases current, and nothing said of what is treated."""
    primaries, deposits = view.named(PRESENT), view.metastases(PRESENT)
    purposes = tuple(
        e for e in view.case.of_kind(Kind.ENCOUNTER) if e.concept == "therapy_unspecified" or "untargeted" in e.flags
    )
    if not primaries or not deposits or not purposes or _target_told(view):
        return ()
    return (
        GapHit(
            gap="G21",
            evidence=spans((*purposes, *primaries, *deposits)),
            codes=view.codes_of(*primaries, *deposits, *purposes),
            quotes={"phrase": words(purposes)},
        ),
    )


def _target_told(view: GapView) -> bool:
    """Whether another stated purpose, or treatment aimed at one organ, answers the question."""
    purposes = {e.concept for e in view.case.of_kind(Kind.ENCOUNTER) if "untargeted" not in e.flags}
    if view.signals["gap.treatment.target"].search(view.note.text):
        return True
    return bool(purposes & {"chemo_encounter", "immuno_encounter", "prrt_encounter", "ssa_encounter", "radiation_encounter"})


def g22(view: GapView) -> tuple[GapHit, ...]:
    """A complication that was attended to, in a patient with a current malignancy, and no word on its cause; one question each."""
    tumors = current_malignancy(view)
    if not tumors or view.case.author_role is not AuthorRole.PROVIDER:
        return ()
    open_ones = [
        c
        for c in view.case.of_kind(Kind.COMPLICATION, PRESENT)
        if c.concept in _COMPLICATIONS and "cause_told" not in c.flags and ("addressed" in c.flags or c.concept in _ALWAYS)
        if not all(_explained(view, e) for e in c.evidence) and not _answered(view, c)
    ]
    return tuple(
        GapHit(
            gap="G22",
            evidence=(*spans((c,)), *spans(tumors[:1])[:1]),
            codes=view.codes_of(c),
            quotes={"phrase": words((c,))},
        )
        for c in open_ones
    )


def _answered(view: GapView, c: Finding) -> bool:
    """Whether the note tells what a complication comes from by itself: cells of a fluid, another illness that brings it, a code whatever the cause."""
    other = _OTHER_CAUSE.get(c.concept)
    if other is not None and view.signals[other].search(view.note.text):
        return True
    if c.concept == "anemia" and any("systemic" in t.flags for t in view.case.of_kind(Kind.TREATMENT, PRESENT)):
        return True
    if c.concept == "obstruction":
        one_code = view.signals["gap.complication.one_code"]
        return all(one_code.search(e.text) for e in c.evidence)
    if c.concept not in _FLUIDS:
        return False
    cells = view.signals["gap.complication.cells"]
    return any(cells.search(view.note.text[e.end : e.end + _BESIDE]) for e in c.evidence)


def _explained(view: GapView, e: Evidence) -> bool:
    """Whether a mention stands under an old date, or in the list of what is related to the terminal diagnosis."""
    line = view.note.text[view.note.text.rfind("\n", 0, e.start) + 1 : e.start]
    return view.signals["gap.complication.related"].search(line) is not None or dated_long_ago(view, line)


def g23(view: GapView) -> tuple[GapHit, ...]:
    """Wasting, malnutrition or great weight loss in a patient with a current malignancy, without cause or degree."""
    tumors = current_malignancy(view)
    states = {c.concept: c for c in view.case.of_kind(Kind.COMPLICATION, PRESENT)}
    if not tumors or any(_nutrition_told(c) or any(_explained(view, e) for e in c.evidence) for c in states.values()):
        return ()
    named = (c for c in states.values() if c.concept in {"cachexia", "malnutrition", "wasting"} and _wasted(view, c))
    found = (*named, *(c for c in states.values() if _lost_weight(c)))
    if not found:
        return ()
    return (
        GapHit(
            gap="G23",
            evidence=(*spans(found), *spans(tumors[:1])[:1]),
            codes=view.codes_of(*found),
            quotes={"findings": words(found)},
        ),
    )


def _nutrition_told(c: Finding) -> bool:
    """Whether the degree of malnutrition or the cause of wasting is written."""
    graded = c.concept == "malnutrition" and "graded" in c.flags
    return graded or (c.concept in {"cachexia", "wasting"} and "cause_told" in c.flags)


def _lost_weight(c: Finding) -> bool:
    """Whether a great loss of weight is assessed, not only what the patient came with."""
    severe = c.concept == "weight_loss" and "severe" in c.flags and "cause_told" not in c.flags
    return severe and any(e.section in ASSESSED for e in c.evidence)


def _wasted(view: GapView, c: Finding) -> bool:
    """Whether wasting is told as a condition: as the look of a patient who is examined it is a sign only."""
    sign = view.signals["gap.nutrition.sign"]
    return any(e.section in ASSESSED or not sign.search(e.text) for e in c.evidence)


def g24(view: GapView) -> tuple[GapHit, ...]:
    """A hereditary syndrome beside a tumor it may cause, without its type or only suspected."""
    tumors = tuple(p for p in view.primaries(PRESENT, HISTORY) if p.family in _HEREDITARY_TUMORS)
    if not tumors:
        return ()
    told = tuple(s for s in view.case.of_kind(Kind.STATUS, PRESENT, UNCERTAIN) if not _tested_negative(view, s))
    typed = any(s.concept == "hereditary_sdh" or _gene_named(view, s) for s in told) or _men_typed(view)
    found = (
        *(s for s in told if s.concept.startswith("hereditary") and not typed and _heredity_open(s)),
        *(f for f in view.case.of_kind(Kind.FUNCTIONAL, PRESENT, UNCERTAIN) if f.concept == "men" and _men_open(f)),
    )
    if not found:
        return ()
    return (
        GapHit(
            gap="G24",
            evidence=spans((*found, *tumors[:1]), cues=True),
            codes=view.codes_of(*found),
            quotes={"phrase": words(found)},
        ),
    )


def _tested_negative(view: GapView, s: Finding) -> bool:
    """Whether every mention of a syndrome is one of a test that did not find it."""
    negative = view.signals["gap.heredity.negative"]
    return all(negative.search(view.note.text[e.end : e.end + _BESIDE]) for e in s.evidence)


def _gene_named(view: GapView, s: Finding) -> bool:
    """Whether the gene of a germline finding is named beside it."""
    gene = view.signals["gap.heredity.gene"]
    return any(gene.search(view.note.text[max(0, e.start - _GENE) : e.end + _GENE]) for e in s.evidence)


def _men_typed(view: GapView) -> bool:
    """Whether the multiple endocrine neoplasia of the patient is there with its type: a germline finding beside it is its own."""
    return any(f.concept == "men" and not _men_open(f) for f in view.case.of_kind(Kind.FUNCTIONAL, PRESENT))


def _heredity_open(s: Finding) -> bool:
    if s.assertion is UNCERTAIN or s.concept in {"hereditary", "hereditary_nf"}:
        return True
    return "confirmed" not in s.flags


def _men_open(f: Finding) -> bool:
    """Whether the type of the syndrome is not given; type 2 without its letter is not."""
    if f.assertion is UNCERTAIN:
        return True
    last = f.evidence[-1].text.strip()
    untyped = not any(c.isdigit() for c in last) and not re.search(r"\b(?:I|IV|IIA|IIB|one|four)\b", last)
    return f.variant in (None, "E31.20") and (untyped or _TYPE_LEFT_OPEN.search(last) is not None)


def g28(view: GapView) -> tuple[GapHit, ...]:
    """A palliative or hospice consultation or comfort orders, and no statement that palliative care was given."""
    if view.signals["gap.palliative.note"].search(view.note.note_type or "") or not (
        view.metastases(PRESENT) or view.primaries(PRESENT)
    ):
        return ()
    care = tuple(e for e in view.case.of_kind(Kind.ENCOUNTER) if e.concept in _CARE)
    ordered, comfort = view.signals["gap.palliative.asked"], view.signals["gap.palliative.given"]
    elsewhere = view.signals["gap.palliative.elsewhere"]
    asked = tuple(
        e for e in care
        if ("consult" in e.flags or any(ordered.search(x.text) for x in e.evidence))
        and not all(elsewhere.search(x.text) for x in e.evidence)
    )  # fmt: skip
    given = any(e.concept == "hospice_care" for e in care)
    if not asked or given or any(comfort.search(x.text) and not ordered.search(x.text) for e in care for x in e.evidence):
        return ()
    return (view.hit("G28", asked),)


def g29(view: GapView) -> tuple[GapHit, ...]:
    """An antineoplastic or hormonal drug given at this visit, and no word on why the patient came."""
    given = tuple(t for t in view.case.of_kind(Kind.TREATMENT, PRESENT) if "given_now" in t.flags and t.flags & _DRUG)
    if not given or any(e.concept not in _CARE for e in view.case.of_kind(Kind.ENCOUNTER)):
        return ()
    if view.signals["gap.visit.reason"].search(view.note.text):
        return ()
    tumors = (*view.primaries(PRESENT), *view.metastases(PRESENT))
    if not tumors:
        return ()
    return (GapHit(gap="G29", evidence=spans(given), codes=view.codes_of(*tumors), quotes={"drug": words(given)}),)
