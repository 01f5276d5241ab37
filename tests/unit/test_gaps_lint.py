"""The query linter: what it refuses, and what it lets through."""

from __future__ import annotations

import pytest

from oncospan.gaps.lint import OTHER, TAIL, UNABLE, LintProblem, QueryRefusedError, lint
from oncospan.types import Indicator, Query

FLUSHING = "Flushing twice daily, 24 h urine 5-HIAA raised."
TITLE = "Clarification of clinical findings"
QUESTION = "The findings above are documented. Can the condition behind them be documented?"
OPTIONS = ("Due to hormonal activity; condition: ____", "Due to another cause: ____", *TAIL)


def query(
    title: str = TITLE, question: str = QUESTION, options: tuple[str, ...] = OPTIONS, said: tuple[str, ...] = (FLUSHING,)
) -> Query:
    notes = tuple(Indicator(text=t, source="oncology clinic note, provider", date="2026-11-10") for t in said)
    return Query(title=title, indicators=notes, question=question, options=options)


def rules(q: Query) -> set[str]:
    return {p.rule for p in lint(q)}


def test_a_neutral_query_passes() -> None:
    assert lint(query()) == ()


LEADING: dict[str, Query] = {
    "new diagnosis in the title": query(title="Carcinoid syndrome"),
    "new diagnosis in a longer title": query(title="Clarification of malignant ascites"),
    "title that asks": query(title="Is this functional?"),
    "title that presses": query(title="Please document hormonal activity"),
    "please document": query(question="Flushing is noted. Please document the condition. Can you?"),
    "kindly add": query(question="Kindly add the associated condition, can it be added?"),
    "should be documented": query(question="The condition should be documented, can it be clarified?"),
    "must state": query(question="You must state the cause. Can it be stated?"),
    "would you agree": query(question="Would you agree with the findings?"),
    "do you not concur": query(question="Do you not concur with the findings?"),
    "can you confirm": query(question="Can you confirm the findings above?"),
    "criteria are met": query(question="The patient meets criteria for a hormonal condition. Can it be named?"),
    "new diagnosis in the question": query(question="Can carcinoid syndrome be documented?"),
    "new malignancy in the question": query(question="Flushing is noted. Can the metastatic cancer be documented?"),
    "yes/no with a new diagnosis": query(question="Does the patient have carcinoid syndrome?", options=("Yes", "No", *TAIL)),
    "yes/no with an unknown word": query(question="Is this Verner-Morrison disease?"),
    "yes/no by its options": query(
        question="The cause is not stated. Can it be clarified?", options=("Yes, hormonal", "No", *TAIL)
    ),
    "yes/no on words the record lacks": query(question="Is “serotonin excess” present?", options=("Yes", "No", *TAIL)),
    "one option, a new diagnosis": query(options=("Carcinoid syndrome", *TAIL)),
    "two questions": query(question="What is the cause? Can it be documented?"),
    "isn't it": query(question="Isn't this hormonal, or can another cause be named?"),
    "obviously": query(question="The findings are obviously hormonal. Can the condition be named?"),
}


@pytest.mark.parametrize("q", LEADING.values(), ids=LEADING.keys())
def test_a_leading_query_is_refused(q: Query) -> None:
    assert lint(q)


BROKEN: dict[str, tuple[Query, str]] = {
    "no indicator": (query(said=()), "indicators"),
    "an empty indicator": (query(said=(" ",)), "indicators"),
    "no other": (query(options=("Right", "Left", UNABLE)), "options"),
    "no unable": (query(options=("Right", "Left", OTHER)), "options"),
    "the ends turned round": (query(options=("Right", UNABLE, OTHER)), "options"),
    "nothing to choose": (query(options=TAIL), "options"),
    "one option twice": (query(options=("Right", "Right", *TAIL)), "options"),
    "no title": (query(title=" "), "title"),
    "no question": (query(question="The findings above are documented."), "one_question"),
    "words after the question": (query(question="Can the cause be named? Thank you."), "one_question"),
    "an unfilled placeholder": (query(question="Can the role of {site} be clarified?"), "placeholder"),
    "an unfilled option": (query(options=("Site: {site}", "None", *TAIL)), "placeholder"),
}


@pytest.mark.parametrize(("q", "rule"), BROKEN.values(), ids=BROKEN.keys())
def test_an_incomplete_query_is_refused(q: Query, rule: str) -> None:
    assert rule in rules(q)


@pytest.mark.parametrize(
    "words",
    [
        "reimbursement", "payment", "revenue", "a CC", "an MCC", "the MS-DRG", "DRGs", "HCC", "HCCs", "RAF", "severity score",
        "quality", "denial", "an audit", "cc/mcc", "case mix", "payers",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["title", "question", "option", "indicator"])
def test_money_and_quality_words_are_refused_anywhere(words: str, place: str) -> None:
    q = {
        "title": query(title=f"{TITLE} ({words})"),
        "question": query(question=f"For {words}: can the condition be named?"),
        "option": query(options=(f"Condition for {words}", "None", *TAIL)),
        "indicator": query(said=(f"{FLUSHING} {words}",)),
    }[place]
    assert "money" in rules(q)


@pytest.mark.parametrize("said", ["BRAF mutation", "auditory canal", "30cc of fluid", "no paymaster", "coccyx", "McCune"])
def test_clinical_words_that_only_look_alike_pass(said: str) -> None:
    assert lint(query(said=(said,))) == ()


def test_a_site_adds_its_own_words() -> None:
    q = query(said=("Steering score 4.",))
    assert lint(q) == ()
    assert {p.rule for p in lint(q, ["steering score"])} == {"money"}


def test_a_diagnosis_the_record_has_may_be_named() -> None:
    said = ("Impression: carcinoid syndrome.", FLUSHING)
    assert lint(query(question="“carcinoid syndrome” is documented. Can its cause be clarified?", said=said)) == ()
    assert lint(query(title="Clarification of carcinoid syndrome", said=said)) == ()


def test_yes_or_no_may_ask_about_quoted_words_of_the_record() -> None:
    said = ("Radiology: osseous metastases.",)
    q = query(question="Is “osseous metastases” a diagnosis of this patient?", options=("Yes", "No", *TAIL), said=said)
    assert lint(q) == ()


def test_words_quoted_from_the_note_do_not_make_a_query_leading() -> None:
    said = ("? mets, please document",)
    assert lint(query(question="The record documents “? mets, please document”. Can this finding be clarified?", said=said)) == ()


def test_a_problem_never_quotes_the_note() -> None:
    q = query(title="Cushing syndrome", question="Please document Cushing. OK", options=(), said=("Jane Doe, HCC",))
    error = QueryRefusedError(lint(q), where="gaps.yaml:3")
    assert "Jane" not in str(error)
    assert "Cushing" not in str(error)
    assert error.exit_code == 4
    assert all(isinstance(p, LintProblem) for p in error.problems)
