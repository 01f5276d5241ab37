"""The organs a denial is said of: "the lungs and the skeleton are clear of metastases", "liver, adrenals: no metastasis"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.places import Place
from oncospan.types import Assertion

_COPULA = re.compile(
    r"(?:\s*\([^()]{0,24}\))?\W{0,12}(?:\b(?:is|are|was|were|appears?|appeared|remains?|remained|looks?|looked|seems?|shows?|showed|has|have|had|did|does|do|both"
    r"|both|all|also|otherwise|completely|entirely|again|now|still|grossly|bilaterally|themselves|which|that|normal|unremarkable|of|aspect|appearance|with|were|and|in size)\b\W{0,3}){0,4}",
    re.IGNORECASE,
)
"""What may stand between the last organ and the denial."""
_WHAT = re.compile(
    r"\W{0,3}(?:\b(?:any|evidence|sign|signs|suspicion|definite|obvious|gross|visible|apparent|convincing|recurrent|tumou?r|malignancy|of|for|or|and|involvement by"
    r"|mass|masses|lesions?|nodules?|focal|suspicious|suspect|avid|hypermetabolic|abnormal|pathological|focus|foci|suggestive|compatible|consistent|with|FDG|DOTATATE|PSMA|tracer|increased|the)\b\W{0,3}){0,6}",
    re.IGNORECASE,
)
"""What may stand between the denial and the word for metastasis."""
_OPENING = re.compile(
    r"\W*(?:\b(?:and|but|while|whereas|the|both|her|his|their|remaining|remainder of|rest of|entire|visuali[sz]ed|imaged|partially|partly|seen|of|left|right"
    r"|bilateral|all|other|underlying|surrounding|adjacent|regional|exam\w{0,8}|in|our|case|this|patient|particular|especially|notably|namely|at|autopsy|necropsy|surgery|on)\b\W*){0,6}",
    re.IGNORECASE,
)
"""What may stand between the beginning of the clause and the first organ."""
_BORDER = re.compile(r"[.;:\n]\s|,\s(?=(?:and|but|while|whereas)\b)|\b(?:and|but|while|whereas|although)\s(?=the\b)")


def subjects(line: Line, word: Mention, found: Sequence[Place]) -> list[Place]:
    """The places that a denied word is denied of, all of them named before the denial."""
    cues = [c for c in word.cues if c.end <= word.start]
    if word.assertion is not Assertion.ABSENT or not cues:
        return []
    start = line.sentence.start
    cue = max(cues, key=lambda c: c.start)
    before = [p for p in found if p.end <= cue.start]
    if not before or not _WHAT.fullmatch(line.text[cue.end - start : word.start - start]):
        return []
    return listed_before(line, cue.start, before)


def listed_before(line: Line, at: int, found: Sequence[Place]) -> list[Place]:
    """The list of places that opens its clause and of which the words from ``at`` (an offset in the note) on are said."""
    start = line.sentence.start
    before = [p for p in found if p.end <= at]
    if not before or not _COPULA.fullmatch(line.text[before[-1].end - start : at - start]):
        return []
    out = [before[-1]]
    for place in reversed(before[:-1]):
        gap = wording.bare(line, place.mentions[-1], out[0].mentions[0], "side")
        if ";" in gap or not wording.lists(gap):
            break
        out.insert(0, place)
    return out if _opens(line.text[: out[0].start - start]) else []


def _opens(text: str) -> bool:
    """Whether the place behind the text is the first word of its clause."""
    borders = [m.end() for m in _BORDER.finditer(text)]
    return _OPENING.fullmatch(text, borders[-1] if borders else 0) is not None
