"""Nodes told one sentence earlier, of which a sample tells: "Cervical lymphadenopathy. FNA: squamous cell carcinoma."."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.sentence.deposit_facts import DepositFact, told_by
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts, Neighbors
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion

_BESIDE = 24
"""How far from the words for nodes the word may stand that calls them enlarged."""


def swollen_nodes(ln: LineFacts, home: str = "") -> list[Place]:
    """The one group of nodes that a sentence without a lump calls enlarged ("cervical lymphadenopathy"); it may name ``home``, the tumor's organ."""
    nodes = [p for p in ln.places if p.node and not p.region and p.assertion is Assertion.PRESENT]
    if len({p.site for p in nodes}) != 1 or any(not p.node and not p.test and not same_organ(p.site, home) for p in ln.places):
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


_BACK = 2
"""How many sentences before a sample of "the node" its group may be named."""


def the_nodes(facts: Sequence[DepositFact], lines: Sequence[LineFacts], _primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts, those in "the node" at the one node group named right before ("an enlarged inguinal node … excision of the node")."""
    around = Neighbors(lines)
    return [_named_before(f, around) if _speaks_back(f) else f for f in facts]


def _speaks_back(fact: DepositFact) -> bool:
    """Whether a deposit lies in nodes of no named group, and the words speak of some that were told of or are a sample of them."""
    place, line = fact.place, fact.line
    if place is None or place.site != "lymph_node" or fact.assertion is Assertion.HISTORY:
        return False
    if any(m.attrs.get("removes", "any") != "any" for m in line.of("treatment")):
        return False
    at = place.start - line.sentence.start
    told = line.within["site.the_nodes"].search(line.text, 0, at) is not None
    return told or any(abs(m.start - place.end) <= _BESIDE or abs(place.start - m.end) <= _BESIDE for m in line.of("tissue"))


def _named_before(fact: DepositFact, around: Neighbors) -> DepositFact:
    """The fact at the nodes of the nearest sentence before it that names any, where they are of one group."""
    own = around.own(fact.line)
    if _grouped(own):
        return _named_in(own, fact)
    for step in range(1, _BACK + 1):
        before = around.beside(fact.line, -step)
        if before is None:
            return fact
        nodes = [p for p in before.places if p.node and p.assertion is not Assertion.ABSENT and not _small(before, p)]
        groups = {p.site for p in nodes}
        if groups:
            named = groups != {"lymph_node"} and len(groups) == 1 and before.line.section is fact.line.section
            return fact.lying(nodes[-1]) if named else fact
    return fact


def _named_in(own: LineFacts, fact: DepositFact) -> DepositFact:
    """The fact at the one node group that its own sentence names before "the node"."""
    nodes = [p for p in own.places if p.node and p.site != "lymph_node"]
    back = fact.place is not None and all(p.end <= fact.place.start for p in nodes) and len({p.site for p in nodes}) == 1
    at = fact.place.start - fact.line.sentence.start if fact.place is not None else 0
    told = back and fact.line.within["site.the_nodes"].search(fact.line.text, 0, at) is not None
    sure = told and nodes[-1].assertion is Assertion.PRESENT and not any(d.site == nodes[-1].site for d in own.deposits)
    return fact.lying(nodes[-1]) if sure else fact


def _grouped(ln: LineFacts) -> bool:
    """Whether a sentence names a group of nodes itself."""
    return any(p.node and p.site != "lymph_node" for p in ln.places)


def _small(ln: LineFacts, place: Place) -> bool:
    """Whether nodes are called normal ("inguinal nodes were not enlarged")."""
    at = ln.line.sentence.start
    around = ln.line.text[max(0, place.start - at - _BESIDE) : place.end - at + _BESIDE]
    return ln.line.within["site.node_normal"].search(around) is not None


def _tells_tumor(ln: LineFacts) -> bool:
    """Whether a sentence tells of a tumor or deposit of its own, of which the next may go on."""
    return bool(ln.deposits) or bool(ln.tumors)


def _carcinoma(concept: str) -> bool:
    """Whether a word names a cancer that reaches nodes, of whatever organ."""
    return concept.endswith("carcinoma") or concept == "melanoma"
