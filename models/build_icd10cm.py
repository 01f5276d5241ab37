"""Build the pack's ICD-10-CM tables from the official files: ``python models/build_icd10cm.py DATA_DIR [OUT_DIR]``.

DATA_DIR holds the files named below; ``sources`` in each written ``release.toml`` gives their sha256. The same files give the
same bytes. No code is typed here: the scope is a list of branches, the FY2027 additions come from ``FY2027``.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from oncospan.coder_facts import HCC_COLUMNS, SEVERITY_COLUMNS
from oncospan.icd.index import IndexRow
from oncospan.icd.neoplasm import NeoplasmRow
from oncospan.icd.official import (
    NOTE_TAGS,
    CodeRow,
    NoteRow,
    Tabular,
    read_neoplasm,
    read_tabular,
    stamp,
    write_blocks,
    write_codes,
    write_index,
    write_neoplasm,
    write_notes,
    write_release,
    write_table,
)
from oncospan.icd.patterns import dotted

TABULAR_2026 = Path("icd10c-tabular-April-1-2026.xml")
TABULAR_2025 = Path("fy2025/icd-10-cm-tabular-2025_ch2.xml")
CODES_2025 = Path("fy2025/ICD10CM_2025_codes.csv")
NEOPLASM_2025 = Path("fy2025/icd-10-cm-neoplasm-2025.xml")
FY2027 = Path("relevant_codes_fy2027.json")
FLAT_2025 = Path("neoplasm_table_fy2025.csv")
NEOPLASM_2027 = Path("neoplasm_secondary_fy2027_derived.json")
CC_2026 = Path("cms_fy2026/cc_list.txt")
MCC_2026 = Path("cms_fy2026/mcc_list.txt")
HCC = Path("hcc/v28_neoplasm_subset_py2026_py2027.csv")
INDEX = Path("index_extract_fy2025_with_fy2027_override.json")

CHAPTER_2 = ("C", "D0", "D1", "D2", "D3", "D4")
"""All of C00-D49."""

BESIDE = (
    "D61", "D64", "D70", "E05", "E40", "E41", "E42", "E43", "E44", "E45", "E46", "E83", "E87", "G95", "I07", "I27", "I31",
    "I36", "I37", "R62", "R63", "T86", "Z15", "Z83", "Z87", "Z92",
)  # fmt: skip
"""Categories outside the curated list that complications, statuses and queries name."""

NARROWED = {"M84": "M84.5"}
"""Of these categories only a branch belongs here; the rest would be a thousand fracture codes."""


def main(argv: Sequence[str]) -> int:
    """Write every release; 2 on a wrong call."""
    if len(argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    data = Path(argv[1])
    out = Path(argv[2]) if len(argv) == 3 else Path(__file__).parent / "oncospan_metastatic" / "icd10cm"
    build(data, out)
    return 0


def build(data: Path, out: Path) -> None:
    """Write FY2025, FY2026 and FY2027 under ``out`` from the official files under ``data``."""
    curated: list[dict[str, Any]] = json.loads((data / FY2027).read_text(encoding="utf-8"))
    scope = scope_of(r["code"] for r in curated)
    now = read_tabular(data / TABULAR_2026, lambda code: code.startswith(scope) or any(s.startswith(code) for s in scope))
    table = read_neoplasm(data / NEOPLASM_2025)
    _write_2025(out / "FY2025", data, scope, now, table)
    _write_2026(out / "FY2026", data, scope, now, table)
    _write_2027(out / "FY2027", data, scope, with_2027(now, curated), table)
    for name, column in (("FY2025", "code"), ("FY2026", "code_fy2026"), ("FY2027", "code_fy2027")):
        write_index(out / name / "index.tsv", index_of(data, column))
    _write_coder_facts(out / "coder_facts", data, code_rows(out / "FY2027"), curated)


def code_rows(folder: Path) -> frozenset[str]:
    """The billable codes of a written release."""
    lines = (folder / "codes.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return frozenset(cells[0] for cells in (line.split("\t") for line in lines) if cells[2] == "1")


def _write_coder_facts(folder: Path, data: Path, codes: frozenset[str], curated: list[dict[str, Any]]) -> None:
    """Write the severity and risk tables that only a coder may see, cut down to the codes the pack ships."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(code, "FY2026", "MCC", "IPPS table 6I") for code in _listed(data / MCC_2026)]
    rows += [(code, "FY2026", "CC", "IPPS table 6J") for code in _listed(data / CC_2026)]
    rows += [(r["code"], "FY2027", r["cc_v44"], "MS-DRG V44") for r in curated if r["new_fy"] == 2027 and r["cc_v44"]]
    write_table(folder / "severity.tsv", SEVERITY_COLUMNS, sorted(r for r in rows if r[0] in codes))
    years: dict[str, dict[str, str]] = {}
    with (data / HCC).open(encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            years.setdefault(dotted(row["icd10"]), {})[row["payment_year"]] = row["hcc"]
    risk = ((code, by.get("2026", ""), by.get("2027", "")) for code, by in sorted(years.items()) if code in codes)
    write_table(folder / "hcc_v28.tsv", HCC_COLUMNS, risk)
    sources = "".join(f"  {json.dumps(stamp(data / p))},\n" for p in (MCC_2026, CC_2026, HCC, FY2027))
    (folder / "SOURCES.toml").write_text(f"sources = [\n{sources}]\n", encoding="utf-8")


def _listed(path: Path) -> Iterator[str]:
    """The codes of an IPPS table: one a line before a tab, after two header lines and before the notes."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[2:]:
        code, tab, _ = line.partition("\t")
        if tab and code.strip():
            yield code.strip()


def index_of(data: Path, column: str) -> Iterator[IndexRow]:
    """The lines of the Index extract with the codes of one year; a line without that column has had one code throughout."""
    for row in json.loads((data / INDEX).read_text(encoding="utf-8")):
        code = row.get(column, row["code"])
        see = "; ".join(f"{name} {row[key]}" for key, name in (("see", "see"), ("see_also", "see also")) if row[key])
        if code or see:
            yield IndexRow(term=row["path"], code=code, see=see)


def scope_of(curated: Iterable[str]) -> tuple[str, ...]:
    """The branches that are shipped whole: chapter 2, the curated categories outside it, and those beside them."""
    categories = {code[:3] for code in curated if not code.startswith(CHAPTER_2)} | set(BESIDE)
    return (*CHAPTER_2, *sorted(NARROWED.get(c, c) for c in categories))


def as_of_2025(now: Tabular, data: Path) -> Tabular:
    """FY2025: its own chapter 2; of the other chapters what its code list has, with its titles and FY2026 notes."""
    with (data / CODES_2025).open(encoding="utf-8", newline="") as f:
        titles = {r["Code"]: " ".join(r["Description"].split()) for r in csv.DictReader(f)}
    own = read_tabular(data / TABULAR_2025)
    old = now.only(titles.__contains__)
    ours = {c.code for c in own.codes} | {b.block for b in own.blocks}
    return Tabular(
        codes=(*own.codes, *(replace(c, title=titles[c.code]) for c in old.codes if c.code not in ours)),
        blocks=tuple(next((o for o in own.blocks if o.block == b.block), b) for b in old.blocks),
        notes=(*own.notes, *(n for n in old.notes if n.code not in ours)),
    )


def with_2027(now: Tabular, curated: Iterable[dict[str, Any]]) -> Tabular:
    """FY2027: FY2026 with the curated list's new codes and with its notes wherever they differ."""
    codes = list(now.codes)
    notes = list(now.notes)
    for row in curated:
        if row["new_fy"] == 2027:
            codes.insert(_place(codes, row["code"]), CodeRow(code=row["code"], title=row["title"], parent=row["code"][:-1]))
        had = [n for n in notes if n.code == row["code"]]
        have = [
            NoteRow(code=row["code"], type=kind, text=" ".join(text.split()))
            for tag, kind in NOTE_TAGS.items()
            for text in row["own_notes"].get(tag, ())
        ]
        if have != had:
            notes = [n for n in notes if n.code != row["code"]] + have
    return Tabular(codes=tuple(codes), blocks=now.blocks, notes=tuple(notes))


def moved_2027(table: Sequence[NeoplasmRow], data: Path) -> list[NeoplasmRow]:
    """The Table of Neoplasms with the secondary cells that move to the codes new in FY2027.

    The moves name rows by the paths of the flat FY2025 table, which has the rows of the XML in its order but shorter
    titles. Stops when a move finds no row or another code in it.
    """
    moves = {r["term"]: r for r in json.loads((data / NEOPLASM_2027).read_text(encoding="utf-8"))["rows"]}
    out = []
    for row, path in zip(table, _flat_paths(data / FLAT_2025), strict=True):
        if (move := moves.pop(path, None)) is None:
            out.append(row)
            continue
        if (row.primary, row.secondary) != (move["primary"], move["secondary_fy2025"]):
            raise SystemExit(f"{NEOPLASM_2027.name}: {path} is not the row the move was made for")
        out.append(replace(row, secondary=move["secondary_fy2027_derived"]))
    if moves:
        raise SystemExit(f"{NEOPLASM_2027.name}: no row for {sorted(moves)}")
    return out


def _flat_paths(path: Path) -> Iterator[str]:
    above: list[str] = []
    with path.open(encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            above = [*above[: int(row["Level"])], row["Term"]]
            yield " > ".join(above[1:] or above)


def _place(codes: Sequence[CodeRow], code: str) -> int:
    """Where a code goes: before the first of its siblings that follows it, else behind the last code under its parent."""
    parent = code[:-1]
    under = [i for i, c in enumerate(codes) if c.code.startswith(parent)]
    if not under:
        raise SystemExit(f"{code}: its parent {parent} is not in FY2026; the build does not know where it goes")
    return next((i for i in under if codes[i].code > code), under[-1] + 1)


def _write_2025(folder: Path, data: Path, scope: tuple[str, ...], now: Tabular, table: Sequence[NeoplasmRow]) -> None:
    _write_tables(folder, as_of_2025(now, data), table)
    write_release(
        folder / "release.toml",
        "FY2025",
        ("2024-10-01", "2025-09-30"),
        scope=scope,
        sources=[stamp(data / p) for p in (TABULAR_2025, CODES_2025, NEOPLASM_2025, TABULAR_2026, INDEX)],
        derived=[
            "chapter 2 (codes, titles, notes) and the Table of Neoplasms are FY2025's own",
            "outside chapter 2: codes and titles are those of the FY2025 code list, billable is derived from the tree",
            "outside chapter 2: the tree, the notes and the 7th characters are FY2026's, cut down to the FY2025 codes",
        ],
        not_included=["FY2025 notes outside chapter 2 that FY2026 changed", "Index lines of other fields"],
    )


def _write_2026(folder: Path, data: Path, scope: tuple[str, ...], now: Tabular, table: Sequence[NeoplasmRow]) -> None:
    _write_tables(folder, now, table)
    write_release(
        folder / "release.toml",
        "FY2026",
        ("2025-10-01", "2026-09-30"),
        scope=scope,
        sources=[stamp(data / p) for p in (TABULAR_2026, NEOPLASM_2025, INDEX)],
        derived=[
            "the Tabular List is the April 1 2026 update; what it added is shown from the first day of the fiscal year",
            "neoplasm.tsv is the FY2025 table, unchanged",
            "index.tsv is the FY2025 Index; its lines on neuroendocrine tumors were compared with FY2026's",
        ],
        not_included=["the FY2026 Table of Neoplasms", "Index lines of other fields"],
    )


def _write_2027(folder: Path, data: Path, scope: tuple[str, ...], next_year: Tabular, table: Sequence[NeoplasmRow]) -> None:
    rows = moved_2027(table, data)
    _write_tables(folder, next_year, rows)
    write_release(
        folder / "release.toml",
        "FY2027",
        ("2026-10-01", "2027-09-30"),
        scope=scope,
        sources=[stamp(data / p) for p in (TABULAR_2026, FY2027, NEOPLASM_2025, FLAT_2025, NEOPLASM_2027, INDEX)],
        derived=[
            "FY2026 (April 1 2026) with the codes the curated FY2027 list marks as new, and its notes where they differ",
            "compared with the FY2027 pages: C75-C80, D3A, D37-D38, E16-E24, E31-E34, Z51, Z85-Z86.0; the rest is FY2026's",
            "neoplasm.tsv is the FY2025 table with secondary cells moved to the new codes; derived, not verified",
            "index.tsv is the FY2025 Index with the one line on neuroendocrine tumors that FY2027 changed",
        ],
        not_included=[
            "category QA1 (inherited neoplasm predisposition) and the split of Z68.1: no official titles at hand",
            "the FY2027 Table of Neoplasms",
            "Index lines of other fields",
        ],
    )


def _write_tables(folder: Path, tabular: Tabular, table: Sequence[NeoplasmRow]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_codes(folder / "codes.tsv", tabular)
    write_blocks(folder / "blocks.tsv", tabular)
    write_notes(folder / "notes.tsv", tabular)
    write_neoplasm(folder / "neoplasm.tsv", table)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
