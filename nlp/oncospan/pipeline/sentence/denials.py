"""Organs said to hold no tumor ("the liver was free of tumor"): deposits denied without the word metastasis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.deposit_facts import DepositFact, implied
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.subjects import labelled
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.sites import same_organ
from oncospan.types import Assertion

FLAG = "tumor_denied"
"""Marks a denial that holds only where the tumor began in another organ."""

REMOTE = frozenset("liver bone bone_marrow brain adrenal lung pleura peritoneum meninges spinal_cord spleen".split())
"""Organs that other tumors mostly reach as metastasis, not by growing into them. Bone is one on images only: as a specimen
it is often what a resection took along."""

_EXAMINED = frozenset("kidney ovary fallopian_tube uterus cervix heart pericardium".split())
"""Organs that count where a specimen or an exploration was free of tumor: a report names them for what they do not hold."""

_LUMPS = frozenset({"mass", "lesion", "nodule", "growth", "polyp", "origin_word"})
"""Weak words whose denial says less: a report names every organ without a lesion."""

_REACH = 60


def denied_tumors(line: Line, tumors: Sequence[TumorFact], found: Sequence[Place], specimen: Place | None) -> list[DepositFact]:
    """The remote organs of a sentence in which a tumor is denied."""
    out: dict[int, DepositFact] = {}
    for fact in tumors:
        if fact.assertion is not Assertion.ABSENT or (fact.mention.weak and fact.mention.concept in _LUMPS):
            continue
        if _of_its_own(fact) or _examined_by_eye(line) or _not_asked(fact.mention):
            continue
        named = [p for p in found if not _in_name(line, p)]
        at = (
            _denied_at(line, fact, named)
            or _of_lump(fact, tumors, named)
            or ([specimen] if specimen is not None and not named else [])
        )
        home = fact.mention.attrs.get("site")
        at = [p for p in at if (p.site != "bone" or line.of("imaging")) and not (home and same_organ(home, p.site))]
        examined = [p for p in at if p.site in _EXAMINED and not _begins(fact, p)]
        out |= {p.start: implied(line, fact.mention, p, Assertion.ABSENT, FLAG) for p in (*remote(line, at), *examined)}
    for word in line.of("status"):
        if word.concept == "involvement" and word.assertion is Assertion.ABSENT and not _not_asked(word):
            out |= {p.start: implied(line, word, p, Assertion.ABSENT, FLAG) for p in remote(line, _before(line, word, found))}
    return list(out.values())


def remote(line: Line, denied: Sequence[Place]) -> list[Place]:
    """Those of the places that metastases mostly reach; with one of them the organs beside it in a list, where no margin is spoken of."""
    chosen = {p.start for p in denied if p.site in REMOTE and not _invaded(line, p)}
    if not chosen or line.says("site.cut"):
        return [p for p in denied if p.start in chosen]
    organs = [p for p in denied if not p.node and not p.test and p.site not in _TISSUES]
    for one, other in (*pairwise(organs), *pairwise(organs[::-1])):
        if one.start in chosen and wording.lists(wording.bare(line, one.mentions[-1], other.mentions[0], "side")):
            chosen.add(other.start)
    return [p for p in denied if p.start in chosen]


_NOT_ASKED = frozenset({"not applicable", "n/a"})


def _not_asked(word: Mention) -> bool:
    """Whether a form only answers that it has nothing to say of the word ("adrenal gland involved by tumor: not applicable")."""
    return bool(word.cues) and all(c.text.lower() in _NOT_ASKED for c in word.cues)


_ANY = frozenset({"malignancy", "carcinoma"})


def _examined_by_eye(line: Line) -> bool:
    """Whether the sentence only describes a specimen before it went under the microscope."""
    return line.section is not None and line.section.name == "gross_description"


def _of_its_own(fact: TumorFact) -> bool:
    """Whether a tumor that begins in the organ is denied, no deposit ("never had lung cancer", "no pulmonary carcinoid")."""
    if fact.mention.concept == "cancer":
        return fact.how == "before"
    beside = fact.place is not None and fact.how == "before" and fact.mention.start - fact.place.end <= 1
    return fact.how == "inside" or (beside and not fact.mention.weak and fact.mention.concept not in _ANY)


def _begins(fact: TumorFact, place: Place) -> bool:
    """Whether the denied tumor is one that begins in the place ("ovarian carcinoma was ruled out")."""
    return fact.place is not None and fact.place.start == place.start and fact.how == "before" and not fact.mention.weak


def _in_name(line: Line, place: Place) -> bool:
    """Whether the place only stands in the name of a benign tumor ("bile duct hamartoma")."""
    return any(m.concept == "benign_tumor" and 0 <= m.start - place.end <= 1 for m in line.of("tumor"))


def _of_lump(fact: TumorFact, tumors: Sequence[TumorFact], found: Sequence[Place]) -> list[Place]:
    """The organ of the lump that proved to be none ("nodule of liver segment 3, excised: hamartoma, negative for tumor")."""
    before = [p for p in found if p.end <= fact.mention.start]
    if not before or not fact.line.of("tissue", "treatment"):
        return []
    lumps = [t.place for t in tumors if t.mention.weak and t.mention.concept in _LUMPS and t.mention.start < fact.mention.start]
    return [p for p in before[-1:] if any(p is at for at in lumps)]


_TISSUES = frozenset({"bone", "soft_tissue", "skin", "nerve", "unspecified", "other", "mediastinum", "retroperitoneum"})


def _invaded(line: Line, place: Place) -> bool:
    """Whether the place is what the tumor of its own organ grows into ("visceral pleura"), or stands in a list of margins."""
    at = place.start - line.sentence.start
    if line.within["site.own_lining"].search(line.text[at:]) or line.within["site.visceral"].search(line.text, 0, at):
        return True
    if line.within["site.margin"].match(line.text, place.end - line.sentence.start):
        return True
    return line.within["site.margins"].search(line.text, 0, at) is not None


_INSIDE = re.compile(r"\s(?:in|within)\s", re.IGNORECASE)


def _denied_at(line: Line, fact: TumorFact, found: Sequence[Place]) -> list[Place]:
    """The places the denial is said of: those right after the word ("no tumor in …"), else all those shortly before it."""
    before = _before(line, fact.mention, found)
    behind = fact.place if fact.place is not None and fact.how == "after" else None
    if before and (behind is None or not _INSIDE.match(line.text, fact.mention.end - line.sentence.start)):
        return before
    if behind is None:
        return []
    out = [behind]
    for place in found:
        gap = wording.bare(line, out[-1].mentions[-1], place.mentions[0], "side")
        if place.start >= out[-1].end and not place.node and wording.lists(gap):
            out.append(place)
    return out


def _before(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    near = [p for p in found if p.end <= word.start <= p.end + _REACH and _one_clause(line, p.end, word.start)]
    return near or labelled(line, word, found)


def _one_clause(line: Line, start: int, end: int) -> bool:
    at = line.sentence.start
    return re.search(r"[.;:]\s|\bbut\b|\balthough\b|\bwhile\b", line.text[start - at : end - at]) is None
