"""Whether a site beside a metastasis word is where the tumor began: "colorectal liver metastases", "(breast primary)"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.spread_of import told_as_one
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective
from oncospan.sites import DESTINATIONS, ORIGINS, REACHED, organ

INVOLVED = frozenset("liver heart bone brain peritoneum pleura meninges bone_marrow spleen diaphragm".split())
"""Organs that a tumor which involves them came to, as a rule, from elsewhere."""

_OF_ONE = re.compile(r"\s*(?:of|from)\s+(?:an?|the|his|her)?\s*(?:[\w-]{4,20}\s*(?:\bor\b|/|,)\s*(?:an?\s)?)?", re.IGNORECASE)


def of_tumor(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether the site right behind the word only names the tumor the metastasis came from ("metastasis of an ileal tumor")."""
    if place.node or not _OF_ONE.fullmatch(line.between(trigger, place.mentions[0])):
        return False
    behind = [t for t in line.of("tumor") if 0 <= t.start - place.end <= 40]
    return any(t.concept not in _LUMPS and _NAMED.fullmatch(line.between(place.mentions[-1], t)) for t in behind)


_NAMED = re.compile(r"\s?(?:\s?(?:or|and|/|,)\s?(?:of\s)?(?:an?\s)?[\w-]{4,20}\s){0,2}", re.IGNORECASE)
"""What stands between the adjective of an organ and the tumor word: nothing, or other organs ("a colonic or renal tumor")."""


_OF_TUMOR = re.compile(r"\s*(?:of|from)\s+(?:(?:an?|the|his|her|known|primary)\s+)*(?:[\w-]+\s+){0,2}?", re.IGNORECASE)
_OF_ORGAN = re.compile(r"\s*(?:of|from)\s+(?:(?:the|his|her)\s+)?(?:(?:left|right)\s+)?", re.IGNORECASE)


