"""A primary tumor in the making: the facts that speak of it, and the family, site and side they settle on."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from oncospan.pipeline.mentions.mention import STATED, Line
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.own_site import site_of
from oncospan.sites import finer, same_organ
from oncospan.types import Assertion

GENERIC = frozenset("origin_word cancer carcinoma malignancy malignant_tumor tumor neoplasm mass lesion nodule growth".split())
"""Histology concepts that say no more than "there is a tumor"."""

NEUROENDOCRINE = frozenset("carcinoid net nec nec_poorly_differentiated islet_cell small_cell mixed".split())
"""Families that may be one tumor under several names."""


USUAL = frozenset(
    "melanoma paraganglioma gastrinoma insulinoma glucagonoma vipoma somatostatinoma islet_cell mesothelioma soft_tissue_sarcoma".split()
)
"""Histologies whose organ is only the usual one: the words of the note may name another."""


@dataclass(slots=True)
class Families:
    """How often words of each family are among some facts: all of them, and those that name a histology, with which ones."""

    every: Counter[str] = field(default_factory=Counter)
    specific: Counter[str] = field(default_factory=Counter)
    histologies: set[str] = field(default_factory=set)

    def add(self, fact: TumorFact) -> None:
        """Count a fact."""
        name = family(fact)
        self.every[name] += 1
        if not generic(fact):
            self.specific[name] += 1
            self.histologies.add(fact.mention.concept)


@dataclass(slots=True)
class Primary:
    """A primary tumor in the making: its site and the facts that speak of it, in the order of the note."""

    site: str
    facts: list[TumorFact] = field(default_factory=list)
    subsite: str | None = None
    side: str | None = None
    located: list[TumorFact] = field(default_factory=list)
    _strong: list[TumorFact] = field(default_factory=list)
    _family: str | None = None
    _part: str | None = None
    _starts: list[int] = field(default_factory=list)
    _by_line: dict[int, list[TumorFact]] = field(default_factory=dict)
    _counts: dict[bool, Families] = field(default_factory=dict)
    """How often each family is named, by whether it is said of a tumor of concern; counted as facts come."""

    def __post_init__(self) -> None:
        self._counts = {False: Families(), True: Families()}
        for fact in self.facts:
            self._note(fact)

    def add(self, fact: TumorFact) -> None:
        """Take in a fact, letting it refine site, subsite and side."""
        self.facts.append(fact)
        self._family = None
        self._note(fact)
        if fact.assertion in STATED:
            self._strong.append(fact)
            self._counts[True].add(fact)
        self.refine(fact)

    def _note(self, fact: TumorFact) -> None:
        """Keep what the facts say together: their families, their places, their sentences."""
        self._counts[False].add(fact)
        insort(self._starts, fact.start)
        self._by_line.setdefault(fact.line.index, []).append(fact)

    def facts_in(self, line: Line) -> Sequence[TumorFact]:
        """The facts of one sentence."""
        return self._by_line.get(line.index, ())

    def strong_in(self, line: Line) -> list[TumorFact]:
        """The facts of one sentence that neither deny the tumor nor merely suppose it."""
        return [f for f in self.facts_in(line) if f.assertion in STATED]

    def locate(self, lump: TumorFact) -> None:
        """Take in the lump that the tumor is: it may refine site, subsite and side, and names no tumor."""
        self.located.append(lump)
        insort(self._starts, lump.start)
        self.refine(lump)

    def last_before(self, at: int) -> int:
        """Where the tumor was last spoken of up to a place of the note; -1 when it was not yet."""
        told = bisect_right(self._starts, at)
        return self._starts[told - 1] if told else -1

    def refine(self, fact: TumorFact) -> None:
        """Let a fact of the same organ name the part and the side."""
        site, subsite, side = site_of(fact)
        if site is None:
            return
        if same_organ(self.site, site):
            self.site = finer(self.site, site)
            told = fact.mention.attrs.get("subsite")
            if told and told == subsite:
                self._part = told
            if self.subsite == _ROOF and (site, subsite) == ("colon", None) and fact.place is not None:
                self.subsite = None
            roof = subsite == _ROOF and (self.site != "colon" or any(site_of(f)[:2] == ("colon", None) for f in self.facts))
            if subsite and not roof and self._says_more(subsite) and subsite != self.site:
                self.subsite = subsite
            if self.subsite == "ovary.adnexa" and _outright(fact, self.site):
                self.subsite = None
            self.subsite = self._part or self.subsite
            self.side = self.side or side

    def _says_more(self, subsite: str) -> bool:
        """Whether a part is more exact than the one told: of lobes, the one told first stays."""
        if subsite == "ovary.adnexa" and any(_outright(f, self.site) for f in self.facts):
            return False
        if self.subsite is None:
            return True
        lobes = subsite.endswith("_lobe") and self.subsite.endswith("_lobe")
        return len(subsite) > len(self.subsite) and not lobes

    @property
    def strong(self) -> list[TumorFact]:
        """The facts that name a tumor of concern and neither deny nor merely suppose it."""
        return self._strong

    @property
    def certain(self) -> bool:
        """Whether any fact states the tumor outright."""
        return bool(self.strong)

    @property
    def histologies(self) -> set[str]:
        """The concepts of its words that name a histology."""
        return self._counts[False].histologies

    def families(self) -> Counter[str]:
        """How often each family is named, generic words left out unless there is nothing else."""
        counts = self._counts[bool(self._strong)]
        return counts.specific or counts.every

    @property
    def family(self) -> str:
        """The family the note settles on: a neuroendocrine one before "other", the latest of equals."""
        if self._family is None:
            self._family = _settled(self._told, self.families(), self.site)
        return self._family

    @property
    def _told(self) -> list[TumorFact]:
        return self._strong or self.facts

    @property
    def neuroendocrine(self) -> bool:
        """Whether the tumor is of a neuroendocrine family."""
        return self.family in NEUROENDOCRINE


def _outright(fact: TumorFact, site: str) -> bool:
    """Whether the fact names the organ itself, no part of it and no lump in it."""
    return fact.place is not None and fact.place.site == site and fact.place.subsite is None and not fact.mention.weak


_ROOF = "colon.colorectal"
"""The bowel as a whole: what names the colon alone is more exact."""


def generic(fact: TumorFact) -> bool:
    """Whether the fact's word names no histology."""
    return fact.mention.concept in GENERIC


