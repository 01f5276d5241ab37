"""ConText rules, the decision from their cues, and the annotated sentences under tests/spec/assertion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Span

import oncospan_metastatic
from oncospan.errors import PackError
from oncospan.pack import load
from oncospan.pipeline.medspacy_adapter import silence
from oncospan.pipeline.mentions.assertion import GROUP, ContextRule, SpanAsserter, build_context, checkbox, decide, read_context
from oncospan.pipeline.text.tokens import blank, doc_of, tokenize
from oncospan.types import Assertion

SPEC = Path(__file__).parents[1] / "spec" / "assertion"
ROOT = Path(str(oncospan_metastatic.__file__)).parent
RULES = read_context(ROOT)

KNOWN_FAILURES = {
    "history.pmh": "a heading is a sentence of its own; what a history section means is decided for the case",
}


def unmarked(marked: str) -> tuple[str, int, int]:
    """The text without its «angle quotes», and the offsets of what they held."""
    start = marked.index("«")
    return marked.replace("«", "").replace("»", ""), start, marked.index("»") - 1


class Bench:
    """ConText with the pack's rules over one marked sentence."""

    def __init__(self) -> None:
        self.nlp = blank()
        self.context = build_context(self.nlp, RULES)

    def target(self, marked: str, label: str = "TARGET", before: str = "") -> Span:
        """The marked target after ConText, with ``before`` as another sentence in front."""
        text, start, end = unmarked(marked)
        front, tokens = tokenize(before), tokenize(text)
        words, k = front.words + tokens.words, len(front.words)
        inside = [i for i, (a, b) in enumerate(zip(tokens.starts, tokens.ends, strict=True)) if a < end and start < b]
        doc = doc_of(self.nlp.vocab, type(tokens)(words, front.starts + tokens.starts, front.ends + tokens.ends))
        for i, token in enumerate(doc):
            token.is_sent_start = i in (0, k)
        span = Span(doc, k + inside[0], k + inside[-1] + 1, label=label)
        doc.spans[GROUP] = [span]
        self.context(doc)
        return span


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="module")
def asserter() -> SpanAsserter:
    return SpanAsserter(load())


def label_of(rule: ContextRule) -> str:
    return min(rule.allowed) if rule.allowed else "TARGET"


def matched(span: Span) -> set[str]:
    return {m.rule.metadata["id"] for m in span.doc._.context_graph.modifiers}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_rule_decides_its_example(bench: Bench, rule: ContextRule) -> None:
    span = bench.target(rule.example, label_of(rule))
    decision = decide(span)
    if rule.direction in ("PSEUDO", "TERMINATE"):
        assert rule.id in matched(span)
        assert decision.assertion is Assertion.PRESENT
    else:
        assert rule.id in {m.rule.metadata["id"] for m in span._.modifiers}
        assert rule.category in {c.category for c in decision.cues}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_rule_leaves_its_counter_example(bench: Bench, rule: ContextRule) -> None:
    decision = decide(bench.target(rule.counter_example, label_of(rule)))
    if rule.direction in ("PSEUDO", "TERMINATE"):
        assert decision.assertion is not Assertion.PRESENT
    else:
        assert rule.category not in {c.category for c in decision.cues}


