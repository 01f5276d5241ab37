"""The codes of metastases by the family of their origin and their site (SPEC 3.3)."""

from __future__ import annotations

from collections.abc import Iterable

from oncospan.coding.candidates import Candidate, Context, Raised, as_final, final_inpatient, refused
from oncospan.types import Alternate, Assertion, CodeStatus, Finding, Kind, Rejection

_ONCE = {"net": "C7B.8", "nec": "C7B.8", "nec_poorly_differentiated": "C7B.8", "merkel": "C7B.1"}


def code_metastases(ctx: Context) -> Raised:
    """The candidates of all metastases and why the others have none."""
    candidates: list[Candidate] = []
    rejected: list[Rejection] = []
    for finding in ctx.case.of_kind(Kind.METASTASIS):
        made = _one(ctx, finding)
        candidates += made.candidates
        rejected += made.rejected
    return Raised(tuple(_merged(candidates)), tuple(rejected))


def _one(ctx: Context, f: Finding) -> Raised:
    codes = codes_of(ctx, f)
    if not codes:
        return Raised()
    first = codes[0].code
    match f.assertion:
        case Assertion.PRESENT:
            if "low_trust" in f.flags:
                return refused(first, "source.low_trust", "it stands only in an indication or history line of a report", f)
            return Raised(candidates=codes)
        case Assertion.UNCERTAIN if final_inpatient(ctx, f):
            return Raised(candidates=tuple(as_final(c) for c in codes))
        case Assertion.UNCERTAIN:
            word = f"'{f.cues[0].text}'" if f.cues else "its wording"
            return refused(first, "certainty.uncertain", f"{word} is uncertain ({ctx.case.setting}), so it is not coded", f)
        case Assertion.ABSENT:
            return refused(first, "certainty.absent", "the metastasis is denied", f)
        case Assertion.FAMILY:
            return refused(first, "certainty.family", "the metastasis is a relative's", f)
        case Assertion.HYPOTHETICAL:
            return refused(first, "certainty.hypothetical", "the metastasis is only supposed", f)
        case Assertion.HISTORY:
            if f.concept.startswith("lymph_node") or f.concept == "unspecified":
                return Raised()
            return Raised((
                Candidate(code="Z85.89", rule="history.metastasis", reason="Former secondary site, eradicated.",
                          findings=(f,), confidence=0.7, rank=85),))  # fmt: skip


