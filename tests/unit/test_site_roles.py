"""The learned reading of site roles: what it looks at, what it may change, and which tables it refuses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from oncospan.case import NoteGroup
from oncospan.coding.features import FEATURES, Around
from oncospan.engine import Analyser
from oncospan.errors import PackError
from oncospan.pack import Pack
from oncospan.pipeline.reading import reader_of
from oncospan.pipeline.sentence.places import places
from oncospan.pipeline.sentence.site_roles import INTERCEPT, ROLES, SiteRoles, features, read_roles, roles_of, text_of
from oncospan.schema import Level
from oncospan.types import Analysis, AuthorRole, Kind, Note

TEXT = "IMPRESSION\nIleal carcinoid with metastases to the liver. No metastasis in the lungs."


@pytest.fixture(scope="module")
def roles(pack: Pack) -> SiteRoles:
    found = roles_of(pack)
    assert found is not None
    return found


def analysed(roles: SiteRoles | None) -> Analysis:
    return Analyser(second_opinion=False, roles=roles).analyse(Note(text=TEXT))


def test_a_site_is_seen_with_its_words_its_section_and_what_stands_near(pack: Pack) -> None:
    line = next(ln for ln in reader_of(pack).read(TEXT).lines if "liver" in ln.text)
    seen = features(line, places(line)[-1])
    assert seen["before to"] > seen["before metastases"] > seen["before carcinoid"] > 0
    assert {"section impression", "metastasis before metastasis", "site liver", "after ."} <= seen.keys()
    assert 0 < seen["metastasis near"] < 1


def test_the_chances_of_the_roles_add_up(pack: Pack, roles: SiteRoles) -> None:
    for line in reader_of(pack).read(TEXT).lines:
        for place in places(line):
            chances = roles.chances(line, place)
            assert len(chances) == len(ROLES)
            assert sum(chances) == pytest.approx(1)


def test_plain_sentences_are_read_as_they_are_meant(roles: SiteRoles) -> None:
    support = {(f.kind, f.concept): f.support for f in analysed(roles).findings if f.kind in (Kind.PRIMARY, Kind.METASTASIS)}
    assert all(s is not None and s > 1 / len(ROLES) for s in support.values()), support


def test_a_finding_of_no_site_has_no_support(roles: SiteRoles) -> None:
    assert all(f.support is None for f in analysed(roles).findings if f.kind not in (Kind.PRIMARY, Kind.METASTASIS))


def test_rules_decide_without_it(roles: SiteRoles) -> None:
    assert analysed(roles).record() == analysed(None).record()


def test_what_it_doubts_is_less_certain(roles: SiteRoles) -> None:
    a = analysed(roles)
    code = next(p for p in a.codes if p.code == "C7B.02")
    role = FEATURES["site_role"].of

    def said(support: float | None) -> float:
        found = tuple(replace(f, support=support) for f in a.findings)
        return role(code, Around(found, a.codes, a.gaps, AuthorRole.PROVIDER, len(TEXT)))

    assert said(0.1) < said(0.5) < said(0.9)
    assert said(0.0) == said(0.01)
    assert said(0.5) < said(None) < said(0.9)


def test_an_encounter_keeps_the_support_of_its_notes(roles: SiteRoles) -> None:
    group = NoteGroup(level=Level.ENCOUNTER, group_id="e", notes=(Note(text=TEXT, note_id="n", note_date=dt.date(2026, 11, 10)),))
    found = Analyser(second_opinion=False, roles=roles).analyse_group(group).findings
    assert [f.support for f in found] == [f.support for f in analysed(roles).findings]


@pytest.mark.parametrize(
    ("row", "what"), [(f"{INTERCEPT}\t0\t0\t0\t0\tx", "no number"), (f"{INTERCEPT}\t0\t0\t0\t0\tnan", "no number"), ("node\t0\t0\t0\t0\t0", "no row")]
)  # fmt: skip
def test_tables_that_do_not_fit_are_refused(tmp_path: Path, row: str, what: str) -> None:
    path = tmp_path / "site_roles.tsv"
    path.write_text("\t".join(["feature", *ROLES]) + f"\n{row}\n", encoding="utf-8")
    with pytest.raises(PackError, match=what):
        read_roles(path)


def test_the_table_is_written_as_it_is_read(tmp_path: Path, roles: SiteRoles) -> None:
    path = tmp_path / "site_roles.tsv"
    path.write_text(text_of(roles.weights), encoding="utf-8")
    assert read_roles(path) == roles
