"""The places whose lesion is called a metastasis: "lesions in A and B consistent with metastases"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import DESTINATIONS
from oncospan.types import Assertion

_BESIDE = re.compile(r"(?<!consistent )(?<!compatible )(?<!c/)\bw(?:ith)?\W*\Z", re.IGNORECASE)


def called(
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
        and not relabelled(line, t, trigger)
    ]  # fmt: skip
    out: list[Place] = []
    last: Mention = trigger
    behind = ""
    for place in reversed([p for p in found if p.end <= trigger.start and not _grown_through(line, p)]):
        if tumor and tumor.place is place:
            break
        gap = wording.bare(line, place.mentions[-1], last, "side", "grade", "behavior", "imaging")
        if out and out[0].node and not place.node and not gap.strip():  # "retroperitoneal left para-aortic nodes"
            last = place.mentions[0]
            continue
        if (any(place is h for h in homes) and _BESIDE.search(gap)) or (not tumor and sends(line, place, trigger)):
            break
        if out:
            if not (wording.lists(gap) or lump_beside(line, place, last, behind)) or own_mass(line, place, out[0]):
                break
        elif not (wording.shows(gap) or _named(line, place, trigger) or _holds(line, place)) or any(
            s > place.start for s in strong
        ):
            break
        behind = behind if out else gap
        out.insert(0, place)
        last = place.mentions[0]
    lumps = [t for t in line.of("tumor") if t.weak or relabelled(line, t, trigger)]
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


_MASS_OF = re.compile(
    r"(?:\s\([^()]{1,30}\))?(?:\s(?:measuring|of|in|at|within|the|his|her|left|right|[\d.x]{1,6}|cm|mm)){1,8}\s", re.IGNORECASE
)
_LESIONS = re.compile(r"(?:\s[\w-]{3,14})?\s(?:nodules|lesions|foci|deposits|masses)\b", re.IGNORECASE)


def own_mass(line: Line, place: Place, following: Place) -> bool:
    """Whether the place holds the one mass that the lesions beside it may have come from ("a mass in the pancreas and liver lesions, …")."""
    if place.node or place.site in DESTINATIONS:
        return False
    masses = [t for t in line.of("tumor") if t.weak and t.concept in _LARGE and t.end <= place.mentions[-1].start]
    one = bool(masses) and not line.word(masses[-1]).lower().endswith(("es", "rs", "ms"))
    told = one and _MASS_OF.fullmatch(line.between(masses[-1], place.mentions[-1])) is not None
    before = not one and _LUMP_BEHIND.match(line.text, place.end - line.sentence.start) is not None
    return (told or before) and _LESIONS.match(line.text, following.end - line.sentence.start) is not None


_LARGE = frozenset({"mass", "tumor", "neoplasm"})
_LUMP_BEHIND = re.compile(r"\s(?:mass|tumou?r|neoplasm)\b", re.IGNORECASE)
_GROWN = 40
_THROUGH = re.compile(
    r"\b(?:invad|invasi|infiltrat|penetrat|reach|breach|perforat|extend|extension|through)\w{0,4}\s(?:(?:of|to|into|the|its|beyond)\s){0,3}\Z",
    re.IGNORECASE,
)


def _grown_through(line: Line, place: Place) -> bool:
    """Whether the place is the serosa that a tumor of the organ grew through ("invasion of the serosa, confirming metastatic …")."""
    at = place.start - line.sentence.start
    return "serosa" in place.flags and _THROUGH.search(line.text, max(0, at - _GROWN), at) is not None


def relabelled(line: Line, tumor: Mention, trigger: Mention) -> bool:
    """Whether a cancer is said to be the metastasis of another ("the colon cancer was found to be a metastasis of …")."""
    if tumor.end > trigger.start or trigger.assertion is not Assertion.PRESENT:
        return False
    return line.within["tumor.relabelled"].fullmatch(line.between(tumor, trigger)) is not None


_SENDS = re.compile(
    r"(?:\W+[\w-]{2,14}){0,3}?,?\s(?:with|w|having|and\sits)\s(?:(?:multiple|numerous|several|many|diffuse|extensive|widespread|distant|its|bilateral"
    r"|innumerable|disseminated|synchronous|associated|concomitant|hypermetabolic|small|suspected|possible|probable)\s){0,3}",
    re.IGNORECASE,
)
_OF = re.compile(r"\s(?:of|from)\b", re.IGNORECASE)


def sends(line: Line, place: Place, trigger: Mention) -> bool:
    """Whether one mass lies in the place that has metastases of its own ("a pancreatic mass with metastatic lesions in the skull")."""
    at = next((t for t in line.of("tumor") if place.end <= t.start < trigger.start and t.concept in ("mass", "tumor")), None)
    one = at is not None and at.weak and not line.word(at).lower().endswith(("es", "rs"))
    theirs = _OF.match(line.text, trigger.end - line.sentence.start) is not None  # "with metastasis of colon cancer"
    return one and at is not None and not theirs and _SENDS.fullmatch(line.between(at, trigger)) is not None


_BOTH = re.compile(
    r"(?:\s(?:gland|lobe|nodule|lesion|deposit|mass(?:e)?)s?)?[\s,;(-]{0,3}(?:both|all|each|either)\b", re.IGNORECASE
)
_ONE = re.compile(r"\b(?:an?|one|another|second|third)\b", re.IGNORECASE)


def lump_beside(line: Line, place: Place, last: Mention, behind: str) -> bool:
    """Whether two places with a lump each are called metastases together ("a mass in the left adrenal and a nodule in the right, both …").

    ``behind`` are the words between the last place and the metastasis word.
    """
    if _BOTH.match(behind) is None:
        return False
    return wording.lists(_ONE.sub(" ", wording.bare(line, place.mentions[-1], last, "side", "grade", "behavior", "tumor")))


def _holds(line: Line, place: Place) -> bool:
    """Whether the words go on with what the place holds ("both ovaries contained …")."""
    return line.within["site.contains"].match(line.text, place.end - line.sentence.start) is not None


def _lumped(line: Line, place: Place) -> bool:
    """Whether the words of the place themselves end in a lump ("adrenal nodule")."""
    return line.within["site.lump_word"].search(line.word(place.mentions[-1])) is not None


def _in_lump(line: Line, place: Place) -> bool:
    """Whether a lump is said to lie in the place ("a sclerotic focus in the third lumbar vertebra")."""
    at = place.start - line.sentence.start
    return line.within["site.lump_in"].search(line.text, max(0, at - _LUMP_BEFORE), at) is not None


_LUMP_BEFORE = 50


_HEAD = re.compile(r"\W{0,3}(?:[A-Z0-9]{1,3}[.):]\s*)?(?:the\s)?(?:(?:left|right)\W{1,3})?", re.IGNORECASE)


def _heads(line: Line, place: Place) -> bool:
    """Whether the place opens its line, as specimens do ("B. Adrenal gland, right - metastatic …")."""
    return _HEAD.fullmatch(line.text[: place.start - line.sentence.start]) is not None


def _named(line: Line, place: Place, trigger: Mention) -> bool:
    """Whether a lump, node or specimen is called a metastasis across a comma, colon or dash: "right lung nodule, metastatic"."""
    gap = wording.bare(line, place.mentions[-1], trigger, "side", "tumor")
    lump = _lumped(line, place) or any(place.start - 30 <= t.start <= place.end + 20 and t.weak for t in line.of("tumor"))
    studied = any(abs(place.start - m.end) <= 25 or abs(m.start - place.end) <= 25 for m in line.of("imaging", "tissue"))
    return (lump or studied or place.node or _heads(line, place)) and line.within["site.called"].fullmatch(gap) is not None
