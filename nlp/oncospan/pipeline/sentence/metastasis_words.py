"""Metastasis words and the deposits they state or deny."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.deposit_facts import DepositFact, deposit_at, trigger_flags
from oncospan.pipeline.sentence.involved_by import involved
from oncospan.pipeline.sentence.lesions_called import relabelled
from oncospan.pipeline.sentence.node_counts import counted, none_of_size, none_positive
from oncospan.pipeline.sentence.open_fields import open_field
from oncospan.pipeline.sentence.places import WITH_COLON, Place, own_count
from oncospan.pipeline.sentence.reach import reached
from oncospan.pipeline.sentence.reach_before import sharing
from oncospan.pipeline.sentence.subjects import subjects
from oncospan.pipeline.sentence.tumor_facts import TumorFact, of_another, origin_leads
from oncospan.pipeline.sentence.whence import INVOLVED
from oncospan.sites import DESTINATIONS, PAIRED, attached, organ, same_organ
from oncospan.types import Assertion


def deposits_in(
    line: Line, tumors: Sequence[TumorFact], found: Sequence[Place], specimen: Place | None
) -> tuple[list[DepositFact], dict[int, Mention]]:
    """The deposits a sentence states or denies, and the places they claim (by start) with their trigger."""
    out: list[DepositFact] = []
    claimed: dict[int, Mention] = {}
    counts = counted(line, found)
    triggers = line.of("metastasis")
    found = [p for p in found if not _is_home(line, p)]
    denied = {p.start for t in triggers for p in subjects(line, t, found)}
    for trigger in triggers:
        if trigger.attrs.get("only") == "absent" and trigger.assertion is not Assertion.ABSENT:
            continue
        titled = _title_answered(line, trigger)
        if titled or none_positive(line, trigger) or _answered(line, trigger):
            trigger = replace(trigger, assertion=Assertion.ABSENT)
        elif none_of_size(line, trigger):
            continue
        if trigger.concept in _LETTERS or trigger.attrs.get("flag") == "same_organ" or _names_no_deposit(line, trigger):
            continue
        tumor = next((t for t in tumors if t.metastatic is trigger), None)
        trigger = _no_surer(line, trigger, tumor)
        fixed = trigger.attrs.get("site")
        near = found if trigger.assertion is Assertion.ABSENT or not denied else [p for p in found if p.start not in denied]
        places = _reached(line, trigger, tumor, tumors, near, claimed)
        if not places and not fixed and (operated := _operated(line, trigger)) is not None:
            places = [operated]
        if not places and not fixed and not counts and specimen is not None and _of_specimen(trigger, tumor, specimen):
            places = [specimen]
        if not places and not fixed and (broken := _broken(line, trigger, found)) is not None:
            places = [broken]
        places = [_nodes_shown(line, place, found) for place in places if not (place.node and own_count(line, place))]
        another = not places and _names_another(line, trigger)
        if another:
            places = _harmless(line, trigger, found)
        if not places and (
            (titled and not fixed) or another or counts or _says_nothing_alone(trigger) or _of_negative_nodes(line, trigger)
        ):
            continue
        claimed |= {place.start: trigger for place in places}
        word = tumor.mention if tumor else _origin_tumor(line, trigger, tumors)
        out += [deposit_at(line, trigger, _compared(trigger, _group(place, specimen), found), word) for place in places]
        if (
            not places
            or fixed not in (None, "lymph_node")
            or _and_anywhere(trigger, places)
            or (trigger.concept == "node_positive" and not any(p.node for p in places))
        ):
            out.append(_unplaced(line, trigger, word, found))
    out += involved(line, tumors, found, specimen, claimed)
    out += _taken_out(line, found, claimed)
    return out or _denied_in_passing(line), claimed


def _reached(
    line: Line,
    trigger: Mention,
    tumor: TumorFact | None,
    tumors: Sequence[TumorFact],
    found: Sequence[Place],
    claimed: dict[int, Mention],
) -> list[Place]:
    """The places a metastasis word reaches, beside the one that it names itself."""
    if trigger.attrs.get("site") not in (None, "lymph_node"):
        return _sharing_away(line, trigger, tumors, found)
    return _off_serosa(trigger, reached(line, trigger, tumor, tumors, found, claimed))


def _sharing_away(line: Line, trigger: Mention, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[Place]:
    """The organs that share the noun of a word that names one itself, not those where a tumor began ("hepatic and peritoneal carcinomatosis")."""
    homes = [t.place.site for t in tumors if t.place is not None]
    places = sharing(line, trigger, found) if trigger.assertion is Assertion.PRESENT else []
    return [p for p in places if not any(same_organ(p.site, home) for home in homes)]


def _taken_out(line: Line, found: Sequence[Place], claimed: dict[int, Mention]) -> list[DepositFact]:
    """The deposits that an operation names as what it took out: "hepatic metastasectomy"."""
    out = []
    for word in line.of("treatment"):
        if word.attrs.get("removes") != "metastasis" or not word.current:
            continue
        place = next((p for p in found if 0 <= word.start - p.end <= 1 and not p.test), None)
        if place is not None and place.start not in claimed:
            claimed[place.start] = word
            out.append(deposit_at(line, replace(word, assertion=Assertion.PRESENT), place, None))
    return out


def _is_home(line: Line, place: Place) -> bool:
    """Whether the organ is named as the one a tumor began in ("retroperitoneal primary", "metastatic to the liver, sigmoid resected")."""
    origins = [m for m in line.of("tumor") if m.concept == "origin_word"]
    if any(
        m.start - place.end in (0, 1)
        or (m.end < place.start and wording.seats_origin(line.between(m, place.mentions[0])))
        or origin_leads(line, m, place)
        for m in origins
        if not of_another(line, m, place)
    ):
        return True
    at = line.sentence.start
    if line.within["site.staged"].search(line.text, 0, place.start - at):
        return True
    if place.node or place.site in DESTINATIONS or place.site == "lung":
        return False
    return (
        line.text[: place.start - at].endswith(", ")
        and line.within["site.was_resected"].match(line.text, place.end - at) is not None
    )


def _nodes_shown(line: Line, place: Place, found: Sequence[Place]) -> Place:
    """The place, for the bare word of "nodal metastasis" the node group that is said to show it ("mediastinal nodes, suspicious for …")."""
    if place.site != "lymph_node":
        return place
    named = [p for p in found if p.node and p.site != "lymph_node" and p.end <= place.start]
    groups = [p for p in named if not p.region] or named
    if len({p.site for p in groups}) != 1:
        return place
    gap = line.between(groups[-1].mentions[-1], place.mentions[0]).lower()
    told = wording.shows(gap) and ("node" in gap or not groups[-1].region)
    return replace(groups[-1], flags=groups[-1].flags - {"region"}) if told else place


def _operated(line: Line, trigger: Mention) -> Place | None:
    """The organ that was operated on for metastases ("hepatic segmentectomy for two metastases"), no tumor named between."""
    for word in reversed([m for m in line.of("treatment") if m.end <= trigger.start]):
        organ_ = word.attrs.get("removes", "any")
        between = wording.bare(line, word, trigger, "side", "grade", "behavior")
        if organ_ in _OPERATED and line.within["spread.operated_for"].fullmatch(between):
            return Place(site=organ_, subsite=None, side=None, start=word.start, end=word.end, mentions=(word,))
    return None


def _broken(line: Line, trigger: Mention, found: Sequence[Place]) -> Place | None:
    """The bone that broke, or is about to, in a sentence on a tumor called metastatic ("pathologic fracture, right femur, metastatic carcinoma")."""
    breaks = [m for m in line.of("complication") if m.concept == "pathologic_fracture" and m.assertion is Assertion.PRESENT]
    if not breaks or trigger.assertion is not Assertion.PRESENT or line.says("site.brittle"):
        return None
    bones = [p for p in found if same_organ(p.site, "bone") and not p.test]
    if bones:
        return min(bones, key=lambda p: abs(p.start - breaks[0].end))
    return Place(site="bone", subsite=None, side=None, start=breaks[0].start, end=breaks[0].end, mentions=(breaks[0],))


_OPERATED = INVOLVED | frozenset({"lung", "adrenal"})


def _no_surer(line: Line, trigger: Mention, tumor: TumorFact | None) -> Mention:
    """The word, behind a tumor that is only supposed no surer than it ("suspect ovarian cancer, metastatic").

    What the supposed tumor turned out to be is certain ("thought to be ovarian cancer, turned out to be a metastasis").
    """
    supposed = tumor is not None and tumor.mention.end <= trigger.start and tumor.assertion is Assertion.UNCERTAIN
    if tumor is None or not supposed or trigger.assertion is not Assertion.PRESENT or relabelled(line, tumor.mention, trigger):
        return trigger
    return replace(trigger, assertion=Assertion.UNCERTAIN)


_ANOTHER = frozenset("not|and not|but not|rather than|instead of|as opposed to".split("|"))


def _names_another(line: Line, trigger: Mention) -> bool:
    """Whether the denial only says what a finding is not ("a primary carcinoid, not metastatic cancer"), which denies no spread."""
    near = [c for c in trigger.cues if 0 <= trigger.start - c.end <= 3]
    told = bool(near) and all(c.text.lower() in _ANOTHER for c in trigger.cues)
    return (
        told
        and trigger.assertion is Assertion.ABSENT
        and not line.within["site.tumor_verb"].search(line.text, 0, near[0].start - line.sentence.start)
    )


def _harmless(line: Line, trigger: Mention, found: Sequence[Place]) -> list[Place]:
    """The place of a lump that is something benign and "not a metastasis" ("left adrenal nodule, an adenoma, not a metastasis")."""
    before = [p for p in found if p.end <= trigger.start and not p.test]
    gap = line.between(before[-1].mentions[-1], trigger) if before else ""
    told = len(gap) <= _HARMLESS_REACH and line.signals["site.harmless"].search(gap) is not None
    return before[-1:] if told and not _NEXT.search(gap) else []


_HARMLESS_REACH = 120
_NEXT = re.compile(r"[.;]\s|\b(?:but|although|while|whereas)\b", re.IGNORECASE)
"""What parts the benign finding from the lump before it."""


def _answered(line: Line, trigger: Mention) -> bool:
    """Whether a metastasis was only asked about, and the words behind say what it was ("r/o metastasis (2021): resolved")."""
    if trigger.assertion is not Assertion.UNCERTAIN or not any(line.signals["spread.asks"].search(c.text) for c in trigger.cues):
        return False
    return line.within["spread.answered"].match(line.text, trigger.end - line.sentence.start) is not None


def _title_answered(line: Line, trigger: Mention) -> bool:
    """Whether the title of a specimen calls it a metastasis, and the answer finds none ("Omental implant, excision: benign fat, no carcinoma")."""
    at = line.sentence.start
    answer = line.within["spread.title_answered"].match(line.text, trigger.end - at)
    if answer is None or trigger.assertion not in (Assertion.PRESENT, Assertion.UNCERTAIN):
        return False
    taken = any(m.start < answer.end() + at and not line.word(m).endswith("ed") for m in line.of("tissue", "treatment"))
    behind = [m for m in line.of("tumor", "metastasis") if m.start >= answer.end(1) + at and not m.weak and m.current]
    return taken and all(m.concept == "benign_tumor" for m in behind)


def _and_anywhere(trigger: Mention, places: Sequence[Place]) -> bool:
    """Whether spread anywhere is denied beside that to the places before the word ("no pulmonary or distant metastasis")."""
    return trigger.assertion is Assertion.ABSENT and trigger.attrs.get("flag") == "distant" and places[-1].end <= trigger.start


def _of_negative_nodes(line: Line, trigger: Mention) -> bool:
    """Whether the word only says what nodes were negative for ("nodes negative for metastatic carcinoma")."""
    return any(m.concept == "negative_nodes" and 0 <= trigger.start - m.end <= 12 for m in line.of("status"))


def _group(place: Place, specimen: Place | None) -> Place:
    """The place, for a bare node word the node group of the specimen, for an organ of a pair taken along the specimen's side."""
    if specimen is None:
        return place
    if place.site == "lymph_node" and specimen.node:
        another = place.side is not None and specimen.side is not None and place.side != specimen.side
        return replace(specimen, side=place.side) if another else specimen
    along = place.site in PAIRED and place.side is None and specimen.side is not None
    taken = attached(place.site, specimen.site) or same_organ(place.site, specimen.site)
    return replace(place, side=specimen.side) if along and taken else place


