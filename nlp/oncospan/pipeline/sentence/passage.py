"""The sentences of a note in their order, each related under the specimen it speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention, Reading
from oncospan.pipeline.sentence.parts_key import PartsKey
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts, opens_list, relate, under_heading
from oncospan.pipeline.sentence.specimens import OPERATION, carried
from oncospan.pipeline.text.part_marks import LISTED, mark_of
from oncospan.sites import attached, same_organ, taken_with
from oncospan.types import Assertion

_SPECIMEN_REACH = 8
"""How many sentences stand under the heading of a specimen."""


def _labeled(line: Line, specimen: Place | None) -> bool:
    """Whether the sentence is an item of a list of findings that names its organ first: what stood under another organ is over.

    A structure taken along with the specimen is a field of it ("Adrenal gland: involved by carcinoma" in a nephrectomy), unless it
    has a tumor of its own ("Prostate: acinar adenocarcinoma" in a cystoprostatectomy).
    """
    label = None if line.sentence.heading else line.says("layout.organ_label")
    if label is None:
        return False
    end = line.sentence.start + label.end()
    if specimen is None or any(m.concept not in _ITS_TUMOR for m in line.of("tumor")):
        return True
    return not any(m.end <= end and attached(m.concept, specimen.site) for m in line.of("site"))


def _of_unknown_organ(line: Line) -> bool:
    """Whether the sentence is of the next specimen, whose label names no organ."""
    label = None if line.sentence.heading else line.says("site.next_specimen")
    return label is not None and not any(m.start - line.sentence.start < label.end() for m in line.of("site"))


_ITS_TUMOR = frozenset("carcinoma tumor cancer malignancy neoplasm mass lesion nodule benign_tumor".split())
"""Words for the specimen's own tumor in the field of another structure; a histology of its own is another tumor."""


def _of_label(facts: LineFacts) -> Place | None:
    """The organ that the label of an item names: a bare word in the next sentence is said of it ("Mesentery: 2 cm mass. Metastatic.")."""
    label = facts.line.says("layout.organ_label")
    end = facts.line.sentence.start + (label.end() if label else 0)
    return next((p for p in facts.places if p.end <= end and not p.test and not p.region), None)


def _kept(facts: LineFacts, specimen: Place | None) -> Place | None:
    """The specimen of the sentences that follow: not nodes without a letter, answered in their own line ("Axillary nodes: 0/2.")."""
    own = _with_tumor(facts)
    free = {d.site for d in facts.deposits if d.assertion is Assertion.ABSENT}
    if own is not None and own.node and own.site in free and not mark_of(facts.line.text):
        return None
    return carried(facts.line, own, specimen)


def _with_tumor(facts: LineFacts) -> Place | None:
    """The specimen of a sentence: of the organs that its label lists, the one in which it tells the tumor ("Bladder and ovaries: carcinoma of the bladder")."""
    own = facts.specimen
    tumors = [
        f for f in facts.tumors if not f.mention.weak and f.place is not None and f.place.mentions != (own and own.mentions)
    ]
    if own is None or own.node or not tumors or any(f.place is None or same_organ(f.place.site, own.site) for f in tumors):
        return own
    first = tumors[0]
    listed = [p for p in facts.places if p.end <= first.start and not p.node and first.place and p.site == first.place.site]
    return listed[0] if listed else own


def _as_listed(specimen: Place | None, listed: Place | None) -> Place | None:
    """The specimen; one that only its operation names with the side and part told where it is listed ("Left lower lobe. Procedure: lobectomy")."""
    if specimen is None or listed is None or OPERATION not in specimen.flags or not same_organ(specimen.site, listed.site):
        return specimen
    return specimen if specimen.side or listed.node else listed


def _in(line: Line, *sections: str) -> bool:
    """Whether the sentence stands in one of the sections."""
    return line.section is not None and line.section.name in sections


def _goes_on(line: Line) -> bool:
    """Whether a sentence below the list of specimens tells a tumor without an organ ("Histologic type: carcinoma")."""
    return _in(line, LISTED) and bool(line.of("tumor")) and not line.of("site")


def _answers(line: Line) -> bool:
    """Whether a field behind that of the operation tells a tumor without an organ ("Specimen: colon. Procedure: resection. Histologic type: …")."""
    tumors = [m for m in line.of("tumor") if not m.weak]
    field_ = bool(tumors) and ":" in line.text[: tumors[0].start - line.sentence.start]
    return field_ and _in(line, "procedure") and not line.of("site")


