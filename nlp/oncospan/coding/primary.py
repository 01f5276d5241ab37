"""The code of a primary tumor, current or former, by family, site and side (SPEC 3.1, 3.2, 3.6)."""

from __future__ import annotations

import re
from dataclasses import replace

from oncospan.coding.candidates import NEUROENDOCRINE, Candidate, Context, Raised, as_final, final_inpatient, refused
from oncospan.coding.tables import PrimarySite
from oncospan.types import Alternate, Assertion, CodeStatus, Finding

_FORMER_SKIN = {"merkel": "Z85.821", "melanoma": "Z85.820"}
_SOFT_TISSUE = frozenset({"gist"})
"""Histologies that are classified to soft tissue (C49) in whatever organ they lie."""


def code_primary(ctx: Context, finding: Finding) -> Raised:
    """The candidate of one primary finding, or why there is none."""
    if finding.assertion is Assertion.PRESENT:
        return _open(ctx, finding, _transplanted(ctx, finding) + _current(ctx, finding))
    if finding.assertion is Assertion.HISTORY:
        return _open(ctx, finding, _former(ctx, finding))
    if finding.assertion is Assertion.UNCERTAIN and final_inpatient(ctx, finding):
        return _open(ctx, finding, tuple(as_final(c) for c in _current(ctx, finding)))
    codes = codes_if_present(ctx, finding)
    why = {
        Assertion.UNCERTAIN: "the tumor is only suspected",
        Assertion.ABSENT: "the tumor is denied",
        Assertion.FAMILY: "the tumor is a relative's",
        Assertion.HYPOTHETICAL: "the tumor is only supposed",
    }[finding.assertion]
    return refused(codes[0], f"certainty.{finding.assertion}", why, finding) if codes else Raised()


def codes_if_present(ctx: Context, finding: Finding) -> tuple[str, ...]:
    """The codes a primary would have if it were present and certain."""
    return tuple(c.code for c in _current(ctx, finding))


def _open(ctx: Context, finding: Finding, made: tuple[Candidate, ...]) -> Raised:
    """The candidates, sent to review where SPEC 3.6 says a coder must ask first."""
    if "low_trust" in finding.flags:
        return Raised(rejected=tuple(r for c in made for r in refused(
            c.code, "source.low_trust", "it stands only in an indication or history line of a report", finding).rejected))  # fmt: skip
    unclear = _unclear(ctx, finding)
    if not unclear or not made:
        return Raised(candidates=made)
    other = _former(ctx, finding) if finding.assertion is Assertion.PRESENT else _current(ctx, finding)
    both = made + tuple(c for c in other if c.code not in {m.code for m in made})
    return Raised(candidates=tuple(_asked(c, unclear) for c in both))


def _asked(c: Candidate, why: str) -> Candidate:
    return Candidate(
        code=c.code, rule=c.rule, reason=f"{c.reason} {why}", findings=c.findings, status=CodeStatus.REVIEW,
        confidence=min(c.confidence, 0.5), alternates=c.alternates, rank=c.rank,
    )  # fmt: skip


def _unclear(ctx: Context, finding: Finding) -> str:
    """Why the status of a primary must be asked; a hormonal drug given for its metastases leaves no question."""
    for_metastases = finding.assertion is Assertion.HISTORY and any(m.origin == finding.id for m in ctx.metastases)
    if "endocrine" in finding.flags and finding.flags & {"history_cue", "resected"} and not for_metastases:
        return "Whether the hormonal drug treats the cancer or prevents it is not stated."
    if "resected_before" in finding.flags:
        return "Whether tumor remains at the primary site is not stated."
    return ""


