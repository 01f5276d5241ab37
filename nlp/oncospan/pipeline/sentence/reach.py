"""Which places a metastasis word reaches: "to A, B and C", "A and B metastases", "lesions in A consistent with"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.lesions_called import called
from oncospan.pipeline.sentence.named_by_tumor import seats
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.reach_before import lies_there, lump_reached, reached_before, sharing, sharing_lump, where_called
from oncospan.pipeline.sentence.reach_behind import BODY_PARTS, TISSUES, reached_behind
from oncospan.pipeline.sentence.subjects import labelled, listed_behind, subjects, test_of, tests_beside
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.sentence.weighed import weighed
from oncospan.sites import DESTINATIONS, same_organ
from oncospan.types import Assertion


def reached(
    line: Line,
    trigger: Mention,
    tumor: TumorFact | None,
    tumors: Sequence[TumorFact],
    found: Sequence[Place],
    claimed: dict[int, Mention],
) -> list[Place]:
    """The places a metastasis word reaches: after it ("to A, B and C"), else before it ("A and B metastases")."""
    if trigger.concept == "node_positive":
        near = [p for p in found if p.node and not p.region and abs(p.start - trigger.start) <= 60 and p.start not in claimed]
        behind = _grouped(trigger, [], reached_behind(line, trigger, None, [p for p in found if not p.test]))
        return near or _region_of(line, trigger, found) or sharing(line, trigger, found) + behind
    lump = lump_reached(tumor)
    if lump is not None:
        named = [p for p in found if not p.test]
        beside = [
            p for p in [*sharing_lump(line, lump, named), *reached_behind(line, trigger, tumor, named)] if p.site != lump.site
        ]
        return [lump, *beside]
    own = [t.place for t in tumors if t.place is not None and t.how == "before" and not t.mention.weak and not _apart(line, t)]
    named = [p for p in found if not p.test]
    after = reached_behind(line, trigger, tumor, [p for p in named if not any(p is o for o in own)] if not tumor else named)
    before = [] if tumor or trigger.attrs.get("direction") == "to" else reached_before(line, trigger, named, claimed, tumors)
    if after and before and _onward(line, trigger, before):
        before = []
    before = before or ([] if tumor or after else seats(line, trigger, tumors, named))
    if tumor is not None and not before:
        before = [p for p in where_called(line, trigger, tumor, named) if all(p is not a for a in after)]
        after = after or ([] if before else _with_home(line, tumor, named))
    if before and after and _only_level(line, trigger, after[0]):
        after = after[1:]
    if before and after and before[-1].site in TISSUES and _WHERE.match(line.text, trigger.end - line.sentence.start):
        after = [p for p in after if p.site not in BODY_PARTS and "body_region" not in p.flags]
    if before and not after and trigger.assertion is Assertion.PRESENT:
        after = _beside(line, trigger, before, named)
    if after or before:
        return _grouped(trigger, before, after)
    denied = (
        subjects(line, trigger, named)
        or _neither(line, trigger, named)
        or (labelled(line, trigger, named) if trigger.assertion is Assertion.ABSENT else [])
    )
    if denied:
        return [*tests_beside(line, denied[0], found), *denied]
    if trigger.attrs.get("flag") == "distant":
        return []
    homes = [
        t.place for t in tumors if t.how in ("after", "inside") and t is not tumor and not (t.mention.weak and lies_there(t))
    ]
    shown = called(line, trigger, tumor, named, homes)
    tested = [p for p in found if p.test]
    if trigger.assertion is not Assertion.ABSENT:
        return shown or called(line, trigger, tumor, tested) or ([] if tumor else weighed(line, trigger, named))
    tested = [p for p in found if test_of(line, p) is not None]
    at_sites = _denied_of(line, trigger, shown)
    by_test = (
        _denied_of(line, trigger, called(line, trigger, tumor, tested))
        or subjects(line, trigger, tested)
        or _test_without(line, trigger, found)
    )
    nearer = by_test and at_sites and by_test[-1].start > at_sites[-1].end  # "the brain CT was normal, the bone scan showed no …"
    return by_test if nearer else at_sites or by_test


def _with_home(line: Line, tumor: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The nodes and remote organs listed with the home of a metastatic tumor ("metastatic Merkel cell carcinoma of skin and lymph nodes")."""
    home = tumor.place
    if home is None or tumor.how not in ("after", "inside") or home.node or home.site in DESTINATIONS:
        return []
    listed = listed_behind(line, home.mentions[-1], [p for p in found if p.start >= home.end], opened=True)
    return listed if all((p.node and not p.region) or p.site in DESTINATIONS for p in listed) else []