def _placed(before: Sequence[LineFacts]) -> bool:
    """Whether a tumor was told with its organ before."""
    return any(t.place is not None and not t.mention.weak for facts in before for t in facts.tumors)


def _passed_over(reading: Reading, end: int, line: Line) -> str:
    """The words between the last sentence and this one, in its own section: a letter stands for its specimen there alone."""
    start = end if line.section is None else max(end, line.section.start)
    return reading.text[start : line.sentence.start]


_LEVEL = ".neck_level"
"""How the rule of a level ends, which nodes of the neck and of the chest have."""
_OF_NECK = frozenset("head_neck thyroid larynx pharynx oral_cavity tongue salivary_gland skin".split())


def _with_chest_levels(reading: Reading) -> Sequence[Line]:
    """The lines, levels of nodes read as those of the chest in the report of an operation on a lung that names no organ of the neck ("Lymph node, level VII")."""
    sites = [m for _, m in reading.told("site")]
    if not any(m.rule.endswith(_LEVEL) for m in sites) or any(m.concept in _OF_NECK for m in sites):
        return reading.lines
    named = {m.attrs.get("site") for _, m in reading.told("tumor")} | {
        m.attrs.get("removes") for _, m in reading.told("treatment")
    }
    if named & _OF_NECK or not reading.holding("treatment") or all(m.concept != "lung" for m in sites):
        return reading.lines
    return [replace(ln, mentions=tuple(_of_chest(m) for m in ln.mentions)) if ln.of("site") else ln for ln in reading.lines]


def _of_chest(word: Mention) -> Mention:
    return replace(word, concept="lymph_node_intrathoracic") if word.rule.endswith(_LEVEL) else word


def _of_another_operation(line: Line, specimen: Place | None) -> bool:
    """Whether a sentence tells a tumor behind an operation on another organ than that of the specimen before it ("Liver biopsy: NET. Appendectomy: …")."""
    tumors = [m.start for m in line.of("tumor") if not m.weak] if specimen is not None else []
    done = [m for m in line.of("treatment") if m.attrs.get("effect") == "surgery" and m.current and tumors and m.end <= tumors[0]]
    organs = {m.attrs.get("cancer") or m.attrs.get("removes", "any") for m in done} - {"any", "lymph_node", "metastasis"}
    return (
        specimen is not None
        and bool(organs)
        and not any(taken_with(o, specimen.site) or same_organ(o, specimen.site) for o in organs)
    )


def related(reading: Reading) -> list[LineFacts]:
    """The facts of every sentence; a heading, or the letter of a listed specimen, holds for the sentences below it."""
    out: list[LineFacts] = []
    specimen: Place | None = None
    headed, section = False, None
    at, named_by, end = 0, -1, 0
    organs, key, title = _OrganList(), PartsKey(), _Title()
    for line in _with_chest_levels(reading):
        if line.index - at > _SPECIMEN_REACH or line.of("imaging") or line.says("layout.synopsis"):
            specimen = None
        if line.section is not section:
            specimen = specimen if headed and _in(line, LISTED) else None  # "2. THYROID: SPECIMEN TYPE: …"
            section = line.section
            key.begin_section()
            only = key.spoken_of(section.name if section else None)
            specimen, at = (only, line.index) if only else (specimen, at)
        elif specimen is None and key.only is not None and (_goes_on(line) or (_answers(line) and not _placed(out))):
            specimen, at = key.only, line.index
        passed = key.passed(_passed_over(reading, end, line), line)
        end = line.sentence.end
        if passed is not None:
            specimen, at = key.parts.get(passed), line.index
        listed = None
        if key.opens(line):
            listed = specimen = key.meant(line)
            at = line.index
        if named_by == at and line.index - at > 1:
            specimen = None  # sentences that tell of no tumor stand between
        labeled = _labeled(line, specimen) or _of_unknown_organ(line)
        specimen = None if labeled or _of_another_operation(line, specimen) else specimen
        if specimen is None and (titled := title.of(line)) is not None:
            specimen, at = titled, line.index
        facts = relate(line, specimen, listed)
        title.read(facts)
        key.add(facts)
        if labeled and facts.specimen is None:
            specimen, at = _of_label(facts), line.index
            named_by = at
        at = line.index if facts.specimen else at
        facts = organs.read(facts)
        specimen, headed = _as_listed(_kept(facts, specimen), key.only), facts.specimen is not None
        out.append(facts)
    return out


