"""Gaps of spread: node groups, organs beside the tumor, and which of several tumors a deposit comes from."""

from __future__ import annotations

from oncospan.gaps.view import (
    HISTORY,
    PRESENT,
    UNCERTAIN,
    GapHit,
    GapView,
    likely_origins,
    may_spread,
    spans,
    trusted,
    words,
)
from oncospan.sites import basin, same_organ
from oncospan.types import AuthorRole, Evidence, Finding, Kind

_ONE_CODE = frozenset({"net", "nec", "nec_poorly_differentiated", "merkel"})
"""Families whose deposits have one code wherever they lie, so that a node group changes nothing."""

_NEIGHBORS = frozenset({"carcinoid", "adrenal_paraganglia", "medullary_thyroid"})
"""Families of which two tumors give their deposits the same codes."""

_STAGE = 12
"""The characters before a node stage that may hold the other letters of it."""

_PLACED = frozenset({"distant", "regional", "mesenteric", "inferred_region"})
_BETWEEN = frozenset({"soft_tissue", "other", "unspecified"})
"""Tissues between organs: reaching them is how a tumor grows, and no code hangs on it."""


def g16(view: GapView) -> tuple[GapHit, ...]:
    """Nodal disease told by a stage or enlargement only, involved nodes of no group, carcinoid nodes neither regional nor distant."""
    found = _open_nodes(view) or _bare_node_words(view)
    if not found:
        return ()
    return (
        GapHit(
            gap="G16",
            evidence=spans(found),
            against=spans((m for m in view.metastases(UNCERTAIN) if m.concept.startswith("lymph_node")), cues=True),
            codes=view.codes_of(*found),
            quotes={"phrase": words(found)},
        ),
    )


def _open_nodes(view: GapView) -> tuple[Finding, ...]:
    """The involved nodes whose code waits for the group, or for regional or distant."""
    nodes = [m for m in trusted(view.metastases(PRESENT)) if m.concept.startswith("lymph_node") and m.family not in _ONE_CODE]
    bare = (m for m in nodes if m.concept == "lymph_node" and not m.flags & {"inferred_region"} and m.family != "carcinoid")
    carcinoid = (
        m for m in nodes
        if m.family == "carcinoid" and m.concept != "lymph_node_head_neck" and not m.flags & _PLACED
        and "mesenteric" not in (m.subsite or "") and not _surely_regional(view, m)
    )  # fmt: skip
    return (*bare, *carcinoid)


def _surely_regional(view: GapView, node: Finding) -> bool:
    """Whether every node of the group drains the tumor: those of the chest for a lung, those of the axilla for a breast."""
    sites = {p.concept for p in view.named(PRESENT, HISTORY) if node.origin in (None, p.id)}
    return node.concept in {"lymph_node_intrathoracic", "lymph_node_axilla"} and any(basin(s) == node.concept for s in sites)


def _bare_node_words(view: GapView) -> tuple[Finding, ...]:
    """Node stages and enlarged nodes without a group, where nothing else is said of the nodes."""
    tumors = (*view.primaries(PRESENT), *view.metastases(PRESENT))
    if view.case.author_role is AuthorRole.PATHOLOGIST or view.operation or not tumors:
        return ()
    if any(m.concept.startswith("lymph_node") for m in view.metastases()) or view.signals["gap.node.group"].search(
        view.note.text
    ):
        return ()
    if view.metastases(PRESENT) and {p.family for p in view.named(PRESENT, HISTORY)} <= _ONE_CODE:
        return ()  # whatever the nodes hold, the code of the deposits is there
    return tuple(
        c
        for c in view.case.of_kind(Kind.COMPLICATION, PRESENT)
        if c.concept == "adenopathy" or (c.concept == "node_stage" and not all(_of_specimen(view, e) for e in c.evidence))
    )


def _of_specimen(view: GapView, e: Evidence) -> bool:
    """Whether a node stage is that of an operation's specimen: the nodes taken with an organ are its own."""
    return view.signals["gap.stage.specimen"].search(view.note.text, max(0, e.start - _STAGE), e.end) is not None


def g17(view: GapView) -> tuple[GapHit, ...]:
    """An organ the tumor touches or enters, without a word whether this is direct extension; one question an organ."""
    primaries = trusted(view.named(PRESENT, UNCERTAIN))
    if view.case.author_role is AuthorRole.PATHOLOGIST or view.operation or not primaries:
        return ()
    known = [*view.primaries(PRESENT, HISTORY, UNCERTAIN), *view.metastases()]
    return tuple(
        GapHit(
            gap="G17",
            evidence=(*spans((c,)), *spans(primaries[:1])[:1]),
            against=c.cues,
            codes=view.codes_of(*(m for m in view.metastases() if m.concept == c.of)),
            quotes={"phrase": words((c,))},
            plain={"organ": view.wordings.site(c.of)},
        )
        for c in view.case.of_kind(Kind.COMPLICATION, PRESENT, UNCERTAIN)
        if c.concept == "adjacent_organ" and c.of is not None and c.of not in _BETWEEN and "direct" not in c.flags
        and not any(same_organ(f.concept, c.of) for f in known)
        and not all(view.signals["gap.reach.own_wall"].search(e.text) for e in c.evidence)
    )  # fmt: skip


def g20(view: GapView) -> tuple[GapHit, ...]:
    """A current deposit tied to none of several primaries, one question for the first such site."""
    named = tuple(p for p in trusted(view.named(PRESENT, HISTORY)) if p.concept != "other")
    every = tuple(p for p in named if may_spread(p, named))
    primaries = _distinct(tuple(p for p in every if not _cured(p)) or every)
    if len(primaries) < 2:
        return ()
    loose = tuple(m for m in trusted(view.sited(PRESENT)) if m.origin is None and len(likely_origins(view, m, primaries)) != 1)
    if not loose:
        return ()
    two = (likely_origins(view, loose[0], primaries) or primaries)[:2]
    site = view.wordings.site(loose[0].concept)
    return (
        GapHit(
            gap="G20",
            evidence=spans((*loose, *two)),
            codes=view.codes_of(*loose, *two),
            quotes={"tumor": words(two), "phrase": words(loose)},
            plain={
                "site": site,
                **{f"primary_{n}": f"the tumor of the {view.wordings.site(p.concept)}" for n, p in enumerate(two, start=1)},
            },
        ),
    )


def _cured(p: Finding) -> bool:
    """Whether a former tumor is said to have left nothing: beside a current one it is no likely origin."""
    return p.assertion is HISTORY and "disease_free" in p.flags


def _distinct(primaries: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The primaries of different organs or families: two sides of an organ, or neuroendocrine tumors of a kind, give a deposit one code."""
    out: list[Finding] = []
    for p in primaries:
        if not any(
            p.family == q.family and (p.family in _ONE_CODE | _NEIGHBORS or same_organ(p.concept, q.concept)) for q in out
        ):
            out.append(p)
    return tuple(out)
