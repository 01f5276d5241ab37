"""The region of nodes that the words do not name: what the operated organ says of it."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.descent import origin_of
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import basin, organ
from oncospan.types import Assertion

_GROUPS = {
    "head_neck": "site.dissected_head_neck",
    "axilla": "site.dissected_axilla",
    "intrathoracic": "site.dissected_intrathoracic",
    "intraabdominal": "site.dissected_intraabdominal",
    "inguinal": "site.dissected_inguinal",
    "pelvic": "site.dissected_pelvic",
}
"""The node groups, each with the signal of its dissection."""
_BEFORE = 25
"""How far before the word for a dissection its region may stand."""
_SINCE = 2
"""How many sentences behind a dissection its nodes may be counted."""


def of_dissections(deposits: list[Deposit], lines: Sequence[Line]) -> None:
    """Read nodes of unnamed region as those of the one region dissected right before ("neck dissection was done: 2 of 28 nodes involved")."""
    for deposit in [d for d in deposits if d.site == "lymph_node"]:
        first = next((f.line for f in deposit.facts if f.assertion is deposit.assertion), None)
        if first is None:
            continue
        near = [ln for ln in lines if 0 <= first.index - ln.index <= _SINCE and ln.section is first.section]
        taken = {group for ln in near for group in _dissected(ln)}
        site = f"lymph_node_{taken.pop()}" if len(taken) == 1 else None
        if site is not None and all(d.site != site for d in deposits):
            deposit.site, deposit.inferred = site, True


def _dissected(line: Line) -> set[str]:
    """The node groups of the dissections done that a sentence tells."""
    done = [m for m in line.of("treatment") if m.attrs.get("removes") == "lymph_node" and m.current]
    done += [m for m in line.of("tissue") if m.current and line.within["site.of_sentinel"].search(line.word(m))]
    at = line.sentence.start
    words = [line.text[max(0, m.start - at - _BEFORE) : m.end - at] + _behind(line, m) for m in done]
    return {group for group, signal in _GROUPS.items() if any(line.within[signal].search(w) for w in words)}


def _behind(line: Line, taken: Mention) -> str:
    """The region named right behind the word for a dissection or a biopsy of nodes ("sentinel node biopsy of the right axilla")."""
    told = line.within["site.of_region"].match(line.text, taken.end - line.sentence.start)
    return told.group() if told else ""


def infer_regions(deposits: list[Deposit], primaries: Sequence[Primary], operated: bool) -> None:
    """Read nodes of unnamed region that an operation took along as the group of the operated organ."""
    for deposit in [d for d in deposits if d.site == "lymph_node" and operated and not _only_seen(d, deposits)]:
        come = origin_of(deposit, primaries) or _of_one_organ(primaries)
        group = basin(come.site) if come is not None else None
        same = [d for d in deposits if d.site == group]
        known = any(d.assertion is not Assertion.ABSENT for d in same)
        if group is None or known or (same and deposit.assertion is Assertion.ABSENT):
            continue
        for free in same:  # some nodes of the group are free, these are not
            deposit.facts.extend(free.facts)
            deposits.remove(free)
        deposit.site, deposit.inferred = group, True


def _of_one_organ(primaries: Sequence[Primary]) -> Primary | None:
    """One of the certain primaries, where all lie in one organ ("medullary carcinoma … papillary microcarcinoma" of the thyroid)."""
    certain = [p for p in primaries if p.certain]
    return certain[0] if len({organ(p.site) for p in certain}) == 1 else None


def _only_seen(deposit: Deposit, deposits: Sequence[Deposit]) -> bool:
    """Whether images alone tell of the nodes, beside a deposit elsewhere ("CT showed lung metastases and multiple nodal metastases")."""
    told = [f.line for f in deposit.facts if f.assertion is deposit.assertion]
    beside = any(
        f.line is ln and f.assertion is deposit.assertion for d in deposits if d is not deposit for f in d.facts for ln in told
    )
    return beside and all(ln.of("imaging") and not ln.of("tissue", "treatment") for ln in told)


_CURVATURES = frozenset({"stomach.greater_curvature", "stomach.lesser_curvature"})


def of_curvatures(deposits: list[Deposit], primaries: Sequence[Primary]) -> None:
    """Read deposits of a cancer of the stomach at its curvatures as those in the nodes there ("lesser curvature: metastases in 2 of 14")."""
    if not any(p.certain and p.site == "stomach" for p in primaries):
        return
    for deposit in [d for d in deposits if d.site == "stomach"]:
        if any(f.place is None or f.place.subsite not in _CURVATURES for f in deposit.facts):
            continue
        deposit.site = _STOMACH_NODES
        for other in [d for d in deposits if d is not deposit and d.site in (_STOMACH_NODES, "lymph_node")]:
            if other.site == _STOMACH_NODES or other.assertion is deposit.assertion:
                deposit.facts.extend(other.facts)
                deposits.remove(other)
        deposit.facts.sort(key=lambda f: f.trigger.start)


_STOMACH_NODES = "lymph_node_intraabdominal"
_OWN_HILUM = frozenset({"kidney", "liver", "spleen"})
_OWN_NECK = frozenset({"thyroid", "larynx"})


def own_nodes(deposits: list[Deposit], primaries: Sequence[Primary], lines: Sequence[Line], operated: bool) -> None:
    """Read "hilar" nodes as those of an abdominal organ operated on, and "paratracheal" ones of a thyroid cancer as of the neck."""
    certain = {organ(p.site) for p in primaries if p.certain}
    if len(certain) != 1 or not certain <= (_OWN_HILUM | _OWN_NECK if operated else _OWN_NECK):
        return
    word, group = ("hil", "lymph_node_intraabdominal") if certain <= _OWN_HILUM else ("tracheal", "lymph_node_head_neck")
    named = [ln.word(m) for ln in lines for m in ln.of("site") if m.concept == "lymph_node_intrathoracic"]
    if not named or not all(word in n and "mediast" not in n for n in named):
        return
    for deposit in [d for d in deposits if d.site == "lymph_node_intrathoracic"]:
        other = next((d for d in deposits if d.site == group and d.assertion is deposit.assertion), None)
        if other is None:
            deposit.site = group
        else:
            other.facts.extend(deposit.facts)
            deposits.remove(deposit)
