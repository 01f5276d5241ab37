"""The places before a metastasis word that it reaches, or that share its noun: "A and B metastases", "liver and lung nodules, metastatic"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.lesions_called import lump_beside, own_mass, sends
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective
from oncospan.pipeline.sentence.whence import (
    INVOLVED,
    came_from,
    home_of_tumor,
    sender_before,
    sender_to,
)
from oncospan.sites import DESTINATIONS, same_organ
from oncospan.types import Assertion

_SHARES = re.compile(r",?\s(?:and|&)\s", re.IGNORECASE)
_LED = re.compile(r"\b(?:with|w/|to|of|in|has|have|had)\s(?:known\s|extensive\s|diffuse\s|both\s)?\Z", re.IGNORECASE)


def sharing(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The organs before the words for spread in nodes or one organ that share their noun ("with liver and nodal spread")."""
    out: list[Place] = []
    last: Mention = trigger
    for place in reversed([p for p in found if p.end <= trigger.start and not p.test]):
        gap = line.between(place.mentions[-1], last)
        if not (wording.joins(gap) if out else _SHARES.fullmatch(gap)):
            break
        out.insert(0, place)
        last = place.mentions[0]
    led = _LED.search(line.text[: out[0].start - line.sentence.start]) if out else None
    return out if led is not None and (trigger.attrs.get("site") == "lymph_node" or not led[0].lower().startswith("of")) else []


