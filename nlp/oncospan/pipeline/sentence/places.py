"""The sites a sentence names, with their side, node words joined to their region."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.node_names import NODE_OF_REGION, join_nodes
from oncospan.pipeline.text.part_marks import LISTED
from oncospan.pipeline.text.value import value
from oncospan.sites import finer, same_organ
from oncospan.types import Assertion


@value
class Place:
    """A site of a sentence: SLUG, subsite, side, span in the note, and the mentions it stands on."""

    site: str
    subsite: str | None
    side: str | None
    start: int
    end: int
    mentions: tuple[Mention, ...]
    flags: frozenset[str] = frozenset()

    @property
    def node(self) -> bool:
        """Whether the place is a lymph node or a node group."""
        return self.site.startswith("lymph_node")

    @property
    def test(self) -> bool:
        """Whether only the name of a test names the place ("brain MRI")."""
        return "test" in self.flags

    @property
    def region(self) -> bool:
        """Whether the words name only the region of a node group ("axillary"), no node."""
        return "region" in self.flags

    @property
    def assertion(self) -> Assertion:
        """What ConText decided for the words of the place."""
        return self.mentions[0].assertion


def places(line: Line) -> list[Place]:
    """The places of a sentence in order; region words without a node word name no node."""
    sites = [m for m in line.of("site") if not line.within["site.left_out"].search(line.text, 0, m.start - line.sentence.start)]
    joined, noded = join_nodes(line, sites)
    sides = _sides(line, joined)
    out = []
    for group, site in joined:
        head = group[0]
        attrs = head.attrs
        alone = len(group) == 1 and attrs.get("flag") == "region" and site == head.concept and head.start not in noded
        node = site.startswith("lymph_node")
        out.append(
            Place(
                site=site,
                subsite=attrs.get("subsite") if not node or attrs.get("subsite") == "lymph_node.multiple" else None,
                side=attrs.get("side") or sides.get(head.start) or _own_side(line, head),
                start=group[0].start,
                end=group[-1].end,
                mentions=tuple(group),
                flags=frozenset(f for m in group if (f := m.attrs.get("flag")) and f != "region")
                | ({"region"} if alone and node else set())
                | ({"mesenteric"} if node and (attrs.get("subsite") or "").endswith(".mesenteric") else set()),
            )
        )
    out += [made for m in line.of("imaging", "tissue") if (made := _tested(line, m))]
    out += [_of_fluid(line, m, m.attrs["site"]) for m in line.of("sight") if m.concept == "fluid"]
    if line.of("tissue") or (line.section is not None and line.section.name == LISTED):  # "Ascitic fluid, cytology:"
        out += [_of_fluid(line, m, "peritoneum") for m in line.of("complication") if line.word(m) == "ascitic fluid"]
    out = _tallied(line, sorted(out, key=lambda p: (p.start, p.end)))
    return _whole(line, _by_landmark(line, _of_neck(line, out)))


_TALLY = re.compile(r"\s?[:,-]?\s?\d{1,3}\s?/\s?\d{1,3}\b(?!\s?[/.]\d)")
_OPENS = re.compile(r"[(\[,;:]\s?(?:and\s)?(?:(?:left|right)\s)?\Z", re.IGNORECASE)
_NODE_OF_BODY = {
    "other.abdomen": "lymph_node_intraabdominal", "other.thorax": "lymph_node_intrathoracic", "other.pelvis": "lymph_node_pelvic",
}  # fmt: skip


def _tallied(line: Line, found: list[Place]) -> list[Place]:
    """The places, those with a count of their own behind a bare node word in its stead ("nodes: 3/9 (mediastinal 1/4, mesenteric 2/5)")."""
    bare = next((p for p in found if p.site == "lymph_node" and not p.region), None)
    if bare is None:
        return found
    groups = {p.start: group for p in found if p.start >= bare.end and (group := _group_of(line, p)) is not None}
    return [groups.get(p.start, p) for p in found if p is not bare] if groups else found


def _group_of(line: Line, place: Place) -> Place | None:
    """The node group that a place with a count behind it names in a list of counts."""
    site = place.site if place.node else _NODE_OF_BODY.get(place.subsite or "") or NODE_OF_REGION.get(place.site)
    if site is None or place.test or not own_count(line, place):
        return None
    return replace(place, site=site, subsite=None, flags=place.flags - {"body_region", "region"})


def own_count(line: Line, place: Place) -> bool:
    """Whether a place has a count of its own behind it in a list ("(mediastinal 1/4, mesenteric 2/5)")."""
    at = line.sentence.start
    counted = _TALLY.match(line.text, place.end - at) is not None
    return counted and _OPENS.search(line.text, 0, place.start - at) is not None


_LABEL = re.compile(r"\s*(?:[,:(-]|levels?\b|nodes?\b|lymph|(?:neck\s)?dissection)", re.IGNORECASE)


def _of_neck(line: Line, found: list[Place]) -> list[Place]:
    """The places, the nodes behind a label of one side of the neck on that side ("RIGHT NECK, LEVEL II: … lymph nodes")."""
    neck = next((p for p in found if p.site == "head_neck" and p.side), None)
    if neck is None or len({p.side for p in found if p.side}) > 1 or not _LABEL.match(line.text, neck.end - line.sentence.start):
        return found
    return [replace(p, side=neck.side) if p.site in _NECK_NODES and p.start >= neck.end else p for p in found]


_NECK_NODES = frozenset({"lymph_node_head_neck", "lymph_node"})


def _by_landmark(line: Line, found: Sequence[Place]) -> list[Place]:
    """The places without an organ that only tells where a node lies ("node posterior to the pancreatic head"): it names its region."""
    out: list[Place] = []
    for place in found:
        node = out[-1] if out and out[-1].node and not out[-1].region else None
        if node is None or place.node or place.test:
            out.append(place)
            continue
        between = line.text[node.end - line.sentence.start : place.start - line.sentence.start]
        if len(between) > _LANDMARK_REACH or not line.within["site.landmark"].fullmatch(between):
            out.append(place)
        elif node.site == "lymph_node":
            out[-1] = replace(node, site=NODE_OF_REGION.get(place.site, node.site))
    return out


_LANDMARK_REACH = 60


def _tested(line: Line, mention: Mention) -> Place | None:
    """The place a test's own name holds ("brain MRI", "bone scan", "pleural fluid cytology")."""
    word = line.word(mention)
    organ = line.within["site.tested"].search(word)
    if organ is None or organ.lastgroup is None:
        return None
    fluid = line.within["site.fluid_cytology"].search(word) is not None
    return Place(
        site=organ.lastgroup, subsite=None, side=None, start=mention.start, end=mention.end, mentions=(mention,),
        flags=frozenset({"test", FLUID} if fluid else {"test"}),
    )  # fmt: skip


