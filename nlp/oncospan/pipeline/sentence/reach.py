"""Which places a metastasis word reaches: "to A, B and C", "A and B metastases", "lesions in A consistent with"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.subjects import labelled, subjects, tests_beside
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective
from oncospan.pipeline.sentence.weighed import weighed
from oncospan.pipeline.sentence.whence import (
    came_from,
    home_of_tumor,
    is_own_site,
    is_primary,
    names_origin,
    of_named_tumor,
    of_tumor,
)
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
        behind = _grouped(trigger, [], _after(line, trigger, None, [p for p in found if not p.test]))
        return near or _region_of(line, trigger, found) or _sharing(line, trigger, found) + behind
    lump = _lump_reached(tumor)
    if lump is not None:
        named = [p for p in found if not p.test]
        beside = [p for p in [*_sharing_lump(line, lump, named), *_after(line, trigger, tumor, named)] if p.site != lump.site]
        return [lump, *beside]
    own = [t.place for t in tumors if t.place is not None and t.how == "before" and not t.mention.weak and not _apart(line, t)]
    named = [p for p in found if not p.test]
    after = _after(line, trigger, tumor, [p for p in named if not any(p is o for o in own)] if not tumor else named)
    before = [] if tumor or trigger.attrs.get("direction") == "to" else _before(line, trigger, named, claimed, tumors)
    if after and before and _onward(line, trigger, before):
        before = []
    if before and after and _only_level(line, trigger, after[0]):
        after = after[1:]
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
    homes = [t.place for t in tumors if t.how in ("after", "inside") and not t.mention.weak and t is not tumor]
    shown = _shown(line, trigger, tumor, named, homes)
    tested = [p for p in found if p.test]
    if trigger.assertion is not Assertion.ABSENT:
        return shown or _shown(line, trigger, tumor, tested) or ([] if tumor else weighed(line, trigger, named))
    at_sites = _denied_of(line, trigger, shown)
    by_test = _denied_of(line, trigger, _shown(line, trigger, tumor, tested)) or subjects(line, trigger, tested)
    nearer = by_test and at_sites and by_test[-1].start > at_sites[-1].end  # "the brain CT was normal, the bone scan showed no …"
    return by_test if nearer else at_sites or by_test


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


_SHARES = re.compile(r",?\s(?:and|&)\s", re.IGNORECASE)
_LED = re.compile(r"\b(?:with|w/|to|of|in|has|have|had)\s(?:known\s|extensive\s|diffuse\s|both\s)?\Z", re.IGNORECASE)


def _sharing(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The organs before the words for node spread that share their noun ("with liver and nodal spread")."""
    out: list[Place] = []
    last: Mention = trigger
    for place in reversed([p for p in found if p.end <= trigger.start and not p.test]):
        gap = line.between(place.mentions[-1], last)
        if not (wording.joins(gap) if out else _SHARES.fullmatch(gap)):
            break
        out.insert(0, place)
        last = place.mentions[0]
    return out if out and _LED.search(line.text[: out[0].start - line.sentence.start]) else []


def _denied_of(line: Line, trigger: Mention, shown: Sequence[Place]) -> list[Place]:
    """Those of the places that a denial is said of: "pancreas … with no metastasis" denies nothing of the pancreas."""
    if any(_BUT.match(c.text) for c in trigger.cues if c.start >= trigger.end):
        return list(shown)  # "a hepatic lesion suspicious for metastasis, but MRI showed a hemangioma"
    return [p for p in shown if p.node or _subject(line, p) or _denied_with(trigger, p)]


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
_WITH = re.compile(r"(?<!c/)\bw(?:ith)?\b")


def _onward(line: Line, trigger: Mention, before: Sequence[Place]) -> bool:
    """Whether the word tells of spread from what stands before it ("…, right middle lobe, with metastasis to the hilum")."""
    gap = line.between(before[-1].mentions[-1], trigger).lower()
    return ("," in gap or _WITH.search(gap) is not None) and _TO.match(line.text, trigger.end - line.sentence.start) is not None


def _apart(line: Line, fact: TumorFact) -> bool:
    """Whether a comma parts a tumor from the place before it ("deposits in the small bowel, biopsy-proven melanoma")."""
    return fact.place is not None and "," in line.between(fact.place.mentions[-1], fact.mention)


_SMALL = frozenset({"nodule", "lesion"})


