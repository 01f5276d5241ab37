"""Where a metastasis lies that is weighed against something else: "L2 focus, metastasis vs bone island"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.places import Place
from oncospan.types import Assertion


def weighed(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The nearest place before a doubted metastasis whose lump the sentence leaves open; empty when it says nothing of the kind."""
    start = line.sentence.start
    at = trigger.start - start
    told = line.within["site.weighed"]
    if trigger.assertion is not Assertion.UNCERTAIN or not any(told.search(c.text) for c in trigger.cues):
        return []
    before = [p for p in found if p.end <= trigger.start and not p.test and "body_region" not in p.flags]
    if not before or any(
        not t.weak and t.concept != "benign_tumor" and before[-1].end <= t.start for t in _earlier(line, trigger)
    ):
        return []
    lump = line.within["site.open_lump"].search(line.text, max(0, before[-1].start - start - 30), at)
    return before[-1:] if lump else []


def _earlier(line: Line, trigger: Mention) -> list[Mention]:
    """The tumor words before the metastasis."""
    return [t for t in line.of("tumor") if t.end <= trigger.start]
