"""Every file of a folder of published examples, where it stands beside the project: each is read, or says why not."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from oncospan.readers import read_notes
from oncospan.types import BadNote, Note

FORMATS = Path(os.environ.get("ONCOSPAN_FORMATS", "corpora/formats"))


def _files(kind: str) -> list[Path]:
    folder = FORMATS / kind
    if not folder.is_dir():
        pytest.skip(f"no folder of published examples at {folder} (ONCOSPAN_FORMATS names another)")
    return sorted(p for p in folder.iterdir() if p.is_file())


def test_every_hl7_file_ends_as_notes_or_errors_and_loses_no_text() -> None:
    for path in _files("hl7v2"):
        found = list(read_notes([path]))
        assert found, path.name
        raw = path.read_text("utf-8-sig")
        kind = raw.split("|", 9)[8][:3]
        if kind not in {"MDM", "ORU", "OUL"}:
            assert [n.error.code for n in found if isinstance(n, BadNote)] == ["no_document"], path.name
            continue
        read = "\n".join(n.text for n in found if isinstance(n, Note))
        for segment in re.findall(r"^OBX\|\d*\|(?:TX|FT|ST)\|[^|\n\r]*\|[^|\n\r]*\|([^|\n\r]+)", raw, re.MULTILINE):
            assert segment.strip() in read, path.name
