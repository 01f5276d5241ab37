"""The vignettes of the domain specification: the codes right, and never one that must not stand."""

from __future__ import annotations

import datetime as dt
import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from oncospan.engine import Settings, analyser_of
from oncospan.types import Analysis, CodeStatus, Note


@pytest.fixture(scope="module")
def vignettes(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "domain/vignettes.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _analysis(v: dict[str, Any]) -> Analysis:
    note = Note(
        text=v["text"], note_id=v["id"], setting=v["setting"], author_role=v["author_role"], note_type=v["note_type"],
        note_date=dt.date.fromisoformat(v["encounter_date"]),
    )  # fmt: skip
    return analyser_of(Settings()).analyse(note)


def _proposed(analysis: Analysis) -> list[str]:
    return [c.code for c in analysis.codes if c.status is CodeStatus.PROPOSED]


def _right(v: dict[str, Any], proposed: list[str]) -> bool:
    codes = [c for c in proposed if c not in v["optional_codes"]]
    wanted = v["expected_codes"]
    if v["order"] == "strict":
        return codes == wanted
    return sorted(codes) == sorted(wanted) and (v["order"] == "any" or codes[:1] == wanted[:1])


def test_no_vignette_proposes_a_code_that_must_not_stand(vignettes: list[dict[str, Any]]) -> None:
    wrong = {
        v["id"]: bad
        for v in vignettes
        if (bad := [c for c in _proposed(_analysis(v)) if any(fnmatch(c, m) for m in v["must_not_codes"])])
    }
    assert wrong == {}


def test_the_codes_of_the_vignettes_are_right(vignettes: list[dict[str, Any]]) -> None:
    right = [v["id"] for v in vignettes if _right(v, _proposed(_analysis(v)))]
    assert len(right) >= 40, sorted({v["id"] for v in vignettes} - set(right))
