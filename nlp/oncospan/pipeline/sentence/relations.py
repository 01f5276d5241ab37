"""What a sentence says of tumors and deposits, gathered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.ascribed import ascribed
from oncospan.pipeline.sentence.biopsy_proven import biopsy_proven, in_marrow, origins_of, settles
from oncospan.pipeline.sentence.coordinated import coordinated
from oncospan.pipeline.sentence.denials import denied_tumors
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.doubts import doubted
from oncospan.pipeline.sentence.fluids import in_fluids
from oncospan.pipeline.sentence.harmless import turned_out
from oncospan.pipeline.sentence.involvement import involvement, staged
from oncospan.pipeline.sentence.metastasis_words import deposits_in
from oncospan.pipeline.sentence.node_facts import node_deposits
from oncospan.pipeline.sentence.parts import located, with_part
from oncospan.pipeline.sentence.places import WITH_COLON, Place, places
from oncospan.pipeline.sentence.seated import FLAG as SEATED
from oncospan.pipeline.sentence.seated import seated
from oncospan.pipeline.sentence.settlers import settlers
from oncospan.pipeline.sentence.sights import unseen
from oncospan.pipeline.sentence.specimens import MARGIN, OPERATION, WITH_CERVIX, is_block_list, is_part, own_specimen
from oncospan.pipeline.sentence.spread_of import mark_deposited, mark_metastatic
from oncospan.pipeline.sentence.taken_from import taken_from
from oncospan.pipeline.sentence.tumor_facts import TumorFact, named_by, place_tumor
from oncospan.pipeline.text.value import value
from oncospan.sites import DESTINATIONS, same_organ
from oncospan.types import Assertion


@value
class LineFacts:
    """Everything relations found in one sentence."""

    line: Line = field(repr=False)
    places: tuple[Place, ...]
    tumors: tuple[TumorFact, ...]
    deposits: tuple[DepositFact, ...]
    specimen: Place | None = None
    under: bool = False
    """Whether it was read as standing under a heading or the specimen of one."""


class Neighbors:
    """The sentences of a note, asked for their facts and for those beside them."""

    __slots__ = ("_at", "_lines")

    def __init__(self, lines: Sequence[LineFacts]) -> None:
        self._lines = lines
        self._at = {ln.line.index: i for i, ln in enumerate(lines)}

    def own(self, line: Line) -> LineFacts:
        """The facts of that sentence."""
        return self._lines[self._at[line.index]]

    def beside(self, line: Line, step: int) -> LineFacts | None:
        """The facts of the sentence so many steps behind it, negative before it, in its section; a heading is none."""
        at = self._at.get(line.index + step)
        beside = self._lines[at] if at is not None else None
        return None if beside is None or beside.line.section is not line.section or beside.line.sentence.heading else beside


def relate(line: Line, specimen: Place | None, listed: Place | None = None) -> LineFacts:
    """The facts of a sentence; ``specimen`` is the place of the specimen heading it stands under, ``listed`` what its own letter stands for."""
    found = places(line) if listed is None else [narrowed(p, listed) for p in places(line)]
    own = with_part(line, _with_side(own_specimen(line, found), specimen))
    part = own is not None and specimen is not None and is_part(line, own, specimen)
    under = specimen if part else own or specimen
    apart = own or specimen
    apart = None if apart is not None and OPERATION in apart.flags else apart
    if not may_tell(line, found, apart):
        return LineFacts(
            line=line, places=tuple(found), tumors=(), deposits=(), specimen=None if part else own, under=specimen is not None
        )
    tumors = [place_tumor(line, t, found) for t in line.of("tumor") if t.concept != "benign_tumor"]
    tumors = coordinated(line, [_of_bowel(_at_home(t, under), found, under) for t in tumors], found)
    if is_block_list(line):
        tumors = [replace(t, place=None, how="none") if t.mention.weak else t for t in tumors]
    tumors = mark_metastatic(line, tumors)
    tumors = [t if (p := taken_from(t, found)) is None else replace(t, place=p, how="specimen") for t in tumors]
    tumors, held = in_fluids(line, tumors, found, apart)
    deposits, claimed = deposits_in(line, tumors, found, apart)
    deposits = [d for d in deposits if not (held and d.place is None)]
    deposits += [d for d in held if all(d.site != k.site for k in deposits)]
    involved = {start for start, m in claimed.items() if m.category == "tumor"}
    deposits += node_deposits(line, found, deposits, apart)
    tumors, come = settlers(line, tumors, own)
    deposits += [d for d in come if all(d.site != k.site for k in deposits)]
    proved = [d for d in biopsy_proven(line, tumors, found, apart) if all(d.site != k.site for k in deposits)]
    claimed |= {d.place.start: d.trigger for d in proved if d.place is not None}
    tumors = [
        replace(t, metastatic=t.mention) if any(d.trigger is t.mention and settles(d) for d in proved) else t for t in tumors
    ]
    deposits += proved
    deposits += [d for d in in_marrow(line) if all(d.site != k.site for k in deposits)]
    deposits += [d for d in denied_tumors(line, tumors, found, apart) if all(d.site != k.site for k in deposits)]
    deposits += [d for d in unseen(line, found) if all(d.site != k.site for k in deposits)]
    behind = staged(line, found)
    claimed |= {d.place.start: d.trigger for d in behind if d.place is not None}  # "stage IV NSCLC (bone, adrenal)"
    told = (*involvement(line, tumors, found), *ascribed(line, tumors, found), *behind, *seated(line, found))
    deposits += [d for d in told if all(d.site != k.site for k in deposits)]
    deposits += [d for d in doubted(line, found) if all(d.site != k.site for k in deposits)]
    deposits += [d for d in turned_out(line, tumors) if all(d.site != k.site for k in deposits)]
    deposits = [_on_side(d, apart) for d in deposits]
    free = [p for p in found if p.start not in claimed]
    home = None if under is None or under.start in involved or _came_from_elsewhere(under, tumors) else under
    tumors = [_sided(_unclaim(mark_deposited(line, t), claimed, free, home), under) for t in tumors]
    tumors = [located(t) for t in tumors]
    return LineFacts(
        line=line, places=tuple(found), tumors=tuple(tumors), deposits=tuple(deposits), specimen=None if part else own,
        under=specimen is not None,
    )  # fmt: skip


def _came_from_elsewhere(specimen: Place, tumors: Sequence[TumorFact]) -> bool:
    """Whether the sentence names another organ as the origin of what the specimen holds ("Liver, biopsy: adenocarcinoma, consistent with colorectal origin")."""
    origins = origins_of(tumors)
    return bool(origins) and not any(same_organ(o, specimen.site) for o in origins)


_TELLING = ("tumor", "metastasis", "sight", "status")
"""Categories whose words the steps of :func:`relate` start from; a step that starts from another one needs it here."""


def may_tell(line: Line, found: Sequence[Place], specimen: Place | None) -> bool:
    """Whether a sentence may tell of a tumor or deposit: half of those read name only tests, treatments and organs."""
    if line.of(*_TELLING) or any(p.node for p in found) or (specimen is not None and specimen.node):
        return True
    if any(m.attrs.get("removes") == "metastasis" for m in line.of("treatment")):  # "pulmonary metastasectomy"
        return True
    if line.of("tissue", "site") and (
        line.says("site.of_sentinel") or line.says("spread.marrow_held")
    ):  # "sentinel biopsy: positive"
        return True
    scans = line.of("imaging")
    return any(m.assertion is Assertion.ABSENT or m.concept == "bone_scan" for m in scans)  # "no uptake in the liver"


def narrowed(place: Place, listed: Place) -> Place:
    """The place as the list of specimens names it, where the line only names the organ ("2: left axillary node … 2. Lymph node: …")."""
    if place.site == "lymph_node" and listed.node and not place.region:
        return replace(place, site=listed.site, side=place.side or listed.side, flags=place.flags | listed.flags)
    if (
        place.site != listed.site
        or place.node
        or place.side not in (None, listed.side)
        or place.subsite not in (None, listed.subsite)
    ):
        return place
    return replace(place, subsite=listed.subsite, side=listed.side)


def _with_side(own: Place | None, specimen: Place | None) -> Place | None:
    """The specimen a sentence names, with the side of the one it stands under, where both are the same organ."""
    if own is None or specimen is None or own.side or not specimen.side or own.site != specimen.site:
        return own
    return replace(own, side=specimen.side)


def _on_side(deposit: DepositFact, specimen: Place | None) -> DepositFact:
    """The deposit with the side of the specimen it lies in ("D. Right adrenal: … metastatic carcinoma in adrenal cortex")."""
    if deposit.side or specimen is None or not specimen.side or deposit.site != specimen.site:
        return deposit
    return replace(deposit, side=specimen.side)


_NO_EPITHELIUM = frozenset({"bone", "soft_tissue"})
"""Tissues that no carcinoma or mesothelioma begins in."""


_INVADERS = frozenset({"carcinoma", "ductal_carcinoma", "lobular_carcinoma", "adenocarcinoma"})


def _behind(fact: TumorFact) -> str:
    """The words behind the tumor word."""
    return fact.line.text[fact.mention.end - fact.line.sentence.start :]


def _at_home(fact: TumorFact, specimen: Place | None) -> TumorFact:
    """The tumor fact without a place that the tumor only involves: it is the specimen's ("Breast: carcinoma, involving muscle")."""
    place = fact.place
    if place is not None and place.site in _NO_EPITHELIUM and fact.mention.concept == "mesothelioma":
        return replace(fact, place=None, how="none")
    if (
        place is not None
        and place.site == "skin"
        and fact.mention.concept in _INVADERS
        and fact.line.within["tumor.grows"].match(_behind(fact))
    ):
        return replace(fact, place=None, how="none")
    if place is not None and place.site == "soft_tissue" and fact.mention.concept.endswith("carcinoma"):
        return replace(fact, place=None, how="none")
    if place is None or fact.how != "after" or not wording.involves(fact.line.between(fact.mention, place.mentions[0])):
        return fact
    if place.site in _NO_EPITHELIUM and fact.mention.concept.endswith("carcinoma"):
        return replace(fact, place=None, how="none")
    named = specimen is not None and not specimen.node and OPERATION not in specimen.flags
    home = fact.mention.attrs.get("site") or (specimen.site if specimen is not None and named else None)
    if home is None or home in DESTINATIONS or home == "soft_tissue" or same_organ(home, place.site):
        return fact
    return replace(fact, place=None, how="none")


