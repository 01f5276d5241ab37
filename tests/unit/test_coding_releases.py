"""A proposal says what its code would be in the release before or after, and only where that differs."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from oncospan.coding.propose import propose
from oncospan.coding.releases import moving
from oncospan.icd import index_default, with_codes
from oncospan.pack import Pack, load
from oncospan.types import Assertion, AuthorRole, Case, Evidence, Finding, Kind, NetSitePolicy, Setting

PRESENT = Assertion.PRESENT
FY = {"FY2025": dt.date(2025, 9, 30), "FY2026": dt.date(2025, 10, 1), "FY2027": dt.date(2026, 10, 1)}


def finding(ident: str, kind: Kind, concept: str, family: str = "other") -> Finding:
    start = int(ident[1:]) * 20
    evidence = Evidence(start=start, end=start + len(concept), text=concept, section=None, rule="test.rule")
    return Finding(id=ident, kind=kind, concept=concept, assertion=PRESENT, evidence=(evidence,), family=family)


def notes(release: str, *findings: Finding) -> dict[str, str]:
    case = Case(findings=findings, setting=Setting.OUTPATIENT, author_role=AuthorRole.PROVIDER, on=FY[release])
    coding = propose(case, load(), NetSitePolicy.STRICT_INDEX)
    return {p.code: p.release_note for p in coding.proposals}


LUNG = finding("f1", Kind.PRIMARY, "lung")
LARYNX = finding("f2", Kind.METASTASIS, "larynx")
MOUTH = finding("f3", Kind.METASTASIS, "oral_cavity")
THYROID = finding("f4", Kind.METASTASIS, "thyroid")
LIVER = finding("f5", Kind.METASTASIS, "liver")
NET = finding("f6", Kind.PRIMARY, "ileum", "net")


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("FY2025", {"C34.90": "", "C78.39": ""}),
        ("FY2026", {"C34.90": "", "C78.39": "from 2026-10-01: C78.31"}),
        ("FY2027", {"C34.90": "", "C78.31": "before 2026-10-01: C78.39"}),
    ],
)
def test_a_code_that_is_new(release: str, expected: dict[str, str]) -> None:
    assert notes(release, LUNG, LARYNX) == expected


def test_a_code_that_is_split() -> None:
    assert notes("FY2026", LUNG, MOUTH, THYROID) == {"C34.90": "", "C79.89": "from 2026-10-01: C79.83, C79.89"}
    assert notes("FY2027", LUNG, MOUTH, THYROID) == {"C34.90": "", "C79.83": "before 2026-10-01: C79.89", "C79.89": ""}


def test_an_index_default_that_moved() -> None:
    assert notes("FY2026", NET) == {"D3A.8": "from 2026-10-01: C7A.8"}
    assert notes("FY2027", NET) == {"C7A.8": "before 2026-10-01: D3A.8"}


def test_codes_that_stay_say_nothing() -> None:
    for release in FY:
        assert notes(release, LUNG, LIVER) == {"C34.90": "", "C78.7": ""}


def test_only_what_can_move_is_coded_again() -> None:
    pack = load()
    codes = moving(pack, "FY2026", "FY2027")
    assert {"C78.31", "C78.39", "C79.83", "C79.89", "C7A.8", "D3A.8"} <= codes
    assert not codes & {"C78.7", "C7B.02", "C7B.8", "C34.90", "Z85.3", "E34.00"}
    assert not moving(pack, "FY2026", "FY2026")


def next_year(folder: Path, index: dict[str, str] | None) -> Pack:
    """The pack with a release after its newest: that one again, Index codes changed, or without an Index."""
    pack = load()
    made = folder / "FY2028"
    shutil.copytree(pack.root / "icd10cm" / "FY2027", made)
    toml = (made / "release.toml").read_text(encoding="utf-8").replace("FY2027", "FY2028")
    toml = toml.replace("2027-09-30", "2028-09-30").replace("valid_from = 2026-10-01", "valid_from = 2027-10-01")
    (made / "release.toml").write_text(toml, encoding="utf-8")
    lines = [line.split("\t") for line in (made / "index.tsv").read_text(encoding="utf-8").splitlines()]
    if index is None:
        (made / "index.tsv").unlink()
    else:
        kept = ("\t".join((c[0], index.get(c[0], c[1]), *c[2:])) for c in lines)
        (made / "index.tsv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return with_codes(pack, folder)


def coded(pack: Pack, f: Finding, on: dt.date) -> list[str]:
    case = Case(findings=(f,), setting=Setting.OUTPATIENT, author_role=AuthorRole.PROVIDER, on=on)
    return [p.code for p in propose(case, pack, NetSitePolicy.STRICT_INDEX).proposals]


def test_the_default_of_a_later_release_is_that_of_its_index(tmp_path: Path) -> None:
    pack = next_year(tmp_path, {"Tumor > neuroendocrine": "D3A.8", "Tumor > carcinoid": "C7A.00"})
    carcinoid = finding("f7", Kind.PRIMARY, "ileum", "carcinoid")
    assert (coded(pack, NET, FY["FY2027"]), coded(pack, carcinoid, FY["FY2027"])) == (["C7A.8"], ["D3A.012"])
    later = dt.date(2027, 10, 1)
    assert (coded(pack, NET, later), coded(pack, carcinoid, later)) == (["D3A.8"], ["C7A.012"])


def test_a_release_without_an_index_keeps_the_default_before_it(tmp_path: Path) -> None:
    pack = next_year(tmp_path, None)
    assert coded(pack, NET, dt.date(2027, 10, 1)) == ["C7A.8"]
    assert index_default(pack, "FY2028", "Tumor", "neuroendocrine") == "C7A.-"
    assert index_default(pack, "FY2025", "Tumor", "neuroendocrine") == "D3A.8"
    assert index_default(pack, "FY2027", "Tumor", "no such") is None
