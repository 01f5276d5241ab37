"""Which places a metastasis word reaches: "to A, B and C", "A and B metastases", "lesions in A consistent with"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline import wording
from oncospan.pipeline.mention import Line, Mention
from oncospan.pipeline.places import Place
from oncospan.pipeline.tumor_facts import TumorFact, adjective
from oncospan.types import Assertion

DESTINATIONS = frozenset(
    "liver bone brain peritoneum pleura adrenal meninges mediastinum retroperitoneum bone_marrow spinal_cord".split()
)
"""Organs that "metastatic X cancer" more likely names as reached than as origin (SPEC 3.4)."""


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
        return [p for p in found if p.node and not p.region and abs(p.start - trigger.start) <= 60 and p.start not in claimed]
    own = [t.place for t in tumors if t.place is not None and t.how == "before" and not t.mention.weak]
    after = _after(line, trigger, tumor, [p for p in found if not any(p is o for o in own)] if not tumor else found)
    before = [] if tumor or trigger.attrs.get("direction") == "to" else _before(line, trigger, found, claimed)
    if after or before:
        return before + after
    shown = _shown(line, trigger, tumor, found)
    if (
        trigger.assertion is Assertion.ABSENT
    ):  # "nodes negative for metastasis" denies it there; "pancreas … no metastasis" does not
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
            if tumor and _is_own_site(tumor, place, gap):
                continue
        elif not wording.lists(wording.bare(line, last, head, "side", "site")):
            break
        out.append(place)
        last = place.mentions[-1]
    return out


def _names_origin(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether a site right after a metastasis word is where the cancer began ("metastatic prostatic disease")."""
    gap = line.between(trigger, place.mentions[0]).strip().lower()
    word = line.word(trigger)
    tumors = [
        t for t in line.of("tumor") if 0 <= t.start - place.end <= 25 and wording.before_ties(line.between(place.mentions[-1], t))
    ]
    if word.endswith("of") and gap == "":
        return any(not t.weak for t in tumors)
    if not adjective(line, trigger) or gap or place.node or place.site in DESTINATIONS:
        return False
    return place.site in _ORIGINS


_ORIGINS = frozenset(
    "breast colon prostate kidney pancreas thyroid ovary stomach lung bladder uterus cervix esophagus rectum".split()
)
"""Organs that "metastatic X disease" names as where the cancer began (SPEC 3.4)."""


def _is_own_site(tumor: TumorFact, place: Place, gap: str) -> bool:
    """Whether "metastatic carcinoma of the pancreas" names the site the tumor has, not one it reached."""
    return tumor.place is place and not re.search(r"\b(?:to|into|involving|in)\b", gap) and not place.node


def _before(line: Line, trigger: Mention, found: Sequence[Place], claimed: dict[int, Mention]) -> list[Place]:
    if adjective(line, trigger):
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


def _shown(line: Line, trigger: Mention, tumor: TumorFact | None, found: Sequence[Place]) -> list[Place]:
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