_BOWEL = frozenset({"rectum", "rectosigmoid"})


def _of_bowel(fact: TumorFact, found: Sequence[Place], specimen: Place | None) -> TumorFact:
    """The tumor fact called colorectal, or of the colon, with the part of the bowel that was taken ("Sigmoid, resection: colon carcinoma")."""
    place, line = fact.place, fact.line
    if place is None or place.site != "colon" or place.subsite not in (None, "colon.colorectal"):
        return fact
    parts = [p for p in found if p.end <= place.start] if line.of("tissue", "treatment") else []
    if place.subsite is None:
        if fact.how != "before" or line.of("metastasis"):
            return fact
        holds = line.within["site.bowel_holds"]
        parts = [p for p in parts if holds.fullmatch(line.between(p.mentions[-1], place.mentions[0]))]
    parts = [p for p in (*([specimen] if specimen else []), *parts) if same_organ(p.site, "colon") or p.site in _BOWEL]
    parts = [p for p in parts if p.subsite != "colon.colorectal" and p.assertion is Assertion.PRESENT]
    if place.subsite is None:
        parts = [p for p in parts if p.site != "colon" and OPERATION not in p.flags and MARGIN not in p.flags]
    return replace(fact, place=parts[-1]) if parts else fact


def _unclaim(fact: TumorFact, claimed: dict[int, Mention], free: Sequence[Place], specimen: Place | None) -> TumorFact:
    """The tumor fact without a place that a deposit claimed: with the next one tied to it, else with the specimen's.

    The specimen is not the home of one whose deposit it holds ("Liver: adenocarcinoma metastasis").
    """
    held = fact.place is None and any(named_by(fact.line, fact.mention, m) for m in fact.line.of("metastasis"))
    if fact.place is not None and fact.place.start in claimed:
        other = place_tumor(fact.line, fact.mention, free) if not fact.mention.weak else fact
        fact = replace(fact, place=None, how="none") if other is fact else replace(fact, place=other.place, how=other.how)
    if specimen is None or MARGIN in specimen.flags or held:
        return fact
    if specimen.site in _NO_EPITHELIUM and fact.mention.concept.endswith(("carcinoma", "mesothelioma")):
        return fact
    if fact.place is None and fact.how == "none" and not specimen.node and not fact.metastatic:
        before = fact.line.text[: fact.mention.start - fact.line.sentence.start]
        if fact.line.within["tumor.metastases_of"].search(before):
            return fact
        if (
            WITH_CERVIX in specimen.flags or (OPERATION in specimen.flags and specimen.site == "uterus")
        ) and fact.mention.concept in _OF_CERVIX:
            specimen = replace(specimen, site="cervix", subsite=None)
        elif WITH_COLON in specimen.flags and fact.mention.concept.endswith("adenocarcinoma"):
            specimen = replace(specimen, site="colon", subsite=None)
        involved = fact.line.within["tumor.involved_by"].search(before) is not None
        return replace(fact, place=specimen, how="involved" if involved else "specimen")
    return fact