def where_called(line: Line, trigger: Mention, tumor: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The organ right before "metastatic" in which a tumor of another organ lies ("pulmonary metastatic medullary carcinoma")."""
    place = next((p for p in found if 0 <= trigger.start - p.end <= 1), None)
    if place is None or place.region or not adjective(line, trigger) or tumor.mention.weak:
        return []
    home = tumor.mention.attrs.get("site") or (tumor.place.site if tumor.place is not None and tumor.place is not place else None)
    if home is not None and same_organ(home, place.site):
        return []
    return [place] if place.site in DESTINATIONS or (home is not None and place.site in ("lung", "skin")) else []


_SMALL = frozenset({"nodule", "lesion"})


def lump_reached(tumor: TumorFact | None) -> Place | None:
    """The organ before a lump called metastatic, where metastases go ("metastatic brain tumor", "metastatic lung nodules")."""
    if tumor is None or tumor.place is None or not tumor.mention.weak or tumor.how != "before":
        return None
    small = tumor.mention.concept in _SMALL
    if tumor.place.site in DESTINATIONS or (small and tumor.place.site in ("lung", "skin", "spleen", "soft_tissue")):
        doubtful = frozenset() if small else frozenset({"direction_ambiguous"})
        return replace(tumor.place, flags=tumor.place.flags | doubtful)
    return None


def sharing_lump(line: Line, lump: Place, found: Sequence[Place]) -> list[Place]:
    """The organs before a lump's that share it ("liver and lung nodules, metastatic")."""
    out: list[Place] = []
    for place in reversed([p for p in found if p.end <= lump.start]):
        nxt = out[0] if out else lump
        if place.site not in _SHARED or not wording.joins(line.between(place.mentions[-1], nxt.mentions[0])):
            break
        out.insert(0, place)
    return out


_SHARED = INVOLVED | {"lung", "skin", "adrenal"}
"""Organs whose lump may be called a metastasis together with that of the next."""


def lies_there(lump: TumorFact) -> bool:
    """Whether a lump tells of nothing that began where it lies: a word other than "tumor", or an organ that metastases reach."""
    return lump.mention.concept != "tumor" or (lump.place is not None and lump.place.site in DESTINATIONS)


def reached_before(
    line: Line, trigger: Mention, found: Sequence[Place], claimed: dict[int, Mention], tumors: Sequence[TumorFact]
) -> list[Place]:
    """The list of places that ends at the word, without those claimed by another and the home of a tumor."""
    if adjective(line, trigger):
        return []
    if (sent := sender_before(line, trigger, found)) is not None:
        return [sent[0]]
    if sender_to(line, trigger, found) is not None:
        return []
    homes = [t.place for t in tumors if t.how in ("after", "inside") and not (t.mention.weak and lies_there(t))]
    earlier = [
        p for p in found
        if p.end <= trigger.start and p.start not in claimed and not _home(line, p, trigger, homes) and not sends(line, p, trigger)
    ]  # fmt: skip
    strong = [t for t in line.of("tumor") if not t.weak and t.end <= trigger.start]
    out: list[Place] = []
    nxt: Mention = trigger
    behind, opened = "", False
    for place in reversed(earlier):
        gap = wording.bare(line, place.mentions[-1], nxt, "side", "grade", "behavior", "tissue", "tumor" if out else "side")
        beside = bool(out) and lump_beside(line, place, nxt, behind)
        if any(place.end <= t.start for t in strong) or (out and not beside and _lump(line, place, nxt, trigger)):
            break
        opened = opened or (not out and _in_it(line, earlier[0], place, gap))
        tied = beside or (wording.joins(gap) if out else opened or wording.before_ties(gap))
        if (
            not tied
            or (out and (_bed(line, place) or own_mass(line, place, out[0])))
            or (
                out
                and (
                    (_stands_alone(line, place, gap) and not opened and not _holds(line, out[-1]))
                    or (place.node and _plural(line, place) and line.within["site.seen_as"].search(behind) is None)
                )
            )
            or (out and (came_from(line, place, nxt) or home_of_tumor(line, place)))
        ):
            break
        behind = behind if out else gap
        out.insert(0, place)
        nxt = place.mentions[0]
    return out


def _in_it(line: Line, first: Place, place: Place, gap: str) -> bool:
    """Whether the sentence opens with the list that ends with a place, and goes on with what is there ("in the liver there were metastases")."""
    listed = first is place or wording.lists(line.between(first.mentions[-1], place.mentions[0]))
    return listed and wording.there(gap) and wording.opens(line.text[: first.start - line.sentence.start])


_BED_REACH = 10


def _bed(line: Line, place: Place) -> bool:
    """Whether the place is what an operation left, where disease comes back ("recurrence in the thyroid bed and liver metastases")."""
    at = line.sentence.start
    return line.within["site.left_by_operation"].search(line.text, place.start - at, place.end - at + _BED_REACH) is not None


def _lump(line: Line, place: Place, nxt: Mention, trigger: Mention) -> bool:
    """Whether what lies in the place is a lump of its own, not what the list goes on with ("a thyroid nodule and liver metastases").

    A denial takes in lesser lumps ("no lung nodules or liver metastases").
    """
    between = [t for t in line.of("tumor") if place.end <= t.start < nxt.start]
    denied = trigger.assertion is Assertion.ABSENT
    own = not denied and line.within["site.lump_word"].search(line.word(place.mentions[-1])) is not None
    return own or any(t.concept in ("mass", "tumor") or (t.weak and not denied) for t in between)


def _home(line: Line, place: Place, trigger: Mention, homes: Sequence[Place | None]) -> bool:
    """Whether the place is where a tumor lies that metastasized ("osteosarcoma of the femur with metastases", "carcinoid of the lung, …")."""
    gap = line.between(place.mentions[-1], trigger).lower()
    return any(place is h for h in homes) and re.match(r"\s*,|\W*(?:with|w|and its|plus)\b", gap) is not None


def _plural(line: Line, place: Place) -> bool:
    """Whether a node word stands as a noun of its own ("enlarged nodes and liver metastases")."""
    return line.text[: place.end - line.sentence.start].lower().endswith(("s", "pathy"))


_THE = re.compile(r"\bthe\s\Z", re.IGNORECASE)
_MANY = re.compile(r"\s(?:and|or)\s[a-z]{3,}", re.IGNORECASE)


def _holds(line: Line, place: Place) -> bool:
    """Whether the words go on with what the place holds ("the spleen and the pancreas contained metastases")."""
    return line.within["site.contains"].match(line.text, place.end - line.sentence.start) is not None


def _stands_alone(line: Line, place: Place, gap: str) -> bool:
    """Whether an organ has an article, and the metastases beside it a word of their own ("the pancreas and multiple liver metastases")."""
    return _MANY.search(gap) is not None and _THE.search(line.text[: place.start - line.sentence.start]) is not None
