"""The places behind a metastasis word that it reaches: "metastatic to A, B and C"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.sentence.whence import (
    is_own_site,
    is_primary,
    names_origin,
    of_named_tumor,
    of_tumor,
)
from oncospan.sites import DESTINATIONS, SEATS, same_organ
from oncospan.types import Assertion


def reached_behind(line: Line, trigger: Mention, tumor: TumorFact | None, found: Sequence[Place]) -> list[Place]:
    """The list of places behind the word, or behind the ``tumor`` it calls metastatic, as far as the words lead to them."""
    if line.text[: trigger.end - line.sentence.start].endswith("from"):
        return []
    nameless = None if tumor else _of_unknown_primary(line, trigger)
    start = tumor.mention if tumor else nameless or trigger
    later = [p for p in found if p.start >= start.end]
    named = None if tumor else next((t for t in line.of("tumor") if _deposited(line, trigger, t)), None)
    stops = [
        m.start for m in line.of("metastasis", "tumor")
        if m.start > start.end and m is not named and not m.weak and not _aside(line, m) and not _ends_origin(tumor, m)
    ]  # fmt: skip
    out: list[Place] = []
    last: Mention = _behind_origin(tumor, found) or start
    home: Place | None = None
    for place in later:
        if (stops and place.start > stops[0]) or _has_own_word(line, trigger, place):
            break
        head = place.mentions[0]
        if out:
            if not _listed(line, last, place):
                break
        else:
            gap = line.within["spread.aside"].sub(" ", wording.bare(line, last, head, *_CUT, "site" if named else ""))
            origin = names_origin(line, trigger, place) or wording.origin(gap)
            sent = of_tumor(line, trigger, place) or (not tumor and of_named_tumor(line, trigger, place))
            if sent or (origin and _sent_on(line, place)):
                last, home = (
                    place.mentions[-1],
                    place,
                )  # "metastasis of an ileal tumor to the ovary", "from the breast in the femur"
                continue
            if home is not None and same_organ(home.site, place.site) and _PART.fullmatch(gap):
                last = place.mentions[-1]  # "metastasis from lung adenocarcinoma, left upper lobe"
                continue
            if origin:
                break
            if tumor and is_own_site(tumor, place, gap) and not (_from_home(tumor, place, gap) or _set_off(place, gap)):
                last = place.mentions[-1]  # "of the breast to the liver": the gap to the next site starts here
                continue
            parted = trigger.assertion is Assertion.ABSENT and gap.strip() == ","  # "no visceral metastases, liver cyst"
            parted |= named is not None and _TAKEN.search(line.between(named, head)) is not None
            parted |= _NONE_THERE.match(line.text, place.end - line.sentence.start) is not None
            if parted or not _leads(line, tumor, place, gap, cancer_named=tumor is not None or nameless is not None):
                if not tumor and gap.strip(" ,;") == "":
                    break
                continue
        out.append(place)
        last = place.mentions[-1]
    return [p for i, p in enumerate(out) if not (i and _part_of(line, out[i - 1], p))]


def _behind_origin(tumor: TumorFact | None, found: Sequence[Place]) -> Mention | None:
    """The organ behind a tumor that is known as its origin, and so not ``found``: the words to where it went begin behind it."""
    home = tumor.place if tumor is not None else None
    return home.mentions[-1] if tumor and home and home.start >= tumor.mention.end and home not in found else None


def _ends_origin(tumor: TumorFact | None, m: Mention) -> bool:
    """Whether a word only ends the name of where the tumor began ("adenocarcinoma of gastric origin in the liver")."""
    home = tumor.place if tumor is not None else None
    return m.concept == "origin_word" and home is not None and 0 <= m.start - home.end <= 1


_TAKEN = re.compile(r"\b(?:excised|removed|resected|operated|treated|enucleated|irradiated)\b", re.IGNORECASE)
"""Told of the tumor a metastasis is of: what follows is where that tumor was ("metastasis of a melanoma excised from the back")."""


def _part_of(line: Line, tissue: Place, place: Place) -> bool:
    """Whether the place only tells where on the body a tissue lies ("subcutaneous tissue of the neck")."""
    gap = line.between(tissue.mentions[-1], place.mentions[0])
    return tissue.site in TISSUES and place.site in BODY_PARTS and _PART_OF.fullmatch(gap) is not None


def _has_own_word(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether the place stands right before another metastasis word, which is its own ("liver metastases or lung metastases")."""
    return any(m is not trigger and m.concept == "metastasis" and 0 <= m.start - place.end <= 1 for m in line.of("metastasis"))