def _compared(trigger: Mention, place: Place, found: Sequence[Place]) -> Place:
    """The place with the side named behind two compared diagnoses ("lesion: metastasis versus pheochromocytoma of the left adrenal")."""
    if trigger.assertion is not Assertion.UNCERTAIN or place.side is not None:
        return place
    sides = {p.side for p in found if p.start > trigger.end and p.side and p.site == place.site}
    return replace(place, side=sides.pop()) if len(sides) == 1 else place


def _denied_in_passing(line: Line) -> list[DepositFact]:
    """Spread denied inside a phrase of freedom from disease ("no evidence of recurrent or metastatic disease")."""
    free = [m for m in line.of("status") if m.concept == "ned" and "metasta" in line.word(m)]
    return [DepositFact(trigger=free[0], line=line, assertion=Assertion.ABSENT)] if free else []


def _unplaced(line: Line, trigger: Mention, tumor: Mention | None, found: Sequence[Place]) -> DepositFact:
    """A deposit at the site the word itself names, else at no named site."""
    bare = trigger.assertion is Assertion.ABSENT and line.word(trigger) == "carcinomatosis"
    site = trigger.attrs.get("site") or ("peritoneum" if bare else None)  # "at laparotomy there was no carcinomatosis"
    near = [s.concept for s in line.of("side") if site and 0 <= trigger.start - s.end <= 12]
    side = trigger.attrs.get("side") or (near[-1] if near else _side_said(line, trigger, found) if site else None)
    return DepositFact(
        trigger=trigger, line=line, site=site or "unspecified", side=side, assertion=trigger.assertion, tumor=tumor,
        flags=trigger_flags(trigger) - ({"disseminated"} if bare else set()),
    )  # fmt: skip


