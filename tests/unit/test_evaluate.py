from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oncospan.errors import InputError
from oncospan.evaluate import SLOTS, evaluate, read_rows


def gold(name: str, **parts: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"primaries": [], "metastases": [], "functional": [], "confirmations": [], "codes": [], "gaps": []}
    return {"id": name, **empty, "alternates": {}, "comment": "", **parts}


def finding(kind: str, concept: str, assertion: str = "present", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "concept": concept, "assertion": assertion, **more}


def code(name: str, status: str = "proposed", *spans: tuple[int, int, str]) -> dict[str, Any]:
    return {"code": name, "status": status, "evidence": [{"start": a, "end": b, "text": t} for a, b, t in spans]}


TEXT = "Ileal carcinoid, liver metastases, maybe bone. Liver biopsy."

GOLD = [
    gold(
        "a",
        primaries=[{"site": "ileum", "certainty": "certain", "status": "current"}],
        metastases=[{"site": "liver", "assertion": "present"}, {"site": "bone", "assertion": "uncertain"}],
        functional=[{"kind": "carcinoid_syndrome", "assertion": "present"}],
        confirmations=[{"kind": "tissue", "modality": "biopsy", "of": "metastasis"}],
        codes=[{"code": "C7B.02", "quotes": ["liver metastases"]}, {"code": "C7A.012", "quotes": ["Ileal"]}],
        alternates={"C7A.012": ["C7A.019"], "?E34.00": [], "?Z51.11": ["Z51.12"]},
        gaps=["G11", "?G03"],
        comment="invented",
    ),
    gold("b", primaries=[{"site": "lung", "certainty": "uncertain", "status": "current"}], codes=[]),
    gold(
        "c",
        primaries=[{"site": "sigmoid_colon", "certainty": "certain", "status": "history"}],
        metastases=[{"site": "lymph_node_axilla", "assertion": "absent"}],
        codes=[{"code": "Z85.038", "quotes": ["Ileal"]}],
        gaps=["G01", "G05"],
    ),
    gold("d", codes=[{"code": "C78.7", "quotes": ["liver"]}]),
]

RECORDS = [
    {
        "note_id": "a",
        "findings": [
            finding("primary", "jejunum"),
            finding("metastasis", "liver"),
            finding("metastasis", "bone", "uncertain"),
            finding("metastasis", "lung", "uncertain"),
            finding("functional", "carcinoid_syndrome"),
            finding("functional", "insulinoma", "family"),
            finding("confirmation", "biopsy", test="tissue", of="metastasis"),
            finding("confirmation", "ct", test="imaging", of=["metastasis", "primary"]),
            finding("confirmation", "mri", "absent", test="imaging", of="primary"),
            finding("treatment", "octreotide"),
        ],
        "codes": [
            code("C7B.02", "proposed", (17, 33, "liver metastases")),
            code("C7A.019", "proposed", (0, 5, "Ileal")),
            code("E34.00"),
            code("Z51.12"),
            code("C79.51"),
            code("C78.00", "review"),
        ],
        "gaps": [{"gap": "G11_FUNCTIONAL_STATUS_MISSING"}, {"gap": "G03_X"}, {"gap": "G12_Y"}],
    },
    {"note_id": "b", "findings": [], "codes": [], "gaps": []},
    {
        "note_id": "c",
        "findings": [finding("primary", "colon", "history"), finding("metastasis", "lymph_node", "absent")],
        "codes": [code("Z85.038", "proposed", (0, 5, "wrong")), code("C18.7")],
        "gaps": [{"gap": "G01_Z"}],
    },
]


def rows(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item.get("id") or item["note_id"]: item for item in items}


DOCS = rows([{"id": g["id"], "text": TEXT} for g in GOLD])


