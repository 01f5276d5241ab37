"""The years a text names, and which of them lie far back."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SHORT = re.compile(r"(?<![\w'\u2019])['\u2019](\d\d)(?![\w'\u2019]|\.\d)")
"""A year without its century ("prostatectomy '03")."""
_YEAR = re.compile(r"(?:19[4-9]|20[0-4])\d")
_ALONE = re.compile(r"(?<![\d./#-])\d{4}(?!\d|\.\d|\s?(?:mg|ml|mL|g|cGy|pg|ng|U|IU|cells|units|steps|kcal)\b)")
_IN_DATE = re.compile(r"(?<![\d#-])(?:\d{1,2}[/.-]){1,2}\Z")
_OPENS_DATE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")
_THIS_CENTURY = 40
"""The last year of two figures that is of this century."""
_LONG = 3
"""After how many years without a word of the tumor its treatment counts as one of the past."""


def years(text: str) -> list[int]:
    """The years a text names, by themselves, in a date or without their century, birth dates among them."""
    short = [int(found[1]) for found in _SHORT.finditer(text)] if "'" in text or "\u2019" in text else []
    return [int(found[0]) for found in _YEAR.finditer(text) if _is_year(text, found.start())] + [
        (1900 if y > _THIS_CENTURY else 2000) + y for y in short
    ]


_MILLENNIUM = 2000
_CODED_SINCE = 2015
"""No note to be coded in ICD-10-CM is older: a year long before it is long past, though the note names no later one."""


def latest(text: str) -> int:
    """The year a note is at least of, by its text."""
    return max([_MILLENNIUM, *years(text)])


def year_of(text: str, given: int) -> int:
    """The year a note to be coded is at least of, by its text and by the year it is said to be of (0: nobody says)."""
    return max(_CODED_SINCE, given, latest(text))


def _is_year(text: str, at: int) -> bool:
    """Whether the four figures are a year: alone, in front of a month and day, or behind a date's first figures."""
    if _ALONE.match(text, at) or _OPENS_DATE.match(text, at):
        return True
    return _IN_DATE.search(text, max(0, at - 6), at) is not None and not text[at + 4 : at + 5].isdecimal()


def long_before(told: Sequence[int], now: int) -> bool:
    """Whether all years that are told lie far before the one the note is of."""
    return bool(told) and max(told) <= now - _LONG
