"""Which specimen the lines of a report speak of: the headings, labels and operations that name it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import SAMPLES, Line, Mention
from oncospan.pipeline.sentence.places import BIOPSIED, WITH_COLON, Place
from oncospan.sites import PAIRED, attached, same_organ
from oncospan.types import Assertion

OPERATION = "operation"
"""Marks a specimen named only by the operation that took it ("Specimen: gastrectomy"): a tumor's organ, no deposit's."""

MARGIN = "margin"
"""Marks a specimen that is a margin of another: a tumor found there did not begin in it."""

WITH_CERVIX = "with_cervix"
"""Marks a uterus that the cervix is listed with: a squamous cell carcinoma there began in the cervix."""

_SPECIMEN = re.compile(r"[:\n]|\bpart\s+\d|^\W{0,3}[A-Z0-9]{1,2}[.):]")


_LABELS = frozenset({"specimens", "procedure"})
_NEAR = 30
"""How far from the start of a line under such a label the operation may stand."""


def _told(line: Line) -> bool:
    """Whether the sentence tells a story instead of heading a specimen."""
    return not line.sentence.heading and line.says("site.told_sentence") is not None


def _cleared(line: Line) -> bool:
    """Whether a label of a told examination, no specimen, is answered with no metastasis ("Liver and lungs: no metastases")."""
    said = line.of("metastasis")
    if not said or line.sentence.heading or line.of("tissue", "treatment") or _NUMBERED.match(line.text):
        return False
    return all(m.assertion is Assertion.ABSENT for m in said)


def carried(line: Line, own: Place | None, specimen: Place | None) -> Place | None:
    """The specimen of the lines that follow, none under a numbered heading of no known organ or of the other side: a told sentence, a node field ("Lymph nodes: 0/4"), and a label that is answered with no metastasis, speaks for itself alone."""
    if own is None and _NUMBERED.match(line.text) and (_taken_heading(line) or _of_other_side(line, specimen)):
        return None
    if (
        own is None
        or _told(line)
        or _grown_into(line, own)
        or _cleared(line)
        or (own.node and line.within["site.node_field"].match(line.text) is not None and not line.sentence.heading)
    ):
        return specimen
    return own


def _taken_heading(line: Line) -> bool:
    """Whether a heading tells how a specimen was taken."""
    return line.sentence.heading and bool(line.of("tissue", "treatment"))


def _of_other_side(line: Line, specimen: Place | None) -> bool:
    """Whether a numbered line names the other side of the paired organ of the specimen before it."""
    sides = {m.concept for m in line.of("side")}
    named = specimen is not None and any(same_organ(m.concept, specimen.site) for m in line.of("site"))
    return named and specimen is not None and specimen.side is not None and bool(sides) and specimen.side not in sides


def _grown_into(line: Line, own: Place) -> bool:
    """Whether the tumor only grew into the organ that the line is labeled with ("Adrenal gland: involved by direct extension")."""
    if own.site == "skin" and not line.sentence.heading and line.says("site.extent_told"):
        return True
    if own.node or line.sentence.heading or line.says("layout.organ_label") is None:
        return False
    return any(m.concept == "direct_extension" for m in line.of("complication")) and bool(line.of("tumor"))


_NUMBERED = re.compile(r"\W{0,3}(?:part\s)?(?:[A-Z]|\d{1,2}|[IVX]{2,4})\s?[.):]", re.IGNORECASE)


def is_block_list(line: Line) -> bool:
    """Whether the sentence lists which part of a specimen each block of tissue holds ("Section code: A1, tumor and pelvis")."""
    return line.says("site.block_list") is not None


def is_part(line: Line, own: Place, specimen: Place) -> bool:
    """Whether a label names a structure taken along with the specimen, not the next specimen ("Adrenal gland: involved by …")."""
    if line.sentence.heading or _NUMBERED.match(line.text) or own.node or specimen.node:
        return False
    head = line.text[: own.start - line.sentence.start]
    return len(head) <= 30 and not line.of("treatment") and attached(own.site, specimen.site)


_ALONG = re.compile(
    r"[\s,/&+]*(?:(?:and|with|plus|left|right|bilateral|the|attached|adjacent|portions?|parts?|segments?|of)[\s,/&+]*){0,5}",
    re.IGNORECASE,
)


def own_specimen(line: Line, found: Sequence[Place]) -> Place | None:
    """The place a specimen heading names: before any tumor word, beside a biopsy or resection word."""
    own = _own(line, found)
    return replace(own, flags=own.flags | {BIOPSIED}) if own is not None and sampled(line) else own


def sampled(line: Line) -> bool:
    """Whether a line names the biopsy, aspirate or cytology that was taken."""
    return any(m.current and m.concept in SAMPLES for m in line.of("tissue"))


def _own(line: Line, found: Sequence[Place]) -> Place | None:
    own = _headed(line, found)
    if own is not None and line.within["site.reached_field"].match(line.text, own.end - line.sentence.start):
        return None
    if own is not None and own.node and _operated_before(line, own):
        return _taken(line, own.start)
    if own is None or own.node or not line.within["site.margin"].match(line.text, own.end - line.sentence.start):
        return own
    return replace(own, flags=own.flags | {MARGIN})


def _operated_before(line: Line, own: Place) -> bool:
    """Whether a heading names an operation on an organ before the nodes ("Total thyroidectomy and mediastinal node dissection")."""
    removed = {m.attrs.get("removes", "any") for m in line.of("treatment") if m.end <= own.start}
    return bool(removed - {"any", "lymph_node"})


_REPORTED = frozenset({"final_diagnosis", "diagnosis"})


def _labeled(line: Line, head: Sequence[Place]) -> list[Place]:
    """The places in the label of a numbered specimen that holds no tumor ("B. OMENTUM: fat necrosis.")."""
    label = line.text.partition(":")[0]
    if label == line.text or not _NUMBERED.match(label):
        return []
    reported = line.section is not None and line.section.name in _REPORTED
    return [p for p in head if p.end <= line.sentence.start + len(label)] if reported or label.isupper() else []


def _headed(line: Line, found: Sequence[Place]) -> Place | None:
    firsts = line.of("tumor", "metastasis")
    if firsts and (ends := _of_label(line, firsts[0])) and _diagnosed(line, firsts[1:], ends):
        firsts = firsts[1:]
    elif len(firsts) == 1 and _in_title(line, firsts[0]):
        firsts = ()
    limit = firsts[0].start if firsts else line.sentence.end
    head = [p for p in found if p.end <= limit and (not p.test or line.sentence.heading) and not _brought(line, p)]
    if not head or is_block_list(line) or line.says("site.measured"):
        return _taken(line, limit)
    head = _of_dissection(line, head)
    whipple = _of_whipple(line, head)
    if whipple is not None and whipple not in head:
        return whipple
    if line.sentence.heading:
        first = head[1] if _part_named(line, head) else whipple or head[0]
        first = _parted(_adnexa(line, first, head) or _sided(line, first, head), head)
        if first.site == "uterus" and any(p.site == "cervix" for p in head):
            return replace(first, flags=first.flags | {WITH_CERVIX})
        return replace(first, flags=first.flags | {WITH_COLON}) if _with_colon(line, first, head) else first
    before = line.text[: limit - line.sentence.start]
    if whipple is not None and (_NUMBERED.match(before) or _OPENED.fullmatch(before, head[-1].end - line.sentence.start)):
        return whipple
    if _OPENED.fullmatch(before, head[-1].end - line.sentence.start) or (
        _NUMBERED.match(before) and _ENDED.fullmatch(before, head[-1].end - line.sentence.start)
    ):
        return _first_of(line, head)
    if not firsts and (label := _labeled(line, head)):
        return _first_of(line, label)
    titled = [p for p in head if p.node and re.match(r"\s*:", before[p.end - line.sentence.start :])]
    if titled:
        return titled[-1]
    tests = [m for m in line.of("tissue", "treatment") if m.start < limit]
    if tests and not firsts and _is_title(line, head[0], tests[-1]):
        return _parted(_first_of(line, head), head)
    return _parted(head[0], head) if tests and (_SPECIMEN.search(before) or before.isupper()) else None


def _brought(line: Line, place: Place) -> bool:
    """Whether an operation on another organ is named with what it took along ("subtotal gastrectomy with greater omentum")."""
    if place.site not in _BROUGHT:
        return False
    done = [m for m in line.of("treatment") if _organ_of(m) not in (None, place.site) and m.end <= place.start]
    return bool(done) and _ALONG.fullmatch(line.between(done[-1], place.mentions[0])) is not None


def _organ_of(word: Mention) -> str | None:
    """The organ an operation is done on, if its name tells one."""
    removed = word.attrs.get("removes", "any")
    return removed if removed != "any" else word.attrs.get("cancer")


_BROUGHT = frozenset({"peritoneum", "spleen", "adrenal"})
"""Organs that are taken along with another one, seldom the one that an operation was for."""


def _sided(line: Line, first: Place, head: Sequence[Place]) -> Place:
    """The first organ of a heading with the side named once for the pair it lists ("Kidney and adrenal, left, nephrectomy")."""
    at = head.index(first) + 1
    if first.side or at == len(head) or not {first.site, head[at].site} <= PAIRED:
        return first
    listed = _ALONG.fullmatch(line.between(first.mentions[-1], head[at].mentions[0])) is not None
    return replace(first, side=head[at].side) if listed else first


_OROPHARYNX = "pharynx.oropharynx"


def _parted(first: Place, head: Sequence[Place]) -> Place:
    """The first organ of a heading with the one part of it named behind what was taken along ("Lung and chest wall, right upper lobe")."""
    parts = [p for p in head if p.site == first.site and p.subsite]
    if first.subsite == _OROPHARYNX:
        parts = [p for p in parts if p.subsite != _OROPHARYNX]
    elif first.subsite:
        return first
    if first.node or len(parts) != 1:
        return first
    return replace(first, subsite=parts[0].subsite, side=first.side or parts[0].side)


_WITH_PANCREAS = frozenset("stomach duodenum gallbladder small_intestine jejunum".split())
"""Organs that are taken along with the head of the pancreas."""


def _of_whipple(line: Line, head: Sequence[Place]) -> Place | None:
    """The pancreas among the organs that were taken out for it ("Stomach, duodenum and pancreas, Whipple resection")."""
    done = next((m for m in line.of("treatment") if m.concept == "pancreaticoduodenectomy"), None)
    if done is None:
        return None
    named = next((p for p in head if p.site == "pancreas"), None)
    if named is not None or not {p.site for p in head} <= _WITH_PANCREAS:
        return named
    return Place(site="pancreas", subsite=None, side=None, start=done.start, end=done.end, mentions=(done,))


def _adnexa(line: Line, first: Place, head: Sequence[Place]) -> Place | None:
    """The ovary of a heading that lists it behind its tube ("Left fallopian tube and ovary"), the organ that is asked about."""
    at = head.index(first) + 1
    if first.site != "fallopian_tube" or at == len(head) or head[at].site != "ovary":
        return None
    listed = _ALONG.fullmatch(line.between(first.mentions[-1], head[at].mentions[0])) is not None
    return replace(head[at], side=head[at].side or first.side) if listed else None


_COLECTOMIES = frozenset({"hemicolectomy", "colectomy", "ileocolectomy"})


def _with_colon(line: Line, first: Place, head: Sequence[Place]) -> bool:
    """Whether a heading names the end of the small bowel before the colon that was taken out with it."""
    return (
        first.site in ("ileum", "small_intestine", "appendix")
        and any(m.concept in _COLECTOMIES for m in line.of("treatment"))
        and any(same_organ(p.site, "colon") for p in head)
    )


_LABEL_ENDS = re.compile(
    r"(?:\sx\s?\d{1,2})?"
    r"(?:,?\s(?:(?:short|long|double|single|left|right|at|is|marks?|stitch(?:es)?|sutures?|clips?|superior|inferior|lateral|medial|anterior|posterior|deep)\b[\s,=-]{0,2}){1,8})?"  # how the surgeon marked the specimen
    r"(?:,\s[\w.-]{1,14}(?:\s[\w.-]{1,8})?){0,3}(?:\s?(?::|[-=]>|\u2192)|\s--?\s)"
)
_LABEL_REACH = 90


def _of_label(line: Line, word: Mention) -> int:
    """Where the label ends that names the lump that was sampled ("4. Stomach, body, polyp: …"), which is no diagnosis yet; 0 for none."""
    lump = word.weak or line.word(word) in ("polyp", "polyps")
    at = line.sentence.start
    ends = _LABEL_ENDS.match(line.text, word.end - at) if lump and word.start - at <= _LABEL_REACH else None
    return ends.end() if ends is not None else 0


def _diagnosed(line: Line, words: Sequence[Mention], ends: int) -> bool:
    """Whether the diagnosis stands behind the label, in its sentence or in those that follow ("B. Breast, left, to tumor: - Carcinoma")."""
    return any(m.category == "metastasis" or not m.weak for m in words) or not line.text[ends:].strip(" -")


def _in_title(line: Line, word: Mention) -> bool:
    """Whether a title names the lump and ends with how it was taken ("Rectum, polyp at 8 cm, polypectomy")."""
    lump = word.weak or line.word(word) in ("polyp", "polyps")
    done = [m for m in line.of("tissue", "treatment") if m.start >= word.end]
    if not lump or not done or word.start - line.sentence.start > _LABEL_REACH:
        return False
    ends = _TITLE_END.fullmatch(line.text, done[-1].end - line.sentence.start) is not None
    return ends and _BEFORE_TAKEN.fullmatch(line.between(word, done[-1])) is not None


_BEFORE_TAKEN = re.compile(r"[^.;:]{0,24},\s(?:[\w-]+\s){0,3}")


_TITLE = re.compile(r"\W{0,3}(?:(?:[A-Z]|\d{1,2})\s?[.):]\s{0,2})?(?:(?:left|right|the)\W{1,3})?", re.IGNORECASE)
_TITLE_END = re.compile(r"[\s.,;:]{0,3}")


def _is_title(line: Line, place: Place, test: Mention) -> bool:
    """Whether a line is no more than an organ and how it was taken ("Lung, left upper lobe, lobectomy.")."""
    start, text = line.sentence.start, line.text
    named = text[place.end - start : test.start - start]
    return (
        _TITLE.fullmatch(text, 0, place.start - start) is not None
        and _TITLE_END.fullmatch(text, test.end - start) is not None
        and ("," in named or "-" in named)
    )


def _of_dissection(line: Line, head: list[Place]) -> list[Place]:
    """The places of a label, the node group first where soft tissue was taken to dissect it ("Soft tissue, left neck, dissection")."""
    if head[0].site not in ("soft_tissue", "skin", "head_neck"):
        return head
    dissected = any(m.attrs.get("removes") == "lymph_node" for m in line.of("treatment"))
    nodes = [p for p in head if p.node] or [
        replace(p, site="lymph_node_head_neck", subsite=None, flags=p.flags - {"body_region"})
        for p in head if dissected and p.site == "head_neck"
    ]  # fmt: skip
    return nodes or head


_OPENED = re.compile(r"[^.;:]{0,40}(?::|\s--?|\s?(?:[-=]>|→))\s*(?:[\w-]+,?\s+){0,5}")
_ENDED = re.compile(r"\.\s{1,2}(?:[a-z]\)\s{1,2})?(?:[\w-]+,?\s+){0,5}")
"""What stands between the organ of a label and the tumor word: a colon or dash, behind a number also a full stop."""

_OPERATED = re.compile(r"\W{0,3}(?:part\s)?(?:[A-Z]|\d{1,2})\s?[.):]\)?\s{0,3}(?:[\w-]{1,12}\s){0,4}\Z", re.IGNORECASE)


_HEAD_ENDS = re.compile(r"(?:\s(?:and|with|&|\+)\s(?:[\w-]{1,12}\s?){1,3})?\s{0,2}[:,]", re.IGNORECASE)


def _heads(line: Line, taken: Sequence[Mention]) -> bool:
    """Whether a numbered line names its specimen by the operation alone ("4. Near total glossectomy:")."""
    start, end = taken[0].start - line.sentence.start, taken[-1].end - line.sentence.start
    one = len({m.attrs["removes"] for m in taken}) == 1
    return one and _OPERATED.match(line.text[:start]) is not None and _HEAD_ENDS.match(line.text, end) is not None


def _part_named(line: Line, head: Sequence[Place]) -> bool:
    """Whether a heading names the cervix as the part of the uterus it speaks of ("UTERUS, ENDOCERVIX, BIOPSY:")."""
    if [p.site for p in head] != ["uterus", "cervix"] or head[0].subsite is not None:
        return False
    return line.between(head[0].mentions[-1], head[1].mentions[0]).strip() == ","


def _first_of(line: Line, head: Sequence[Place]) -> Place:
    """The first of the organs that one label lists ("Right kidney and right adrenal:"), the organ the operation was for."""
    at = len(head) - 1
    while (
        at
        and not head[at].node
        and not head[at - 1].node
        and (attached(head[at].site, head[at - 1].site) or same_organ(head[at].site, head[at - 1].site))
        and _ALONG.fullmatch(line.between(head[at - 1].mentions[-1], head[at].mentions[0]))
    ):
        at -= 1
    return _on_its_side(head[at], head)


def _on_its_side(place: Place, head: Sequence[Place]) -> Place:
    """The organ of a label with the side that the label names it with before ("Left breast, core biopsy at 2 o'clock:")."""
    sides = {p.side for p in head if p.site == place.site and p.start < place.start and p.side}
    return place if place.side or len(sides) != 1 else replace(place, side=sides.pop())


def _taken(line: Line, limit: int) -> Place | None:
    """The organ an operation took, where a label says that it is the specimen."""
    taken = [m for m in line.of("treatment") if m.attrs.get("removes", "any") != "any" and m.start < limit]
    under = (
        line.section is not None
        and line.section.name in _LABELS
        and bool(taken)
        and taken[0].start - line.sentence.start <= _NEAR
    )
    if not taken or not (under or line.within["site.taken_by"].match(line.text) or _heads(line, taken)):
        return None
    word = taken[0]
    sides = [s.concept for s in line.of("side") if 0 <= word.start - s.end <= 25]
    return Place(
        site=word.attrs["removes"], subsite=None, side=sides[-1] if sides else None, start=word.start, end=word.end,
        mentions=(word,), flags=frozenset({OPERATION}),
    )  # fmt: skip