_OF_CERVIX = frozenset({"squamous_cell_carcinoma", "adenosquamous_carcinoma"})


def _sided(fact: TumorFact, specimen: Place | None) -> TumorFact:
    """The tumor fact with the side of the specimen it lies in ("Lung, left, lobectomy: carcinoma of the lower lobe")."""
    place = fact.place
    if place is None or specimen is None or place.side or not specimen.side or not same_organ(place.site, specimen.site):
        return fact
    return replace(fact, place=replace(place, side=specimen.side))


def opens_list(facts: LineFacts) -> Mention | None:
    """The metastasis word of a line that only opens a list ("Metastatic sites:", or "A. Metastases" above numbered items)."""
    line = facts.line
    words = [m for m in line.of("metastasis") if m.current]
    words = words or [m for m in line.of("sight") if m.attrs.get("flag") == "list" and m.assertion is Assertion.PRESENT]
    opens = line.text.rstrip().endswith(":") or line.says("spread.titles_list") is not None
    if not words or not opens or any(d.place for d in facts.deposits):
        return None
    return words[-1]


def under_heading(facts: LineFacts, trigger: Mention, tumor: Mention | None = None) -> LineFacts:
    """The facts of a list item under such a line, each of its places a deposit, of the ``tumor`` if that is told; what it denies itself stays."""
    flags = frozenset({SEATED}) if trigger.category == "sight" else frozenset[str]()
    denied = {d.place.start for d in facts.deposits if d.place is not None}
    made = tuple(
        DepositFact(
            trigger=trigger, line=facts.line, place=p, site=p.site, side=p.side, assertion=_of_item(facts.line, p), tumor=tumor,
            flags=flags,
        )
        for p in facts.places
        if not p.region and not p.test and p.start not in denied
    )  # fmt: skip
    return replace(facts, deposits=(*made, *facts.deposits), under=True)


def _of_item(line: Line, place: Place) -> Assertion:
    """What an item of such a list says of its place ("- Liver: clear" denies it)."""
    free = line.within["spread.item_free"].match(line.text, place.end - line.sentence.start)
    return Assertion.ABSENT if free else place.assertion