WITH_COLON = "with_colon"
"""Marks a stretch of ileum or an appendix that a hemicolectomy took along: an adenocarcinoma there began in the colon."""

BIOPSIED = "biopsied"
"""Marks a specimen that is a biopsy, aspirate or cytology: a piece of what was found, not an organ taken out."""

FLUID = "fluid"
"""Marks the fluid of a cavity: cancer cells in it are a deposit there."""


def _of_fluid(line: Line, word: Mention, cavity: str) -> Place:
    """The cavity whose fluid is named, with the side beside the words."""
    near = [s.concept for s in line.of("side") if 0 <= word.start - s.end <= 2 or 0 <= s.start - word.end <= 3]
    return Place(
        site=cavity, subsite=None, side=near[0] if near else None, start=word.start, end=word.end,
        mentions=(word,), flags=frozenset({"test", FLUID}),
    )  # fmt: skip


_SIDE_WORD = re.compile(r"\b(left|right|bilateral)\b")


def _own_side(line: Line, mention: Mention) -> str | None:
    """The side inside the words of a site ("nodes of the right groin", "station 4R")."""
    word = line.word(mention)
    found = _SIDE_WORD.search(word)
    if found is None and mention.concept == "lymph_node_intrathoracic" and (station := _STATION.search(word)):
        return {"r": "right", "l": "left"}[station[1]]
    return found[1] if found else None


