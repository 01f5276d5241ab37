"""What a sentence says of tumors and deposits: which site a tumor word has, which sites a metastasis word reaches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oncospan.pipeline import wording
from oncospan.pipeline.mention import Line, Mention
from oncospan.pipeline.places import Place, places
from oncospan.sites import same_organ
from oncospan.types import Assertion

DESTINATIONS = frozenset(
    "liver bone brain peritoneum pleura adrenal meninges mediastinum retroperitoneum bone_marrow spinal_cord".split()
)
"""Organs that "metastatic X cancer" more likely names as reached than as origin (SPEC 3.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TumorFact:
    """A tumor word with the site it has in its sentence."""

    mention: Mention
    line: Line = field(repr=False)
    place: Place | None = None
    how: str = "none"
    metastatic: Mention | None = None
    details: tuple[Mention, ...] = ()

    @property
    def start(self) -> int:
        """Where the fact starts in the note."""
        return self.mention.start

    @property
    def assertion(self) -> Assertion:
        """What ConText decided for the tumor word."""
        return self.mention.assertion


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositFact:
    """A site reached by metastasis (``place`` None: no site said), or said not to be."""

    trigger: Mention
    line: Line = field(repr=False)
    place: Place | None = None
    site: str = "unspecified"
    side: str | None = None
    assertion: Assertion = Assertion.PRESENT
    tumor: Mention | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """Everything relations found in one sentence."""

    line: Line = field(repr=False)
    places: tuple[Place, ...]
    tumors: tuple[TumorFact, ...]
    deposits: tuple[DepositFact, ...]
    specimen: Place | None = None


_NODE_COUNT = re.compile(
    r"\b(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|no|none|zero)\s*(?:/|of|out\s+of)\s*(?:the\s+)?(\d{1,3}|\w{3,12})\b",
    re.IGNORECASE,
)
_NODE_TALLY = re.compile(
    r"\b(?:positive|involved|metasta\w{2,4}|malignan\w{2,4})\b[^.:;\n]{0,30}:\s{0,3}(\d{1,3}|no|none|zero)\b", re.IGNORECASE
)
_MALIGNANT_NODE = re.compile(
    r"\b(?:positive|involved|involvement|involving|metasta\w{2,6}|malignan\w{2,4}|tumou?r|carcinoma|cancer)\b", re.IGNORECASE
)
_SPECIMEN = re.compile(r"[:\n]|\bpart\s+\d|^\W{0,3}[A-Z0-9]{1,2}[.):]")


def relate(line: Line, specimen: Place | None) -> LineFacts:
    """The facts of a sentence; ``specimen`` is the place of the specimen heading it stands under, if any."""
    found = places(line)
    own = _own_specimen(line, found)
    under = own or specimen
    tumors = [_place_tumor(line, t, found) for t in line.of("tumor") if t.concept != "benign_tumor"]
    tumors = _mark_metastatic(line, tumors)
    deposits, claimed = _deposits(line, tumors, found, under)
    deposits += _node_deposits(line, found, deposits, under)
    tumors = [_unclaim(line, t, claimed, found, under) for t in tumors]
    return LineFacts(line=line, places=tuple(found), tumors=tuple(tumors), deposits=tuple(deposits), specimen=own)


def _own_specimen(line: Line, found: Sequence[Place]) -> Place | None:
    """The place a specimen heading names: before any tumor word, beside a biopsy or resection word."""
    firsts = line.of("tumor", "metastasis")
    limit = firsts[0].start if firsts else line.sentence.end
    head = [p for p in found if p.end <= limit]
    if not head:
        return None
    if line.sentence.heading:
        return head[0]
    before = line.text[: limit - line.sentence.start]
    if re.fullmatch(r"[^.;:]{0,40}:\s*", before[head[-1].end - line.sentence.start :]):
        return head[-1]
    tests = [m for m in line.of("tissue", "treatment") if m.start < limit]
    return head[0] if tests and (_SPECIMEN.search(before) or before.isupper()) else None


def _place_tumor(line: Line, tumor: Mention, found: Sequence[Place]) -> TumorFact:
    details = tuple(m for m in line.of("grade", "behavior") if abs(m.start - tumor.end) < 90 or abs(tumor.start - m.end) < 60)
    fact = TumorFact(mention=tumor, line=line, details=details)
    others = [t for t in line.of("tumor", "metastasis") if t is not tumor]
    best: tuple[int, Place, str] | None = None
    for place in found:
        if place.node:
            continue
        anchor = place.mentions[0]
        if place.start <= tumor.start < place.end or tumor.start <= place.start < tumor.end:
            return replace(fact, place=place, how="inside")
        if place.end <= tumor.start:
            if any(place.end <= t.start < tumor.start and t.category == "tumor" and not t.weak for t in others):
                continue
            gap = wording.bare(line, place.mentions[-1], tumor, "grade", "behavior", "side", "tumor")
            if wording.before_ties(gap):
                best = _nearer(best, (tumor.start - place.end, place, "before"))
        else:
            if any(tumor.end <= t.start < place.start for t in others if t.category == "metastasis" or not t.weak):
                continue
            gap = wording.bare(line, tumor, anchor, "grade", "behavior", "side", "site", "tumor")
            if wording.after_ties(gap):
                best = _nearer(best, (place.start - tumor.end + 20, place, "after"))
    return replace(fact, place=best[1], how=best[2]) if best else fact


def _nearer(a: tuple[int, Place, str] | None, b: tuple[int, Place, str]) -> tuple[int, Place, str]:
    return b if a is None or b[0] < a[0] else a


def _mark_metastatic(line: Line, tumors: Sequence[TumorFact]) -> list[TumorFact]:
    """The tumor facts, those with "metastatic" just before them marked."""
    out = []
    for fact in tumors:
        for m in line.of("metastasis"):
            if m.concept == "metastasis" and m.end <= fact.mention.start and _adjective(line, m):
                gap = wording.bare(line, m, fact.mention, "grade", "behavior", "side", "site", "tumor")
                if len(wording.words(gap)) <= 3 and not re.search(r"[.;:]", gap) and not set(wording.words(gap)) & (
                    wording.BLOCKS | wording.LINKS | {"to", "disease"}
                ):
                    fact = replace(fact, metastatic=m)
        out.append(fact)
    return out


def _adjective(line: Line, m: Mention) -> bool:
    word = line.text[m.start - line.sentence.start : m.end - line.sentence.start].lower()
    return word.endswith(("metastatic", "metastasizing", "metastasising", "metastasized", "metastasised"))


def _deposits(
    line: Line, tumors: Sequence[TumorFact], found: Sequence[Place], specimen: Place | None
) -> tuple[list[DepositFact], dict[int, Mention]]:
    """The deposits a sentence states or denies, and the places they claim (by start) with their trigger."""
    out: list[DepositFact] = []
    claimed: dict[int, Mention] = {}
    under_node = specimen if specimen is not None and specimen.node else None
    for trigger in line.of("metastasis"):
        if trigger.concept in _LETTERS or trigger.attrs.get("flag") == "same_organ" or _label(line, trigger):
            continue
        tumor = next((t for t in tumors if t.metastatic is trigger), None)
        fixed = trigger.attrs.get("site")
        reached: list[Place] = []
        if not fixed or fixed == "lymph_node":
            reached = _reached(line, trigger, tumor, tumors, found, claimed)
        if not reached and not fixed and specimen is not None and not _counted(line, found) and not _at_home(tumor, specimen):
            reached = [specimen]
        if not reached and (_says_nothing_alone(trigger) or _counted(line, found)):
            continue
        tumor_word = tumor.mention if tumor else _origin_tumor(line, trigger, tumors)
        flags = _trigger_flags(trigger)
        for place in reached:
            claimed[place.start] = trigger
            if place.site == "lymph_node" and under_node is not None:
                place = under_node
            out.append(_deposit(line, trigger, place, tumor_word, flags))
        if not reached:
            site = fixed or "unspecified"
            out.append(
                DepositFact(
                    trigger=trigger, line=line, site=site, side=trigger.attrs.get("side") or _near_side(line, trigger, fixed),
                    assertion=trigger.assertion, tumor=tumor_word, flags=flags,
                )  # fmt: skip
            )
    for free in line.of("status"):
        word = line.text[free.start - line.sentence.start : free.end - line.sentence.start].lower()
        if free.concept == "ned" and "metasta" in word and not out:
            out.append(DepositFact(trigger=free, line=line, assertion=Assertion.ABSENT))
    return out, claimed


def _at_home(tumor: TumorFact | None, specimen: Place) -> bool:
    """Whether a "metastatic" tumor names the specimen's own organ ("breast: metastatic breast carcinoma" says no site)."""
    return tumor is not None and tumor.place is not None and same_organ(tumor.place.site, specimen.site)


_LETTERS = frozenset({"stage_iv", "m1", "m0"})
"""Stage words: TNM letters and stages alone diagnose no metastasis (SPEC 3.3)."""


_FIELD = re.compile(r"\s*(?:\([^()\n]{0,20}\))?\s*:\s*([^\n]{0,40})")
_FILLED = re.compile(r"\b(?:present|identified|yes|positive|p?M1|liver|lung|bone|brain|periton|node)", re.IGNORECASE)


def _label(line: Line, trigger: Mention) -> bool:
    """Whether the word is the name of a report field that is left open or denied ("Distant metastasis (pM): not applicable")."""
    field_ = _FIELD.match(line.text, trigger.end - line.sentence.start)
    if field_ is None or line.text[: trigger.start - line.sentence.start].strip(" \t-*\u2022.0123456789)").lower() not in _FIELD_OPENERS:
        return False
    value = field_[1]
    return not _FILLED.search(value) or re.search(r"\bno\b|\bnot\b|\bnone\b|absent", value, re.IGNORECASE) is not None


_FIELD_OPENERS = frozenset({"", "distant", "regional", "lymph node", "lymph nodes", "regional lymph node", "nodal", "extent of"})


def _says_nothing_alone(trigger: Mention) -> bool:
    """Whether the word means spread only beside the site it reaches ("deposits", "spread to", a bare "positive")."""
    return trigger.concept == "spread" and trigger.attrs.get("direction") != "to" or trigger.attrs.get("flag") == "word"


def _near_side(line: Line, trigger: Mention, fixed: str | None) -> str | None:
    if not fixed:
        return None
    near = [s for s in line.of("side") if 0 <= trigger.start - s.end <= 12]
    return near[-1].concept if near else None


def _trigger_flags(trigger: Mention) -> frozenset[str]:
    flags = {f for f in (trigger.attrs.get("flag"),) if f}
    if trigger.concept == "disseminated":
        flags.add("disseminated")
    return frozenset(flags)


def _deposit(
    line: Line, trigger: Mention, place: Place, tumor: Mention | None, flags: frozenset[str]
) -> DepositFact:
    assertion = trigger.assertion
    if assertion is Assertion.PRESENT and place.assertion in (Assertion.ABSENT, Assertion.UNCERTAIN):
        assertion = place.assertion
    site = "lymph_node_head_neck" if place.site == "head_neck" else place.site
    return DepositFact(
        trigger=trigger, line=line, place=place, site=site, side=place.side, assertion=assertion, tumor=tumor,
        flags=flags | place.flags,
    )  # fmt: skip


def _reached(
    line: Line, trigger: Mention, tumor: TumorFact | None, tumors: Sequence[TumorFact], found: Sequence[Place],
    claimed: dict[int, Mention],
) -> list[Place]:
    """The places a metastasis word reaches: after it ("to A, B and C"), else before it ("A and B metastases")."""
    if trigger.concept == "node_positive":
        return [p for p in found if p.node and not p.region and abs(p.start - trigger.start) <= 60 and p.start not in claimed]
    own = [t.place for t in tumors if t.place is not None and t.how == "before" and not t.mention.weak]
    after = _after(line, trigger, tumor, [p for p in found if not any(p is o for o in own)] if not tumor else found)
    before = [] if tumor or trigger.attrs.get("direction") == "to" else _before(line, trigger, found, claimed)
    if after or before:
        return before + after
    shown = _shown(line, trigger, tumor, found, claimed)
    if trigger.assertion is Assertion.ABSENT:  # "nodes negative for metastasis" denies it there; "pancreas … no metastasis" does not
        return [p for p in shown if p.node]
    return shown


def _after(line: Line, trigger: Mention, tumor: TumorFact | None, found: Sequence[Place]) -> list[Place]:
    if line.text[: trigger.end - line.sentence.start].endswith("from"):
        return []
    start = tumor.mention if tumor else trigger
    later = [p for p in found if p.start >= start.end]
    stops = [m.start for m in line.of("metastasis", "tumor") if m.start > start.end and not m.weak]
    out: list[Place] = []
    last: Mention = start
    for place in later:
        if stops and place.start > stops[0]:
            break
        head = place.mentions[0]
        if not out:
            gap = wording.bare(line, start, head, "side", "grade", "behavior", "tumor")
            if _names_origin(line, trigger, place):
                break
            if tumor and not re.search(r"\b(?:to|into|in|involv\w{2,4}|within|throughout|at|of)\b", gap):
                continue
            if wording.origin(gap) or not wording.leads_to(gap):
                if gap.strip(" ,;") == "" or wording.origin(gap):
                    break
                continue
            if tumor and _is_own_site(line, tumor, place, gap):
                continue
        elif not wording.lists(wording.bare(line, last, head, "side", "site")):
            break
        out.append(place)
        last = place.mentions[-1]
    return out


def _names_origin(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether a site right after a metastasis word is where the cancer began: "metastatic prostatic disease",
    "metastasis of cutaneous melanoma"."""
    gap = line.between(trigger, place.mentions[0]).strip().lower()
    word = line.text[trigger.start - line.sentence.start : trigger.end - line.sentence.start].lower()
    tumors = [t for t in line.of("tumor") if 0 <= t.start - place.end <= 25 and wording.before_ties(line.between(place.mentions[-1], t))]
    if word.endswith("of") and gap == "":
        return any(not t.weak for t in tumors)
    if not _adjective(line, trigger) or gap or place.node or place.site in DESTINATIONS:
        return False
    return place.site in _ORIGINS


_ORIGINS = frozenset(
    "breast colon prostate kidney pancreas thyroid ovary stomach lung bladder uterus cervix esophagus rectum".split()
)
"""Organs that "metastatic X disease" names as where the cancer began (SPEC 3.4)."""


def _is_own_site(line: Line, tumor: TumorFact, place: Place, gap: str) -> bool:
    """Whether "metastatic carcinoma of the pancreas" names the site the tumor has, not one it reached."""
    return tumor.place is place and not re.search(r"\b(?:to|into|involving|in)\b", gap) and not place.node


def _before(line: Line, trigger: Mention, found: Sequence[Place], claimed: dict[int, Mention]) -> list[Place]:
    if _adjective(line, trigger):
        return []
    earlier = [p for p in found if p.end <= trigger.start and p.start not in claimed]
    strong = [t for t in line.of("tumor") if not t.weak and t.end <= trigger.start]
    out: list[Place] = []
    nxt: Mention = trigger
    for place in reversed(earlier):
        gap = wording.bare(line, place.mentions[-1], nxt, "side", "grade", "behavior", "tumor" if out else "side")
        if any(place.end <= t.start for t in strong):
            break
        tied = wording.joins(gap) if out else wording.before_ties(gap)
        if not tied or (out and place.node and _plural(line, place)):
            break
        out.insert(0, place)
        nxt = place.mentions[0]
    return out


def _plural(line: Line, place: Place) -> bool:
    """Whether a node word stands as a noun of its own ("enlarged nodes and liver metastases")."""
    return line.text[: place.end - line.sentence.start].lower().endswith(("s", "pathy"))


def _shown(
    line: Line, trigger: Mention, tumor: TumorFact | None, found: Sequence[Place], claimed: dict[int, Mention]
) -> list[Place]:
    """Places whose lesion is said to be the metastasis: "lesions in the liver consistent with metastases"."""
    strong = [t.start for t in line.of("tumor") if not t.weak and t.end <= trigger.start and not (tumor and t is tumor.mention)]
    out: list[Place] = []
    last: Mention = trigger
    for place in reversed([p for p in found if p.end <= trigger.start]):
        if tumor and tumor.place is place:
            break
        gap = wording.bare(line, place.mentions[-1], last, "side", "grade", "behavior", "imaging", "tissue")
        if out:
            if not wording.lists(gap):
                break
        elif not wording.shows(gap) or any(s > place.start for s in strong):
            break
        out.insert(0, place)
        last = place.mentions[0]
    lumps = [t for t in line.of("tumor") if t.weak]
    if out and (lumps or any(p.node for p in out) or line.of("tissue")):
        return out
    return []


def _origin_tumor(line: Line, trigger: Mention, tumors: Sequence[TumorFact]) -> Mention | None:
    """The tumor word a metastasis is said to be of or from ("metastases of Merkel cell carcinoma")."""
    for fact in tumors:
        if fact.mention.start >= trigger.end and not fact.mention.weak:
            gap = line.between(trigger, fact.mention).lower()
            if len(gap) <= 60 and re.search(r"\b(?:of|from)\b", gap) and not re.search(r"[.;]", gap):
                return fact.mention
    before = [t for t in tumors if t.mention.end <= trigger.start and not t.mention.weak]
    if before and len(line.between(before[-1].mention, trigger)) <= 3:
        return before[-1].mention
    return None


_NUMBERS = {w: i for i, w in enumerate("no one two three four five six seven eight nine ten".split())} | {"none": 0, "zero": 0}


def _counted(line: Line, found: Sequence[Place]) -> bool:
    """Whether the sentence counts nodes, so that its metastasis words are about them."""
    return any(p.node and not p.region and _count_near(line, p) is not None for p in found)


def _count_near(line: Line, place: Place) -> re.Match[str] | None:
    """The count of nodes nearest to a node word: "3/14 nodes", "nodes (0/12)", "two of five axillary nodes"."""
    start, end = place.start - line.sentence.start, place.end - line.sentence.start
    near = [
        (max(start - m.end(), m.start() - end, 0), i, m)
        for i, m in enumerate((*_NODE_COUNT.finditer(line.text), *_NODE_TALLY.finditer(line.text)))
        if -60 <= m.start() - end <= 60 or 0 <= start - m.end() <= 60
    ]  # fmt: skip
    return min(near)[2] if near else None


def _node_deposits(
    line: Line, found: Sequence[Place], known: Sequence[DepositFact], specimen: Place | None
) -> list[DepositFact]:
    """Deposits told by node counts or by "nodes positive/negative for tumor"."""
    nodes = [p for p in found if p.node and not p.region] or ([specimen] if specimen is not None and specimen.node else [])
    nodes = [p for p in nodes if not any(d.place is p for d in known)]
    denied = [m for m in line.of("status") if m.concept == "negative_nodes" and m.assertion in (Assertion.PRESENT, Assertion.ABSENT)]
    if denied and not any(d.site.startswith("lymph_node") for d in known):
        place = nodes[0] if nodes else None
        return [DepositFact(
            trigger=denied[0], line=line, place=place, site=place.site if place else "lymph_node",
            side=place.side if place else None, assertion=Assertion.ABSENT)]  # fmt: skip
    if not nodes:
        return []
    stated = _MALIGNANT_NODE.search(line.text)
    words = line.of("tumor", "metastasis")
    out = []
    for place in nodes:
        trigger = next((m for m in words if not m.weak or m.concept in ("tumor", "neoplasm")), None) or place.mentions[0]
        count = _count_near(line, place)
        number = _number(count) if count else None
        if count is not None and (stated or number == 0 or "/" in count.group()):
            assertion = Assertion.PRESENT if number else Assertion.ABSENT
            if trigger.assertion in (Assertion.ABSENT, Assertion.FAMILY, Assertion.HYPOTHETICAL):
                assertion = trigger.assertion
        elif trigger is not place.mentions[0] and _about_node(line, place, trigger):
            assertion = trigger.assertion
        elif re.search(r"\bpositive\b(?!\s+for\s+(?:estrogen|er\b|pr\b|her))", line.text, re.IGNORECASE) and not words:
            assertion = place.assertion
        else:
            continue
        out.append(
            DepositFact(
                trigger=trigger, line=line, place=place, site=place.site, side=place.side, assertion=assertion,
                tumor=trigger if trigger.category == "tumor" and not trigger.weak else None, flags=place.flags,
            )  # fmt: skip
        )
    return out


def _number(count: re.Match[str]) -> int:
    first = count.group(1).lower()
    return _NUMBERS.get(first, int(first) if first.isdigit() else 1)


def _about_node(line: Line, place: Place, trigger: Mention) -> bool:
    """Whether a tumor word is said of a node: "node negative for tumor", "carcinoma in two nodes"."""
    if trigger.category == "metastasis":
        return False
    gap = line.between(place.mentions[-1] if place.end <= trigger.start else place.mentions[0], trigger).lower()
    if len(gap) > 60 or re.search(r"[.;]", gap):
        return False
    if place.end <= trigger.start:
        sampled = any(abs(place.start - m.end) < 40 or abs(m.start - place.end) < 20 for m in line.of("tissue"))
        told = r"\b(?:positive|negative|with|contain\w{0,4}|show\w{0,4}|involved|free|by|of|for|:)(?=\W|\Z)"
        if sampled:
            told += r"|\b(?:read|reported|revealed|confirmed|was|were|is|consistent|demonstrated)\b"
        return re.search(told, gap) is not None
    return re.search(r"\b(?:in|within|involv\w{2,4})\b", gap) is not None


def _unclaim(
    line: Line, fact: TumorFact, claimed: dict[int, Mention], found: Sequence[Place], specimen: Place | None
) -> TumorFact:
    """The tumor fact without a place that a deposit claimed; with the specimen's place when it has none of its own."""
    if fact.place is not None and fact.place.start in claimed:
        fact = replace(fact, place=None, how="none")
    if fact.place is None and fact.how == "none" and specimen is not None and not specimen.node and not fact.metastatic:
        return replace(fact, place=specimen, how="specimen")
    return fact
