"""The side of a deposit that is set behind it ("lung metastases, right, on CT", "adrenal (L) mets")."""

from __future__ import annotations

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.places import Place
from oncospan.sites import PAIRED, organ

_PAIRED_NODES = frozenset({"lymph_node_axilla", "lymph_node_head_neck", "lymph_node_inguinal"})


def side_behind(line: Line, trigger: Mention, place: Place) -> str | None:
    """The side that stands alone behind the word for a deposit, or behind its organ, where the organ has two."""
    if organ(place.site) not in PAIRED and place.site not in _PAIRED_NODES:
        return place.side
    start = line.sentence.start
    if any(line.within["site.both_sides"].match(line.text, end - start) for end in (trigger.end, place.end)):
        return "bilateral"
    if place.side is not None:
        return place.side
    behind = line.within["site.side_behind"]
    found = behind.match(line.text, max(trigger.end, place.end) - start) or behind.match(line.text, place.end - start)
    if found is None:
        return None
    first = found["first"].lower()
    if found["second"] or first.startswith("b"):
        return "bilateral"
    return "right" if first.startswith("r") else "left"
