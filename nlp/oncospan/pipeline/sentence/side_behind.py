"""The side of a deposit that is set behind it ("lung metastases, right, on CT", "adrenal (L) mets")."""

from __future__ import annotations

import re

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.places import Place
from oncospan.sites import PAIRED, organ

_BEHIND = re.compile(
    r"(?:\s?(?:,\s?|\(\s?)(?:on the )?|\son the )(?P<first>right|left|bilateral(?:ly)?|both(?: sides)?|(?-i:[RL]\b))"
    r"(?:\s(?:and|&)\s(?P<second>right|left))?(?:\s(?:side|sided))?\s?(?:[,.;)]|\Z)",
    re.IGNORECASE,
)

_MORE_ON_ONE = re.compile(
    r"\s?(?:,\s?|\(\s?)?(?:bilaterally\b|on (?:both|either) sides?\b"
    r"|(?:worse|larger|greater|more(?: \w{4,12})?|mostly|mainly) (?:on|in) the (?:left|right)(?: (?:lung|side))? than (?:(?:on|in) )?the (?:left|right)\b"
    r"|(?:left|right|(?-i:[RL]\b))(?: (?:lung|side))?\s?(?:>{1,2}|<|(?:greater|more|worse) than)\s?(?:left|right|(?-i:[RL])\b))",
    re.IGNORECASE,
)
"""Words for both sides, of which one may hold more ("lung metastases, left > right")."""


_PAIRED_NODES = frozenset({"lymph_node_axilla", "lymph_node_head_neck", "lymph_node_inguinal"})


def side_behind(line: Line, trigger: Mention, place: Place) -> str | None:
    """The side that stands alone behind the word for a deposit, or behind its organ, where the organ has two."""
    if organ(place.site) not in PAIRED and place.site not in _PAIRED_NODES:
        return place.side
    start = line.sentence.start
    if any(_MORE_ON_ONE.match(line.text, end - start) for end in (trigger.end, place.end)):
        return "bilateral"
    if place.side is not None:
        return place.side
    found = next((m for end in (max(trigger.end, place.end), place.end) if (m := _BEHIND.match(line.text, end - start))), None)
    if found is None:
        return None
    first = found["first"].lower()
    if found["second"] or first.startswith("b"):
        return "bilateral"
    return "right" if first.startswith("r") else "left"
