"""Where a metastasis lies that is weighed against something else: "L2 focus, metastasis vs bone island"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.places import Place
from oncospan.sites import same_organ
from oncospan.types import Assertion


def weighed(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The nearest place before a doubted metastasis whose lump the sentence leaves open; empty when it says nothing of the kind."""
    if trigger.assertion is not Assertion.UNCERTAIN:
        return []
    start, told = line.sentence.start, line.within["site.weighed"]
    tumors = [t for t in line.of("tumor") if t.end <= trigger.start and not t.weak and t.concept != "benign_tumor"]
    against = tumors[-1:] if tumors and tumors[-1].assertion is Assertion.UNCERTAIN else []
    if not any(told.search(c.text) for c in trigger.cues) and not any(told.search(line.between(t, trigger)) for t in against):
        return []
    before = [p for p in found if p.end <= trigger.start and not p.test and "body_region" not in p.flags]
    before = [p for p in before if same_organ(p.site, before[-1].site)]
    if not before or any(before[-1].end <= t.start and t.assertion is not Assertion.UNCERTAIN for t in tumors):
        return []  # an uncertain one is what the metastasis is weighed against ("lung nodule: primary carcinoma versus metastasis")
    lump = line.within["site.open_lump"].search(line.text, max(0, before[0].start - start - 30), trigger.start - start)
    return before[:1] if lump else []
