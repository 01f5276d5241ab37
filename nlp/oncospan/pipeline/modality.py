"""The modality of a test that a sentence names: in its own words, or by the biopsy, aspirate or operation it goes back to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oncospan.pipeline.mention import Mention
from oncospan.pipeline.relations import LineFacts
from oncospan.types import Assertion, AuthorRole

DONE = (Assertion.PRESENT, Assertion.HISTORY)
_BACK = 6
"""How many sentences back a pathology word may go on from a biopsy, aspirate or operation."""

_FLUID = re.compile(r"fluid|wash|brush|urine|sputum|effusion|CSF|spinal|BAL|cytospin|ascit|pleural|peritoneal", re.IGNORECASE)


class Modalities:
    """Settles the modalities of the tests of a note."""

    def __init__(self, lines: Sequence[LineFacts], author: AuthorRole) -> None:
        self._lines = lines
        self._author = author
        self._receptor = any(m.concept == "ssr_pet" for ln in lines for m in ln.line.of("imaging"))

    def of(self, test: Mention, i: int, *, named: bool) -> Iterator[tuple[str, str]]:
        """The test and modality a mention in sentence ``i`` stands for; ``named``: its result is a tumor word, no mere lump."""
        word = self._lines[i].line.word(test) if test in self._lines[i].line.mentions else ""
        if named and test.concept == "endoscopic_ultrasound" and word.startswith(("ebus", "endobronchial")):
            yield "tissue", "fna"  # needles are passed under this ultrasound: a histology comes from them
            return
        yield test.attrs.get("test", test.category), self._one(test, i)
        if test.concept == "fna" and word.startswith(("eus", "endoscopic")):
            yield "imaging", "endoscopic_ultrasound"

    def _one(self, test: Mention, i: int) -> str:
        here = self._lines[i]
        if test.concept == "pet" and self._receptor and "fdg" not in here.line.text.lower():
            return "ssr_pet"  # the study is named once in full and "PET" after that
        if test.concept == "cytology":
            return "fna" if self._aspirated(i) else "cytology"
        if test.attrs.get("modality") != "from_context":
            return test.concept
        for facts in self._back(i):
            near = [m for m in facts.line.of("tissue", "treatment") if _takes_tissue(m, test)]
            near = [m for m in near if m.start < test.start or facts is here]
            if near:
                return "resection" if near[-1].category == "treatment" else near[-1].concept
        return self.specimen() if self._author is AuthorRole.PATHOLOGIST else "other_tissue"

    def _back(self, i: int) -> Iterator[LineFacts]:
        return reversed(self._lines[max(0, i - _BACK) : i + 1])

    def _aspirated(self, i: int) -> bool:
        """Whether a cytology is that of an aspirate told before it, not of a fluid."""
        here = self._lines[i].line
        if _FLUID.search(here.text):
            return False
        words = (m for facts in self._back(i) for m in facts.line.of("tissue", "imaging"))
        return any(m.concept == "fna" or (m.concept == "endoscopic_ultrasound" and m.assertion in DONE) for m in words)

    def specimen(self) -> str:
        """What a pathology report was made from: an operation where one is named, else the biopsy or aspirate."""
        words = [m for ln in self._lines for m in ln.line.of("treatment", "tissue")]
        if any(m.concept == "autopsy" for m in words):
            return "autopsy"
        if any(m.attrs.get("effect") == "surgery" and m.assertion in DONE for m in words):
            return "resection"
        named = [m.concept for m in words if m.category == "tissue" and m.attrs.get("modality") != "from_context"]
        return named[0] if named else "other_tissue"


def _takes_tissue(m: Mention, test: Mention) -> bool:
    if m.start == test.start or m.assertion not in DONE:
        return False
    if m.category == "tissue":
        return m.attrs.get("modality") != "from_context" and m.concept != "cytology"
    return m.attrs.get("effect") == "surgery"