def _lump_reached(tumor: TumorFact | None) -> Place | None:
    """The organ before a lump called metastatic, where metastases go ("metastatic brain tumor", "metastatic lung nodules")."""
    if tumor is None or tumor.place is None or not tumor.mention.weak or tumor.how != "before":
        return None
    small = tumor.mention.concept in _SMALL
    if tumor.place.site in DESTINATIONS or (small and tumor.place.site in ("lung", "skin", "spleen", "soft_tissue")):
        doubtful = frozenset() if small else frozenset({"direction_ambiguous"})
        return replace(tumor.place, flags=tumor.place.flags | doubtful)
    return None


def _sharing_lump(line: Line, lump: Place, found: Sequence[Place]) -> list[Place]:
    """The organs before a lump's that share it ("liver and lung nodules, metastatic")."""
    out: list[Place] = []
    for place in reversed([p for p in found if p.end <= lump.start]):
        nxt = out[0] if out else lump
        if place.site not in _SHARED or not wording.joins(line.between(place.mentions[-1], nxt.mentions[0])):
            break
        out.insert(0, place)
    return out


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


def _after(line: Line, trigger: Mention, tumor: TumorFact | None, found: Sequence[Place]) -> list[Place]:
    if line.text[: trigger.end - line.sentence.start].endswith("from"):
        return []
    nameless = None if tumor else _of_unknown_primary(line, trigger)
    start = tumor.mention if tumor else nameless or trigger
    later = [p for p in found if p.start >= start.end]
    named = None if tumor else next((t for t in line.of("tumor") if _deposited(line, trigger, t)), None)
    stops = [
        m.start for m in line.of("metastasis", "tumor")
        if m.start > start.end and m is not named and not m.weak and not _aside(line, m)
    ]  # fmt: skip
    out: list[Place] = []
    last: Mention = start
    home: Place | None = None
    for place in later:
        if (stops and place.start > stops[0]) or _has_own_word(line, trigger, place):
            break
        head = place.mentions[0]
        if out:
            if not _listed(line, last, place):
                break
        else:
            gap = _MARKERS.sub(" ", wording.bare(line, last, head, *_CUT, "site" if named else ""))
            if of_tumor(line, trigger, place) or (not tumor and of_named_tumor(line, trigger, place)):
                last, home = place.mentions[-1], place  # "metastasis of an ileal tumor to the ovary"
                continue
            if home is not None and same_organ(home.site, place.site) and _PART.fullmatch(gap):
                last = place.mentions[-1]  # "metastasis from lung adenocarcinoma, left upper lobe"
                continue
            if names_origin(line, trigger, place) or wording.origin(gap):
                break
            if tumor and is_own_site(tumor, place, gap) and not (_from_home(tumor, place, gap) or _set_off(place, gap)):
                last = place.mentions[-1]  # "of the breast to the liver": the gap to the next site starts here
                continue
            parted = trigger.assertion is Assertion.ABSENT and gap.strip() == ","  # "no visceral metastases, liver cyst"
            parted |= _NONE_THERE.match(line.text, place.end - line.sentence.start) is not None
            if parted or not _leads(line, tumor, place, gap, cancer_named=tumor is not None or nameless is not None):
                if not tumor and gap.strip(" ,;") == "":
                    break
                continue
        out.append(place)
        last = place.mentions[-1]
    return out