_BRIEF = 8
"""How many words a title has at most."""
_FILL = re.compile(r"(?:\b(?:of|the|and|from|with|tissue|mucosa)\b|\b[A-Z]\b|[^\w:]|[\d_])*", re.IGNORECASE)


class _Title:
    """The organ that the sentence right before names, with how it was taken and no more ("COLON, SIGMOID. RESECTION. ADENOCARCINOMA.")."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._line: Line | None = None

    def of(self, line: Line) -> Place | None:
        """The organ, where the sentence tells how it was taken, or a tumor without an organ."""
        near = self._line is not None and line.index == self._line.index + 1 and line.section is self._line.section
        if not near or line.of("site"):
            return None
        taken = line.of("tissue", "treatment") and len(line.text.split()) <= _BRIEF
        return self._place if taken or any(not m.weak for m in line.of("tumor")) else None

    def read(self, facts: LineFacts) -> None:
        """Take up the sentence, if it is a title."""
        self._place, self._line = _titled(facts), facts.line


def _titled(facts: LineFacts) -> Place | None:
    """The one organ of a sentence that holds no other words but how it was taken."""
    line, named = facts.line, [p for p in facts.places if not p.node]
    if not named or line.of("tumor", "metastasis") or len(line.text.split()) > _BRIEF:
        return None
    left = list(line.text)
    for m in line.of("site", "side", "tissue", "treatment"):
        at = m.start - line.sentence.start
        left[at : at + m.end - m.start] = " " * (m.end - m.start)
    if not _FILL.fullmatch("".join(left)):
        return None
    if [p.site for p in named] == ["uterus", "cervix"]:
        return named[1]
    return named[0] if all(same_organ(p.site, named[0].site) for p in named) else None


class _OrganList:
    """The list of organs that a line of metastases opened, if the last sentences belong to one."""

    def __init__(self) -> None:
        self._word: Mention | None = None
        self._opener: Line | None = None
        self._items = 0
        self._mark: str | None = None
        self._tumor: Mention | None = None

    def read(self, facts: LineFacts) -> LineFacts:
        """The facts of the next sentence, its places deposits if it is an item of the list; it may itself open one."""
        stated = any(d.assertion is not Assertion.ABSENT for d in facts.deposits)
        if self._word is None or stated or not self._goes_on(facts):
            self._word, self._opener, self._items, self._mark = opens_list(facts), facts.line, 0, None
            strong = [t.mention for t in facts.tumors if not t.mention.weak and t.assertion is Assertion.PRESENT]
            self._tumor = strong[-1] if strong else self._tumor
            return facts
        self._mark = self._mark or _kind_of_mark(facts.line)
        self._items += 1
        nested = self._opener is not None and _kind_of_mark(self._opener) is not None
        return under_heading(facts, self._word, self._tumor if nested else None)

    def _goes_on(self, facts: LineFacts) -> bool:
        """Whether the sentence is an item; a line without a mark comes next and begins with a place."""
        line, opener = facts.line, self._opener
        if opener is None or not opener.sentence.lists(line.sentence):
            return False
        mark = _kind_of_mark(line)
        if (self._mark and mark != self._mark) or (mark and mark == _kind_of_mark(opener)):
            return False  # the next item of the list that holds this one
        if not mark and not opener.text.rstrip().endswith(":"):
            return False
        next_ = line.index == opener.index + self._items + 1
        begins = bool(facts.places) and facts.places[0].start - line.sentence.start <= _BEGINS
        return line.sentence.list_item or (next_ and begins and not line.of("tissue", "treatment"))


_MARKS = re.compile(
    r"\s*(?:(?P<bullet>[-*\u2022+])|(?P<figure>\d{1,2})[.)]|(?P<roman>[IVX]{2,4}|[IVX])[.)]|(?P<capital>[A-H])[.)]|(?P<small>[a-h])[.)])"
)


def _kind_of_mark(line: Line) -> str | None:
    """What kind of mark stands in front of an item; None where none does."""
    found = _MARKS.match(line.text)
    return found.lastgroup if found else None


_BEGINS = 20
"""How far into a line its place may stand: behind a side, a count, "multiple"."""
