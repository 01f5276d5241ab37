"""The organ of a tumor that only the examination names in which it was found: "Colonoscopy: a mass. Biopsy: adenocarcinoma"."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.types import Assertion

_ORGANS = {
    "colonoscop": "colon", "coloscop": "colon", "ileocolonoscop": "colon", "bronchoscop": "lung", "fibrobronchoscop": "lung",
    "fiberoptic bronchoscop": "lung", "flexible bronchoscop": "lung", "colposcop": "cervix",
    "cystoscop": "bladder", "hysteroscop": "uterus", "gastroscop": "stomach",
    "esophagoscop": "esophagus", "oesophagoscop": "esophagus", "fibroesophagoscop": "esophagus", "duodenoscop": "duodenum",
    "rectoscop": "rectum", "proctoscop": "rectum", "fibrorectoscop": "rectum", "rhinoscop": "nasal_sinus", "ureteroscop": "ureter",
    "laryngoscop": "larynx", "fibrolaryngoscop": "larynx", "nasopharyngoscop": "pharynx",
}  # fmt: skip
"""The organ that an examination looks into, by how its name begins."""
_OF_PROSTATE = frozenset({"adenocarcinoma", "carcinoma", "cancer"})
_NEAR = 2
"""How many sentences behind what was seen the biopsy of it is told."""
_BESIDE = 40
"""How far behind the name of an examination its own sample may stand ("bronchoscopic biopsies")."""


def scoped(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The organ of the one examination told before a tumor that its biopsy showed; None where another organ is named."""
    line = fact.line
    if fact.metastatic is not None or fact.assertion is not Assertion.PRESENT:
        return None
    taken = [m for m in line.of("tissue") if m.end <= fact.start and m.current]
    if not taken:
        return _answered(fact)
    if not _shown(fact, taken[-1]):
        return None
    transrectal = any(m.concept == "transrectal" and m.end <= fact.start for m in line.of("procedure"))
    if named := _looked_into(line.word(taken[-1])) or (
        "prostate" if transrectal and fact.mention.concept in _OF_PROSTATE else None
    ):
        return None if line.of("site") else named
    told = [ln for ln in lines if 0 <= line.index - ln.index <= _NEAR and ln.section is line.section]
    if any(ln.of("metastasis") or ln.of("site") for ln in told):
        return None
    found = {
        (ln.index, m.start): organ for ln in told for m in ln.of("imaging") if m.start < fact.start and (organ := _organ(ln, m))
    }
    others = sum(m.start < fact.start for ln in told for m in ln.of("imaging"))
    if len(found) != 1 or others != 1:
        return None
    (index, start), organ = found.popitem()
    if organ == "stomach" and fact.mention.concept == "squamous_cell_carcinoma":  # of the esophagus, which the scope passes
        return None
    seen = any(_change_seen(ln) for ln in told if ln.index >= index)
    beside = index == line.index and 0 <= taken[0].start - start <= _BESIDE
    return organ if seen or beside else None


def _answered(fact: TumorFact) -> str | None:
    """The organ of the one examination of a sentence that is answered with the tumor ("Bronchoscopy: small cell carcinoma")."""
    looks = [m for m in fact.line.of("imaging") if m.end <= fact.start]
    if len(looks) != 1 or fact.line.of("site", "metastasis") or not _shown(fact, looks[0]):
        return None
    return _organ(fact.line, looks[0])


def _organ(line: Line, m: Mention) -> str | None:
    """The organ that a done examination looks into."""
    return _looked_into(line.word(m)) if m.current else None


def _looked_into(words: str) -> str | None:
    return next((organ for name, organ in _ORGANS.items() if words.lower().startswith(name)), None)


def _shown(fact: TumorFact, sample: Mention) -> bool:
    """Whether the words between a sample and a tumor say that the sample showed it."""
    between = fact.line.text[sample.end - fact.line.sentence.start : fact.start - fact.line.sentence.start]
    return fact.line.within["site.biopsy_shown"].fullmatch(between) is not None


def _change_seen(line: Line) -> bool:
    """Whether a sentence tells that a change was seen."""
    return line.says("tumor.change_seen") is not None or any(m.weak and m.current for m in line.of("tumor"))
