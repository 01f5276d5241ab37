"""How many notes are to come: the right number, or none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oncospan.readers import count_of, read_notes

RESOURCES = [
    {"resourceType": "Encounter", "id": "e"},
    {"resourceType": "Composition", "section": [{"text": {"div": "<p>w</p>"}}]},
]
MESSAGE = "MSH|^~\\&|A|B|C|D|1||MDM^T02|1|P|2.5\rOBX|1|TX|||words\r"


def lines(*rows: object) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def parquet(path: Path, rows: list[dict[str, object]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


@pytest.mark.parametrize(
    ("name", "data", "count"),
    [
        ("x.jsonl", lines({"text": "a"}, {"text": "b"}), 2),
        ("x.jsonl", lines({"text": "a"}, {"text": "b"}) + b"\n\n{broken\n", 3),
        ("x.txt", b"words", 1), ("x.html", b"<p>words</p>", 1), ("x.docx", b"damaged", 1),
        ("x.ndjson", lines(*RESOURCES), None), ("x.jsonl", lines(*RESOURCES), None), ("x.json", lines(RESOURCES), None),
        ("x.hl7", MESSAGE.encode(), None), ("x.txt", MESSAGE.encode(), None), ("x.csv", b"id,text\n1,a\n", None),
        ("x.jsonl", lines({"NOTE_ID": 1, "LINE": 1, "NOTE_TEXT": "a"}, {"NOTE_ID": 1, "LINE": 2, "NOTE_TEXT": "b"}), None),
        ("x.jsonl.gz", gzip.compress(lines({"text": "a"})), None),
    ],
)  # fmt: skip
def test_counts_are_right_or_absent(tmp_path: Path, name: str, data: bytes, count: int | None) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert count_of([path], {}) == count
    assert count is None or count == len(list(read_notes([path])))


def test_a_table_of_pieces_has_more_rows_than_notes(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", [{"id": "1", "text": "a"}, {"id": "2", "text": "b"}])
    assert count_of([tmp_path], {}) == 2
    parquet(
        tmp_path / "b.parquet", [{"NOTE_ID": "1", "LINE": 1, "NOTE_TEXT": "a"}, {"NOTE_ID": "1", "LINE": 2, "NOTE_TEXT": "b"}]
    )
    assert count_of([tmp_path], {}) is None