def write(path: Path, items: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def test_the_figures_of_a_small_example_are_right() -> None:
    result = evaluate(rows(GOLD), DOCS, rows(RECORDS))
    counts = {name: (s.tp, s.fp, s.fn) for name, s in result.slots.items()}
    assert counts == {
        "primary_site": (2, 0, 0),
        "primary_status": (2, 0, 0),
        "metastasis_present": (1, 0, 0),
        "metastasis_absent": (1, 0, 0),
        "metastasis_uncertain": (1, 1, 0),
        "functional": (1, 0, 0),
        "confirmation_kind": (1, 2, 0),
        "confirmation_modality": (1, 2, 0),
        "code": (3, 2, 1),
        "code_category": (3, 2, 1),
        "gap": (2, 1, 1),
    }
    assert result.slots["code"].precision == pytest.approx(3 / 5)
    assert result.slots["code"].recall == pytest.approx(3 / 4)
    assert result.without_output == ("d",)
    assert result.evidence == {"spans": 3, "spans_not_in_note": 1, "codes_met": 2, "codes_met_with_overlapping_evidence": 1.0}


def test_errors_are_listed_by_document() -> None:
    result = evaluate(rows(GOLD), DOCS, rows(RECORDS))
    assert [(name, o.wrong, o.missed) for name, o in result.faulty("code")] == [
        ("a", ("C79.51",), ()),
        ("c", ("C18.7",), ()),
        ("d", (), ("C78.7",)),
    ]
    assert [(name, o.wrong, o.missed) for name, o in result.faulty("gap")] == [("a", ("G12",), ()), ("c", (), ("G05",))]


def test_nothing_against_nothing_is_perfect() -> None:
    result = evaluate({}, {}, {})
    assert all(s.f1 == 1.0 for s in result.slots.values())


def public_figures(scorer: Path, *files: Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, scorer, *files, "--json"], capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_the_figures_equal_those_of_the_public_scorer(tmp_path: Path, shared: Path) -> None:
    files = [write(tmp_path / n, items) for n, items in (("gold", GOLD), ("docs", list(DOCS.values())), ("out", RECORDS))]
    ours = evaluate(rows(GOLD), DOCS, rows(RECORDS)).record()
    assert ours == public_figures(shared / "eval" / "score.py", *files)


def test_the_figures_equal_those_of_the_public_scorer_on_the_development_set(tmp_path: Path, shared: Path) -> None:
    """The records are the gold bent at fixed places, so that every slot has rights, wrongs and misses."""
    dev = shared / "corpora" / "dev"
    wanted, docs = read_rows(dev / "gold.jsonl"), read_rows(dev / "docs.jsonl")
    records = [bent(g, docs[g["id"]]["text"], n) for n, g in enumerate(wanted.values()) if n % 17]
    out = write(tmp_path / "out", records)
    ours = evaluate(wanted, docs, read_rows(out)).record()
    assert ours == public_figures(shared / "eval" / "score.py", dev / "gold.jsonl", dev / "docs.jsonl", out)
    assert all(ours[slot]["tp"] and ours[slot]["fn"] for slot in SLOTS)


def bent(g: dict[str, Any], text: str, n: int) -> dict[str, Any]:
    found = [finding("primary", p["site"], "history" if p["status"] == "history" else "present") for p in g["primaries"]]
    found += [finding("metastasis", m["site"], m["assertion"]) for m in g["metastases"]]
    found += [finding("functional", f["kind"], f["assertion"]) for f in g["functional"]]
    found += [finding("confirmation", c["modality"], test=c["kind"], of=c["of"]) for c in g["confirmations"]]
    codes = [code(c["code"], "proposed", (n, n + 8, text[n : n + 8])) for c in g["codes"]]
    gaps = [{"gap": x.removeprefix("?") + "_NAME"} for x in g["gaps"]]
    return {
        "note_id": g["id"],
        "findings": [f for k, f in enumerate(found) if (k + n) % 4],
        "codes": [c for k, c in enumerate(codes) if (k + n) % 3] + [code("C79.9")] * (n % 2),
        "gaps": [x for k, x in enumerate(gaps) if (k + n) % 5],
    }


@pytest.mark.parametrize(
    ("data", "message"), [(b"{", "JSON object"), (b"[1]", "JSON object"), (b'{"a": 1}', "with an id"), (b"\xe9", "UTF-8")]
)
def test_bad_files_are_named(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_rows(path)


def test_gold_without_its_document() -> None:
    with pytest.raises(InputError, match="1 gold documents"):
        evaluate(rows(GOLD[:1]), {}, {})
