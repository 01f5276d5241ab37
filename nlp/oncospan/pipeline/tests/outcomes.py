"""Tests whose own words say that they showed nothing, are not at hand, or are still to come."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention

_NOTHING = re.compile(
    r"\b(?:(?:did|does|do|could|has|have|had|can|was|were|is|are)(?: not|n't)|cannot|never|failed|unable|nothing|excluded"
    r"|un(?:revealing|helpful|productive|informative)|non-?(?:diagnostic|contributory|revealing)|inconclusive)\b",
    re.IGNORECASE,
)
"""Words after a test that say it showed nothing: what stands behind a semicolon is another matter."""

_NONE = re.compile(
    r"\b(?:normal|negative|neg|unremarkable|clear|clean|empty|benign|not|nil|none|neither|nor"
    r"|without(?! (?:\w+ )?(?:contrast|complications?|incident|difficult\w+|gadolinium|sedation|event|and with))"
    r"|no(?! (?:\w+ )?(?:contrast|complications?|incident|difficult\w+|gadolinium|sedation|events?)))\b",
    re.IGNORECASE,
)
"""Words after a test that deny a finding: the next one, even behind a semicolon, may be its own."""

_TO_COME = re.compile(
    r"\b(?:(?:is|was|be|are) suggested|indicated|recommended|advised|scheduled|programmed|planned|ordered|requested|arranged|booked|pending|awaited|should|to be"
    r"|will|would|could|if|later|next (?:week|month|visit)|in (?:\d{1,2}|one|two|three|four|six|twelve) ?(?:-\d{1,2} ?)?(?:mos?|months?|wks?|weeks?|years?|yrs?))\b",
    re.IGNORECASE,
)
"""Words after a test that say it is still to come."""

_GONE = re.compile(
    r"\b(?:complete (?:\w+ )?(?:response|resolution|regression|remission|disappearance)|(?:resolution|disappearance) of|resolved|no longer)\b",
    re.IGNORECASE,
)
"""Words before a tumor that a test no longer shows."""

_BREAK = re.compile(r";|\.(?=\s|\Z)|,? (?:but|however|although|whereas|while)\b")
_VERB = re.compile(
    r"\b(?:was|were|is|are|has|have|had|did|does|show\w*|reveal\w*|demonstrat\w*|confirm\w*|identif\w*|found|detect\w*|disclos\w*|visuali[sz]\w*"
    r"|with|without|no|not|neg\w*|normal|clear|unremarkable|of (?:this|the lesion|it))\b|[:;=]|\.(?=\s)",
    re.IGNORECASE,
)
"""Words between two tests that give the first a result of its own."""


_ABNORMAL = re.compile(
    r"\b(?:uptake|hyperuptake|uptook|hot|intense|hypermetabolic|avid|filling defect|thicken\w{2,3}|enhanc\w{3,5}|stenosis|obstruct\w{3,4}|opacit\w{1,3}|densit\w{1,3}"
    r"|shadow|infiltrat\w{1,4}|ulcer\w{0,5}|swell\w{2,3}|swollen|enlarged|abnormal\w{0,4}|accumulation|foc(?:us|i)|polyp\w{0,3}|defect|SUV\w{0,3}|captat\w{3}|captur\w{2,3}|(?:hyper)?fix(?:e[ds]|ations?)|positive|shone|(?:lymph)?adenopath\w{1,3}|bulky)\b|\b\d{1,3}(?:\.\d{1,2})? ?[cm]m\b",
    re.IGNORECASE,
)

_DENIED = re.compile(r"\b(?:no|not|without|negative|neither|nor|absent|denie[sd]|resol\w{2,5})\b[^.;:]{0,40}\Z", re.IGNORECASE)


def abnormal(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether a part of a sentence tells an abnormal finding and does not deny it."""
    found = _ABNORMAL.finditer(text, start, len(text) if end is None else end)
    return any(not _DENIED.search(text, 0, m.start()) for m in found)


_BEFORE = re.compile(
    r"\b(?:negative|normal|unremarkable|benign|inconclusive|non-?diagnostic|failed|(?:not|never) (?:supported|confirmed|seen|visible|visuali[sz]ed|found)"
    r"|no longer (?:seen|visible)|resolved|correlat\w* with|(?:further|additional) (?:evaluation|work-?up|assessment|imaging) (?:with|by))"
    r"\s(?:(?:by|on|at|via|with|a|an|the|repeat\w*|follow-?up)\s){0,3}\Z",
    re.IGNORECASE,
)
"""Words right before a test that say it showed nothing, or that what stands before was not seen in it."""


def missed(line: Line, test: Mention) -> bool:
    """Whether the words right before a test say that it showed nothing ("not supported by EUS", "negative cytology")."""
    return _BEFORE.search(line.text, 0, test.start - line.sentence.start) is not None


_AT_ONCE = 30
"""How many characters behind a tissue test may say that it showed nothing: further on the stains are told that were negative."""


def silent(line: Line, test: Mention, tests: Sequence[Mention], starts: Sequence[int]) -> bool:
    """Whether the words that follow a test say that it showed nothing or is to come, and no result is named among them.

    ``tests`` are those of the sentence, ``starts`` where in the note its results stand. Tests named in one list share their
    words ("EGD, colonoscopy and PET did not reveal a primary").
    """
    at = line.sentence.start
    last = test
    rest = [t for t in tests if t.start > test.start]
    while rest and not _VERB.search(line.between(last, rest[0])) and not any(last.end <= s < rest[0].start for s in starts):
        last = rest.pop(0)
    end = rest[0].start - at if rest else len(line.text)
    stop = _BREAK.search(line.text, last.end - at, end)
    clause = stop.start() if stop else end
    own = [s - at for s in starts if last.end <= s]
    if own and _GONE.search(line.text, last.end - at, min(*own, clause)):
        return True
    if any(s < clause for s in own):
        return False
    if test.category == "tissue":
        clause = end = min(clause, last.end - at + _AT_ONCE)
    if _NOTHING.search(line.text, last.end - at, clause):
        return not _tells(line, last.end, clause + at)
    if any(s < end for s in own) or _tells(line, last.end, end + at):
        return False
    return any(words.search(line.text, last.end - at, clause) for words in (_NONE, _TO_COME))


def _tells(line: Line, start: int, end: int) -> bool:
    """Whether a part of a sentence names a lump or another abnormal finding."""
    at = line.sentence.start
    lumps = (m for m in line.of("tumor") if m.weak and m.current and start <= m.start < end)
    return any(lumps) or abnormal(line.text, start - at, end - at)
