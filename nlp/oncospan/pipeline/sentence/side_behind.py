"""The side of a deposit that is set behind it ("lung metastases, right, on CT", "adrenal (L) mets")."""

from __future__ import annotations

import re

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.places import Place
from oncospan.sites import PAIRED, organ

_BEHIND = re.compile(
    r"\s?(?:,\s?|\(\s?)(?:on the )?(?P<first>right|left|bilateral(?:ly)?|both(?: sides)?|(?-i:[RL]\b))"
    r"(?:\s(?:and|&)\s(?P<second>right|left))?(?:\s(?:side|sided))?\s?(?:[,.;)]|\Z)",
    re.IGNORECASE,
)


def side_behind(line: Line, trigger: Mention, place: Place) -> str | None:
    """The side that stands alone behind the word for a deposit, or behind its organ, where the organ has two."""
    if place.side is not None or place.node or organ(place.site) not in PAIRED:
        return place.side
    start = line.sentence.start
    found = next((m for end in (max(trigger.end, place.end), place.end) if (m := _BEHIND.match(line.text, end - start))), None)
    if found is None:
        return None
    first = found["first"].lower()
    if found["second"] or first.startswith("b"):
        return "bilateral"
    return "right" if first.startswith("r") else "left"
