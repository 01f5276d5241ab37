"""The build of the ICD-10-CM tables: the official files give the shipped bytes, and a wrong file is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oncospan.errors import InputError
from oncospan.icd.official import Tabular, read_neoplasm, read_tabular, write_blocks, write_codes, write_notes

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "models" / "oncospan_metastatic" / "icd10cm"
DATA = ROOT.parent / "shared" / "domain" / "data"

TABULAR = """<?xml version="1.0"?>
<ICD10CM.tabular><version>2030</version>
<chapter><name>2</name><desc>Neoplasms (C00-D49)</desc><notes><note>Read me (C00-D49)</note></notes>
<section id="C00-C96"><desc>Malignant (C00-C96)</desc></section>
<section id="C7B"><desc>Secondary (C7B)</desc>
<diag><name>C7B</name><desc>Secondary
   tumors</desc><excludes1><note>other (C81-C96)</note><note>vitamins (B12)</note></excludes1>
<sevenChrDef><extension char="A">initial</extension><extension char="S">sequela</extension></sevenChrDef>
<diag><name>C7B.0</name><desc>Of liver</desc></diag></diag></section>
<section id="C81-C96"><desc>Blood (C81-C96)</desc>
<diag><name>C81</name><desc>Hodgkin</desc></diag><diag><name>C96</name><desc>Other</desc></diag></section>
</chapter></ICD10CM.tabular>"""


@pytest.mark.skipif(not DATA.is_dir(), reason="the official ICD-10-CM files are not beside this checkout")
def test_rebuild_gives_the_shipped_bytes(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "models" / "build_icd10cm.py"), str(DATA), str(tmp_path)]
    subprocess.run(command, check=True, timeout=120)
    built = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    shipped = {p.relative_to(SHIPPED): p.read_bytes() for p in SHIPPED.rglob("*") if p.is_file()}
    assert sorted(built) == sorted(shipped)
    assert [str(p) for p in built if built[p] != shipped[p]] == []


def read(tmp_path: Path) -> Tabular:
    path = tmp_path / "tabular.xml"
    path.write_text(TABULAR, encoding="utf-8")
    return read_tabular(path, lambda code: True)


def test_a_tabular_list_becomes_rows(tmp_path: Path) -> None:
    tabular = read(tmp_path)
    write_codes(tmp_path / "codes.tsv", tabular)
    write_blocks(tmp_path / "blocks.tsv", tabular)
    write_notes(tmp_path / "notes.tsv", tabular)
    assert (tmp_path / "codes.tsv").read_text(encoding="utf-8").splitlines() == [
        "code\ttitle\tbillable\tparent",
        "C7B\tSecondary tumors\t0\tC7B-C7B",
        "C7B.0\tOf liver\t0\tC7B",
        "C7B.0XXA\tOf liver, initial\t1\tC7B.0",
        "C7B.0XXS\tOf liver, sequela\t1\tC7B.0",
        "C81\tHodgkin\t1\tC81-C96",
        "C96\tOther\t1\tC81-C96",
    ]
    assert (tmp_path / "blocks.tsv").read_text(encoding="utf-8").splitlines()[1:] == [
        "C00-D49\tNeoplasms\t\t",
        "C00-C96\tMalignant\tC00-D49\t",
        "C7B-C7B\tSecondary\tC00-C96\tC7B",
        "C81-C96\tBlood\tC00-C96\tC81 C96",
    ]
    assert (tmp_path / "notes.tsv").read_text(encoding="utf-8").splitlines()[1:] == [
        "C00-D49\tnote\tRead me (C00-D49)\t",
        "C7B\texcludes1\tother (C81-C96)\tC81-C96",
        "C7B\texcludes1\tvitamins (B12)\t",
    ]


def test_only_takes_codes_notes_and_categories_away(tmp_path: Path) -> None:
    tabular = read(tmp_path).only(lambda code: code != "C7B")
    assert [c.code for c in tabular.codes] == ["C7B.0", "C81", "C96"]
    assert [n.code for n in tabular.notes] == ["C00-D49"]
    assert [b.categories for b in tabular.blocks] == [(), (), (), ("C81", "C96")]


@pytest.mark.parametrize("content", ["not XML", "<other/>"])
def test_a_wrong_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wrong.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"wrong\.xml:1: "):
        read_tabular(path, lambda code: True)
    with pytest.raises(InputError, match=r"wrong\.xml:1: "):
        read_neoplasm(path)
