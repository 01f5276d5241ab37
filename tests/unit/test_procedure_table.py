"""A site's own procedure table: off without the site's word, strictly read, most specific row first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import pytest
from jsonschema import Draft202012Validator

from oncospan.coding.procedure_table import ProcedureTable, procedure_table
from oncospan.deeds import ACTS
from oncospan.engine import Analyser, Settings
from oncospan.errors import InputError, UsageError
from oncospan.pack import Pack
from oncospan.pipeline.course.procedures import _act
from oncospan.schema import RECORD, closed
from oncospan.types import Assertion, Evidence, Finding, Kind, Note

HEADER = "code,concept,valid_from,valid_to,descriptor\n"
ROWS = """\
LOCAL-A,ct_abdomen_pelvis,2025-01-01,,any scan of abdomen and pelvis
LOCAL-B,ct_abdomen_pelvis;contrast=with,2025-01-01,,"scan of abdomen and pelvis, contrast"
LOCAL-C,biopsy_liver;guidance=ct;approach=percutaneous,2025-01-01,2026-12-31,sampling of liver
LOCAL-D,pet_ct;extent=whole_body,2027-01-01,,scan of the whole body
"""
DAY = dt.date(2026, 11, 1)


def write(folder: Path, rows: str = ROWS, header: str = HEADER) -> Path:
    path = folder / "own_table.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path: Path) -> ProcedureTable:
    return procedure_table(write(tmp_path), holds_license=True)


def procedure(concept: str, assertion: Assertion = Assertion.PRESENT, ident: str = "f1", **attributes: str) -> Finding:
    evidence = (Evidence(start=0, end=2, text="CT"),)
    return Finding(
        id=ident, kind=Kind.PROCEDURE, concept=concept, assertion=assertion, evidence=evidence,
        attributes=tuple(sorted(attributes.items())),
    )  # fmt: skip


class TestReading:
    def test_needs_the_sites_word(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="hold the license"):
            procedure_table(write(tmp_path), holds_license=False)
        with pytest.raises(UsageError, match="hold the license"):
            Analyser(Settings(procedure_table=write(tmp_path)))

    @pytest.mark.parametrize(
        ("rows", "line", "message"),
        [
            ("X,ct_abdomen,2025-01-01,\n", 2, "4 cells"),
            ("X,ct_abdomen,2025-01-01,,a\nX,ct_abdomen,1/1/2025,,a\n", 3, "no date"),
            ("X,ct_abdomen,2025-01-01,2024-01-01,a\n", 2, "before valid_from"),
            ("X,liver surgery,2025-01-01,,a\n", 2, "none of OncoSpan's"),
            ("X,ct_abdomen;color=red,2025-01-01,,a\n", 2, "none of OncoSpan's"),
            ("X,ct_abdomen;contrast,2025-01-01,,a\n", 2, "none of OncoSpan's"),
            (",ct_abdomen,2025-01-01,,a\n", 2, "no code"),
        ],
    )
    def test_a_bad_row_is_named(self, tmp_path: Path, rows: str, line: int, message: str) -> None:
        with pytest.raises(InputError, match=message) as caught:
            procedure_table(write(tmp_path, rows), holds_license=True)
        assert caught.value.where == f"own_table.csv:{line}"

    def test_a_wrong_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="columns are"):
            procedure_table(write(tmp_path, header="code,concept\n"), holds_license=True)
        with pytest.raises(InputError, match="has no rows"):
            procedure_table(write(tmp_path, rows=""), holds_license=True)
        with pytest.raises(InputError, match="cannot be read"):
            procedure_table(tmp_path / "nowhere.csv", holds_license=True)
        path = tmp_path / "latin.csv"
        path.write_bytes((HEADER + "X,ct_abdomen,2025-01-01,,caf\xe9\n").encode("latin-1"))
        with pytest.raises(InputError, match="is not UTF-8"):
            procedure_table(path, holds_license=True)

    def test_every_deed_of_the_pack_can_be_named(self, pack: Pack) -> None:
        words = {"imaging": None, "tissue": {"biopsy", "fna"}, "treatment": {"resection"}}
        for category, concepts in words.items():
            for rule in pack.of_category(category):
                if rule.concept != "other_imaging" and (concepts is None or rule.concept in concepts):
                    for literal in rule.terms:
                        mention = SimpleNamespace(category=category, concept=rule.concept)
                        assert _act(mention, literal) in ACTS  # type: ignore[arg-type]


class TestCodes:
    def test_the_most_specific_row_stands_alone(self, table: ProcedureTable) -> None:
        (found,) = table.codes([procedure("ct_abdomen_pelvis", contrast="with")], DAY)
        assert (found.code, found.descriptor) == ("LOCAL-B", "scan of abdomen and pelvis, contrast")
        assert [p.code for p in table.codes([procedure("ct_abdomen_pelvis", contrast="without")], DAY)] == ["LOCAL-A"]

    def test_every_attribute_of_the_row_must_be_told(self, table: ProcedureTable) -> None:
        assert table.codes([procedure("biopsy_liver", guidance="ct")], DAY) == ()
        told = procedure("biopsy_liver", guidance="ct", approach="percutaneous", method="core")
        assert [p.code for p in table.codes([told], DAY)] == ["LOCAL-C"]

    def test_rows_are_in_force_between_their_days(self, table: ProcedureTable) -> None:
        scan = procedure("pet_ct", extent="whole_body")
        assert table.codes([scan], DAY) == ()
        assert [p.code for p in table.codes([scan], dt.date(2027, 1, 1))] == ["LOCAL-D"]

    @pytest.mark.parametrize("assertion", [Assertion.HYPOTHETICAL, Assertion.HISTORY, Assertion.UNCERTAIN])
    def test_only_what_was_done_now_has_a_code(self, table: ProcedureTable, assertion: Assertion) -> None:
        assert table.codes([procedure("ct_abdomen_pelvis", assertion)], DAY) == ()

    def test_a_code_stands_once_on_all_its_findings(self, table: ProcedureTable) -> None:
        two = [procedure("ct_abdomen_pelvis"), procedure("ct_abdomen_pelvis", ident="f2", contrast="without")]
        assert [(p.code, p.findings) for p in table.codes(two, DAY)] == [("LOCAL-A", ("f1", "f2"))]


class TestRecords:
    TEXT = "Metastatic neuroendocrine tumor. CT of the abdomen and pelvis with IV contrast showed liver metastases."

    def test_have_the_codes_only_with_a_table(self, tmp_path: Path) -> None:
        note = Note(text=self.TEXT, note_date=DAY)
        plain = Analyser(Settings()).analyse(note).record()
        own = Analyser(Settings(procedure_table=write(tmp_path), holds_license=True)).analyse(note).record()
        assert plain["procedure_codes"] == []
        (code,) = own["procedure_codes"]
        assert (code["code"], code["concept"]) == ("LOCAL-B", "ct_abdomen_pelvis")
        procedures = {f["id"] for f in own["findings"] if f["kind"] == "procedure"}
        assert set(code["findings"]) <= procedures
        assert own["stamp"]["pack_digest"] != plain["stamp"]["pack_digest"]
        Draft202012Validator(closed(RECORD)).validate(own)
        Draft202012Validator(closed(RECORD)).validate(plain)