_SITED = re.compile(r"\W*(?:(?:of|in|within|involving|throughout|at|the|is|are|seen|noted|with)\W+){0,4}", re.IGNORECASE)


def _side_said(line: Line, trigger: Mention, found: Sequence[Place]) -> str | None:
    """The side of the organ that the word itself names, said beside it ("lymphangitic carcinomatosis of the left lung")."""
    same = [p for p in found if p.side and same_organ(p.site, trigger.attrs["site"])]
    beside = [p for p in same if _SITED.fullmatch(wording.bare(line, p.mentions[0], trigger, "side"))]
    return beside[0].side if beside else None


def _off_serosa(trigger: Mention, places: list[Place]) -> list[Place]:
    """The places, for a tumor deposit beside the gut without the serosal fat it lies in."""
    return [p for p in places if "serosa" not in p.flags] if trigger.attrs.get("flag") == "tumor_deposit" else places


def _of_specimen(trigger: Mention, tumor: TumorFact | None, specimen: Place) -> bool:
    """Whether a metastasis without a site of its own is one in the specimen: not a distant one, a deposit of tumor beside the gut (SPEC 3.3), nor the specimen's own tumor."""
    flag = trigger.attrs.get("flag")
    beside_gut = flag == "tumor_deposit" and (organ(specimen.site) in ("colon", "rectum") or WITH_COLON in specimen.flags)
    return flag not in ("distant", "in_place") and not beside_gut and not _at_home(tumor, specimen)


