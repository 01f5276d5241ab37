"""Operations that took the tumor or a deposit out: what was removed was seen by a pathologist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oncospan.pipeline.mentions.mention import STATED, Line, Mention
from oncospan.pipeline.sentence.node_counts import count_in, counted
from oncospan.pipeline.sentence.origins import is_origin
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import same_organ
from oncospan.types import Assertion

_MARGIN = frozenset({"tissue.resection.margin", "tissue.resection.r_class", "status.margins.positive"})

_PAST = frozenset(
    "past_medical_history past_surgical_history comparison procedure procedure_description postoperative_diagnosis preoperative_diagnosis".split()
)


@dataclass(frozen=True, slots=True)
class Removal:
    """An operation and what it took out: the primary or a metastasis, at one site."""

    operation: Mention
    of: str
    site: str


def operations_in(facts: LineFacts) -> list[Mention]:
    """The operations a sentence tells as done."""
    return [m for m in facts.line.of("treatment") if m.attrs.get("effect") == "surgery" and m.current]


def removals(lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> Iterator[Removal]:
    """What the operations of a note took out, in its order."""
    for i, facts in enumerate(lines):
        if "family" in facts.line.flags:
            continue
        done = operations_in(facts)
        past = facts.line.section is not None and facts.line.section.name in _PAST
        if done and not past and not facts.line.says("course.not_done"):
            seen = done if _examined(lines[i : i + 2], facts) else [m for m in done if _done_for(facts, m)]
            yield from _primaries(facts, seen, primaries)
        if len(primaries) == 1 and not past and not facts.line.of("imaging"):
            yield from (Removal(m, "primary", primaries[0].site) for m in _margins(facts))
        yield from _deposits(facts, done)


def _margins(facts: LineFacts) -> list[Mention]:
    """The margins that a sentence tells of: only a pathologist sees them, in what was cut out."""
    return [m for m in facts.line.of("tissue", "status") if m.rule in _MARGIN and m.assertion in (*STATED, Assertion.ABSENT)]


def _examined(lines: Sequence[LineFacts], facts: LineFacts) -> bool:
    """Whether an operation is told with what the pathologist saw, in its sentence or the next one."""
    return any(
        f.line.says("course.examined")
        for f in lines
        if f.line.section is facts.line.section and f.line.index - facts.line.index < 2
    )


def _done_for(facts: LineFacts, operation: Mention) -> bool:
    """Whether an operation is said to be for a tumor of a named histology, or heads it ("hemicolectomy for adenocarcinoma")."""
    before = [t.mention for t in facts.tumors if t.mention.end <= operation.start and not t.mention.weak and not t.metastatic]
    if before and before[-1].current and _told_by(facts.line, before[-1], operation):
        return True
    behind = next((t for t in facts.tumors if t.mention.start >= operation.end), None)
    if (
        behind is None
        or behind.mention.weak
        or behind.metastatic
        or behind.mention.concept in _UNNAMED
        or not behind.mention.current
    ):
        return False
    return facts.line.within["course.done_for"].match(facts.line.between(operation, behind.mention)) is not None


def _told_by(line: Line, tumor: Mention, operation: Mention) -> bool:
    """Whether a tumor was met at the operation behind it, or diagnosed when that was done ("diagnosed with a carcinoid after appendectomy")."""
    between, within = line.between(tumor, operation), line.within
    if within["course.met_at"].match(between):
        return True
    diagnosed = within["course.diagnosed_with"].search(line.text[: tumor.start - line.sentence.start])
    return diagnosed is not None and within["course.told_after"].match(between) is not None


_UNNAMED = frozenset({"cancer", "malignancy", "tumor", "neoplasm"})
"""Words for a tumor that no pathologist used."""


def _primaries(facts: LineFacts, done: Sequence[Mention], primaries: Sequence[Primary]) -> Iterator[Removal]:
    for m in done:
        organ = m.attrs.get("removes")
        for p in (p for p in primaries if p.certain):
            if organ not in (None, "any"):
                took = same_organ(organ, p.site)
            else:
                whence = [t for t in facts.tumors if any(is_origin(facts.line, d, t) for d in facts.deposits)]
                elsewhere = [t.place for t in whence if t.place is not None]
                took = any(t in p.strong and not t.metastatic and t not in whence for t in facts.tumors) or any(
                    not x.test and same_organ(x.site, p.site) and x not in elsewhere for x in facts.places
                )
            if took:
                yield Removal(m, "primary", p.site)


def _deposits(facts: LineFacts, done: Sequence[Mention]) -> Iterator[Removal]:
    """Nodes counted or cut open by a pathologist, and deposits that an operation of the same sentence removed."""
    if not facts.deposits:
        return
    told = counted(facts.line, facts.places) or facts.line.says("course.node_count") or facts.line.says("course.node_holds")
    tallied = any(d.trigger.category == "site" and count_in(facts.line) for d in facts.deposits)
    count = (told or tallied) and not facts.line.of("tissue", "imaging")
    for d in facts.deposits:
        if d.assertion not in STATED:
            continue
        nodes = d.site.startswith("lymph_node")
        if count and nodes:
            yield Removal(done[0] if done else d.trigger, "metastasis", d.site)
        for m in done:
            organ = m.attrs.get("removes")
            if organ == "metastasis" or (organ == "lymph_node" and nodes) or (organ and same_organ(organ, d.site)):
                yield Removal(m, "metastasis", d.site)
