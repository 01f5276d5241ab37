"""Words that only count a course of treatment or name its other parts."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.clauses import BREAKS, PREPOSITIONS, VERBS

_COURSES = frozenset(
    "cycle cycles course courses dose doses day days week weeks month months year years fraction fractions round rounds line "
    "lines series combination regimen treatment treatments therapy chemotherapy chemo session sessions gy".split()
)
_COUNTS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve several multiple a an the her his their full total weekly "
    "monthly daily adjuvant neoadjuvant palliative systemic intravenous iv oral concurrent first second third - additional "
    "more further same initial high include includes included consisted".split()
)
_NUMBERS = frozenset("one two three four five six seven eight nine ten eleven twelve".split())


def _counted(word: str) -> bool:
    return word in _COURSES or word in _COUNTS or word[0].isdigit()


def in_course(words: Sequence[str]) -> bool:
    """Whether the words only count a course of treatment or name its other parts ("6 cycles of carboplatin and").

    Not where the course is still under way ("9 of 12 cycles of").
    """
    rest: list[str] = []
    course = False
    for i, word in enumerate(words):
        course |= word in _COURSES
        if word in {"of", "with"} and i and _counted(words[i - 1]):
            if word == "of" and (words[i - 1] in _NUMBERS or words[i - 1][0].isdigit()):
                return False
            continue
        if not _counted(word):
            rest.append(word)
    if any(w in PREPOSITIONS or w in VERBS or (w in BREAKS and w != ",") for w in rest):
        return False
    return course or "," not in rest
