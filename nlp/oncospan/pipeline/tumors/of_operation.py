"""The organ of a tumor that is named only by the operation: "appendectomy 2019 for carcinoid", "appendectomy. Histology: a carcinoid"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family
from oncospan.sites import DESTINATIONS
from oncospan.types import Assertion

_NO_ORGAN = frozenset({"", "any", "metastasis", "spleen", "soft_tissue", "skin"})
"""What an operation removes without telling where a tumor began."""


def taken_out(fact: TumorFact) -> str | None:
    """The organ that the operation of which the tumor is the reason or the finding removes, for a neuroendocrine tumor; None elsewhere."""
    if family(fact) not in NEUROENDOCRINE or fact.metastatic is not None or fact.line.of("metastasis"):
        return None
    return _one_organ(m for m in fact.line.of("treatment") if _for(fact, m))


_NEAR = 5
"""How many sentences behind its operation the histology of the specimen is told."""


def examined_after(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The organ that the last operation before the sentence of a tumor removed, where it tells the histology; None elsewhere.

    ``lines`` are those of the note, in order.
    """
    if family(fact) not in NEUROENDOCRINE or fact.metastatic is not None or fact.line.of("metastasis") or fact.line.of("imaging"):
        return None
    if not any(m.end <= fact.start and m.concept in _OF_SPECIMEN for m in fact.line.of("tissue")):
        return None
    for line in reversed([ln for ln in lines if 0 < fact.line.index - ln.index <= _NEAR]):
        if line.section is not fact.line.section:
            return None
        done = [m for m in line.of("treatment") if m.attrs.get("effect") == "surgery"]
        if done:
            return _one_organ(done) if all(m.assertion is Assertion.PRESENT for m in done) else None
        if any(m.concept not in _OF_SPECIMEN for m in line.of("tissue")):
            return None
    return None


_OF_SPECIMEN = frozenset({"other_tissue", "resection"})
"""Words of tissue that may speak of what an operation removed."""


def _one_organ(operations: Iterable[Mention]) -> str | None:
    """The one organ that operations removed, if a tumor may have begun there."""
    organs = {m.attrs.get("removes", "") for m in operations}
    organs = {
        o for o in organs if o not in _NO_ORGAN and not o.startswith("lymph_node") and (o == "lung" or o not in DESTINATIONS)
    }
    return organs.pop() if len(organs) == 1 else None


def _for(fact: TumorFact, operation: Mention) -> bool:
    """Whether the words between say that the operation was done for the tumor, or found it."""
    line, word = fact.line, fact.mention
    if operation.attrs.get("effect") != "surgery" or operation.assertion is Assertion.ABSENT:
        return False
    first, last = (operation, word) if operation.end <= word.start else (word, operation)
    if any(first.end <= m.start < last.start for m in line.of("site") if m.attrs.get("flag") is None):
        return False
    between = line.text[first.end - line.sentence.start : last.start - line.sentence.start]
    signal = "site.operation_for" if first is operation else "site.removed_by"
    return line.within[signal].fullmatch(between) is not None
