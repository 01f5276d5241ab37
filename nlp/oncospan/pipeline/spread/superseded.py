"""What the same note takes back: first readings and frozen sections before a final diagnosis, findings that are amended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.text.segment import Section, Segmentation
from oncospan.signals import Signals
from oncospan.types import Assertion

_FLAG = "superseded"
_FINAL = frozenset({"diagnosis", "final_diagnosis", "synoptic"})


def settled(segmentation: Segmentation, text: str, signals: Signals) -> Segmentation:
    """The segmentation; what stands under a first reading is only supposed where the note holds a final or amended diagnosis."""
    sections = segmentation.sections
    if not any(_FLAG in s.flags for s in sections):
        return segmentation
    final = any(s.name in _FINAL for s in sections)
    revised = final and signals["spread.revised"].search(text) is not None
    return replace(segmentation, sections=tuple(_given_way(s, final=final, revised=revised) for s in sections))


def _given_way(section: Section, *, final: bool, revised: bool) -> Section:
    """The section; it keeps its flag where it has given way."""
    given = final if section.name == "intraoperative_consultation" else revised
    return section if given else section._replace(flags=section.flags - {_FLAG})


def unrevised(facts: Sequence[DepositFact]) -> list[DepositFact]:
    """The facts without those that an amendment takes back ("Line B is amended to: eight nodes, negative for tumor")."""
    revised = [f for f in facts if f.assertion is Assertion.ABSENT and f.line.says("spread.amended")]
    return [
        f for f in facts
        if not (
            f.assertion is Assertion.PRESENT
            and any(
                f.trigger.start < r.trigger.start
                and (f.site == r.site or (r.site == "lymph_node" and f.site.startswith("lymph_node")))
                for r in revised
            )
        )
    ]  # fmt: skip