def _has_own_word(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether the place stands right before another metastasis word, which is its own ("liver metastases or lung metastases")."""
    return any(m is not trigger and m.concept == "metastasis" and 0 <= m.start - place.end <= 1 for m in line.of("metastasis"))


_CUT = ("side", "grade", "behavior", "tumor")
_PART = re.compile(r"\s*[,(-]?\s*")
"""Between the organ a tumor came from and the part of it that the words go on with."""

_OF = re.compile(r"\s*(?:of|from)\s+(?:(?:a|an|the|his|her|known)\s+)*", re.IGNORECASE)


def _deposited(line: Line, trigger: Mention, tumor: Mention) -> bool:
    """Whether a tumor word behind a metastasis word says what the metastasis is of ("metastasis of colonic adenocarcinoma in the lung")."""
    gap = wording.bare(line, trigger, tumor, "grade", "behavior", "site", "side")
    return tumor.start >= trigger.end and _OF.fullmatch(gap) is not None


def _listed(line: Line, last: Mention, place: Place) -> bool:
    """Whether the place goes on the list that ``last`` stands in: no origin, no tissue taken along, no subject of its own clause."""
    at = place.end - line.sentence.start
    if is_primary(line, place) or _TISSUE.match(line.text, at) or _NONE_THERE.match(line.text, at):
        return False  # "metastatic lymphadenopathy and thyroid tissue"
    gap = wording.bare(line, last, place.mentions[0], "side", "site", "tissue", "treatment")
    if _AND_TO.fullmatch(gap):
        return True
    return wording.lists(gap) and not (";" in gap and _SAYS.match(line.text, at))


_AND_TO = re.compile(
    r",?\s(?:s/p|status post|after|treated with|on|post)\s[^.;:]{0,40}?,?\s(?:and|&)\s(?:also\s)?to\s(?:the\s)?", re.IGNORECASE
)
"""What was done about one deposit, and the next ("metastatic to brain s/p radiation, and to bone")."""
_SAYS = re.compile(
    r"[^.;:]{0,40}\b(?:is|are|was|were|did|does|do|has|have|had|show\w{0,3}|remain\w{0,3}|appear\w{0,3})\b", re.IGNORECASE
)
"""A clause of its own about what opens it ("…; the lungs and the brain did not present lesions")."""
_NONE_THERE = re.compile(
    r"\s{0,2}(?:[-\u2013:]\s{0,2})?(?:no\b(?!\.?\s?(?:\d|[ivx]{1,5}\b))|(?:none|without|neg|negative|clear)\b)", re.IGNORECASE
)
_TISSUE = re.compile(r"\s(?:tissue|bed|gland tissue)\b", re.IGNORECASE)
_MARKERS = re.compile(
    r"\b(?:er|pr|her-?2(?:/neu)?|kras|braf|egfr|alk|pd-?l1|ttf-?1|p16|hpv)\W{0,3}(?:positive|negative|mutant|mutated|low|wild[- ]type|\+|-)"
    r"|\b(?:measuring\s|up to\s)?(?:\d{1,3}(?:\.\d{1,2})?\s?[x\u00d7]\s?){0,2}\d{1,3}(?:\.\d{1,2})?\s?[cm]m\b"
    r"(?:\s(?:in|at)\s(?:its\s)?(?:greatest|largest|maximum|maximal)?\s?(?:dimension|diameter|extent))?"
    r"|\b(?:of|from)\s(?:an?\s)?(?:unknown|undetermined|unclear|occult)\s(?:primary|origin|source)(?:\s(?:site|tumou?r))?\b"
    r"|\((?:of\s)?(?:unknown|occult)\s(?:primary|origin)\)"
)
"""Stains, sizes and unknown origins, which part no site from the word before it."""


def _aside(line: Line, m: Mention) -> bool:
    """Whether the word stands in parentheses, beside what the sentence says ("adrenal (FNA: carcinoma) and bone")."""
    text, at = line.text, m.start - line.sentence.start
    opened = text.rfind("(", 0, at)
    return opened > text.rfind(")", 0, at) and text.find(")", at) > 0


_INTO = re.compile(r"\b(?:to|into|in|involv\w{2,4}|within|throughout|at|of|including|namely)\b")
_INVOLVED = re.compile(r"\W{0,3}(?:\w+\W{1,3}){0,4}(?:involvement|disease|deposits?|lesions?|burden|spread)\b", re.IGNORECASE)


def _of_unknown_primary(line: Line, trigger: Mention) -> Mention | None:
    """The words for a cancer of unknown primary right behind a metastasis word ("metastatic carcinoma of unknown primary")."""
    told = (m for m in line.of("status") if m.concept == "unknown_primary")
    return next((m for m in told if 0 <= m.start - trigger.end <= 1), None)


def _leads(line: Line, tumor: TumorFact | None, place: Place, gap: str, *, cancer_named: bool) -> bool:
    """Whether the words before the first site say that it is reached; after a tumor word a bare list needs a site of its own."""
    if not cancer_named:
        return wording.leads_to(gap)
    if re.fullmatch(r"\W*\bw(?:ith)?\W*", gap):
        return _INVOLVED.match(line.text, place.end - line.sentence.start) is not None
    if _INTO.search(gap):
        return wording.leads_to(_WITH.sub(" ", gap))
    if tumor is None:
        return False
    if _from_home(tumor, place, gap) or _set_off(place, gap):
        return True
    other = tumor.place is not None and not same_organ(tumor.place.site, place.site)
    return other and re.fullmatch(r"\W*[,(:]\W*", gap) is not None


_SET_OFF = frozenset({",", "-", "(", ":", ";"})


def _set_off(place: Place, gap: str) -> bool:
    """Whether nodes, or the neck that stands for its nodes, are set behind a metastatic tumor, which began elsewhere ("metastatic melanoma, right groin")."""
    there = place.assertion is not Assertion.ABSENT or ";" not in gap
    return there and (place.node or place.site == "head_neck") and gap.strip() in _SET_OFF


def _from_home(tumor: TumorFact, place: Place, gap: str) -> bool:
    """Whether the tumor's name tells another organ than the remote one set behind it ("metastatic renal cell carcinoma, frontal lobe")."""
    home = tumor.mention.attrs.get("site")
    said = gap.strip().lower()
    remote = place.site in DESTINATIONS or (place.site == "lung" and said in ("(", ":"))
    elsewhere = home is not None and remote and not same_organ(home, place.site)
    return elsewhere and (said in {",", "-", "(", ":"} or (said in {"of", "of the"} and home in _LEAVES and place.site in _SEATS))


_LEAVES = frozenset("skin kidney liver thyroid prostate".split())
_SEATS = frozenset("liver brain bone adrenal".split())
"""Organs of histologies that begin nowhere else, and organs that such a tumor "of the" organ came to ("metastatic melanoma of the brain")."""


INVOLVED = frozenset("liver heart bone brain peritoneum pleura meninges bone_marrow spleen diaphragm".split())
"""Organs that a tumor which involves them came to, as a rule, from elsewhere."""

_SHARED = INVOLVED | {"lung", "skin", "adrenal"}
"""Organs whose lump may be called a metastasis together with that of the next."""


def _before(
    line: Line, trigger: Mention, found: Sequence[Place], claimed: dict[int, Mention], tumors: Sequence[TumorFact]
) -> list[Place]:
    if adjective(line, trigger):
        return []
    homes = [t.place for t in tumors if t.how in ("after", "inside") and not t.mention.weak]
    earlier = [p for p in found if p.end <= trigger.start and p.start not in claimed and not _home(line, p, trigger, homes)]
    strong = [t for t in line.of("tumor") if not t.weak and t.end <= trigger.start]
    out: list[Place] = []
    nxt: Mention = trigger
    behind = ""
    for place in reversed(earlier):
        gap = wording.bare(line, place.mentions[-1], nxt, "side", "grade", "behavior", "tissue", "tumor" if out else "side")
        beside = bool(out) and _lump_beside(line, place, nxt, behind)
        if any(place.end <= t.start for t in strong) or (out and not beside and _mass(line, place, nxt)):
            break
        tied = beside or (wording.joins(gap) if out else wording.before_ties(gap))
        if (
            not tied
            or (out and (_stands_alone(line, place, gap) or (place.node and _plural(line, place))))
            or (out and (came_from(line, place, nxt) or home_of_tumor(line, place)))
        ):
            break
        behind = behind if out else gap
        out.insert(0, place)
        nxt = place.mentions[0]
    return out


def _mass(line: Line, place: Place, nxt: Mention) -> bool:
    """Whether what lies in the place is one mass, not what the list goes on with ("the colon mass and liver metastases")."""
    return any(place.end <= t.start < nxt.start and t.concept in ("mass", "tumor") for t in line.of("tumor"))


def _home(line: Line, place: Place, trigger: Mention, homes: Sequence[Place | None]) -> bool:
    """Whether the place is where a tumor lies that metastasized ("osteosarcoma of the femur with metastases", "carcinoid of the lung, …")."""
    gap = line.between(place.mentions[-1], trigger).lower()
    return any(place is h for h in homes) and re.match(r"\s*,|\W*(?:with|w|and its|plus)\b", gap) is not None


def _plural(line: Line, place: Place) -> bool:
    """Whether a node word stands as a noun of its own ("enlarged nodes and liver metastases")."""
    return line.text[: place.end - line.sentence.start].lower().endswith(("s", "pathy"))


_THE = re.compile(r"\bthe\s\Z", re.IGNORECASE)
_MANY = re.compile(r"\s(?:and|or)\s[a-z]{3,}", re.IGNORECASE)


def _stands_alone(line: Line, place: Place, gap: str) -> bool:
    """Whether an organ has an article, and the metastases beside it a word of their own ("the pancreas and multiple liver metastases")."""
    return _MANY.search(gap) is not None and _THE.search(line.text[: place.start - line.sentence.start]) is not None


_BESIDE = re.compile(r"(?<!consistent )(?<!compatible )(?<!c/)\bw(?:ith)?\W*\Z", re.IGNORECASE)


def _shown(
    line: Line, trigger: Mention, tumor: TumorFact | None, found: Sequence[Place], homes: Sequence[Place | None] = ()
) -> list[Place]:
    """Places whose lesion is said to be the metastasis: "lesions in the liver consistent with metastases".

    The home of a tumor told with its metastases is none ("carcinoid of the ileum that reaches the serosa, with metastasis in four nodes").
    """
    strong = [
        t.start
        for t in line.of("tumor")
        if not t.weak and t.concept != "benign_tumor" and t.end < trigger.start - 1 and not (tumor and t is tumor.mention)
        and not (t.assertion is Assertion.UNCERTAIN and trigger.assertion is Assertion.PRESENT)  # "thought to be a sarcoma, proved …"
    ]  # fmt: skip
    out: list[Place] = []
    last: Mention = trigger
    behind = ""
    for place in reversed([p for p in found if p.end <= trigger.start]):
        if tumor and tumor.place is place:
            break
        gap = wording.bare(line, place.mentions[-1], last, "side", "grade", "behavior", "imaging")
        if out and out[0].node and not place.node and not gap.strip():  # "retroperitoneal left para-aortic nodes"
            last = place.mentions[0]
            continue
        if any(place is h for h in homes) and _BESIDE.search(gap):
            break
        if out:
            if not (wording.lists(gap) or _lump_beside(line, place, last, behind)):
                break
        elif not (wording.shows(gap) or _named(line, place, trigger) or _holds(line, place)) or any(
            s > place.start for s in strong
        ):
            break
        behind = behind if out else gap
        out.insert(0, place)
        last = place.mentions[0]
    lumps = [t for t in line.of("tumor") if t.weak]
    if out and (
        _holds(line, out[-1])
        or lumps
        or _in_lump(line, out[0])
        or any(p.node or _lumped(line, p) or _heads(line, p) for p in out)
        or line.of("tissue", "imaging")
        or line.says("site.lump")
    ):
        return out
    return []


_BOTH = re.compile(r"(?:\s(?:gland|lobe)s?)?[\s,;(-]{0,3}(?:both|all|each|either)\b", re.IGNORECASE)
_ONE = re.compile(r"\b(?:an?|one|another|second|third)\b", re.IGNORECASE)


def _lump_beside(line: Line, place: Place, last: Mention, behind: str) -> bool:
    """Whether two places with a lump each are called metastases together ("a mass in the left adrenal and a nodule in the right, both …").

    ``behind`` are the words between the last place and the metastasis word.
    """
    if _BOTH.match(behind) is None:
        return False
    return wording.lists(_ONE.sub(" ", wording.bare(line, place.mentions[-1], last, "side", "grade", "behavior", "tumor")))


def _holds(line: Line, place: Place) -> bool:
    """Whether the words go on with what the place holds ("both ovaries contained …")."""
    return line.within["site.contains"].match(line.text, place.end - line.sentence.start) is not None


_LUMP = re.compile(r"(?:nodul\w{1,4}|lesions?|mass(?:es)?|foc(?:us|i)|thickening|enlargement)\Z")


def _lumped(line: Line, place: Place) -> bool:
    """Whether the words of the place themselves end in a lump ("adrenal nodule")."""
    return _LUMP.search(line.word(place.mentions[-1])) is not None


def _in_lump(line: Line, place: Place) -> bool:
    """Whether a lump is said to lie in the place ("a sclerotic focus in the third lumbar vertebra")."""
    at = place.start - line.sentence.start
    return line.within["site.lump_in"].search(line.text, max(0, at - _LUMP_BEFORE), at) is not None


_LUMP_BEFORE = 50


_HEAD = re.compile(r"\W{0,3}(?:[A-Z0-9]{1,3}[.):]\s*)?(?:the\s)?(?:(?:left|right)\W{1,3})?", re.IGNORECASE)
_CALLED = re.compile(
    r"(?:[^.;:]|\.(?=\d)){0,40}(?:[,:;]|\s[-\u2013\u2014]{1,2})\s*(?:(?:indeterminate|non-?specific|equivocal|new|unchanged|stable|suspicious"
    r"|too small to characteri[sz]e)\s*[,;(]\s*)?(?:[\w-]+\s+){0,3}",
    re.IGNORECASE,
)


def _heads(line: Line, place: Place) -> bool:
    """Whether the place opens its line, as specimens do ("B. Adrenal gland, right - metastatic …")."""
    return _HEAD.fullmatch(line.text[: place.start - line.sentence.start]) is not None


def _named(line: Line, place: Place, trigger: Mention) -> bool:
    """Whether a lump, node or specimen is called a metastasis across a comma, colon or dash: "right lung nodule, metastatic"."""
    gap = wording.bare(line, place.mentions[-1], trigger, "side", "tumor")
    lump = _lumped(line, place) or any(place.start - 30 <= t.start <= place.end + 20 and t.weak for t in line.of("tumor"))
    studied = any(abs(place.start - m.end) <= 25 or abs(m.start - place.end) <= 25 for m in line.of("imaging", "tissue"))
    return (lump or studied or place.node or _heads(line, place)) and _CALLED.fullmatch(gap) is not None
