"""ICD-10-CM releases, codes, notes and Excludes1 conflicts, on the tables the pack ships."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from oncospan.errors import PackError, UsageError
from oncospan.icd import CodeSet, NoteType, code_set, code_set_on, excludes1, neoplasm_table, release_on, releases
from oncospan.icd.codes import _code_set
from oncospan.pack import Pack

ROOT = Path(__file__).parents[2] / "models" / "oncospan_metastatic"
DATA = Path(__file__).parents[3] / "shared" / "domain" / "data"
YEARS = ("FY2025", "FY2026", "FY2027")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the official ICD-10-CM files are not beside this checkout")


def make_pack(root: Path, digest: str = "shipped") -> Pack:
    """A pack with nothing but its code tables, so that these tests do not depend on the terms."""
    return Pack(name="icd", version="0", digest=digest, root=root, terms=(), settings=MappingProxyType({}))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return make_pack(ROOT)


@pytest.fixture(scope="module")
def fy2027(pack: Pack) -> CodeSet:
    return code_set(pack, "FY2027")


@pytest.fixture(scope="module")
def curated() -> list[dict[str, Any]]:
    if not DATA.is_dir():
        pytest.skip("the curated FY2027 list is not beside this checkout")
    rows: list[dict[str, Any]] = json.loads((DATA / "relevant_codes_fy2027.json").read_text(encoding="utf-8"))
    return rows


class TestReleases:
    def test_are_the_fiscal_years_oldest_first(self, pack: Pack) -> None:
        assert tuple(r.name for r in releases(pack)) == YEARS

    @pytest.mark.parametrize(
        ("day", "name"),
        [
            ("2024-10-01", "FY2025"),
            ("2025-09-30", "FY2025"),
            ("2025-10-01", "FY2026"),
            ("2026-09-30", "FY2026"),
            ("2026-10-01", "FY2027"),
            ("2027-09-30", "FY2027"),
            ("2031-01-01", "FY2027"),
        ],
    )
    def test_release_on_a_day(self, pack: Pack, day: str, name: str) -> None:
        assert release_on(pack, dt.date.fromisoformat(day)).name == name
        assert code_set_on(pack, dt.date.fromisoformat(day)) is code_set(pack, name)

    def test_a_day_before_the_oldest_has_no_answer(self, pack: Pack) -> None:
        with pytest.raises(UsageError, match="FY2025, begins 2024-10-01"):
            release_on(pack, dt.date(2024, 9, 30))

    def test_an_unknown_release_names_the_known_ones(self, pack: Pack) -> None:
        with pytest.raises(UsageError) as caught:
            code_set(pack, "FY1999")
        assert "FY2025, FY2026, FY2027" in caught.value.hint


class TestCodes:
    def test_agree_with_the_curated_list(self, fy2027: CodeSet, curated: list[dict[str, Any]]) -> None:
        wrong = []
        for row in curated:
            # The list marks the M84.5- stems as reportable; they carry a 7th character, so only the expanded codes are.
            stem = row["billable"] and row["valid_v44"] is None
            found = fy2027.get(row["code"])
            if found is None or found.title != row["title"] or found.billable != (row["billable"] and not stem):
                wrong.append(row["code"])
            if stem and not all(fy2027.billable(c) for c in fy2027.children(row["code"])):
                wrong.append(row["code"])
        assert wrong == []

    @needs_data
    @pytest.mark.parametrize("table", ["cc_list.txt", "mcc_list.txt"])
    def test_every_severity_code_in_scope_is_billable(self, pack: Pack, table: str) -> None:
        codes = code_set(pack, "FY2026")
        lines = (DATA / "cms_fy2026" / table).read_text(encoding="utf-8", errors="replace").splitlines()[2:]
        listed = [c for c in (line.partition("\t")[0] for line in lines) if codes.covers(c)]
        assert len(listed) > 20
        assert [c for c in listed if not codes.billable(c)] == []

    @pytest.mark.parametrize("year", YEARS)
    @pytest.mark.parametrize("header", ["C7B", "C7B.0", "C7A.0", "C7A.01", "E34.0", "C78.3", "M84.58", "M84", "C79"])
    def test_headers_are_not_billable(self, pack: Pack, year: str, header: str) -> None:
        codes = code_set(pack, year)
        assert codes.exists(header)
        assert not codes.billable(header)

    @pytest.mark.parametrize(
        ("code", "years"),
        [
            ("C78.31", ("FY2027",)),
            ("C78.32", ("FY2027",)),
            ("C79.83", ("FY2027",)),
            ("C50.A1", ("FY2026", "FY2027")),
            ("Z85.4A", ("FY2026", "FY2027")),
            ("E88.1", ("FY2025",)),
            ("E34.00", YEARS),
            ("E34.01", YEARS),
            ("E34.09", YEARS),
            ("C7B.02", YEARS),
            ("M84.58XA", YEARS),
            ("Z51.5", YEARS),
        ],
    )
    def test_releases_differ_where_the_books_do(self, pack: Pack, code: str, years: tuple[str, ...]) -> None:
        assert tuple(y for y in YEARS if code_set(pack, y).billable(code)) == years

    def test_what_fy2027_adds(self, pack: Pack) -> None:
        old, new = code_set(pack, "FY2026"), code_set(pack, "FY2027")
        assert sorted(new.codes.keys() - old.codes.keys()) == ["C78.31", "C78.32", "C79.83"]
        assert old.codes.keys() <= new.codes.keys()
        added = {n.text for n in new.notes("Z51.5")} - {n.text for n in old.notes("Z51.5")}
        assert added == {"Encounter for comfort care", "Encounter for hospice care"}

    def test_read_with_and_without_the_dot(self, fy2027: CodeSet) -> None:
        assert fy2027.get("c7b02") is fy2027.get("C7B.02")
        assert fy2027.title("C7B.02") == "Secondary carcinoid tumors of liver"
        assert fy2027.get("C7B.99") is None
        assert not fy2027.exists("")

    def test_the_tree(self, fy2027: CodeSet) -> None:
        assert fy2027.ancestors("C7A.010") == ("C7A.01", "C7A.0", "C7A")
        assert fy2027.chain("C7A.010")[4:] == ("C7A-C7A", "C00-C96", "C00-D49")
        assert fy2027.ancestors("C7A") == fy2027.ancestors("X99.9") == fy2027.chain("X99.9") == ()
        assert fy2027.children("C78.3") == ("C78.30", "C78.31", "C78.32", "C78.39")
        assert fy2027.leaves("C78.0-") == ("C78.00", "C78.01", "C78.02")
        assert fy2027.leaves("C7B.-")[-2:] == ("C7B.1", "C7B.8")
        assert fy2027.leaves("M84.58")[0] == "M84.58XA"
        assert fy2027.title("M84.58XA").endswith("other specified site, initial encounter for fracture")

    def test_scope_tells_unknown_from_wrong(self, fy2027: CodeSet) -> None:
        assert fy2027.covers("C34.99")
        assert not fy2027.exists("C34.99")
        assert not fy2027.covers("S32.010A")
        assert not fy2027.covers("M84.38")

    def test_search_takes_every_word(self, fy2027: CodeSet) -> None:
        assert "C7B.02" in [c.code for c in fy2027.search("secondary carcinoid liver")]
        assert [c.code for c in fy2027.search("metastatic cancer")] == ["C79.9"]
        assert fy2027.search("C7B.0")[0].code == "C7B.0"
        assert fy2027.search("  ") == ()

    @pytest.mark.parametrize("year", YEARS)
    def test_every_code_hangs_on_the_book(self, pack: Pack, year: str) -> None:
        codes = code_set(pack, year)
        assert all(codes.chain(c)[-1] == "C00-D49" for c in codes.codes if c[0] == "C")
        assert all(c[:3] in codes.order for c in codes.codes)

    def test_loads_fast(self, pack: Pack) -> None:
        _code_set.cache_clear()
        start = time.process_time()
        codes = code_set(pack, "FY2027")
        excludes1(codes, "C34.11", "C7A.090")
        assert time.process_time() - start < 0.6  # 0.08 s when alone; the margin is for busy machines

    def test_keep_small(self) -> None:
        assert sum(p.stat().st_size for p in (ROOT / "icd10cm").rglob("*") if p.is_file()) < 3_000_000


class TestNotes:
    def test_are_inherited_nearest_first(self, fy2027: CodeSet) -> None:
        places = [n.code for n in fy2027.notes("C7A.010", NoteType.EXCLUDES2, NoteType.USE_ADDITIONAL)]
        assert places == ["C7A"] * 4
        assert fy2027.notes("C7A.010", inherited=False) == ()
        assert {n.code for n in fy2027.notes("C34.11")} == {"C34", "C30-C39", "C00-D49"}

    def test_own_notes_agree_with_the_curated_list(self, fy2027: CodeSet, curated: list[dict[str, Any]]) -> None:
        for row in curated:
            wanted = list(row["own_notes"].get("excludes1", ()))
            assert [n.text for n in fy2027.notes(row["code"], NoteType.EXCLUDES1, inherited=False)] == wanted

    def test_history_codes_name_what_they_stand_for(self, fy2027: CodeSet) -> None:
        note = next(n for n in fy2027.notes("Z85.060") if n.targets)
        assert [t.written for t in note.targets] == ["C7A.01-"]


CONFLICTS = [
    ("C17.2", "C7A.012"),
    ("C17.9", "C7A.019"),
    ("C18.7", "C7A.025"),
    ("C18.0", "C7A.021"),
    ("C19", "C7A.029"),
    ("C20", "C7A.026"),
    ("C34.11", "C7A.090"),
    ("C34.90", "C7A.090"),
    ("C37", "C7A.091"),
    ("C64.1", "C7A.093"),
    ("C75.0", "C7A.1"),
    ("C80.1", "C7A.00"),
    ("C80.0", "C7A.00"),
    ("C79.51", "C7B.03"),
    ("C79.52", "C7B.03"),
    ("C78.7", "C7B.02"),
    ("C78.6", "C7B.04"),
    ("C78.01", "C7B.02"),
    ("C79.31", "C7B.09"),
    ("C79.70", "C7B.8"),
    ("C79.9", "C7B.00"),
    ("C79.2", "C7B.1"),
    ("C77.2", "C7B.01"),
    ("C77.2", "C7B.04"),
    ("C77.0", "C83.30"),
    ("C77.9", "C96.A"),
    ("C79.9", "C80.0"),
    ("C79.9", "C80.1"),
    ("E34.2", "E24.3"),
    ("C76.2", "C44.90"),
    ("C34.11", "C45.0"),
]
NO_CONFLICTS = [
    ("C78.01", "C7B.09"),
    ("C78.00", "C7B.8"),
    ("C77.2", "C7B.09"),
    ("C16.9", "C7A.092"),
    ("C21.0", "C7A.026"),
    ("C20", "C7A.025"),
    ("C25.4", "C7A.8"),
    ("C79.51", "C78.7"),
    ("C7A.012", "C7B.02"),
    ("C7A.1", "C7B.8"),
    ("C7A.012", "E34.00"),
    ("C7A.8", "D3A.8"),
    ("C77.0", "C7A.1"),
    ("C76.2", "C7A.00"),
    ("C4A.9", "C7B.1"),
    ("C34.11", "C78.7"),
    ("C50.911", "C79.51"),
    ("C79.51", "C79.51"),
    ("C79.51", "XYZ"),
]


class TestExcludes1:
    @pytest.mark.parametrize(("a", "b"), CONFLICTS)
    @pytest.mark.parametrize("year", YEARS)
    def test_conflicts(self, pack: Pack, year: str, a: str, b: str) -> None:
        codes = code_set(pack, year)
        for pair in (excludes1(codes, a, b), excludes1(codes, b, a)):
            assert pair is not None
            assert {pair.code, pair.other} == {a, b}
            assert pair.note_code in codes.chain(pair.code)
            assert pair.target in pair.note_text

    @pytest.mark.parametrize(("a", "b"), NO_CONFLICTS)
    @pytest.mark.parametrize("year", YEARS)
    def test_no_conflicts(self, pack: Pack, year: str, a: str, b: str) -> None:
        codes = code_set(pack, year)
        assert excludes1(codes, a, b) is None
        assert excludes1(codes, b, a) is None

    def test_name_the_note(self, fy2027: CodeSet) -> None:
        pair = excludes1(fy2027, "C7B.03", "C79.51")
        assert pair is not None
        assert (pair.code, pair.other, pair.note_code, pair.target) == ("C79.51", "C7B.03", "C79.5", "C7B.03")
        assert pair.note_text == "secondary carcinoid tumors of bone (C7B.03)"


class TestNeoplasmTable:
    @needs_data
    @pytest.mark.parametrize("year", YEARS)
    def test_has_the_rows_of_the_flat_table(self, pack: Pack, year: str) -> None:
        with (DATA / "neoplasm_table_fy2025.csv").open(encoding="utf-8", newline="") as f:
            flat = [(r["MalignantPrimary"], r["CaInSitu"], r["Benign"], r["UncertainBehavior"]) for r in csv.DictReader(f)]
        assert [(r.primary, r.in_situ, r.benign, r.uncertain) for r in neoplasm_table(pack, year)] == flat

    def test_secondary_cells_move_in_fy2027_only(self, pack: Pack) -> None:
        cell = {y: {r.term: r.secondary for r in neoplasm_table(pack, y)} for y in YEARS}
        assert cell["FY2025"] == cell["FY2026"]
        moved = {t for t, code in cell["FY2027"].items() if code != cell["FY2026"][t]}
        assert len(moved) == 225
        assert {cell["FY2027"][t] for t in moved} == {"C78.31", "C78.32", "C79.83"}
        assert cell["FY2027"]["epiglottis > posterior surface"] == "C78.31"
        assert cell["FY2027"]["liver"] == "C78.7"

    def test_terms_are_unique(self, pack: Pack) -> None:
        terms = [r.term for r in neoplasm_table(pack, "FY2027")]
        assert len(terms) == len(set(terms)) == 1939


class TestBadTables:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        shutil.copytree(ROOT / "icd10cm" / "FY2027", tmp_path / "icd10cm" / "FY2027")
        return tmp_path / "icd10cm" / "FY2027"

    @pytest.mark.parametrize(
        ("file", "line"),
        [
            ("codes.tsv", "C7B.02\tAgain\t1\tC7B.0"),
            ("codes.tsv", "C7B.9\tNo parent\t1\tC7Q"),
            ("codes.tsv", "C7B.9\tBad flag\tyes\tC7B"),
            ("codes.tsv", "c7\tNo code\t1\tC7B"),
            ("blocks.tsv", "X00-X09\tFire\tNOPE\tX00"),
            ("notes.tsv", "C99\texcludes1\ttext\t"),
            ("notes.tsv", "C7B\texcludes9\ttext\t"),
            ("notes.tsv", "C7B\texcludes1\ttext\tC8*"),
            ("notes.tsv", "C7B\texcludes1"),
        ],
    )
    def test_say_file_and_line(self, copy: Path, file: str, line: str) -> None:
        path = copy / file
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
        number = len(path.read_text(encoding="utf-8").splitlines())
        with pytest.raises(PackError) as caught:
            code_set(make_pack(copy.parents[1], digest=line), "FY2027").notes("C7B")
        assert caught.value.where == f"{file}:{number}"

    def test_a_billable_code_has_nothing_under_it(self, copy: Path) -> None:
        path = copy / "codes.tsv"
        path.write_text(path.read_text(encoding="utf-8") + "C7B.020\tPart of liver\t1\tC7B.02\n", encoding="utf-8")
        with pytest.raises(PackError, match=r"C7B\.02 is billable but has C7B\.020 under it"):
            code_set(make_pack(copy.parents[1], digest="under"), "FY2027")

    @pytest.mark.parametrize(
        ("old", "new"),
        [('"FY2027"', '"FY2028"'), ("2027-09-30", "2026-09-30"), ("2027-09-30", '"2027-09-30"'), ("scope", "scop"), ("= [", "[")],
    )
    def test_a_bad_release_file_is_named(self, copy: Path, old: str, new: str) -> None:
        path = copy / "release.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        with pytest.raises(PackError) as caught:
            releases(make_pack(copy.parents[1], digest=old + new))
        assert caught.value.where == "icd10cm/FY2027/release.toml"

    def test_a_hole_between_releases_is_an_error(self, copy: Path) -> None:
        shutil.copytree(ROOT / "icd10cm" / "FY2025", copy.parent / "FY2025")
        with pytest.raises(PackError, match="does not begin the day after FY2025 ends"):
            releases(make_pack(copy.parents[1], digest="hole"))

    def test_a_pack_without_releases_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(PackError, match="no ICD-10-CM release"):
            releases(make_pack(tmp_path, digest="none"))