_SENT_ON = re.compile(
    r"\s(?:in|to|into|within)\s(?:(?:the|his|her|both|an?)\s)?(?:(?:left|right)\s)?[\w-]{3,20}\b", re.IGNORECASE
)


def _sent_on(line: Line, place: Place) -> bool:
    """Whether the words go on from the organ a metastasis came from to where it lies ("metastasis from the breast in the femur")."""
    return not place.node and _SENT_ON.match(line.text, place.end - line.sentence.start) is not None


_CUT = ("side", "grade", "behavior", "tumor")
_PART = re.compile(r"\s*[,(-]?\s*")
"""Between the organ a tumor came from and the part of it that the words go on with."""

_OF = re.compile(r"\s*(?:of|from)\s+(?:(?:a|an|the|his|her|known)\s+)*", re.IGNORECASE)


def _deposited(line: Line, trigger: Mention, tumor: Mention) -> bool:
    """Whether a tumor word behind a metastasis word says what the metastasis is of ("metastasis of colonic adenocarcinoma in the lung")."""
    gap = wording.bare(line, trigger, tumor, "grade", "behavior", "site", "side")
    return tumor.start >= trigger.end and _OF.fullmatch(gap) is not None


def _listed(line: Line, last: Mention, place: Place) -> bool:
    """Whether the place goes on the list that ``last`` stands in: no origin, no tissue taken along, no subject of its own clause."""
    at = place.end - line.sentence.start
    beside = place.site not in TISSUES and line.within["spread.tissue_beside"].match(line.text, at)
    if is_primary(line, place) or beside or _NONE_THERE.match(line.text, at):
        return False  # "metastatic lymphadenopathy and thyroid tissue"
    gap = wording.bare(line, last, place.mentions[0], "side", "site", "tissue", "treatment")
    if line.within["spread.and_to"].fullmatch(gap):
        return True
    if line.within["spread.and_now"].fullmatch(gap):
        return line.within["spread.nothing_done"].match(line.text[at:]) is not None
    return wording.lists(gap) and not (";" in gap and _SAYS.match(line.text, at))


TISSUES = frozenset({"skin", "soft_tissue"})
"""Sites that are a tissue themselves ("the skull, scalp tissue and liver")."""
BODY_PARTS = TISSUES | {"head_neck"}
"""Sites that may only tell where on the body a tissue lies."""
_PART_OF = re.compile(r"\s(?:tissues?\s)?(?:of|in|over|on)\s(?:(?:the|his|her|both|left|right)\s){0,2}", re.IGNORECASE)
_SAYS = re.compile(
    r"[^.;:]{0,40}\b(?:is|are|was|were|did|does|do|has|have|had|show\w{0,3}|remain\w{0,3}|appear\w{0,3})\b", re.IGNORECASE
)
"""A clause of its own about what opens it ("…; the lungs and the brain did not present lesions")."""
_NONE_THERE = re.compile(
    r"\s{0,2}(?:[-\u2013:]\s{0,2})?(?:no\b(?!\.?\s?(?:\d|[ivx]{1,5}\b))|(?:(?:is|are|was|were|appear\w{0,3})\s)?(?:none|without|neg|negative|clear|normal|unremarkable|spared|uninvolved|intact)\b)",
    re.IGNORECASE,
)


