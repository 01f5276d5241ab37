"""The side that the labels of a report's specimens give to a tumor told without one."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.text.part_marks import GROSS
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import PAIRED, organ, same_organ


def side_by_labels(primaries: Sequence[Primary], lines: Sequence[LineFacts]) -> None:
    """Let the label of a specimen name the side of a paired organ ("Breast, mastectomy: carcinoma … labeled right breast").

    Only where the report names no other side of the organ, and no other tumor of it.
    """
    if not any(ln.specimen is not None or (ln.line.section is not None and ln.line.section.name == GROSS) for ln in lines):
        return
    for primary in primaries:
        if primary.side or organ(primary.site) not in PAIRED:
            continue
        if sum(same_organ(p.site, primary.site) for p in primaries) > 1:
            continue
        named = [(ln, p) for ln in lines for p in ln.places if p.side and not p.test and same_organ(p.site, primary.site)]
        sides = {p.side for _, p in named}
        if len(sides) == 1 and any(ln.line.says("tumor.specimen_label") for ln, _ in named):
            primary.side = sides.pop()