def codes_of(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    """The secondary codes a metastasis would have if it were present and certain."""
    family = _family(ctx, f)
    disseminated = "disseminated" in f.flags and f.concept == "unspecified"
    if family == "carcinoid" or (family == "net" and _from_carcinoid(ctx, f)):
        return _carcinoid(ctx, f)
    if family in _ONCE:
        return (_once(ctx, f, family),)
    if disseminated and not ctx.primaries and not any(m.concept != "unspecified" for m in ctx.metastases):
        return (_made(f, "C80.0", "secondary.disseminated", "Disseminated cancer with neither primary nor deposits named."),)
    return _plain(ctx, f)


def _from_carcinoid(ctx: Context, f: Finding) -> bool:
    """Whether the site policy reads the tumor a deposit comes from as a carcinoid: the named origin, else any neuroendocrine one."""
    origins = [p for p in ctx.primaries if p.id == f.origin] or [p for p in ctx.primaries if p.family == "net"]
    return any(ctx.reads_as_carcinoid(p) for p in origins)


def _once(ctx: Context, f: Finding, family: str) -> Candidate:
    """The one code of all deposits of a family; a neuroendocrine tumor's other reading is the carcinoid code of the site."""
    if family == "merkel":
        return _made(f, "C7B.1", "secondary.merkel", "Secondary Merkel cell carcinoma, any site.")
    row = ctx.tables.secondary_site(f.concept, f.subsite, ctx.case.on)
    other = "C7B.00" if f.concept == "unspecified" else (row.carcinoid if row else "C7B.09")
    alternates = (Alternate(code=other, why="if the tumor is documented as carcinoid"),) if family == "net" else ()
    return _made(f, _ONCE[family], f"secondary.{family}", "Secondary neuroendocrine tumor, any site.", *alternates)


def _family(ctx: Context, f: Finding) -> str:
    """The family that decides the column; an islet tumor counts as neuroendocrine only where it is called so."""
    family = f.family or "other"
    if family == "islet_cell":
        named = [p for p in ctx.primaries if p.id == f.origin]
        return "net" if any("net_wording" in p.flags for p in named) else "other"
    return family


def _carcinoid(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    site = f.concept
    if site == "unspecified":
        return (_made(f, "C7B.00", "secondary.carcinoid.unspecified", "Secondary carcinoid, site not stated."),)
    if site.startswith("lymph_node") and "distant" not in f.flags:
        return _carcinoid_node(ctx, f)
    row = ctx.tables.secondary_site(site, f.subsite, ctx.case.on)
    code = row.carcinoid if row else "C7B.09"
    net = Alternate(code="C7B.8", why="if called neuroendocrine tumor")
    if row is not None and row.carcinoid_or:
        return (_made(f, code, f"secondary.carcinoid.{site}", f"Secondary carcinoid tumor: {code} or {row.carcinoid_or} is open.",
                      Alternate(code=row.carcinoid_or, why="other reading of the tables"), net, status=CodeStatus.REVIEW),)  # fmt: skip
    return (_made(f, code, f"secondary.carcinoid.{site}", "Secondary carcinoid tumor by site.", net),)


def _carcinoid_node(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    if "distant" in f.flags or f.concept == "lymph_node_head_neck":
        return (_made(f, "C7B.01", "secondary.carcinoid.distant_node", "Secondary carcinoid of distant lymph nodes."),)
    if "mesenteric" in f.flags:
        return (_made(f, "C7B.04", "secondary.carcinoid.mesenteric_node", "Mesenteric node of carcinoid, by the note at C77.",
                      status=CodeStatus.REVIEW),)  # fmt: skip
    row = ctx.tables.secondary_site(f.concept, f.subsite, ctx.case.on)
    code = row.plain.any if row else "C77.9"
    return (_made(f, code, "secondary.carcinoid.regional_node", "Regional node of carcinoid: whether C77 or C7B.09 is open.",
                  Alternate(code="C7B.09", why="other reading of the tables"), status=CodeStatus.REVIEW),)  # fmt: skip


def _plain(ctx: Context, f: Finding) -> tuple[Candidate, ...]:
    row = ctx.tables.secondary_site(f.concept, f.subsite, ctx.case.on)
    if f.concept == "unspecified" or row is None:
        return (_unspecified(ctx, f),)
    if "inferred_region" in f.flags:
        reason = "Regional nodes taken with the operated organ; the node group is not written."
        return (
            _made(
                f, row.plain.any, f"secondary.{f.concept}.inferred", reason, Alternate(code="C77.9", why="the group is not named")
            ),
        )
    extra = (
        (Alternate(code="C7B.8", why="if the deposit is called neuroendocrine"),)
        if f.family in ("islet_cell", "mixed", "small_cell")
        else ()
    )
    return tuple(
        _made(f, c, f"secondary.{f.concept}", "Secondary malignant neoplasm by site.", *extra) for c in row.plain.codes(f.side)
    )


def _unspecified(ctx: Context, f: Finding) -> Candidate:
    """The code of metastatic disease without a site; tissue was taken somewhere, so a coder reads where."""
    if ctx.case.sampled(f):
        reason = "Metastatic disease proved by tissue, and the site it was taken from is not read."
        return _made(f, "C79.9", "secondary.unspecified.sampled", reason, status=CodeStatus.REVIEW)
    return _made(f, "C79.9", "secondary.unspecified", "Metastatic disease, site not stated.")


def _made(
    f: Finding, code: str, rule: str, reason: str, *alternates: Alternate, status: CodeStatus = CodeStatus.PROPOSED
) -> Candidate:
    return Candidate(
        code=code, rule=rule, reason=reason, findings=(f,), status=status,
        confidence=0.5 if status is CodeStatus.REVIEW else 0.9, alternates=alternates, rank=30,
    )  # fmt: skip


def _merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate a code, its findings gathered: C7B.8, C7B.09 and C7B.1 stand once however many sites they cover."""
    out: dict[str, Candidate] = {}
    for c in candidates:
        old = out.get(c.code)
        if old is None:
            out[c.code] = c
        else:
            out[c.code] = Candidate(
                code=c.code, rule=old.rule, reason=old.reason, findings=old.findings + c.findings,
                status=min(old.status, c.status), confidence=max(old.confidence, c.confidence),
                alternates=old.alternates or c.alternates, rank=old.rank,
            )  # fmt: skip
    return list(out.values())
