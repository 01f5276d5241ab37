"""What a note tells of deposits: the facts of its sentences, and what the sentences around each make of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oncospan.pipeline.mentions.mention import ONCE_HELD
from oncospan.pipeline.sentence.biopsy_proven import FLAG as SAMPLED
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.doubts import FLAG as DOUBTFUL
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.sights import FLAG as UNSEEN
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.answered import answered
from oncospan.pipeline.spread.biopsied import biopsied
from oncospan.pipeline.spread.pointed import pointed
from oncospan.pipeline.spread.returned import returned
from oncospan.pipeline.spread.seeded import seeded
from oncospan.pipeline.spread.studied import studied
from oncospan.pipeline.spread.swollen import sampled_nodes, the_nodes
from oncospan.pipeline.spread.vessels import in_vessels
from oncospan.pipeline.spread.whereabouts import located
from oncospan.pipeline.tumors.primary import Primary
from oncospan.pipeline.tumors.told_again import AGAIN
from oncospan.types import Assertion

_STEPS = (located, sampled_nodes, the_nodes, biopsied, answered, pointed, studied, seeded, returned, in_vessels)
"""What makes the facts of the note of those of its sentences, in this order: each seats, settles or adds some."""


def told(lines: Sequence[LineFacts], reached: Iterable[TumorFact], primaries: Sequence[Primary]) -> list[DepositFact]:
    """The deposit facts of a note, and the ``reached`` organs that nothing else calls a deposit ("metastatic liver cancer")."""
    facts = _stated(lines, reached)
    for step in _STEPS:
        facts = step(facts, lines, primaries)
    return facts


def _stated(lines: Sequence[LineFacts], reached: Iterable[TumorFact]) -> list[DepositFact]:
    """The deposit facts of the sentences and those of the ``reached`` organs, in order."""
    blood = any(m.attrs.get("family") == "hematologic" and m.assertion in ONCE_HELD for ln in lines for m in ln.line.of("tumor"))
    out = [d for ln in lines for d in ln.deposits if not (blood and _of_marrow(d))]
    named = {
        d.site for d in out if d.assertion not in (Assertion.FAMILY, Assertion.HYPOTHETICAL) and not d.flags & {UNSEEN, DOUBTFUL}
    }
    out += [
        DepositFact(
            trigger=f.mention, line=f.line, place=f.place, site=f.place.site, side=f.place.side, assertion=f.assertion,
            tumor=f.mention, flags=frozenset() if f.how == AGAIN else frozenset({"direction_ambiguous"}),
        )
        for f in reached if f.place is not None and f.place.site not in named
    ]  # fmt: skip
    return sorted(out, key=lambda d: d.trigger.start)


def _of_marrow(fact: DepositFact) -> bool:
    """Whether a marrow is only called infiltrated, which a cancer of the blood would do as well."""
    return fact.site == "bone_marrow" and SAMPLED in fact.flags and fact.tumor is None
