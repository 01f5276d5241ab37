"""The organ of a tumor that only the words around name: "appendectomy for carcinoid", "an ulcer of the antrum. Biopsy: carcinoma"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.text.part_marks import GROSS
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, family
from oncospan.sites import DESTINATIONS, same_organ
from oncospan.types import Assertion

_NO_ORGAN = frozenset({"", "any", "metastasis", "spleen", "soft_tissue", "skin"})
"""What an operation removes without telling where a tumor began."""


def taken_out(fact: TumorFact) -> str | None:
    """The organ that the operation of which the tumor is the reason or the finding removes; None elsewhere."""
    spread = any(m.start < fact.mention.end for m in fact.line.of("metastasis"))
    if not _begun_there(fact) or fact.metastatic is not None or spread:
        return None
    endocrine = family(fact) in NEUROENDOCRINE
    return _one_organ((m for m in fact.line.of("treatment") if _for(fact, m)), "removes" if endocrine else "cancer")


def _begun_there(fact: TumorFact) -> bool:
    """Whether the tumor is a cancer of the organ that was removed for it: a neuroendocrine one or a carcinoma that names no organ."""
    if family(fact) in NEUROENDOCRINE:
        return True
    told = fact.mention.attrs.get("behavior") == "malignant" or fact.mention.concept == "gist"
    return family(fact) == "other" and told and "sarcoma" not in fact.mention.concept


def sarcoma_of_uterus(fact: TumorFact, lines: Sequence[Line]) -> bool:
    """Whether a sarcoma without a site is the histology of the last operation before it, one on the uterus ("hysterectomy … histology: leiomyosarcoma")."""
    if fact.place is not None or fact.metastatic is not None or fact.line.of("metastasis", "imaging") or _organs(fact.line):
        return False
    found = fact.line.of("tissue") or any(_for(fact, m) for m in fact.line.of("treatment"))
    for line in reversed([ln for ln in lines if 0 <= fact.line.index - ln.index <= _NEAR and ln.section is fact.line.section]):
        done = [m for m in line.of("treatment") if m.attrs.get("effect") == "surgery" and m.current and m.start < fact.start]
        if done:
            return bool(found) and {m.attrs.get("removes") for m in done} == {"uterus"}
    return False


_NEAR = 5
"""How many sentences behind its operation the histology of the specimen is told."""


def examined_after(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The organ that the last operation before the sentence of a tumor removed, where it tells the histology; None elsewhere.

    ``lines`` are those of the note, in order.
    """
    if not _begun_there(fact) or fact.metastatic is not None or fact.line.of("metastasis") or fact.line.of("imaging"):
        return None
    told = any(m.end <= fact.start and m.concept in _OF_SPECIMEN for m in fact.line.of("tissue"))
    if not told and (_organs(fact.line) or not fact.line.says("site.found_in_it")):
        return None
    for line in reversed([ln for ln in lines if 0 < fact.line.index - ln.index <= _NEAR]):
        if line.section is not fact.line.section:
            return None
        done = [m for m in line.of("treatment") if m.attrs.get("effect") == "surgery"]
        if done:
            return _removed(fact, line, done) if all(m.assertion is Assertion.PRESENT for m in done) else None
        if any(m.concept not in _OF_SPECIMEN for m in line.of("tissue")):
            return None
    return None


def _removed(fact: TumorFact, line: Line, done: Sequence[Mention]) -> str | None:
    """The one organ that the operations of a sentence removed: by their names, else by the organ they were done on ("the ileum was resected")."""
    endocrine = family(fact) in NEUROENDOCRINE
    if not endocrine and any(line.within["site.only_after"].search(line.text, 0, m.start - line.sentence.start) for m in done):
        return None
    by_name = _one_organ(done, "removes" if endocrine else "cancer")
    if by_name is not None or any(m.attrs.get("removes", "any") != "any" for m in done):
        return by_name
    organs = {s.concept for s in operated_on(line) if s.attrs.get("flag") is None}
    own = fact.mention.attrs.get("site")
    organs = {o for o in organs if _begins_in(o) and (own is None or same_organ(own, o))}
    return organs.pop() if len(organs) == 1 else None


def operated_on(line: Line) -> list[Mention]:
    """The organs that an operation done, which does not name what it removes, was done on ("the left kidney was removed")."""
    done = [m for m in line.of("treatment") if m.attrs.get("effect") == "surgery" and m.attrs.get("removes", "any") == "any"]
    done = [m for m in done if m.current]
    gap = line.within["site.operated"]
    return [s for s in line.of("site") if any(gap.fullmatch(line.between(m, s)) for m in done)] if done else []


def received(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The one organ that the labels of what a pathologist received name ("Received labeled stomach … sections show adenocarcinoma")."""
    if not _begun_there(fact) or fact.metastatic is not None or fact.line.of("metastasis", "imaging"):
        return None
    labels = (ln for ln in lines if ln.section is not None and ln.section.name == GROSS and ln.says("tumor.specimen_label"))
    organs = {organ for ln in labels for organ in _organs(ln)}
    return next(iter(organs - DESTINATIONS), None) if len(organs) == 1 else None


_SEEN_BEFORE = 2
"""How many sentences behind what was seen the biopsy of it is told."""


def biopsied_after(fact: TumorFact, lines: Sequence[Line]) -> str | None:
    """The one organ in which a change was seen before the sentence that tells its biopsy ("cecal ulcer. Biopsy showed adenocarcinoma")."""
    line = fact.line
    taken = [m for m in line.of("tissue") if m.end <= fact.start and m.current]
    if fact.metastatic is not None or line.of("metastasis") or not taken or _organs(line):
        return None
    if not line.within["site.biopsy_shown"].fullmatch(
        line.text[taken[-1].end - line.sentence.start : fact.start - line.sentence.start]
    ):
        return None
    for before in reversed([ln for ln in lines if 0 < line.index - ln.index <= _SEEN_BEFORE and ln.section is line.section]):
        if organs := _organs(before):
            seen = before.says("tumor.change_seen") is not None and len(organs) == 1
            return next(iter(organs - DESTINATIONS), None) if seen else None
    return None


def _organs(line: Line) -> set[str]:
    """The organs that a sentence names, its nodes and regions aside."""
    return {m.concept for m in line.of("site") if m.attrs.get("flag") is None and not m.concept.startswith("lymph_node")}


_OF_SPECIMEN = frozenset({"other_tissue", "resection"})
"""Words of tissue that may speak of what an operation removed."""


def _one_organ(operations: Iterable[Mention], named: str = "removes") -> str | None:
    """The one organ that operations removed, if a tumor may have begun there; ``named`` is the attribute asked first."""
    organs = {m.attrs.get(named) or m.attrs.get("removes", "") for m in operations}
    organs = {o for o in organs if _begins_in(o)}
    return organs.pop() if len(organs) == 1 else None


def _begins_in(organ: str) -> bool:
    """Whether a tumor found in what was removed of the organ may have begun there."""
    return organ not in _NO_ORGAN and not organ.startswith("lymph_node") and (organ == "lung" or organ not in DESTINATIONS)


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