def spec_cases() -> list[Any]:
    cases = []
    for path in sorted(SPEC.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            ident = f"{path.stem}.{case['id']}"
            marks = [pytest.mark.xfail(reason=KNOWN_FAILURES[ident], strict=True)] if ident in KNOWN_FAILURES else []
            cases.append(pytest.param(case["text"], case["is"], case.get("as", GROUP), id=ident, marks=marks))
    return cases


CASES = spec_cases()


@pytest.mark.parametrize(("marked", "expected", "label"), CASES)
def test_annotated_sentence(asserter: SpanAsserter, marked: str, expected: str, label: str) -> None:
    text, start, end = unmarked(marked)
    assertion, cues = asserter.of(text, start, end, label)
    assert assertion == expected
    assert all(text[c.start : c.end] == c.text and (c.end <= start or end <= c.start) for c in cues)


def test_annotated_sentences_are_many_and_named_once() -> None:
    names = [c.id for c in CASES]
    assert len(names) >= 250
    assert len(set(names)) == len(names)
    assert set(KNOWN_FAILURES) <= set(names)


@pytest.mark.parametrize("rule", [r for r in RULES if r.direction not in ("PSEUDO", "TERMINATE")], ids=lambda r: r.id)
def test_a_sentence_in_front_changes_nothing(bench: Bench, rule: ContextRule) -> None:
    alone = decide(bench.target(rule.example, label_of(rule)))
    behind = decide(bench.target(rule.example, label_of(rule), before="No ascites but possible gout in her mother."))
    assert behind.assertion is alone.assertion
    assert [c.rule_id for c in behind.cues] == [c.rule_id for c in alone.cues]


# --- spans of any text ---------------------------------------------------------------------------------------------------


def test_cue_words_of_the_span_are_not_its_cues(asserter: SpanAsserter) -> None:
    text = "No evidence of recurrence."
    assert asserter.of(text, 0, 25)[0] is Assertion.PRESENT
    assertion, cues = asserter.of(text, text.index("evidence"), 25)
    assert assertion is Assertion.ABSENT
    assert [c.text for c in cues] == ["No"]


def test_part_words_count_whole(asserter: SpanAsserter) -> None:
    text = "No liver metastases."
    assert asserter.of(text, 11, 13)[0] is Assertion.ABSENT


def test_evidence_names_rule_and_place(asserter: SpanAsserter) -> None:
    text = "IMPRESSION: There is no evidence of liver metastases."
    _, (cue,) = asserter.of(text, text.index("liver"), len(text) - 1)
    assert (cue.text, cue.rule) == ("no evidence of", "context.negated.no_evidence")
    assert text[cue.start : cue.end] == cue.text
    assert cue.section == "impression"


def test_a_span_over_two_sentences(asserter: SpanAsserter) -> None:
    text = "No fever. Liver metastases grew."
    assert asserter.of(text, 3, 26)[0] is Assertion.ABSENT


def test_white_space_is_simply_present(asserter: SpanAsserter) -> None:
    assert asserter.of("one \n\n two", 4, 5) == (Assertion.PRESENT, ())


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 2), (-1, 4), (0, 99), (99, 100)])
def test_a_span_outside_the_text_is_refused_without_the_text(asserter: SpanAsserter, start: int, end: int) -> None:
    with pytest.raises(ValueError, match="span") as caught:
        asserter.of("secret words", start, end)
    assert "secret" not in str(caught.value)


WORDS = st.sampled_from(
    "no not without possible metastases , . ; : ( ) ? mother history of if [x] [ ] liver \n was ruled out scheduled for vs".split(
        " "
    )
)


@settings(max_examples=60, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=14), data=st.data())
def test_any_span_of_any_text_has_an_assertion(asserter: SpanAsserter, words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first = asserter.of(text, start, end)
    assert first == asserter.of(text, start, end)
    assert all(text[c.start : c.end] == c.text for c in first[1])


# --- sections and check boxes ----------------------------------------------------------------------------------------------


def test_a_family_section_makes_family_unless_the_patient_is_meant(bench: Bench) -> None:
    family = frozenset({"family"})
    assert decide(bench.target("«Breast cancer», gout."), family).assertion is Assertion.FAMILY
    assert decide(bench.target("No «breast cancer»."), family).assertion is Assertion.FAMILY
    assert decide(bench.target("The patient has «breast cancer»."), family).assertion is Assertion.PRESENT
    assert decide(bench.target("The patient's mother had «breast cancer»."), family).assertion is Assertion.FAMILY


def test_an_instruction_section_supposes(bench: Bench) -> None:
    supposed = frozenset({"hypothetical", "low_trust"})
    assert decide(bench.target("Treatment of «liver metastases»."), supposed).assertion is Assertion.HYPOTHETICAL
    assert decide(bench.target("You have no «liver metastases»."), supposed).assertion is Assertion.ABSENT


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("[x] liver", "ticked"), ("[X] liver", "ticked"), ("[ ] liver", "unticked"), ("[] liver", "unticked"),
        ("\N{BALLOT BOX} liver", "unticked"), ("\N{BALLOT BOX WITH X} liver", "ticked"),
        ("\N{BALLOT BOX WITH CHECK} liver", "ticked"), ("( ) liver", "unticked"), ("(x) Yes ( ) No", "ticked"),
        ("liver: [x] No [ ] Yes", "unticked"), ("[x] No liver metastases", "ticked"), ("liver (segment 4)", None),
        ("liver [1]", None),
    ],
)  # fmt: skip
def test_checkbox(sentence: str, expected: str | None) -> None:
    assert checkbox(sentence) == expected


def test_the_nearest_box_in_front_governs() -> None:
    line = "[x] liver [ ] bone [x] lung"
    assert [checkbox(line, line.index(w)) for w in ("liver", "bone", "lung")] == ["ticked", "unticked", "ticked"]


