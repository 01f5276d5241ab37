"""Returns of a tumor that were told of another organ: they are deposits, and its own organ stays free."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.course.events import Event
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.returned import FLAG


def at_home(mine: Sequence[Event], deposits: Sequence[Deposit]) -> list[Event]:
    """The words of the course without the returns that were found elsewhere."""
    elsewhere = {f.line.index for d in deposits for f in d.facts if FLAG in f.flags}
    return [e for e in mine if e.mention.concept != "recurrence" or e.line.index not in elsewhere]