_STATION = re.compile(r"\d([rl])[si]?\Z")


_PART_OF = re.compile(
    r"[\s,()-]*(?:(?:of|in|within|at|the|her|his|their|aspect|quadrant|region|portion|area|side|unspecified|other|parts?)[\s,()-]*){0,4}"
)


def _whole(line: Line, found: Sequence[Place]) -> list[Place]:
    """The places, a part and its organ joined into one: "upper outer quadrant of the left breast", "pancreas, tail"."""
    out: list[Place] = []
    for place in found:
        last = out[-1] if out else None
        if (
            last is not None
            and place.node
            and not last.node
            and not last.test
            and line.between(last.mentions[-1], place.mentions[0]).strip() == ""
        ):
            out[-1] = replace(place, side=place.side or last.side)  # "suprarenal para-aortic nodes" names nodes only
            continue
        if last is not None and _one_group(line, last, place):
            out[-1] = _regions(last, place)
            continue
        if (
            last is not None
            and "test" not in place.flags | last.flags
            and not place.node
            and not last.node
            and same_organ(last.site, place.site)
        ):
            gap = line.between(last.mentions[-1], place.mentions[0]).lower()
            gap = re.sub(r"\b(?:left|right|bilateral)\b", "", gap)
            if _PART_OF.fullmatch(gap) and (not last.side or not place.side or last.side == place.side):
                out[-1] = _joined(last, place)
                continue
        out.append(place)
    return out


_NODE_LIST = re.compile(r"\s*(?:,|/|&|and\b|,\s*and\b)\s*(?:the\s)?", re.IGNORECASE)


def _one_group(line: Line, a: Place, b: Place) -> bool:
    """Whether two names of one node group stand in a list, the node word beside one of them alone ("right iliac and obturator nodes")."""
    if not (a.node and a.site == b.site and a.region is not b.region) or (a.side and b.side and a.side != b.side):
        return False
    return _NODE_LIST.fullmatch(line.between(a.mentions[-1], b.mentions[0])) is not None


def _regions(a: Place, b: Place) -> Place:
    """One place of two names of a node group."""
    return replace(_joined(a, b), flags=(a.flags | b.flags) - {"region"})


def _joined(a: Place, b: Place) -> Place:
    parts = [x for x in (a.subsite, b.subsite) if x]
    named = [x for x in parts if ".clock_" not in x] or parts
    return Place(
        site=finer(a.site, b.site), subsite=named[0] if named else None, side=a.side or b.side, start=a.start, end=b.end,
        mentions=a.mentions + b.mentions, flags=a.flags | b.flags,
    )  # fmt: skip


def _sides(line: Line, joined: Sequence[tuple[list[Mention], str]]) -> dict[int, str]:
    """The side of each place, by the start of its first mention: a side word before it, or after a comma."""
    out: dict[int, str] = {}
    for side in line.of("side"):
        after = sorted(((m, g[0]) for g, _ in joined for m in g if m.start >= side.end), key=lambda pair: pair[0].start)
        before = [g[-1] for g, _ in joined if g[-1].end <= side.start]
        gap = line.between(side, after[0][0]) if after else ""
        if (
            after
            and re.fullmatch(r"[\s,-]*(?:[\w-]+\s+){0,3}", gap)
            and not (gap.startswith(",") and line.text[: side.start - line.sentence.start].endswith(" on the "))
            and not re.search(r"\b(?:and|or|with|in|of)\b", gap)
        ):
            out.setdefault(after[0][1].start, side.concept)
        elif before and re.fullmatch(
            r"\s*[,(:-]?\s*(?:(?:distal|proximal|mid(?:dle)?|upper|lower)\s)?", line.between(before[-1], side), re.IGNORECASE
        ):
            group = next(g for g, _ in joined if g[-1] is before[-1])
            out.setdefault(group[0].start, side.concept)
    for group, _ in joined:  # "left liver and adrenal" says nothing of the adrenal; "both lungs" does
        head = group[0]
        if head.start not in out and (found := head.attrs.get("side")):
            out[head.start] = found
    return out
