"""Whatever the findings, the codes of a case keep the rules: generated cases, hundreds in each run."""

from __future__ import annotations

import datetime as dt
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from oncospan.coding.propose import propose
from oncospan.coding.tables import tables_of
from oncospan.icd import code_set_on, excludes1
from oncospan.pack import load
from oncospan.types import Assertion, AuthorRole, Case, CodeStatus, Evidence, Finding, Kind, NetSitePolicy, Setting

PACK = load()
TABLES = tables_of(PACK)
SITES = sorted({s.partition(".")[0] for s in (*TABLES.primary, *TABLES.secondary)} | {"unspecified", "unknown_primary"})
PARTS = sorted(s for s in (*TABLES.primary, *TABLES.secondary) if "." in s)
FAMILIES = [
    None, "carcinoid", "net", "nec", "nec_poorly_differentiated", "merkel", "small_cell", "islet_cell", "adrenal_paraganglia",
    "medullary_thyroid", "mixed", "other",
]  # fmt: skip
FLAGS = {
    Kind.PRIMARY: [
        "metastatic_stated", "resected", "resected_before", "treated", "endocrine", "completed", "disease_free", "in_place",
        "recurrent", "history_cue", "low_trust", "net_wording", "carcinoid_wording", "poorly_differentiated", "direction_ambiguous",
    ],
    Kind.METASTASIS: ["disseminated", "distant", "regional", "stage_only", "neuroendocrine", "low_trust", "inferred_region"],
    Kind.FUNCTIONAL: ["level_1", "level_2", "level_3"],
    Kind.ENCOUNTER: ["consult"],
}  # fmt: skip
CONCEPTS = {
    Kind.PRIMARY: SITES,
    Kind.METASTASIS: SITES,
    Kind.FUNCTIONAL: [*TABLES.functional, "nonfunctional", "functioning", "other"],
    **{
        kind: sorted({t.concept for t in PACK.of_category(kind)})
        for kind in (Kind.INDICATOR, Kind.TREATMENT, Kind.STATUS, Kind.ENCOUNTER, Kind.COMPLICATION)
    },
}
VARIANTS = [None, *sorted({histology for histology, _, _ in TABLES.histology})]


@st.composite
def findings(draw: st.DrawFn, number: int) -> Finding:
    kind = draw(st.sampled_from([Kind.PRIMARY, Kind.PRIMARY, Kind.METASTASIS, Kind.METASTASIS, *CONCEPTS]))
    concept = draw(st.sampled_from(CONCEPTS[kind]))
    tumor = kind in (Kind.PRIMARY, Kind.METASTASIS)
    parts = [None, *(p for p in PARTS if p.startswith(f"{concept}."))]
    text = concept[:20]
    return Finding(
        id=f"f{number}",
        kind=kind,
        concept=concept,
        assertion=draw(st.sampled_from([Assertion.PRESENT, Assertion.PRESENT, Assertion.PRESENT, *Assertion])),
        evidence=(Evidence(start=number * 30, end=number * 30 + len(text), text=text, rule="test.rule"),),
        side=draw(st.sampled_from([None, None, "right", "left", "bilateral"])) if tumor else None,
        subsite=draw(st.sampled_from(parts)) if tumor else None,
        family=draw(st.sampled_from(FAMILIES)) if tumor else None,
        behavior=draw(st.sampled_from([None, None, "malignant", "benign", "uncertain"])) if kind is Kind.PRIMARY else None,
        variant=draw(st.sampled_from(VARIANTS)) if kind is Kind.PRIMARY and draw(st.booleans()) else None,
        origin=draw(st.sampled_from([None, "f1", "f2"])) if kind is Kind.METASTASIS else None,
        flags=draw(st.frozensets(st.sampled_from(FLAGS[kind]), max_size=3)) if kind in FLAGS else frozenset(),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    return Case(
        findings=tuple(draw(findings(i)) for i in range(1, draw(st.integers(1, 7)) + 1)),
        setting=draw(st.sampled_from(Setting)),
        author_role=draw(st.sampled_from([AuthorRole.PROVIDER, AuthorRole.PROVIDER, *AuthorRole])),
        on=draw(st.dates(dt.date(2024, 10, 1), dt.date(2028, 12, 31))),
    )


@settings(max_examples=400, deadline=None)
@given(case=cases(), policy=st.sampled_from(NetSitePolicy))
def test_the_codes_of_any_case_keep_the_rules(case: Case, policy: NetSitePolicy) -> None:
    codes = code_set_on(PACK, case.on)
    coding = propose(case, PACK, policy)
    by_id = {f.id: f for f in case.findings}
    written = [p.code for p in coding.proposals]
    assert len(written) == len(set(written))
    assert [p.sequence for p in coding.proposals] == list(range(1, len(written) + 1))
    for p in coding.proposals:
        assert codes.billable(p.code), p.code
        assert p.title == codes.title(p.code)
        assert p.evidence
        assert p.rule
        assert p.reason
        assert p.findings
        assert all(codes.billable(a.code) for a in p.alternates)
        said = {by_id[f].assertion for f in p.findings}
        assert said & {Assertion.PRESENT, Assertion.HISTORY, Assertion.FAMILY} or case.setting is Setting.INPATIENT
    sure = [p for p in coding.proposals if p.status is CodeStatus.PROPOSED]
    if case.author_role in (AuthorRole.NURSE, AuthorRole.OTHER):
        assert sure == []
    for a, b in combinations(sure, 2):
        assert excludes1(codes, a.code, b.code) is None, (a.code, b.code)
        shared = [by_id[f] for f in set(a.findings) & set(b.findings)]
        pair = sorted((a.code, b.code))
        if any(f.kind is Kind.METASTASIS for f in shared):
            assert not (pair[0].startswith(("C77", "C78", "C79")) and pair[1].startswith("C7B")), pair
        if any(f.kind is Kind.PRIMARY for f in shared):
            assert not (pair[0].startswith("C7A") and pair[1].startswith("D3A")), pair
            assert not (pair[0].startswith("C") and pair[1].startswith("Z85")), pair
    for r in coding.rejected:
        assert r.rule
        assert r.why


@settings(max_examples=60, deadline=None)
@given(case=cases(), policy=st.sampled_from(NetSitePolicy))
def test_the_same_case_gives_the_same_codes(case: Case, policy: NetSitePolicy) -> None:
    assert propose(case, PACK, policy) == propose(case, PACK, policy)
