"""The lining that a mesothelioma began in, where only what was done to it says so: "mesothelioma … decortication with pleural biopsy"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.tumor_facts import TumorFact

_LININGS = frozenset({"pleura", "peritoneum", "pericardium"})
_BESIDE = 25
"""How far the lining stands from the word for its sample, at most."""


def lining_of(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The one lining that was sampled or removed, or that holds a malignant effusion; None for other tumors."""
    if fact.mention.concept != "mesothelioma":
        return None
    named = {site for ln in lines if "family" not in ln.flags for site in _linings(ln)}
    return named.pop() if len(named) == 1 else None


def _linings(line: Line) -> Iterator[str]:
    """The linings of one sentence that may be where the tumor is."""
    for m in line.of("treatment"):
        if m.current and (m.attrs.get("removes") == "pleura" or "extrapleural" in line.word(m)):
            yield "pleura"
    if any(m.concept == "malignant_pleural_effusion" and m.current for m in line.of("complication")):
        yield "pleura"
    sampled = [t for t in line.of("tissue") if t.current]
    for site in line.of("site"):
        if site.concept in _LININGS and any(-_BESIDE <= t.start - site.end <= _BESIDE for t in sampled):
            yield site.concept
    changed = {s.concept for s in line.of("site") if s.concept in _LININGS and s.current}
    if len(changed) == 1 and sampled and any(t.concept in ("nodule", "mass", "lesion") for t in line.of("tumor")):
        yield from changed
