"""Procedures as concepts of our own: what was imaged, sampled or removed, where, and how. No code of any code set is here.

A concept is the deed and its place (``ct_abdomen_pelvis``, ``biopsy_liver``, ``excision_colon``); how it was done stands in
the finding's attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oncospan.pipeline.mentions.mention import Line, Mention, Reading
from oncospan.pipeline.mentions.procedure_words import ACTS, is_act
from oncospan.pipeline.text.value import value
from oncospan.sites import PAIRED
from oncospan.types import Assertion, Finding, Kind

_AHEAD, _BACK = 90, 80
"""How far after and before a deed its details are looked for, in characters."""

_CHAIN = re.compile(r"[\s,/&+-]{0,4}(?:(?:and|or|of|the|her|his|patient's)\s){0,3}", re.IGNORECASE)
_SIDE = re.compile(r"\b(?:right|left|bilateral)\b", re.IGNORECASE)
_BODY = ("brain", "orbit", "pituitary", "neck", "chest", "heart", "breast", "abdomen", "pelvis", "spine")
"""The regions of imaging from head to foot: their order in a concept."""

_FITS = {
    "imaging": frozenset({"region", "extent", "contrast", "tracer"}),
    "tissue": frozenset({"guidance", "approach", "method"}),
    "treatment": frozenset({"extent", "approach"}),
}
_BODY_EXTENT = frozenset({"whole_body", "skull_base_to_mid_thigh"})
_DONE = (Assertion.PRESENT, Assertion.HISTORY, Assertion.HYPOTHETICAL, Assertion.UNCERTAIN)


@value
class _Procedure:
    """One deed of a sentence with its place and details, and the characters that tell them."""

    act: str
    place: str
    attributes: tuple[tuple[str, str], ...]
    side: str | None
    assertion: Assertion
    start: int
    end: int
    rule: str

    @property
    def concept(self) -> str:
        """The deed and its place."""
        return f"{self.act}_{self.place}" if self.place else self.act

    @property
    def bare(self) -> bool:
        """Whether nothing but the deed is told."""
        return not self.place and not self.attributes


def procedure_facts(reading: Reading) -> Iterator[Finding]:
    """One finding a procedure, place and way of doing it; a bare mention joins a fuller one of the same deed."""
    found = [p for line in reading.lines for p in _of_line(reading.text, line)]
    full = {p.act for p in found if not p.bare}
    groups: dict[tuple[object, ...], list[_Procedure]] = {}
    for p in found:
        if not (p.bare and p.act in full):
            groups.setdefault((p.concept, p.attributes, p.side, p.assertion), []).append(p)
    for same in groups.values():
        p = same[0]
        yield Finding(
            id="f", kind=Kind.PROCEDURE, concept=p.concept, assertion=p.assertion, side=p.side, attributes=p.attributes,
            evidence=tuple(sorted({reading.evidence(s.start, s.end, s.rule) for s in same})),
            flags=frozenset({"planned"} if p.assertion is Assertion.HYPOTHETICAL else ()),
        )  # fmt: skip


def _of_line(text: str, line: Line) -> Iterator[_Procedure]:
    if line.section is not None and line.section.name == "comparison":
        return
    acts = [m for m in line.of(*ACTS) if is_act(m, text[m.start : m.end]) and not _guides(text, line, m)]
    for i, act in enumerate(acts):
        if act.assertion in _DONE:
            earliest = acts[i - 1].end if i else line.sentence.start
            latest = _own(line, act, acts[i + 1]) if i + 1 < len(acts) else line.sentence.end
            yield _procedure(text, line, act, *_reach(text, line, act, earliest, latest))


def _own(line: Line, act: Mention, following: Mention) -> int:
    """Where the words of a deed end before the next one: "brain MRI and spine CT" leaves the spine to the CT."""
    for m in line.of("procedure"):
        if m.attrs["kind"] == "region" and 0 <= following.start - m.end <= 1 and m.start - act.end > 1:
            return m.start
    return following.start


def _guides(text: str, line: Line, m: Mention) -> bool:
    """Whether an image only guides another deed: "CT-guided", "under ultrasound"."""
    if m.category != "imaging":
        return False
    guided, under = line.signals["course.guided"], line.signals["course.under"]
    return bool(guided.match(text, m.end, m.end + 14) or under.search(text, max(0, m.start - 8), m.start))


def _reach(text: str, line: Line, act: Mention, earliest: int, latest: int) -> tuple[int, int]:
    """The characters around a deed that tell of it: up to the verb of the result, the end of the clause or another deed."""
    end = min(act.end + _AHEAD, latest)
    ends = line.signals["course.deed_end"]
    stop = ends.search(text, act.end, end)
    start = max(act.start - _BACK, earliest)
    for stops in ends.finditer(text, start, act.start):
        start = stops.end()
    return start, stop.start() if stop else end


def _procedure(text: str, line: Line, act: Mention, start: int, end: int) -> _Procedure:
    words = [m for m in line.of("procedure") if start <= m.start and m.end <= end and m.attrs["kind"] in _FITS[act.category]]
    words = [m for m in words if _fits(act, m)]
    if act.category == "imaging":
        regions = _regions(text, act, words)
        place = "_".join(r for r in _BODY if any(r in m.concept.split() for m in regions))
    else:
        regions = _sites(text, line, act, start, end)
        place = regions[0].concept if regions else ""
        removed = act.attrs.get("removes", "any")
        place = removed if removed not in ("any", "metastasis") else place
    details = [m for m in words if m.attrs["kind"] != "region"]
    used = [act, *regions, *details]
    return _Procedure(
        act=_act(act, text[act.start : act.end]), place=place, attributes=_attributes(act, details),
        side=_side(text, act, place, start, end), assertion=_when(act, line), start=min(m.start for m in used), end=max(m.end for m in used), rule=act.rule,
    )  # fmt: skip


def _fits(act: Mention, word: Mention) -> bool:
    """Whether a detail belongs to the deed: extent of a body for a scan, of an organ for an operation; beside it if before."""
    if word.attrs["kind"] == "extent" and (word.concept in _BODY_EXTENT) != (act.category == "imaging"):
        return False
    return word.end > act.start or act.start - word.end <= 45


def _regions(text: str, act: Mention, words: Sequence[Mention]) -> list[Mention]:
    """The body regions of a scan: in its name, in a chain right before it ("chest and abdominal CT") or after it."""
    regions = [m for m in words if m.attrs["kind"] == "region"]
    kept = [m for m in regions if m.start >= act.start and m.start - act.end <= 60]
    edge = act.start
    for m in reversed([m for m in regions if m.end <= act.start]):
        if not _CHAIN.fullmatch(text, m.end, edge):
            break
        kept.append(m)
        edge = m.start
    return kept


def _sites(text: str, line: Line, act: Mention, start: int, end: int) -> list[Mention]:
    """The site that a sample or piece was taken from: after the deed, else right before it ("liver lesion biopsy")."""
    lesion = line.signals["course.deed_lesion"]
    sites = [m for m in line.of("site") if start <= m.start and m.end <= end]
    after = [m for m in sites if m.start >= act.start and m.start - act.end <= 60]
    before = [m for m in sites if m.end <= act.start and lesion.search(text[m.end : act.start])]
    return after[:1] or before[-1:]


def _side(text: str, act: Mention, place: str, start: int, end: int) -> str | None:
    """The side of a sample or piece of a paired organ or node group, named right beside the deed."""
    if act.category == "imaging" or not (place in PAIRED or place.startswith("lymph_node")):
        return None
    found = _SIDE.search(text, max(start, act.start - 25), min(end, act.end + 40))
    return found[0].lower() if found else None


def _when(act: Mention, line: Line) -> Assertion:
    """What is said of the deed; one that is still to come is hypothetical, whatever the verb."""
    to_come = act.assertion is Assertion.PRESENT and line.says("course.deed_to_come") is not None
    return Assertion.HYPOTHETICAL if to_come else act.assertion


def _act(act: Mention, word: str) -> str:
    """The deed by our own name."""
    if act.category == "treatment":
        return "excision"
    if act.concept in ("pet", "ssr_pet"):
        low = word.lower()
        if "mr" in low:
            return "pet_mri"
        return "pet_ct" if "ct" in low or "computed" in low else "pet"
    return act.concept


def _attributes(act: Mention, details: Sequence[Mention]) -> tuple[tuple[str, str], ...]:
    """How it was done, one value a kind: the longest words win, then the first; sorted by kind."""
    out: dict[str, Mention] = {}
    for m in details:
        kind = m.attrs["kind"]
        if kind not in out or m.end - m.start > out[kind].end - out[kind].start:
            out[kind] = m
    told = {kind: m.concept for kind, m in out.items()}
    if act.concept == "ssr_pet":
        told.setdefault("tracer", "somatostatin_receptor")
    if act.category == "treatment":
        told["operation"] = act.concept
    return tuple(sorted(told.items()))