def _aside(line: Line, m: Mention) -> bool:
    """Whether the word stands in parentheses, beside what the sentence says ("adrenal (FNA: carcinoma) and bone")."""
    text, at = line.text, m.start - line.sentence.start
    opened = text.rfind("(", 0, at)
    return opened > text.rfind(")", 0, at) and text.find(")", at) > 0


_INTO = re.compile(r"\b(?:to|into|in|involv\w{2,4}|within|throughout|at|of|including|namely)\b")


def _of_unknown_primary(line: Line, trigger: Mention) -> Mention | None:
    """The words for a cancer of unknown primary right behind a metastasis word ("metastatic carcinoma of unknown primary")."""
    told = (m for m in line.of("status") if m.concept == "unknown_primary")
    return next((m for m in told if 0 <= m.start - trigger.end <= 1), None)


def _leads(line: Line, tumor: TumorFact | None, place: Place, gap: str, *, cancer_named: bool) -> bool:
    """Whether the words before the first site say that it is reached; after a tumor word a bare list needs a site of its own."""
    if not cancer_named:
        return wording.leads_to(gap)
    if re.fullmatch(r"\W*\bw(?:ith)?\W*", gap):
        return line.within["spread.disease_there"].match(line.text, place.end - line.sentence.start) is not None
    if tumor is not None and _APPOSED_TO.fullmatch(gap):
        return True
    if _INTO.search(gap):
        return wording.leads_to(wording.WITH.sub(" ", gap))
    if tumor is None:
        return False
    if _from_home(tumor, place, gap) or _set_off(place, gap):
        return True
    other = tumor.place is not None and not same_organ(tumor.place.site, place.site)
    return other and re.fullmatch(r"\W*[,(:]\W*", gap) is not None


_APPOSED_TO = re.compile(
    r"(?:,\s(?:(?!(?:and|but|now|here|who|which|with|no|not|referred|sent|admitted|discharged|transferred|present\w{0,3}|due|resected|s/p)\b)[\w+%./-]{1,16}\s?){1,4}){1,2}"
    r",\sto\s(?:(?:the|both|his|her)\s)?",
    re.IGNORECASE,
)
"""Remarks on a metastatic tumor between commas, before where it went ("metastatic prostate cancer, castrate resistant, to bone")."""
_SET_OFF = frozenset({",", "-", "(", ":", ";"})


def _set_off(place: Place, gap: str) -> bool:
    """Whether nodes, or the neck that stands for its nodes, are set behind a metastatic tumor, which began elsewhere ("metastatic melanoma, right groin")."""
    there = place.assertion is not Assertion.ABSENT or ";" not in gap
    return there and (place.node or place.site == "head_neck") and gap.strip() in _SET_OFF


def _from_home(tumor: TumorFact, place: Place, gap: str) -> bool:
    """Whether the tumor's name tells another organ than the remote one set behind it ("metastatic renal cell carcinoma, frontal lobe")."""
    home = tumor.mention.attrs.get("site")
    said = gap.strip().lower()
    if said in {"of", "of the"} and place.site in _NEVER_HOME.get(home or "", ()):
        return True
    remote = place.site in DESTINATIONS or (place.site == "lung" and said in ("(", ":"))
    elsewhere = home is not None and remote and not same_organ(home, place.site)
    return elsewhere and (said in {",", "-", "(", ":"} or (said in {"of", "of the"} and home in _LEAVES and place.site in SEATS))


_REACHED = frozenset(
    "thyroid pancreas gallbladder stomach small_intestine duodenum jejunum ileum spleen heart salivary_gland".split()
)
_NEVER_HOME = {"skin": _REACHED, "kidney": _REACHED | {"skin", "breast", "oral_cavity", "tongue", "nasal_sinus"}}
"""Organs in which a metastatic melanoma or renal cell carcinoma "of" the organ did not begin ("metastatic melanoma of the gallbladder")."""


_LEAVES = frozenset("skin kidney liver thyroid prostate".split())
"""Organs of histologies that begin nowhere else: a tumor of theirs "of the" brain came to it ("metastatic melanoma of the brain")."""
