"""Enlarged nodes, and the carcinoma that a sample of them shows: "Cervical lymphadenopathy. FNA: squamous cell carcinoma."."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.sentence.deposit_facts import DepositFact, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts, Neighbors
from oncospan.pipeline.tumors.primary import Primary
from oncospan.types import Assertion

_BESIDE = 24
"""How far from the words for nodes the word may stand that calls them enlarged."""


def swollen_nodes(ln: LineFacts) -> list[Place]:
    """The one group of nodes that a sentence without a lump calls enlarged ("cervical lymphadenopathy")."""
    nodes = [p for p in ln.places if p.node and not p.region and p.assertion is Assertion.PRESENT]
    if len({p.site for p in nodes}) != 1 or any(not p.node and not p.test for p in ln.places):
        return []
    text, at, swollen = ln.line.text, ln.line.sentence.start, ln.line.within["spread.swollen"]
    return [p for p in nodes if swollen.search(text, max(0, p.start - at - _BESIDE), p.end - at + _BESIDE)][:1]


def sampled_nodes(facts: Sequence[DepositFact], lines: Sequence[LineFacts], _primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts, with those of carcinomas that the sample in the sentence behind enlarged nodes shows."""
    around, out = Neighbors(lines), list(facts)
    for ln in lines:
        before = around.beside(ln.line, -1)
        nodes = swollen_nodes(before) if before is not None and not _tells_tumor(before) else []
        if not nodes or ln.deposits or any(not p.test for p in ln.places) or ln.line.of("imaging", "treatment"):
            continue  # what a scope or an operation reaches is another organ
        sample = next((m for m in ln.line.of("tissue") if m.current), None)
        shown = [t for t in ln.tumors if sample is not None and t.mention.start >= sample.end and _carcinoma(t.mention.concept)]
        if shown and shown[0].assertion is Assertion.PRESENT:
            out.append(told_by(shown[0], nodes[0]))
    return sorted(out, key=lambda d: d.trigger.start)


def _tells_tumor(ln: LineFacts) -> bool:
    """Whether a sentence tells of a tumor or deposit of its own, of which the next may go on."""
    return bool(ln.deposits) or bool(ln.tumors)


def _carcinoma(concept: str) -> bool:
    """Whether a word names a cancer that reaches nodes, of whatever organ."""
    return concept.endswith("carcinoma") or concept == "melanoma"
