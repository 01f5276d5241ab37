"""A site's own release: official files become a release folder that stands before the shipped one, or nothing is written."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from types import MappingProxyType

import pytest

from oncospan.errors import InputError, OutputError, UsageError
from oncospan.icd import code_set, excludes1, index_code, index_table, neoplasm_table, release_on, releases, with_codes
from oncospan.icd.order import read_order
from oncospan.icd.site import import_release
from oncospan.pack import Pack

OFFICIAL = Path(__file__).parents[1] / "data" / "official_fy2028"
TABULAR = "Table and Index/icd10cm_tabular_2028.xml"
INDEX = "Table and Index/icd10cm_index_2028.xml"
NEOPLASM = "Table and Index/icd10cm_neoplasm_2028.xml"
ORDER = "icd10cm_order_2028.txt"


@pytest.fixture(scope="module")
def shipped() -> Pack:
    root = Path(__file__).parents[2] / "models" / "oncospan_metastatic"
    return Pack(name="icd", version="0", digest="shipped", root=root, terms=(), settings=MappingProxyType({}))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OFFICIAL, tmp_path / "official"))


def edit(files: Path, name: str, old: str, new: str) -> None:
    path = files / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def leftovers(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


class TestImport:
    def test_gives_the_release_every_run_reads(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        done = import_release(files, "FY2028", tmp_path / "site", shipped)
        assert (done.codes, done.billable, done.neoplasm, done.index, done.slips) == (15, 8, 2, 2, ())
        pack = with_codes(shipped, tmp_path / "site")
        assert [r.name for r in releases(pack)] == ["FY2025", "FY2026", "FY2027", "FY2028"]
        assert release_on(pack, dt.date(2027, 10, 1)).name == "FY2028"
        codes = code_set(pack, "FY2028")
        assert codes.billable("C7B.05")
        assert not codes.billable("M84.5")
        assert codes.title("M84.5XXS") == "Pathological fracture in neoplastic disease, sequela"
        assert excludes1(codes, "C7B.03", "C79.51") is not None
        assert neoplasm_table(pack, "FY2028")[1].secondary == "C79.51"
        assert index_code(pack, "FY2028", "Tumor", "neuroendocrine") == "C7A.-"
        assert [r.term for r in index_table(pack, "FY2028")] == [
            "Tumor (any) > neuroendocrine",
            "Tumor (any) > neuroendocrine > in bone",
        ]
        assert code_set(pack, "FY2027") is not code_set(shipped, "FY2027")
        assert code_set(pack, "FY2027").codes == code_set(shipped, "FY2027").codes

    def test_keeps_the_branches_in_use_and_categories_the_book_did_not_have(
        self, files: Path, tmp_path: Path, shipped: Pack
    ) -> None:
        import_release(files, "FY2028", tmp_path / "site", shipped)
        codes = code_set(with_codes(shipped, tmp_path / "site"), "FY2028")
        assert codes.exists("QA7")
        assert not codes.exists("M84.3")
        assert not codes.covers("M84.3")

    def test_keeps_the_whole_book_when_asked(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        import_release(files, "FY2028", tmp_path / "site", shipped, whole=True)
        codes = code_set(with_codes(shipped, tmp_path / "site"), "FY2028")
        assert codes.billable("M84.3")
        assert codes.covers("M84.39")

    def test_a_release_of_the_same_name_stands_before_the_shipped_one(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        for path in list(files.rglob("*2028*")):
            path.write_text(path.read_text(encoding="utf-8").replace("2028", "2027"), encoding="utf-8")
            path.rename(path.with_name(path.name.replace("2028", "2027")))
        import_release(files, "FY2027", tmp_path / "site", shipped)
        pack = with_codes(shipped, tmp_path / "site")
        assert len(releases(pack)) == 3
        assert code_set(pack, "FY2027").billable("C7B.05")
        assert not code_set(shipped, "FY2027").exists("C7B.05")

    def test_the_digest_covers_the_imported_tables(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        import_release(files, "FY2028", tmp_path / "site", shipped)
        first = with_codes(shipped, tmp_path / "site").digest
        assert first != shipped.digest
        assert first == with_codes(shipped, tmp_path / "site").digest
        path = tmp_path / "site" / "FY2028" / "codes.tsv"
        path.write_text(path.read_text(encoding="utf-8").replace("of liver", "of the liver"), encoding="utf-8")
        assert with_codes(shipped, tmp_path / "site").digest != first

    def test_the_same_files_give_the_same_bytes(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        one, two = (import_release(files, "FY2028", tmp_path / d, shipped).folder for d in ("a", "b"))
        assert {p.name: p.read_bytes() for p in one.iterdir()} == {p.name: p.read_bytes() for p in two.iterdir()}

    def test_replaces_only_when_told(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        site = tmp_path / "site"
        import_release(files, "FY2028", site, shipped)
        with pytest.raises(OutputError, match="imported already"):
            import_release(files, "FY2028", site, shipped)
        edit(files, TABULAR, "<desc>Secondary carcinoid tumors of brain", "<desc>Carcinoid tumors of brain")
        import_release(files, "FY2028", site, shipped, again=True)
        assert code_set(with_codes(shipped, site), "FY2028").title("C7B.05") == "Carcinoid tumors of brain"
        assert leftovers(site) == ["FY2028"]

    def test_a_slip_of_the_index_is_left_out_and_told(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        edit(files, INDEX, "<code>M84.3</code>", "<code>C99.9</code>")
        done = import_release(files, "FY2028", tmp_path / "site", shipped)
        assert done.slips == ("C99.9",)
        assert "C99.9" in (done.folder / "release.toml").read_text(encoding="utf-8")


BAD = [
    (TABULAR, "<version>2028", "<version>2027", "icd10cm_tabular_2028.xml: says it is version 2027, not 2028"),
    (INDEX, "<version>2028</version>", "", "icd10cm_index_2028.xml: says it is version unknown"),
    (TABULAR, "C7B.05", "C7B.06", "icd10cm_order_2028.txt: 1 codes of the tabular file are missing: C7B.06"),
    (ORDER, "C7B05  ", "C7B0500", "1 codes of the tabular file are missing: C7B.05"),
    (ORDER, "00016 QA7     1 ", "00016 QA7     0 ", "another flag than their place in the tabular file: QA7"),
    (ORDER, "00003 C7B     0 ", "00003 C7B     1 ", "another flag than their place in the tabular file: C7B"),
    (ORDER, "00013 M845    0 ", "00013 M845    1 ", "another flag than their place in the tabular file: M84.5"),
    (ORDER, "00015 M845XXS", "00015 M845XXQ", "1 codes are not in the tabular file: M84.5XXQ"),
    (ORDER, "00005 ", "00004 ", "icd10cm_order_2028.txt:5: C7B.02 stands twice or out of order"),
    (ORDER, "00006 C7B03   1", "00006 C7B03   x", "icd10cm_order_2028.txt:6: is not a line of an order file"),
    (NEOPLASM, "C79.51", "C79.52", "1 cells name no code of the order file: C79.52"),
    (NEOPLASM, "C79.5-", "secondary", "cells name no code of the order file: secondary"),
    (TABULAR, "<diag><name>C7B.05</name>", "<diag><name>C7B.03</name>", "has a code twice"),
    (TABULAR, "<ICD10CM.tabular>", "<!DOCTYPE x [<!ENTITY a 'b'>]><ICD10CM.tabular>", "has a DOCTYPE"),
    (TABULAR, "</ICD10CM.tabular>", "", "cannot be read as XML"),
    (TABULAR, "<excludes1>", "<excludes9>", "cannot be read as XML"),
    (TABULAR, "<excludes1><note>secondary carcinoid tumors (C7B.-)</note></excludes1>", "", "no Excludes1 notes"),
]


class TestBadFiles:
    @pytest.mark.parametrize(("name", "old", "new", "message"), BAD)
    def test_are_refused_and_nothing_is_written(
        self, files: Path, tmp_path: Path, shipped: Pack, name: str, old: str, new: str, message: str
    ) -> None:
        edit(files, name, old, new)
        with pytest.raises(InputError) as caught:
            import_release(files, "FY2028", tmp_path / "site", shipped)
        assert message in str(caught.value)
        assert leftovers(tmp_path / "site") == []

    def test_a_bad_import_leaves_the_old_release_alone(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        import_release(files, "FY2028", tmp_path / "site", shipped)
        edit(files, TABULAR, "<excludes1><note>secondary carcinoid tumors (C7B.-)</note></excludes1>", "")
        with pytest.raises(InputError):
            import_release(files, "FY2028", tmp_path / "site", shipped, again=True)
        assert leftovers(tmp_path / "site") == ["FY2028"]
        assert code_set(with_codes(shipped, tmp_path / "site"), "FY2028").exists("C7B.05")

    def test_an_index_of_another_year_is_refused(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        more = "".join(f"<mainTerm><title>x</title><code>C99.{i}</code></mainTerm>" for i in range(30))
        edit(files, INDEX, "</letter>", f"{more}</letter>")
        with pytest.raises(InputError, match="30 codes are not in the order file"):
            import_release(files, "FY2028", tmp_path / "site", shipped)

    @pytest.mark.parametrize("name", [TABULAR, INDEX, NEOPLASM, ORDER])
    def test_a_missing_or_doubled_file_is_named(self, files: Path, tmp_path: Path, shipped: Pack, name: str) -> None:
        kind = Path(name).name.split("_")[1]
        path = files / name
        shutil.copy(path, path.with_stem(f"{path.stem}-April"))
        with pytest.raises(InputError, match=f"needs one official {kind} file, found icd10cm_{kind}_2028"):
            import_release(files, "FY2028", tmp_path / "site", shipped)
        path.with_stem(f"{path.stem}-April").unlink()
        path.unlink()
        with pytest.raises(InputError, match=f"needs one official {kind} file, found none"):
            import_release(files, "FY2028", tmp_path / "site", shipped)

    def test_no_folder_a_wrong_name_and_a_taken_place(self, files: Path, tmp_path: Path, shipped: Pack) -> None:
        with pytest.raises(InputError, match="is no folder"):
            import_release(tmp_path / "nowhere", "FY2028", tmp_path / "site", shipped)
        with pytest.raises(UsageError, match="no release name"):
            import_release(files, "2028", tmp_path / "site", shipped)
        (tmp_path / "file").write_text("x", encoding="utf-8")
        with pytest.raises(OutputError, match="cannot write"):
            import_release(files, "FY2028", tmp_path / "file" / "site", shipped)

    def test_a_folder_without_releases_is_refused(self, tmp_path: Path, shipped: Pack) -> None:
        with pytest.raises(UsageError, match="no imported release"):
            with_codes(shipped, tmp_path)


def test_the_order_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "icd10cm_order_2028.txt"
    for content in (b"", b"code,title\nC7B,x\n", b"\xff\xfe\x00"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"icd10cm_order_2028\.txt"):
            read_order(path)