def of_named_tumor(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether the site is where a tumor lies whose metastasis is told ("metastasis of clear cell carcinoma of the kidney in the thyroid")."""
    if place.node:
        return False
    between = [t for t in line.of("tumor") if trigger.end <= t.start and t.end <= place.start and not t.weak]
    if not between or _OF_TUMOR.fullmatch(line.between(trigger, between[0])) is None:
        return False
    behind = line.between(between[-1], place.mentions[0])
    return _OF_ORGAN.fullmatch(behind) is not None or _seated(line, trigger, between[0], behind)


_SEATED = re.compile(r"\s(?:located|locali[sz]ed|situated|sited)\s(?:in|at|on)\s(?:[\w-]+\s){0,3}", re.IGNORECASE)


def _seated(line: Line, trigger: Mention, tumor: Mention, behind: str) -> bool:
    """Whether the site is the seat of the one tumor that metastasized ("hepatic metastases of a carcinoid situated in the ileum")."""
    return _SEATED.fullmatch(behind) is not None and told_as_one(line, trigger, tumor)


def names_origin(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether a site right after a metastasis word is where the cancer began ("metastatic prostatic disease")."""
    gap = line.between(trigger, place.mentions[0]).strip().lower()
    word = line.word(trigger)
    if is_primary(line, place):
        return True
    tumors = [
        t for t in line.of("tumor") if 0 <= t.start - place.end <= 25 and wording.before_ties(line.between(place.mentions[-1], t))
    ]
    if word.endswith("of") and gap == "":
        return any(not t.weak for t in tumors)
    if not adjective(line, trigger) or gap or place.node or place.site in DESTINATIONS:
        return False
    if any(t.concept in _LUMPS for t in tumors):
        return False  # "metastatic lung nodules" lie in the lung
    return place.site in ORIGINS


_PRIMARY = re.compile(r"\s*(?:as (?:the )?)?(?:primary|origin)\b", re.IGNORECASE)
"""Words that make the site before them the origin."""
_PRIMARY_IN = re.compile(
    r"(?<!unknown\s)(?<!occult\s)(?<!unclear\s)\bprimary\s(?:tumou?r\s)?(?:in|of)\s(?:the\s)?\Z", re.IGNORECASE
)
"""Words that make the site behind them the origin ("metastatic carcinoma, primary in pancreas")."""


_LUMPS = frozenset({"nodule", "lesion", "mass", "deposit"})


def is_own_site(tumor: TumorFact, place: Place, gap: str) -> bool:
    """Whether "metastatic carcinoma of the pancreas" names the site the tumor has, not one it reached."""
    own = tumor.place is not None and tumor.place.start == place.start
    return own and not re.search(r"\b(?:to|into|involving|involvement|in)\b", gap) and not place.node


def sender_before(line: Line, trigger: Mention, found: Sequence[Place]) -> tuple[Place, Place] | None:
    """The sampled organ and the one that sent the metastasis, right before its word ("liver biopsy showed breast metastasis")."""
    before = [p for p in found if p.end <= trigger.start and not p.test]
    if len(before) < 2 or trigger.start - before[-1].end > 1:
        return None
    host, sender = before[-2:]
    if sender.node or organ(sender.site) not in ORIGINS or organ(host.site) == organ(sender.site):
        return None
    at = line.sentence.start
    shown = line.within["site.shown_sent"].fullmatch(line.text, host.end - at, sender.start - at)
    return None if shown is None else (host, sender)


def sender_to(line: Line, trigger: Mention, found: Sequence[Place]) -> tuple[Place, Place] | None:
    """The organ metastases came to and the one that sent them, named right before their word ("breast metastases to the spine")."""
    named = [p for p in found if not p.test]
    before, behind = [p for p in named if p.end <= trigger.start], [p for p in named if p.start >= trigger.end]
    if not before or not _sends(before[-1]) or line.between(before[-1].mentions[-1], trigger).lower() not in (" ", " cell "):
        return None
    if len(before) > 1 and wording.joins(line.between(before[-2].mentions[-1], before[-1].mentions[0])):
        return None
    host = next((p for p in behind if _GONE_TO.fullmatch(line.between(trigger, p.mentions[0]))), None)
    if host is None or not (host.node or host.site in REACHED) or _OF_CANCER.match(line.text, host.end - line.sentence.start):
        return None
    return host, before[-1]


def _sends(place: Place) -> bool:
    """Whether metastases named by the organ are as a rule of its cancer, where another place is told for them."""
    return not place.node and organ(place.site) in ORIGINS - {"lung"}


_GONE_TO = re.compile(r"\sto\s(?:(?!and\b|or\b|with\b)[\w-]{1,14}\s){0,5}", re.IGNORECASE)
_OF_CANCER = re.compile(
    r"\s(?:cell\s)?(?:cancer|carcinoma|adenocarcinoma|primar|origin|tumou?r|neoplasm|sarcoma|melanoma|malignanc|patient)",
    re.IGNORECASE,
)
"""Words that make the organ before them the one where a cancer began ("thyroid metastases in lung cancer")."""


def came_from(line: Line, place: Place, nxt: Mention) -> bool:
    """Whether the site before a site says where the tumor began ("colorectal liver metastases", "ileal primary and …")."""
    gap = line.between(place.mentions[-1], nxt).lower()
    return "primary" in gap or (not gap.strip() and not place.node and organ(place.site) in ORIGINS)


def home_of_tumor(line: Line, place: Place) -> bool:
    """Whether a tumor is told right before the site as one of it ("carcinoma of the colon and liver metastases")."""
    before = [t for t in line.of("tumor") if t.end <= place.start and not t.weak and t.concept != "benign_tumor"]
    if place.node or not before or not _OF_ORGAN.fullmatch(line.between(before[-1], place.mentions[0])):
        return False
    return not any(0 <= before[-1].start - m.end <= 2 for m in line.of("metastasis"))  # "metastatic carcinoma of the liver and …"


def is_primary(line: Line, place: Place) -> bool:
    """Whether the words behind a site make it the origin ("breast primary")."""
    start, end = place.start - line.sentence.start, place.end - line.sentence.start
    return _PRIMARY.match(line.text, end) is not None or _PRIMARY_IN.search(line.text, max(0, start - 30), start) is not None