def _at_home(tumor: TumorFact | None, specimen: Place) -> bool:
    """Whether a "metastatic" tumor names the specimen's own organ ("breast: metastatic breast carcinoma" says no site)."""
    return tumor is not None and tumor.place is not None and same_organ(tumor.place.site, specimen.site)


def _names_no_deposit(line: Line, trigger: Mention) -> bool:
    """Whether the word is only the label of a field, one for lumps that were not felt, or tells of the nodes of a lymphoma."""
    if trigger.concept == "node_positive" and _of_blood(line):
        return True
    return open_field(line, trigger) or (trigger.assertion is Assertion.ABSENT and _felt(line, trigger))


def _of_blood(line: Line) -> bool:
    """Whether every tumor of the sentence is one of blood or lymph, which has no metastases."""
    strong = [m for m in line.of("tumor") if not m.weak]
    return bool(strong) and all(m.attrs.get("family") == "hematologic" for m in strong)


def _felt(line: Line, trigger: Mention) -> bool:
    """Whether lumps of the skin beside its tumor are denied ("no in-transit nodules"), as an examination does, no metastases."""
    return trigger.attrs.get("flag") == "in_transit" and not _NAMED.search(line.word(trigger))


_NAMED = re.compile(r"met(?:asta|s)|disease|melanoma|recurren")


_LETTERS = frozenset({"stage_iv", "m1", "m0"})
"""Stage words: TNM letters and stages alone diagnose no metastasis (SPEC 3.3)."""


def _says_nothing_alone(trigger: Mention) -> bool:
    """Whether the word means spread only beside the site it reaches ("deposits", "spread to", a bare "positive", "dissemination" not denied)."""
    if trigger.attrs.get("flag") == "in_place":
        return trigger.assertion is not Assertion.ABSENT
    return (trigger.concept == "spread" and trigger.attrs.get("direction") != "to") or trigger.attrs.get("flag") == "word"


def _origin_tumor(line: Line, trigger: Mention, tumors: Sequence[TumorFact]) -> Mention | None:
    """The tumor word a metastasis is said to be of or from ("metastases of Merkel cell carcinoma")."""
    for fact in tumors:
        if fact.mention.start >= trigger.end and not fact.mention.weak:
            gap = line.between(trigger, fact.mention).lower()
            if len(gap) <= 60 and re.search(r"\b(?:of|from)\b", gap) and not re.search(r"[.;]", gap):
                return fact.mention
    before = [t for t in tumors if t.mention.end <= trigger.start and not t.mention.weak]
    if before and (
        len(line.between(before[-1].mention, trigger)) <= 3
        or wording.GRADED.fullmatch(wording.bare(line, before[-1].mention, trigger, "grade"))
    ):
        return before[-1].mention
    return None
