"""Deposits in lymph nodes told by counts ("3/14 nodes") or by "nodes positive / negative for tumor"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.mentions.talk import speaks_generally
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.node_counts import count_in, count_near, number_of
from oncospan.pipeline.sentence.node_tallies import dissected, tallied
from oncospan.pipeline.sentence.places import BIOPSIED, Place
from oncospan.types import Assertion


def node_deposits(line: Line, found: Sequence[Place], known: Sequence[DepositFact], specimen: Place | None) -> list[DepositFact]:
    """Deposits told by node counts or by "nodes positive/negative for tumor"."""
    first = not any(d.site.startswith("lymph_node") for d in known)
    if first and (counts := tallied(line, found, specimen)):
        return counts
    nodes = [p for p in found if p.node and not p.region] or ([specimen] if specimen is not None and specimen.node else [])
    nodes = [_group(p, specimen) for p in nodes if not any(d.place is p for d in known)]
    free = [m for m in line.of("status") if m.concept == "negative_nodes" and m.assertion in _TOLD]
    if first and free:
        place = nodes[0] if nodes else _region(line, free[0], found)
        return [DepositFact(
            trigger=free[0], line=line, place=place, site=place.site if place else "lymph_node",
            side=place.side if place else None, assertion=Assertion.ABSENT)]  # fmt: skip
    if first and (taken := dissected(line)):
        return taken
    if not nodes or speaks_generally(line) or line.says("talk.cohort") or line.says("site.node_tally_name") or _by_eye(line):
        return []
    words = [m for m in line.of("tumor", "metastasis") if m.attrs.get("anchor") != "no" or m.category == "metastasis"]
    made = (_of_node(line, place, words, found) for place in nodes)
    return [d for d in made if d is not None]


_TOLD = (Assertion.PRESENT, Assertion.ABSENT)


def _of_node(line: Line, place: Place, words: Sequence[Mention], found: Sequence[Place]) -> DepositFact | None:
    """What the sentence tells of a deposit in one node or group, if anything."""
    if line.within["site.node_supposed"].search(line.text, 0, max(0, place.start - line.sentence.start)):
        return None
    telling = [m for m in words if (not m.weak or m.concept in ("tumor", "neoplasm")) and not _of_bearer(line, place, m)]
    trigger = (
        _denied_behind(line, place, telling)
        or next((m for m in telling if 0 <= m.start - place.end <= _CLOSE and _about_node(line, place, m)), None)
        or min(telling, key=lambda m: max(m.start - place.end, place.start - m.end), default=place.mentions[0])
    )
    here = line.sentence.start <= place.start < line.sentence.end
    if (not here or _taken_along(line, place)) and _elsewhere(line, trigger, found):
        return None
    assertion = _state(line, place, trigger, words)
    if assertion is None:
        return None
    tumor = trigger if trigger.category == "tumor" and not trigger.weak else None
    return DepositFact(
        trigger=trigger, line=line, place=place, site=place.site, side=place.side, assertion=assertion, tumor=tumor,
        flags=place.flags - {BIOPSIED},
    )  # fmt: skip


def _of_bearer(line: Line, place: Place, word: Mention) -> bool:
    """Whether a tumor behind a node only tells whose node it is ("adenopathies in a patient with melanoma")."""
    if word.category != "tumor" or word.start < place.end:
        return False
    at = line.sentence.start
    return line.within["site.of_bearer"].search(line.text, max(0, place.end - at), word.start - at) is not None


def _state(line: Line, place: Place, trigger: Mention, words: Sequence[Mention]) -> Assertion | None:
    """Whether the node holds tumor, as its count or the words beside it tell."""
    count = count_near(line, place)
    number = number_of(count) if count else None
    other = len(words) < len(line.of("tumor", "metastasis"))  # a lymphoma or a benign tumor may be what a node or biopsy showed
    supposed = trigger.assertion in (Assertion.FAMILY, Assertion.HYPOTHETICAL)
    if line.says("site.isolated_cells") and not any(m.category == "metastasis" for m in words):
        return Assertion.ABSENT
    if count is not None and (number == 0 or "/" in count.group() or line.says("site.malignant_node")):
        denied = trigger.assertion is Assertion.ABSENT and not (number and trigger is place.mentions[0])
        if denied or supposed:
            return trigger.assertion
        return Assertion.PRESENT if number else Assertion.ABSENT
    before = line.text[: max(0, place.start - line.sentence.start)]
    if count is None and line.within["site.node_called_negative_before"].search(before):
        return Assertion.ABSENT
    if trigger is not place.mentions[0] and not (other and trigger.weak) and _about_node(line, place, trigger):
        likened = line.within["site.like_known"].search(line.between(place.mentions[-1], trigger))
        return Assertion.UNCERTAIN if likened and trigger.assertion is Assertion.PRESENT else trigger.assertion
    if _negative_behind(line, place):
        return Assertion.ABSENT
    if (not words and _positive(line, place)) or _involved(line, place) or _proven(line, place) or _progressed(line, place):
        return trigger.assertion if supposed else place.assertion
    at, signals = place.end - line.sentence.start, line.within
    free = signals["site.node_free"].match(line.text, at) or signals["site.node_none"].match(line.text, at)
    return Assertion.ABSENT if free else None


def _region(line: Line, word: Mention, found: Sequence[Place]) -> Place | None:
    """The one node region that is named beside words for negative nodes ("the axilla was node-negative")."""
    named = [p for p in found if p.node and p.region]
    if (
        len({p.site for p in named}) != 1
        or len(gap := line.between(named[-1].mentions[-1], word)) > _BESIDE
        or set(".;:") & set(gap)
    ):
        return None
    return replace(named[-1], flags=named[-1].flags - {"region"})


_BESIDE = 30
"""How far from its region the words for negative nodes may stand."""


def _by_eye(line: Line) -> bool:
    """Whether a gross description calls the node positive, which only the microscope can tell."""
    return line.section is not None and line.section.name == "gross_description" and line.says("site.by_eye") is not None


def _taken_along(line: Line, place: Place) -> bool:
    """Whether the node was taken along with an organ, and a diagnosis follows ("gastrectomy with D2 nodes: …")."""
    if not line.text.startswith(":", place.end - line.sentence.start):
        return False
    done = [m for m in line.of("treatment") if m.attrs.get("removes", "any") != "any" and m.end <= place.start]
    return bool(done) and not set(".;:") & set(line.between(done[-1], place.mentions[0]))


def _elsewhere(line: Line, tumor: Mention, found: Sequence[Place]) -> bool:
    """Whether the tumor is one of an organ, told behind a heading of nodes ("Neck dissection: … Squamous cell carcinoma of the tongue.")."""
    organs = [p for p in found if p.start >= tumor.end and not p.node and not p.test][:1]
    at = line.sentence.start
    return any(
        _OF.fullmatch(line.text[tumor.end - at : p.start - at]) and not _ORIGIN.match(line.text, p.end - at) for p in organs
    )


_OF = re.compile(r"\sof\s(?:the\s)?(?:(?:left|right)\s)?", re.IGNORECASE)
_ORIGIN = re.compile(r"\s(?:primary|origin|type|duct)\b", re.IGNORECASE)
_CLOSE = 20
"""How far behind a node the tumor may stand that it does not hold."""


def _denied_behind(line: Line, place: Place, telling: Sequence[Mention]) -> Mention | None:
    """The tumor that is denied right behind a node, whatever was said before it ("carcinoid, with the node showing no tumor")."""
    behind = [m for m in telling if m.assertion is Assertion.ABSENT and 0 <= m.start - place.end <= _CLOSE]
    return next((m for m in behind if not set(",;.") & set(line.between(place.mentions[-1], m))), None)


def _group(place: Place, specimen: Place | None) -> Place:
    """The node with the group of its specimen ("B. Axillary contents … B. Nine nodes, no tumor")."""
    if place.site != "lymph_node" or specimen is None or not specimen.node:
        return place
    return replace(place, site=specimen.site, side=place.side or specimen.side, flags=place.flags | specimen.flags)


_FOUND = re.compile(r"\W*(?:(?!comment|note|stain|immuno)[\w-]+[^\w.;:]+){0,5}", re.IGNORECASE)
_SHORT = 70
"""The few words before a tumor that was found in the specimen of a heading above; a line that counts nodes or likens the tumor may be twice as long."""
_LIKENED = re.compile(r"\b(?:identical|similar|(?:consistent|compatible) with)\b", re.IGNORECASE)


def _negative_behind(line: Line, place: Place) -> bool:
    """Whether the node is called negative right behind its name ("4R negative", "lymph nodes: not involved")."""
    told = place.assertion is Assertion.ABSENT and any(
        c.start >= place.end and line.signals["site.node_negative"].search(c.text) for c in place.mentions[0].cues
    )
    return told or _ONE_NEGATIVE.match(line.text, place.end - line.sentence.start) is not None


_ONE_NEGATIVE = re.compile(r"\s(?:(?:is|was)\s)?(?:also\s)?negative(?=\s?(?:[.,;)]|\Z|and\b))", re.IGNORECASE)
"""Follows a single node: it is the answer of its biopsy."""


def _positive(line: Line, place: Place) -> bool:
    """Whether the clause of the node calls it positive ("PET was positive in the liver; the nodes did not take up the tracer" does not)."""
    at = line.sentence.start
    start = line.text.rfind(";", 0, max(place.start - at, 0)) + 1
    end = line.text.find(";", max(place.end - at, 0))
    return line.within["site.node_positive"].search(line.text, start, end if end >= 0 else len(line.text)) is not None


def _involved(line: Line, place: Place) -> bool:
    """Whether the node is called involved, or positive where no image is read, right behind or before its name."""
    at = place.end - line.sentence.start
    if line.within["site.node_involved"].match(line.text, at):
        return True
    shared = _SHARED.match(line.text, at)
    nodal = line.word(place.mentions[-1]).endswith(("nodal", "adenopathic")) or shared is not None
    if nodal and line.within["site.nodal"].match(line.text, shared.end() if shared else at):
        return True
    before = line.text[: max(0, place.start - line.sentence.start)]
    if line.within["site.node_involved_before"].search(before) and _with_tumor(line, place):
        return True
    if line.of("imaging"):
        return False
    ahead = line.within["site.node_called_positive_before"].search(before)
    return ahead is not None or line.within["site.node_called_positive"].match(line.text, at) is not None


def _with_tumor(line: Line, place: Place) -> bool:
    """Whether a current tumor stands in the clause of the node, of which no rule of thumb is told."""
    if line.within["site.node_matters"].match(line.text, place.end - line.sentence.start):
        return False
    node = place.mentions[-1]
    tumors = [m for m in line.of("tumor") if m.current and not m.weak]
    return any(";" not in (line.between(m, node) if m.end <= place.start else line.between(node, m)) for m in tumors)


_SHARED = re.compile(r"(?:\s?(?:,|/|&|\band\b|\bor\b)\s?(?:(?:left|right|bilateral)\s)?[\w-]{4,18}){1,3}\snodal\b", re.IGNORECASE)
"""Follows a group that shares "nodal" with the last of its list ("mediastinal and supraclavicular nodal disease")."""


def _proven(line: Line, place: Place) -> bool:
    """Whether a node beside the tumor it came from is called biopsy-proven."""
    if all(m.weak for m in line.of("tumor")):
        return False
    start, end = place.start - line.sentence.start, place.end - line.sentence.start
    before = line.within["site.node_proven"].search(line.text[:start])
    return before is not None or line.within["site.node_proven_behind"].search(line.text[end:]) is not None


def _progressed(line: Line, place: Place) -> bool:
    """Whether the node is that in which the disease has progressed ("progression with new mesenteric adenopathies")."""
    gap = line.within["site.node_progressed"]
    told = (m for m in line.of("status") if m.concept == "progression" and m.end <= place.start)
    return any(m.assertion is Assertion.PRESENT and gap.fullmatch(line.between(m, place.mentions[0])) for m in told)


_WITHIN = re.compile(r"\s(?:in|within|of)\s", re.IGNORECASE)


_AT_HOME = re.compile(r"\s(?:(?:of|in)\s)?(?:(?:the|his|her|left|right|[LR])\s){0,2}")
_BY_KIND = re.compile(r"\s(?:type|origin|primary)\b")


def _has_home(line: Line, tumor: Mention) -> bool:
    """Whether the organ right behind a tumor says that it lies there ("ductal carcinoma of the left breast"), not what kind it is."""
    return any(
        m.start >= tumor.end
        and not m.concept.startswith("lymph_node")
        and _AT_HOME.fullmatch(line.between(tumor, m)) is not None
        and not _BY_KIND.match(line.text, m.end - line.sentence.start)
        for m in line.of("site")
    )


_SHOWS = re.compile(r"\s?(?:(?:is|are|was|were|with|shows?|showed|showing|reveals?|demonstrates?)\s|[:,-]\s?)", re.IGNORECASE)


def _only_harmless(line: Line, gap: str) -> bool:
    """Whether all that is said of a node before a denial is a harmless change ("node shows reactive hyperplasia; negative for tumor")."""
    said, parted, denial = gap.partition(";")
    if not parted or len(denial) > _CLOSE or set(".;:") & set(denial):
        return False
    return _SHOWS.match(said) is not None and line.within["site.node_harmless"].search(said) is not None


_HOW_TAKEN = re.compile(
    r"\A(?:\s\([^()]{1,40}\))?\s(?:sampled|biopsied|punctured|aspirated|excised|taken)\s(?:by|at|during|via|under|with|through)\s[^.;:,]{3,80}?"
    r"(?=\s(?:also\s|both\s|all\s)?(?:contain|show|reveal|yield|harbou?r|demonstrat|were|was)\w{0,4}\b)"
)
"""How nodes were taken, behind their name ("nodes (stations 4 and 7) sampled by needle aspiration contained …")."""


def _about_node(line: Line, place: Place, trigger: Mention) -> bool:
    """Whether a tumor word is said of a node: "node negative for tumor", "carcinoma in two nodes"."""
    if trigger.category == "metastasis":
        return False
    if not line.sentence.start <= place.start < line.sentence.end:  # the specimen of a heading above
        if trigger.weak and trigger.assertion is Assertion.PRESENT:
            return False
        if line.text.startswith(":", trigger.end - line.sentence.start) or _has_home(line, trigger):
            return False  # a title names the tumor ("Summary of carcinoma: lung")
        answers = count_in(line) or (_LIKENED.search(line.text) is not None and line.says("site.told_sentence") is None)
        short = len(line.text) <= _SHORT or (len(line.text) <= 2 * _SHORT and answers)
        return short and _FOUND.fullmatch(line.text[: trigger.start - line.sentence.start]) is not None
    gap = line.between(place.mentions[-1] if place.end <= trigger.start else place.mentions[0], trigger).lower()
    gap = _HOW_TAKEN.sub("", gap)
    if len(gap) > 60 or re.search(r"[.;]", gap):
        return place.end <= trigger.start and trigger.assertion is Assertion.ABSENT and _only_harmless(line, gap)
    if place.end <= trigger.start:
        if trigger.assertion is Assertion.ABSENT and (len(gap) <= 20 or line.within["site.node_harmless"].search(gap)):
            elsewhere = any(0 < m.start - trigger.end <= 12 for m in line.of("site"))  # "nodes, no tumor in the lungs"
            return (
                not elsewhere or _WITHIN.match(line.text, trigger.end - line.sentence.start) is None
            )  # "eight peribronchial nodes, no tumor seen"
        if line.within["site.node_taken_out"].fullmatch(gap):
            return True
        if gap.strip() == "," and line.within["site.there"].match(line.text, trigger.end - line.sentence.start):
            return True
        sampled = any(abs(place.start - m.end) < 40 or abs(m.start - place.end) < 20 for m in line.of("tissue"))
        told = line.within["site.node_told"].search(gap) or (sampled and line.within["site.node_sample_told"].search(gap))
        return bool(told)
    if place.assertion is Assertion.ABSENT and trigger.assertion is not Assertion.ABSENT:
        return False  # "carcinoma in the thyroid, without the nodes being affected"
    return re.search(r"\b(?:in|within|involv\w{2,4})\b", gap) is not None
