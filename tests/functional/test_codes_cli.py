"""``oncospan codes``: show, search, diff, import, and an imported release used by extract."""

from __future__ import annotations

import io
import json
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pytest

from oncospan import cli
from oncospan.codes_cli import data_folder

OFFICIAL = Path(__file__).parents[1] / "data" / "official_fy2028"


def oncospan(*args: str) -> SimpleNamespace:
    """Runs the command line in this process; gives exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["oncospan", *args])
        try:
            cli.main()
            code = 0
        except SystemExit as e:
            code = int(e.code or 0)
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


class TestShow:
    def test_a_code(self) -> None:
        done = oncospan("codes", "show", "c7b02")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[0] == "C7B.02  Secondary carcinoid tumors of liver"
        assert lines[1] == "  billable in FY2027 (2026-10-01 to 2027-09-30)"
        assert lines[2] == "  releases: FY2025 billable, FY2026 billable, FY2027 billable"
        assert "  C7B.0    Secondary carcinoid tumors" in lines
        assert "  C7B  code to identify any functional activity" in lines
        assert "  Tumor > carcinoid > secondary > liver" in lines

    def test_a_header_says_so_and_shows_what_stands_below_and_excludes(self) -> None:
        out = oncospan("codes", "show", "C79.5").stdout
        assert "a header, not billable in FY2027" in out
        assert "  C79.51   Secondary malignant neoplasm of bone\n" in out
        assert (
            "Excludes1 (not together)\n  C79.5  secondary carcinoid tumors of bone (C7B.03)\n  C79    secondary carcinoid" in out
        )

    def test_as_json_with_inherited_notes(self) -> None:
        record = json.loads(oncospan("codes", "show", "J91.0", "--json").stdout)
        assert record["notes"]["code_first"] == [{"at": "J91.0", "text": "underlying neoplasm (C00-D49)"}]
        assert {n["at"] for n in record["notes"]["excludes2"]} > {"J91"}
        assert record["releases"] == {"FY2025": "billable", "FY2026": "billable", "FY2027": "billable"}

    @pytest.mark.parametrize("chosen", [("--on", "2026-09-30"), ("--release", "FY2026")])
    def test_a_code_that_came_later(self, chosen: tuple[str, str]) -> None:
        done = oncospan("codes", "show", "C78.31", *chosen)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "error: FY2026 has no code C78.31\nhint:  It stands in FY2027.\n"
        assert oncospan("codes", "show", "C78.31", "--on", "2026-10-01").returncode == 0

    def test_what_is_not_held_and_what_does_not_exist(self) -> None:
        assert "is not shipped" in oncospan("codes", "show", "S32.010A").stderr
        assert "codes search" in oncospan("codes", "show", "C7B.77").stderr

    def test_two_ways_to_choose_a_release_are_refused(self) -> None:
        done = oncospan("codes", "show", "C7B.02", "--on", "2026-10-01", "--release", "FY2027")
        assert (done.returncode, "Give one of them" in done.stderr) == (2, True)


class TestSearch:
    def test_lists_codes_and_headers(self) -> None:
        assert oncospan("codes", "search", "secondary", "carcinoid", "liver").stdout == (
            "C7B.02   Secondary carcinoid tumors of liver\n"
        )
        assert "C7B.0    (header) Secondary carcinoid tumors\n" in oncospan("codes", "search", "C7B").stdout
        assert "header" not in oncospan("codes", "search", "C7B", "--billable").stdout

    def test_nothing_found(self) -> None:
        done = oncospan("codes", "search", "xylophone")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "no code has all of these words\n")


def test_diff() -> None:
    out = oncospan("codes", "diff", "FY2026", "FY2027").stdout
    assert "Codes new in FY2027 (3)\n  C78.31   Secondary malignant neoplasm of larynx\n" in out
    assert "C78.39 -> C78.31  33 cells: " in out
    assert "Tumor > neuroendocrine: D3A.8 -> C7A.-\n" in out
    record = json.loads(oncospan("codes", "diff", "FY2026", "FY2027", "--json").stdout)
    assert len(record["neoplasm"]) == 225
    assert "no difference" in oncospan("codes", "diff", "FY2026", "FY2026").stdout
    assert oncospan("codes", "diff", "FY2026", "FY2099").returncode == 2


class TestImport:
    def test_is_used_by_extract(self, tmp_path: Path) -> None:
        site = tmp_path / "site"
        done = oncospan("codes", "import", str(OFFICIAL), "--release", "FY2028", "--into", str(site))
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0].startswith("FY2028: 15 codes and headers, 8 billable, 2 rows")
        assert "FY2028" in oncospan("codes", "diff", "FY2027", "FY2028", "--codes", str(site)).stdout
        note = {"id": "n", "text": "Metastatic carcinoid tumor with liver metastases.", "note_date": "2027-11-01"}
        (tmp_path / "n.jsonl").write_text(json.dumps(note), encoding="utf-8")
        stamps = []
        for more in ((), ("--codes", str(site))):
            run = oncospan("extract", str(tmp_path / "n.jsonl"), "-o", str(tmp_path / "out.jsonl"), *more)
            assert run.returncode == 0, run.stderr
            record = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
            assert "C7B.02" in [c["code"] for c in record["codes"]]
            stamps.append(record["stamp"])
        assert [s["release"] for s in stamps] == ["FY2027", "FY2028"]
        assert stamps[0]["pack_digest"] != stamps[1]["pack_digest"]

    def test_a_folder_without_releases_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "n.txt").write_text("Liver metastases.", encoding="utf-8")
        done = oncospan("extract", str(tmp_path / "n.txt"), "-o", str(tmp_path / "out.jsonl"), "--codes", str(tmp_path))
        assert done.returncode == 2
        assert "codes import FOLDER" in done.stderr

    def test_bad_files_leave_nothing(self, tmp_path: Path) -> None:
        files = shutil.copytree(OFFICIAL, tmp_path / "official")
        (files / "icd10cm_order_2028.txt").write_text("00001 nonsense", encoding="utf-8")
        done = oncospan("codes", "import", str(files), "--release", "FY2028", "--into", str(tmp_path / "site"))
        assert (done.returncode, done.stdout) == (5, "")
        assert "where: icd10cm_order_2028.txt:1" in done.stderr
        assert not (tmp_path / "site").exists()

    def test_the_data_folder_is_the_users(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert data_folder() == tmp_path / "oncospan" / "icd10cm"
        monkeypatch.delenv("XDG_DATA_HOME")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert data_folder() == tmp_path / ".local" / "share" / "oncospan" / "icd10cm"


class TestCoderFacts:
    def test_are_shown_only_when_asked_for(self, tmp_path: Path) -> None:
        note = tmp_path / "n.txt"
        note.write_text("Metastatic carcinoid tumor with liver metastases.", encoding="utf-8")
        assert "Coder facts" not in oncospan("explain", str(note), "--on", "2026-11-01").stdout
        out = oncospan("explain", str(note), "--on", "2026-11-01", "--coder-facts").stdout
        shown = out.partition("Coder facts")[2]
        assert "C7B.02    CC        17        17        IPPS table 6J FY2026" in shown
        assert "never part of a query" in shown


class TestProcedureTable:
    def test_is_used_only_with_the_sites_word(self, tmp_path: Path) -> None:
        note = tmp_path / "n.txt"
        note.write_text("Metastatic NET. CT of the chest with IV contrast showed lung metastases.", encoding="utf-8")
        table = tmp_path / "own.csv"
        table.write_text(
            "code,concept,valid_from,valid_to,descriptor\nLOCAL-A,ct_chest,2020-01-01,,own words\n", encoding="utf-8"
        )
        out = tmp_path / "out.jsonl"
        refused = oncospan("extract", str(note), "-o", str(out), "--procedure-table", str(table))
        assert (refused.returncode, out.exists()) == (2, False)
        assert "--i-hold-a-license" in refused.stderr
        done = oncospan("extract", str(note), "-o", str(out), "--procedure-table", str(table), "--i-hold-a-license")
        assert done.returncode == 0, done.stderr
        record = json.loads(out.read_text(encoding="utf-8"))
        assert [p["code"] for p in record["procedure_codes"]] == ["LOCAL-A"]