# --- reading the rules ---------------------------------------------------------------------------------------------------

GOOD = """\
- id: context.negated.no
  category: NEGATED_EXISTENCE
  direction: FORWARD
  terms: ["no", "no (clear|) sign of"]
  example: "No «mets»."
  counter_example: "«Mets»."
"""


def read_text(folder: Path, text: str) -> tuple[ContextRule, ...]:
    (folder / "context.yaml").write_text(text, encoding="utf-8")
    return read_context(folder)


def test_terms_are_written_out(tmp_path: Path) -> None:
    (rule,) = read_text(tmp_path, GOOD)
    assert tuple(rule.literals()) == ("no", "no clear sign of", "no sign of")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("NEGATED_EXISTENCE", "NEGATED"), ("FORWARD", "FORWARDS"), ("context.negated.no", "negated.no"), ('"no",', "no,"),
        ('["no", "no (clear|) sign of"]', '["No"]'), ("  direction: FORWARD\n", ""), ("  example", "  max_scope: 0\n  example"),
        ("«Mets».", "Mets."), ("  example", "  surprise: 1\n  example"), ("  example", "  reach: far\n  example"),
        ("  example", "  terminated_by: [NOTHING]\n  example"), ("  example", "  allowed: [A]\n  excluded: [B]\n  example"),
        ("NEGATED_EXISTENCE", "BREAK"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_with_its_line(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(PackError) as caught:
        read_text(tmp_path, GOOD.replace(old, new, 1))
    assert str(caught.value.where).startswith("context.yaml")


def test_repeated_ids_and_terms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="rule id"):
        read_text(tmp_path, GOOD + GOOD)
    with pytest.raises(PackError, match="the term 'no'"):
        read_text(tmp_path, GOOD + GOOD.replace("negated.no", "negated.nay"))
    with pytest.raises(PackError, match="not a list"):
        read_text(tmp_path, "a: 1\n")


def test_rule_ids_are_of_their_category() -> None:
    groups = {r.id.split(".")[1] for r in RULES}
    assert groups == {
        "negated", "possible", "affirmed", "history", "hypothetical", "planned", "family", "pseudo", "scope",
    }  # fmt: skip


# --- tokens and the adapter ----------------------------------------------------------------------------------------------


def test_tokens_keep_source_offsets() -> None:
    text = "No r/o'd 1.5-cm m\u00e9tastase.\n\u2022 Ki67<3%"
    tokens = tokenize(text, 3)
    assert [text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)] == tokens.words
    assert tokens.words[:5] == ["r", "/", "o", "'", "d"]
    assert "Ki67" not in repr(tokens)


def test_the_language_cuts_like_tokenize() -> None:
    text = "T2N0M0, w/o mets (0/12)"
    doc = blank()(text)
    assert [t.text for t in doc] == tokenize(text).words
    assert doc.text == text


def test_import_is_quiet_light_and_leaves_no_trace() -> None:
    code = (
        "import sys, warnings; before = list(warnings.filters)\n"
        "import oncospan.pipeline.medspacy_adapter as a\n"
        "for name in ('quickumls', 'nltk', 'sklearn', 'spacy.cli', 'requests', 'jinja2', 'langcodes', 'pysbd'):\n"
        "    assert name not in sys.modules, name\n"
        "assert all(f in warnings.filters for f in before)\n"
        "assert ('ignore', None, Warning, None, 0) not in warnings.filters\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout == ""


def test_what_the_import_leaves_out_is_there_for_others() -> None:
    code = (
        "import oncospan.pipeline, medspacy.sentence_splitting, spacy, spacy.util\n"
        "assert spacy.info(silent=True)['spacy_version'] == spacy.__version__\n"
        "import spacy.cli; assert spacy.cli.download\n"
        "assert spacy.util.find_matching_language('en') == 'en'\n"
        "assert medspacy.sentence_splitting.pysbd.Segmenter(language='en')\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_loguru_is_told_to_pass_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    disabled: list[str] = []
    loguru = ModuleType("loguru")
    loguru.__dict__["logger"] = type("Logger", (), {"disable": staticmethod(disabled.append)})
    monkeypatch.setitem(sys.modules, "loguru", loguru)
    silence()
    assert "PyRuSH" in disabled
    assert "medspacy" in disabled


def test_without_loguru_there_is_nothing_to_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "loguru", None)
    silence()
