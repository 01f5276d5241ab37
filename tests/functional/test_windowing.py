"""Reading only the sentences that matter changes no finding: the same as when every sentence is kept."""

from __future__ import annotations

import pytest

from oncospan.pack import Pack
from oncospan.pipeline.findings import findings
from oncospan.pipeline.reading import Reader
from oncospan.types import Note


@pytest.fixture(scope="module")
def reader(pack: Pack) -> Reader:
    return Reader(pack)


def test_windowing_changes_no_finding_on_real_notes(reader: Reader, dev_notes: tuple[Note, ...]) -> None:
    for note in dev_notes:
        kept = findings(reader.read(note.text), note.author_role)
        whole = findings(reader.read(note.text, whole=True), note.author_role)
        assert [f.record() for f in kept] == [f.record() for f in whole], note.note_id


SCATTERED = """HISTORY: 66-year-old man. The weather was fine. Lungs clear. Heart regular.
A. LIVER, SEGMENT 6:
Core biopsy: metastatic neuroendocrine tumor.
He lives with his wife. Pelvis and spine not tender. Abdomen soft, liver not felt.
Ileal primary still in place. No bone metastases. Walks daily. Family well.
"""


def test_windowing_changes_no_finding_where_most_sentences_do_not_matter(reader: Reader) -> None:
    text = SCATTERED * 3
    kept = findings(reader.read(text))
    assert kept
    assert [f.record() for f in kept] == [f.record() for f in findings(reader.read(text, whole=True))]
