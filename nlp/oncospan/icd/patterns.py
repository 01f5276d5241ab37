"""The code patterns that ICD-10-CM notes name: ``C7B.-``, ``C44.0-``, ``C81-C86``, ``C83.0-C83.9`` and single codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

CODE = r"(?:[A-Z][0-9][0-9A-Z]|QA[0-9])(?:\.[0-9A-Z]{1,4})?"
"""One code or header, dotted; the third character may be a letter, and from FY2026 there is the category ``QA0``."""

_RANGE = rf"(?:{CODE}) ?- ?(?:{CODE})"
_TOKEN = re.compile(rf"(?<![0-9A-Z.])(?:(?P<range>{_RANGE})|(?P<one>{CODE})(?P<open>\.?-)?)(?![0-9A-Z])")
_GROUP = re.compile(r"\(([^()]{1,400})\)")


def targets_in(text: str) -> tuple[str, ...]:
    """The code patterns that a note's text names, in order: ``C7B.-`` as written, ranges as ``C81-C86``.

    Read are parentheses and the lists of "Conditions classifiable to …". Other codes outside parentheses are left alone:
    the book sets conditions on them ("with 5th character 1", "not classifiable to") or they are words (CD30-positive).
    """
    found: dict[str, None] = {}
    groups = [text] if text.startswith("Conditions classifiable to ") else [m[1] for m in _GROUP.finditer(text)]
    for group in groups:
        for m in _TOKEN.finditer(group):
            one = m["range"].replace(" ", "") if m["range"] else m["one"] + (m["open"] or "")
            found[one.replace("..", ".")] = None
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A code pattern: every code from ``first`` to ``last`` with all that stands under them; equal for a single pattern."""

    written: str
    first: str
    last: str

    def matches(self, code: str, order: Mapping[str, int]) -> bool:
        """Whether a dotted code falls under the pattern; ``order`` is the place of every category in the book.

        The order is needed because the book is not alphabetical: C7A and C7B stand before C76, D3A before D37.
        """
        if self.first == self.last:
            return code.startswith(self.first)
        low, here, high = order.get(self.first[:3]), order.get(code[:3]), order.get(self.last[:3])
        if low is None or here is None or high is None or not low <= here <= high:
            return False
        if here == low and code[4:] < self.first[4:]:
            return False
        return not (here == high and self.last[4:] and code[4:][: len(self.last[4:])] > self.last[4:])


@lru_cache(maxsize=4096)
def target(written: str) -> Target | None:
    """The pattern that a cell of ``notes.tsv`` writes, or None when it is not one."""
    m = _TOKEN.fullmatch(written)
    if m is None:
        return None
    if m["range"]:
        first, _, last = m["range"].replace(" ", "").partition("-")
        return Target(written=written, first=first, last=last)
    return Target(written=written, first=m["one"], last=m["one"])


def dotted(code: str) -> str:
    """The code in upper case with its dot, whether it was written with one or not."""
    code = code.strip().upper()
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 and "." not in code else code