def _current(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    site = ctx.tables.primary_site(f.concept, f.subsite)
    match f.family:
        case "carcinoid":
            return _carcinoid(ctx, f, site)
        case "net":
            return _net(ctx, f, site)
        case "nec":
            return _one(ctx, f, "C7A.8", "primary.nec.nos", "Neuroendocrine carcinoma, differentiation not stated.",
                        Alternate(code="C7A.1", why="poorly differentiated or high grade, if documented"))  # fmt: skip
        case "nec_poorly_differentiated":
            return _one(ctx, f, "C7A.1", "primary.nec.poorly_differentiated",
                        "Poorly differentiated or high-grade neuroendocrine carcinoma of any site.")  # fmt: skip
        case "merkel":
            leaf = site.merkel.codes(f.side) if site else ()
            return tuple(
                _made(f, c, "primary.merkel", "Merkel cell carcinoma by skin site and side.") for c in leaf or ("C4A.9",)
            )
        case "islet_cell":
            return _islet(ctx, f)
        case "adrenal_paraganglia":
            return _adrenal(ctx, f)
    return _plain(ctx, f, site)


def _made(f: Finding, code: str, rule: str, reason: str, *alternates: Alternate, confidence: float = 0.9) -> Candidate:
    return Candidate(
        code=code, rule=rule, reason=reason, findings=(f,), confidence=confidence, alternates=alternates, rank=20,
    )  # fmt: skip


def _one(ctx: Context, f: Finding, code: str, rule: str, reason: str, *alternates: Alternate) -> tuple[Candidate, ...]:
    return (_made(f, code, rule, reason, *(a for a in alternates if ctx.codes.billable(a.code))),)


def _malignant(ctx: Context, f: Finding) -> bool:
    """Whether a tumor is stated malignant or has spread; one called benign has only with a deposit said to be of it."""
    if f.behavior == "benign":
        return any(m.origin == f.id for m in ctx.metastases)
    return f.behavior == "malignant" or ctx.spread_of(f)


def _carcinoid_leaf(site: PrimarySite | None, malignant: bool) -> str:
    leaf = site.carcinoid if site and site.carcinoid not in ("", "-") else "C7A.00"
    return leaf if malignant else "D3A" + leaf[3:]


def _carcinoid(ctx: Context, f: Finding, site: PrimarySite | None) -> tuple[Candidate, ...]:
    malignant = _malignant(ctx, f) or (f.behavior is None and "carcinoid" in ctx.malignant_by_default)
    code = _carcinoid_leaf(site, malignant)
    named = None if malignant else ctx.tables.histology_leaf(f.variant, f.concept, f.subsite, f.behavior or "uncertain")
    if named is not None:
        return _one(ctx, f, named.any, f"primary.{f.variant}", "The Index sends this carcinoid to a code of its own by site.",
                    Alternate(code=code, why="if documented as carcinoid tumor"),
                    Alternate(code=_carcinoid_leaf(site, True), why="if documented as malignant"))  # fmt: skip
    spread = _one(
        ctx, f, _carcinoid_leaf(site, True), "primary.carcinoid.malignant", "Carcinoid tumor, malignant or metastatic, by site."
    )
    if malignant:
        return spread
    other = Alternate(code=_carcinoid_leaf(site, True), why="if documented as malignant")
    benign = _one(ctx, f, code, "primary.carcinoid.benign_default",
                  "Carcinoid tumor without a malignant behavior or metastasis: the Index default is benign.", other)  # fmt: skip
    if f.behavior is None and len(ctx.primaries) == 1 and ctx.staged_distant:
        return tuple(_asked(c, "A stage of distant spread is stated, but no metastasis.") for c in (*spread, *benign))
    return benign


def _net(ctx: Context, f: Finding, site: PrimarySite | None) -> tuple[Candidate, ...]:
    malignant = _malignant(ctx, f)
    leaf = _carcinoid_leaf(site, malignant)
    if f.behavior == "benign":
        code, why = "D3A.8", "Neuroendocrine tumor stated to be benign."
    elif malignant or "net" in ctx.malignant_by_default:
        code, why = "C7A.8", "Neuroendocrine tumor, malignant or by the Index default of the release."
    else:
        code, why = "D3A.8", "Neuroendocrine tumor of unstated behavior: the Index default of the release is benign."
    if ctx.reads_as_carcinoid(f):
        return _one(ctx, f, leaf, "primary.net.carcinoid_equivalent",
                    "Site policy reads a well-differentiated neuroendocrine tumor as carcinoid of its site.",
                    Alternate(code=code, why="under the strict index policy"))  # fmt: skip
    alternates = [Alternate(code=leaf, why="if documented as carcinoid tumor")]
    if f.concept == "pancreas":
        alternates.append(Alternate(code="C25.4", why="if documented as islet cell tumor"))
    return _one(ctx, f, code, "primary.net", why, *alternates)


def _islet(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    if _malignant(ctx, f):
        leaf = ctx.tables.histology_leaf(f.variant, f.concept, f.subsite, "malignant")
        code = leaf.any if leaf else "C25.4"
        return _one(ctx, f, code, "primary.islet.malignant", "Malignant islet cell tumor, by the Index for its site.",
                    Alternate(code="C7A.8", why="if documented as neuroendocrine tumor"))  # fmt: skip
    if "net_wording" in f.flags and f.behavior is None:
        return _net(ctx, f, ctx.tables.primary_site(f.concept, f.subsite))
    leaf = ctx.tables.histology_leaf(f.variant, f.concept, f.subsite, f.behavior)
    code = leaf.any if leaf else "D13.7"
    return _one(ctx, f, code, "primary.islet.not_malignant", "Islet cell tumor without a malignant behavior, by the Index.",
                Alternate(code="C25.4", why="if documented as malignant"))  # fmt: skip


def _adrenal(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    behavior = "malignant" if _malignant(ctx, f) else f.behavior
    leaf = ctx.tables.histology_leaf(f.variant, f.concept, f.subsite, behavior)
    if leaf is None:
        return _plain(ctx, f, ctx.tables.primary_site(f.concept, f.subsite))
    reason = "Pheochromocytoma or paraganglioma by behavior and side; an unstated behavior follows the Index default."
    return tuple(_made(f, c, f"primary.{f.variant}.{behavior or 'nos'}", reason) for c in leaf.codes(f.side))


def _plain(ctx: Context, f: Finding, site: PrimarySite | None) -> tuple[Candidate, ...]:
    if f.variant == "melanoma" and site and f.concept in ("skin", "unspecified", "unknown_primary"):
        codes = site.melanoma.codes(f.side) or ("C43.9",)
        return tuple(_made(f, c, "primary.melanoma", "Melanoma of skin by site and side.") for c in codes)
    leaf = ctx.tables.histology_leaf(f.variant, f.concept, f.subsite, f.behavior or "malignant")
    if leaf and ctx.codes.covers(leaf.any) and not ctx.codes.billable(leaf.any):
        leaf = None  # a leaf of a later release
    leaf = leaf or (site.plain if site and f.concept != "unspecified" else None)
    if leaf is None:  # a cancer whose site is not named has no primary code; an unknown primary is a finding of its own
        return ()
    reason = "Malignant primary of the site in the Neoplasm Table."
    sexed = of_a_man if "male" in f.flags else str
    return tuple(_made(f, sexed(c), "primary.neoplasm_table", reason) for c in leaf.codes(f.side))


_FEMALE_BREAST = re.compile(r"(C50\.\d)1(\d)")


def of_a_man(code: str) -> str:
    """The code of a man's breast for that of a woman's, other codes as they are."""
    return _FEMALE_BREAST.sub(r"\g<1>2\2", code)


def _transplanted(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    """The code that stands before the specific malignancy of a transplanted organ (use additional code at C80.2)."""
    row = ctx.tables.primary.get("other.transplanted_organ")
    if row is None or "transplanted" not in f.flags:
        return ()
    reason = "Malignant neoplasm of a transplanted organ; the specific malignancy follows."
    return (replace(_made(f, row.plain.any, "primary.transplanted_organ", reason), rank=19),)


def _former(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    site = ctx.tables.primary_site(*(("soft_tissue", None) if f.variant in _SOFT_TISSUE else (f.concept, f.subsite)))
    reason = "Former primary: removed or eradicated, no further treatment directed at it."
    malignant = _malignant(ctx, f) or ctx.spread_once(f)
    if f.family == "adrenal_paraganglia":
        code = "Z85.858" if malignant else "Z86.018"
        made = _late(f, code, "history.adrenal_paraganglia", reason)
        return (made if code == "Z85.858" else _asked(made, "Behavior is not stated."),)
    if f.family == "carcinoid" and not malignant:
        return (_late(f, "Z86.012", "history.carcinoid.benign_default", reason),)
    if f.family == "islet_cell" and not malignant and f.concept != "pancreas":
        return (_asked(_late(f, "Z86.03", "history.islet.uncertain", reason), "Behavior is not stated."),)
    if f.family == "islet_cell" and not malignant and _islet(ctx, f)[0].code == "D13.7":
        return (_asked(_late(f, "Z86.018", "history.islet.benign_default", reason), "Behavior is not stated."),)
    skin = _FORMER_SKIN.get(f.family or "") or (_FORMER_SKIN.get(f.variant or "") if f.concept == "skin" else None)
    if f.concept == "unspecified" and f.variant == "mesothelioma":
        return (_late(f, "Z85.89", "history.mesothelioma", reason),)
    if skin:
        return (_late(f, skin, f"history.{f.family}", reason),)
    if site is None:
        return (_late(f, "Z85.9", "history.unspecified", reason),) if f.concept == "unspecified" else ()
    if f.concept == "unspecified" and ctx.spread_of(f):
        return ()  # beside its metastases the site is asked for
    carcinoid = f.family == "carcinoid" or (f.family == "net" and ctx.reads_as_carcinoid(f))
    code = site.history_carcinoid if carcinoid else site.history_other
    if code == "Z85.9" and f.family in NEUROENDOCRINE:  # whoever knew the histology knew the organ
        return (_asked(_late(f, code, "history.primary.organ_unread", reason), "The organ of the tumor is not read."),)
    return (_late(f, code or "Z85.89", "history.primary", reason),) if code != "-" else ()


def _late(f: Finding, code: str, rule: str, reason: str) -> Candidate:
    return Candidate(code=code, rule=rule, reason=reason, findings=(f,), confidence=0.85, rank=80)
