"""The forms in a note: printed choices answered by a number, and boxes to tick, behind a question ("Bone metastases: [ ] yes [x] no") or a label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

_QUESTION = re.compile(r"^[^:\n]{3,90}:[ \t]*[^\s:\w]{0,3}[^\s:]{1,2}\W{0,3}[ \t]*(?:\n\W{0,3}|[ \t]+)[1lLI][ .)]", re.MULTILINE)
"""A label, an answer of one or two signs (scans lose the digit), and behind it a list that begins with 1."""
_FEWEST = 3
"""How many such questions make a form."""
_ANSWERED = re.compile(r"\W{0,4}[A-Z]\w?\W{0,2}\s[^:\n]{3,90}:[ \t]*(?=[^\n]*\d)[^\n]{3,}")
"""A lettered label with an answer in words or figures: that line of the form does say something."""


def printed_choices(text: str) -> int | None:
    """Where the printed choices of a form begin, or None where the note holds no such form.

    Such forms stand last in a report, and scans mix their columns, so that what follows belongs to the form too.
    """
    questions = list(islice(_QUESTION.finditer(text), _FEWEST))
    return questions[0].start() if len(questions) == _FEWEST else None


def answered(line: str) -> bool:
    """Whether a line of a form states a result itself ("L. Lymph node metastasis: 0 of 17")."""
    return _ANSWERED.match(line) is not None


_TICK = r"(?:[\[(][ \t_]{0,3}(?:[xX\u2713\u2714][ \t_]{0,3})?[\])]|[\u2610\u2611\u2612\u25a1\u25a0])"  # a box, ticked or not
_ANSWER = (
    r"(?<!\w)(?:yes|no|y|n|present|absent|positive|negative|none|suspected|possible|confirmed|denied|unknown|n/?a"
    r"|not[ ](?:applicable|assessed|identified|present|evaluated|known|done))(?![\w/-])(?![ \t]{1,2}(?-i:[a-z]))"
)
_BOX_FIRST, _WORD_FIRST, _NEXT = rf"{_TICK}[ \t]{{0,3}}{_ANSWER}", rf"{_ANSWER}[ \t]{{0,3}}{_TICK}", r"[ \t,/|;]{0,8}"
_OPEN = frozenset({"unknown", "na", "n/a", "not applicable", "not assessed", "not evaluated", "not known", "not done"})
_SHORT = {"y": "yes", "n": "no"}
_BOX = re.compile(_TICK)
_OPENS = ("[", "()", "( ", "(\t", "(_", "(x", "(X", "(\u2713", "(\u2714", *"\u2610\u2611\u2612\u25a1\u25a0")
"""How every box begins: one of these stands in hardly any note."""
_TICKED = re.compile(r"[xX\u2713\u2714\u2611\u2612\u25a0]")
_WORD = re.compile(_ANSWER, re.IGNORECASE)
_CHOICE = re.compile(rf"{_BOX_FIRST}|{_WORD_FIRST}", re.IGNORECASE)
_TO_TICK = re.compile(
    rf"(?<=[\w:?)\]\"'])[ \t]{{0,24}}(?:[-\u2013][ \t])?(?:{_BOX_FIRST}(?:{_NEXT}{_BOX_FIRST}){{1,4}}|{_WORD_FIRST}(?:{_NEXT}{_WORD_FIRST}){{1,4}})"
    rf"|(?<=[:?])[ \t]{{0,24}}{_BOX_FIRST}",
    re.IGNORECASE,
)
"""Answers to tick behind what they answer; a single one only behind a colon or a question mark."""


def ticked_answers(text: str) -> str:
    """The text as its boxes have it; no offset moves.

    A ticked answer stands alone in the place of all its choices, "unknown" where none is ticked. Of boxes behind their labels
    ("Liver metastasis [ ]  Ascites [x]") the ticked labels stand and the others are blank, which asserts nothing and denies nothing.
    """
    if not any(map(text.__contains__, _OPENS)) or _BOX.search(text) is None:
        return text
    return "".join(
        _labelled(_TO_TICK.sub(_answer, line)) if _BOX.search(line) else line for line in text.splitlines(keepends=True)
    )


def _answer(choices: re.Match[str]) -> str:
    """The one ticked answer of a row of choices, as wide as the row; several ticked answers stay as they are."""
    row = choices[0]
    ticked = [c[0] for c in _CHOICE.finditer(row) if _TICKED.search(_WORD.sub("", c[0]))]
    if len(ticked) > 1:
        return row
    said = _WORD.search(ticked[0]) if ticked else None
    word = said[0].lower() if said else "unknown"
    if word in _OPEN:
        word = "unknown" if choices.string[choices.start() - 1] in ":?" else ": unknown"
    return f" {_SHORT.get(word, word)}.".ljust(len(row))[: len(row)]


_BOXES = re.compile(rf"{_TICK}(?:[ \t|,/]{{0,8}}{_TICK}){{0,9}}")
"""A box, or several with no words between them: they stand in columns, and nobody can tell which of them says what."""
_END = " \t\r\n.,;|"
_APART = re.compile(r"(?:([.;?!])(?=[ \t])|[ \t]{3}|\t|\|)[ \t|]{0,80}")
"""What ends the words before a label: the end of a sentence, or the gap between two columns."""
_ASKED = re.compile(r"[^\n]*:[ \t]{1,8}")
_LONGEST_LABEL = 80


class _Label(NamedTuple):
    """Words with a box behind them: where what they answer to begins (-1 for nothing), where they and their box stand."""

    question: int
    start: int
    end: int
    after: int
    ticked: bool


def _labelled(line: str) -> str:
    """The line without its boxes where all of them stand behind their labels; as it is where they do not."""
    boxes = list(_BOXES.finditer(line))
    if not boxes or line[boxes[-1].end() :].strip(_END):
        return line
    labels = list(_labels(line, boxes))
    first = line[: boxes[0].start()].rstrip()
    if not all(0 < each.end - each.start <= _LONGEST_LABEL for each in labels) or (len(labels) > 1 and first[-1] in ":?."):
        return line
    for question, row in groupby(labels, key=lambda each: each.question):
        line = _stated(line, question, list(row))
    return line


def _labels(line: str, boxes: Iterable[re.Match[str]]) -> Iterator[_Label]:
    """The label of each box: the words before it, as far as they are its own."""
    after, question = 0, -1
    for box in boxes:
        end = after + len(line[after : box.start()].rstrip(" \t|:,/-"))
        gaps = list(_APART.finditer(line, after, end))
        start = gaps[-1].end() if gaps else after
        question = -1 if gaps else question
        if asked := _ASKED.match(line, start, end):
            question, start = start, asked.end()
        elif gaps and not gaps[-1][1] and _WORD.fullmatch(line, start, end):
            question = gaps[-2].end() if len(gaps) > 1 else after
        start += len(line[start:end]) - len(line[start:end].lstrip())
        after = box.end()
        yield _Label(question, start, end, after, _BOX.fullmatch(box[0]) is not None and _TICKED.search(box[0]) is not None)


def _stated(line: str, question: int, row: Sequence[_Label]) -> str:
    """The line with those of a row of labels that are ticked; where none is, what they answer to is blank too."""
    if question >= 0 and not any(each.ticked for each in row):
        row = (row[0]._replace(start=question), *row[1:])
    for each in row:
        _, start, end, after, ticked = each
        stop = "." if question < 0 or each is row[-1] else ","
        said = f"{line[start:end].rstrip('?')}{stop}" if ticked else ""
        line = f"{line[:start]}{said.ljust(after - start)}{line[after:]}"
    return line
