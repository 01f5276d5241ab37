"""Tumor words and the site each has in its sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field, replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.text.value import value
from oncospan.sites import DESTINATIONS, PAIRED, SEATS, finer, organ, part_of_gut, same_organ
from oncospan.types import Assertion


@value
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


def place_tumor(line: Line, tumor: Mention, found: Sequence[Place]) -> TumorFact:
    """The tumor word with the nearest place tied to it, before or after."""
    details = tuple(m for m in line.of("grade", "behavior") if abs(m.start - tumor.end) < 90 or abs(tumor.start - m.end) < 60)
    fact = TumorFact(mention=tumor, line=line, details=details)
    others = [t for t in line.of("tumor", "metastasis") if t is not tumor]
    others += [m for m in line.of("status") if m.concept == "unknown_primary"]
    others += [m for m in line.of("sight") if m.concept == "disease"]  # "carcinoma with progressive disease in the liver"
    ties: list[tuple[int, Place, str]] = []
    for place in found:
        if (
            place.node
            or place.test
            or "serosa" in place.flags
            or _only_supposed(line, tumor, place)
            or of_another(line, tumor, place)
        ):
            continue  # a serosa is the outermost layer of an organ: what grew through it began within
        anchor = place.mentions[0]
        if place.start <= tumor.start < place.end or tumor.start <= place.start < tumor.end:
            return replace(fact, place=place, how="inside")
        if place.end <= tumor.start:
            if any(place.end <= t.start < tumor.start and t.category == "tumor" and not t.weak for t in others):
                continue
            gap = wording.bare(line, place.mentions[-1], tumor, "grade", "behavior", "side", "tumor")
            if wording.before_ties(gap) or _seats(line, tumor, "tumor.taken_for", line.between(place.mentions[-1], tumor)):
                ties.append((tumor.start - place.end, place, "before"))
        else:
            led = _leads(line, tumor, place) or _seats(line, tumor, "tumor.found_out", line.between(tumor, anchor))
            led = led or (tumor.concept == "origin_word" and wording.seats_origin(line.between(tumor, anchor)))
            if not led and any(tumor.end <= t.start < place.start for t in others if t.category != "tumor" or not t.weak):
                continue
            gap = wording.bare(line, tumor, anchor, "grade", "behavior", "side", "site", "tumor")
            if led or _labelled(line, tumor, place):
                ties.append((0, place, "after"))
            elif (
                _apposed(line, tumor, place)
                or _genitive(line, tumor, place)
                or (wording.is_in(gap) and place.site not in DESTINATIONS | SEATS)
                or (wording.after_ties(gap) and not _parted(line, tumor, place, gap, found))
            ):
                ties.append((place.start - tumor.end + 20, place, "after"))
    if not ties:
        fronted = _fronted(line, tumor, found) or _in_benign(line, tumor, found) or _from_benign(line, tumor, found)
        fronted = fronted or _it_proved(line, tumor, found)
        return replace(fact, place=fronted, how="before") if fronted else fact
    best = min(ties, key=lambda t: t[0])
    # "midgut carcinoid arising in the ileum", "colon cancer of the cecum"
    if best[2] == "before" or part_of_gut(best[1].site):
        best = next((t for t in ties if t is not best and finer(best[1].site, t[1].site) != best[1].site), best)
    behind = [t[1] for t in ties if t[2] == "after"] or _part_behind(line, tumor, found)
    place = best[1] if best[2] == "after" else _refined(best[1], behind)
    return replace(fact, place=_sided(line, tumor, place, found), how=best[2])


def _seats(line: Line, tumor: Mention, signal: str, between: str) -> bool:
    """Whether the words between a word for an origin and an organ say that the one lies in the other ("the ileum harbored the primary")."""
    return tumor.concept == "origin_word" and line.within[signal].fullmatch(between) is not None


def _only_supposed(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether the organ is the supposed origin of a tumor that is certain ("metastatic carcinoma, lung primary likely")."""
    if place.assertion is not Assertion.UNCERTAIN or tumor.assertion is Assertion.UNCERTAIN or tumor.concept == "origin_word":
        return False
    return any(m.concept == "origin_word" and 0 <= m.start - place.end <= 1 for m in line.of("tumor"))