def told_as_past(fact: TumorFact) -> bool:
    """Whether the fact is told as past: by its cue, or in a section of former illnesses."""
    return fact.assertion is Assertion.HISTORY or "history" in fact.line.flags


def family(fact: TumorFact) -> str:
    """The family of the fact's word, sharpened by a differentiation word beside it."""
    name = fact.mention.attrs.get("family", "other")
    if name == "nec":
        said = {m.attrs.get("differentiation") for m in fact.details}
        high = "well" not in said and any(m.attrs.get("grade") == "G3" for m in fact.details)
        if high or "poor" in said:
            return "nec_poorly_differentiated"
    return name


def _settled(told: Sequence[TumorFact], counts: Counter[str], site: str) -> str:
    special = [f for f in counts if f != "other"]
    if not special:
        return "other"
    facts = [f for f in told if family(f) in special]
    if "mixed" in special and not _named_anew(facts):
        return "mixed"
    special = [f for f in special if f != "mixed"] or special
    facts = [f for f in facts if family(f) in special]
    ranked = sorted(special, key=lambda f: (counts[f], _RANK.get(f, 0)))
    last = family(facts[-1])
    top = ranked[-1]
    if {"carcinoid", "net"} <= set(special):
        return "carcinoid"  # "neuroendocrine tumor (carcinoid)": the carcinoid wording has its own codes
    if {"nec", "nec_poorly_differentiated"} <= set(special):
        return "nec_poorly_differentiated"
    if site != "lung" and "small_cell" in special and {"nec", "nec_poorly_differentiated"} & set(special):
        return "nec_poorly_differentiated"  # "poorly differentiated neuroendocrine carcinoma, small cell type" of the rectum
    if "islet_cell" in special and (top == "net" or set(special) == {"islet_cell", "net"}):
        return "islet_cell"
    return last if counts[last] == counts[top] else top


def _named_anew(facts: Sequence[TumorFact]) -> bool:
    """Whether a carcinoma with neuroendocrine differentiation was but a first name, before several words for a carcinoid or NET."""
    mixed = [f for f in facts if family(f) == "mixed"]
    others = [f for f in facts if family(f) in ("carcinoid", "net")]
    first = all(f.start > max(m.start for m in mixed) for f in others)
    return first and len(others) > max(1, len(mixed)) and all(f.mention.attrs.get("flag") == "modifier" for f in mixed)


_RANK = {"net": 1, "nec": 2, "islet_cell": 3, "carcinoid": 4, "nec_poorly_differentiated": 5}


def alike(a: TumorFact, b: TumorFact) -> bool:
    """Whether two facts name one histology, a part of its name aside ("melanoma", "uveal melanoma")."""
    return a.mention.concept.split("_")[0] == b.mention.concept.split("_")[0]


_UNPLACED = USUAL | {"merkel_cell_carcinoma", "cutaneous_neuroendocrine"} | GENERIC
"""Histologies that do not say where the tumor began: of a primary that is unknown they name none."""


def nameless(primary: Primary) -> bool:
    """Whether no words of the note place the primary: its site is unspecified or only implied by the histology."""
    implied = all(f.place is None and (f.mention.concept in _UNPLACED or family(f) in NEUROENDOCRINE) for f in primary.facts)
    return primary.site == "unspecified" or implied


def supposed(primary: Primary) -> bool:
    """Whether the tumor is only an origin that someone favors ("upper GI origin favored")."""
    named = [f for f in primary.facts if f.place is not None]
    if primary.certain:
        return bool(named) and all(f.mention.concept == "origin_word" for f in named)
    return any(m.concept == "origin_word" for f in named for m in f.line.of("tumor"))
