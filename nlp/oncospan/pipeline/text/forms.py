"""The printed choices of a form: questions answered by a number, each with the numbered list of what could be answered."""

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
