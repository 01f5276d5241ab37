"""The component in pipelines of spaCy and medspaCy: spans, record, processes, saving."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

import oncospan
from oncospan.errors import PackError, UsageError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "spacy_pipeline.py"
TEXT = "Impression: ileal carcinoid with hepatic metastases on CT. No bone metastases. Possible lung metastasis."
ODD = "\u00a0Known liver-metastases/bone-mets.\U0001f600\r\n\r\nNo\u2028 brain metastases\x00. Ileal carcinoid\twith hepatic\n metastases"


@pytest.fixture(scope="module")
def nlp() -> Language:
    made = spacy.blank("en")
    made.add_pipe("oncospan", config={"on": "2026-11-10"})
    return made


def mentions(record: dict[str, Any]) -> Iterator[tuple[int, int, str, str, str]]:
    for f in record["findings"]:
        for e in f["evidence"]:
            yield e["start"], e["end"], f["kind"], f["concept"], f["id"]


@pytest.mark.parametrize("text", [TEXT, ODD, "", " ", "Seen for a cold."])
def test_a_doc_gets_the_record_and_a_span_for_each_mention(nlp: Language, text: str) -> None:
    doc = nlp(text)
    assert doc.text == text
    record = doc._.oncospan
    assert record == oncospan.analyse(text, on="2026-11-10").record()
    wanted = list(mentions(record))
    assert len(doc.spans["oncospan"]) == len(wanted)
    for span, (start, end, kind, concept, ident) in zip(doc.spans["oncospan"], wanted, strict=True):
        assert (span.label_, span.kb_id_, span.id_) == (kind, concept, ident)
        assert span.start_char <= start < end <= span.end_char
        assert doc[span.start].idx + len(doc[span.start]) > start
        assert doc[span.end - 1].idx < end
    codes = [(c["code"], c["status"]) for c in record["codes"] for _ in c["evidence"]]
    assert [(s.label_, s.id_) for s in doc.spans["oncospan_codes"]] == codes


def test_offsets_hold_where_tokens_do_not_align(nlp: Language) -> None:
    doc = nlp(ODD)
    wider = [s for s, (start, end, *_) in zip(doc.spans["oncospan"], mentions(doc._.oncospan), strict=True)
             if (s.start_char, s.end_char) != (start, end)]  # fmt: skip
    assert wider
    for f in doc._.oncospan["findings"]:
        assert all(ODD[e["start"] : e["end"]] == e["text"] for e in f["evidence"])


def test_the_entry_point_needs_no_import() -> None:
    assert "oncospan" in {e.name for e in entry_points(group="spacy_factories")}
    program = (
        "import sys, spacy; nlp = spacy.blank('en'); heavy = {'medspacy', 'pandas', 'sklearn', 'oncospan.engine'} & set(sys.modules); "
        "nlp.add_pipe('oncospan'); print(sorted(heavy), nlp.pipe_names)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[] ['oncospan']\n"


def test_settings_of_the_component_and_of_one_note(nlp: Language) -> None:
    text = "Discharge diagnosis: probable hepatic metastases of the known ileal carcinoid."
    inpatient = spacy.blank("en")
    inpatient.add_pipe("oncospan", config={"setting": "inpatient", "on": "2026-11-10", "spans_key": "mine"})
    doc = inpatient(text)
    assert doc._.oncospan == oncospan.analyse(text, on="2026-11-10", setting="inpatient").record()
    assert {"mine", "mine_codes"} == set(doc.spans)
    told: Doc = nlp.make_doc(text)
    told._.oncospan_note = {"setting": "inpatient", "note_id": "n-7", "note_date": "2025-11-10"}
    record = nlp(told)._.oncospan
    assert (record["setting"], record["note_id"], record["note_date"]) == ("inpatient", "n-7", "2025-11-10")
    assert record["stamp"]["release"] == "FY2026"
    wrong = nlp.make_doc(text)
    wrong._.oncospan_note = {"sex": "F"}
    with pytest.raises(UsageError, match="a note has no sex"):
        nlp(wrong)
    with pytest.raises(ValueError, match="inpatiant"):
        spacy.blank("en").add_pipe("oncospan", config={"setting": "inpatiant"})
    assert nlp.make_doc(text)._.oncospan is None


def test_pipe_gives_the_same_in_one_process_and_in_two(nlp: Language) -> None:
    texts = [TEXT, ODD, "Seen for a cold.", TEXT.replace("hepatic", "cerebral")] * 2
    one = [doc._.oncospan for doc in nlp.pipe(texts)]
    two = list(nlp.pipe(texts, n_process=2, batch_size=2))
    assert [doc._.oncospan for doc in two] == one
    alone = nlp(TEXT)
    spans = [[(s.text, s.label_, s.kb_id_, s.id_) for s in doc.spans["oncospan"]] for doc in (two[0], alone)]
    assert spans[0] == spans[1]


def test_docs_and_pipelines_keep_it_when_they_are_saved(nlp: Language, tmp_path: Path) -> None:
    doc = nlp(TEXT)
    (back,) = DocBin(store_user_data=True, docs=[doc]).get_docs(nlp.vocab)
    assert back._.oncospan == doc._.oncospan
    nlp.to_disk(tmp_path / "model")
    for again in (spacy.load(tmp_path / "model"), pickle.loads(pickle.dumps(nlp))):
        assert again(TEXT)._.oncospan == doc._.oncospan
    empty = spacy.blank("en")
    empty.add_pipe("oncospan")
    assert empty.from_bytes(nlp.to_bytes())(TEXT)._.oncospan["codes"] == doc._.oncospan["codes"]
    state = tmp_path / "model" / "oncospan" / "pack.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "digest": "sha256:" + "0" * 64}))
    with pytest.raises(PackError, match="another is installed"):
        spacy.load(tmp_path / "model")


def test_no_words_of_notes_stand_in_a_repr(nlp: Language) -> None:
    nlp(TEXT)
    assert "carcinoid" not in repr(nlp.get_pipe("oncospan"))


@pytest.mark.slow
def test_the_example_runs() -> None:
    done = subprocess.run([sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for line in (
        "hepatic metastases     metastasis     liver    f2",
        "C7B.02 Secondary carcinoid tumors of liver proposed",
        "['G09_UNCERTAIN_METASTASIS', 'G11_FUNCTIONAL_STATUS_MISSING']",
        "n-7 inpatient",
        "[('Octreotide', 'DRUG')]",
        "('bone metastases', 'metastasis', 'bone')",
    ):
        assert line in done.stdout
    assert done.stdout.rstrip().endswith("True")
    assert not [line for line in done.stderr.splitlines() if "carcinoid" in line or "metastas" in line]
