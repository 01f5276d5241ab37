"""The modality of a test that a sentence names: in its own words, or by the biopsy, aspirate or operation it goes back to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oncospan.pipeline.mentions.mention import SAMPLES, Mention
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.tests.outcomes import silent
from oncospan.pipeline.tests.shown import Result
from oncospan.pipeline.text.part_marks import LISTED
from oncospan.pipeline.text.value import once
from oncospan.sites import CAVITIES, same_organ
from oncospan.types import AuthorRole

_BACK = 6
"""How many sentences back a pathology word may go on from a biopsy, aspirate or operation."""

_LONG = 15
"""How many sentences the findings of an autopsy may take."""

_STUDY_BACK = 3
"""How many sentences back the study may be named whose images are told of."""

_VAGUE = frozenset({"other_imaging"})
_IMAGES = frozenset("image images imaging scan scans".split())

_UNDER = 8
"""How many sentences back the heading of a specimen may stand."""

_HISTORY = frozenset({"clinical_history", "indication", "past_medical_history", "past_surgical_history"})

_MARGIN = "tissue.resection.margin"
_FROZEN = "tissue.frozen.plain"


class Modalities:
    """Settles the modalities of the tests of a note."""

    def __init__(self, lines: Sequence[LineFacts], author: AuthorRole) -> None:
        self._lines = lines
        self._author = author
        self._autopsied = any(m.concept == "autopsy" for ln in lines for m in ln.line.of("tissue"))
        self._receptor = any(m.concept == "ssr_pet" for ln in lines for m in ln.line.of("imaging"))

    def of(self, test: Mention, i: int, result: Result, *, named: bool) -> Iterator[tuple[str, str]]:
        """The test and modality a mention in sentence ``i`` stands for, that showed the result.

        ``named``: the result is a tumor word, no mere lump.
        """
        word = self._lines[i].line.word(test) if test in self._lines[i].line.mentions else ""
        if named and test.concept == "endoscopic_ultrasound" and word.startswith(("ebus", "endobronchial")):
            yield "tissue", "fna"  # needles are passed under this ultrasound: a histology comes from them
            return
        yield test.attrs.get("test", test.category), self._one(test, i, result)

    def autopsy(self, i: int) -> Mention | None:
        """The autopsy whose findings a sentence goes on telling."""
        if not self._autopsied:
            return None
        here = self._lines[i].line
        for facts in reversed(self._lines[max(0, i - _LONG) : i + 1]):
            if facts.line.section is not here.section or here.index - facts.line.index > _LONG:
                return None
            if told := [m for m in facts.line.of("tissue") if m.concept == "autopsy" and m.current]:
                return told[-1]
        return None

    def _one(self, test: Mention, i: int, result: Result) -> str:
        here = self._lines[i]
        if test.concept == "pet" and self._receptor and "fdg" not in here.line.text.lower():
            return "ssr_pet"  # the study is named once in full and "PET" after that
        if test.concept == "other_imaging" and (study := self._of_study(test, i)):
            return study
        if test.concept == "cytology":
            return "fna" if self._aspirated(i) else "cytology"
        if test.rule == _MARGIN and self._author is AuthorRole.PATHOLOGIST:
            return self._above(i) or self._taken(result) or test.concept  # a shave biopsy has margins too
        if test.attrs.get("modality") != "from_context":
            return test.concept
        if self._author is AuthorRole.PATHOLOGIST and (taken := self._above(i) or self._taken(result)):
            return taken
        if self.autopsy(i):
            return "autopsy"
        for facts in self._back(i):
            if self._author is AuthorRole.PATHOLOGIST and facts is not here and _lists(facts):
                continue  # its last specimen is not the one that is told of
            near = [m for m in facts.line.of("tissue", "treatment") if _takes_tissue(m, test)]
            near = [m for m in near if m.start < test.start or facts is here]
            if near:
                return "resection" if near[-1].category == "treatment" else near[-1].concept
        if self._author is AuthorRole.PATHOLOGIST:
            return self.specimen(i, result)
        return self._operated or ("biopsy" if test.rule == _FROZEN else "other_tissue")

    def _of_study(self, test: Mention, i: int) -> str | None:
        """The study whose images a sentence goes on with, told right before it ("MRI Brain … The imaging appearance is that of …")."""
        here = self._lines[i].line
        at = test.start - here.sentence.start, test.end - here.sentence.start
        if test not in here.mentions or not (
            here.within["test.its_images"].match(here.text, at[1])
            or (here.word(test) in _IMAGES and here.within["test.these"].search(here.text, 0, at[0]))
        ):
            return None
        for facts in reversed(self._lines[max(0, i - _STUDY_BACK) : i + 1]):
            if facts.line.section is not here.section or here.index - facts.line.index > _STUDY_BACK:
                return None
            named = [m for m in facts.line.of("imaging") if m.concept not in _VAGUE and m.start < test.start and m.current]
            if named:
                one = len({m.concept for m in named}) == 1 and not silent(facts.line, named[0], named, ())
                return named[0].concept if one else None
        return None

    @once
    def _operated(self) -> str | None:
        """How the tissue was taken that the note of an operation speaks of: by the procedures it lists."""
        named = [(ln.line.section.name, ln) for ln in self._lines if ln.line.section is not None]
        if not any(name == "postoperative_diagnosis" for name, _ in named):
            return None
        words = [m for name, ln in named if name == "procedure" for m in ln.line.of("treatment", "tissue") if _takes(m)]
        if any(_operates(m) for m in words):
            return "resection"
        return words[0].concept if words else None

    def _back(self, i: int) -> Iterator[LineFacts]:
        return reversed(self._lines[max(0, i - _BACK) : i + 1])

    def _aspirated(self, i: int) -> bool:
        """Whether a cytology is that of an aspirate told before it, not of a fluid."""
        here = self._lines[i].line
        if here.says("test.fluid"):
            return False
        words = (m for facts in self._back(i) for m in facts.line.of("tissue", "imaging"))
        return any(m.concept == "fna" or (m.concept == "endoscopic_ultrasound" and m.current) for m in words)

    def specimen(self, i: int, result: Result) -> str:
        """What a pathology report's result was made from: its own specimen, else any operation, biopsy or aspirate."""
        if taken := self._above(i) or self._taken(result):
            return taken
        own = [ln for ln in self._lines if not _told_before(ln)]
        words = [m for ln in own for m in ln.line.of("treatment", "tissue")]
        words = words if any(map(_takes, words)) else [m for ln in self._lines for m in ln.line.of("treatment", "tissue")]
        if any(m.concept == "autopsy" for m in words):
            return "autopsy"
        if any(_operates(m) for m in words):
            return "resection"
        named = [m.concept for m in words if m.category == "tissue" and m.attrs.get("modality") != "from_context"]
        named = [c for c in named if c != "resection"] or named  # "surgical pathology" heads the report of a biopsy too
        if not named and any(ln.line.says("test.cut_out") for ln in own):
            return "resection"
        if "fna" in named and not result.sites & CAVITIES:
            return "fna"  # the report of an aspirate is headed as one of cytology
        return named[0] if named else "other_tissue"

    def _above(self, i: int) -> str | None:
        """How the specimen was taken under whose heading a sentence stands, or that it heads."""
        for facts in reversed(self._lines[max(0, i - _UNDER) : i + 1]):
            if facts.line.section is not self._lines[i].line.section:
                break
            if facts.specimen is not None or facts.line.sentence.heading:
                return _way(facts)
        return None

    def _taken(self, result: Result) -> str | None:
        """How the specimen of the result's site was taken, by the lines that list the specimens.

        Nodes go with the operation, and so does the primary where there was one.
        """
        if result.of == "primary" and any(how == "resection" for _, how in self._specimens):
            return None
        sites = {s for s in result.sites if not s.startswith("lymph_node")}
        found = [how for site, how in self._specimens if any(same_organ(site, s) for s in sites)]
        return found[0] if found and len(set(found)) == 1 else None

    @once
    def _specimens(self) -> list[tuple[str, str]]:
        """The organ of each specimen that a report lists, with the way it was taken."""
        listed = ((facts.specimen, _way(facts)) for facts in self._lines if not _told_before(facts))
        return [(specimen.site, how) for specimen, how in listed if specimen is not None and how is not None]


def _told_before(facts: LineFacts) -> bool:
    """Whether a sentence is of the history a report was asked for with, not of its specimens."""
    return facts.line.section is not None and facts.line.section.name in _HISTORY


def _lists(facts: LineFacts) -> bool:
    """Whether a sentence stands in the list of what was received."""
    return facts.line.section is not None and facts.line.section.name == LISTED


def _way(facts: LineFacts) -> str | None:
    """How the heading of a specimen says that it was taken: an operation before a biopsy."""
    words = facts.line.of("treatment", "tissue")
    if any(_operates(m) for m in words):
        return "resection"
    return next((m.concept for m in words if m.concept in SAMPLES), None)


def _operates(m: Mention) -> bool:
    return m.attrs.get("effect") == "surgery" and m.current


def _takes(m: Mention) -> bool:
    return _operates(m) or m.concept in SAMPLES


def _takes_tissue(m: Mention, test: Mention) -> bool:
    if m.start == test.start or not m.current:
        return False
    if m.category == "tissue":
        return m.attrs.get("modality") != "from_context" and m.concept != "cytology"
    return m.attrs.get("effect") == "surgery"