def _test_without(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The organs of the tests that the denial follows directly ("bone scan and brain MRI without metastases")."""
    cues = [c for c in trigger.cues if c.end <= trigger.start]
    last = next((p for p in found if (m := test_of(line, p)) is not None and any(0 <= c.start - m.end <= 1 for c in cues)), None)
    return [] if last is None else [*tests_beside(line, last, found), last]


_WHERE = re.compile(r"\s(?:in|on|of|over|at|to|within|across|around)\b", re.IGNORECASE)
"""Goes on from metastases of a tissue to the part of the body they lie in ("skin metastases on the chest wall")."""
_NEITHER = re.compile(r"\bneither\b", re.IGNORECASE)
_HAVE = re.compile(
    r"\s(?:was|were|is|are|show\w{0,3}|had|has|have|contain\w{0,3}|reveal\w{0,2}|demonstrat\w{1,2}|held|harbou?r\w{0,3}|present\w{0,2})\s(?:[\w-]{2,14}\s){0,3}",
    re.IGNORECASE,
)


def _neither(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The organs of which a metastasis is denied by "neither … nor" ("neither the liver nor the lungs showed metastatic involvement")."""
    at = line.sentence.start
    opened = _NEITHER.search(line.text, 0, trigger.start - at) if trigger.assertion is Assertion.ABSENT else None
    between = [p for p in found if opened is not None and opened.end() + at <= p.start and p.end <= trigger.start]
    told = bool(between) and _HAVE.fullmatch(line.between(between[-1].mentions[-1], trigger)) is not None
    return between if told else []


def _only_level(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether a vertebra only tells how high a deposit lies ("mesenteric metastasis at the level of L3")."""
    if place.subsite != "bone.spine":
        return False
    told = line.within["site.at_level"].match(line.text, trigger.end - line.sentence.start)
    return told is not None and told.end() == place.start - line.sentence.start


def _beside(line: Line, trigger: Mention, before: Sequence[Place], found: Sequence[Place]) -> list[Place]:
    """The node or remote organ that the sentence sets beside metastases named before ("uptake in the hepatic metastases and in a node")."""
    start = line.sentence.start
    behind = [p for p in found if p.start >= trigger.end and not p.region]
    if (
        not behind
        or not (behind[0].node or behind[0].site in DESTINATIONS)
        or any(same_organ(behind[0].site, p.site) for p in before)
    ):
        return []
    between = line.text[trigger.end - start : behind[0].start - start]
    head = line.within["spread.told_in"].search(line.text, 0, before[0].start - start)
    told = line.within["spread.and_in"].fullmatch(between)
    if told is not None and head is not None and told[1].lower() == head[1].lower():
        return behind[:1]
    both = behind[0].node and line.within["spread.and_the"].fullmatch(between) is not None
    return behind[:1] if both and line.within["spread.course"].match(line.text, behind[0].end - start) else []


_COUNTED = re.compile(
    r"(?:[\s,/&-]{1,3}(?:and|to|(?:i{1,3}|iv|vi{0,2}|[1-7])[ab]?(?!\s?(?:/|of\b|out\b)))\b){0,8}"
    r"[\s:,;(-]{0,4}(?:\w{1,6}\s?(?:/|of|out of)\s?\w{1,6}\s?\)?\s?)?(?:(?:regional|lymph)\s){0,2}",
    re.IGNORECASE,
)


def _region_of(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The node region that the words open with ("right neck level II node positive", "Left neck: 2 of 31 nodes positive")."""
    before = [p for p in found if p.node and p.region and p.end <= trigger.start]
    told = before and _COUNTED.fullmatch(line.between(before[-1].mentions[-1], trigger)) is not None
    return [replace(before[-1], flags=before[-1].flags - {"region"})] if told else []


def _denied_of(line: Line, trigger: Mention, shown: Sequence[Place]) -> list[Place]:
    """Those of the places that a denial is said of: "pancreas … with no metastasis" denies nothing of the pancreas."""
    if any(_BUT.match(c.text) for c in trigger.cues if c.start >= trigger.end):
        return list(shown)  # "a hepatic lesion suspicious for metastasis, but MRI showed a hemangioma"
    elsewhere = any(_OTHER.match(line.text, c.end - line.sentence.start) for c in trigger.cues if c.end <= trigger.start)
    return [p for p in shown if not elsewhere and (p.node or _subject(line, p) or _denied_with(trigger, p))]


_OTHER = re.compile(r"\s(?:any\s)?(?:other|further|additional|another)\b", re.IGNORECASE)
"""Follows a denial of what is elsewhere ("a splenic lesion, without other findings suggestive of metastasis")."""
_BUT = re.compile(r"\W*(?:but|however|yet|although)\b", re.IGNORECASE)
"""Begins what takes a suspicion back that was told of a lump."""


def _denied_with(trigger: Mention, place: Place) -> bool:
    """Whether the denial opens before the place ("no bone lesion suspicious for metastasis")."""
    return place.assertion is Assertion.ABSENT and any(c.end <= place.start and _NO.match(c.text) for c in trigger.cues)


_NO = re.compile(
    r"(?:with )?(?:no|without|neither|nor|negative|absence)\b|(?:did|does|do|has|have|had)? ?not (?:show|present|reveal|find|demonstrate)",
    re.IGNORECASE,
)


_TO = re.compile(r"\s*(?:in)?to\b", re.IGNORECASE)


def _onward(line: Line, trigger: Mention, before: Sequence[Place]) -> bool:
    """Whether the word tells of spread from what stands before it ("…, right middle lobe, with metastasis to the hilum")."""
    gap = line.between(before[-1].mentions[-1], trigger).lower()
    return ("," in gap or wording.WITH.search(gap) is not None) and _TO.match(
        line.text, trigger.end - line.sentence.start
    ) is not None


def _apart(line: Line, fact: TumorFact) -> bool:
    """Whether a comma parts a tumor from the place before it ("deposits in the small bowel, biopsy-proven melanoma")."""
    return fact.place is not None and "," in line.between(fact.place.mentions[-1], fact.mention)


_GROUPS = {
    "axilla": "lymph_node_axilla", "head_neck": "lymph_node_head_neck", "mediastinum": "lymph_node_intrathoracic",
    "other.thorax": "lymph_node_intrathoracic", "retroperitoneum": "lymph_node_intraabdominal",
    "other.abdomen": "lymph_node_intraabdominal", "peritoneum.mesentery": "lymph_node_intraabdominal",
    "other.pelvis": "lymph_node_pelvic",
}  # fmt: skip
"""The node group of a region that follows the words for node metastases."""


def _grouped(trigger: Mention, before: list[Place], after: list[Place]) -> list[Place]:
    """The places before and after; behind words for nodes a region is their group ("nodal metastases in the mediastinum")."""
    bare = [p for p in before[-1:] if p.site == "lymph_node"]
    if not bare and len(after) > 1 and after[0].site == "lymph_node":
        return before + _grouped(trigger, after[:1], after[1:])  # "metastatic adenopathies in the mediastinum"
    if not after or not (bare or trigger.attrs.get("site") == "lymph_node"):
        return before + after
    groups = [_as_group(p, bare) for p in after]
    if all(g is None for g in groups):
        return before + after if bare else []
    made = [g for g in groups if g is not None]
    return [p for p in before if p not in bare] + made + [p for p, g in zip(after, groups, strict=True) if g is None]


def _as_group(place: Place, bare: Sequence[Place]) -> Place | None:
    """The region as a group of the bare node words, if it is one."""
    group = place.site if place.node else next((_GROUPS[k] for k in (place.subsite or "", place.site) if k in _GROUPS), None)
    if group is None:
        return None
    flags = (place.flags - {"region", "body_region"}).union(*(p.flags for p in bare))
    words = tuple(m for p in bare for m in p.mentions) + place.mentions
    return replace(place, site=group, subsite=place.subsite if place.node else None, mentions=words, flags=flags)


_SUBJECT = re.compile(r"\s*(?:is|are|was|were|appears?|remains?|negative|free|:)", re.IGNORECASE)


def _subject(line: Line, place: Place) -> bool:
    """Whether a denial is said of the place itself: "the liver is free of …", "MRI brain: no …"."""
    after = line.text[place.end - line.sentence.start :]
    studied = any(abs(place.start - m.end) <= 4 or abs(m.start - place.end) <= 4 for m in line.of("imaging"))
    return studied or place.test or _SUBJECT.match(after) is not None