def of_another(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether a word for an origin stands right behind another organ, whose it is ("of gastric origin in the liver")."""
    own = next((m for m in line.of("site") if 0 <= tumor.start - m.end <= 1), None)
    return tumor.concept == "origin_word" and own is not None and not same_organ(own.concept, place.site)


_FROM = re.compile(r"\s(?:from|of)\s(?:(?:an?|the|his|her|known|primary)\s){0,3}", re.IGNORECASE)


def _come_from(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether the organ is the one that metastases named by their tumor came from ("carcinoid metastasis from the ileum")."""
    word = next((m for m in line.of("metastasis") if named_by(line, tumor, m)), None)
    return word is not None and word.end <= place.start and _FROM.fullmatch(line.between(word, place.mentions[0])) is not None


def named_by(line: Line, tumor: Mention, m: Mention) -> bool:
    """Whether a word for a deposit stands right behind the tumor that it is of ("adenocarcinoma metastasis")."""
    beside = not tumor.weak and m.concept == "metastasis" and m.start - tumor.end == 1
    return beside and line.between(tumor, m) == " " and line.word(m).startswith("metastas") and not adjective(line, m)


def _refined(place: Place, behind: Sequence[Place]) -> Place:
    """The organ before a tumor word with the part and side behind it: "bladder cancer, trigone", "ovarian carcinoma of the left ovary"."""
    for other in behind:
        if same_organ(place.site, other.site) and None in (place.side, other.side):
            place = replace(place, subsite=place.subsite or other.subsite, side=place.side or other.side)
    return place


def _part_behind(line: Line, tumor: Mention, found: Sequence[Place]) -> list[Place]:
    """The part of an organ that stands right behind a lump of it ("brain tumor left temporal lobe", "IDC 2.1 cm upper outer quadrant")."""
    parts = (p for p in found if p.subsite and p.start >= tumor.end and not p.node and not p.test)
    return [p for p in parts if _SIZED.fullmatch(wording.bare(line, tumor, p.mentions[0], "side"))][:1]


_SIZED = re.compile(r"[\s,(-]*(?:\d[\d.,x\s]{0,16}[cm]m[\s,(-]*)?")
"""What may stand between a tumor and the part of its organ: how large it is."""


def _parted(line: Line, tumor: Mention, place: Place, gap: str, found: Sequence[Place]) -> bool:
    """Whether the words between a tumor and a place behind it say that the place is another's, only grown into, or was only examined."""
    if any(tumor.end <= m.start and m.end <= place.start for m in line.of("imaging")) and _EXAMINED.search(gap):
        return True  # "because of the malignancy an MRI of the brain was obtained"
    if ":" in gap and any(p.node and tumor.end <= p.start < place.start for p in found):
        return True  # "carcinoma in three lymph nodes: level I: submandibular gland …"
    if "," in gap and any(m.start - place.end in (0, 1) and not m.weak for m in line.of("tumor")):
        return True  # "mesothelioma, breast cancer"
    treated = any(tumor.end <= m.start and m.end <= place.start for m in line.of("treatment"))
    if treated and any(m.start - place.end in (0, 1) and m.weak for m in line.of("tumor")):
        return True  # "renal carcinoma, nephrectomy in 2010, presented with a pancreatic mass"
    behind = place.end - line.sentence.start
    if "," in gap and place.site in DESTINATIONS and line.within["spread.came_there"].match(line.text, behind):
        return True  # "carcinoid tumor, bilobar liver involvement"
    if "," in gap and line.within["site.spared"].match(line.text, behind):
        return True  # "ductal adenocarcinoma of the tail, spleen and stomach free of tumor"
    return _listed(tumor, place, gap) or wording.invades(line.between(tumor, place.mentions[0]))


_EXAMINED = re.compile(r"\ban?\s[^,;]{0,30}\bof\b[^,;]{0,20}\Z|\b(?:scan|mri|ct|pet|radiograph|x-ray)\sof\b[^,;]{0,20}\Z")
_ENDS = re.compile(r"\s*(?:[,.;:)]|\Z|(?:resected|removed|excised|intact|in situ|in place|site)\b)", re.IGNORECASE)


def _leads(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether the word is "primary" and what follows is the organ and no more ("primary ileum, resected 2019"), or where metastases came from."""
    return _come_from(line, tumor, place) or origin_leads(line, tumor, place)


def origin_leads(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether the word is "primary" and what follows is the organ and no more ("primary ileum, resected 2019")."""
    if tumor.concept != "origin_word" or line.word(tumor) != "primary" or line.between(tumor, place.mentions[0]) != " ":
        return False
    return _ENDS.match(line.text, place.end - line.sentence.start) is not None


_CLOSES = re.compile(
    r"\s*(?:[,.;:()\[\]/\u2013\u2014-]|\Z|\n|w/|(?:c|p|yp|y)?T[0-4isx]|(?:in\s)?(?:19|20)\d\d\b|\d{1,2}/|G[1-3]\b|x\s?\d|I{1,3}[ABC]?\d?\b|IV[ABC]?\b|(?:grade|stage|stg|dx|diagnosed|resected|removed"
    r"|excised|treated|s/p|status|post|with|on|since|gleason|er\b|her2|times|left|right|l|r|lt|rt)\b)",
    re.IGNORECASE,
)
"""What may follow an organ that ends the name of a tumor ("Ca prostate 2019", "carcinoma breast left, s/p mastectomy")."""


def _apposed(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether the organ stands right behind the tumor word and ends the name ("NET ileum G1", "carcinoma L breast")."""
    if tumor.weak or (place.site in DESTINATIONS and not same_organ(tumor.attrs.get("site", ""), place.site)):
        return False
    if wording.bare(line, tumor, place.mentions[0], "side").strip() or "\n" in line.between(tumor, place.mentions[0]):
        return False
    return _CLOSES.match(line.text, place.end - line.sentence.start) is not None


_GENITIVE = ".latin"
"""Ends the rules of organs named by a Latin genitive."""
_EPITHETS = re.compile(r"\s(?:[A-Za-z-]{3,22}\s){0,5}")


def _genitive(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether the organ is the Latin genitive that ends the name of the tumor ("Carcinoma ductale invasivum mammae")."""
    anchor = place.mentions[0]
    return anchor.rule.endswith(_GENITIVE) and _EPITHETS.fullmatch(line.between(tumor, anchor)) is not None


_FEW_WORDS = re.compile(r"[\s,]{1,3}(?:[\w-]{1,14}\s){0,3}")


def _labelled(line: Line, tumor: Mention, place: Place) -> bool:
    """Whether the word is a label of a field, and the place its answer ("LOCATION: Mid parietal scalp")."""
    return line.word(tumor).endswith(":") and _FEW_WORDS.fullmatch(line.between(tumor, place.mentions[0])) is not None


def _listed(tumor: Mention, place: Place, gap: str) -> bool:
    """Whether the organ is the next item of a list, beside a tumor of another organ ("cholangiocarcinoma 41%, gastric 22%")."""
    own = tumor.attrs.get("site")
    if own is None or tumor.concept in _ANYWHERE or same_organ(own, place.site):
        return False
    return "," in gap and wording.LINKS.isdisjoint(wording.words(gap))


_ANYWHERE = frozenset(
    "melanoma merkel_cell_carcinoma basal_cell_carcinoma squamous_cell_carcinoma_skin soft_tissue_sarcoma paraganglioma gastrinoma".split()
)


def _fronted(line: Line, tumor: Mention, found: Sequence[Place]) -> Place | None:
    """The only place before a tumor, where the sentence opens with it ("In the ileum, at 30 cm, a carcinoid was found")."""
    before = [p for p in found if p.end <= tumor.start]
    if len(before) != 1 or before[0].node or before[0].test:
        return None
    head = line.text[: before[0].start - line.sentence.start]
    gap = line.between(before[0].mentions[-1], tumor)
    told = (
        ("," in gap or wording.there(gap))
        and not re.search(r"[.;:]\s", gap)
        and not any(m.start < tumor.start for m in line.of("metastasis"))
    )
    return before[0] if told and wording.opens(head) else None


def _it_proved(line: Line, tumor: Mention, found: Sequence[Place]) -> Place | None:
    """The only organ before a tumor, removed or changed, that is said to have held it ("a duodenal polyp was removed; it proved to be …")."""
    before = [p for p in found if p.end <= tumor.start and not p.test and not p.region]
    if tumor.weak or len(before) != 1 or before[0].node or before[0].site in DESTINATIONS:
        return None
    at, within = line.sentence.start, line.within
    between = line.text[before[0].end - at : tumor.start - at]
    seen = within["tumor.change_seen"].search(line.text, 0, tumor.start - at) or within["site.was_removed"].match(between)
    return before[0] if seen and within["site.it_proved"].match(between) else None


def _in_benign(line: Line, tumor: Mention, found: Sequence[Place]) -> Place | None:
    """The organ of the benign tumor in which a focus of another one lies ("teratoma of the right ovary with a focus of carcinoid")."""
    benign = [m for m in line.of("tumor") if m.concept == "benign_tumor" and m.end <= tumor.start]
    if not benign or line.within["tumor.focus"].fullmatch(line.between(benign[-1], tumor)) is None:
        return None
    near = [p for p in found if p.end <= tumor.start and not p.node and not p.test]
    return near[-1] if near else None


_OF_ORGAN = re.compile(r"[\s,]{1,2}(?:(?:of|in|from|at)\s)?(?:(?:the|his|her|left|right)\s){0,2}", re.IGNORECASE)


def _from_benign(line: Line, tumor: Mention, found: Sequence[Place]) -> Place | None:
    """The organ of the benign tumor that another one arose in ("adenocarcinoma arising in a tubulovillous adenoma of the sigmoid")."""
    benign = [m for m in line.of("tumor") if m.concept == "benign_tumor" and m.start >= tumor.end]
    if (
        tumor.weak
        or not benign
        or line.of("metastasis")
        or line.within["tumor.arose"].fullmatch(line.between(tumor, benign[0])) is None
    ):
        return None
    behind = (p for p in found if p.start >= benign[0].end and not p.node and not p.test)
    return next((p for p in behind if _OF_ORGAN.fullmatch(line.between(benign[0], p.mentions[0]))), None)


def _sided(line: Line, tumor: Mention, place: Place, found: Sequence[Place]) -> Place:
    """The place with the side named beside the tumor word: "kidney cancer, left", "bilateral ductal carcinoma of the breasts"."""
    if place.side is None and place.start >= tumor.end and organ(place.site) in PAIRED:
        for side in line.of("side"):
            if any(side.end <= p.start and p.end <= tumor.start for p in found):
                continue  # "both ovaries showed carcinoma of the breast"
            gap = wording.bare(line, side, tumor, "grade", "behavior")
            if side.end <= tumor.start and re.fullmatch(r"\s*(?:(?!(?:and|or|of|in|with)\b)[\w-]+\s+){0,3}", gap):
                return replace(place, side=side.concept)
    if place.side is None and place.end <= tumor.start:
        for side in line.of("side"):
            between = line.between(tumor, side) if side.start >= tumor.end else None
            if between is None:
                continue
            closes = between == " " and _CLOSES.match(line.text, side.end - line.sentence.start) is not None
            if closes or re.fullmatch(r"\s*(?:(?:19|20)\d\d\s?)?[,(]\s*|\s(?:on|of)\sthe\s", between):
                return replace(place, side=side.concept)
    return place


_MET = "metastasis.met_abbrev"
"""The rule of "met" as an adjective ("met breast CA"); the noun is another's."""


def adjective(line: Line, m: Mention) -> bool:
    """Whether a metastasis word is an adjective or verb ("metastatic"), not the thing itself."""
    word = line.word(m)
    return m.rule == _MET or word.endswith(
        ("metastatic", "metastasizing", "metastasising", "metastasized", "metastasised", "disseminated")
    )
