"""The part of an organ that the field of a report names: "Tumor site: Body" in the report of a gastrectomy."""

from __future__ import annotations

import re
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact

FIELD = "field"
"""Marks a place that a field of the report names as the tumor's site."""

_PARTS: dict[str, dict[str, str]] = {
    "stomach": {
        "body": "stomach.body", "corpus": "stomach.body", "fundus": "stomach.fundus", "antrum": "stomach.antrum",
        "pylorus": "stomach.pylorus", "cardia": "stomach.cardia",
    },
    "pancreas": {"head": "pancreas.head", "body": "pancreas.body", "tail": "pancreas.tail", "neck": "pancreas.neck"},
    "esophagus": {
        "lower": "esophagus.lower", "distal": "esophagus.lower", "middle": "esophagus.middle", "mid": "esophagus.middle",
        "upper": "esophagus.upper", "proximal": "esophagus.upper",
    },
    "bladder": {
        "dome": "bladder.dome", "neck": "bladder.neck", "lateral": "bladder.lateral_wall", "posterior": "bladder.posterior_wall",
        "anterior": "bladder.anterior_wall", "trigone": "bladder.trigone",
    },
    "tongue": {"lateral": "tongue.border", "ventral": "tongue.ventral", "dorsal": "tongue.dorsal", "base": "tongue.base"},
    "uterus": {"fundus": "uterus.fundus", "isthmus": "uterus.isthmus"},
}  # fmt: skip
"""The words that name a part only where the organ is known; one value may name one part."""

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


_QUALITY = (
    r"(?:(?:,|\sarising in)\s(?:[\w.'-]{1,16}\s){0,3}?"
    r"(?:type|differentiated|grade\s?\d?|invasive|high[- ]grade|low[- ]grade|Barrett'?s(?:\s\w{9,10})?|\d(?:\.\d)?\s?cm)(?=,)){0,3}"
)
"""What a diagnosis says of the tumor before it names the part ("adenocarcinoma, intestinal type, antrum")."""
_BEHIND = re.compile(
    _QUALITY
    + r"(?:\s?(?:,|,?\s(?:of|in|at|arising in|involving)\sthe|\()\s?|\s(?:[-\u2013]\s)?)(?:(?:gastric|pancreatic|e?sophageal)\s)?(?:left\s|right\s)?([a-z]{3,9})(?:\s(?:third|wall|part|portion|half|segment|region))?\s?(?=[,.;:)]|\Z|\d|(?:invading|extending|with|measuring)\b)",
    re.IGNORECASE,
)


_OF_SPECIMEN = re.compile(
    r"\s?[,(]\s?(?:left\s|right\s)?([a-z]{3,9})(?:\s(?:third|wall|part|portion|half|segment|region))?"
    r"(?:\s(?:tumou?r|mass|lesion|polyp|nodule))?\s?(?:[,.;:()]|\Z)",
    re.IGNORECASE,
)


def with_part(line: Line, specimen: Place | None) -> Place | None:
    """The specimen that a label names, with the part of the organ named behind it ("BLADDER, LEFT LATERAL WALL, BIOPSY:")."""
    if specimen is None or specimen.subsite is not None or specimen.site not in _PARTS:
        return specimen
    named = _OF_SPECIMEN.match(line.text, specimen.end - line.sentence.start)
    part = _part(specimen, named[1]) if named else None
    return replace(specimen, subsite=part) if part else specimen


def _part_of_specimen(fact: TumorFact) -> TumorFact:
    """The tumor fact with the part of its organ that the label names ("Esophagus, distal, biopsy: …")."""
    place, line = fact.place, fact.line
    if place is None or fact.how != "specimen" or not line.sentence.start <= place.end < line.sentence.end:
        return fact
    named = with_part(line, place)
    return fact if named is place else replace(fact, place=named)


def _part_behind(fact: TumorFact) -> TumorFact:
    """The tumor fact with the part of its organ named right behind it ("pancreatic ductal adenocarcinoma of the head")."""
    place = fact.place or _organ_inside(fact)
    if place is None or place.subsite is not None or fact.mention.weak or fact.metastatic is not None:
        return fact
    if place.site == "uterus" and fact.mention.concept == "endometrioid_carcinoma":
        return replace(fact, place=replace(place, subsite="uterus.endometrium"))
    named = _BEHIND.match(fact.line.text, max(fact.mention.end, place.end) - fact.line.sentence.start)
    part = _part(place, named[1]) if named else None
    if part is None:
        return fact
    return replace(fact, place=replace(place, subsite=part), how=fact.how if fact.place is not None else "inside")


def _organ_inside(fact: TumorFact) -> Place | None:
    """The organ that the tumor word itself names, as a place ("gastric carcinoma")."""
    site, word = fact.mention.attrs.get("site"), fact.mention
    if site not in _PARTS:
        return None
    return Place(site=site, subsite=word.attrs.get("subsite"), side=None, start=word.start, end=word.end, mentions=(word,))


def located(fact: TumorFact) -> TumorFact:
    """The tumor fact of a site field, its place marked, with the part of its organ that the field names."""
    fact = _part_behind(_part_of_specimen(fact))
    value = fact.line.says("tumor.site_field")
    if value is None or not fact.mention.weak:
        return fact
    place = fact.place
    if place is not None and (fact.how == "specimen" or place.subsite is None):
        part = _part(place, value[1])
        if part is None:
            return fact
        place = replace(place, subsite=part)
    return fact if place is None else replace(fact, place=replace(place, flags=place.flags | {FIELD}))


def _part(place: Place, value: str) -> str | None:
    """The one part of the place's organ that the value names."""
    words = _PARTS.get(place.site, {})
    named = {words[w.lower()] for w in _WORD.findall(value) if w.lower() in words}
    return named.pop() if len(named) == 1 else None
