"""The letters and numbers that reports put in front of specimens and of what was found in them."""

from __future__ import annotations

import re

LISTED = "specimens"
"""The section that lists what was received."""
GROSS = "gross_description"
"""The section that describes it."""

_MARK = re.compile(
    r"\W{0,3}(?:(?:(?:part|specimen|jar|pot|container|sample|source|vial|bottle)\s{0,2}[#:]?|\#)\s{0,2}(?P<said>[a-z]|\d{1,2}|[ivx]{2,4})(?![\w/]|\.\d)"
    r"|(?P<bare>[a-z]|\d{1,2}|[ivx]{2,4})(?:\s?[.):](?!\d)|\s{2,}|\s-{1,2}\s))",
    re.IGNORECASE,
)
"""The letter or number in front of a specimen: "A.", "(B)", "Part 3", "#4", "II.", "1  Left lower lobe"."""
_ONES = frozenset("lI|i")
"""What a scan makes of the figure one."""


def mark_of(text: str) -> str | None:
    """The letter or number that a line begins with, in capitals."""
    found = _MARK.match(text)
    if found is None:
        return None
    said = found["said"] or found["bare"]
    return "1" if said in _ONES and "#" in found[0] else said.upper()


_TRAILING = re.compile(r"[\s,;]([A-Z]|\d{1,2})[.)]\s*\Z")


def next_mark(text: str) -> str | None:
    """The letter or number a sentence of a running list ends with: that of the next specimen ("A. Ileum B.")."""
    found = _TRAILING.search(text)
    return found[1] if found else None
