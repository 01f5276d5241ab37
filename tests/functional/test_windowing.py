"""Reading only the sentences that matter changes no finding: the same as when every sentence is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oncospan.pack import Pack
from oncospan.pipeline.findings import findings
from oncospan.pipeline.reading import Reader


@pytest.fixture(scope="module")
def reader(pack: Pack) -> Reader:
    return Reader(pack)


def _texts(dev_notes: list[dict[str, Any]]) -> Iterator[str]:
    yield from (note["text"] for note in dev_notes)


def test_windowing_changes_no_finding_on_real_notes(reader: Reader, shared: Path) -> None:
    import json

    lines = (shared / "corpora/dev/docs.jsonl").read_text(encoding="utf-8").splitlines()
    for doc in map(json.loads, lines):
        kept = findings(reader.read(doc["text"]))
        whole = findings(reader.read(doc["text"], whole=True))
        assert [f.record() for f in kept] == [f.record() for f in whole], doc["id"]
