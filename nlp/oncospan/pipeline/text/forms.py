"""The forms in a note: printed choices answered by a number, and answers to tick ("Bone metastases: [ ] yes [x] no")."""

from __future__ import annotations

import re
from itertools import islice

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
    """The text with the ticked answer alone in the place of all its choices, "unknown" where none is ticked; no offset moves."""
    if not any(map(text.__contains__, _OPENS)) or _BOX.search(text) is None:
        return text
    return "".join(_TO_TICK.sub(_answer, line) if _BOX.search(line) else line for line in text.splitlines(keepends=True))


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
