"""Gaps of the record: what only a report says, what contradicts itself, what stands on an ambiguous abbreviation."""

from __future__ import annotations

import re

from oncospan.gaps.view import (
    ABSENT,
    HISTORY,
    NAMELESS,
    PRESENT,
    UNCERTAIN,
    GapHit,
    GapView,
    reported_only,
    spans,
    trusted,
    words,
)
from oncospan.types import AuthorRole, Evidence, Finding, Kind

_REPORT = {AuthorRole.PATHOLOGIST: "A pathology report", AuthorRole.RADIOLOGIST: "An imaging report"}

_EXPANSIONS = {
    "NET": r"neuro-?endocrine|\bNETs?,? (?:of|grade|G[123])|carcinoid",
    "NEC": r"neuro-?endocrine",
    "PNET": r"neuro-?(?:endocrine|ectodermal)|pancrea",
    "pNET": r"neuro-?(?:endocrine|ectodermal)|pancrea",
    "MCC": r"merkel",
    "CA": r"cancer|carcinoma|malignan|\bca (?:of|breast|prostate|lung|colon)|\b(?:cell|ductal|lobular|papillary|follicular|medullary|adeno)[ -]?ca\b",
    "CUP": r"unknown primary|unknown origin",
    "METs": r"metasta",
    "METS": r"metasta",
    "SLN": r"sentinel",
    "MEN": r"endocrine neoplasi",
}  # fmt: skip
"""What written out in the note tells the meaning of an abbreviation (SPEC G30, 8.14)."""


_SHORT = 3
"""The most words of evidence that is nothing but an abbreviation ("history of CA")."""


def g10(view: GapView) -> tuple[GapHit, ...]:
    """Inpatient: a malignancy or metastasis that only a diagnostic report states or suspects."""
    found = tuple(
        f
        for f in trusted((*view.primaries(PRESENT, UNCERTAIN), *view.metastases(PRESENT, UNCERTAIN)))
        if f.behavior != "benign" and reported_only(view, f)
    )
    if not found:
        return ()
    report = _REPORT.get(view.case.author_role, "A diagnostic report")
    single = view.case.author_role in _REPORT and view.note.note_date is not None
    date = f" dated {view.note.note_date.isoformat()}" if single and view.note.note_date else ""
    return (
        GapHit(
            gap="G10",
            evidence=spans(found, cues=True),
            against=spans(view.metastases(ABSENT), cues=True),
            codes=tuple(dict.fromkeys((*view.codes_of(*found), *view.withheld_of(*found)))),
            quotes={"phrase": words(found)},
            plain={"report": report + date},
        ),
    )


def g19(view: GapView) -> tuple[GapHit, ...]:
    """Statements that cannot both hold, within a note (concept ``contradiction``) or between notes (flag ``contradicted``)."""
    hits = [
        _conflict_hit(view, f, f.cues[:1])
        for f in view.case.of_kind(Kind.STATUS, PRESENT)
        if f.concept == "contradiction" and f.cues
    ]
    if not hits:
        hits = [_conflict_hit(view, f, f.evidence[-1:]) for f in view.case.findings if "contradicted" in f.flags]
    return tuple(hits)


def _conflict_hit(view: GapView, f: Finding, other: tuple[Evidence, ...]) -> GapHit:
    one, two = _readings(view, f)
    related = tuple(x for x in (*view.primaries(), *view.metastases()) if x.concept == f.of or x is f)
    return GapHit(
        gap="G19",
        evidence=tuple(dict.fromkeys((f.evidence[0], *other, *f.evidence))),
        codes=view.codes_of(*related),
        quotes={"phrase": (f.evidence[0].text,), "other_phrase": tuple(e.text for e in other)},
        plain={"status_1": one, "status_2": two},
    )


def _readings(view: GapView, f: Finding) -> tuple[str, str]:
    """The two readings a provider may choose from, in plain words."""
    if "side" in f.flags:
        return "Right", "Left"
    if "behavior" in f.flags:
        return "Malignant", "Benign"
    concept = f.of if f.concept == "contradiction" else f.concept
    named = concept is not None and concept not in NAMELESS and not (f.kind is Kind.STATUS and f.of is None)
    where = f" ({view.wordings.site(concept)})" if named and concept else ""
    return f"Present now{where}", f"Not present{where}"


def g30(view: GapView) -> tuple[GapHit, ...]:
    """A tumor known only by an abbreviation that has other meanings, and nothing in the note to tell which."""
    tumors = trusted((*view.primaries(PRESENT, HISTORY, UNCERTAIN), *view.metastases(PRESENT, HISTORY, UNCERTAIN)))
    alone = (s for s in view.case.of_kind(Kind.STATUS, PRESENT, HISTORY, UNCERTAIN) if s.concept == "ambiguous_abbreviation")
    found = tuple(f for f in (*tumors, *alone) if _only_abbreviated(view, f))
    others = [f for f in tumors if f not in found]
    if not found or others:
        return ()
    return (GapHit(gap="G30", evidence=spans(found), codes=view.codes_of(*found), quotes={"abbreviation": words(found)}),)


def _only_abbreviated(view: GapView, f: Finding) -> bool:
    texts = {e.text.strip(" .,:;").split()[-1] for e in f.evidence if e.text.strip(" .,:;")}
    if any(len(e.text.split()) > _SHORT for e in f.evidence):
        return False
    if not texts <= _EXPANSIONS.keys() or f.side or f.grade or f.subsite or f.flags & {"well_differentiated", "graded"}:
        return False
    return not any(re.search(_EXPANSIONS[t], view.note.text, re.IGNORECASE) for t in texts)
