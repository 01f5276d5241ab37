"""Each validator V1 to V14 on a case it must stop and on one it must let pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import pytest

from oncospan.coding.candidates import Candidate, Context
from oncospan.coding.tables import tables_of
from oncospan.coding.validate import VALIDATORS, Act, Validator, v9_no_duplicates, validated
from oncospan.icd import code_set_on
from oncospan.pack import load
from oncospan.types import Assertion, AuthorRole, Case, CodeStatus, Evidence, Finding, Kind, NetSitePolicy, Setting

A = Assertion
DAY = dt.date(2026, 11, 1)


def finding(ident: str, kind: Kind, concept: str, assertion: Assertion = A.PRESENT, **more: object) -> Finding:
    start = int(ident[1:]) * 30
    evidence = Evidence(start=start, end=start + len(concept), text=concept, rule="test.rule")
    return Finding(id=ident, kind=kind, concept=concept, assertion=assertion, evidence=(evidence,), **more)  # type: ignore[arg-type]


def primary(ident: str, concept: str, assertion: Assertion = A.PRESENT, **more: object) -> Finding:
    return finding(ident, Kind.PRIMARY, concept, assertion, **{"family": "other", **more})


def deposit(ident: str, concept: str, assertion: Assertion = A.PRESENT, **more: object) -> Finding:
    return finding(ident, Kind.METASTASIS, concept, assertion, **more)


def code(written: str, *findings: Finding, status: CodeStatus = CodeStatus.PROPOSED) -> Candidate:
    return Candidate(code=written, rule="test.rule", reason="Raised.", findings=findings, status=status)


def context(
    candidates: Iterable[Candidate] = (),
    *,
    on: dt.date = DAY,
    setting: Setting = Setting.OUTPATIENT,
    role: AuthorRole = AuthorRole.PROVIDER,
) -> Context:
    found = tuple({f.id: f for c in candidates for f in c.findings}.values())
    case = Case(findings=found, setting=setting, author_role=role, on=on)
    pack = load()
    return Context(
        case=case,
        codes=code_set_on(pack, on),
        tables=tables_of(pack),
        policy=NetSitePolicy.STRICT_INDEX,
        malignant_by_default=frozenset(),
    )


LUNG, ILEUM = primary("f1", "lung", side="left"), primary("f2", "ileum", family="carcinoid", behavior="malignant")
LIVER, BONE = deposit("f3", "liver"), deposit("f4", "bone")
SYNDROME = finding("f5", Kind.FUNCTIONAL, "carcinoid_syndrome")
MARKER = finding("f6", Kind.INDICATOR, "marker_5hiaa")
EFFUSION = finding("f7", Kind.COMPLICATION, "malignant_pleural_effusion")
VISIT = finding("f8", Kind.ENCOUNTER, "surveillance_visit")
RELATIVE = primary("f9", "breast", A.FAMILY)
BREAST = primary("f10", "breast", side="right")
FORMER = primary("f11", "breast", A.HISTORY, side="right")
OTHER_BREAST = primary("f12", "breast", A.HISTORY, side="left")
CARCINOID = primary("f13", "ileum", family="carcinoid")
BENIGN = primary("f14", "ileum", family="carcinoid", behavior="benign")
NET = primary("f15", "ileum", family="net")
NODE = deposit("f16", "lymph_node_intraabdominal", family="carcinoid")
DOUBTFUL = deposit("f17", "liver", A.UNCERTAIN)
DENIED = finding("f18", Kind.INDICATOR, "flushing", A.ABSENT)
PROSTATE = primary("f19", "prostate")
UNKNOWN = primary("f20", "unknown_primary")
NOWHERE = primary("f21", "unspecified")
RIGHT_LUNG = deposit("f22", "lung", side="right")
BOTH_OVARIES = deposit("f23", "ovary", side="bilateral")

REFUSE, REVIEW, SAY = Act.REFUSE, Act.REVIEW, Act.SAY

STOPPED = [
    ("V1", [code("C78.31", LIVER)], {"on": dt.date(2026, 9, 30)}, {"C78.31": REFUSE}),
    ("V1", [code("C7B.0", LIVER), code("E34.0", SYNDROME)], {}, {"C7B.0": REFUSE, "E34.0": REFUSE}),
    ("V2", [code("C7B.03", BONE), code("C79.51", LIVER)], {}, {"C7B.03": REVIEW, "C79.51": REVIEW}),
    ("V2", [code("C34.12", LUNG), code("C7A.090", ILEUM)], {}, {"C34.12": REVIEW, "C7A.090": REVIEW}),
    ("V3", [code("J91.0", EFFUSION)], {}, {"J91.0": REVIEW}),
    ("V3", [code("E88.A", EFFUSION), code("E34.00", SYNDROME)], {}, {"E88.A": REVIEW}),
    ("V4", [code("C34.11", LUNG)], {}, {"C34.11": REVIEW}),
    ("V4", [code("C34.90", LUNG)], {}, {"C34.90": REVIEW}),
    ("V4", [code("C78.01", deposit("f3", "lung"))], {}, {"C78.01": REVIEW}),
    ("V4", [code("C79.63", deposit("f3", "ovary", side="left"))], {}, {"C79.63": REVIEW}),
    ("V5", [code("C78.7", LIVER)], {}, {"C78.7": SAY}),
    ("V5", [code("C78.7", LIVER), code("C80.1", NOWHERE)], {}, {"C78.7": SAY}),
    ("V6", [code("C7B.04", NODE), code("C77.2", NODE)], {}, {"C7B.04": REVIEW, "C77.2": REVIEW}),
    ("V7", [code("C50.911", BREAST), code("Z85.3", BREAST)], {}, {"C50.911": REVIEW, "Z85.3": REVIEW}),
    ("V7", [code("C50.911", BREAST), code("Z85.3", FORMER)], {}, {"Z85.3": REVIEW}),
    ("V8", [code("C61", PROSTATE), code("C79.61", BOTH_OVARIES)], {}, {"C61": REVIEW, "C79.61": REVIEW}),
    ("V8", [code("C61", PROSTATE), code("C50.911", BREAST)], {}, {"C61": REVIEW, "C50.911": REVIEW}),
    ("V10", [code("E34.00", MARKER)], {}, {"E34.00": REFUSE}),
    ("V10", [code("E16.1", MARKER), code("E16.A2", MARKER)], {}, {"E16.1": REFUSE, "E16.A2": REFUSE}),
    ("V11", [code("R23.2", DENIED)], {}, {"R23.2": REFUSE}),
    ("V11", [code("Z85.3", RELATIVE)], {}, {"Z85.3": REFUSE}),
    ("V11", [code("C50.911", FORMER)], {}, {"C50.911": REFUSE}),
    ("V11", [code("Z80.3", BREAST)], {}, {"Z80.3": REFUSE}),
    ("V11", [code("C50.911", RELATIVE, status=CodeStatus.REVIEW)], {}, {"C50.911": REFUSE}),
    ("V11", [code("Z80.3", DOUBTFUL)], {"setting": Setting.INPATIENT}, {"Z80.3": REFUSE}),
    ("V11.author", [code("C78.7", LIVER)], {"role": AuthorRole.NURSE}, {"C78.7": REVIEW}),
    ("V11.author", [code("C78.7", LIVER)], {"role": AuthorRole.PATHOLOGIST, "setting": Setting.INPATIENT}, {"C78.7": REVIEW}),
    ("V12", [code("C78.7", DOUBTFUL)], {}, {"C78.7": REFUSE}),
    ("V13", [code("D3A.012", CARCINOID), code("C7A.012", ILEUM)], {}, {"D3A.012": REFUSE}),
    ("V13", [code("D3A.012", BENIGN), code("C7A.012", ILEUM)], {}, {"D3A.012": REVIEW}),
    ("V13", [code("D3A.012", CARCINOID), code("C7A.012", CARCINOID)], {}, {"D3A.012": REVIEW, "C7A.012": REVIEW}),
    ("V14", [code("C7A.8", NET)], {}, {"C7A.8": SAY}),
    ("V14", [code("D3A.012", CARCINOID)], {}, {"D3A.012": SAY}),
]
PASSED = [
    ("V1", [code("C78.31", LIVER), code("C7B.02", LIVER)], {}),
    ("V2", [code("C7A.012", ILEUM), code("C7B.02", LIVER), code("E34.00", SYNDROME)], {}),
    ("V2", [code("C50.911", BREAST), code("C78.7", LIVER)], {}),
    ("V2", [code("C7B.03", BONE, status=CodeStatus.REVIEW), code("C79.51", LIVER)], {}),
    ("V3", [code("C34.12", LUNG), code("J91.0", EFFUSION)], {}),
    ("V3", [code("C34.12", LUNG), code("R18.0", EFFUSION)], {}),
    ("V3", [code("Z85.3", FORMER)], {}),
    ("V4", [code("C34.12", LUNG), code("C78.01", RIGHT_LUNG), code("C79.63", BOTH_OVARIES)], {}),
    ("V4", [code("C78.01", deposit("f3", "lung", side="bilateral")), code("C78.02", deposit("f3", "lung", side="bilateral"))], {}),
    ("V4", [code("C78.7", deposit("f3", "liver", side="right")), code("C7A.090", LUNG)], {}),
    ("V5", [code("C34.12", LUNG), code("C78.7", LIVER)], {}),
    ("V5", [code("C80.1", UNKNOWN), code("C78.7", LIVER)], {}),
    ("V5", [code("Z85.3", FORMER), code("C78.7", LIVER)], {}),
    ("V6", [code("C7B.02", LIVER), code("C77.2", NODE)], {}),
    ("V7", [code("C50.911", BREAST), code("Z85.3", OTHER_BREAST)], {}),
    ("V7", [code("C34.12", LUNG), code("Z85.3", FORMER)], {}),
    ("V7", [code("C78.7", LIVER), code("Z85.3", FORMER)], {}),
    ("V8", [code("C61", PROSTATE), code("Z80.41", RELATIVE), code("C78.7", LIVER)], {}),
    ("V10", [code("E34.00", SYNDROME), code("R23.2", MARKER)], {}),
    ("V11", [code("C78.7", LIVER), code("Z85.3", FORMER), code("Z08", VISIT), code("Z80.3", RELATIVE)], {}),
    ("V11", [code("C78.7", DOUBTFUL)], {"setting": Setting.INPATIENT}),
    ("V11", [code("C50.911", FORMER, status=CodeStatus.REVIEW)], {}),
    ("V11.author", [code("C78.7", LIVER)], {"role": AuthorRole.PATHOLOGIST}),
    ("V12", [code("C78.7", DOUBTFUL, LIVER)], {}),
    ("V12", [code("C78.7", DOUBTFUL)], {"setting": Setting.INPATIENT}),
    ("V13", [code("D3A.026", primary("f3", "rectum", family="carcinoid")), code("C7A.012", ILEUM)], {}),
    ("V14", [code("C7A.012", ILEUM), code("C7A.8", primary("f3", "ileum", family="net", behavior="malignant"))], {}),
    ("V14", [code("C7A.8", NET), code("C78.7", LIVER)], {"_": "spread says malignant"}),
]  # fmt: skip


def verdicts(name: str, candidates: Sequence[Candidate], **about: object) -> dict[str, Act]:
    about.pop("_", None)
    check: Validator = VALIDATORS[name]
    return {v.code: v.act for v in check(context(candidates, **about), candidates)}  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "candidates", "about", "expected"), STOPPED)
def test_stops(name: str, candidates: list[Candidate], about: dict[str, object], expected: dict[str, Act]) -> None:
    assert verdicts(name, candidates, **about) == expected


@pytest.mark.parametrize(("name", "candidates", "about"), PASSED)
def test_lets_pass(name: str, candidates: list[Candidate], about: dict[str, object]) -> None:
    assert verdicts(name, candidates, **about) == {}


def test_every_validator_has_both_cases() -> None:
    stopped, passed = {s[0] for s in STOPPED}, {p[0] for p in PASSED}
    assert stopped == passed == set(VALIDATORS)
    assert {v.partition(".")[0] for v in VALIDATORS} == {f"V{i}" for i in range(1, 15)} - {"V9"}


def test_v9_each_code_stands_once_on_all_its_findings() -> None:
    doubled = [code("C7B.8", LIVER), code("C34.12", LUNG), code("C7B.8", BONE, LIVER, status=CodeStatus.REVIEW)]
    merged = v9_no_duplicates(doubled)
    assert [(c.code, [f.id for f in c.findings]) for c in merged] == [("C7B.8", ["f3", "f4"]), ("C34.12", ["f1"])]
    assert merged[0].status is CodeStatus.PROPOSED


def test_a_refused_code_becomes_a_rejection_that_names_its_validator() -> None:
    candidates = [code("C7B.0", LIVER), code("C34.12", LUNG), code("C78.7", DOUBTFUL)]
    kept, rejected = validated(context(candidates), candidates)
    assert [c.code for c in kept] == ["C34.12"]
    assert [(r.code, r.rule) for r in rejected] == [("C7B.0", "validator.V1"), ("C78.7", "validator.V12")]
    assert rejected[0].why == "C7B.0 is a header in FY2027"
    assert all(r.evidence for r in rejected)


def test_a_code_sent_to_review_says_why_and_is_less_sure() -> None:
    candidates = [code("C7B.03", BONE), code("C79.51", LIVER)]
    kept, rejected = validated(context(candidates), candidates)
    assert rejected == []
    assert {c.status for c in kept} == {CodeStatus.REVIEW}
    assert {c.confidence for c in kept} == {0.5}
    assert kept[0].reason == "Raised. Excludes1 with C79.51 (C79.5). No primary is documented (G01)."


def test_the_explanation_of_a_default_names_the_release() -> None:
    for on, release in ((dt.date(2026, 9, 30), "FY2026"), (DAY, "FY2027")):
        candidates = [code("D3A.8", NET)]
        kept, _ = validated(context(candidates, on=on), candidates)
        assert kept[0].reason == f"Raised. Index default of {release}, since no behavior is stated."


def test_a_refused_partner_is_no_partner() -> None:
    candidates = [code("C34", LUNG), code("J91.0", EFFUSION)]
    kept, _ = validated(context(candidates), candidates)
    assert [(c.code, c.status) for c in kept] == [("J91.0", CodeStatus.REVIEW)]
